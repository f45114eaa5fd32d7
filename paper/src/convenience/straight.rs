//! The page in colour, upright, straight and, of a photograph, its sheet laid flat: every pixel fetched from where it
//! lies on the unaltered page.

use image::{Rgb, RgbImage};

use crate::photograph::FLAT_DPI;
use crate::{Geometry, Sheet};

/// The way back to the page is computed at every so many pixels and drawn straight between.
const LATTICE: u32 = 16;

/// An A3 sheet at 300 dpi has 17 Mpx; a copy for reading is no larger.
const MOST_PIXELS: f32 = 40_000_000.0;

/// The picture at `scale` pixels for one of the view, and the size of the view.
pub(super) fn picture(sheet: &Sheet, geometry: &Geometry, scale: f32) -> (RgbImage, (u32, u32)) {
    let (view_width, view_height) = geometry.upright_size();
    let area = view_width as f32 * view_height as f32;
    let scale = scale.min((MOST_PIXELS / area).sqrt());
    let width = ((view_width as f32 * scale).round() as u32).max(1);
    let height = ((view_height as f32 * scale).round() as u32).max(1);
    let source = Source::of(sheet, spread(geometry, scale));
    let mut picture = RgbImage::new(width, height);
    let columns = width.div_ceil(LATTICE) + 1;
    let row_of = |row: u32| -> Vec<(f32, f32)> {
        (0..columns)
            .map(|column| {
                let x = (column * LATTICE) as f32 + 0.5;
                let y = (row * LATTICE) as f32 + 0.5;
                geometry.point_to_page(x / scale, y / scale)
            })
            .collect()
    };
    let mut upper = row_of(0);
    for band in 0..height.div_ceil(LATTICE) {
        let lower = row_of(band + 1);
        for y in band * LATTICE..((band + 1) * LATTICE).min(height) {
            let down = (y - band * LATTICE) as f32 / LATTICE as f32;
            for x in 0..width {
                let (cell, across) = (
                    (x / LATTICE) as usize,
                    (x % LATTICE) as f32 / LATTICE as f32,
                );
                let mix = |of: fn(&(f32, f32)) -> f32| {
                    let top = of(&upper[cell]) + (of(&upper[cell + 1]) - of(&upper[cell])) * across;
                    let foot =
                        of(&lower[cell]) + (of(&lower[cell + 1]) - of(&lower[cell])) * across;
                    top + (foot - top) * down
                };
                picture.put_pixel(x, y, source.at(mix(|p| p.0), mix(|p| p.1)));
            }
        }
        upper = lower;
    }
    (picture, (view_width, view_height))
}

/// How many pixels of the page fall on a side of one of the picture.
fn spread(geometry: &Geometry, scale: f32) -> u32 {
    let finer = geometry
        .flattening
        .map_or(1.0, |flat| flat.dpi as f32 / FLAT_DPI as f32);
    (finer / scale).round().clamp(1.0, 16.0) as u32
}

/// The page's pixels; of a page that is shrunk, the mean over what falls into one pixel.
struct Source<'a> {
    sheet: &'a Sheet,
    gray: Option<std::borrow::Cow<'a, image::GrayImage>>,
    spread: u32,
}

impl<'a> Source<'a> {
    fn of(sheet: &'a Sheet, spread: u32) -> Self {
        Self {
            sheet,
            gray: sheet.colour().is_none().then(|| sheet.gray()),
            spread,
        }
    }

    fn pixel(&self, x: u32, y: u32) -> [f32; 3] {
        match (self.sheet.colour(), &self.gray) {
            (Some(colour), _) => colour.get_pixel(x, y).0.map(f32::from),
            (None, Some(gray)) => [f32::from(gray.get_pixel(x, y).0[0]); 3],
            (None, None) => [255.0; 3],
        }
    }

    /// The colour at a point, between pixels in proportion; white beyond the page.
    fn at(&self, x: f32, y: f32) -> Rgb<u8> {
        let (width, height) = (self.sheet.width(), self.sheet.height());
        if x < 0.0 || y < 0.0 || x >= width as f32 || y >= height as f32 {
            return Rgb([255; 3]);
        }
        if self.spread > 1 {
            let mut sum = [0.0; 3];
            let mut count = 0.0;
            let half = self.spread / 2;
            let (x, y) = (x as u32, y as u32);
            for py in y.saturating_sub(half)..(y.saturating_sub(half) + self.spread).min(height) {
                for px in x.saturating_sub(half)..(x.saturating_sub(half) + self.spread).min(width)
                {
                    for (sum, value) in sum.iter_mut().zip(self.pixel(px, py)) {
                        *sum += value;
                    }
                    count += 1.0;
                }
            }
            return Rgb(sum.map(|sum| (sum / count + 0.5) as u8));
        }
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        let (left, top) = (x as u32, y as u32);
        let (right, foot) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (fx, fy) = (x.fract(), y.fract());
        if fx < 1e-3 && fy < 1e-3 {
            return Rgb(self.pixel(left, top).map(|value| value as u8));
        }
        let corners = [
            self.pixel(left, top),
            self.pixel(right, top),
            self.pixel(left, foot),
            self.pixel(right, foot),
        ];
        let mut colour = [0; 3];
        for (channel, value) in colour.iter_mut().enumerate() {
            let upper = corners[0][channel] + (corners[1][channel] - corners[0][channel]) * fx;
            let lower = corners[2][channel] + (corners[3][channel] - corners[2][channel]) * fx;
            *value = (upper + (lower - upper) * fy + 0.5) as u8;
        }
        Rgb(colour)
    }
}
