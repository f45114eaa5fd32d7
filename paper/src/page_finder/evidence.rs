//! Judges four lines as a sheet: how constant is the step from outside to inside along each side?

use super::lines::{Line, Lines};
use super::planes::{PLANES, Planes};
use super::surroundings::Surroundings;

/// How far from the side the step is looked at, in pixels of the coarse picture: beyond the side's own bend and blur.
const NEAR: f64 = 2.0;
const FAR: f64 = 7.0;
/// A sheet fills at least this share of the picture, or nobody meant to photograph it.
const MIN_AREA: f64 = 0.22;
/// Four sides must hold together this well.
const MIN_SCORE: f64 = 0.62;
/// What the picture's own edge is worth as a side: less than any seen one.
const FRAME_EVIDENCE: f64 = 0.15;
/// A step this many times the usual one counts as seen in full, however faint: white paper on a white desk.
const FAINT: f32 = 4.0;
/// In full steps; fainter is the paper's own grain.
const FAINTEST: f32 = 0.07;
/// Sides that step up here and down there hold together less well than sides that all step alike.
const MIXED: f64 = 0.8;

/// So many of the best are looked at more closely.
const LOOKED_AROUND: usize = 600;

pub(super) type Corners = [[f64; 2]; 4];

/// A sheet as judged; corners clockwise from the upper left.
pub(super) struct Found {
    pub(super) corners: Corners,
    /// What each plane does from outside to inside: up, down, or nothing to rely on.
    pub(super) signs: [f32; PLANES],
    /// Sides (top, right, bottom, left) that are the picture's own edge.
    pub(super) on_frame: [bool; 4],
}

pub(super) struct Judge<'a> {
    planes: &'a Planes,
    upright: Vec<Witness>,
    level: Vec<Witness>,
}

/// A line with the steps across it, summed up from its beginning.
struct Witness {
    line: Line,
    /// Running sums by plane of the step from the normal's back to its front, by unit of length, each clipped to ±1:
    /// first as a share of a full step, then of a faint one.
    sums: [[Vec<f32>; PLANES]; 2],
    /// Where the sums begin along the line.
    from: f64,
}

impl Witness {
    fn new(planes: &Planes, line: Line, faint: &[f32; PLANES]) -> Self {
        let diagonal = f64::from(planes.width)
            .hypot(f64::from(planes.height))
            .ceil();
        let steps = (2.0 * diagonal) as usize;
        let empty = || std::array::from_fn(|_| Vec::with_capacity(steps + 1));
        let mut sums: [[Vec<f32>; PLANES]; 2] = [empty(), empty()];
        let mut running = [[0.0_f32; PLANES]; 2];
        for step in 0..=steps {
            let (x, y) = point(&line, step as f64 - diagonal);
            let inside =
                x >= 0.0 && y >= 0.0 && x < f64::from(planes.width) && y < f64::from(planes.height);
            for plane in 0..PLANES {
                if inside && !line.frame {
                    let height = step_at(planes, plane, &line, x, y);
                    running[0][plane] += height.clamp(-1.0, 1.0);
                    running[1][plane] += (height / faint[plane]).clamp(-1.0, 1.0);
                }
                sums[0][plane].push(running[0][plane]);
                sums[1][plane].push(running[1][plane]);
            }
        }
        Self {
            line,
            sums,
            from: -diagonal,
        }
    }

    /// The mean step between two places along the line: as a share of a full step, and of a faint one.
    fn between(&self, plane: usize, a: f64, b: f64) -> [f64; 2] {
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        let last = self.sums[0][plane].len() - 1;
        let index = |t: f64| ((t - self.from).round().max(0.0) as usize).min(last);
        let (from, to) = (index(a), index(b));
        if to <= from {
            return [0.0; 2];
        }
        std::array::from_fn(|scale| {
            let sums = &self.sums[scale][plane];
            f64::from(sums[to] - sums[from]) / (to - from) as f64
        })
    }
}

/// The place `along` units from the foot of the line's normal.
fn point(line: &Line, along: f64) -> (f64, f64) {
    (
        line.offset * line.cos - along * line.sin,
        line.offset * line.sin + along * line.cos,
    )
}

fn along(line: &Line, [x, y]: [f64; 2]) -> f64 {
    y * line.cos - x * line.sin
}

fn step_at(planes: &Planes, plane: usize, line: &Line, x: f64, y: f64) -> f32 {
    let mut sum = 0.0;
    for depth in [NEAR, (NEAR + FAR) / 2.0, FAR] {
        let (dx, dy) = (line.cos * depth, line.sin * depth);
        sum += planes.at(plane, x + dx, y + dy) - planes.at(plane, x - dx, y - dy);
    }
    sum / 3.0
}

impl<'a> Judge<'a> {
    pub(super) fn new(planes: &'a Planes, lines: &Lines) -> Self {
        let faint = faint(planes);
        let all = |lines: &[Line]| {
            lines
                .iter()
                .map(|line| Witness::new(planes, *line, &faint))
                .collect()
        };
        Self {
            planes,
            upright: all(&lines.upright),
            level: all(&lines.level),
        }
    }

