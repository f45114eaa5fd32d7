//! From likeness of places to likeness of fingers: pairs of minutiae that one placement explains.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Similarity;
pub(super) use super::local::Tuning;
use super::local::{View, local_likeness, views};
use super::minutiae::{Minutia, Minutiae, turn_between};
use super::parameters as p;

impl Minutiae {
    /// How alike two prints are. Order does not matter; nor does how the finger was turned.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> Similarity {
        Similarity::new(evidence(self, other, &Tuning::SEEN).score(&Tuning::SEEN))
    }
}

/// Minutia `a` of one print is held to be minutia `b` of the other.
#[derive(Clone, Copy)]
struct Pair {
    a: usize,
    b: usize,
    likeness: f32,
}

/// What speaks for two prints being one finger.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Evidence {
    /// Pairs held.
    pairs: f32,
    /// Sum of their local likeness.
    likeness: f32,
    /// Minutiae of either print that the other should show under this placement.
    possible: f32,
    /// Agreement of the flows where both prints show the finger, -1..=1.
    flow: f32,
}

impl Evidence {
    /// 0 to 100: likeness of the pairs, times the share of minutiae that found a partner, times the
    /// agreement of the flows; bent so that `half_way` becomes 50.
    pub(super) fn score(&self, tuning: &Tuning) -> f32 {
        let share = self.pairs / self.possible.max(8.0);
        let flow = ((self.flow - tuning.flow_floor) / (1.0 - tuning.flow_floor)).max(0.0);
        let raw = self.likeness * share * flow;
        100.0 * raw / (raw + tuning.half_way)
    }
}

pub(super) fn evidence(one: &Minutiae, other: &Minutiae, tuning: &Tuning) -> Evidence {
    let (views_a, views_b) = (views(one), views(other));
    let (na, nb) = (one.points.len(), other.points.len());
    let mut likeness = vec![0.0f32; na * nb];
    let mut seeds: Vec<Pair> = Vec::with_capacity(na * nb);
    for a in 0..na {
        for b in 0..nb {
            let l = local_likeness((one, &views_a, a), (other, &views_b, b), tuning);
            likeness[a * nb + b] = l;
            if l > 0.1 {
                seeds.push(Pair { a, b, likeness: l });
            }
        }
    }
    seeds.sort_by(|x, y| y.likeness.total_cmp(&x.likeness));
    let mut best = Evidence::default();
    let mut grown = vec![false; na * nb];
    let mut tried = 0;
    for seed in seeds {
        // What a larger set already holds would only grow to that set again.
        if grown[seed.a * nb + seed.b] {
            continue;
        }
        if tried >= p::SEEDS {
            break;
        }
        tried += 1;
        let pairs = grow(seed, one, other, (&views_a, &views_b), &likeness);
        if pairs.len() < 3 {
            continue;
        }
        for p in &pairs {
            grown[p.a * nb + p.b] = true;
        }
        let found = weigh(&pairs, one, other);
        if found.score(tuning) > best.score(tuning) {
            best = found;
        }
    }
    best
}

/// Adds pairs outwards from a seed, each judged from a pair already held, so that the skin may
/// stretch over the whole print but not between neighbours.
fn grow(
    seed: Pair,
    one: &Minutiae,
    other: &Minutiae,
    views: (&[View], &[View]),
    likeness: &[f32],
) -> Vec<Pair> {
    let nb = other.points.len();
    let mut used_a = vec![false; one.points.len()];
    let mut used_b = vec![false; nb];
    let mut pairs = vec![seed];
    used_a[seed.a] = true;
    used_b[seed.b] = true;
    let rotation_of = |p: Pair| other.points[p.b].direction - one.points[p.a].direction;
    let (mut cosine, mut sine) = (rotation_of(seed).cos() * 2.0, rotation_of(seed).sin() * 2.0);
    let mut front = BinaryHeap::new();
    let mut newest = seed;
    loop {
        let rotation = sine.atan2(cosine);
        for n in views.0[newest.a].neighbours.iter().take(p::REACHED) {
            if used_a[n.index] {
                continue;
            }
            let ma = &one.points[newest.a];
            let bearing_a = ma.direction + n.bearing;
            for o in &views.1[newest.b].neighbours {
                let apart = o.distance - n.distance;
                let slack = p::STRETCH + p::STRETCH_PART * n.distance;
                if apart > slack {
                    break;
                }
                if apart < -slack || used_b[o.index] {
                    continue;
                }
                let bearing_b = other.points[newest.b].direction + o.bearing;
                let bend = turn_between(bearing_b, bearing_a + rotation);
                let give = p::SHEAR + p::SHEAR_PART * n.distance;
                if bend * n.distance > give {
                    continue;
                }
                let pair = Pair {
                    a: n.index,
                    b: o.index,
                    likeness: likeness[n.index * nb + o.index],
                };
                let turn = turn_between(rotation_of(pair), rotation);
                if turn > p::TURN {
                    continue;
                }
                let cost = n.distance * 0.02
                    + apart.abs() / slack
                    + bend * n.distance / give
                    + turn / p::TURN
                    - 2.0 * pair.likeness;
                front.push(Candidate { cost, pair });
            }
        }
        // Judge the newcomer also against the whole: most pairs held must agree with it.
        let next = loop {
            match front.pop() {
                None => return pairs,
                Some(Candidate { pair, .. })
                    if !used_a[pair.a] && !used_b[pair.b] && agrees(pair, &pairs, one, other) =>
                {
                    break pair;
                }
                Some(_) => {}
            }
        };
        used_a[next.a] = true;
        used_b[next.b] = true;
        cosine += rotation_of(next).cos();
        sine += rotation_of(next).sin();
        pairs.push(next);
        newest = next;
    }
}

