//! Where ridges end or fork, and how good the print is that says so.

use std::f32::consts::{PI, TAU};

use super::field::{CELL, Field};
use super::image::Plane;
use super::parameters as p;
use super::skeleton::{Skeleton, WalkEnd};

/// What the ridge does at a minutia.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The ridge stops.
    Ending,
    /// The ridge parts in two.
    Fork,
}

/// One minutia. Lengths are pixels at 500 dpi, whatever the sensor had.
#[derive(Clone, Copy)]
pub struct Minutia {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
    /// Radians in 0..2π from the x axis towards y; along the ridge from its end, or into the fork, so
    /// that an ending which pressure joins to its neighbour keeps its direction.
    pub direction: f32,
    /// Ending or fork.
    pub kind: Kind,
    /// 0..=1: how clear the ridges around it are.
    pub clarity: f32,
}

/// How good a print is, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// 0 to 100; pictures under the engine's limit are refused.
    pub figure: u8,
    /// Area with ridges in square millimetres.
    pub area_mm2: f32,
    /// Mean agreement of ridge directions, 0..=1.
    pub coherence: f32,
    /// Minutiae found.
    pub minutiae: usize,
}

/// The minutiae of one print with what the matcher needs to know about the print around them.
///
/// This is a biometric template: it has no `Debug`, no serialisation, and is wiped when dropped.
pub struct Minutiae {
    pub(super) points: Vec<Minutia>,
    pub(super) field: Field,
    pub(super) quality: Quality,
}

impl Minutiae {
    /// The minutiae, clearest first.
    #[must_use]
    pub fn points(&self) -> &[Minutia] {
        &self.points
    }

    /// Width and height in pixels at 500 dpi of what was looked at.
    pub(super) fn size(&self) -> (u16, u16) {
        let side = |cells: usize| (cells * CELL).clamp(1, 0x3FFF) as u16;
        (side(self.field.columns), side(self.field.rows))
    }

    /// How good the print is.
    #[must_use]
    pub fn quality(&self) -> Quality {
        self.quality
    }
}

impl Drop for Minutiae {
    fn drop(&mut self) {
        for m in &mut self.points {
            zeroize::Zeroize::zeroize(&mut m.x);
            zeroize::Zeroize::zeroize(&mut m.y);
            zeroize::Zeroize::zeroize(&mut m.direction);
        }
    }
}

/// Cleans the skeleton of what no finger has, then reads the crossing numbers.
pub(super) fn minutiae_of(
    skeleton: &mut Skeleton,
    field: &Field,
    enhanced: &Plane,
) -> Vec<Minutia> {
    remove_spurs_and_islands(skeleton);
    remove_bridges(skeleton);
    remove_spurs_and_islands(skeleton);
    let mut found = raw_minutiae(skeleton, field, enhanced);
    drop_breaks(&mut found);
    drop_thickets(&mut found);
    found.retain(|m| field.depth[field.cell(m.x, m.y)] >= p::EDGE);
    found.sort_by(|a, b| b.clarity.total_cmp(&a.clarity));
    found.truncate(p::MINUTIAE_MAX);
    found
}

fn remove_spurs_and_islands(skeleton: &mut Skeleton) {
    let ends: Vec<usize> = skeleton
        .pixels()
        .filter(|&at| skeleton.crossings(at) <= 1)
        .collect();
    for end in ends {
        if !skeleton.has(end) {
            continue;
        }
        let Some(&next) = skeleton.exits(end).first() else {
            skeleton.clear(end);
            continue;
        };
        let walk = skeleton.walk(end, next, p::ISLAND);
        let doomed = match walk.end {
            WalkEnd::Ending => &walk.path[..],
            WalkEnd::Fork if walk.path.len() <= p::SPUR => &walk.path[..walk.path.len() - 1],
            _ => continue,
        };
        doomed.iter().for_each(|&at| skeleton.clear(at));
    }
}

/// A short link between two forks joins two ridges that are two, or is one side of a pore: without
/// it either is mended.
fn remove_bridges(skeleton: &mut Skeleton) {
    let forks: Vec<usize> = skeleton
        .pixels()
        .filter(|&at| skeleton.crossings(at) >= 3)
        .collect();
    for fork in forks {
        if !skeleton.has(fork) || skeleton.crossings(fork) < 3 {
            continue;
        }
        for exit in skeleton.exits(fork) {
            let walk = skeleton.walk(fork, exit, p::BRIDGE);
            if walk.end == WalkEnd::Fork && walk.path.len() > 2 && walk.path.len() <= p::BRIDGE {
                let inner = &walk.path[1..walk.path.len() - 1];
                inner.iter().for_each(|&at| skeleton.clear(at));
                break;
            }
        }
    }
}

