//! Error rates of a comparison of people: from scored pairs to FMR, FNMR and EER with what the sample allows to say.
//!
//! A pair matches when its score is at or above the limit. FMR is the part of the pairs of two people that match, FNMR
//! the part of the pairs of one person that do not (ISO/IEC 19795-1). All thinking is done on pairs sorted from the
//! highest score down, so that ties move together and no rate depends on the order of files.

use std::ops::ControlFlow;

pub mod bootstrap;
pub mod table;

/// One comparison: two identities by number, and the score; none where one of the pictures was refused.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    pub one: u32,
    pub other: u32,
    pub score: Option<f32>,
}

/// A comparison that has a score; one with a refused picture has the lowest there is.
#[derive(Clone, Copy, Debug)]
struct Scored {
    one: u32,
    other: u32,
    score: f32,
}

/// The false match rates at which tables are read, in ten-thousandths: 1 %, 0.1 % and 0.01 %.
pub const AT_FMR: [u32; 3] = [100, 10, 1];

/// Many comparisons, apart by whether both samples are one person's.
#[derive(Clone, Debug, Default)]
pub struct Population {
    genuine: Vec<Scored>,
    impostor: Vec<Scored>,
}

/// What matched at one limit, counted or weighed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Matched {
    pub impostor: f64,
    pub genuine: f64,
}

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub threshold: f32,
    pub fmr: f64,
    pub fnmr: f64,
}

/// Everything a table tells of one population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub eer: f64,
    /// Each of [`AT_FMR`]: the lowest score that was still let through, and what matches there.
    pub at_fmr: [(f32, Matched); AT_FMR.len()],
    /// Each of the shipped limits.
    pub at_limit: [Matched; 2],
    /// All pairs.
    pub of: Matched,
}

impl Population {
    /// Pairs of which both pictures were taken: the classical rates.
    pub fn compared(all: impl IntoIterator<Item = Comparison>) -> Self {
        Self::of(all.into_iter().filter(|pair| pair.score.is_some()))
    }

    /// All pairs, those with a refused picture matching nobody: the generalised rates of ISO/IEC 19795-1, and what FVC
    /// does with a score of 0.
    pub fn generalised(all: impl IntoIterator<Item = Comparison>) -> Self {
        Self::of(all)
    }

    fn of(all: impl IntoIterator<Item = Comparison>) -> Self {
        let mut population = Self::default();
        for pair in all {
            let scored = Scored {
                one: pair.one,
                other: pair.other,
                // A score that is no number matches nobody, as at the desk.
                score: pair
                    .score
                    .filter(|score| !score.is_nan())
                    .unwrap_or(f32::NEG_INFINITY),
            };
            if pair.one == pair.other {
                population.genuine.push(scored);
            } else {
                population.impostor.push(scored);
            }
        }
        for pairs in [&mut population.genuine, &mut population.impostor] {
            pairs.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
            pairs.shrink_to_fit();
        }
        population
    }

    pub fn genuine(&self) -> usize {
        self.genuine.len()
    }

    pub fn impostor(&self) -> usize {
        self.impostor.len()
    }

    pub fn figures(&self, limits: [f32; 2]) -> Figures {
        let of = Matched {
            genuine: self.genuine.len() as f64,
            impostor: self.impostor.len() as f64,
        };
        self.figures_of(limits, of, |_| 1.0)
    }

    /// The curve, from the strictest limit down to the one that lets all through. Where FMR alone rises, by less than
    /// a hundredth of itself, points are left out: a million pairs make some thousand points.
    pub fn curve(&self) -> Vec<Point> {
        const STEP: f64 = 1.01;
        let mut points: Vec<Point> = Vec::new();
        self.walk(|_| 1.0, &mut |threshold, matched| {
            let point = Point {
                threshold,
                fmr: part(matched.impostor, self.impostor.len() as f64),
                fnmr: 1.0 - part(matched.genuine, self.genuine.len() as f64),
            };
            if let [.., before, last] = &mut points[..]
                && before.fnmr == last.fnmr
                && last.fnmr == point.fnmr
                && point.fmr <= before.fmr * STEP
            {
                *last = point;
                return ControlFlow::Continue(());
            }
            points.push(point);
            ControlFlow::Continue(())
        });
        points
    }

