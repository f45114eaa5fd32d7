//! From a cut-out line to the numbers AsterNet was trained on: 32 rows, three equal colours, -1 (black) to 1 (white).

use image::GrayImage;
use image::imageops::{FilterType, resize};

/// Rows of the net's input.
pub(crate) const HEIGHT: usize = 32;

/// Columns for each step of its output; the width is a multiple of it.
pub(crate) const STRIDE: usize = 4;

/// A line of a page is at most a few hundred letters of some 16 columns.
const MAX_WIDTH: usize = 4096;

/// Pictures larger than any line are refused before anything is computed.
const MAX_SIDE: u32 = 32_000;
const MAX_PIXELS: u64 = 16_000_000;

/// Whether it has the size of a line.
pub(crate) fn is_readable(line: &GrayImage) -> bool {
    let (width, height) = line.dimensions();
    (1..=MAX_SIDE).contains(&width)
        && (1..=MAX_SIDE).contains(&height)
        && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

/// Columns of the net's input for a line of that size.
fn columns(width: u32, height: u32) -> usize {
    let scaled = (width as usize * HEIGHT) / (height as usize).max(1);
    scaled.clamp(HEIGHT, MAX_WIDTH).next_multiple_of(STRIDE)
}

/// The line scaled to the net's height, keeping its shape; columns and values.
pub(crate) fn normalised(line: &GrayImage) -> (usize, Vec<f32>) {
    let width = columns(line.width(), line.height());
    let small = resize(line, width as u32, HEIGHT as u32, FilterType::Triangle);
    let plane: Vec<f32> = small
        .as_raw()
        .iter()
        .map(|value| f32::from(*value) / 127.5 - 1.0)
        .collect();
    let mut planes = Vec::with_capacity(plane.len() * 3);
    for _ in 0..3 {
        planes.extend_from_slice(&plane);
    }
    (width, planes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_shape_and_white_is_one() {
        let (width, pixels) = normalised(&GrayImage::from_pixel(640, 64, image::Luma([255])));
        assert_eq!((width, pixels.len()), (320, 3 * 32 * 320));
        assert!(pixels.iter().all(|value| *value == 1.0));
    }

    #[test]
    fn slivers_and_endless_lines_stay_within_bounds() {
        assert_eq!(columns(1, 5000), HEIGHT);
        assert_eq!(columns(32_000, 1), MAX_WIDTH);
        assert!(!is_readable(&GrayImage::new(MAX_SIDE + 1, 1)));
        assert!(!is_readable(&GrayImage::new(0, 10)));
    }
}
