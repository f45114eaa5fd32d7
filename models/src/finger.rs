//! Fingers: from a gray picture of a fingertip to minutiae, and from two sets of minutiae to a score.
//!
//! Everything here is our own Rust: no C library sees a fingerprint. The road is
//! [`FingerImage`] → [`Minutiae::extract`] (mask, ridge flow, Gabor filter, skeleton, crossing
//! numbers) → [`Minutiae::similarity`] (local structures, then one rigid placement that must hold for
//! all of them). [`MinutiaeEngine`] walks it whole behind the [`FingerEngine`] trait.
//!
//! It compares one finger with one finger. It does not search, does not store templates, and says
//! nothing about whether the finger was alive.

use crate::{Bands, ModelId, Similarity};

mod engine;
mod error;
mod extract;
mod field;
mod gabor;
mod image;
mod local;
mod minutiae;
mod pairing;
mod parameters;
pub mod record;
mod skeleton;

pub use engine::MinutiaeEngine;
pub use error::{CODES, FingerError};
pub use image::{FingerImage, MAX_BYTES, MAX_PIXELS, MAX_SIDE};
pub use minutiae::{Kind, Minutia, Minutiae, Quality};

/// Compares a finger recorded earlier (from the chip) with one that is on the sensor now.
pub trait FingerEngine: Send {
    /// How alike the two prints are. A picture that is too poor to judge is an error, not a low
    /// score: the person is asked to place the finger again.
    fn compare(
        &mut self,
        reference: &FingerImage,
        live: &FingerImage,
    ) -> Result<Similarity, FingerError>;

    /// How good the print on the sensor is, 0 to 100.
    ///
    /// # Errors
    /// [`FingerError`] when it cannot be judged: the person is asked to place the finger again.
    fn quality(&mut self, live: &FingerImage) -> Result<u8, FingerError>;

    /// Algorithm, version and the digest of its parameters, for the record of the decision.
    fn model(&self) -> &ModelId;

    /// The thresholds that were measured for exactly this model.
    fn bands(&self) -> Bands;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
