//! Any text as what was read on a page that may carry a machine-readable zone: lines apart, words apart.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use models::{PageText, Rect, Word};
use paper::codes::find_zones;
use paper::{Geometry, ReadPage, Sheet};

/// Grain instead of letters; what stands there is only looked at for likeness.
static SHEET: LazyLock<Sheet> = LazyLock::new(|| {
    let grain = image::GrayImage::from_fn(640, 480, |x, y| {
        image::Luma([(x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) >> 7) as u8])
    });
    Sheet::new(grain, 300).expect("a page of a size that pages have")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut words = Vec::new();
    for (line, number) in text.lines().zip(0..64_u32) {
        let mut x = 10;
        for word in line.split_whitespace().take(64) {
            let w = 10 * word.chars().count().min(200) as u32;
            words.push(Word {
                text: word.to_owned(),
                confidence: 80,
                bbox: Rect {
                    x,
                    y: 10 + number * 30,
                    w,
                    h: 20,
                },
                line: number,
                ..Word::default()
            });
            x += w + 8;
        }
    }
    let read = ReadPage {
        text: PageText::from_words(words),
        geometry: Geometry {
            width: 640,
            height: 480,
            ..Geometry::default()
        },
    };
    for zone in find_zones(&SHEET, &read) {
        let width = zone.lines.first().map_or(0, |line| line.len());
        assert!(matches!((zone.lines.len(), width), (3, 30) | (2, 44)));
        assert!(zone.lines.iter().all(|line| line.len() == width));
        // Nothing is believed whose check digits do not fit.
        assert!(zone.checks.all() || (zone.parsed.is_none() && zone.personal_no().is_none()));
        let _ = zone.agrees_with_name(text);
    }
});
