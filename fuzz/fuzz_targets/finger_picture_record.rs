//! Any bytes as one finger image record, ISO/IEC 19794-4 and 39794-4, without the wrapping of DG3.
#![no_main]

use emrtd::lds::{ImageFacts, dg3};
use libfuzzer_sys::fuzz_target;
use niem_fuzz::{RECORD_19794, RECORD_39794, wrapped};

fuzz_target!(|bytes: &[u8]| {
    for tag in [RECORD_19794, RECORD_39794] {
        let Ok(fingers) = dg3::read(&wrapped(0x63, 0x08, tag, bytes)) else {
            continue;
        };
        let kept: usize = fingers.iter().map(|finger| finger.image().len()).sum();
        assert!(kept <= bytes.len());
        for finger in &fingers {
            let (width, height) = (u64::from(finger.width()), u64::from(finger.height()));
            assert!(width * height <= ImageFacts::MOST_PIXELS);
        }
        // One record a finger, and no more than a file may have.
        let few = &fingers[..fingers.len().min(16)];
        assert!(dg3::read(&dg3::write(few)).expect("what was read can be written") == few);
    }
});
