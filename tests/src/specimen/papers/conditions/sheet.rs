//! Paper as a body: how it curls on a desk, and how a camera above sees it.

use super::super::chance::Chance;
use super::Quad;

/// How far a point of the sheet stands above the desk.
#[derive(Clone, Copy)]
pub(super) enum Curl {
    Flat,
    /// Waves across a direction: amplitude, wave length, direction, phase (mm, radians).
    Waves(f32, f32, f32, f32),
    /// One corner (signs of x and y) turned up, so many millimetres, over such a distance.
    Corner(f32, f32, f32, f32),
    /// Bent along one edge, as by the binding of a book: height and reach in millimetres, side.
    Binding(f32, f32, f32),
    /// Two folds that never lay flat again: height of the ridges.
    Folded(f32),
}

impl Curl {
    /// As most sheets lie.
    pub(super) fn slight(chance: &mut Chance) -> Self {
        match chance.whole(0, 3) {
            0 => Self::Flat,
            1 => Self::Folded(chance.between(1.0, 3.0)),
            _ => Self::waves(chance, 1.0, 3.5),
        }
    }

    pub(super) fn waves(chance: &mut Chance, low: f32, high: f32) -> Self {
        Self::Waves(
            chance.between(low, high),
            chance.between(220.0, 460.0),
            chance.between(0.0, 3.1),
            chance.between(0.0, 6.2),
        )
    }

    pub(super) fn corner(chance: &mut Chance) -> Self {
        Self::Corner(
            chance.either_way(1.0, 1.0),
            chance.either_way(1.0, 1.0),
            chance.between(8.0, 18.0),
            chance.between(50.0, 90.0),
        )
    }

    /// Height at a place, from the sheet's middle, of a sheet so wide and high.
    fn height(self, x: f32, y: f32, wide: f32, high: f32) -> f32 {
        match self {
            Self::Flat => 0.0,
            Self::Waves(swing, length, direction, phase) => {
                let along = x * direction.cos() + y * direction.sin();
                swing * (1.0 + (along * std::f32::consts::TAU / length + phase).sin())
            }
            Self::Corner(side, end, lift, reach) => {
                let (dx, dy) = (wide / 2.0 - x * side, high / 2.0 - y * end);
                let into = (1.0 - (dx + dy) / (reach * 1.4)).max(0.0);
                lift * into * into
            }
            Self::Binding(lift, reach, side) => lift * (-(wide / 2.0 - x * side) / reach).exp(),
            Self::Folded(lift) => {
                let third = (y / high + 0.5) * 3.0;
                lift * (1.0 - 2.0 * (third.fract() - 0.5).abs())
            }
        }
    }
}

/// Where the camera stands, and how it is held: radians, and the share of the frame that the sheet fills.
pub(super) struct Camera {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pitch: f32,
    pub(super) yaw: f32,
    pub(super) roll: f32,
    pub(super) fill: f32,
    pub(super) offset: [f32; 2],
}

/// Above the desk, in millimetres: as high as arms hold a phone over A4.
const DISTANCE: f32 = 430.0;

/// Columns and rows of the net that the sheet is laid in.
pub(super) const NET: (usize, usize) = (48, 68);

/// A knot of the net: place in the image, place on the page (0 to 1), and the light it gets from its slope.
#[derive(Clone, Copy)]
pub(super) struct Knot {
    pub(super) at: [f32; 2],
    pub(super) page: [f32; 2],
    pub(super) light: f32,
}

/// The sheet in the camera's image.
pub(super) struct Projection {
    /// `(NET.0 + 1) * (NET.1 + 1)`, row by row.
    pub(super) knots: Vec<Knot>,
    pub(super) quad: Quad,
    centre: [f32; 2],
    scale: f32,
    turn: [[f32; 3]; 3],
    frame: [f32; 2],
}

