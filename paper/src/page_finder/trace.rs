//! Traces the sides of a sheet, once it is roughly known, as gently bent curves.

use super::evidence::Corners;
use super::planes::{PLANES, Planes};
use crate::outline::Outline;

/// Places looked at along a side.
const SAMPLES: usize = 80;
/// The search to both sides, as a share of the picture's diagonal: the coarse line's error and the sheet's bend.
const REACH: f64 = 0.018;
/// The step is measured over this many pixels on each side.
const DEPTH: usize = 7;
/// Fewer of the places than this share agreeing, and the side stays straight.
const MIN_AGREEING: f64 = 0.35;

/// A side as `offset(s) = a + b s + c s²` inside the straight line from `from` to `to`, `s` from 0 to 1.
#[derive(Clone, Copy)]
struct Side {
    from: [f64; 2],
    to: [f64; 2],
    bend: [f64; 3],
}

impl Side {
    fn offset(&self, s: f64) -> f64 {
        self.bend[0] + s * (self.bend[1] + s * self.bend[2])
    }

    fn normal(&self) -> [f64; 2] {
        let (dx, dy) = (self.to[0] - self.from[0], self.to[1] - self.from[1]);
        let length = dx.hypot(dy).max(1e-9);
        [-dy / length, dx / length]
    }

    fn at(&self, s: f64, extra: f64) -> [f64; 2] {
        let normal = self.normal();
        let offset = self.offset(s) + extra;
        [
            self.from[0] + (self.to[0] - self.from[0]) * s + normal[0] * offset,
            self.from[1] + (self.to[1] - self.from[1]) * s + normal[1] * offset,
        ]
    }

    fn tangent(&self, s: f64) -> [f64; 2] {
        let normal = self.normal();
        let slope = self.bend[1] + 2.0 * s * self.bend[2];
        [
            self.to[0] - self.from[0] + normal[0] * slope,
            self.to[1] - self.from[1] + normal[1] * slope,
        ]
    }
}

pub(super) fn trace(
    planes: &Planes,
    corners: Corners,
    signs: &[f32; PLANES],
    on_frame: [bool; 4],
) -> Option<Outline> {
    let diagonal = f64::from(planes.width).hypot(f64::from(planes.height));
    let sides: [Side; 4] = std::array::from_fn(|at| {
        let mut side = Side {
            from: corners[at],
            to: corners[(at + 1) % 4],
            bend: [0.0; 3],
        };
        if !on_frame[at] {
            // Widely, then narrowly about what was found.
            for reach in [
                diagonal * REACH,
                diagonal * REACH / 3.0,
                diagonal * REACH / 5.0,
            ] {
                if let Some(bend) = fitted(planes, &side, signs, reach) {
                    side.bend = bend;
                }
            }
        }
        side
    });
    let mut ends = [[0.0; 2]; 4];
    let mut along = [[0.0, 1.0]; 4];
    for at in 0..4 {
        let before = (at + 3) % 4;
        let (point, s, t) = meeting(&sides[before], &sides[at])?;
        ends[at] = point;
        along[before][1] = s;
        along[at][0] = t;
    }
    let bends = std::array::from_fn(|at| {
        let side = &sides[at];
        let middle = side.at((along[at][0] + along[at][1]) / 2.0, 0.0);
        let (a, b) = (ends[at], ends[(at + 1) % 4]);
        let straight = Side {
            from: a,
            to: b,
            bend: [0.0; 3],
        };
        let normal = straight.normal();
        (middle[0] - (a[0] + b[0]) / 2.0) * normal[0]
            + (middle[1] - (a[1] + b[1]) / 2.0) * normal[1]
    });
    Some(Outline {
        corners: ends,
        bends,
    })
}

/// Where two neighbouring sides meet, and at which `s` of each.
fn meeting(before: &Side, after: &Side) -> Option<([f64; 2], f64, f64)> {
    let (mut s, mut t) = (1.0, 0.0);
    for _ in 0..8 {
        let (p, q) = (before.at(s, 0.0), after.at(t, 0.0));
        let (d, e) = (before.tangent(s), after.tangent(t));
        let determinant = d[0] * -e[1] + e[0] * d[1];
        if determinant.abs() < 1e-9 {
            return None;
        }
        let (rx, ry) = (q[0] - p[0], q[1] - p[1]);
        s = (s + (rx * -e[1] + e[0] * ry) / determinant).clamp(0.8, 1.2);
        t = (t + (d[0] * ry - rx * d[1]) / determinant).clamp(-0.2, 0.2);
    }
    Some((before.at(s, 0.0), s, t))
}

