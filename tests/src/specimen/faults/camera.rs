//! From the world to pixels: a scanner that sees it straight from below, a camera that sees it from somewhere above.

use crate::specimen::papers::chance::Chance;
use crate::specimen::papers::plate::{Clouds, Plate};

use super::world::World;

/// Where pixels come from: the flat map between image and page (row-major 3 x 3, both ways).
#[derive(Clone)]
pub(super) struct View {
    pub(super) width: usize,
    pub(super) height: usize,
    to_world: [f32; 9],
    to_image: [f32; 9],
    wide: f32,
    high: f32,
    pub(super) px_per_mm: f32,
    /// For photographs: the page's corners belong to the label.
    pub(super) photograph: bool,
}

impl View {
    /// A glass of the page's size; the page lies on it a little turned and shifted (mm).
    pub(super) fn scanner(world: &World, dpi: f32, degrees: f32, shift: [f32; 2]) -> Self {
        let px = dpi / 25.4;
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (cu, cv) = (world.wide / 2.0, world.high / 2.0);
        // Image pixel to glass millimetre to page millimetre.
        let (a, b) = (cos / px, sin / px);
        let (c, d) = (-sin / px, cos / px);
        let (du, dv) = (cu + shift[0], cv + shift[1]);
        let to_world = [
            a,
            b,
            cu - du * cos - dv * sin,
            c,
            d,
            cv + du * sin - dv * cos,
            0.0,
            0.0,
            1.0,
        ];
        Self::new(
            (
                (world.wide * px).round() as usize,
                (world.high * px).round() as usize,
            ),
            to_world,
            world,
            px,
            false,
        )
    }

    /// A picture in which the page has these corners.
    pub(super) fn photograph(world: &World, size: (usize, usize), corners: [[f32; 2]; 4]) -> Self {
        let to_image = square_to(corners, world.wide, world.high);
        let to_world = inverse(&to_image);
        let long = (corners[3][0] - corners[0][0]).hypot(corners[3][1] - corners[0][1]);
        let mut view = Self::new(size, to_world, world, long / world.high, true);
        view.to_image = to_image;
        view
    }

    fn new(
        (width, height): (usize, usize),
        to_world: [f32; 9],
        world: &World,
        px_per_mm: f32,
        photograph: bool,
    ) -> Self {
        Self {
            width,
            height,
            to_world,
            to_image: inverse(&to_world),
            wide: world.wide,
            high: world.high,
            px_per_mm,
            photograph,
        }
    }

    pub(super) fn to_image(&self, u: f32, v: f32) -> [f32; 2] {
        apply(&self.to_image, u, v)
    }

    pub(super) fn to_world(&self, x: f32, y: f32) -> [f32; 2] {
        apply(&self.to_world, x, y)
    }

    pub(super) fn corners(&self) -> [[f32; 2]; 4] {
        [
            self.to_image(0.0, 0.0),
            self.to_image(self.wide, 0.0),
            self.to_image(self.wide, self.high),
            self.to_image(0.0, self.high),
        ]
    }

    /// The part of the picture that a box of the world covers: left, top, width, height.
    pub(super) fn place(&self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
            .map(|(u, v)| self.to_image(u, v));
        let clamp =
            |value: f32, axis: usize| value.clamp(0.0, [self.width, self.height][axis] as f32);
        let low = |axis: usize| {
            clamp(
                corners.iter().map(|c| c[axis]).fold(f32::MAX, f32::min),
                axis,
            )
        };
        let high = |axis: usize| {
            clamp(
                corners.iter().map(|c| c[axis]).fold(f32::MIN, f32::max),
                axis,
            )
        };
        [low(0), low(1), high(0) - low(0), high(1) - low(1)]
    }

    /// What falls on the sensor under even light.
    pub(super) fn expose(&self, world: &World) -> Plate {
        let mut plate = Plate::of(self.width, self.height, [0.0; 3]);
        plate.each(|x, y, pixel| {
            let [u, v] = self.to_world(x + 0.5, y + 0.5);
            *pixel = world.at(u, v);
        });
        plate
    }
}

/// Corners of a careful picture: the page fills the frame but for a margin, seen a little from one side.
pub(super) fn careful(
    chance: &mut Chance,
    (width, height): (usize, usize),
    wide: f32,
    high: f32,
) -> [[f32; 2]; 4] {
    let (w, h) = (width as f32, height as f32);
    let fill = chance.between(0.86, 0.93);
    let scale = fill * (w / wide).min(h / high);
    let (half_w, half_h) = (wide * scale / 2.0, high * scale / 2.0);
    let roll = chance.either_way(0.0, 0.03);
    let (sin, cos) = roll.sin_cos();
    let tilt = [chance.either_way(0.0, 0.035), chance.either_way(0.0, 0.03)];
    [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[sx, sy]: [f32; 2]| {
        // What is farther away looks smaller.
        let depth = 1.0 + tilt[0] * sy + tilt[1] * sx;
        let (x, y) = (sx * half_w / depth.max(1.0), sy * half_h / depth.max(1.0));
        [w / 2.0 + x * cos - y * sin, h / 2.0 + x * sin + y * cos]
    })
}

