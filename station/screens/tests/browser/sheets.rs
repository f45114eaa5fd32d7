//! Pictures of pages, drawn in memory: a heading, lines as of writing, and a red stamp; of nobody and of nothing.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use screens::Pictures;
use zeroize::Zeroizing;

const PAPER: Rgb<u8> = Rgb([250, 248, 240]);
const INK: Rgb<u8> = Rgb([60, 64, 72]);
const STAMP: Rgb<u8> = Rgb([190, 40, 48]);

/// As many pages as any picture of the gallery has, each large and small.
pub(crate) fn put(pictures: &Pictures) {
    for page in 1..=4 {
        pictures.put(page, true, jpeg(&sheet(page, 4)));
        pictures.put(page, false, jpeg(&sheet(page, 1)));
    }
}

/// A4 upright, of 210 by 297 points times `scale`; each page with other lines.
fn sheet(page: u32, scale: u32) -> RgbImage {
    let mut sheet = RgbImage::from_pixel(210 * scale, 297 * scale, PAPER);
    block(&mut sheet, scale, [60, 22, 90, 7], INK);
    block(&mut sheet, scale, [75, 36, 60, 4], INK);
    for line in 0..16 {
        let width = 120 + (line * 37 + page * 23) % 50;
        block(&mut sheet, scale, [20, 56 + line * 11, width, 4], INK);
    }
    let (x, y, radius) = (155 * scale, 255 * scale, 24 * scale);
    for (at_x, at_y, pixel) in sheet.enumerate_pixels_mut() {
        let distance = at_x.abs_diff(x).pow(2) + at_y.abs_diff(y).pow(2);
        if ((radius - 3 * scale).pow(2)..radius.pow(2)).contains(&distance) {
            *pixel = STAMP;
        }
    }
    sheet
}

/// Left, top, width and height in points.
fn block(sheet: &mut RgbImage, scale: u32, [x, y, width, height]: [u32; 4], colour: Rgb<u8>) {
    for at_y in y * scale..(y + height) * scale {
        for at_x in x * scale..(x + width) * scale {
            sheet.put_pixel(at_x, at_y, colour);
        }
    }
}

fn jpeg(sheet: &RgbImage) -> Zeroizing<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 85)
        .encode_image(sheet)
        .unwrap();
    bytes.into()
}
