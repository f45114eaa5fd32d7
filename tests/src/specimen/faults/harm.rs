//! The faults that light and optics bring: shadow, the lamp's image, darkness, blur over all or over a part.

use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::Plate;

use super::camera::View;
use super::optics::{blend, disc, moved};

/// Light that something between lamp and page takes away.
pub(super) struct Shadow {
    /// Share of the light that is left in its middle.
    pub(super) left: f32,
    shape: Shape,
    /// Millimetres from full light to full shadow.
    soft: f32,
}

enum Shape {
    /// Everything on one side of a line: normal and offset from the page's middle.
    Side([f32; 2], f32),
    /// An arm with a phone or a hand at its end: from outside to a place on the page.
    Arm([f32; 2], [f32; 2], f32),
}

impl Shadow {
    pub(super) fn any(chance: &mut Chance, wide: f32, high: f32, left: f32) -> Self {
        let shape = if chance.chance(0.5) {
            let angle = chance.between(0.0, std::f32::consts::TAU);
            Shape::Side(
                [angle.cos(), angle.sin()],
                chance.between(-0.10, 0.12) * high,
            )
        } else {
            let tip = [
                wide * chance.between(0.35, 0.65),
                high * chance.between(0.3, 0.7),
            ];
            let from = [
                if chance.chance(0.5) {
                    -40.0
                } else {
                    wide + 40.0
                },
                high * chance.between(0.5, 1.2),
            ];
            Shape::Arm(tip, from, chance.between(28.0, 48.0))
        };
        Self {
            left,
            shape,
            soft: chance.between(4.0, 18.0),
        }
    }

    /// How deep the place lies in it: 0 to 1.
    fn depth(&self, u: f32, v: f32, wide: f32, high: f32) -> f32 {
        let off = match &self.shape {
            Shape::Side([nx, ny], offset) => (u - wide / 2.0) * nx + (v - high / 2.0) * ny - offset,
            Shape::Arm(tip, from, half) => {
                let (dx, dy) = (from[0] - tip[0], from[1] - tip[1]);
                let along =
                    (((u - tip[0]) * dx + (v - tip[1]) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                half - (u - tip[0] - dx * along).hypot(v - tip[1] - dy * along)
            }
        };
        1.0 / (1.0 + (-4.0 * off / self.soft).exp())
    }

    pub(super) fn fall(&self, plate: &mut Plate, view: &View, wide: f32, high: f32) {
        plate.each(|x, y, pixel| {
            let [u, v] = view.to_world(x, y);
            let light = 1.0 - (1.0 - self.left) * self.depth(u, v, wide, high);
            *pixel = pixel.map(|channel| channel * light);
        });
    }

    /// Its box on the page, and the share of the page in it.
    pub(super) fn bounds(&self, wide: f32, high: f32) -> ([f32; 4], f32) {
        let mut bounds = [wide, high, 0.0_f32, 0.0_f32];
        let mut count = 0_u32;
        for row in 0..100_u8 {
            for column in 0..70_u8 {
                let (u, v) = (
                    f32::from(column) * wide / 70.0,
                    f32::from(row) * high / 100.0,
                );
                if self.depth(u, v, wide, high) > 0.7 {
                    bounds = [
                        bounds[0].min(u),
                        bounds[1].min(v),
                        bounds[2].max(u),
                        bounds[3].max(v),
                    ];
                    count += 1;
                }
            }
        }
        (bounds, count as f32 / 7000.0)
    }
}

/// The lamp's image on gloss: light added where it is reflected, to the last step of the sensor in its middle.
pub(super) struct Glare {
    pub(super) centre: [f32; 2],
    pub(super) half: [f32; 2],
    turn: f32,
    /// Light added in the middle, where 1 burns out any ink.
    pub(super) strength: f32,
    /// How sharply it ends: a lamp in lamination is sharper than one in toner.
    edge: f32,
}

impl Glare {
    pub(super) fn new(chance: &mut Chance, centre: [f32; 2], size: f32, strength: f32) -> Self {
        Self {
            centre,
            half: [size * chance.between(0.8, 2.2), size],
            turn: chance.between(0.0, 3.1),
            strength,
            edge: chance.between(2.0, 5.0),
        }
    }

    pub(super) fn shine(&self, plate: &mut Plate, view: &View) {
        let (sin, cos) = self.turn.sin_cos();
        plate.each(|x, y, pixel| {
            let [u, v] = view.to_world(x, y);
            let (dx, dy) = (u - self.centre[0], v - self.centre[1]);
            let (a, b) = (
                (dx * cos + dy * sin) / self.half[0],
                (dy * cos - dx * sin) / self.half[1],
            );
            let away = a.hypot(b);
            let added = self.strength * (-0.7 * away.powf(self.edge)).exp()
                + 0.08 * self.strength * (-0.4 * away * away).exp();
            *pixel = pixel.map(|channel| channel + added);
        });
    }

    pub(super) fn bounds(&self) -> [f32; 4] {
        let (sin, cos) = self.turn.sin_cos();
        let (w, h) = (
            (self.half[0] * cos).hypot(self.half[1] * sin),
            (self.half[0] * sin).hypot(self.half[1] * cos),
        );
        [
            self.centre[0] - w,
            self.centre[1] - h,
            self.centre[0] + w,
            self.centre[1] + h,
        ]
    }
}

/// What blurs.
#[derive(Clone, Copy)]
pub(super) enum Blur {
    /// Out of focus: radius of the disc in millimetres.
    Focus(f32),
    /// A movement: millimetres and direction.
    Motion(f32, f32),
}

impl Blur {
    pub(super) fn over(self, plate: &Plate, px_per_mm: f32) -> Plate {
        match self {
            Self::Focus(radius) => disc(plate, radius * px_per_mm),
            Self::Motion(length, angle) => moved(plate, length * px_per_mm, angle),
        }
    }

    /// Width of a blurred edge from a tenth to nine tenths, in millimetres.
    pub(super) fn edge_mm(self) -> f32 {
        match self {
            // A disc's edge spread: 10 to 90 % within 1.37 radii; a straight one's: 0.8 of its length.
            Self::Focus(radius) => 1.37 * radius,
            Self::Motion(length, _) => 0.8 * length,
        }
    }
}

/// Blurs a round part; sharp elsewhere, with a soft border.
pub(super) fn blur_part(plate: &mut Plate, view: &View, blur: Blur, centre: [f32; 2], radius: f32) {
    let blurred = blur.over(plate, view.px_per_mm);
    blend(plate, &blurred, |x, y| {
        let [u, v] = view.to_world(x, y);
        let off = (u - centre[0]).hypot(v - centre[1]) - radius;
        1.0 / (1.0 + (off / 2.5).exp())
    });
}
