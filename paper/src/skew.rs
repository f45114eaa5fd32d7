//! How crooked the text lies: the angle at which the page's ink, seen along the lines, is most clearly striped.

use image::GrayImage;

/// Crookedness beyond this is no careless sheet any more and is not guessed at.
const MAX_DEGREES: f32 = 8.0;
const COARSE_STEP: f32 = 0.5;
const FINE_STEP: f32 = 0.05;
/// The profile is taken at about this resolution: a text line is some ten rows high.
const WORKING_DPI: u32 = 100;
/// Fewer ink points than this are a stain, not text.
const MIN_POINTS: usize = 300;

/// An angle and how clearly the page is striped at it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Skew {
    /// Positive when lines run downhill to the right.
    pub(crate) degrees: f32,
    /// Comparable only between estimates over the same ink.
    pub(crate) clearness: f64,
}

/// The page's ink as points, thinned to the lower edges of letters, where lines are sharpest.
pub(crate) struct Ink {
    points: Vec<(f32, f32)>,
    span: f32,
}

impl Ink {
    /// The ink of a page as it lies, and of the page turned a quarter clockwise.
    pub(crate) fn both_ways(page: &GrayImage, dpi: u32) -> (Self, Self) {
        let small = shrink(page, (dpi / WORKING_DPI).max(1));
        let ink = ink_of(&small);
        let (width, height) = (small.width() as usize, small.height() as usize);
        let (cx, cy) = (width as f32 / 2.0, height as f32 / 2.0);
        let dark = |x: usize, y: usize| ink[y * width + x];
        let span = (width + height) as f32;
        let (mut level, mut lying) = (Vec::new(), Vec::new());
        for y in 0..height.saturating_sub(1) {
            for x in 0..width.saturating_sub(1) {
                if dark(x, y) && !dark(x, y + 1) {
                    level.push((x as f32 - cx, y as f32 - cy));
                }
                // A quarter clockwise, the right of the page becomes its foot.
                if dark(x, y) && !dark(x + 1, y) {
                    lying.push((cy - y as f32, x as f32 - cx));
                }
            }
        }
        let of = |points| Self { points, span };
        (of(level), of(lying))
    }

    /// The clearest angle.
    pub(crate) fn skew(&self) -> Skew {
        if self.points.len() < MIN_POINTS {
            return Skew::default();
        }
        let coarse = (MAX_DEGREES / COARSE_STEP) as i32;
        let best = self.clearest((-coarse..=coarse).map(|step| step as f32 * COARSE_STEP));
        let fine = (COARSE_STEP / FINE_STEP) as i32;
        self.clearest((-fine..=fine).map(|step| best.degrees + step as f32 * FINE_STEP))
    }

    fn clearest(&self, angles: impl Iterator<Item = f32>) -> Skew {
        let tried = angles.map(|degrees| Skew {
            degrees,
            clearness: self.clearness(degrees),
        });
        tried
            .max_by(|a, b| a.clearness.total_cmp(&b.clearness))
            .unwrap_or_default()
    }

    /// Sum of squares of the row profile: highest when the ink falls into few rows.
    fn clearness(&self, degrees: f32) -> f64 {
        let slope = degrees.to_radians().tan();
        let mut rows = vec![0_u32; self.span as usize * 2 + 2];
        for (x, y) in &self.points {
            let row = y - x * slope + self.span;
            if let Some(count) = rows.get_mut(row as usize) {
                *count += 1;
            }
        }
        let squares: f64 = rows
            .iter()
            .map(|count| f64::from(*count) * f64::from(*count))
            .sum();
        squares / self.points.len() as f64
    }
}

/// Where a small page is dark. Paper may be dark or shaded: ink is what is clearly darker than the paper around it.
pub(crate) fn ink_of(small: &GrayImage) -> Vec<bool> {
    const TILE: usize = 24;
    const DARKER: u8 = 60;
    let width = small.width() as usize;
    let columns = width.div_ceil(TILE);
    let rows = (small.height() as usize).div_ceil(TILE);
    let mut paper = vec![0_u8; columns * rows];
    let pixels: &[u8] = small.as_raw();
    for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
        for (tile, tones) in row.chunks(TILE).enumerate() {
            let slot = &mut paper[y / TILE * columns + tile];
            *slot = tones.iter().fold(*slot, |light, tone| light.max(*tone));
        }
    }
    let mut ink = Vec::with_capacity(pixels.len());
    for (y, row) in pixels.chunks_exact(width.max(1)).enumerate() {
        for (tile, tones) in row.chunks(TILE).enumerate() {
            let limit = paper[y / TILE * columns + tile].saturating_sub(DARKER);
            ink.extend(tones.iter().map(|tone| *tone < limit));
        }
    }
    ink
}

/// The mean of each square of `factor` pixels.
pub(crate) fn shrink(page: &GrayImage, factor: u32) -> GrayImage {
    let (width, height) = (page.width() / factor, page.height() / factor);
    let (stride, cell) = (page.width() as usize, factor as usize);
    let mut small = Vec::with_capacity((width * height) as usize);
    let mut sums = vec![0_u32; width as usize];
    for band in page.as_raw().chunks_exact(stride * cell) {
        sums.fill(0);
        for row in band.chunks_exact(stride) {
            for (sum, tones) in sums.iter_mut().zip(row.chunks_exact(cell)) {
                *sum += tones.iter().map(|tone| u32::from(*tone)).sum::<u32>();
            }
        }
        small.extend(sums.iter().map(|sum| (sum / (factor * factor)) as u8));
    }
    GrayImage::from_raw(width, height, small).expect("a mean for each square")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::straighten;
    use image::Luma;

    /// Lines of small marks, as text looks from afar; no two lines have theirs one below the other.
    fn striped() -> GrayImage {
        GrayImage::from_fn(900, 1200, |x, y| {
            let mark = (100..800).contains(&x)
                && (100..1100).contains(&y)
                && y % 40 < 14
                && (x + y / 40 * 7) % 17 < 11;
            Luma([if mark { 20 } else { 240 }])
        })
    }

    #[test]
    fn the_angle_is_found_to_a_tenth_of_a_degree() {
        for degrees in [-4.3_f32, -1.0, 0.0, 0.7, 3.2] {
            // Straightening by minus the angle makes it crooked by the angle.
            let crooked = straighten(&striped(), -degrees);
            let found = Ink::both_ways(&crooked, 200).0.skew().degrees;
            assert!(
                (found - degrees).abs() <= 0.1,
                "{degrees} was found as {found}"
            );
        }
    }

    #[test]
    fn a_page_on_its_side_is_clearer_on_its_side() {
        let (level, lying) = Ink::both_ways(&image::imageops::rotate270(&striped()), 200);
        assert!(lying.skew().clearness > 1.5 * level.skew().clearness);
    }

    #[test]
    fn a_crooked_page_on_its_side_is_as_crooked_there() {
        let lying = image::imageops::rotate270(&straighten(&striped(), -2.0));
        let found = Ink::both_ways(&lying, 200).1.skew().degrees;
        assert!((found - 2.0).abs() <= 0.1, "{found}");
    }

    #[test]
    fn an_empty_page_has_no_angle() {
        assert_eq!(
            Ink::both_ways(&GrayImage::from_pixel(900, 1200, Luma([255])), 200)
                .0
                .skew(),
            Skew::default()
        );
    }
}
