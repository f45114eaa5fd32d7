//! Faces by OpenCV's `dnn` and moving pictures by its `videoio`: the noisy machinery behind
//! `models::FaceEngine`, kept in a leaf.
//!
//! [`SFace`] finds a face with YuNet, lays it upright on 112 × 112 pixels and compares the embeddings
//! of SFace. The decoding of YuNet's outputs and the alignment are ours (`yunet.rs`, `align.rs`),
//! because `FaceDetectorYN` of OpenCV 4.6 refuses every YuNet since 2023. [`VideoCamera`] brings
//! frames from a camera, a film or a series of pictures.
//!
//! It lacks on purpose: searching one face among many, storing an embedding, judging whether the
//! person is alive.

mod align;
mod camera;
mod measure;
mod minifasnet;
mod sface;
#[cfg(feature = "measure")]
mod templates;
mod yunet;

pub use camera::{CameraError, Coding, Format, Given, NoFormat, VideoCamera};
pub use minifasnet::MiniFasNet;
pub use sface::{DETECTOR, RECOGNISER, Recogniser, SFace};
#[cfg(feature = "measure")]
pub use templates::{Located, Template};

/// Every failure code this crate adds to those of `models`.
pub const CODES: &[&str] = &[
    "camera.not_found",
    "camera.failed",
    "camera.network",
    "camera.too_small",
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_camera_code_is_listed() {
        assert_eq!(super::CameraError::ALL_CODES, super::CODES);
    }
}
