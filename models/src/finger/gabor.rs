//! Makes ridges clear: evens out contrast, then keeps at each pixel only what waves the way the
//! ridges there do (Hong, Wan and Jain's contextual filter).

use zeroize::Zeroizing;

use super::field::{CELL, Field};
use super::image::Plane;
use super::parameters as p;

/// Mean 0 and contrast 1 around every pixel, ridges positive.
pub(super) fn normalised(print: &Plane) -> Plane {
    let (w, h) = (print.width, print.height);
    let (columns, rows) = (w.div_ceil(CELL), h.div_ceil(CELL));
    let mut mean = Plane::new(columns, rows);
    let mut square = Plane::new(columns, rows);
    let mut count = vec![0.0f32; columns * rows];
    for y in 0..h {
        for x in 0..w {
            let cell = (y / CELL) * columns + x / CELL;
            let v = print.at(x, y);
            mean.values[cell] += v;
            square.values[cell] += v * v;
            count[cell] += 1.0;
        }
    }
    for (i, n) in count.iter().enumerate() {
        mean.values[i] /= n;
        square.values[i] /= n;
    }
    let sigma = p::NORMALISE_BLUR / CELL as f32;
    let (mean, square) = (mean.blurred(sigma), square.blurred(sigma));
    let mut out = Plane::new(w, h);
    let half = (CELL as f32 - 1.0) / 2.0;
    for y in 0..h {
        for x in 0..w {
            let cx = (x as f32 - half) / CELL as f32;
            let cy = (y as f32 - half) / CELL as f32;
            let m = mean.sample(cx, cy);
            let spread = (square.sample(cx, cy) - m * m).max(0.0).sqrt();
            out.values[y * w + x] = ((m - print.at(x, y)) / (spread + 4.0)).clamp(-3.0, 3.0);
        }
    }
    out
}

/// Kernels span this many pixels to each side; a row is padded to a whole number of vector lanes.
const REACH: usize = 8;
const ROW: usize = 24;
const ANGLES: usize = 48;
const PERIOD_STEP: f32 = 0.5;

/// Kernels by direction and ridge distance, made when first wanted.
struct Bank {
    kernels: Vec<Option<Box<[f32]>>>,
    periods: usize,
}

impl Bank {
    fn new() -> Self {
        let periods = ((p::PERIOD_MAX - p::PERIOD_MIN) / PERIOD_STEP) as usize + 1;
        Self {
            kernels: (0..periods * ANGLES).map(|_| None).collect(),
            periods,
        }
    }

    fn slot(&self, angle: f32, period: f32) -> usize {
        let a = (angle / std::f32::consts::PI * ANGLES as f32).round() as usize % ANGLES;
        let f = ((period - p::PERIOD_MIN) / PERIOD_STEP).round().max(0.0) as usize;
        a * self.periods + f.min(self.periods - 1)
    }

    fn kernel(&mut self, slot: usize) -> &[f32] {
        let angle = (slot / self.periods) as f32 * std::f32::consts::PI / ANGLES as f32;
        let period = p::PERIOD_MIN + (slot % self.periods) as f32 * PERIOD_STEP;
        self.kernels[slot].get_or_insert_with(|| gabor(angle, period))
    }
}

/// An even Gabor wave across `angle`, without response to constant gray, of unit energy.
fn gabor(angle: f32, period: f32) -> Box<[f32]> {
    let across_sigma = p::GABOR_ACROSS * period;
    let side = 2 * REACH + 1;
    let mut kernel = vec![0.0f32; side * ROW];
    let (mut sum, mut envelope_sum) = (0.0, 0.0);
    let envelope = |x: f32, y: f32| {
        let along = x * angle.cos() + y * angle.sin();
        let across = -x * angle.sin() + y * angle.cos();
        let e = (-0.5 * ((along / p::GABOR_ALONG).powi(2) + (across / across_sigma).powi(2))).exp();
        (e, across)
    };
    let places = || {
        (0..side).flat_map(move |j| {
            (0..side).map(move |i| {
                (
                    j * ROW + i,
                    i as f32 - REACH as f32,
                    j as f32 - REACH as f32,
                )
            })
        })
    };
    for (at, x, y) in places() {
        let (e, across) = envelope(x, y);
        kernel[at] = e * (std::f32::consts::TAU * across / period).cos();
        sum += kernel[at];
        envelope_sum += e;
    }
    let mut energy = 0.0;
    for (at, x, y) in places() {
        kernel[at] -= envelope(x, y).0 * sum / envelope_sum;
        energy += kernel[at] * kernel[at];
    }
    let scale = 1.0 / energy.sqrt();
    kernel.iter_mut().for_each(|k| *k *= scale);
    kernel.into_boxed_slice()
}

/// The filtered print, ridges positive; zero outside the finger.
pub(super) fn enhanced(normal: &Plane, field: &Field) -> Plane {
    let (w, h) = (normal.width, normal.height);
    let padded_width = w + REACH + ROW;
    let mut padded = Zeroizing::new(vec![0.0f32; padded_width * (h + 2 * REACH)]);
    for y in 0..h {
        let to = (y + REACH) * padded_width + REACH;
        padded[to..to + w].copy_from_slice(&normal.values[y * w..(y + 1) * w]);
    }
    let mut bank = Bank::new();
    let mut out = Plane::new(w, h);
    for row in 0..field.rows {
        for column in 0..field.columns {
            let cell = row * field.columns + column;
            if !field.mask[cell] {
                continue;
            }
            let slot = bank.slot(field.angle[cell], field.period[cell]);
            let kernel = bank.kernel(slot);
            for y in row * CELL..(row + 1) * CELL {
                for x in column * CELL..(column + 1) * CELL {
                    out.values[y * w + x] = filtered(&padded, padded_width, x, y, kernel);
                }
            }
        }
    }
    out
}

fn filtered(padded: &[f32], padded_width: usize, x: usize, y: usize, kernel: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for (j, taps) in kernel.chunks_exact(ROW).enumerate() {
        let from = (y + j) * padded_width + x;
        let pixels = &padded[from..from + ROW];
        for (pixel, tap) in pixels.chunks_exact(8).zip(taps.chunks_exact(8)) {
            for k in 0..8 {
                lanes[k] += pixel[k] * tap[k];
            }
        }
    }
    lanes.iter().sum()
}
