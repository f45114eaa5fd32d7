//! QR codes under what desks and telephones do to them: drawn here, spoiled here, read by the real reader.

use image::{GrayImage, Luma, imageops};
use paper::Sheet;
use paper::codes::{Meaning, find_qr, find_qr_in};
use zxingcpp::{BarcodeFormat, ImageFormat};

use crate::draw::{CERTIFICATE, DPI, page};

/// Nobody; some 150 octets as on a card of 2021.
const CARD: &str = "001203000001|012345678|Đỗ Thị Thuỳ Dương|15022003|Nữ|1 Phố Mẫu, Phường Mẫu, Thành phố Hà Nội|01072024";
const DOSSIER: &str =
    "000.00.16.H40-260504-0001|1.004222.000.00.00.H40|001203000001|Giấy khai sinh";

/// The code with modules of so many pixels, white around it.
fn code(text: &str, module: i32) -> GrayImage {
    let drawn = zxingcpp::create(BarcodeFormat::QRCode)
        .from_slice(text.as_bytes())
        .unwrap()
        .to_image_with(&zxingcpp::write().scale(module).add_quiet_zones(true))
        .unwrap();
    assert_eq!(drawn.format(), ImageFormat::Lum);
    GrayImage::from_raw(drawn.width() as u32, drawn.height() as u32, drawn.data()).unwrap()
}

fn says(picture: &GrayImage, text: &str) -> bool {
    let found = find_qr_in(picture);
    found.len() == 1
        && found[0]
            .text
            .as_ref()
            .is_some_and(|found| found.as_str() == text)
}

/// Noise of so many gray levels, the same every time.
fn noisy(picture: &GrayImage, levels: i32) -> GrayImage {
    let mut seed = 9_u32;
    let mut noisy = picture.clone();
    for value in noisy.iter_mut() {
        let mut sum = 0;
        for _ in 0..4 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sum += (seed >> 24) as i32 - 128;
        }
        *value = (i32::from(*value) + sum * levels / 148).clamp(0, 255) as u8;
    }
    noisy
}

/// Seen from the side: the right edge is shorter, the code turned.
fn askew(picture: &GrayImage, degrees: f32, lean: f32) -> GrayImage {
    let side = picture.width().max(picture.height()) as f32;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let canvas = (side * 1.6) as u32;
    GrayImage::from_fn(canvas, canvas, |x, y| {
        let (dx, dy) = (
            x as f32 - canvas as f32 / 2.0,
            y as f32 - canvas as f32 / 2.0,
        );
        let depth = 1.0 + lean * dx / side;
        let (px, py) = (dx * depth, dy * depth);
        let (sx, sy) = (
            px * cos + py * sin + side / 2.0,
            py * cos - px * sin + side / 2.0,
        );
        imageops::interpolate_bilinear(picture, sx, sy).unwrap_or(Luma([255]))
    })
}

#[test]
fn codes_are_read_through_what_happens_to_them() {
    let plain = code(CARD, 4);
    let (width, height) = plain.dimensions();
    let toned = |light: f32, dark: f32| {
        let mut toned = plain.clone();
        toned
            .iter_mut()
            .for_each(|value| *value = (dark + f32::from(*value) / 255.0 * (light - dark)) as u8);
        toned
    };
    let mut inverted = plain.clone();
    imageops::invert(&mut inverted);
    let mut glare = plain.clone();
    for (x, y, pixel) in glare.enumerate_pixels_mut() {
        let distance = (x as f32 - width as f32 * 0.6).hypot(y as f32 - height as f32 * 0.55);
        let light = 230.0 * (1.0 - distance / 60.0).max(0.0);
        pixel.0[0] = (f32::from(pixel.0[0]) + light).min(255.0) as u8;
    }
    let mut shaded = plain.clone();
    for (x, _, pixel) in shaded.enumerate_pixels_mut() {
        pixel.0[0] = (f32::from(pixel.0[0]) * (1.0 - 0.7 * x as f32 / width as f32)) as u8;
    }
    for (name, picture) in [
        ("plain", plain.clone()),
        ("two pixels a module", code(CARD, 2)),
        ("large", code(CARD, 12)),
        ("blurred", imageops::blur(&plain, 1.8)),
        ("turned", askew(&plain, 37.0, 0.0)),
        ("seen from the side", askew(&plain, -12.0, 0.35)),
        ("dim and noisy", noisy(&toned(70.0, 22.0), 18)),
        ("faint", noisy(&toned(235.0, 180.0), 12)),
        ("inverted", inverted),
        ("glare", glare),
        ("shaded", shaded),
        ("upside down", imageops::rotate180(&plain)),
        ("mirrored", imageops::flip_horizontal(&plain)),
    ] {
        assert!(says(&picture, CARD), "{name}: {:?}", find_qr_in(&picture));
    }
}

