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
    pub(crate) fn of(page: &GrayImage, dpi: u32) -> Self {
        let factor = (dpi / WORKING_DPI).max(1);
        let (width, height) = (page.width() / factor, page.height() / factor);
        let small = shrink(page, factor);
        let at = |x: u32, y: u32| small[(y * width + x) as usize];
        // Paper may be dark or shaded: ink is what is clearly darker than the paper a few millimetres around.
        let tile = 24;
        let columns = width.div_ceil(tile);
        let mut paper = vec![0_u8; (columns * height.div_ceil(tile)) as usize];
        for y in 0..height {
            for x in 0..width {
                let slot = &mut paper[((y / tile) * columns + x / tile) as usize];
                *slot = (*slot).max(at(x, y));
            }
        }
        let dark = |x: u32, y: u32| {
            at(x, y) < paper[((y / tile) * columns + x / tile) as usize].saturating_sub(60)
        };
        let mut points = Vec::new();
        for y in 0..height.saturating_sub(1) {
            for x in 0..width {
                if dark(x, y) && !dark(x, y + 1) {
                    points.push((
                        x as f32 - width as f32 / 2.0,
                        y as f32 - height as f32 / 2.0,
                    ));
                }
            }
        }
        Self {
            points,
            span: (width + height) as f32,
        }
    }

    /// The same ink with the page turned a quarter.
    pub(crate) fn on_its_side(page: &GrayImage, dpi: u32) -> Self {
        Self::of(&image::imageops::rotate90(page), dpi)
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

/// The mean of each square of `factor` pixels.
fn shrink(page: &GrayImage, factor: u32) -> Vec<u8> {
    let (width, height) = (page.width() / factor, page.height() / factor);
    let stride = page.width() as usize;
    let pixels = page.as_raw();
    let mut small = Vec::with_capacity((width * height) as usize);
    let mut sums = vec![0_u32; width as usize];
    for y in 0..height as usize {
        sums.fill(0);
        for row in pixels[y * factor as usize * stride..]
            .chunks_exact(stride)
            .take(factor as usize)
        {
            for (sum, cell) in sums.iter_mut().zip(row.chunks_exact(factor as usize)) {
                *sum += cell.iter().map(|value| u32::from(*value)).sum::<u32>();
            }
        }
        small.extend(sums.iter().map(|sum| (sum / (factor * factor)) as u8));
    }
    small
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
            let found = Ink::of(&crooked, 200).skew().degrees;
            assert!(
                (found - degrees).abs() <= 0.1,
                "{degrees} was found as {found}"
            );
        }
    }

    #[test]
    fn a_page_on_its_side_is_clearer_on_its_side() {
        let lying = image::imageops::rotate270(&striped());
        assert!(
            Ink::on_its_side(&lying, 200).skew().clearness
                > 1.5 * Ink::of(&lying, 200).skew().clearness
        );
    }

    #[test]
    fn an_empty_page_has_no_angle() {
        assert_eq!(
            Ink::of(&GrayImage::from_pixel(900, 1200, Luma([255])), 200).skew(),
            Skew::default()
        );
    }
}