    /// The four lines that hold together best.
    pub(super) fn best(&self) -> Option<Found> {
        let (width, height) = (f64::from(self.planes.width), f64::from(self.planes.height));
        let middle = [width / 2.0, height / 2.0];
        let sides = pairs(&self.upright, middle, width * 0.2);
        let ends = pairs(&self.level, middle, height * 0.2);
        let mut held: Vec<(f64, Found)> = Vec::new();
        for (left, right) in &sides {
            for (top, bottom) in &ends {
                held.extend(
                    self.judge(top, right, bottom, left)
                        .filter(|(score, _)| *score >= MIN_SCORE),
                );
            }
        }
        held.sort_by(|a, b| b.0.total_cmp(&a.0));
        held.truncate(LOOKED_AROUND);
        let surroundings = Surroundings::of(self.planes);
        held.into_iter()
            .map(|(score, found)| {
                let worth = surroundings.worth(&found.corners, &found.on_frame);
                (score + worth, found)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, found)| found)
    }

    fn judge(
        &self,
        top: &Witness,
        right: &Witness,
        bottom: &Witness,
        left: &Witness,
    ) -> Option<(f64, Found)> {
        let sides = [top, right, bottom, left];
        let on_frame = sides.map(|side| side.line.frame);
        if on_frame.iter().filter(|frame| **frame).count() > 2 {
            return None;
        }
        let corners = [
            crossing(&top.line, &left.line)?,
            crossing(&top.line, &right.line)?,
            crossing(&bottom.line, &right.line)?,
            crossing(&bottom.line, &left.line)?,
        ];
        let (width, height) = (f64::from(self.planes.width), f64::from(self.planes.height));
        let slack = 0.02 * width.max(height);
        let outside =
            |[x, y]: [f64; 2]| x < -slack || y < -slack || x > width + slack || y > height + slack;
        if corners.iter().any(|corner| outside(*corner)) {
            return None;
        }
        let area = area(&corners) / (width * height);
        if area < MIN_AREA {
            return None;
        }
        // The normals point right and down: into the sheet at the top and left, out of it at the right and bottom.
        let inward = [1.0, -1.0, -1.0, 1.0];
        let seen: Vec<usize> = (0..4).filter(|at| !on_frame[*at]).collect();
        let mut signs = [0.0_f32; PLANES];
        // By scale: what the best plane holds, and each side's best step in any plane.
        let mut held = [f64::NEG_INFINITY; 2];
        let mut each = [[0.0_f64; 4]; 2];
        for (plane, sign) in signs.iter_mut().enumerate() {
            let mut steps = [[0.0; 4]; 2];
            for &at in &seen {
                let (a, b) = (corners[at], corners[(at + 1) % 4]);
                let line = &sides[at].line;
                let between = sides[at].between(plane, along(line, a), along(line, b));
                for scale in 0..2 {
                    steps[scale][at] = inward[at] * between[scale];
                    each[scale][at] = each[scale][at].max(steps[scale][at].abs());
                }
            }
            for scale in 0..2 {
                let mean = mean(seen.iter().map(|at| steps[scale][*at]));
                let least = least(seen.iter().map(|at| steps[scale][*at] * mean.signum()));
                held[scale] = held[scale].max(f64::midpoint(mean.abs(), least));
                if scale == 1 && least > 0.15 {
                    *sign = mean as f32;
                }
            }
        }
        for scale in 0..2 {
            let steps = || seen.iter().map(|at| each[scale][*at]);
            held[scale] = held[scale].max(MIXED * f64::midpoint(mean(steps()), least(steps())));
        }
        let frames = (4 - seen.len()) as f64;
        let held = held.map(|held| (held * (4.0 - frames) + FRAME_EVIDENCE * frames) / 4.0);
        // Size decides between two sheets of which one lies within the other.
        let score = 0.35 * held[0] + 0.65 * held[1] + 0.12 * area;
        Some((
            score,
            Found {
                corners,
                signs,
                on_frame,
            },
        ))
    }
}

/// Two lines, the second at least so far beyond the first where they pass the middle.
fn pairs(witnesses: &[Witness], middle: [f64; 2], least: f64) -> Vec<(&Witness, &Witness)> {
    let position = |line: &Line| line.offset - (line.cos * middle[0] + line.sin * middle[1]);
    let mut pairs = Vec::new();
    for first in witnesses {
        for second in witnesses {
            if position(&second.line) - position(&first.line) > least {
                pairs.push((first, second));
            }
        }
    }
    pairs
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count.max(1))
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

/// What counts as a faint step in each plane: a few times the usual one, measured all over the picture.
fn faint(planes: &Planes) -> [f32; PLANES] {
    std::array::from_fn(|plane| {
        let mut steps = Vec::new();
        for y in (12..planes.height.saturating_sub(12)).step_by(9) {
            for x in (12..planes.width.saturating_sub(12)).step_by(9) {
                let (cos, sin) = if (x + y) % 2 == 0 {
                    (1.0, 0.0)
                } else {
                    (0.0, 1.0)
                };
                let line = Line {
                    cos,
                    sin,
                    offset: 0.0,
                    frame: false,
                };
                steps.push(step_at(planes, plane, &line, f64::from(x), f64::from(y)).abs());
            }
        }
        steps.sort_by(f32::total_cmp);
        let usual = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
        (usual * FAINT).clamp(FAINTEST, 1.0)
    })
}

pub(super) fn crossing(a: &Line, b: &Line) -> Option<[f64; 2]> {
    let determinant = a.cos * b.sin - a.sin * b.cos;
    (determinant.abs() > 0.3).then(|| {
        [
            (a.offset * b.sin - b.offset * a.sin) / determinant,
            (b.offset * a.cos - a.offset * b.cos) / determinant,
        ]
    })
}

fn area(corners: &Corners) -> f64 {
    let mut twice = 0.0;
    for at in 0..4 {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        twice += a[0] * b[1] - b[0] * a[1];
    }
    twice.abs() / 2.0
}