/// Light of a lamp at one side, the lens' own fall-off, and unevenness of the sensor.
pub(super) struct Light {
    pub(super) exposure: f32,
    pub(super) falloff: f32,
    pub(super) direction: [f32; 2],
    pub(super) tint: [f32; 3],
}

impl Light {
    /// A room by day or under a lamp.
    pub(super) fn room(chance: &mut Chance) -> Self {
        let angle = chance.between(0.0, std::f32::consts::TAU);
        let warmth = chance.between(-0.06, 0.09);
        Self {
            exposure: chance.between(0.62, 0.82),
            falloff: chance.between(0.05, 0.35),
            direction: [angle.cos(), angle.sin()],
            tint: [1.0 + warmth, 1.0, 1.0 - warmth],
        }
    }

    pub(super) fn fall(&self, plate: &mut Plate) {
        let (w, h) = (plate.width as f32, plate.height as f32);
        let size = w.hypot(h);
        plate.each(|x, y, pixel| {
            let (dx, dy) = (x - w / 2.0, y - h / 2.0);
            let along = (dx * self.direction[0] + dy * self.direction[1]) / size;
            let away = (dx * dx + dy * dy) / (size * size / 4.0);
            let light = self.exposure * (1.0 - self.falloff * (0.5 - along)) * (1.0 - 0.15 * away);
            for (channel, tint) in pixel.iter_mut().zip(self.tint) {
                *channel *= light * tint;
            }
        });
    }
}

/// The scanner's lamp is even to a hundredth.
pub(super) fn lamp(plate: &mut Plate, chance: &mut Chance) {
    let clouds = Clouds::new(chance, plate.width, plate.height, plate.width as f32 / 2.0);
    plate.each(|x, y, pixel| {
        let light = 0.97 * (1.0 + 0.008 * clouds.at(x, y));
        *pixel = pixel.map(|channel| 0.02 + channel * light * 0.96);
    });
}

fn apply(m: &[f32; 9], x: f32, y: f32) -> [f32; 2] {
    let depth = m[6] * x + m[7] * y + m[8];
    [
        (m[0] * x + m[1] * y + m[2]) / depth,
        (m[3] * x + m[4] * y + m[5]) / depth,
    ]
}

/// The map from a `wide` x `high` box onto four corners.
fn square_to(corners: [[f32; 2]; 4], wide: f32, high: f32) -> [f32; 9] {
    let [p, q, r, s] = corners;
    let (ax, ay) = (q[0] - r[0], q[1] - r[1]);
    let (bx, by) = (s[0] - r[0], s[1] - r[1]);
    let (cx, cy) = (p[0] - q[0] + r[0] - s[0], p[1] - q[1] + r[1] - s[1]);
    let area = ax * by - bx * ay;
    let g = (cx * by - bx * cy) / area;
    let h = (ax * cy - cx * ay) / area;
    [
        (q[0] - p[0] + g * q[0]) / wide,
        (s[0] - p[0] + h * s[0]) / high,
        p[0],
        (q[1] - p[1] + g * q[1]) / wide,
        (s[1] - p[1] + h * s[1]) / high,
        p[1],
        g / wide,
        h / high,
        1.0,
    ]
}

fn inverse(m: &[f32; 9]) -> [f32; 9] {
    let m = m.map(f64::from);
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    let adjugate = [
        minor(4, 5, 7, 8),
        -minor(1, 2, 7, 8),
        minor(1, 2, 4, 5),
        -minor(3, 5, 6, 8),
        minor(0, 2, 6, 8),
        -minor(0, 2, 3, 5),
        minor(3, 4, 6, 7),
        -minor(0, 1, 6, 7),
        minor(0, 1, 3, 4),
    ];
    let whole = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    adjugate.map(|value| (value / whole) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_again() {
        let corners = [
            [210.0, 160.0],
            [2240.0, 120.0],
            [2260.0, 3020.0],
            [190.0, 2990.0],
        ];
        let there = square_to(corners, 210.0, 297.0);
        let back = inverse(&there);
        for (corner, (u, v)) in
            corners
                .iter()
                .zip([(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)])
        {
            let [x, y] = apply(&there, u, v);
            assert!((x - corner[0]).abs() < 0.1 && (y - corner[1]).abs() < 0.1);
            let [a, b] = apply(&back, x, y);
            assert!(
                (a - u).abs() < 0.05 && (b - v).abs() < 0.05,
                "{a} {b} for {u} {v}"
            );
        }
    }
}
