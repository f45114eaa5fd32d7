//! Copies of cards, front and back on one sheet: where they lie, what all have in common.

mod identity;
mod insurance;

use image::Rgb;
use qrcode::{Color, EcLevel, QrCode};

use crate::specimen::papers::canvas::{BLACK, GREY, Ink};
use crate::specimen::papers::form::{A4, Form, Set};
use crate::specimen::papers::truth::{Code, whole};
use crate::specimen::papers::typeface::Cut;

pub(super) use identity::identity;
pub(super) use insurance::insurance;

/// ID-1 (ISO/IEC 7810): 85.6 × 54 mm at 300 dpi.
const CARD: (f32, f32) = (1011.0, 638.0);

/// A card on the sheet: where it lies, and how much it was enlarged by the copier.
#[derive(Clone, Copy)]
struct Card {
    left: f32,
    top: f32,
    scale: f32,
}

impl Card {
    /// One or two cards, one under the other or side by side.
    fn places(form: &mut Form<'_>) -> [Self; 2] {
        let scale = *form.chance.one(&[1.0, 1.0, 1.15, 1.41]);
        let (wide, high) = (CARD.0 * scale, CARD.1 * scale);
        let top = form.chance.between(250.0, 700.0);
        if scale < 1.1 && form.chance.chance(0.35) {
            let left = form.chance.between(150.0, 250.0);
            return [left, left + wide + 60.0].map(|left| Self { left, top, scale });
        }
        let left = (A4.0 as f32 - wide) / 2.0 + form.chance.either_way(0.0, 120.0);
        [top, top + high + form.chance.between(120.0, 260.0)].map(|top| Self { left, top, scale })
    }

    /// The card's own surface.
    fn lay(self, form: &mut Form<'_>, paper: Ink, waves: Ink) {
        let at = [
            self.left,
            self.top,
            self.left + CARD.0 * self.scale,
            self.top + CARD.1 * self.scale,
        ];
        form.canvas.cover(at, 36.0 * self.scale, paper);
        let inner = [at[0] + 30.0, at[1] + 30.0, at[2] - 30.0, at[3] - 30.0];
        form.canvas.guilloche(inner, 13.0, waves, 0.35);
        form.canvas
            .line((at[0] + 30.0, at[1]), (at[2] - 30.0, at[1]), 2.0, GREY);
        form.canvas
            .line((at[0] + 30.0, at[3]), (at[2] - 30.0, at[3]), 2.0, GREY);
        form.canvas
            .line((at[0], at[1] + 30.0), (at[0], at[3] - 30.0), 2.0, GREY);
        form.canvas
            .line((at[2], at[1] + 30.0), (at[2], at[3] - 30.0), 2.0, GREY);
    }

    fn x(self, x: f32) -> f32 {
        self.left + x * self.scale
    }

    fn y(self, y: f32) -> f32 {
        self.top + y * self.scale
    }

    /// Text on the card, in points.
    fn text(
        self,
        form: &mut Form<'_>,
        template: &str,
        points: f32,
        cut: Cut,
        ink: Ink,
        at: (f32, f32),
    ) -> f32 {
        let set = Set {
            size: points * self.scale,
            cut,
            ink,
        };
        form.at(template, set, self.x(at.0), self.y(at.1))
    }

    /// The same around a middle.
    fn middle(
        self,
        form: &mut Form<'_>,
        template: &str,
        points: f32,
        cut: Cut,
        ink: Ink,
        at: (f32, f32),
    ) {
        let set = Set {
            size: points * self.scale,
            cut,
            ink,
        };
        form.centred(
            template,
            set,
            self.x(at.0),
            620.0 * self.scale,
            self.y(at.1),
        );
    }

    /// Broken to the room there is.
    fn block(self, form: &mut Form<'_>, template: &str, points: f32, x: f32, y: f32) {
        let set = Set {
            size: points * self.scale,
            cut: Cut::Bold,
            ink: BLACK,
        };
        form.block(
            template,
            set,
            self.x(x),
            self.y(y),
            (CARD.0 - 25.0 - x) * self.scale,
        );
    }

    /// A head and shoulders that belong to nobody.
    fn portrait(self, form: &mut Form<'_>, x: f32, y: f32, wide: f32, high: f32) {
        let [left, top, right, bottom] = [self.x(x), self.y(y), self.x(x + wide), self.y(y + high)];
        form.canvas
            .cover([left, top, right, bottom], 4.0, Rgb([196, 208, 222]));
        let (cx, head) = ((left + right) / 2.0, (bottom - top) * 0.36 + top);
        let (skin, hair, cloth) = (Rgb([190, 150, 125]), Rgb([45, 38, 36]), Rgb([70, 78, 105]));
        let mut oval = |cx: f32, cy: f32, rx: f32, ry: f32, ink: Ink| {
            for py in (cy - ry) as i32..(cy + ry).min(bottom) as i32 {
                for px in (cx - rx).max(left) as i32..(cx + rx).min(right) as i32 {
                    let (dx, dy) = ((px as f32 - cx) / rx, (py as f32 - cy) / ry);
                    if dx * dx + dy * dy <= 1.0 && px >= 0 && py >= 0 {
                        form.canvas.pixels.put_pixel(px as u32, py as u32, ink);
                    }
                }
            }
        };
        let unit = right - left;
        oval(cx, bottom + unit * 0.05, unit * 0.46, unit * 0.36, cloth);
        oval(cx, head - unit * 0.05, unit * 0.25, unit * 0.31, hair);
        oval(cx, head + unit * 0.02, unit * 0.20, unit * 0.26, skin);
    }

    /// The code, so many pixels a module before the card is enlarged.
    fn code(self, form: &mut Form<'_>, text: &str, x: f32, y: f32, module: f32) {
        qr(form, text, (self.x(x), self.y(y)), module * self.scale);
    }

    /// The zone for machines, in OCR's pitch of ten letters an inch.
    fn zone(self, form: &mut Form<'_>) {
        let face = form.look.face;
        form.look.face = form
            .case
            .named(["cousine", "freemono", "cursor"][form.variant as usize % 3]);
        for (name, y) in ["{mrz1}", "{mrz2}", "{mrz3}"]
            .into_iter()
            .zip([488.0, 550.0, 612.0])
        {
            let cut = if form.variant == 0 {
                Cut::Plain
            } else {
                Cut::Bold
            };
            self.text(form, name, 11.9, cut, BLACK, (50.0, y));
        }
        form.look.face = face;
    }
}

/// A QR code with its truth; medium correction, as cards have.
pub(super) fn qr(form: &mut Form<'_>, text: &str, at: (f32, f32), module: f32) {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
        .expect("less than a code holds");
    let side = code.width();
    let whole_side = side as f32 * module;
    let quiet = module * 2.0;
    form.canvas.cover(
        [
            at.0 - quiet,
            at.1 - quiet,
            at.0 + whole_side + quiet,
            at.1 + whole_side + quiet,
        ],
        2.0,
        Rgb([250; 3]),
    );
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (
                at.0 + (index % side) as f32 * module,
                at.1 + (index / side) as f32 * module,
            );
            // Edges on whole pixels, so that no seams show between the modules.
            let edges = [
                x.round(),
                y.round(),
                (x + module).round(),
                (y + module).round(),
            ];
            form.canvas.fill(edges, BLACK, 1.0);
        }
    }
    let place = whole([at.0, at.1, at.0 + whole_side, at.1 + whole_side]);
    form.truth.codes.push(Code {
        kind: "qr",
        text: text.to_owned(),
        place,
    });
}