/// A pair that may be added, cheapest first out of a heap.
struct Candidate {
    cost: f32,
    pair: Pair,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.total_cmp(&self.cost)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

fn agrees(next: Pair, pairs: &[Pair], one: &Minutiae, other: &Minutiae) -> bool {
    if pairs.len() < 3 {
        return true;
    }
    let (a, b) = (&one.points[next.a], &other.points[next.b]);
    let good = pairs
        .iter()
        .filter(|p| {
            let da = distance(a, &one.points[p.a]);
            let db = distance(b, &other.points[p.b]);
            (da - db).abs() < 6.0 + 0.08 * da
        })
        .count();
    good * 3 >= pairs.len() * 2
}

fn distance(m: &Minutia, n: &Minutia) -> f32 {
    (m.x - n.x).hypot(m.y - n.y)
}

/// A turn and a shift.
#[derive(Clone, Copy)]
struct Placement {
    cos: f32,
    sin: f32,
    dx: f32,
    dy: f32,
}

impl Placement {
    /// Least squares over the pairs (Procrustes in the plane).
    fn fit(pairs: &[Pair], one: &Minutiae, other: &Minutiae) -> Self {
        let n = pairs.len() as f32;
        let (mut ax, mut ay, mut bx, mut by) = (0.0, 0.0, 0.0, 0.0);
        for p in pairs {
            ax += one.points[p.a].x / n;
            ay += one.points[p.a].y / n;
            bx += other.points[p.b].x / n;
            by += other.points[p.b].y / n;
        }
        let (mut c, mut s) = (0.0, 0.0);
        for p in pairs {
            let (ux, uy) = (one.points[p.a].x - ax, one.points[p.a].y - ay);
            let (vx, vy) = (other.points[p.b].x - bx, other.points[p.b].y - by);
            c += ux * vx + uy * vy;
            s += ux * vy - uy * vx;
        }
        let length = c.hypot(s).max(1e-6);
        let (cos, sin) = (c / length, s / length);
        Self {
            cos,
            sin,
            dx: bx - (cos * ax - sin * ay),
            dy: by - (sin * ax + cos * ay),
        }
    }

    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        (
            self.cos * x - self.sin * y + self.dx,
            self.sin * x + self.cos * y + self.dy,
        )
    }

    fn inverse(&self) -> Self {
        Self {
            cos: self.cos,
            sin: -self.sin,
            dx: -(self.cos * self.dx + self.sin * self.dy),
            dy: -(-self.sin * self.dx + self.cos * self.dy),
        }
    }
}

fn weigh(pairs: &[Pair], one: &Minutiae, other: &Minutiae) -> Evidence {
    let placement = Placement::fit(pairs, one, other);
    Evidence {
        pairs: pairs.len() as f32,
        likeness: pairs.iter().map(|p| p.likeness.min(1.0)).sum(),
        possible: 0.5
            * (visible(one, &placement, other) + visible(other, &placement.inverse(), one)),
        flow: flow_agreement(&placement, one, other),
    }
}

/// Minutiae of `from` that fall well inside the finger shown by `to`.
fn visible(from: &Minutiae, placement: &Placement, to: &Minutiae) -> f32 {
    from.points
        .iter()
        .filter(|m| {
            let (x, y) = placement.apply(m.x, m.y);
            to.field.shows(x, y) && to.field.depth[to.field.cell(x, y)] > 14.0
        })
        .count() as f32
}

/// Mean cosine of the doubled difference of ridge directions over the common area.
fn flow_agreement(placement: &Placement, one: &Minutiae, other: &Minutiae) -> f32 {
    use super::field::CELL;
    const EVERY: usize = 2;
    let turn = placement.sin.atan2(placement.cos);
    let (mut sum, mut count) = (0.0, 0.0f32);
    for row in (0..one.field.rows).step_by(EVERY) {
        for column in (0..one.field.columns).step_by(EVERY) {
            let cell = row * one.field.columns + column;
            if !one.field.mask[cell] {
                continue;
            }
            let (x, y) = ((column * CELL + 2) as f32, (row * CELL + 2) as f32);
            let (x, y) = placement.apply(x, y);
            if !other.field.shows(x, y) {
                continue;
            }
            let there = other.field.angle[other.field.cell(x, y)];
            sum += (2.0 * (there - one.field.angle[cell] - turn)).cos();
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}
