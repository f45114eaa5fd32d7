//! Each fault on a page of drawn strokes, and the same page without it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use image::{GrayImage, Luma, imageops};

use super::*;

const WIDE: u32 = 1654;
const HIGH: u32 = 2339;
const PAPER: f32 = 242.0;

/// A4 at 200 dpi: lines of strokes as high and as wide as 13 pt letters have them.
fn tone(x: f32, y: f32) -> f32 {
    let written = (150.0..1500.0).contains(&x) && (200.0..1900.0).contains(&y);
    let (line, letter) = (y.rem_euclid(48.0), (x / 17.0) as u32);
    // Letters differ, or the page would have a rhythm.
    let shape = (letter * 7919 + (y / 48.0) as u32 * 104_729).wrapping_mul(2_654_435_761) >> 16;
    let off = x.rem_euclid(17.0) - (shape % 5) as f32;
    let stem = (0.0..3.0).contains(&off) || shape & 8 != 0 && (7.0..10.0).contains(&off);
    let bar = (line - (shape / 16 % 14) as f32).abs() < 1.5 && (0.0..11.0).contains(&off);
    if written && line < 17.0 && (stem || bar) && letter % 7 != 0 {
        40.0
    } else {
        PAPER
    }
}

/// Seen through a lens, with the grain of a sensor.
fn page(mut light: impl FnMut(f32, f32) -> f32) -> GrayImage {
    let mut seed = 1_u32;
    let sharp = GrayImage::from_fn(WIDE, HIGH, |x, y| {
        Luma([light(x as f32, y as f32).clamp(0.0, 255.0) as u8])
    });
    let mut seen = imageops::blur(&sharp, 0.7);
    for pixel in seen.pixels_mut() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if pixel.0[0] < 255 {
            pixel.0[0] = pixel.0[0]
                .saturating_add((seed >> 30) as u8)
                .saturating_sub(1)
                .min(254);
        }
    }
    seen
}

fn told(page: GrayImage) -> Vec<Verdict> {
    look(&Sheet::new(page, 200).unwrap(), None).verdicts
}

fn codes(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().map(|verdict| verdict.code).collect()
}

#[test]
fn a_good_page_has_no_verdict() {
    assert_eq!(codes(&told(page(tone))), [""; 0]);
}

#[test]
fn thin_strokes_out_of_focus_are_refused() {
    let verdicts = told(imageops::blur(&page(tone), 3.2));
    assert_eq!(codes(&verdicts), ["quality.blurred"]);
    assert_eq!(verdicts[0].severity, Severity::Refused);
    assert!(verdicts[0].value > verdicts[0].limit);
}

#[test]
fn a_part_out_of_focus_is_shown() {
    let mut mixed = page(tone);
    let part = imageops::crop_imm(&imageops::blur(&mixed, 4.0), 200, 700, 700, 500).to_image();
    imageops::replace(&mut mixed, &part, 200, 700);
    let verdicts = told(mixed);
    assert_eq!(codes(&verdicts), ["quality.blurred_part"]);
    let place = verdicts[0].place.unwrap();
    assert!(
        place.x.abs_diff(200) < 130 && place.y.abs_diff(700) < 130,
        "{place:?}"
    );
    assert!(
        place.w.abs_diff(700) < 200 && place.h.abs_diff(500) < 200,
        "{place:?}"
    );
}

#[test]
fn a_lamp_that_wipes_out_writing_on_a_scan_is_flagged() {
    let verdicts = told(page(|x, y| {
        let off = ((x - 800.0) / 420.0).hypot((y - 900.0) / 260.0);
        // A film shines: ink and paper alike.
        tone(x, y) + 300.0 * (1.2 - off).clamp(0.0, 1.0)
    }));
    assert_eq!(codes(&verdicts), ["quality.glare"]);
    let place = verdicts[0].place.unwrap();
    assert!(
        (200..1000).contains(&place.x) && (400..1100).contains(&place.y),
        "{place:?}"
    );
}

#[test]
fn a_flap_as_light_as_the_page_is_a_folded_corner() {
    let (across, down) = (380.0, 300.0);
    let verdicts = told(page(|x, y| {
        let beyond = (WIDE as f32 - x) / across + y / down;
        // Beyond the crease the scanner's white lid.
        if beyond < 1.0 { 252.0 } else { tone(x, y) }
    }));
    assert_eq!(codes(&verdicts), ["quality.corner_folded"]);
    let place = verdicts[0].place.unwrap();
    assert!(place.x > 1000 && place.y < 20 && place.h < 500, "{place:?}");
}

#[test]
fn a_crooked_sheet_on_the_glass_has_lost_a_corner() {
    let (sin, cos) = 6.0_f32.to_radians().sin_cos();
    let verdicts = told(page(|x, y| {
        let (dx, dy) = (x - WIDE as f32 / 2.0, y - HIGH as f32 / 2.0);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let (u, v) = (u + WIDE as f32 / 2.0, v + HIGH as f32 / 2.0);
        let on_page = (0.0..WIDE as f32).contains(&u) && (0.0..HIGH as f32).contains(&v);
        if on_page { tone(u, v) } else { 60.0 }
    }));
    assert!(
        codes(&verdicts).contains(&"quality.page_cut"),
        "{verdicts:?}"
    );
}

#[test]
fn a_shadow_has_an_edge_and_a_dim_side_has_none() {
    let hard = told(page(|x, y| {
        let depth = 1.0 / (1.0 + (-(y - 1200.0 + 0.2 * x) / 25.0).exp());
        tone(x, y) * (1.0 - 0.5 * depth)
    }));
    assert_eq!(codes(&hard), ["quality.shadow"]);
    let soft = told(page(|x, y| tone(x, y) * (1.0 - 0.5 * y / HIGH as f32)));
    assert_eq!(codes(&soft), [""; 0]);
}

#[test]
fn what_the_file_says_is_refused_and_what_is_measured_is_flagged() {
    let small = imageops::resize(&page(tone), 1240, 1754, imageops::FilterType::Triangle);
    let stated = look(&Sheet::new(small.clone(), 150).unwrap(), None);
    assert_eq!(stated.verdicts[0].code, "quality.dpi_low");
    assert_eq!(stated.verdicts[0].severity, Severity::Refused);
    // The same pixels may be a small sheet at 300 dpi: nobody is sent home for that.
    let called_fine = look(&Sheet::new(small, 300).unwrap(), None);
    assert!(!called_fine.refused(), "{:?}", called_fine.verdicts);
}
