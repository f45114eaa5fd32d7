//! How alike, and what that means: a similarity, the bands that judge it, and the model it belongs to.

use serde::{Deserialize, Serialize};

/// How alike two samples are, as the engine counts it: cosine for faces, minutiae pairs for fingers.
///
/// Two numbers of two models cannot be compared; only [`Bands`] of the same model give one a meaning.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Similarity(f32);

impl Similarity {
    pub const fn new(value: f32) -> Self {
        Self(value)
    }

    pub const fn value(self) -> f32 {
        self.0
    }

    /// Two decimals: what may leave the desk. A finer score would help an attacker climb towards a match.
    pub fn rounded(self) -> f32 {
        (self.0 * 100.0).round() / 100.0
    }
}

/// What the bands say. `Inconclusive` means that a person compares, never that the machine guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Match,
    NoMatch,
    Inconclusive,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::NoMatch => "no_match",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// From `accept` on the machine says yes; from `refer` on a person decides; below, no.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bands {
    pub accept: f32,
    pub refer: f32,
}

impl Bands {
    /// Judges one similarity. A score that is no number is nobody's match and nobody's mismatch.
    pub fn judge(&self, similarity: Similarity) -> Outcome {
        let score = similarity.value();
        if score.is_nan() {
            Outcome::Inconclusive
        } else if score >= self.accept {
            Outcome::Match
        } else if score >= self.refer {
            Outcome::Inconclusive
        } else {
            Outcome::NoMatch
        }
    }

    /// Whether the two limits stand in an order that can be judged by.
    pub fn are_ordered(&self) -> bool {
        self.accept.is_finite() && self.refer.is_finite() && self.refer <= self.accept
    }
}

/// Which weights produced a score: a name for people and the digest of the file for everyone else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelId {
    pub name: String,
    /// SHA-256 of the weights in lower-case hexadecimal.
    pub sha256: String,
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name, self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Bands = Bands {
        accept: 0.42,
        refer: 0.36,
    };

    #[test]
    fn the_limits_belong_to_the_better_band() {
        assert_eq!(FACE.judge(Similarity::new(0.42)), Outcome::Match);
        assert_eq!(FACE.judge(Similarity::new(0.419)), Outcome::Inconclusive);
        assert_eq!(FACE.judge(Similarity::new(0.36)), Outcome::Inconclusive);
        assert_eq!(FACE.judge(Similarity::new(0.359)), Outcome::NoMatch);
        assert_eq!(FACE.judge(Similarity::new(-1.0)), Outcome::NoMatch);
    }

    #[test]
    fn a_score_that_is_no_number_never_matches() {
        assert_eq!(FACE.judge(Similarity::new(f32::NAN)), Outcome::Inconclusive);
    }

    #[test]
    fn a_rounded_score_has_two_decimals() {
        assert_eq!(Similarity::new(0.567_89).rounded(), 0.57);
    }

    #[test]
    fn crossed_bands_are_recognised() {
        assert!(FACE.are_ordered());
        assert!(
            !Bands {
                accept: 0.3,
                refer: 0.4
            }
            .are_ordered()
        );
    }
}
