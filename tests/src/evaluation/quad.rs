//! How well one quadrilateral covers another: intersection over union of convex outlines.

/// Four corners, in order around the outline.
pub type Quad = [[f64; 2]; 4];

/// Intersection over union of two convex quadrilaterals: 1 when they are the same, 0 when they do not touch.
pub fn iou(a: &Quad, b: &Quad) -> f64 {
    let (a, b) = (ordered(a), ordered(b));
    let common = area(&clipped(&a, &b)).abs();
    let all = area(&a).abs() + area(&b).abs() - common;
    if all <= 0.0 { 0.0 } else { common / all }
}

/// The farthest that a corner of `found` lies from its true place, as a share of the true diagonal.
pub fn corner_error(found: &Quad, truth: &Quad) -> f64 {
    let far = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let diagonal = far(truth[0], truth[2]).max(far(truth[1], truth[3]));
    // Which corner is named first does not matter, only which lies next to which.
    let worst = |shift: usize| {
        (0..4)
            .map(|at| far(found[(at + shift) % 4], truth[at]))
            .fold(0.0, f64::max)
    };
    (0..4).map(worst).fold(f64::INFINITY, f64::min) / diagonal.max(1.0)
}

fn area(outline: &[[f64; 2]]) -> f64 {
    outline
        .iter()
        .zip(outline.iter().cycle().skip(1))
        .map(|(a, b)| a[0] * b[1] - b[0] * a[1])
        .sum::<f64>()
        / 2.0
}

/// The same outline, always around in one sense.
fn ordered(quad: &Quad) -> Vec<[f64; 2]> {
    let mut outline = quad.to_vec();
    if area(&outline) < 0.0 {
        outline.reverse();
    }
    outline
}

/// The part of `subject` within `window` (Sutherland and Hodgman).
fn clipped(subject: &[[f64; 2]], window: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut rest = subject.to_vec();
    for (a, b) in window.iter().zip(window.iter().cycle().skip(1)) {
        let side = |p: &[f64; 2]| (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
        let input = std::mem::take(&mut rest);
        for (p, q) in input.iter().zip(input.iter().cycle().skip(1)) {
            let (from, to) = (side(p), side(q));
            if from >= 0.0 {
                rest.push(*p);
            }
            if (from >= 0.0) != (to >= 0.0) {
                let share = from / (from - to);
                rest.push([p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share]);
            }
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Quad = [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];

    #[test]
    fn overlap_is_measured() {
        assert!((iou(&UNIT, &UNIT) - 1.0).abs() < 1e-9);
        let half: Quad = [[5.0, 0.0], [15.0, 0.0], [15.0, 10.0], [5.0, 10.0]];
        assert!((iou(&UNIT, &half) - 1.0 / 3.0).abs() < 1e-9);
        let mut backwards = half;
        backwards.reverse();
        assert!((iou(&UNIT, &backwards) - 1.0 / 3.0).abs() < 1e-9);
        let far: Quad = [[50.0, 0.0], [60.0, 0.0], [60.0, 10.0], [50.0, 10.0]];
        assert_eq!(iou(&UNIT, &far), 0.0);
    }

    #[test]
    fn the_first_corner_may_be_any() {
        let turned: Quad = [UNIT[1], UNIT[2], UNIT[3], UNIT[0]];
        assert_eq!(corner_error(&turned, &UNIT), 0.0);
        let moved: Quad = [[1.0, 0.0], UNIT[1], UNIT[2], UNIT[3]];
        assert!((corner_error(&moved, &UNIT) - 1.0 / 200_f64.sqrt()).abs() < 1e-9);
    }
}
