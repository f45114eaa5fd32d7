//! The engine against two impressions of one finger, another finger, and pictures that are no finger.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;
use crate::Outcome;

fn specimen(name: &str) -> FingerImage {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../specimen/fingers")
        .join(name);
    FingerImage::decode(&std::fs::read(path).unwrap(), 500).unwrap()
}

static FIRST: LazyLock<Minutiae> = LazyLock::new(|| extract("p1_1.png"));
static SECOND: LazyLock<Minutiae> = LazyLock::new(|| extract("p1_2.png"));
static OTHER: LazyLock<Minutiae> = LazyLock::new(|| extract("p2_1.png"));

fn extract(name: &str) -> Minutiae {
    Minutiae::extract(&specimen(name)).unwrap()
}

fn judge(a: &Minutiae, b: &Minutiae) -> Outcome {
    let engine = MinutiaeEngine::new();
    engine.bands().judge(a.similarity(b))
}

/// The print turned about its middle and moved, white where nothing was.
fn moved(image: &FingerImage, degrees: f32, dx: f32, dy: f32) -> FingerImage {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut pixels = Vec::new();
    for y in 0..image.height() {
        for x in 0..image.width() {
            let (ux, uy) = (x as f32 - w / 2.0 - dx, y as f32 - h / 2.0 - dy);
            pixels.push(between(
                image,
                cos * ux + sin * uy + w / 2.0,
                cos * uy - sin * ux + h / 2.0,
            ));
        }
    }
    FingerImage::from_gray(image.width(), image.height(), image.dpi(), pixels).unwrap()
}

fn between(image: &FingerImage, x: f32, y: f32) -> u8 {
    let at = |x: f32, y: f32| {
        if x < 0.0 || y < 0.0 || x >= image.width() as f32 || y >= image.height() as f32 {
            255.0
        } else {
            f32::from(image.pixels()[y as usize * image.width() as usize + x as usize])
        }
    };
    let (x0, y0) = (x.floor(), y.floor());
    let (fx, fy) = (x - x0, y - y0);
    let top = at(x0, y0) * (1.0 - fx) + at(x0 + 1.0, y0) * fx;
    let bottom = at(x0, y0 + 1.0) * (1.0 - fx) + at(x0 + 1.0, y0 + 1.0) * fx;
    (top * (1.0 - fy) + bottom * fy) as u8
}

#[test]
fn two_impressions_of_one_finger_match() {
    assert_eq!(judge(&FIRST, &SECOND), Outcome::Match);
    assert_eq!(judge(&SECOND, &FIRST), Outcome::Match);
}

#[test]
fn a_print_as_a_chip_holds_it_in_jpeg_2000_is_the_same_finger() {
    let bytes = include_bytes!("vectors/p1_2.jp2");
    let print = FingerImage::decode(bytes, 500).unwrap();
    assert_eq!((print.width(), print.height()), (400, 500));
    let original = specimen("p1_2.png");
    let apart = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
    let sum: u64 = print
        .pixels()
        .iter()
        .zip(original.pixels())
        .map(apart)
        .sum();
    assert!(sum < 400 * 500 * 16, "{sum}");
    let print = Minutiae::extract(&print).unwrap();
    assert_eq!(judge(&print, &FIRST), Outcome::Match);
    assert_eq!(judge(&print, &OTHER), Outcome::NoMatch);
    // Cut short it may decode all the same; it must not panic, nor pass for a larger one.
    for end in (0..bytes.len()).step_by(997) {
        let _ = FingerImage::decode(&bytes[..end], 500);
    }
    // Sides that no finger has are refused before pixels are made of them.
    let mut huge = bytes.to_vec();
    let header = huge.windows(4).position(|word| word == b"ihdr").unwrap() + 4;
    huge[header..header + 8].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let stream = huge
        .windows(4)
        .position(|word| word == b"\xFF\x4F\xFF\x51")
        .unwrap()
        + 8;
    huge[stream..stream + 8].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    assert!(FingerImage::decode(&huge, 500).is_err());
    assert!(matches!(
        FingerImage::decode(b"\xFF\xA0\xFF\xA4\x00\x3A", 500),
        Err(FingerError::Unreadable)
    ));
}

#[test]
fn another_finger_does_not_match() {
    assert_eq!(judge(&FIRST, &OTHER), Outcome::NoMatch);
    assert_eq!(judge(&SECOND, &OTHER), Outcome::NoMatch);
    assert_eq!(judge(&OTHER, &FIRST), Outcome::NoMatch);
}

#[test]
fn a_turned_and_shifted_finger_still_matches() {
    for (degrees, dx, dy) in [(15.0, 0.0, 0.0), (-15.0, 12.0, -9.0), (0.0, -25.0, 20.0)] {
        let turned = Minutiae::extract(&moved(&specimen("p1_1.png"), degrees, dx, dy)).unwrap();
        assert_eq!(judge(&turned, &SECOND), Outcome::Match, "{degrees} degrees");
        assert_eq!(
            judge(&turned, &OTHER),
            Outcome::NoMatch,
            "{degrees} degrees"
        );
    }
}

