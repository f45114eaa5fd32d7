//! How often which finger was laid down: whether that fits what is said to have come of it.

use std::collections::BTreeMap;

use bundle::{MatchClaim, MatchOutcome, Presentation, PresentationResult};

/// What a visit gives (`station/src/visit/await_finger.rs`).
const FINGERS: usize = 2;
const PRESENTATIONS: usize = 3;

/// Why no finger was compared where none gave a usable print.
const WORN: &str = "worn";

/// The highest position of ISO/IEC 19794-4:2005 table 7; 0 is a finger of which the card does not say which it is.
const LAST_POSITION: u8 = 10;

/// Whether the presentations are such as a visit has, and their results add up to the claim's.
pub(super) fn fit(claim: &MatchClaim) -> bool {
    match claim {
        MatchClaim::Compared {
            outcome,
            attempts,
            presentations,
            ..
        } => {
            let counted = usize::try_from(*attempts).is_ok_and(|n| n == presentations.len());
            counted && allowed(presentations) && says(*outcome, presentations)
        }
        MatchClaim::NotDone {
            reason,
            presentations,
        } if reason == WORN => {
            let unusable = |one: &Presentation| one.result == PresentationResult::Unusable;
            allowed(presentations) && exhausted(presentations) && presentations.iter().all(unusable)
        }
        MatchClaim::NotDone { presentations, .. } => presentations.is_empty(),
    }
}

/// At least one; at most three of each of two fingers.
fn allowed(presentations: &[Presentation]) -> bool {
    let counts = counts(presentations);
    (1..=FINGERS).contains(&counts.len())
        && counts.values().all(|count| *count <= PRESENTATIONS)
        && presentations.iter().all(|one| {
            let reasoned = one.reason.as_ref().is_some_and(|code| !code.is_empty());
            let unusable = one.result == PresentationResult::Unusable;
            one.finger <= LAST_POSITION
                && one.quality.is_none_or(|quality| quality <= 100)
                && reasoned == unusable
        })
}

/// Every finger that was asked for was laid down as often as it may be.
fn exhausted(presentations: &[Presentation]) -> bool {
    let full = |count: &usize| *count == PRESENTATIONS;
    counts(presentations).values().all(full)
}

fn counts(presentations: &[Presentation]) -> BTreeMap<u8, usize> {
    let mut counts = BTreeMap::new();
    for one in presentations {
        *counts.entry(one.finger).or_default() += 1;
    }
    counts
}

/// The first match ends it; otherwise the best of all of them is the outcome.
fn says(outcome: MatchOutcome, presentations: &[Presentation]) -> bool {
    let any = |result| presentations.iter().any(|one| one.result == result);
    let matches = |one: &Presentation| one.result == PresentationResult::Match;
    match outcome {
        MatchOutcome::Match => {
            presentations.iter().position(matches) == Some(presentations.len() - 1)
        }
        MatchOutcome::Inconclusive => {
            exhausted(presentations)
                && any(PresentationResult::Inconclusive)
                && !any(PresentationResult::Match)
        }
        MatchOutcome::NoMatch => {
            exhausted(presentations)
                && any(PresentationResult::NoMatch)
                && !any(PresentationResult::Match)
                && !any(PresentationResult::Inconclusive)
        }
    }
}

#[cfg(test)]
mod tests {
    use bundle::Score;

    use super::*;

    /// `2m` is finger 2, match; `n` no match, `i` inconclusive, `u` unusable.
    fn presented(text: &str) -> Vec<Presentation> {
        let one = |word: &str| {
            let (finger, result) = word.split_at(word.len() - 1);
            let result = match result {
                "m" => PresentationResult::Match,
                "n" => PresentationResult::NoMatch,
                "i" => PresentationResult::Inconclusive,
                _ => PresentationResult::Unusable,
            };
            let unusable = result == PresentationResult::Unusable;
            Presentation {
                finger: finger.parse().unwrap(),
                result,
                quality: (!unusable).then_some(60),
                reason: unusable.then(|| "finger.unclear".to_owned()),
            }
        };
        text.split_whitespace().map(one).collect()
    }

    fn compared(outcome: MatchOutcome, text: &str) -> MatchClaim {
        let presentations = presented(text);
        MatchClaim::Compared {
            outcome,
            score: Score::rounded(60.0).unwrap(),
            threshold: 50.0,
            model: "m@0".to_owned(),
            device: "sensor".to_owned(),
            reference: "dg3".to_owned(),
            attempts: presentations.len() as u32,
            presence: None,
            notices: Vec::new(),
            presentations,
        }
    }

    fn worn(text: &str) -> MatchClaim {
        MatchClaim::NotDone {
            reason: "worn".to_owned(),
            presentations: presented(text),
        }
    }

    #[test]
    fn presentations_add_up_to_the_claim() {
        use MatchOutcome::{Inconclusive, Match, NoMatch};
        for (outcome, text, expected) in [
            (Match, "2m", true),
            (Match, "2n 2u 2m", true),
            (Match, "2u 2u 2u 7i 7m", true),
            (Match, "", false),
            (Match, "2n", false),
            (Match, "2m 2n", false),
            (Match, "2n 2n 2n 2m", false),
            (Match, "2n 2n 2n 7n 7n 7n 3m", false),
            (Match, "11m", false),
            (Inconclusive, "2i 2n 2u", true),
            (Inconclusive, "2i 2n", false),
            (Inconclusive, "2n 2n 2n", false),
            (NoMatch, "2n 2u 2n", true),
            (NoMatch, "2i 2u 2n", false),
        ] {
            assert_eq!(
                fit(&compared(outcome, text)),
                expected,
                "{outcome:?} {text}"
            );
        }
        for (text, expected) in [
            ("2u 2u 2u", true),
            ("2u 2u 2u 7u 7u 7u", true),
            ("2u 2u", false),
            ("2u 2u 2u 7u", false),
            ("2u 2n 2u", false),
            ("", false),
        ] {
            assert_eq!(fit(&worn(text)), expected, "worn {text}");
        }
        assert!(fit(&MatchClaim::not_done("no_sensor")));
    }

    #[test]
    fn counts_and_reasons_must_stand() {
        let spoiled = |change: fn(&mut u32, &mut Vec<Presentation>)| {
            let mut claim = compared(MatchOutcome::Match, "2u 2m");
            if let MatchClaim::Compared {
                attempts,
                presentations,
                ..
            } = &mut claim
            {
                change(attempts, presentations);
            }
            fit(&claim)
        };
        assert!(spoiled(|_, _| {}));
        assert!(!spoiled(|attempts, _| *attempts = 1));
        assert!(!spoiled(|_, presented| presented[0].reason = None));
        assert!(!spoiled(|_, presented| presented[1].quality = Some(101)));
        assert!(!spoiled(
            |_, presented| presented[1].reason = Some("x".to_owned())
        ));
    }
}
