//! What many papers share: the national heading, the letterhead, tables, and the place where somebody signs.

use super::canvas::{BLACK, RED};
use super::form::{Form, HEAD, MM, Set};
use super::lettering::PX_PER_PT;
use super::typeface::Cut;

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

impl Form<'_> {
    /// State and motto in the middle (NĐ 30/2020/NĐ-CP, annex I).
    pub(crate) fn nation(&mut self) {
        let (centre, room) = (self.centre(), self.right - self.left);
        self.y = self.nation_at(centre, room, self.y);
        self.space(0.6);
    }

    /// Around `centre`; the baseline of the next line.
    pub(crate) fn nation_at(&mut self, centre: f32, room: f32, y: f32) -> f32 {
        // Heads are set a little smaller than the body where they share the line.
        let set = Set {
            size: if room > 1500.0 { 1.05 } else { 0.92 },
            ..HEAD
        };
        let step = self.look.size * PX_PER_PT * 1.45;
        self.centred(NATION, set, centre, room, y);
        let y = y + step;
        self.centred(MOTTO, set, centre, room, y);
        let half = self.wide(MOTTO, set) / 2.0 * if self.chance.chance(0.6) { 0.95 } else { 0.5 };
        self.canvas.line(
            (centre - half, y + 24.0),
            (centre + half, y + 24.0),
            3.0,
            BLACK,
        );
        y + step + 24.0
    }

    /// The office on the left, the state on the right; under them number and, where given, place and date.
    pub(crate) fn letterhead(
        &mut self,
        offices: &[(&str, Cut)],
        number: Option<&str>,
        dated: Option<&str>,
    ) {
        let (left, right) = (self.left + 440.0, self.right - 560.0);
        let step = self.look.size * PX_PER_PT * 1.4;
        let mut y = self.y;
        for &(office, cut) in offices {
            let set = Set {
                size: 0.92,
                cut,
                ink: BLACK,
            };
            y = self.centred(office, set, left, 860.0, y) + step;
        }
        self.canvas.line(
            (left - 130.0, y - step + 22.0),
            (left + 130.0, y - step + 22.0),
            3.0,
            BLACK,
        );
        if let Some(number) = number {
            y += 24.0;
            y = self.centred(
                number,
                Set {
                    size: 0.95,
                    cut: Cut::Plain,
                    ink: BLACK,
                },
                left,
                860.0,
                y,
            ) + step;
        }
        let mut side = self.nation_at(right, 1080.0, self.y);
        if let Some(dated) = dated {
            side = self.centred(
                dated,
                Set {
                    size: 0.95,
                    cut: Cut::Italic,
                    ink: BLACK,
                },
                right,
                1080.0,
                side + 12.0,
            ) + step;
        }
        self.y = y.max(side) + 40.0;
    }

    /// The title, red on the state's own papers.
    pub(crate) fn title(&mut self, title: &str, size: f32, red: bool) {
        let ink = if red { RED } else { BLACK };
        self.space(0.35);
        self.heading(
            title,
            Set {
                size,
                cut: Cut::Bold,
                ink,
            },
        );
    }

    /// Ring and star, where papers carry the emblem of state.
    pub(crate) fn emblem(&mut self) {
        let centre = (self.centre(), self.y + 20.0);
        self.canvas.ring(centre, 92.0, 7.0, RED);
        self.canvas.star(centre, 52.0, RED);
        self.y += 210.0;
    }

    /// Place and date, who signs, and the name below the room for hand and seal.
    pub(crate) fn signed(&mut self, dated: Option<&str>, offices: &[&str], name: Option<&str>) {
        let centre = self.right - 490.0;
        self.signed_at(centre, 1000.0, dated, offices, name);
    }

    /// The same around `centre`.
    pub(crate) fn signed_at(
        &mut self,
        centre: f32,
        room: f32,
        dated: Option<&str>,
        offices: &[&str],
        name: Option<&str>,
    ) {
        let step = self.look.size * PX_PER_PT * 1.35;
        let mut y = self.y;
        if let Some(dated) = dated {
            y = self.centred(
                dated,
                Set {
                    size: 1.0,
                    cut: Cut::Italic,
                    ink: BLACK,
                },
                centre,
                room,
                y,
            ) + step;
        }
        for office in offices {
            y = self.centred(office, HEAD, centre, room, y) + step;
        }
        let room_for_hand = self.chance.between(26.0, 34.0) * MM;
        self.truth.sigbox = Some(
            [
                centre - 330.0,
                y - 20.0,
                centre + 330.0,
                y + room_for_hand - 40.0,
            ]
            .map(|at| at as i32),
        );
        y += room_for_hand;
        if let Some(name) = name {
            self.centred(name, HEAD, centre, room, y);
        }
        self.y = y + step;
    }

    /// A table with ruled cells; the first row is its head. Widths are shares of the line.
    pub(crate) fn table(&mut self, widths: &[f32], rows: &[Vec<String>], size: f32) {
        let total: f32 = widths.iter().sum();
        let unit = (self.right - self.left) / total;
        let step = self.look.size * size * PX_PER_PT * 1.35;
        let top = self.y - step;
        let mut y = top;
        self.canvas
            .line((self.left, y), (self.right, y), 3.0, BLACK);
        for (number, row) in rows.iter().enumerate() {
            let cut = if number == 0 { Cut::Bold } else { Cut::Plain };
            let mut lowest = y;
            let mut x = self.left;
            for (cell, width) in row.iter().zip(widths) {
                let width = width * unit;
                let set = Set {
                    size,
                    cut,
                    ink: BLACK,
                };
                if !cell.is_empty() {
                    // Text is set from the left, short entries in the middle.
                    let baseline = y + step * 1.05;
                    let end = if number > 0 && cell.starts_with('<') {
                        self.block(&cell[1..], set, x + 16.0, baseline, width - 30.0)
                    } else {
                        self.centred(cell, set, x + width / 2.0, width - 20.0, baseline)
                    };
                    lowest = lowest.max(end);
                }
                x += width;
            }
            y = lowest + step * 0.55;
            self.canvas
                .line((self.left, y), (self.right, y), 3.0, BLACK);
        }
        let mut x = self.left;
        for width in widths {
            self.canvas.line((x, top), (x, y), 3.0, BLACK);
            x += width * unit;
        }
        self.canvas
            .line((self.right, top), (self.right, y), 3.0, BLACK);
        self.y = y + self.pitch();
    }

    /// Small words at the foot on the left: who else gets the paper.
    pub(crate) fn receivers(&mut self, receivers: &[&str], y: f32) {
        let small = |cut| Set {
            size: 0.82,
            cut,
            ink: BLACK,
        };
        let step = self.look.size * PX_PER_PT * 1.1;
        self.at("Nơi nhận:", small(Cut::BoldItalic), self.left, y);
        for (at, receiver) in (1_u8..).zip(receivers) {
            self.at(
                receiver,
                small(Cut::Plain),
                self.left,
                y + step * f32::from(at),
            );
        }
    }
}