/// The bend that most places along the side agree on; none when too few do.
fn fitted(planes: &Planes, side: &Side, signs: &[f32; PLANES], reach: f64) -> Option<[f64; 3]> {
    let mut seen: Vec<(f64, f64, f64)> = Vec::new();
    for sample in 0..SAMPLES {
        let s = 0.02 + 0.96 * sample as f64 / (SAMPLES - 1) as f64;
        if let Some((offset, step)) = sharpest(planes, side, s, signs, reach) {
            seen.push((s, side.offset(s) + offset, step));
        }
    }
    if (seen.len() as f64) < SAMPLES as f64 * MIN_AGREEING {
        return None;
    }
    let mut steps: Vec<f64> = seen.iter().map(|(_, _, step)| *step).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps[steps.len() / 2].max(1e-6);
    let mut bend = side.bend;
    // From the side as it is known; what disagrees loses its vote, more so round by round.
    let mut spread = reach / 2.0;
    for round in 0..12 {
        let weights: Vec<f64> = seen
            .iter()
            .map(|(s, offset, step)| {
                let miss = (offset - value(&bend, *s)) / spread;
                let agrees = if miss.abs() < 1.0 {
                    (1.0 - miss * miss).powi(2)
                } else {
                    0.0
                };
                agrees * (step / usual).min(1.5)
            })
            .collect();
        let agreeing = weights.iter().filter(|weight| **weight > 0.0).count();
        if (agreeing as f64) < SAMPLES as f64 * MIN_AGREEING {
            if round < 2 {
                spread *= 1.5;
                continue;
            }
            return None;
        }
        bend = parabola(&seen, &weights)?;
        spread = (spread * 0.75).max(2.5);
    }
    // A sheet on a desk bends little; more is a wrong turn.
    (bend[2].abs() / 4.0 < reach.max(12.0) * 3.0).then_some(bend)
}

fn value(bend: &[f64; 3], s: f64) -> f64 {
    bend[0] + s * (bend[1] + s * bend[2])
}

/// Where within reach the step from outside to inside is sharpest, and how high it is.
fn sharpest(
    planes: &Planes,
    side: &Side,
    s: f64,
    signs: &[f32; PLANES],
    reach: f64,
) -> Option<(f64, f64)> {
    let reach = reach.ceil() as i32;
    let depth = DEPTH as i32;
    let mut sums = vec![0.0_f64];
    let mut outside = 0;
    for offset in -reach - depth..=reach + depth {
        let [x, y] = side.at(s, f64::from(offset));
        if x < 0.0 || y < 0.0 || x > f64::from(planes.width - 1) || y > f64::from(planes.height - 1)
        {
            outside += 1;
        }
        let level: f32 = (0..PLANES)
            .filter(|plane| signs[*plane] != 0.0)
            .map(|plane| signs[plane] * planes.at(plane, x, y))
            .sum();
        sums.push(sums.last().copied().unwrap_or(0.0) + f64::from(level));
    }
    if outside > reach {
        return None;
    }
    // Index of the first pixel of the outer band when the side lies at -reach.
    let steps: Vec<f64> = (0..=(2 * reach) as usize)
        .map(|at| {
            let middle = at + DEPTH;
            let outer = sums[middle] - sums[middle - DEPTH];
            let inner = sums[middle + DEPTH] - sums[middle];
            (inner - outer) / DEPTH as f64
        })
        .collect();
    let (best, step) = steps
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(at, step)| (at, *step))?;
    if step <= 0.02 || best == 0 || best + 1 == steps.len() {
        return None;
    }
    let (left, right) = (steps[best - 1], steps[best + 1]);
    let curve = left - 2.0 * step + right;
    let fine = if curve.abs() < 1e-9 {
        0.0
    } else {
        ((left - right) / (2.0 * curve)).clamp(-0.5, 0.5)
    };
    // The side lies between the last pixel of the outer band and the first of the inner one.
    Some((best as f64 + fine - f64::from(reach) - 0.5, step))
}

/// Weighted least squares of `offset = a + b s + c s²`.
fn parabola(seen: &[(f64, f64, f64)], weights: &[f64]) -> Option<[f64; 3]> {
    let mut normal = [[0.0_f64; 4]; 3];
    for ((s, offset, _), weight) in seen.iter().zip(weights) {
        let powers = [1.0, *s, s * s];
        for row in 0..3 {
            for column in 0..3 {
                normal[row][column] += weight * powers[row] * powers[column];
            }
            normal[row][3] += weight * powers[row] * offset;
        }
    }
    for pivot in 0..3 {
        let largest = (pivot..3)
            .max_by(|a, b| normal[*a][pivot].abs().total_cmp(&normal[*b][pivot].abs()))?;
        normal.swap(pivot, largest);
        if normal[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        for row in 0..3 {
            if row != pivot {
                let factor = normal[row][pivot] / normal[pivot][pivot];
                let pivots = normal[pivot];
                for (value, by) in normal[row].iter_mut().zip(&pivots).skip(pivot) {
                    *value -= factor * by;
                }
            }
        }
    }
    Some(std::array::from_fn(|row| normal[row][3] / normal[row][row]))
}
