//! The code on the citizen's slip as a picture to print: what it says is [`bundle::Slip`]'s business.

use image::{GrayImage, Luma};
use qrcode::{Color, EcLevel, QrCode, Version};

/// `docs/bundle-v1.md` §10: nothing larger is printed, so that a telephone reads it at 50 mm a side.
const LARGEST: i16 = 25;
/// ISO/IEC 18004 §6.3.8: four modules of white on every side.
const QUIET: u32 = 4;
/// At 600 dpi a module is a third of a millimetre, which scanners of codes want at least.
const MODULE_PIXELS: u32 = 8;

/// The QR code of one text at level M; none where it would be larger than version 25.
#[must_use]
pub fn picture(text: &str) -> Option<GrayImage> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    if !matches!(code.version(), Version::Normal(n) if n <= LARGEST) {
        return None;
    }
    let modules = u32::try_from(code.width()).ok()?;
    let colors = code.to_colors();
    let dark = |x: u32, y: u32| {
        let (x, y) = (x.checked_sub(QUIET)?, y.checked_sub(QUIET)?);
        let inside = x < modules && y < modules;
        inside.then(|| colors.get((y * modules + x) as usize) == Some(&Color::Dark))
    };
    let side = (modules + 2 * QUIET) * MODULE_PIXELS;
    Some(GrayImage::from_fn(side, side, |x, y| {
        let dark = dark(x / MODULE_PIXELS, y / MODULE_PIXELS).unwrap_or(false);
        Luma([if dark { 0 } else { 255 }])
    }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use paper::codes::{Meaning, payload};

    use super::*;

    #[test]
    fn a_full_code_is_of_version_25_and_a_longer_text_is_none() {
        let full = format!("NIEM1/12:{}", "A".repeat(1440));
        let picture = picture(&full).unwrap();
        assert_eq!(picture.width(), (117 + 8) * MODULE_PIXELS);
        assert_eq!(picture.get_pixel(0, 0).0, [255]);
        assert_eq!(
            picture
                .get_pixel(QUIET * MODULE_PIXELS, QUIET * MODULE_PIXELS)
                .0,
            [0]
        );
        assert!(super::picture(&format!("{full}AAA")).is_none());
        // Nobody takes it for a card.
        assert!(!matches!(payload(full.as_bytes()), Meaning::Card(_)));
    }
}
