//! The pictures of fingers that a chip holds, as the finger engine reads them.

use std::borrow::Cow;

use emrtd::lds::ImageFormat;
use emrtd::lds::dg3::FingerRecord;

/// The picture of a record of DG3. Bare pixels are given the head that says how they lie (a binary graymap); every other
/// form says so itself. WSQ, in which many issuers write fingers, has no decoder here: the engine refuses it, and the
/// finger is not compared.
pub(super) fn picture(record: &FingerRecord) -> Cow<'_, [u8]> {
    if record.format() != ImageFormat::Raw {
        return Cow::Borrowed(record.image());
    }
    let head = format!("P5\n{} {}\n255\n", record.width(), record.height());
    Cow::Owned([head.as_bytes(), record.image()].concat())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use emrtd::lds::{ImageFacts, dg3};
    use models::{FingerEngine as _, FingerImage, MinutiaeEngine, Outcome};

    use super::*;

    fn file(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)).unwrap()
    }

    #[test]
    fn a_live_finger_is_known_by_every_form_that_a_chip_may_hold() {
        let first = file("specimen/fingers/p1_2.png");
        let pixels = FingerImage::decode(&first, 500).unwrap();
        let jpeg2000 = file("models/src/finger/vectors/p1_2.jp2");
        assert_eq!(
            ImageFacts::of(&jpeg2000).unwrap().format,
            ImageFormat::Jpeg2000
        );
        let size = (400, 500);
        let fingers = [
            FingerRecord::new(2, size, 500, ImageFormat::Png, first),
            FingerRecord::new(2, size, 500, ImageFormat::Jpeg2000, jpeg2000),
            FingerRecord::new(2, size, 500, ImageFormat::Raw, pixels.pixels().to_vec()),
        ];
        let live = FingerImage::decode(&file("specimen/fingers/p1_1.png"), 500).unwrap();
        let other = FingerImage::decode(&file("specimen/fingers/p2_1.png"), 500).unwrap();
        let mut engine = MinutiaeEngine::new();
        // Each in a file of its own: together they are more than any file may hold.
        for finger in fingers.map(|finger| [finger]) {
            for group in [dg3::write(&finger), dg3::write_39794(&finger)] {
                let read = dg3::read(&group).unwrap();
                assert!(read == finger);
                let [record] = &read[..] else {
                    panic!("{} records", read.len());
                };
                let print = FingerImage::decode(&picture(record), u32::from(record.dpi()));
                let print = print.unwrap_or_else(|error| panic!("{:?}: {error}", record.format()));
                let bands = engine.bands();
                let alike = engine.compare(&print, &live).unwrap();
                assert_eq!(bands.judge(alike), Outcome::Match, "{:?}", record.format());
                let unlike = engine.compare(&print, &other).unwrap();
                assert_eq!(
                    bands.judge(unlike),
                    Outcome::NoMatch,
                    "{:?}",
                    record.format()
                );
            }
        }
        let wsq = b"\xFF\xA0\xFF\xA2\x00\x11\xFF\x00\x01\x90\x01\x2C\0\0\0\0\0\0\0\0\0".to_vec();
        let record = FingerRecord::new(2, size, 500, ImageFormat::Wsq, wsq);
        assert!(FingerImage::decode(&picture(&record), 500).is_err());
    }
}
