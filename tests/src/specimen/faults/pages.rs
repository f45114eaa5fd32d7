//! The sheets that faults befall: papers of invented people as offices print them, and sheets with little or nothing.

use image::{Rgb, RgbImage};

use crate::specimen::papers::TypeCase;
use crate::specimen::papers::canvas::{BLACK, BLUE, Canvas, RED};
use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::form::Form;
use crate::specimen::papers::forms::{KINDS, Kind};
use crate::specimen::papers::lettering::Pen;
use crate::specimen::papers::marks;
use crate::specimen::papers::people::Family;
use crate::specimen::papers::typeface::{Cut, Style};

/// Pixels a millimetre of a drawn sheet: 300 dpi.
pub(super) const PX: f32 = 300.0 / 25.4;

/// Where sheets come from.
pub(super) struct Studio<'a> {
    pub(super) case: &'a TypeCase,
    pub(super) chance: Chance,
}

/// A sheet and where it is written on, in millimetres: left, top, right, bottom of each line.
pub(super) struct Page {
    pub(super) image: RgbImage,
    pub(super) lines: Vec<[f32; 4]>,
}

impl Page {
    pub(super) fn size_mm(&self) -> (f32, f32) {
        (
            self.image.width() as f32 / PX,
            self.image.height() as f32 / PX,
        )
    }

    /// Millimetres of written line within a box.
    pub(super) fn written_in(&self, [left, top, right, bottom]: [f32; 4]) -> f32 {
        self.lines
            .iter()
            .filter(|line| (line[1] + line[3]) / 2.0 > top && (line[1] + line[3]) / 2.0 < bottom)
            .map(|line| (line[2].min(right) - line[0].max(left)).max(0.0))
            .sum()
    }

    /// The middle of some line that is not too short.
    pub(super) fn somewhere_written(&self, chance: &mut Chance) -> [f32; 2] {
        let long: Vec<&[f32; 4]> = self
            .lines
            .iter()
            .filter(|line| line[2] - line[0] > 25.0)
            .collect();
        if long.is_empty() {
            let (wide, high) = self.size_mm();
            return [wide / 2.0, high / 3.0];
        }
        let line = chance.one(&long);
        let at = chance.between(0.25, 0.75);
        [
            line[0] + (line[2] - line[0]) * at,
            (line[1] + line[3]) / 2.0,
        ]
    }
}

impl Studio<'_> {
    /// Any paper, signed and sealed.
    pub(super) fn paper(&mut self) -> Page {
        let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| is_full_sheet(kind)).collect();
        let kind = *self.chance.one(&kinds);
        self.paper_of(kind, "paper")
    }

    /// Two papers of one form, of different people.
    pub(super) fn two_of_a_kind(&mut self) -> [Page; 2] {
        let kinds: Vec<&Kind> = KINDS.iter().filter(|kind| is_full_sheet(kind)).collect();
        let kind = *self.chance.one(&kinds);
        // The same office prints both: type and layout are the same, people are not.
        let look = self.chance.fork("office");
        ["one", "two"].map(|who| {
            let family = Family::invent(&mut self.chance.fork(who));
            endorsed(&kind.draw(self.case, &family, &look, 1))
        })
    }

    fn paper_of(&mut self, kind: &Kind, who: &str) -> Page {
        let chance = self.chance.fork(who);
        let family = Family::invent(&mut chance.fork("family"));
        endorsed(&kind.draw(self.case, &family, &chance, 1))
    }

    /// An empty sheet of white or coloured paper.
    pub(super) fn empty(&mut self, coloured: bool) -> Page {
        let paper = if coloured {
            *self.chance.one(&[
                Rgb([250, 222, 226]),
                Rgb([252, 245, 182]),
                Rgb([206, 233, 248]),
                Rgb([211, 241, 212]),
                Rgb([252, 226, 186]),
                Rgb([226, 214, 190]),
            ])
        } else {
            Rgb([252, 252, 250])
        };
        Page {
            image: RgbImage::from_pixel(2480, 3508, paper),
            lines: Vec::new(),
        }
    }

    /// A sheet with one thing on it: a stamp, a page number, a line or two, a signature.
    pub(super) fn little(&mut self) -> Page {
        let coloured = self.chance.chance(0.3);
        let mut page = self.empty(coloured);
        let mut canvas = Canvas {
            pixels: std::mem::take(&mut page.image),
        };
        let mut chance = self.chance.fork("little");
        let face = chance.pick(&self.case.of(Style::Serif));
        match chance.whole(0, 3) {
            0 => {
                let centre = (chance.between(400.0, 2000.0), chance.between(500.0, 3000.0));
                let words = ["ỦY BAN NHÂN DÂN XÃ PHƯỚC HẬU", "TỈNH NINH BÌNH"];
                marks::seal(&mut canvas, self.case, centre, words, RED, &mut chance);
            }
            1 => {
                let pen = Pen::new(face.cut(Cut::Plain), 13.0, BLACK);
                let number = format!("{}", chance.whole(2, 48));
                pen.write(&mut canvas, 1220.0, 3300.0, &number);
            }
            2 => {
                let pen = Pen::new(face.cut(Cut::Plain), 13.0, BLACK);
                let at = chance.between(300.0, 1200.0);
                pen.write(&mut canvas, 300.0, at, "Trang này được để trống theo mẫu.");
                page.lines
                    .push([300.0 / PX, (at - 40.0) / PX, 1100.0 / PX, at / PX]);
            }
            _ => {
                let left = chance.between(300.0, 1500.0);
                let top = chance.between(300.0, 2800.0);
                marks::signature(
                    &mut canvas,
                    [left, top, left + 600.0, top + 300.0],
                    BLUE,
                    &mut chance,
                );
            }
        }
        page.image = canvas.pixels;
        page
    }
}

/// A card copy is two cards on white paper: letters there are smaller than any rule wants.
fn is_full_sheet(kind: &Kind) -> bool {
    !matches!(kind.id, "cccd" | "can_cuoc" | "the_bhyt")
}

fn endorsed(form: &Form<'_>) -> Page {
    let mut canvas = form.canvas.clone();
    marks::endorse(&mut canvas, form);
    Page {
        image: canvas.pixels,
        lines: form
            .truth
            .lines
            .iter()
            .map(|line| line.place.map(|px| px as f32 / PX))
            .collect(),
    }
}
