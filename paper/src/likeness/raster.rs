//! A page's ink in dots, 0 for paper to 1 for the darkest ink.

use image::GrayImage;

use crate::quality::PageMap;

/// Steps that are kept when a raster is packed.
const STEPS: f32 = 15.0;

/// Grain of paper and sensor: less than this share of the light is no ink.
const GRAIN: f32 = 0.10;

/// The rim, where lids, desks and rollers show.
const RIM_MM: f32 = 5.0;

#[derive(Clone)]
pub(super) struct Raster {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) ink: Vec<f32>,
}

impl Raster {
    /// The page of `map` at so many dots a millimetre.
    pub(super) fn of(
        gray: &GrayImage,
        map: &PageMap,
        paper: &[f32],
        photograph: bool,
        density: f32,
    ) -> Self {
        let per_square = density * map.mm;
        let columns = (map.columns as f32 * per_square) as usize;
        let rows = (map.rows as f32 * per_square) as usize;
        let rim = (RIM_MM * density) as usize;
        let (width, height) = (gray.width() as usize, gray.height() as usize);
        let pixels = gray.as_raw();
        let mut ink = vec![0.0; columns * rows];
        // The way is smooth: worked out at every twelfth dot and drawn straight between.
        const STRIDE: usize = 12;
        for row in rim..rows.saturating_sub(rim) {
            let y = (row as f32 + 0.5) / per_square;
            let mut from = map.pixel((rim as f32 + 0.5) / per_square, y);
            for start in (rim..columns.saturating_sub(rim)).step_by(STRIDE) {
                let to = map.pixel(((start + STRIDE) as f32 + 0.5) / per_square, y);
                let reach = (to[0] - from[0]).hypot(to[1] - from[1]) / STRIDE as f32 / 2.0;
                for step in 0..STRIDE.min(columns - rim - start) {
                    let share = step as f32 / STRIDE as f32;
                    let at = [0, 1].map(|axis| from[axis] + (to[axis] - from[axis]) * share);
                    let tone = mean(pixels, width, height, at, reach);
                    let square = (y as usize).min(map.rows - 1) * map.columns
                        + (((start + step) as f32 / per_square) as usize).min(map.columns - 1);
                    let dark = 1.0 - tone / paper[square].max(1.0);
                    ink[row * columns + start + step] = ((dark - GRAIN) / 0.7).clamp(0.0, 1.0);
                }
                from = to;
            }
        }
        let _ = photograph;
        Self { columns, rows, ink }
    }

    pub(super) fn steps(&self) -> Vec<u8> {
        self.ink
            .iter()
            .map(|ink| (ink * STEPS + 0.5) as u8)
            .collect()
    }

    pub(super) fn from_steps(columns: usize, rows: usize, steps: &[u8]) -> Option<Self> {
        (steps.len() == columns * rows).then(|| Self {
            columns,
            rows,
            ink: steps.iter().map(|step| f32::from(*step) / STEPS).collect(),
        })
    }

    pub(super) fn turned(&self) -> Self {
        let mut ink = self.ink.clone();
        ink.reverse();
        Self { ink, ..*self }
    }

    /// Means of squares of so many dots a side.
    pub(super) fn shrunk(&self, factor: usize) -> Self {
        let (columns, rows) = ((self.columns / factor).max(1), (self.rows / factor).max(1));
        let mut ink = vec![0.0; columns * rows];
        for y in 0..rows * factor.min(self.rows) {
            for x in 0..columns * factor.min(self.columns) {
                if let (Some(sum), Some(dot)) = (
                    ink.get_mut(y / factor * columns + x / factor),
                    self.ink.get(y * self.columns + x),
                ) {
                    *sum += dot;
                }
            }
        }
        let count = (factor * factor) as f32;
        ink.iter_mut().for_each(|sum| *sum /= count);
        Self { columns, rows, ink }
    }

    /// Less the mean along the line: rules and the rhythm of lines vanish, letters stay.
    pub(super) fn letters(&self, reach: usize) -> Self {
        let mut ink = Vec::with_capacity(self.ink.len());
        for row in self.ink.chunks_exact(self.columns) {
            let mut sums = Vec::with_capacity(row.len() + 1);
            let mut sum = 0.0;
            sums.push(0.0);
            for dot in row {
                sum += dot;
                sums.push(sum);
            }
            for (x, dot) in row.iter().enumerate() {
                let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(row.len()));
                ink.push(dot - (sums[right] - sums[left]) / (right - left) as f32);
            }
        }
        Self { ink, ..*self }
    }

    /// Between dots, straight; paper outside.
    pub(super) fn sample(&self, x: f32, y: f32) -> f32 {
        if !(x >= 0.0
            && y >= 0.0
            && x < self.columns as f32 - 1.001
            && y < self.rows as f32 - 1.001)
        {
            return 0.0;
        }
        let at = y as usize * self.columns + x as usize;
        let (fx, fy) = (x.fract(), y.fract());
        let upper = self.ink[at] + (self.ink[at + 1] - self.ink[at]) * fx;
        let below = at + self.columns;
        let lower = self.ink[below] + (self.ink[below + 1] - self.ink[below]) * fx;
        upper + (lower - upper) * fy
    }
}

/// Mean tone of the pixels within `reach`.
fn mean(pixels: &[u8], width: usize, height: usize, [x, y]: [f32; 2], reach: f32) -> f32 {
    let span = |at: f32, most: usize| {
        let low = (at - reach + 0.5).clamp(0.0, most as f32 - 1.0) as usize;
        let high = (at + reach + 0.5).clamp(0.0, most as f32) as usize;
        low..high.max(low + 1)
    };
    let (columns, rows) = (span(x, width), span(y, height));
    let count = (columns.len() * rows.len()) as f32;
    let mut sum = 0_u32;
    for row in rows {
        let line = &pixels[row * width..][columns.clone()];
        sum += line.iter().map(|tone| u32::from(*tone)).sum::<u32>();
    }
    sum as f32 / count
}
