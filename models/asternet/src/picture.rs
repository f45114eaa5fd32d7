//! From a cut-out line to the numbers AsterNet was trained on: 32 rows, three equal colours, -1 (black) to 1 (white).
//!
//! The net knows 256 places along a line and fails beyond, so a longer line is cut between words.

use image::GrayImage;
use image::imageops::{FilterType, crop_imm, resize};

/// Rows of the net's input.
pub(crate) const HEIGHT: usize = 32;

/// Columns for each step of its output; the width is a multiple of it.
pub(crate) const STRIDE: usize = 4;

/// The net adds one of 256 learned places to each step (`/language_head/pos_encoder/Add`).
const MAX_WIDTH: usize = 256 * STRIDE;

/// A piece of a cut line has at least this share of the longest allowed.
const SHORTEST_PIECE: f32 = 0.6;

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

/// Where to cut a line into pieces the net can read: pairs of left edge and width, side by side from left to right.
pub(crate) fn pieces(line: &GrayImage) -> Vec<(u32, u32)> {
    let (width, height) = line.dimensions();
    let longest = (MAX_WIDTH * height as usize / HEIGHT).max(1) as u32;
    let mut pieces = Vec::new();
    let mut left = 0;
    while width - left > longest {
        let earliest = left + (longest as f32 * SHORTEST_PIECE) as u32;
        let cut = emptiest(line, earliest, left + longest).clamp(left + 1, left + longest);
        pieces.push((left, cut - left));
        left = cut;
    }
    pieces.push((left, width - left));
    pieces
}

/// The middle of the widest run of columns that have hardly more ink than the emptiest one.
fn emptiest(line: &GrayImage, from: u32, to: u32) -> u32 {
    let ink: Vec<u64> = (from..to)
        .map(|x| {
            (0..line.height())
                .map(|y| u64::from(255 - line.get_pixel(x, y).0[0]))
                .sum()
        })
        .collect();
    let least = ink.iter().min().copied().unwrap_or(0);
    // A tenth of a stroke more is still no letter.
    let white = least + u64::from(line.height()) * 5;
    let (mut best, mut start) = ((0, 0), 0);
    for (at, ink) in ink.iter().chain([&u64::MAX]).enumerate() {
        if *ink > white {
            if at - start > best.1 {
                best = (start, at - start);
            }
            start = at + 1;
        }
    }
    from + (best.0 + best.1 / 2) as u32
}

/// One piece of a line.
pub(crate) fn piece(line: &GrayImage, left: u32, width: u32) -> GrayImage {
    crop_imm(line, left, 0, width, line.height()).to_image()
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
        let sliver = GrayImage::new(5000, 1);
        assert!(pieces(&sliver).iter().all(|(_, width)| *width <= 32));
        assert!(!is_readable(&GrayImage::new(MAX_SIDE + 1, 1)));
        assert!(!is_readable(&GrayImage::new(0, 10)));
    }

    #[test]
    fn a_long_line_is_cut_where_no_letter_stands() {
        // Letters of 20 columns with gaps of 6, and one gap of 40 between words at 800.
        let line = GrayImage::from_fn(1500, 32, |x, _| {
            let gap = (780..820).contains(&x) || x % 26 >= 20;
            image::Luma([if gap { 250 } else { 20 }])
        });
        let pieces = pieces(&line);
        assert_eq!(pieces.iter().map(|piece| piece.1).sum::<u32>(), 1500);
        assert_eq!(pieces.len(), 2);
        assert!((785..815).contains(&pieces[1].0), "{pieces:?}");
    }
}
