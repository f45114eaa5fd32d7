//! What the neighbourhood of a minutia looks like, seen from the minutia itself, so that neither
//! turning nor moving the finger changes it.

use std::f32::consts::{PI, TAU};

use zeroize::Zeroize;

use super::field::Field;
use super::minutiae::{Minutia, Minutiae, turn_between};
use super::parameters as p;

/// Circles around a minutia on which the flow is sampled: radius in pixels, number of places.
const CIRCLES: [(f32, usize); 4] = [(22.0, 10), (40.0, 16), (58.0, 22), (78.0, 28)];
const PLACES: usize = 10 + 16 + 22 + 28;

/// The flow around one minutia, relative to its direction; half turns in 255 steps, 255 = no ridges.
#[derive(Clone)]
pub(super) struct FlowRing([u8; PLACES]);

const STEPS: f32 = 255.0;
const NONE: u8 = 255;

impl FlowRing {
    fn of(m: &Minutia, field: &Field) -> Self {
        let mut ring = [NONE; PLACES];
        let mut at = 0;
        for (radius, count) in CIRCLES {
            for k in 0..count {
                let turn = m.direction + TAU * k as f32 / count as f32;
                let (x, y) = (m.x + radius * turn.cos(), m.y + radius * turn.sin());
                if field.shows(x, y) {
                    let relative = (field.angle[field.cell(x, y)] - m.direction).rem_euclid(PI);
                    ring[at] = ((relative / PI * STEPS) as u8).min(254);
                }
                at += 1;
            }
        }
        Self(ring)
    }

    /// 0..=1, and how many places both could be compared at.
    fn likeness(&self, other: &Self, slack: f32) -> (f32, usize) {
        let (mut sum, mut count) = (0.0f32, 0);
        for (&a, &b) in self.0.iter().zip(&other.0) {
            if a == NONE || b == NONE {
                continue;
            }
            let apart = a.abs_diff(b);
            let apart = apart.min(255 - apart); // of a half turn in 255 steps
            sum += (-f32::from(apart) / slack).exp();
            count += 1;
        }
        (if count > 0 { sum / count as f32 } else { 0.0 }, count)
    }
}

/// Another minutia, seen from one.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Neighbour {
    pub(super) index: usize,
    /// Distance in pixels.
    pub(super) distance: f32,
    /// Where it lies, relative to the direction of the one that looks.
    pub(super) bearing: f32,
    /// Its direction, relative to the direction of the one that looks.
    pub(super) turn: f32,
}

/// What a comparison makes of the ridge flow, which is seen on pictures and only guessed from records.
pub(super) struct Tuning {
    /// Likeness of the flow around two minutiae under which they are not looked at further.
    pub(super) flow_like: f32,
    /// Difference of flow, in 255 steps of a half turn, at which a place counts a third.
    pub(super) ring_slack: f32,
    /// Agreement of the flows over the whole print that counts as none.
    pub(super) flow_floor: f32,
    /// Raw evidence that scores 50 of 100.
    pub(super) half_way: f32,
}

impl Tuning {
    /// Both flows were seen.
    pub(super) const SEEN: Self = Self {
        flow_like: p::FLOW_LIKE,
        ring_slack: 16.0,
        flow_floor: 0.5,
        half_way: p::HALF_WAY,
    };
}

/// Everything seen from one minutia.
pub(super) struct View {
    pub(super) ring: FlowRing,
    /// Nearest first.
    pub(super) neighbours: Vec<Neighbour>,
}

impl Drop for View {
    fn drop(&mut self) {
        self.ring.0.zeroize();
        self.neighbours.zeroize();
    }
}

pub(super) fn views(print: &Minutiae) -> Vec<View> {
    print
        .points
        .iter()
        .enumerate()
        .map(|(i, m)| {
            let mut neighbours: Vec<Neighbour> = print
                .points
                .iter()
                .enumerate()
                .filter(|(j, _)| *j != i)
                .filter_map(|(index, n)| {
                    let (dx, dy) = (n.x - m.x, n.y - m.y);
                    let distance = dx.hypot(dy);
                    (distance < p::SIGHT).then(|| Neighbour {
                        index,
                        distance,
                        bearing: (dy.atan2(dx) - m.direction).rem_euclid(TAU),
                        turn: (n.direction - m.direction).rem_euclid(TAU),
                    })
                })
                .collect();
            neighbours.sort_by(|a, b| a.distance.total_cmp(&b.distance));
            View {
                ring: FlowRing::of(m, &print.field),
                neighbours,
            }
        })
        .collect()
}

/// How alike the surroundings of two minutiae are: flow likeness and share of common neighbours,
/// of those that the other print could show at all.
pub(super) fn local_likeness(
    a: (&Minutiae, &[View], usize),
    b: (&Minutiae, &[View], usize),
    tuning: &Tuning,
) -> f32 {
    let (view_a, view_b) = (&a.1[a.2], &b.1[b.2]);
    let (flow, places) = view_a.ring.likeness(&view_b.ring, tuning.ring_slack);
    if places < PLACES / 4 || flow < tuning.flow_like {
        return 0.0;
    }
    let (common, of_a) = common_neighbours(view_a, view_b, &b.0.points[b.2], &b.0.field);
    let (_, of_b) = common_neighbours(view_b, view_a, &a.0.points[a.2], &a.0.field);
    let share = common / f32::max(0.5 * (of_a + of_b), 3.0);
    flow * flow * (0.25 + share)
}

/// Weight of neighbours found again in the other view, and how many could have been.
fn common_neighbours(view: &View, other: &View, seat: &Minutia, field: &Field) -> (f32, f32) {
    let (mut common, mut possible) = (0.0, 0.0);
    for n in view.neighbours.iter().take_while(|n| n.distance < p::CLOSE) {
        let bearing = seat.direction + n.bearing;
        let x = seat.x + n.distance * bearing.cos();
        let y = seat.y + n.distance * bearing.sin();
        if !field.shows(x, y) {
            continue;
        }
        possible += 1.0;
        let mut least = f32::MAX;
        for o in &other.neighbours {
            let apart = o.distance - n.distance;
            if apart > 12.0 {
                break;
            }
            if apart < -12.0 {
                continue;
            }
            let sideways = turn_between(o.bearing, n.bearing) * n.distance;
            let turn = turn_between(o.turn, n.turn);
            if sideways > 18.0 || turn > 0.6 {
                continue;
            }
            let e = (apart / 6.0).powi(2) + (sideways / 9.0).powi(2) + (turn / 0.3).powi(2);
            least = least.min(e);
        }
        common += (-0.5 * least).exp();
    }
    (common, possible)
}
