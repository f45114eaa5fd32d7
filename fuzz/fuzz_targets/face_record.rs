//! Any bytes as one face record, ISO/IEC 19794-5 and 39794-5, without the wrapping of DG2 that stops most other bytes.
#![no_main]

use emrtd::lds::dg2::{self, About};
use emrtd::lds::{ImageFacts, LdsError};
use libfuzzer_sys::fuzz_target;
use niem_fuzz::{RECORD_19794, RECORD_39794, wrapped};

fuzz_target!(|bytes: &[u8]| {
    for tag in [RECORD_19794, RECORD_39794] {
        let faces = match dg2::read_all(&wrapped(0x75, 0x02, tag, bytes)) {
            Ok(faces) => faces,
            Err(error) => {
                assert!(!matches!(error, LdsError::Mrz(_)));
                continue;
            }
        };
        // What is kept was there: no length of the record makes memory of nothing.
        let kept: usize = faces.iter().map(|face| face.portrait.bytes().len()).sum();
        assert!(kept <= bytes.len());
        for face in &faces {
            let (width, height) = (face.portrait.width(), face.portrait.height());
            assert!(u64::from(width) * u64::from(height) <= ImageFacts::MOST_PIXELS);
            assert!(width.max(height) <= ImageFacts::MOST_SIDE);
            let _ = face.declared_size();
        }
        let older: Option<Vec<_>> = faces
            .iter()
            .map(|face| match &face.about {
                About::Iso19794(about) => Some((face.portrait.bytes(), about)),
                _ => None,
            })
            .collect();
        if let Some(older) = older {
            let again =
                dg2::read_all(&dg2::write_faces(&older)).expect("what was read can be written");
            assert!(again == faces);
        }
    }
});
