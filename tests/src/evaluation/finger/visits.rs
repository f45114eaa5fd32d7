//! Whole visits instead of single pairs: up to three presentations of one finger, or of two, the first that passes counts.
//!
//! At the desk a finger is asked for by its name and held against the card's record of that finger alone, up to three
//! times; then the second finger. A presentation that the quality gate refuses is used up. The visits are made of the same prints again and again, so their intervals are
//! too narrow; they tell what three tries do to both rates, not what the rates are.

use std::collections::BTreeMap;
use std::fmt;

use models::{Bands, Outcome, Similarity};

use super::super::rates::table::Proportion;
use super::Scores;

/// Presentations a finger has (`station/src/visit/await_finger.rs`).
const PRESENTATIONS: usize = 3;

/// Of so many visits, so many that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Passed {
    count: usize,
    of: usize,
}

impl Passed {
    fn add(&mut self, passed: bool) {
        self.count += usize::from(passed);
        self.of += 1;
    }
}

/// Visits by the right person and by others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Trial {
    genuine: Passed,
    impostor: Passed,
}

/// The visits that can be made of a folder of prints.
#[derive(Debug, Default)]
pub struct Visits {
    one_finger: Trial,
    two_fingers: Trial,
}

impl Visits {
    /// `fingers` says whose each print is, in the order of the scores.
    pub fn of(fingers: &[u32], scores: &Scores, bands: Bands) -> Self {
        let mut prints = BTreeMap::<u32, Vec<usize>>::new();
        for (place, finger) in fingers.iter().enumerate() {
            prints.entry(*finger).or_default().push(place);
        }
        let fingers: Vec<Vec<usize>> = prints.into_values().collect();
        let accepted = |one: usize, other: usize| {
            scores
                .of(one, other)
                .is_some_and(|score| bands.judge(Similarity::new(score)) == Outcome::Match)
        };
        let passes = |recorded: &[usize], presented: &[usize]| {
            presented
                .iter()
                .any(|live| recorded.iter().any(|print| accepted(*print, *live)))
        };
        let mut visits = Self::default();
        for (place, finger) in fingers.iter().enumerate() {
            for (other_place, other) in fingers.iter().enumerate() {
                let trial = if place == other_place {
                    &mut visits.one_finger.genuine
                } else {
                    &mut visits.one_finger.impostor
                };
                for (recorded, print) in finger.iter().enumerate() {
                    if let Some(presented) = after(other, recorded, PRESENTATIONS) {
                        trial.add(passes(&[*print], &presented));
                    }
                }
            }
        }
        // Every two fingers are a person in turn; another person has two other fingers.
        let people: Vec<_> = (0..fingers.len())
            .flat_map(|a| (a + 1..fingers.len()).map(move |b| [a, b]))
            .collect();
        for [a, b] in &people {
            for [c, d] in &people {
                let genuine = a == c && b == d;
                if !genuine && [a, b].iter().any(|own| [c, d].contains(own)) {
                    continue;
                }
                let trial = if genuine {
                    &mut visits.two_fingers.genuine
                } else {
                    &mut visits.two_fingers.impostor
                };
                for recorded in 0..fingers[*a].len().min(fingers[*b].len()) {
                    let (Some(first), Some(second)) = (
                        after(&fingers[*c], recorded, PRESENTATIONS),
                        after(&fingers[*d], recorded, PRESENTATIONS),
                    ) else {
                        continue;
                    };
                    let references = [fingers[*a][recorded], fingers[*b][recorded]];
                    trial
                        .add(passes(&references[..1], &first) || passes(&references[1..], &second));
                }
            }
        }
        visits
    }
}

/// The prints of a finger that follow the recorded one, in a ring and without it.
fn after(prints: &[usize], recorded: usize, count: usize) -> Option<Vec<usize>> {
    (prints.len() > count).then(|| {
        (1..=count)
            .map(|step| prints[(recorded + step) % prints.len()])
            .collect()
    })
}

impl fmt::Display for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "visits: up to {PRESENTATIONS} presentations, the first at accept or above passes (overlapping visits)"
        )?;
        for (name, trial) in [
            ("one finger recorded, that one presented", self.one_finger),
            (
                "two fingers recorded, each presented against its own record",
                self.two_fingers,
            ),
        ] {
            writeln!(f, "  {name}")?;
            let Trial { genuine, impostor } = trial;
            if genuine.of == 0 || impostor.of == 0 {
                writeln!(f, "    too few prints of each finger")?;
                continue;
            }
            let refused = genuine.of - genuine.count;
            let line = Proportion::new("false rejection", refused as f64, genuine.of as f64);
            writeln!(f, "{line}")?;
            let (count, of) = (impostor.count as f64, impostor.of as f64);
            writeln!(f, "{}", Proportion::new("false acceptance", count, of))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS: Bands = Bands {
        accept: 50.0,
        refer: 40.0,
    };

    /// Four fingers of four prints. Prints of one finger score 10, but those next to each other in number 90.
    fn scores(fingers: &[u32]) -> Scores {
        let mut scores = Scores::new(fingers.len());
        for one in 0..fingers.len() {
            for other in one + 1..fingers.len() {
                let same = fingers[one] == fingers[other];
                let score = if same && other == one + 1 { 90.0 } else { 10.0 };
                scores.put(one, other, Some(score));
            }
        }
        scores
    }

    #[test]
    fn three_tries_find_the_one_that_fits() {
        let fingers: Vec<u32> = (0..16).map(|place| place / 4).collect();
        let visits = Visits::of(&fingers, &scores(&fingers), BANDS);
        // Presented are the three others, one of which is a neighbour.
        assert_eq!(visits.one_finger.genuine, Passed { count: 16, of: 16 });
        assert_eq!(visits.one_finger.impostor, Passed { count: 0, of: 48 });
        // Six people of two fingers; one other person each, four recorded prints.
        assert_eq!(visits.two_fingers.genuine.of, 24);
        assert_eq!(visits.two_fingers.impostor, Passed { count: 0, of: 24 });
    }

    #[test]
    fn refused_prints_use_up_presentations() {
        let fingers: Vec<u32> = (0..16).map(|place| place / 4).collect();
        let mut scores = scores(&fingers);
        // The first finger's second print is refused: its first finds nobody in the third and fourth.
        for other in 0..16 {
            scores.put(1, other, None);
        }
        let visits = Visits::of(&fingers, &scores, BANDS);
        assert_eq!(visits.one_finger.genuine, Passed { count: 14, of: 16 });
    }

    #[test]
    fn a_single_print_makes_no_visit() {
        let fingers = [0, 1, 2];
        let visits = Visits::of(&fingers, &Scores::new(3), BANDS);
        assert_eq!(visits.one_finger, Trial::default());
        assert!(visits.to_string().contains("too few prints"));
    }
}
