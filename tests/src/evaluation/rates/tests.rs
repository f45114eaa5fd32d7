//! The figures against values worked out by hand.
#![allow(clippy::unwrap_used)]

use super::*;

fn population(genuine: &[f32], impostor: &[f32]) -> Population {
    let pair = |other: u32| {
        move |score: &f32| Comparison {
            one: 0,
            other,
            score: Some(*score),
        }
    };
    let pairs: Vec<_> = genuine
        .iter()
        .map(pair(0))
        .chain(impostor.iter().map(pair(1)))
        .collect();
    Population::compared(pairs)
}

fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-4,
        "{found} instead of {expected}"
    );
}

#[test]
fn wilson_is_the_published_interval() {
    // Newcombe (1998), Statistics in Medicine 17:857, table I, method 3: 81/263, 15/148, 0/20 and 1/29.
    for (count, of, low, high) in [
        (81.0, 263.0, 0.2553, 0.3662),
        (15.0, 148.0, 0.0624, 0.1605),
        (0.0, 20.0, 0.0, 0.1611),
        (1.0, 29.0, 0.0061, 0.1718),
    ] {
        let interval = wilson(count, of);
        near(interval.low, low);
        near(interval.high, high);
    }
    let all = wilson(20.0, 20.0);
    near(all.low, 1.0 - 0.1611);
    assert_eq!(all.high, 1.0);
}

#[test]
fn ties_cross_the_limit_together() {
    // Scores 3: one genuine; 2: one genuine and two impostors; 1: one of each.
    let curve = population(&[3.0, 2.0, 1.0], &[2.0, 2.0, 1.0]).curve();
    let told: Vec<_> = curve
        .iter()
        .map(|p| (p.threshold, p.fmr, (p.fnmr * 3.0).round()))
        .collect();
    assert_eq!(
        told,
        [(3.0, 0.0, 2.0), (2.0, 2.0 / 3.0, 1.0), (1.0, 1.0, 0.0)]
    );
}

#[test]
fn the_curve_leaves_out_only_small_steps_of_fmr() {
    let impostor: Vec<f32> = (1..=5000).map(|i| i as f32).collect();
    let curve = population(&[9001.0, 9000.0, 0.5], &impostor).curve();
    assert!(curve.len() < 1000, "{}", curve.len());
    let ends = [curve[0], curve[1], curve[curve.len() - 1]].map(|p| p.threshold);
    assert_eq!(ends, [9001.0, 9000.0, 0.5]);
    for pair in curve.windows(2) {
        let [before, after] = pair else {
            unreachable!()
        };
        let one_more = before.fmr + 1.5 / 5000.0;
        assert!(after.fmr <= (before.fmr * 1.01).max(one_more), "{pair:?}");
    }
    assert!(curve.iter().any(|p| p.threshold == 1.0 && p.fmr == 1.0));
}

#[test]
fn the_equal_error_rate_lies_between_two_points() {
    // At 2: FMR 2/3, FNMR 1/3; before, at 3: FMR 0, FNMR 2/3. The line between them meets the diagonal at s with
    // 2s/3 = 2/3 - s/3, s = 2/3: EER 4/9.
    let tied = population(&[3.0, 2.0, 1.0], &[2.0, 2.0, 1.0]);
    near(tied.figures([9.0; 2]).eer, 4.0 / 9.0);
    // FMR goes 0 to 1/4 at 5 while FNMR is 1/2; at 4 FNMR falls to 1/4 and both are equal.
    let met = population(&[9.0, 8.0, 4.0, 1.0], &[5.0, 3.0, 2.0, 1.0]);
    near(met.figures([9.0; 2]).eer, 0.25);
    near(population(&[2.0], &[1.0]).figures([9.0; 2]).eer, 0.0);
    near(population(&[1.0], &[2.0]).figures([9.0; 2]).eer, 1.0);
}

#[test]
fn what_is_missed_at_a_rate_and_at_a_limit() {
    // 200 impostors 0.000 to 0.199 and four genuine pairs.
    let impostor: Vec<f32> = (0..200).map(|i| i as f32 / 1000.0).collect();
    let figures = population(&[0.5, 0.1985, 0.1975, 0.05], &impostor).figures([0.198, 0.0495]);
    // 1 % of 200 are two: 0.199 and 0.198 match, and the genuine pairs above 0.197.
    let (threshold, matched) = figures.at_fmr[0];
    assert_eq!(
        (threshold, matched.impostor, matched.genuine),
        (0.1975, 2.0, 3.0)
    );
    // 0.1 % and 0.01 % of 200 are none: only what lies above every impostor.
    for (threshold, matched) in [figures.at_fmr[1], figures.at_fmr[2]] {
        assert_eq!(
            (threshold, matched.impostor, matched.genuine),
            (0.5, 0.0, 1.0)
        );
    }
    // The limits themselves match: 0.198 and 0.199; 0.050 to 0.199.
    assert_eq!(figures.at_limit[0].impostor, 2.0);
    assert_eq!(figures.at_limit[1].impostor, 150.0);
    near(figures.fmr(figures.at_limit[0]), 0.01);
    near(figures.fnmr(figures.at_limit[0]), 0.5);
    near(figures.fnmr(figures.at_limit[1]), 0.0);
}

#[test]
fn a_refused_picture_matches_nobody_and_prettifies_nothing() {
    let pairs = [
        (0, 0, Some(0.9)),
        (0, 0, None),
        (0, 1, Some(0.1)),
        (0, 1, None),
        (0, 0, Some(f32::NAN)),
    ]
    .map(|(one, other, score)| Comparison { one, other, score });
    let compared = Population::compared(pairs);
    assert_eq!((compared.genuine(), compared.impostor()), (2, 1));
    let generalised = Population::generalised(pairs);
    let figures = generalised.figures([0.5, f32::NEG_INFINITY]);
    near(figures.fnmr(figures.at_limit[0]), 2.0 / 3.0);
    for (threshold, matched) in figures.at_fmr {
        assert!(threshold > f32::NEG_INFINITY);
        assert_eq!(matched.genuine, 1.0);
    }
}

#[test]
fn nobody_at_all_is_no_division_by_nothing() {
    let empty = Population::default();
    assert_eq!(empty.figures([0.5, 0.4]).eer, 0.0);
    assert!(empty.curve().is_empty());
    let whole = wilson(0.0, 0.0);
    assert_eq!((whole.low, whole.high), (0.0, 1.0));
}
