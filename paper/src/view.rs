//! The view made for reading: seals lifted, page turned upright and straightened. The page itself stays as it is.

mod resample;

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
    let paper = paper_tone(page.as_raw());
    let kernel = resample::Kernel::new();
    let mut straight = Vec::with_capacity(page.as_raw().len());
    for row in 0..height {
        let dy = row as f32 - cy;
        let (mut x, mut y) = (cx - cx * cos - dy * sin, cy - cx * sin + dy * cos);
        for _ in 0..width {
            straight.push(kernel.at(page, x, y).unwrap_or(paper));
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