#[test]
fn a_page_carries_any_number_of_codes_and_each_has_its_place() {
    let mut sheet = page(CERTIFICATE);
    let places = [
        (CARD, 1250_i64, 90_i64, 3),
        (DOSSIER, 60, 40, 4),
        (CARD, 1300, 900, 3),
    ];
    for (text, x, y, module) in places {
        let code = image::DynamicImage::ImageLuma8(code(text, module)).to_rgb8();
        imageops::overlay(&mut sheet, &code, x, y);
    }
    let found = find_qr(&Sheet::new(sheet, DPI).unwrap());
    assert_eq!(found.len(), 3);
    // From top to bottom.
    let texts: Vec<&str> = found
        .iter()
        .map(|code| code.text.as_ref().unwrap().as_str())
        .collect();
    assert_eq!(texts, [DOSSIER, CARD, CARD]);
    let Meaning::Document(dossier) = &found[0].meaning else {
        panic!("{:?}", found[0]);
    };
    assert_eq!(
        dossier.dossier.as_ref().unwrap().as_str(),
        "000.00.16.H40-260504-0001"
    );
    let Meaning::Card(card) = &found[1].meaning else {
        panic!("{:?}", found[1]);
    };
    assert_eq!(card.name.as_ref().unwrap().as_str(), "Đỗ Thị Thuỳ Dương");
    let place = found[1].place;
    assert!(
        place.x.abs_diff(1262) < 8 && place.y.abs_diff(102) < 8 && place.w.abs_diff(123) < 8,
        "{place:?}"
    );
    assert!(
        !format!("{found:?}").contains("Thuỳ"),
        "no name may reach a log"
    );
}

#[test]
fn a_code_that_cannot_be_read_is_told_and_writing_is_none() {
    let mut spoiled = code(CARD, 4);
    let (width, height) = spoiled.dimensions();
    // Its corners are whole, its middle is gone.
    for y in height / 3..height {
        for x in width / 3..width {
            spoiled.put_pixel(x, y, Luma([if (x / 4 + y / 4) % 2 == 0 { 0 } else { 255 }]));
        }
    }
    for y in 0..height {
        for x in width / 3..width * 2 / 3 {
            spoiled.put_pixel(x, y, Luma([if (x / 4 + y / 4) % 2 == 0 { 0 } else { 255 }]));
        }
    }
    assert!(find_qr_in(&spoiled).iter().all(|code| code.text.is_none()));
    assert!(find_qr(&Sheet::new(page(CERTIFICATE), DPI).unwrap()).is_empty());
}

#[test]
fn octets_that_are_no_text_are_no_text() {
    let binary = zxingcpp::create(BarcodeFormat::QRCode)
        .from_slice([0xFF, 0xFE, 0x00, 0x81, 0x90, 0x03])
        .unwrap()
        .to_image_with(&zxingcpp::write().scale(5))
        .unwrap();
    let picture =
        GrayImage::from_raw(binary.width() as u32, binary.height() as u32, binary.data()).unwrap();
    let found = find_qr_in(&picture);
    assert_eq!(found.len(), 1);
    assert!(found[0].text.is_none() && matches!(found[0].meaning, Meaning::NoText));
}

#[test]
fn a_page_made_to_hurt_the_reader_does_not_hold_it_up() {
    // Nothing but corners of codes, of one pixel a module: 120,000 of them.
    let corners = GrayImage::from_fn(2480, 3508, |x, y| {
        let (x, y) = (x % 9, y % 9);
        let within =
            |least: u32, most: u32| (least..=most).contains(&x) && (least..=most).contains(&y);
        let dark = within(0, 6) && (!within(1, 5) || within(2, 4));
        Luma([if dark { 0 } else { 255 }])
    });
    let begun = std::time::Instant::now();
    assert!(find_qr_in(&corners).iter().all(|code| code.text.is_none()));
    // Unbounded it takes a minute; bounded, a tenth of a second on a machine with nothing else to do.
    assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
}