impl Projection {
    /// Of a sheet so many millimetres wide and high.
    pub(super) fn new(camera: &Camera, curl: Curl, wide: f32, high: f32, light: [f32; 2]) -> Self {
        let turn = rotation(camera);
        let spread = |u: f32, v: f32| {
            let (x, y) = ((u - 0.5) * wide, (v - 0.5) * high);
            project(&turn, x, y, curl.height(x, y, wide, high))
        };
        // The sheet is brought into the frame by moving and zooming, as whoever holds the camera does.
        let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for at in 0..=20_u8 {
            let t = f32::from(at) / 20.0;
            for [x, y] in [
                spread(t, 0.0),
                spread(t, 1.0),
                spread(0.0, t),
                spread(1.0, t),
            ] {
                bounds = [
                    bounds[0].min(x),
                    bounds[1].min(y),
                    bounds[2].max(x),
                    bounds[3].max(y),
                ];
            }
        }
        let frame = [camera.width as f32, camera.height as f32];
        let scale = camera.fill
            * (frame[0] / (bounds[2] - bounds[0])).min(frame[1] / (bounds[3] - bounds[1]));
        let spare = [
            frame[0] - scale * (bounds[2] - bounds[0]),
            frame[1] - scale * (bounds[3] - bounds[1]),
        ];
        let middle = [(bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0];
        let shift = [
            camera.offset[0] * spare[0] / 2.0,
            camera.offset[1] * spare[1] / 2.0,
        ];
        let centre = [
            frame[0] / 2.0 + shift[0] - middle[0] * scale,
            frame[1] / 2.0 + shift[1] - middle[1] * scale,
        ];
        let place = |[x, y]: [f32; 2]| [centre[0] + x * scale, centre[1] + y * scale];
        let mut knots = Vec::with_capacity((NET.0 + 1) * (NET.1 + 1));
        for row in 0..=NET.1 {
            for column in 0..=NET.0 {
                let (u, v) = (column as f32 / NET.0 as f32, row as f32 / NET.1 as f32);
                let (x, y) = ((u - 0.5) * wide, (v - 0.5) * high);
                let slope = |dx: f32, dy: f32| {
                    curl.height(x + dx, y + dy, wide, high)
                        - curl.height(x - dx, y - dy, wide, high)
                };
                let lean = (slope(1.0, 0.0) / 2.0) * light[0] + (slope(0.0, 1.0) / 2.0) * light[1];
                knots.push(Knot {
                    at: place(spread(u, v)),
                    page: [u, v],
                    light: (1.0 - lean).clamp(0.55, 1.3),
                });
            }
        }
        let corner = |u: f32, v: f32| place(spread(u, v));
        let quad = [
            corner(0.0, 0.0),
            corner(1.0, 0.0),
            corner(1.0, 1.0),
            corner(0.0, 1.0),
        ];
        Self {
            knots,
            quad,
            centre,
            scale,
            turn,
            frame,
        }
    }

    /// The place on the desk, in millimetres, that a pixel shows.
    pub(super) fn desk(&self, x: f32, y: f32) -> [f32; 2] {
        let (u, v) = (
            (x - self.centre[0]) / self.scale,
            (y - self.centre[1]) / self.scale,
        );
        // The ray (u, v, 1), turned back, meets the plane of the desk.
        let t = &self.turn;
        let ray = [0, 1, 2].map(|at| t[0][at] * u + t[1][at] * v - t[2][at]);
        let eye = [0, 1, 2].map(|at| t[2][at] * DISTANCE);
        let along = -eye[2] / if ray[2].abs() < 1e-4 { -1e-4 } else { ray[2] };
        [eye[0] + ray[0] * along, eye[1] + ray[1] * along]
    }

    /// The middle of the frame is seen straight on; the rim gets less light (cos⁴).
    pub(super) fn vignette(&self, x: f32, y: f32, strength: f32) -> f32 {
        let half = self.frame[0].hypot(self.frame[1]) / 2.0;
        let away = (x - self.frame[0] / 2.0).hypot(y - self.frame[1] / 2.0) / half;
        1.0 - strength * away * away
    }
}

fn rotation(camera: &Camera) -> [[f32; 3]; 3] {
    let (sp, cp) = camera.pitch.sin_cos();
    let (sy, cy) = camera.yaw.sin_cos();
    let (sr, cr) = camera.roll.sin_cos();
    // Roll about the view, after pitch about the across, after yaw about the down axis.
    [
        [cr * cy - sr * sp * sy, -sr * cp, cr * sy + sr * sp * cy],
        [sr * cy + cr * sp * sy, cr * cp, sr * sy - cr * sp * cy],
        [-cp * sy, sp, cp * cy],
    ]
}

/// A point above the desk (z upward, towards the camera) on the image plane at unit distance.
fn project(turn: &[[f32; 3]; 3], x: f32, y: f32, z: f32) -> [f32; 2] {
    let row = |at: usize| turn[at][0] * x + turn[at][1] * y + turn[at][2] * z;
    let depth = DISTANCE - row(2);
    [row(0) / depth, row(1) / depth]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desk_is_where_the_flat_sheet_lies() {
        let camera = Camera {
            width: 3000,
            height: 4000,
            pitch: 0.2,
            yaw: -0.15,
            roll: 0.1,
            fill: 0.85,
            offset: [0.3, -0.2],
        };
        let seen = Projection::new(&camera, Curl::Flat, 210.0, 297.0, [0.0, 0.0]);
        for (corner, [x, y]) in seen.quad.iter().zip([
            [-105.0, -148.5],
            [105.0, -148.5],
            [105.0, 148.5],
            [-105.0, 148.5],
        ]) {
            let [u, v] = seen.desk(corner[0], corner[1]);
            assert!(
                (u - x).abs() < 0.05 && (v - y).abs() < 0.05,
                "{u} {v} for {x} {y}"
            );
        }
    }
}
