//! With what a desk may have compared faces and fingers, and how high its bar must have been.
//!
//! A score says something only beside the model that gave it, and a match only above the limit that was measured for that
//! model (`models/models.toml`, `docs/rates.md`). A desk that used other weights, or lowered its own bar, is refused here.

use bundle::{MatchClaim, MatchOutcome};
use serde::Deserialize;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sample {
    /// With the portrait in DG2.
    Face,
    /// With a finger in DG3.
    Finger,
}

/// One model that desks may use.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparer {
    pub sample: Sample,
    /// Its name and the digest of its weights: `name@sha256`.
    pub model: String,
    /// The lowest limit from which on a score may count as a match.
    pub accept: f64,
    /// The lowest score that may count as one the machine could not tell; below, it said no.
    pub refer: f64,
}

/// The models this release's desks use, with their limits. A journey holds them against `models/models.toml` and the finger
/// engine, so that nobody changes one without the other.
const SHIPPED: [(Sample, &str, f64, f64); 2] = [
    (
        Sample::Face,
        "sface_2021dec@50b113c0d105ddc5bbe5440dcfb67e69f0b1edd3466aea4c847b9d4f1d82bd47",
        0.44,
        0.36,
    ),
    (
        Sample::Finger,
        "niem-minutiae-1@6c4a6f02a53961c7d0f8a1e98f0342b5c279e2915eadabd7aa045b4fbb9b1f03",
        50.0,
        40.0,
    ),
];

/// The models this release's desks use.
#[must_use]
pub fn shipped() -> Vec<Comparer> {
    let comparer = |(sample, model, accept, refer): (Sample, &str, f64, f64)| Comparer {
        sample,
        model: model.to_owned(),
        accept,
        refer,
    };
    SHIPPED.map(comparer).to_vec()
}

/// What is wrong with the means of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// No model that desks may use for this sample.
    ModelUnknown,
    /// The bar lay below the model's own.
    ThresholdLow,
    /// Compared with something else than this sample is compared with.
    OtherReference,
    /// The score does not say what the outcome says.
    ScoreLow,
}

/// Scores have two decimals.
const ROUNDING: f64 = 0.005;

impl Sample {
    /// The data group that holds what this sample is compared with.
    const fn reference(self) -> &'static str {
        match self {
            Self::Face => "dg2",
            Self::Finger => "dg3",
        }
    }
}

/// What is wrong with a comparison, if anything is: it was made with one of these, at its bar or above, and its own score
/// says what it claims. What was not compared has no fault here.
#[must_use]
pub fn unfit(comparers: &[Comparer], sample: Sample, claim: &MatchClaim) -> Option<Unfit> {
    let MatchClaim::Compared {
        outcome,
        score,
        model,
        threshold,
        reference,
        ..
    } = claim
    else {
        return None;
    };
    if reference != sample.reference() {
        return Some(Unfit::OtherReference);
    }
    let known = |comparer: &&Comparer| comparer.sample == sample && comparer.model == *model;
    let Some(comparer) = comparers.iter().find(known) else {
        return Some(Unfit::ModelUnknown);
    };
    // Comparisons that what is no number does not pass.
    let bar_stands = *threshold + ROUNDING / 10.0 >= comparer.accept;
    if !bar_stands {
        return Some(Unfit::ThresholdLow);
    }
    let least = match outcome {
        MatchOutcome::Match => *threshold,
        MatchOutcome::Inconclusive => comparer.refer,
        MatchOutcome::NoMatch => return None,
    };
    let score_stands = score.value() + ROUNDING >= least;
    (!score_stands).then_some(Unfit::ScoreLow)
}

#[cfg(test)]
mod tests {
    use bundle::Score;

    use super::*;

    fn claim(model: &str, threshold: f64, reference: &str) -> MatchClaim {
        MatchClaim::Compared {
            outcome: MatchOutcome::Match,
            score: Score::rounded(0.9).unwrap(),
            threshold,
            model: model.to_owned(),
            device: "camera".to_owned(),
            reference: reference.to_owned(),
            attempts: 1,
            notices: Vec::new(),
            presence: None,
            presentations: Vec::new(),
        }
    }

    #[test]
    fn only_a_known_model_at_its_own_bar_is_fit() {
        let face = SHIPPED[0].1;
        let finger = SHIPPED[1].1;
        let other = face.replace("@50", "@51");
        for (model, threshold, reference, expected) in [
            (face, 0.44, "dg2", None),
            (face, 0.5, "dg2", None),
            (face, 0.43, "dg2", Some(Unfit::ThresholdLow)),
            (face, f64::NAN, "dg2", Some(Unfit::ThresholdLow)),
            (face, 0.44, "dg3", Some(Unfit::OtherReference)),
            (finger, 50.0, "dg2", Some(Unfit::ModelUnknown)),
            (other.as_str(), 0.44, "dg2", Some(Unfit::ModelUnknown)),
        ] {
            let claim = claim(model, threshold, reference);
            assert_eq!(
                unfit(&shipped(), Sample::Face, &claim),
                expected,
                "{model} {threshold} {reference}"
            );
        }
        let mut unsure = claim(face, 0.44, "dg2");
        for (found, expected) in [(0.43, None), (0.36, None), (0.35, Some(Unfit::ScoreLow))] {
            if let MatchClaim::Compared { outcome, score, .. } = &mut unsure {
                *outcome = MatchOutcome::Inconclusive;
                *score = Score::rounded(found).unwrap();
            }
            assert_eq!(
                unfit(&shipped(), Sample::Face, &unsure),
                expected,
                "{found}"
            );
        }
        assert_eq!(
            unfit(&[], Sample::Face, &claim(face, 0.44, "dg2")),
            Some(Unfit::ModelUnknown)
        );
    }
}
