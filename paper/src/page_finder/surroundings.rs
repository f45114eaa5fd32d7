//! Looks at both sides of a sheet's border: what lies without is something else than what lies within.
//!
//! Four lines of a checked cloth hold together as well as a sheet does, but the pattern lies on both sides of them. A
//! printed frame is clearer than the sheet's own edge, but beyond it the same paper goes on.

use super::evidence::Corners;
use super::planes::{PLANES, Planes};

/// Places along a side, away from its corners.
const PLACES: usize = 48;
/// How far off the side pattern is looked for, in pixels of the coarse picture: A4's narrowest usual margin is 15 mm,
/// some 25 of them.
const BESIDE: std::ops::RangeInclusive<i32> = 4..=9;
/// Where the paper's own tone is taken.
const PAPER: [f64; 5] = [4.0, 6.0, 8.0, 10.0, 12.0];
/// Where the ground beyond the border is looked for; a printed frame is no wider than the least of these.
const GROUND: [f64; 6] = [4.0, 7.0, 10.0, 14.0, 18.0, 24.0];
/// A slope that is print or pattern, in full steps a pixel.
const BUSY: f32 = 0.25;
/// More than this between paper and ground tells nothing more.
const ENOUGH: f32 = 1.0;

/// What pattern on both sides of a side costs: of all sides, and of the worst; and what a ground of its own is worth.
const BUSY_COST: f64 = 0.35;
const BUSIEST_COST: f64 = 0.25;
const GROUND_WORTH: f64 = 0.4;

/// Where a picture is restless.
pub(super) struct Surroundings<'a> {
    planes: &'a Planes,
    slopes: Vec<f32>,
}

impl<'a> Surroundings<'a> {
    pub(super) fn of(planes: &'a Planes) -> Self {
        let (width, height) = (planes.width as usize, planes.height as usize);
        let mut slopes = vec![0.0_f32; width * height];
        for plane in &planes.planes {
            for y in 1..height.saturating_sub(1) {
                for x in 1..width.saturating_sub(1) {
                    let at = y * width + x;
                    let across = plane[at + 1] - plane[at - 1];
                    let down = plane[at + width] - plane[at - width];
                    slopes[at] = slopes[at].max(across.hypot(down) / 2.0);
                }
            }
        }
        Self { planes, slopes }
    }

    /// What the surroundings of four corners' sides speak for a sheet, to be added to what its sides do.
    pub(super) fn worth(&self, corners: &Corners, on_frame: &[bool; 4]) -> f64 {
        let middle =
            [0, 1].map(|axis| corners.iter().map(|corner| corner[axis]).sum::<f64>() / 4.0);
        let (mut busy, mut busiest, mut ground, mut sides) = (0.0, 0.0_f64, 0.0, 0.0);
        for at in (0..4).filter(|at| !on_frame[*at]) {
            let side = Side::of(corners[at], corners[(at + 1) % 4], middle);
            // An ornament fills a certificate's margin to its edge; then the desk is still.
            let share = self.busy(&side, 1.0) * self.busy(&side, -1.0);
            busy += share;
            busiest = busiest.max(share);
            ground += self.ground(&side);
            sides += 1.0;
        }
        let sides = f64::max(sides, 1.0);
        GROUND_WORTH * ground / sides - BUSY_COST * busy / sides - BUSIEST_COST * busiest
    }

    /// The share of a side along which the picture is not still, inwards (1) or outwards (-1).
    fn busy(&self, side: &Side, inward: f64) -> f64 {
        let (width, height) = (self.planes.width as usize, self.planes.height as usize);
        let restless = |place: usize| {
            BESIDE.clone().any(|depth| {
                let (x, y) = side.at(place, inward * f64::from(depth));
                let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
                x < width && y < height && self.slopes[y * width + x] > BUSY
            })
        };
        (0..PLACES).filter(|place| restless(*place)).count() as f64 / PLACES as f64
    }

    /// The tones along a side: of what lies a little inwards (1) or outwards (-1), without its finer print.
    fn tones(&self, side: &Side, inward: f64) -> Vec<[f32; PLANES]> {
        let tone = |place: usize, plane: usize| {
            median(PAPER.map(|depth| {
                let (x, y) = side.at(place, inward * depth);
                self.planes.at(plane, x, y)
            }))
        };
        (0..PLACES)
            .map(|place| std::array::from_fn(|plane| tone(place, plane)))
            .collect()
    }

    /// By how much the ground differs from the paper where it is most like it, from 0 to 1.
    fn ground(&self, side: &Side) -> f64 {
        let papers = self.tones(side, 1.0);
        let inside = |x: f64, y: f64| {
            x >= 0.0
                && y >= 0.0
                && x < f64::from(self.planes.width)
                && y < f64::from(self.planes.height)
        };
        let mut least = ENOUGH;
        for depth in GROUND {
            let mut steps: Vec<f32> = papers
                .iter()
                .enumerate()
                .filter_map(|(place, paper)| {
                    let (x, y) = side.at(place, -depth);
                    inside(x, y).then(|| {
                        (0..PLANES)
                            .map(|plane| (paper[plane] - self.planes.at(plane, x, y)).abs())
                            .fold(0.0, f32::max)
                    })
                })
                .collect();
            if steps.len() * 2 >= PLACES {
                let middle = steps.len() / 2;
                let (_, median, _) = steps.select_nth_unstable_by(middle, f32::total_cmp);
                least = least.min(*median);
            }
        }
        f64::from(least)
    }
}

/// A side of a sheet with the way to its inside.
struct Side {
    from: [f64; 2],
    way: [f64; 2],
    inward: [f64; 2],
}

impl Side {
    fn of(from: [f64; 2], to: [f64; 2], middle: [f64; 2]) -> Self {
        let way = [to[0] - from[0], to[1] - from[1]];
        let length = way[0].hypot(way[1]).max(1e-9);
        let mut inward = [way[1] / length, -way[0] / length];
        if (middle[0] - from[0]) * inward[0] + (middle[1] - from[1]) * inward[1] < 0.0 {
            inward = inward.map(|part| -part);
        }
        Self { from, way, inward }
    }

    /// A place along the side, so deep inside it (outside when negative).
    fn at(&self, place: usize, depth: f64) -> (f64, f64) {
        let share = 0.05 + 0.9 * place as f64 / (PLACES - 1) as f64;
        (
            self.from[0] + self.way[0] * share + self.inward[0] * depth,
            self.from[1] + self.way[1] * share + self.inward[1] * depth,
        )
    }
}

fn median(mut values: [f32; PAPER.len()]) -> f32 {
    values.sort_by(f32::total_cmp);
    values[PAPER.len() / 2]
}
