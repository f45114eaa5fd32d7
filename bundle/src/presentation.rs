//! Laying down a finger: how often which finger was, and what the sensor could make of it.

use serde::{Deserialize, Serialize};

/// One finger laid down once. Carries no print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// Which finger was asked for, as ISO/IEC 19794-4:2005 table 7 counts: 1 right thumb to 10 left little, 0 not known.
    pub finger: u8,
    /// What became of it.
    pub result: PresentationResult,
    /// How good the print was, 0 to 100, where it could be judged.
    // Compulsory, though it may be null: one way to write one thing.
    #[serde(deserialize_with = "Option::deserialize")]
    pub quality: Option<u8>,
    /// Why the print could not be used, as a stable code; none where it was compared.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<String>,
}

/// What became of one presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresentationResult {
    /// The same finger.
    Match,
    /// Another finger.
    NoMatch,
    /// The engine cannot say.
    Inconclusive,
    /// Too little or too poor a print to be compared. It says nothing against anybody.
    Unusable,
}
