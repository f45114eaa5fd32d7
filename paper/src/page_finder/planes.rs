//! A photograph made small, as planes of brightness and colour on one scale: 1 is a step that nobody overlooks.

use image::RgbImage;

/// Brightness, blue against yellow, and colourfulness.
pub(super) const PLANES: usize = 3;

/// Levels that count as a full step in a well-lit picture, by plane. Colour differs less than brightness does.
const FULL_STEP: [f32; PLANES] = [30.0, 16.0, 16.0];

pub(super) struct Planes {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) planes: [Vec<f32>; PLANES],
}

impl Planes {
    /// Averages the picture down to `long_side` pixels at most and evens out its exposure.
    pub(super) fn of(photo: &RgbImage, long_side: u32) -> Self {
        let (full_w, full_h) = photo.dimensions();
        let shrink = (f64::from(full_w.max(full_h)) / f64::from(long_side)).max(1.0);
        let width = ((f64::from(full_w) / shrink) as u32).max(1);
        let height = ((f64::from(full_h) / shrink) as u32).max(1);
        let small = averaged(photo, width, height);
        let bright: Vec<f32> = small
            .iter()
            .map(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b)
            .collect();
        // A dark picture has small steps: bring its light parts to a common level.
        let exposure = 210.0 / percentile(&bright, 0.9).max(25.0);
        let full = FULL_STEP.map(|level| level / exposure);
        let planes = [
            bright.iter().map(|level| level / full[0]).collect(),
            small
                .iter()
                .map(|[r, g, b]| ((r + g) / 2.0 - b) / full[1])
                .collect(),
            small
                .iter()
                .map(|[r, g, b]| (r.max(*g).max(*b) - r.min(*g).min(*b)) / full[2])
                .collect(),
        ];
        Self {
            width,
            height,
            planes,
        }
    }

    /// The plane's value at a place, between pixels; at the edge, the edge's.
    pub(super) fn at(&self, plane: usize, x: f64, y: f64) -> f32 {
        let x = x.clamp(0.0, f64::from(self.width - 1));
        let y = y.clamp(0.0, f64::from(self.height - 1));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = (
            (left + 1).min(self.width as usize - 1),
            (top + 1).min(self.height as usize - 1),
        );
        let (fx, fy) = ((x - left as f64) as f32, (y - top as f64) as f32);
        let stride = self.width as usize;
        let pixels = &self.planes[plane];
        let upper = pixels[top * stride + left] * (1.0 - fx) + pixels[top * stride + right] * fx;
        let lower =
            pixels[bottom * stride + left] * (1.0 - fx) + pixels[bottom * stride + right] * fx;
        upper * (1.0 - fy) + lower * fy
    }
}

/// Box average: every pixel of the picture counts once.
fn averaged(photo: &RgbImage, width: u32, height: u32) -> Vec<[f32; 3]> {
    let (full_w, full_h) = (photo.width() as usize, photo.height() as usize);
    let (width, height) = (width as usize, height as usize);
    let column: Vec<usize> = (0..full_w).map(|x| x * width / full_w).collect();
    let mut sums = vec![[0_u32; 4]; width];
    let mut small = Vec::with_capacity(width * height);
    let mut row = 0;
    for y in 0..full_h {
        if y * height / full_h != row {
            close(&mut sums, &mut small);
            row = y * height / full_h;
        }
        let line = &photo.as_raw()[y * full_w * 3..(y + 1) * full_w * 3];
        for (pixel, at) in line.chunks_exact(3).zip(&column) {
            let sum = &mut sums[*at];
            sum[0] += u32::from(pixel[0]);
            sum[1] += u32::from(pixel[1]);
            sum[2] += u32::from(pixel[2]);
            sum[3] += 1;
        }
    }
    close(&mut sums, &mut small);
    small
}

fn close(sums: &mut [[u32; 4]], small: &mut Vec<[f32; 3]>) {
    for sum in sums {
        let count = sum[3].max(1) as f32;
        small.push([
            sum[0] as f32 / count,
            sum[1] as f32 / count,
            sum[2] as f32 / count,
        ]);
        *sum = [0; 4];
    }
}

/// The value that `share` of all do not exceed, by sampling.
fn percentile(values: &[f32], share: f32) -> f32 {
    let mut sample: Vec<f32> = values.iter().step_by(7).copied().collect();
    sample.sort_by(f32::total_cmp);
    let at = ((sample.len() as f32 - 1.0) * share) as usize;
    sample.get(at).copied().unwrap_or(0.0)
}
