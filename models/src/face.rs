//! The face engine's trait: how alike two portraits are, and whether the live one is good enough to ask.

use crate::{Bands, ModelId, Portrait, Similarity};

/// Compares the portrait of a document with the person at the desk.
pub trait FaceEngine: Send {
    /// How alike the two are. The document's largest face counts; the live picture must show one
    /// person, because with two in view nobody could say later who was compared.
    fn compare(&mut self, document: &Portrait, live: &Portrait) -> Result<Similarity, FaceError>;

    /// What the live picture is worth, for guiding the person before comparing. No face is no error
    /// here: `faces` is then 0.
    fn quality(&mut self, live: &Portrait) -> Result<FaceQuality, FaceError>;

    /// The weights whose bands judge the similarity.
    fn model(&self) -> &ModelId;

    fn bands(&self) -> Bands;
}

/// Figures of one live picture after the classical measures of ISO/IEC 29794-5.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FaceQuality {
    /// How many faces stand near enough to be meant.
    pub faces: usize,
    /// Distance between the eye centres in pixels of the picture.
    pub eye_distance_px: f32,
    /// Variance of the Laplacian over the face, scaled to 112 × 112.
    pub sharpness: f32,
    /// Mean brightness of the face, 0 to 255.
    pub luminance: f32,
    /// Standard deviation of the brightness of the face.
    pub contrast: f32,
    /// How far the nose lies off the middle of the eyes, in eye distances; 0 looks straight ahead.
    pub yaw: f32,
    /// Tilt of the line through the eyes, in degrees.
    pub roll_degrees: f32,
    /// The middle of the eyes in pixels of the picture, from the left and from the top.
    pub centre: [f32; 2],
    /// How far the brightness of the face's two halves differs, as a share of the brighter one.
    pub uneven_light: f32,
    /// Contrast around the two eyes as a share of the face's; dark glasses and closed eyes leave little. The worse eye
    /// counts.
    pub eyes: f32,
    /// Where the face stands in pixels of the picture: left, top, width, height.
    pub bounds: [f32; 4],
    /// How far what is behind the head is from being plain: spread of the brightness there, 0 to 128. Advice only.
    pub background: f32,
    /// How sure the detector is that this is a face, 0 to 1.
    pub confidence: f32,
}

impl FaceQuality {
    /// The figures of a picture in which nobody was found.
    pub const NOBODY: Self = Self::new(0);

    pub const fn new(faces: usize) -> Self {
        Self {
            faces,
            eye_distance_px: 0.0,
            sharpness: 0.0,
            luminance: 0.0,
            contrast: 0.0,
            yaw: 0.0,
            roll_degrees: 0.0,
            centre: [0.0; 2],
            uneven_light: 0.0,
            eyes: 1.0,
            bounds: [0.0; 4],
            background: 0.0,
            confidence: 0.0,
        }
    }