fn raw_minutiae(skeleton: &Skeleton, field: &Field, enhanced: &Plane) -> Vec<Minutia> {
    const LOOK: usize = 14;
    let mut found = Vec::new();
    for at in skeleton.pixels() {
        let crossings = skeleton.crossings(at);
        if crossings != 1 && crossings != 3 {
            continue;
        }
        let (x, y) = ((at % skeleton.width) as f32, (at / skeleton.width) as f32);
        let cell = field.cell(x, y);
        if !field.mask[cell] {
            continue;
        }
        let ridge = field.angle[cell];
        // Which of the ridge's two ways do the branches go?
        let (along_x, along_y) = (ridge.cos(), ridge.sin());
        let mut ways: Vec<f32> = Vec::with_capacity(3);
        let mut short = false;
        for exit in skeleton.exits(at) {
            let walk = skeleton.walk(at, exit, LOOK);
            let tip = walk.path[walk.path.len() - 1];
            short |= walk.path.len() < 6;
            let dx = (tip % skeleton.width) as f32 - x;
            let dy = (tip / skeleton.width) as f32 - y;
            let length = dx.hypot(dy).max(1.0);
            ways.push((dx * along_x + dy * along_y) / length);
        }
        if short || ways.is_empty() {
            continue;
        }
        let (kind, forward) = if crossings == 1 {
            (Kind::Ending, ways[0] > 0.0)
        } else {
            (Kind::Fork, ways.iter().filter(|&&w| w > 0.0).count() >= 2)
        };
        let direction = if forward { ridge } else { ridge + PI };
        found.push(Minutia {
            x,
            y,
            direction: direction.rem_euclid(TAU),
            kind,
            clarity: clarity(field, enhanced, x, y),
        });
    }
    found
}

/// Coherence of the flow around a minutia times the strength of the wave the filter found there.
fn clarity(field: &Field, enhanced: &Plane, x: f32, y: f32) -> f32 {
    const AROUND: isize = 8;
    let (mut wave, mut count) = (0.0, 0.0);
    for dy in (-AROUND..=AROUND).step_by(2) {
        for dx in (-AROUND..=AROUND).step_by(2) {
            let (px, py) = (x as isize + dx, y as isize + dy);
            if px >= 0 && py >= 0 && px < enhanced.width as isize && py < enhanced.height as isize {
                wave += enhanced.at(px as usize, py as usize).abs();
                count += 1.0;
            }
        }
    }
    let wave = wave / f32::max(count, 1.0);
    field.coherence[field.cell(x, y)] * (wave / (wave + 3.0))
}

/// Two endings that look at each other across a small gap are one ridge with a cut in it.
fn drop_breaks(found: &mut Vec<Minutia>) {
    let mut doomed = vec![false; found.len()];
    for i in 0..found.len() {
        for j in i + 1..found.len() {
            let (a, b) = (&found[i], &found[j]);
            if a.kind != Kind::Ending || b.kind != Kind::Ending {
                continue;
            }
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let distance = dx.hypot(dy);
            if distance > p::BREAK {
                continue;
            }
            // The ridge of a goes away from b, the ridge of b away from a.
            let away_a = -(dx * a.direction.cos() + dy * a.direction.sin());
            let away_b = dx * b.direction.cos() + dy * b.direction.sin();
            if turn_between(a.direction, b.direction + PI) < 0.6
                && (distance < 5.0 || (away_a > 0.6 * distance && away_b > 0.6 * distance))
            {
                doomed[i] = true;
                doomed[j] = true;
            }
        }
    }
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        !doomed[at - 1]
    });
}

/// Many minutiae on a spot are a scar or dirt; of two that nearly coincide neither can be trusted.
fn drop_thickets(found: &mut Vec<Minutia>) {
    const NEAR: f32 = 6.0;
    const SPOT: f32 = 16.0;
    const SPOT_MAX: usize = 4;
    let doomed: Vec<bool> = found
        .iter()
        .enumerate()
        .map(|(i, a)| {
            let distances = found
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .map(|(_, b)| (a.x - b.x).hypot(a.y - b.y));
            let (mut near, mut spot) = (0, 0);
            for d in distances {
                near += usize::from(d < NEAR);
                spot += usize::from(d < SPOT);
            }
            near > 0 || spot >= SPOT_MAX
        })
        .collect();
    let mut at = 0;
    found.retain(|_| {
        at += 1;
        !doomed[at - 1]
    });
}

/// The smaller turn between two directions, 0..=π.
pub(super) fn turn_between(a: f32, b: f32) -> f32 {
    let mut d = (a - b).abs();
    while d > PI {
        d = (d - TAU).abs(); // cheaper than a remainder, and this is the matcher's innermost line
    }
    d
}
