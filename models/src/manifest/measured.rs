//! What was measured with a model's weights at its limits: the evidence that travels with both.

use serde::Deserialize;

use crate::Bands;

/// Counts on a sample, with the weights and the limit they were taken with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Which pictures, and how they were compared, in a sentence.
    pub sample: String,
    /// Digest of the weights that were measured.
    pub sha256: String,
    /// The limit at which errors were counted.
    pub accept: f32,
    /// All pairs first, then groups.
    pub group: Vec<MeasuredGroup>,
}

/// The pairs of one group and how many of them were judged wrongly. A rate is errors by pairs; none in n says only that
/// the rate is below 3/n (95 %, rule of three).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredGroup {
    pub name: String,
    pub genuine_pairs: u64,
    /// Genuine pairs below the limit.
    pub false_non_matches: u64,
    pub impostor_pairs: u64,
    /// Impostor pairs at the limit or above.
    pub false_matches: u64,
}

impl MeasuredGroup {
    /// The part of the impostor pairs that matched.
    pub fn fmr(&self) -> f64 {
        self.false_matches as f64 / self.impostor_pairs as f64
    }

    /// The part of the genuine pairs that did not match.
    pub fn fnmr(&self) -> f64 {
        self.false_non_matches as f64 / self.genuine_pairs as f64
    }
}

impl Measured {
    /// Whether these weights were measured at this limit.
    pub(super) fn stands_for(&self, sha256: &str, bands: Bands) -> bool {
        self.sha256 == sha256 && self.accept == bands.accept
    }

    /// Whether there are pairs, and no more errors than pairs.
    pub(super) fn is_plausible(&self) -> bool {
        !self.group.is_empty()
            && self.group.iter().all(|group| {
                group.genuine_pairs > 0
                    && group.impostor_pairs > 0
                    && group.false_non_matches <= group.genuine_pairs
                    && group.false_matches <= group.impostor_pairs
            })
    }
}