    /// What to tell the person before the next picture; empty when the picture may be compared.
    pub fn complaints(&self) -> Vec<FaceComplaint> {
        // Under 60 px the five landmarks get too coarse for the alignment; 90 px and more is wished
        // for (ISO/IEC 19794-5 §8.3.5 asks 90 px for tokens).
        const EYE_DISTANCE_PX: f32 = 60.0;
        // A face turned by about 30° puts the nose a quarter of the eye distance off the middle.
        const YAW: f32 = 0.25;
        const ROLL_DEGREES: f32 = 20.0;
        // Measured: a sharp 112 × 112 face has several hundred, a face blurred beyond use under 20.
        const SHARPNESS: f32 = 20.0;
        const DARK: f32 = 45.0;
        const BRIGHT: f32 = 225.0;
        // One in a hundred pictures of Labeled Faces in the Wild lies beyond each of the two.
        const UNEVEN: f32 = 0.5;
        const EYES: f32 = 0.2;
        // Nine in ten of 186 pictures of Labeled Faces in the Wild lie under 76.5.
        const BACKGROUND: f32 = 75.0;

        if self.faces == 0 {
            return Vec::new();
        }
        let mut complaints = Vec::new();
        if self.eye_distance_px < EYE_DISTANCE_PX {
            complaints.push(FaceComplaint::TooFar);
        }
        if self.yaw.abs() > YAW || self.roll_degrees.abs() > ROLL_DEGREES {
            complaints.push(FaceComplaint::Turned);
        }
        if self.sharpness < SHARPNESS {
            complaints.push(FaceComplaint::Blurred);
        }
        if self.luminance < DARK {
            complaints.push(FaceComplaint::TooDark);
        }
        if self.luminance > BRIGHT {
            complaints.push(FaceComplaint::TooBright);
        }
        if self.uneven_light > UNEVEN {
            complaints.push(FaceComplaint::UnevenLight);
        }
        if self.eyes < EYES {
            complaints.push(FaceComplaint::EyesHidden);
        }
        if self.background > BACKGROUND {
            complaints.push(FaceComplaint::BusyBackground);
        }
        complaints
    }
}

#[cfg(test)]
impl FaceQuality {
    /// One face as the desk wishes it, for the tests of this crate.
    pub(crate) const fn good() -> Self {
        Self {
            eye_distance_px: 110.0,
            sharpness: 300.0,
            luminance: 130.0,
            contrast: 45.0,
            confidence: 0.9,
            ..Self::new(1)
        }
    }
}

/// Why another picture is better than this one: advice to the person, not a verdict on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaceComplaint {
    TooFar,
    Turned,
    Blurred,
    TooDark,
    TooBright,
    /// One half of the face lies in shadow.
    UnevenLight,
    /// Dark glasses, hair or closed lids over an eye.
    EyesHidden,
    /// Much stands behind the head.
    BusyBackground,
}

impl FaceComplaint {
    /// All of them, for lists and tests.
    pub const ALL: &'static [Self] = &[
        Self::TooFar,
        Self::Turned,
        Self::Blurred,
        Self::TooDark,
        Self::TooBright,
        Self::UnevenLight,
        Self::EyesHidden,
        Self::BusyBackground,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::TooFar => "face.too_far",
            Self::Turned => "face.turned",
            Self::Blurred => "face.blurred",
            Self::TooDark => "face.too_dark",
            Self::TooBright => "face.too_bright",
            Self::UnevenLight => "face.uneven_light",
            Self::EyesHidden => "face.eyes_hidden",
            Self::BusyBackground => "face.busy_background",
        }
    }
}

/// Why two portraits could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    #[error("no face in the live picture")]
    NoFace,
    #[error("{count} faces in the live picture")]
    SeveralFaces { count: usize },
    #[error("no face in the document's portrait")]
    NoFaceInDocument,
    /// The engine itself failed; `detail` is the library's message and holds no picture.
    #[error("the face engine failed at {step}: {detail}")]
    Engine { step: &'static str, detail: String },
}

impl FaceError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 4] = [
        "face.not_found",
        "face.several",
        "face.document_not_found",
        "face.engine",
    ];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoFace => "face.not_found",
            Self::SeveralFaces { .. } => "face.several",
            Self::NoFaceInDocument => "face.document_not_found",
            Self::Engine { .. } => "face.engine",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_picture_draws_no_complaint() {
        assert_eq!(FaceQuality::good().complaints(), []);
    }

    #[test]
    fn each_fault_is_named() {
        let far = FaceQuality {
            eye_distance_px: 40.0,
            ..FaceQuality::good()
        };
        assert_eq!(far.complaints(), [FaceComplaint::TooFar]);
        let turned_dark = FaceQuality {
            yaw: -0.4,
            luminance: 20.0,
            ..FaceQuality::good()
        };
        assert_eq!(
            turned_dark.complaints(),
            [FaceComplaint::Turned, FaceComplaint::TooDark]
        );
    }
}