    /// One walk down the scores gathers all figures; `of` is what all pairs weigh together.
    fn figures_of(
        &self,
        limits: [f32; 2],
        of: Matched,
        weight: impl Fn(&Scored) -> f64,
    ) -> Figures {
        let mut figures = Figures {
            at_fmr: [(f32::INFINITY, Matched::default()); AT_FMR.len()],
            of,
            ..Figures::default()
        };
        // Before the first score nothing matches.
        let (mut before, mut crossed) = ((0.0, 1.0), false);
        self.walk(weight, &mut |threshold, matched| {
            let mut more = false;
            for (found, parts) in figures.at_fmr.iter_mut().zip(AT_FMR) {
                // Whole numbers on both sides: no rounding decides.
                if matched.impostor * 10_000.0 <= f64::from(parts) * of.impostor
                    && threshold > f32::NEG_INFINITY
                {
                    *found = (threshold, matched);
                    more = true;
                }
            }
            for (found, limit) in figures.at_limit.iter_mut().zip(limits) {
                if threshold >= limit {
                    *found = matched;
                    more = true;
                }
            }
            let fmr = part(matched.impostor, of.impostor);
            let fnmr = 1.0 - part(matched.genuine, of.genuine);
            if !crossed && fmr >= fnmr {
                figures.eer = crossing(before, (fmr, fnmr));
                crossed = true;
            }
            before = (fmr, fnmr);
            if more || !crossed {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        figures
    }

    /// Visits every score from the highest down with what matches when it is the limit.
    fn walk(
        &self,
        weight: impl Fn(&Scored) -> f64,
        visit: &mut dyn FnMut(f32, Matched) -> ControlFlow<()>,
    ) {
        let (mut genuine, mut impostor) = (&self.genuine[..], &self.impostor[..]);
        let mut matched = Matched::default();
        loop {
            let heads = [genuine.first(), impostor.first()];
            let Some(score) = heads
                .into_iter()
                .flatten()
                .map(|s| s.score)
                .max_by(f32::total_cmp)
            else {
                return;
            };
            let take = |pairs: &mut &[Scored], sum: &mut f64| {
                while let [first, rest @ ..] = pairs
                    && first.score >= score
                {
                    *sum += weight(first);
                    *pairs = rest;
                }
            };
            take(&mut genuine, &mut matched.genuine);
            take(&mut impostor, &mut matched.impostor);
            if visit(score, matched).is_break() {
                return;
            }
        }
    }
}

impl Figures {
    pub fn fmr(&self, matched: Matched) -> f64 {
        part(matched.impostor, self.of.impostor)
    }

    pub fn fnmr(&self, matched: Matched) -> f64 {
        1.0 - part(matched.genuine, self.of.genuine)
    }
}

fn part(count: f64, of: f64) -> f64 {
    if of > 0.0 { count / of } else { 0.0 }
}

/// Where the straight line between two points (FMR, FNMR) meets the line on which both are equal.
fn crossing(above: (f64, f64), below: (f64, f64)) -> f64 {
    let (gap_above, gap_below) = (above.1 - above.0, below.1 - below.0);
    if gap_above <= gap_below {
        return below.0;
    }
    above.0 + (below.0 - above.0) * gap_above / (gap_above - gap_below)
}

/// A part of a sample with the interval that holds the true part with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The score interval of a proportion (Wilson 1927), for independent draws.
pub fn wilson(count: f64, of: f64) -> Interval {
    /// The 97.5th percentile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    if of <= 0.0 {
        return Interval {
            low: 0.0,
            high: 1.0,
        };
    }
    let p = count / of;
    let denominator = 1.0 + Z * Z / of;
    let middle = (p + Z * Z / (2.0 * of)) / denominator;
    let half = Z / denominator * (p * (1.0 - p) / of + Z * Z / (4.0 * of * of)).sqrt();
    Interval {
        // At the ends the formula gives 0 and 1 but for rounding.
        low: if count == 0.0 { 0.0 } else { middle - half },
        high: if count == of { 1.0 } else { middle + half },
    }
}

#[cfg(test)]
mod tests;
