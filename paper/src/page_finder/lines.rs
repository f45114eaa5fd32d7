//! Straight lines that may be sides of a sheet: the strongest of a Hough transform in each plane.

use super::planes::{PLANES, Planes};

/// A line by its normal: the points with `x cos + y sin = offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) cos: f64,
    pub(super) sin: f64,
    pub(super) offset: f64,
    /// The picture's own edge, for a sheet that leaves it.
    pub(super) frame: bool,
}

/// Lines running down the picture, and lines running across it.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) upright: Vec<Line>,
    pub(super) level: Vec<Line>,
}

/// Sides lean by so much at most.
const MAX_LEAN: i32 = 32;
/// Lines kept a plane and a direction.
const KEEP: usize = 11;
/// Peaks nearer than this (degrees, pixels) are one line.
const NEAR_DEGREES: i32 = 3;
const NEAR_PIXELS: i32 = 5;

pub(super) fn candidates(planes: &Planes) -> Lines {
    let mut lines = Lines::default();
    for plane in 0..PLANES {
        let gradients = gradients(planes, plane);
        // The normal of an upright line points across: 0 degrees; of a level one, down: 90.
        add(&mut lines.upright, peaks(planes, &gradients, 0));
        add(&mut lines.level, peaks(planes, &gradients, 90));
    }
    let frame = |cos: f64, sin: f64, offset: f64| Line {
        cos,
        sin,
        offset,
        frame: true,
    };
    let (last_x, last_y) = (f64::from(planes.width - 1), f64::from(planes.height - 1));
    lines
        .upright
        .extend([frame(1.0, 0.0, 0.0), frame(1.0, 0.0, last_x)]);
    lines
        .level
        .extend([frame(0.0, 1.0, 0.0), frame(0.0, 1.0, last_y)]);
    lines
}

fn add(lines: &mut Vec<Line>, more: Vec<Line>) {
    for line in more {
        let known = lines.iter().any(|other| {
            (line.cos * other.cos + line.sin * other.sin) > 0.9995
                && (line.offset - other.offset).abs() < 2.5
        });
        if !known {
            lines.push(line);
        }
    }
}

/// A place where the plane changes: position, direction of the change in degrees, strength.
struct Gradient {
    x: f64,
    y: f64,
    degrees: f64,
    strength: f32,
}

fn gradients(planes: &Planes, plane: usize) -> Vec<Gradient> {
    let (width, height) = (planes.width as usize, planes.height as usize);
    let smooth = smoothed(&planes.planes[plane], width, height);
    let mut found = Vec::new();
    for y in 1..height.saturating_sub(1) {
        for x in 1..width.saturating_sub(1) {
            let at = |dx: isize, dy: isize| {
                smooth[(y as isize + dy) as usize * width + (x as isize + dx) as usize]
            };
            let across =
                at(1, -1) + 2.0 * at(1, 0) + at(1, 1) - at(-1, -1) - 2.0 * at(-1, 0) - at(-1, 1);
            let down =
                at(-1, 1) + 2.0 * at(0, 1) + at(1, 1) - at(-1, -1) - 2.0 * at(0, -1) - at(1, -1);
            let strength = across.hypot(down) / 4.0;
            if strength < 0.06 {
                continue;
            }
            let mut degrees = f64::from(down.atan2(across)).to_degrees();
            if degrees < -45.0 {
                degrees += 180.0;
            } else if degrees >= 135.0 {
                degrees -= 180.0;
            }
            // A letter is no stronger a witness than the sheet's side.
            found.push(Gradient {
                x: x as f64,
                y: y as f64,
                degrees,
                strength: strength.min(0.5),
            });
        }
    }
    found
}

/// A light blur (1 2 1, both ways) against the grain.
fn smoothed(plane: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut across = plane.to_vec();
    for y in 0..height {
        for x in 1..width.saturating_sub(1) {
            let at = y * width + x;
            across[at] = (plane[at - 1] + 2.0 * plane[at] + plane[at + 1]) / 4.0;
        }
    }
    let mut both = across.clone();
    for y in 1..height.saturating_sub(1) {
        for x in 0..width {
            let at = y * width + x;
            both[at] = (across[at - width] + 2.0 * across[at] + across[at + width]) / 4.0;
        }
    }
    both
}

/// The strongest lines whose normal lies within the lean about `middle` degrees.
fn peaks(planes: &Planes, gradients: &[Gradient], middle: i32) -> Vec<Line> {
    let diagonal = f64::from(planes.width).hypot(f64::from(planes.height)) as i32 + 2;
    let turns = (2 * MAX_LEAN + 1) as usize;
    let offsets = (2 * diagonal + 1) as usize;
    let mut votes = vec![0.0_f32; turns * offsets];
    let angles: Vec<(f64, f64)> = (0..turns as i32)
        .map(|turn| f64::from(middle - MAX_LEAN + turn).to_radians())
        .map(|angle| (angle.cos(), angle.sin()))
        .collect();
    for gradient in gradients {
        let lean = gradient.degrees - f64::from(middle);
        let from = (lean - 3.0).ceil().max(f64::from(-MAX_LEAN)) as i32;
        let to = (lean + 3.0).floor().min(f64::from(MAX_LEAN)) as i32;
        for turn in from..=to {
            let index = (turn + MAX_LEAN) as usize;
            let (cos, sin) = angles[index];
            let offset = (gradient.x * cos + gradient.y * sin).round() as i32 + diagonal;
            votes[index * offsets + offset as usize] += gradient.strength;
        }
    }
    let mut lines = Vec::new();
    let mut best: Vec<(f32, i32, i32)> = votes
        .iter()
        .enumerate()
        .filter(|(_, vote)| **vote > 4.0)
        .map(|(at, vote)| (*vote, (at / offsets) as i32, (at % offsets) as i32))
        .collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for (_, turn, offset) in best {
        let near = |other: &(i32, i32)| {
            (other.0 - turn).abs() <= NEAR_DEGREES && (other.1 - offset).abs() <= NEAR_PIXELS
        };
        if kept.iter().any(near) {
            continue;
        }
        kept.push((turn, offset));
        let (cos, sin) = angles[turn as usize];
        lines.push(Line {
            cos,
            sin,
            offset: f64::from(offset - diagonal),
            frame: false,
        });
        if lines.len() == KEEP {
            break;
        }
    }
    lines
}
