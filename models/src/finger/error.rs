//! Why a finger picture could not be used.

/// What was found wrong with a picture of a finger.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerError {
    /// More bytes or pixels than any sensor of ours makes.
    #[error("finger image is larger than the limit")]
    TooLarge,
    /// Too few pixels to hold a fingertip.
    #[error("finger image of {width} x {height} pixels is too small")]
    TooSmall {
        /// Width in pixels at the picture's own resolution.
        width: u32,
        /// Height in pixels at the picture's own resolution.
        height: u32,
    },
    /// The bytes are not an image in a format we read.
    #[error("finger image cannot be decoded")]
    Unreadable,
    /// Pixels handed over do not fill width times height.
    #[error("finger image has {found} pixels instead of {expected}")]
    PixelCount {
        /// Width times height.
        expected: usize,
        /// Pixels given.
        found: usize,
    },
    /// A resolution no fingerprint sensor has.
    #[error("finger image at {dpi} dpi: outside the usable range")]
    Resolution {
        /// What the caller said.
        dpi: u32,
    },
    /// Nothing on it looks like ridges: a blank picture, a smear, a palm, a table top.
    #[error("no ridges found")]
    NoFinger,
    /// There are ridges, but on too little of the picture.
    #[error("only {area_mm2} mm2 of ridges")]
    AreaTooSmall {
        /// Ridge area found, in whole square millimetres.
        area_mm2: u32,
    },
    /// The area is there but the ridges are not clear: noise, a wet or a very dry finger.
    #[error("ridges not clear, quality {quality} of 100")]
    Unclear {
        /// Quality figure, 0 to 100.
        quality: u8,
    },
    /// Clear ridges with too few minutiae to decide anything.
    #[error("only {found} minutiae")]
    TooFewMinutiae {
        /// Minutiae left after the false ones were removed.
        found: usize,
    },
}

/// Every code [`FingerError::code`] can answer.
pub const CODES: &[&str] = &[
    "finger.too_large",
    "finger.too_small",
    "finger.unreadable",
    "finger.pixel_count",
    "finger.resolution",
    "finger.no_finger",
    "finger.area_too_small",
    "finger.unclear",
    "finger.too_few_minutiae",
];

impl FingerError {
    /// The stable code under which the remedy is documented.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "finger.too_large",
            Self::TooSmall { .. } => "finger.too_small",
            Self::Unreadable => "finger.unreadable",
            Self::PixelCount { .. } => "finger.pixel_count",
            Self::Resolution { .. } => "finger.resolution",
            Self::NoFinger => "finger.no_finger",
            Self::AreaTooSmall { .. } => "finger.area_too_small",
            Self::Unclear { .. } => "finger.unclear",
            Self::TooFewMinutiae { .. } => "finger.too_few_minutiae",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CODES, FingerError};

    #[test]
    fn every_error_has_its_own_listed_code() {
        let all = [
            FingerError::TooLarge,
            FingerError::TooSmall {
                width: 1,
                height: 1,
            },
            FingerError::Unreadable,
            FingerError::PixelCount {
                expected: 4,
                found: 3,
            },
            FingerError::Resolution { dpi: 72 },
            FingerError::NoFinger,
            FingerError::AreaTooSmall { area_mm2: 3 },
            FingerError::Unclear { quality: 4 },
            FingerError::TooFewMinutiae { found: 2 },
        ];
        let codes: Vec<_> = all.iter().map(FingerError::code).collect();
        assert_eq!(codes, CODES);
    }
}
