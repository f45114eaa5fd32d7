//! How far the figures would move with other people: identities drawn again with replacement.
//!
//! Pairs of one person are not independent draws, so intervals that take them for such (Wilson's) come out too narrow.
//! Here whole people are drawn again; a pair of two people counts as often as both were drawn together. The draws have
//! a fixed seed: the same sample gives the same intervals.

use std::collections::BTreeMap;

use crate::specimen::split_mix::SplitMix;

use super::{AT_FMR, Figures, Interval, Matched, Population, Scored};

/// Samples drawn; 25 of them lie below the lower end of an interval and 25 above the upper.
const DRAWS: usize = 1000;

const SEED: u64 = 0x004E_6969_6D00_0001;

/// The 95 % interval of each figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub eer: Interval,
    pub fnmr_at_fmr: [Interval; AT_FMR.len()],
    pub fmr_at_limit: [Interval; 2],
    pub fnmr_at_limit: [Interval; 2],
}

/// Draws the identities of a population again; a figure that has no pairs is not drawn for.
pub fn spread(population: &Population, limits: [f32; 2]) -> Option<Spread> {
    let numbers = numbered(population);
    if numbers.len() < 2 {
        return None;
    }
    let number = |identity: u32| numbers[&identity];
    let mut pairs = BTreeMap::<(usize, usize), f64>::new();
    for scored in population.genuine.iter().chain(&population.impostor) {
        *pairs
            .entry((number(scored.one), number(scored.other)))
            .or_default() += 1.0;
    }
    let pairs: Vec<_> = pairs.into_iter().collect();
    // Identities are renumbered once, so that the walks below need no map.
    let renumbered = |list: &[Scored]| -> Vec<Scored> {
        list.iter()
            .map(|scored| Scored {
                one: number(scored.one) as u32,
                other: number(scored.other) as u32,
                score: scored.score,
            })
            .collect()
    };
    let population = Population {
        genuine: renumbered(&population.genuine),
        impostor: renumbered(&population.impostor),
    };
    let mut random = SplitMix::new(SEED);
    let mut drawn: Vec<Figures> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let mut times = vec![0.0_f64; numbers.len()];
        for _ in 0..numbers.len() {
            times[below(&mut random, numbers.len())] += 1.0;
        }
        let weight = |one: usize, other: usize| {
            if one == other {
                times[one]
            } else {
                times[one] * times[other]
            }
        };
        let mut of = Matched::default();
        for ((one, other), count) in &pairs {
            let sum = if one == other {
                &mut of.genuine
            } else {
                &mut of.impostor
            };
            *sum += count * weight(*one, *other);
        }
        let figures = population.figures_of(limits, of, |scored| {
            weight(scored.one as usize, scored.other as usize)
        });
        drawn.push(figures);
    }
    let genuine = |figures: &&Figures| figures.of.genuine > 0.0;
    let impostor = |figures: &&Figures| figures.of.impostor > 0.0;
    let fnmr = |at: &dyn Fn(&Figures) -> Matched| {
        let values = drawn.iter().filter(genuine);
        interval(values.map(|figures| figures.fnmr(at(figures))).collect())
    };
    let fmr = |at: &dyn Fn(&Figures) -> Matched| {
        let values = drawn.iter().filter(impostor);
        interval(values.map(|figures| figures.fmr(at(figures))).collect())
    };
    let both = drawn.iter().filter(genuine).filter(impostor);
    Some(Spread {
        eer: interval(both.map(|figures| figures.eer).collect()),
        fnmr_at_fmr: [0, 1, 2].map(|i| fnmr(&|figures| figures.at_fmr[i].1)),
        fmr_at_limit: [0, 1].map(|i| fmr(&|figures| figures.at_limit[i])),
        fnmr_at_limit: [0, 1].map(|i| fnmr(&|figures| figures.at_limit[i])),
    })
}

/// Identities without gaps, in their order.
fn numbered(population: &Population) -> BTreeMap<u32, usize> {
    let mut numbers = BTreeMap::new();
    for scored in population.genuine.iter().chain(&population.impostor) {
        numbers.insert(scored.one, 0);
        numbers.insert(scored.other, 0);
    }
    for (place, number) in numbers.values_mut().enumerate() {
        *number = place;
    }
    numbers
}

/// From the 2.5th to the 97.5th percentile.
fn interval(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |thousandths: usize| {
        let place = (values.len() * thousandths / 1000).min(values.len().saturating_sub(1));
        values.get(place).copied().unwrap_or(0.0)
    };
    Interval {
        low: at(25),
        high: at(974),
    }
}

/// A whole number below `end`, each as likely.
fn below(random: &mut SplitMix, end: usize) -> usize {
    ((u128::from(random.draw()) * end as u128) >> 64) as usize
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Comparison;
    use super::*;

    /// Forty people with ten pairs each; of every fourth all ten are missed.
    fn people() -> Population {
        let mut pairs = Vec::new();
        for person in 0..40 {
            for _ in 0..10 {
                pairs.push(Comparison {
                    one: person,
                    other: person,
                    score: Some(if person % 4 == 0 { 0.1 } else { 0.9 }),
                });
            }
            for other in person + 1..40 {
                pairs.push(Comparison {
                    one: person,
                    other,
                    score: Some(0.0),
                });
            }
        }
        Population::compared(pairs)
    }

    #[test]
    fn people_drawn_again_spread_wider_than_pairs() {
        let population = people();
        let spread = spread(&population, [0.5, 0.4]).unwrap();
        let missed = spread.fnmr_at_limit[0];
        // 10 of 40 people: by hand ±1.96 · √(0.25 · 0.75 / 40) = ±0.134 around 0.25.
        assert!((missed.low - 0.116).abs() < 0.03, "{missed:?}");
        assert!((missed.high - 0.384).abs() < 0.03, "{missed:?}");
        let pairs = super::super::wilson(100.0, 400.0);
        assert!(missed.high - missed.low > 2.5 * (pairs.high - pairs.low));
        assert_eq!(
            (spread.fmr_at_limit[0].low, spread.fmr_at_limit[0].high),
            (0.0, 0.0)
        );
    }

    #[test]
    fn the_same_sample_gives_the_same_intervals() {
        let limits = [0.5, 0.4];
        assert_eq!(spread(&people(), limits), spread(&people(), limits));
        assert_eq!(spread(&Population::default(), limits), None);
    }
}
