//! Looks between the pixels of a page: a view that is turned by a few degrees stays as sharp as the page was.

use image::GrayImage;

/// Steps in which a place between two pixels is taken.
const PHASES: usize = 64;

/// Catmull-Rom weights for every phase, in 1/256: sharper than a straight mean of neighbours, and letters are edges.
pub(super) struct Kernel([[i32; 4]; PHASES + 1]);

impl Kernel {
    pub(super) fn new() -> Self {
        let mut phases = [[0; 4]; PHASES + 1];
        for (phase, weights) in phases.iter_mut().enumerate() {
            let t = phase as f32 / PHASES as f32;
            let (t2, t3) = (t * t, t * t * t);
            let exact = [
                -0.5 * t + t2 - 0.5 * t3,
                1.0 - 2.5 * t2 + 1.5 * t3,
                0.5 * t + 2.0 * t2 - 1.5 * t3,
                -0.5 * t2 + 0.5 * t3,
            ];
            *weights = exact.map(|weight| (weight * 256.0).round() as i32);
            // Rounding must not make paper lighter or darker.
            weights[1] += 256 - weights.iter().sum::<i32>();
        }
        Self(phases)
    }

    /// The tone at a place, pixel centres at whole numbers; none outside the image.
    #[inline]
    pub(super) fn at(&self, image: &GrayImage, x: f32, y: f32) -> Option<u8> {
        let (width, height) = (image.width() as usize, image.height() as usize);
        let pixels: &[u8] = image.as_raw();
        // A place that is no number fails all of this.
        let inside = x >= 0.0 && y >= 0.0 && x <= width as f32 - 1.0 && y <= height as f32 - 1.0;
        if !inside {
            return None;
        }
        let (left, top) = (x.floor(), y.floor());
        let across = &self.0[((x - left) * PHASES as f32 + 0.5) as usize];
        let down = &self.0[((y - top) * PHASES as f32 + 0.5) as usize];
        let (left, top) = (left as isize, top as isize);
        let mut sum = 0;
        if left >= 1 && top >= 1 && left + 2 < width as isize && top + 2 < height as isize {
            let first = (top as usize - 1) * width + left as usize - 1;
            for (nth, weight) in down.iter().enumerate() {
                let row = &pixels[first + nth * width..][..4];
                let along: i32 = row
                    .iter()
                    .zip(across)
                    .map(|(tone, weight)| i32::from(*tone) * weight)
                    .sum();
                sum += along * weight;
            }
        } else {
            for (nth, weight) in down.iter().enumerate() {
                let row = (top - 1 + nth as isize).clamp(0, height as isize - 1) as usize * width;
                for (mth, share) in across.iter().enumerate() {
                    let at = (left - 1 + mth as isize).clamp(0, width as isize - 1) as usize;
                    sum += i32::from(pixels[row + at]) * share * weight;
                }
            }
        }
        Some(((sum + (1 << 15)) >> 16).clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn a_pixel_keeps_its_tone_and_half_way_lies_between() {
        let page = GrayImage::from_fn(40, 30, |x, y| Luma([(x * 4 + y * 3) as u8]));
        let kernel = Kernel::new();
        for (x, y) in [(0, 0), (7, 9), (39, 29), (20, 0)] {
            assert_eq!(
                kernel.at(&page, x as f32, y as f32),
                Some(page.get_pixel(x, y).0[0])
            );
        }
        // On an even slope between two pixels of 68 and 72.
        assert_eq!(kernel.at(&page, 10.5, 10.0), Some(72));
        assert_eq!(kernel.at(&page, -0.1, 3.0), None);
        assert_eq!(kernel.at(&page, f32::NAN, 3.0), None);
    }

    #[test]
    fn a_stroke_half_a_pixel_aside_keeps_more_ink_than_a_straight_mean_leaves_it() {
        let page = GrayImage::from_fn(20, 20, |x, _| {
            Luma([if (9..12).contains(&x) { 0 } else { 200 }])
        });
        let kernel = Kernel::new();
        let darkest = kernel.at(&page, 10.5, 10.0).expect("inside");
        assert_eq!(darkest, 0);
        assert!(kernel.at(&page, 13.5, 10.0).expect("inside") >= 200);
    }
}
