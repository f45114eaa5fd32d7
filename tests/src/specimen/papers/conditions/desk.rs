//! What lies under the paper: wood, white laminate, a patterned cloth, stone, a dark mat.

use super::super::chance::Chance;
use super::super::plate::{Clouds, Pixel};

/// A surface, coloured by the place in millimetres.
pub(super) struct Desk {
    kind: Surface,
    base: Pixel,
    second: Pixel,
    clouds: Clouds,
    fine: Clouds,
    turn: (f32, f32),
    step: f32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    Wood,
    White,
    Stripes,
    Checks,
    Flowers,
    Stone,
    Mat,
}

/// Side of the square of desk that can be seen, in millimetres.
const REACH: f32 = 900.0;

impl Desk {
    pub(super) fn new(kind: Surface, chance: &mut Chance) -> Self {
        let (base, second) = match kind {
            Surface::Wood => *chance.one(&[
                ([0.42, 0.27, 0.17], [0.30, 0.18, 0.11]),
                ([0.62, 0.45, 0.28], [0.50, 0.34, 0.20]),
                ([0.30, 0.20, 0.15], [0.20, 0.13, 0.10]),
                ([0.74, 0.60, 0.43], [0.64, 0.50, 0.34]),
            ]),
            Surface::White => *chance.one(&[
                ([0.86, 0.86, 0.84], [0.82, 0.82, 0.80]),
                ([0.80, 0.81, 0.83], [0.77, 0.78, 0.80]),
                ([0.84, 0.80, 0.74], [0.80, 0.76, 0.70]),
            ]),
            Surface::Stripes | Surface::Checks | Surface::Flowers => *chance.one(&[
                ([0.75, 0.30, 0.28], [0.88, 0.86, 0.80]),
                ([0.25, 0.38, 0.60], [0.85, 0.87, 0.88]),
                ([0.35, 0.52, 0.36], [0.83, 0.84, 0.70]),
                ([0.78, 0.70, 0.42], [0.48, 0.36, 0.26]),
            ]),
            Surface::Stone => ([0.55, 0.54, 0.53], [0.22, 0.22, 0.24]),
            Surface::Mat => *chance.one(&[
                ([0.10, 0.11, 0.13], [0.14, 0.15, 0.17]),
                ([0.12, 0.28, 0.20], [0.10, 0.22, 0.16]),
            ]),
        };
        let side = REACH as usize;
        let (clouds, fine) = (
            Clouds::new(chance, side, side, 55.0),
            Clouds::new(chance, side, side, 3.0),
        );
        let angle = chance.between(-0.6, 0.6);
        Self {
            kind,
            base,
            second,
            clouds,
            fine,
            turn: angle.sin_cos(),
            step: chance.between(9.0, 26.0),
        }
    }

    /// Any of them.
    pub(super) fn any(chance: &mut Chance) -> Self {
        let kind = *chance.one(&[
            Surface::Wood,
            Surface::Wood,
            Surface::White,
            Surface::Stone,
            Surface::Mat,
            Surface::Checks,
            Surface::Stripes,
            Surface::Flowers,
        ]);
        Self::new(kind, chance)
    }

    pub(super) fn colour(&self, [x, y]: [f32; 2]) -> Pixel {
        let (sin, cos) = self.turn;
        let (u, v) = (
            x * cos - y * sin + REACH / 2.0,
            x * sin + y * cos + REACH / 2.0,
        );
        let (u, v) = (u.clamp(0.0, REACH), v.clamp(0.0, REACH));
        let (cloud, grain) = (self.clouds.at(u, v), self.fine.at(u, v));
        let share = match self.kind {
            // Grain runs along the board; boards meet every 110 mm.
            Surface::Wood => {
                let ring = (u * 0.55 + 9.0 * self.clouds.at(u * 0.9, v * 0.08) + 2.0 * grain).sin();
                let joint = if (u % 110.0) < 0.8 { 0.9 } else { 0.0 };
                (0.45 + 0.30 * ring + 0.12 * self.fine.at(u, v * 0.06) + joint).clamp(0.0, 1.2)
            }
            Surface::White => 0.5 + 0.25 * cloud + 0.10 * grain,
            Surface::Stripes => {
                f32::from(u8::from(u % (self.step * 2.0) < self.step)) * 0.9 + 0.06 * grain
            }
            Surface::Checks => {
                let cell = (u / self.step) as i32 + (v / self.step) as i32;
                f32::from(u8::from(cell % 2 == 0)) * 0.9 + 0.06 * grain
            }
            Surface::Flowers => {
                let (du, dv) = ((u % 30.0) - 15.0, (v % 30.0) - 15.0);
                let petal = 8.0 + 3.0 * (dv.atan2(du) * 5.0).cos();
                f32::from(u8::from(du.hypot(dv) < petal)) * 0.85 + 0.06 * grain
            }
            Surface::Stone => (0.35 * (grain + 0.6 * cloud).max(0.0)
                + 0.25 * (self.fine.at(u * 0.4, v * 0.4) - 0.4).max(0.0))
            .clamp(0.0, 1.0),
            Surface::Mat => 0.5 + 0.2 * cloud + 0.2 * grain,
        };
        std::array::from_fn(|at| {
            (self.base[at] + (self.second[at] - self.base[at]) * share).clamp(0.01, 0.97)
        })
    }
}