#[test]
fn a_sensor_of_twice_the_resolution_sees_the_same_finger() {
    let image = specimen("p1_1.png");
    let (w, h) = (image.width() * 2, image.height() * 2);
    let pixels = (0..w * h)
        .map(|i| between(&image, (i % w) as f32 / 2.0, (i / w) as f32 / 2.0))
        .collect();
    let fine = FingerImage::from_gray(w, h, 1000, pixels).unwrap();
    let fine = Minutiae::extract(&fine).unwrap();
    assert_eq!(judge(&fine, &SECOND), Outcome::Match);
}

#[test]
fn the_engine_names_its_parameters() {
    let mut engine = MinutiaeEngine::new();
    assert_eq!(engine.model().sha256.len(), 64);
    assert!(
        parameters::BLOCK.contains("\nACCEPT=50.0\n"),
        "{}",
        parameters::BLOCK
    );
    assert!(engine.bands().are_ordered());
    let image = specimen("p1_1.png");
    let itself = engine.compare(&image, &image).unwrap();
    assert_eq!(engine.bands().judge(itself), Outcome::Match);
}

#[test]
fn a_good_print_has_a_good_figure() {
    let quality = FIRST.quality();
    assert!(quality.figure > 50, "{quality:?}");
    assert_eq!(quality.minutiae, FIRST.points().len());
    assert!((15..=90).contains(&quality.minutiae), "{quality:?}");
}

fn refusal(width: u32, height: u32, shade: impl FnMut(u32) -> u8) -> FingerError {
    let pixels = (0..width * height).map(shade).collect();
    let image = FingerImage::from_gray(width, height, 500, pixels).unwrap();
    Minutiae::extract(&image).err().unwrap()
}

#[test]
fn a_blank_picture_has_no_finger() {
    assert_eq!(refusal(300, 400, |_| 255), FingerError::NoFinger);
    assert_eq!(refusal(300, 400, |_| 0), FingerError::NoFinger);
    // A slow change of light is as blank as white paper.
    assert_eq!(
        refusal(300, 400, |i| (i / 1000) as u8),
        FingerError::NoFinger
    );
}

#[test]
fn noise_is_not_clear() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let noise = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    let error = refusal(300, 400, noise);
    assert!(matches!(error, FingerError::Unclear { .. }), "{error}");
    assert_eq!(error.code(), "finger.unclear");
}

#[test]
fn straight_stripes_have_no_minutiae() {
    let error = refusal(300, 400, |i| {
        let phase = (i % 300) as f32 * std::f32::consts::TAU / 9.0;
        (128.0 + 100.0 * phase.sin()) as u8
    });
    assert!(
        matches!(error, FingerError::TooFewMinutiae { .. }),
        "{error}"
    );
}

#[test]
fn a_corner_of_a_finger_is_too_little() {
    let image = specimen("p1_1.png");
    let error = refusal(300, 400, |i| {
        let (x, y) = (i % 300, i / 300);
        if x < 70 && y < 80 {
            image.pixels()[((y + 200) * image.width() + x + 150) as usize]
        } else {
            255
        }
    });
    assert!(matches!(error, FingerError::AreaTooSmall { .. }), "{error}");
}

#[test]
fn limits_hold_before_pixels_are_read() {
    let size = |w, h, dpi, n| FingerImage::from_gray(w, h, dpi, vec![0; n]).err();
    assert_eq!(size(MAX_SIDE + 1, 100, 500, 0), Some(FingerError::TooLarge));
    assert_eq!(
        size(u32::MAX, u32::MAX, 500, 0),
        Some(FingerError::TooLarge)
    );
    assert_eq!(size(1600, 1600, 500, 0), Some(FingerError::TooLarge));
    // Two million pixels at 250 dpi would be eight at 500.
    assert_eq!(size(1400, 1400, 250, 0), Some(FingerError::TooLarge));
    let small = FingerError::TooSmall {
        width: 20,
        height: 100,
    };
    assert_eq!(size(20, 100, 500, 2000), Some(small));
    assert_eq!(
        size(100, 100, 72, 10_000),
        Some(FingerError::Resolution { dpi: 72 })
    );
    let short = FingerError::PixelCount {
        expected: 10_000,
        found: 9_999,
    };
    assert_eq!(size(100, 100, 500, 9_999), Some(short));

    // A PGM that promises 10 000 times 10 000 pixels in a few bytes.
    let bomb = FingerImage::decode(b"P5 10000 10000 255\n", 500).err();
    assert_eq!(bomb, Some(FingerError::TooLarge));
    let long = FingerImage::decode(&vec![0; MAX_BYTES + 1], 500).err();
    assert_eq!(long, Some(FingerError::TooLarge));
    assert_eq!(
        FingerImage::decode(b"not a picture", 500).err(),
        Some(FingerError::Unreadable)
    );
}
