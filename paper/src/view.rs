//! The view made for reading: seals lifted, page turned upright and straightened. The page itself stays as it is.

use image::{GrayImage, imageops};

use crate::{Place, Sheet, Turn, seal};

/// The brightness of a page without its seals, and where those were.
pub(crate) fn without_seals(sheet: &Sheet) -> (GrayImage, Vec<Place>) {
    let mut gray = sheet.gray().into_owned();
    let Some(colour) = sheet.colour() else {
        return (gray, Vec::new());
    };
    let seals = seal::find(colour, sheet.dpi());
    for place in &seals {
        seal::lift(colour, &mut gray, *place);
    }
    (gray, seals)
}

/// Turns a page clockwise.
pub(crate) fn turned(page: GrayImage, turn: Turn) -> GrayImage {
    match turn {
        Turn::Upright => page,
        Turn::Quarter => imageops::rotate90(&page),
        Turn::Half => imageops::rotate180(&page),
        Turn::ThreeQuarters => imageops::rotate270(&page),
    }
}

/// Turns a page about its middle so that lines which ran downhill by `degrees` run level. Corners without paper are
/// filled with the page's lightest common tone.
pub(crate) fn straighten(page: &GrayImage, degrees: f32) -> GrayImage {
    let (width, height) = page.dimensions();
    let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let pixels = page.as_raw();
    let stride = width as usize;
    let paper = paper_tone(pixels);
    let (last_x, last_y) = (width as f32 - 1.001, height as f32 - 1.001);
    let mut straight = Vec::with_capacity(pixels.len());
    for row in 0..height {
        let dy = row as f32 - cy;
        let (mut x, mut y) = (cx - cx * cos - dy * sin, cy - cx * sin + dy * cos);
        for _ in 0..width {
            straight.push(if x >= 0.0 && y >= 0.0 && x < last_x && y < last_y {
                let at = y as usize * stride + x as usize;
                let (fx, fy) = (x.fract(), y.fract());
                let level = |at: usize| {
                    let (left, right) = (f32::from(pixels[at]), f32::from(pixels[at + 1]));
                    left + (right - left) * fx
                };
                let (upper, lower) = (level(at), level(at + stride));
                (upper + (lower - upper) * fy + 0.5) as u8
            } else {
                paper
            });
            x += cos;
            y += sin;
        }
    }
    GrayImage::from_raw(width, height, straight).expect("one value was pushed for each pixel")
}

/// The tone that three quarters of the page are not lighter than.
pub(crate) fn paper_tone(pixels: &[u8]) -> u8 {
    let mut histogram = [0_usize; 256];
    for value in pixels.iter().step_by(37) {
        histogram[usize::from(*value)] += 1;
    }
    let total: usize = histogram.iter().sum();
    let mut below = 0;
    for (tone, count) in histogram.iter().enumerate() {
        below += count;
        if below * 4 >= total * 3 {
            return tone as u8;
        }
    }
    255
}
