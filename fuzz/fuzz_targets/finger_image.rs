//! Any bytes as a picture of a finger, such as a foreign sensor or DG3 hands over.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::finger::{FingerImage, MAX_PIXELS, MAX_SIDE};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(image) = FingerImage::decode(bytes, 500) {
        assert!(image.width() <= MAX_SIDE && image.height() <= MAX_SIDE);
        assert!(image.width() * image.height() <= MAX_PIXELS);
        assert_eq!(
            image.pixels().len(),
            (image.width() * image.height()) as usize
        );
    }
});
