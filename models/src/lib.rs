//! What the machine has learned, behind small traits: [`FaceEngine`] says how alike two portraits
//! are, [`FingerEngine`] says it of two fingers, [`TextEngine`] reads a page, [`LineEngine`] a line of it.
//!
//! This crate holds the traits, the pictures they look at and the pinned list of weights
//! ([`Manifest`]). It links no C library: the engines that do live in the crates beside it
//! (`models/opencv`, `models/tesseract`, `models/asternet`), so whoever only needs the words builds in seconds.
//!
//! A picture of a person here is never printed, never logged and wiped when dropped. Scores are
//! judged by [`Bands`] that travel with the model they were measured for; a score without its model
//! says nothing.

mod face;
pub mod finger;
mod line;
mod liveness;
mod manifest;
mod outcome;
mod portrait;
pub mod presence;
mod text;

pub use face::{FaceComplaint, FaceEngine, FaceError, FaceQuality};
pub use finger::{FingerEngine, FingerError, FingerImage, MinutiaeEngine};
pub use line::{Letter, LineEngine, LineText, LineWord};
pub use liveness::{LivenessEngine, Opinions};
pub use manifest::{
    Derivation, Manifest, Measured, MeasuredGroup, ModelEntry, ModelError, Registry, Source,
};
pub use outcome::{Bands, ModelId, Outcome, Similarity};
pub use portrait::{Portrait, PortraitError, PortraitNotice, blockiness, portrait_notices};
pub use text::{PageText, Readers, Rect, SecondReading, TextEngine, TextError, Word};

/// Every failure code this crate can produce; each has a row in `docs/failures.md`. Those of fingers
/// stand in [`finger::CODES`].
pub const CODES: &[&str] = &[
    "face.not_found",
    "face.several",
    "face.document_not_found",
    "face.engine",
    "face.too_far",
    "face.turned",
    "face.blurred",
    "face.too_dark",
    "face.too_bright",
    "face.uneven_light",
    "face.eyes_hidden",
    "face.busy_background",
    "model.manifest",
    "model.unknown",
    "model.missing",
    "model.altered",
    "model.thresholds",
    "model.unmeasured",
    "model.load",
    "portrait.too_large",
    "portrait.unknown_format",
    "portrait.damaged",
    "portrait.size",
    "portrait.compressed",
    "portrait.small",
    "presence.too_slow",
    "presence.gone",
    "presence.several_faces",
    "presence.other_poses",
    "presence.repeated_picture",
    "presence.frozen_picture",
    "presence.jumped",
    "presence.other_person",
    "presence.interrupted",
    "text.engine",
    "text.page_size",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_code_is_listed_once() {
        let mut produced: Vec<&str> = Vec::new();
        produced.extend(FaceError::ALL_CODES);
        produced.extend(FaceComplaint::ALL.iter().map(|complaint| complaint.code()));
        produced.extend(ModelError::ALL_CODES);
        produced.extend(PortraitError::ALL_CODES);
        produced.extend(PortraitNotice::ALL.iter().map(|notice| notice.code()));
        produced.extend(TextError::ALL_CODES);
        let faults = presence::PresenceFault::ALL;
        produced.extend(faults.iter().map(|fault| fault.code()));
        let mut listed = CODES.to_vec();
        produced.sort_unstable();
        listed.sort_unstable();
        assert_eq!(produced, listed);
        listed.dedup();
        assert_eq!(listed.len(), CODES.len(), "a code is listed twice");
    }
}
