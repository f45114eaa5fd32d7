//! The real net reads lines drawn here, and says so when a file is damaged.
#![allow(clippy::unwrap_used)]

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use image::Luma;

use models::LineWord;

use super::*;

/// The files, or none where the optional engine is not installed and the judges are not required.
fn files() -> Option<Files> {
    let manifest = Manifest::load(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
    let files = Files::offered(&manifest).unwrap();
    assert!(
        files.is_some() || std::env::var_os("NIEM_JUDGES").is_none(),
        "AsterNet is required here: cargo xtask models"
    );
    files
}

/// A line in 12 point at 300 dpi, dark gray on off-white.
fn drawn(text: &str) -> GrayImage {
    let bytes = std::fs::read("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf").unwrap();
    let font = FontVec::try_from_vec(bytes).unwrap();
    let scale = PxScale::from(58.0);
    let scaled = font.as_scaled(scale);
    let width: f32 = text
        .chars()
        .map(|letter| scaled.h_advance(scaled.glyph_id(letter)))
        .sum();
    let mut line = GrayImage::from_pixel(width as u32 + 12, 72, Luma([245]));
    let mut x = 6.0;
    for letter in text.chars() {
        let glyph = scaled.glyph_id(letter);
        if let Some(outline) =
            font.outline_glyph(glyph.with_scale_and_position(scale, point(x, 54.0)))
        {
            let bounds = outline.px_bounds();
            outline.draw(|column, row, cover| {
                let x = bounds.min.x as i32 + column as i32;
                let y = bounds.min.y as i32 + row as i32;
                if (0..line.width() as i32).contains(&x) && (0..line.height() as i32).contains(&y) {
                    let pixel = line.get_pixel_mut(x as u32, y as u32);
                    pixel.0[0] = (f32::from(pixel.0[0]) * (1.0 - cover) + 30.0 * cover) as u8;
                }
            });
        }
        x += scaled.h_advance(glyph);
    }
    line
}

#[test]
fn a_line_is_read_with_its_marks_and_its_words_lie_where_they_stand() {
    let Some(files) = files() else { return };
    let mut engine = AsterNet::open(&files).unwrap();
    let words = ["Họ", "và", "tên:", "NGUYỄN", "THỊ", "ĐỘ", "MẬU"];
    let line = drawn(&words.join(" "));
    let read = engine.read_line(&line).unwrap();
    let found = read.words();
    let texts: Vec<_> = found.iter().map(LineWord::text).collect();
    assert_eq!(texts, words);
    // Each word must begin where the words before it end.
    for (at, word) in found.iter().enumerate() {
        let before = words[..at].iter().map(|w| format!("{w} "));
        let start = drawn(&before.collect::<String>()).width() - 6;
        assert!(
            word.left().abs_diff(start) < 24,
            "{at}: {} and {start}",
            word.left()
        );
        assert!(word.right() > word.left());
    }
    assert!(found.iter().all(|word| word.confidence() > 50));
    // The same line again, and after another one, is read the same.
    engine.read_line(&drawn("Số 12")).unwrap();
    assert_eq!(engine.read_line(&line).unwrap(), read);
}

#[test]
fn white_paper_has_no_letters_and_an_impossible_line_is_refused() {
    let Some(files) = files() else { return };
    let mut engine = AsterNet::open(&files).unwrap();
    let white = GrayImage::from_pixel(900, 60, Luma([255]));
    assert!(engine.read_line(&white).unwrap().words().is_empty());
    let error = engine.read_line(&GrayImage::new(0, 40)).unwrap_err();
    assert_eq!(error.code(), "text.page_size");
}

#[test]
fn damaged_files_are_named() {
    let Some(files) = files() else { return };
    let folder = std::env::temp_dir().join(format!("niem-asternet-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let spoilt = folder.join("spoilt");
    std::fs::write(&spoilt, b"{\"chars\": [\"<blank>\", \"ab\"]}").unwrap();
    let code = |files: &Files| AsterNet::open(files).err().unwrap().code();
    let letters = code(&Files {
        letters: spoilt.clone(),
        ..files.clone()
    });
    let net = code(&Files {
        net: spoilt.clone(),
        ..files
    });
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!([letters, net], ["text.line_model"; 2]);
    assert!(CODES.contains(&letters));
}
