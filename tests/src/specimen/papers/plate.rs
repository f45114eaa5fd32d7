//! An image in floating point, 0 black to 1 white, that optics and paper can be played on.

use image::RgbImage;

use super::chance::Chance;

pub(crate) type Pixel = [f32; 3];

/// Rows of pixels.
#[derive(Clone)]
pub(crate) struct Plate {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Pixel>,
}

impl Plate {
    pub(crate) fn of(width: usize, height: usize, pixel: Pixel) -> Self {
        Self {
            width,
            height,
            pixels: vec![pixel; width * height],
        }
    }

    pub(crate) fn from_image(image: &RgbImage) -> Self {
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            pixels: image
                .pixels()
                .map(|pixel| pixel.0.map(|channel| f32::from(channel) / 255.0))
                .collect(),
        }
    }

    pub(crate) fn to_image(&self) -> RgbImage {
        let bytes = self
            .pixels
            .iter()
            .flat_map(|pixel| pixel.map(|channel| (channel.clamp(0.0, 1.0) * 255.0 + 0.5) as u8))
            .collect();
        RgbImage::from_raw(self.width as u32, self.height as u32, bytes)
            .expect("three bytes a pixel")
    }

    /// Every pixel in its place.
    pub(crate) fn each(&mut self, mut change: impl FnMut(f32, f32, &mut Pixel)) {
        let width = self.width;
        for (y, row) in self.pixels.chunks_exact_mut(width).enumerate() {
            for (x, pixel) in row.iter_mut().enumerate() {
                change(x as f32, y as f32, pixel);
            }
        }
    }

    /// Between the pixels, straight; none outside.
    pub(crate) fn sample(&self, x: f32, y: f32) -> Option<Pixel> {
        let (x, y) = (x - 0.5, y - 0.5);
        if !(x > -0.5 && y > -0.5 && x < self.width as f32 - 0.5 && y < self.height as f32 - 0.5) {
            return None;
        }
        let (x, y) = (x.max(0.0), y.max(0.0));
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let row = |y: usize| {
            (
                self.pixels[y * self.width + x0],
                self.pixels[y * self.width + x1],
            )
        };
        let ((a, b), (c, d)) = (row(y0), row(y1));
        Some(std::array::from_fn(|at| {
            let top = a[at] + (b[at] - a[at]) * fx;
            let bottom = c[at] + (d[at] - c[at]) * fx;
            top + (bottom - top) * fy
        }))
    }

    /// A Gaussian spread of `sigma` pixels.
    pub(crate) fn blur(self, sigma: f32) -> Self {
        self.blur_both(sigma, sigma)
    }

    /// Spread differently along the two axes, as by a moving hand or a worn scanner.
    pub(crate) fn blur_both(mut self, across: f32, down: f32) -> Self {
        if across > 0.05 {
            let kernel = gauss(across);
            let reach = kernel.len() / 2;
            let width = self.width;
            let mut line = vec![[0.0; 3]; width];
            for row in self.pixels.chunks_exact_mut(width) {
                for (x, out) in line.iter_mut().enumerate() {
                    let mut sum = [0.0; 3];
                    for (at, weight) in kernel.iter().enumerate() {
                        let from = (x + at).saturating_sub(reach).min(width - 1);
                        for (sum, channel) in sum.iter_mut().zip(row[from]) {
                            *sum += channel * weight;
                        }
                    }
                    *out = sum;
                }
                row.copy_from_slice(&line);
            }
        }
        if down > 0.05 {
            let kernel = gauss(down);
            let reach = kernel.len() / 2;
            let mut out = vec![[0.0; 3]; self.pixels.len()];
            for (y, line) in out.chunks_exact_mut(self.width).enumerate() {
                for (at, weight) in kernel.iter().enumerate() {
                    let from = (y + at).saturating_sub(reach).min(self.height - 1);
                    let row = &self.pixels[from * self.width..][..self.width];
                    for (sum, pixel) in line.iter_mut().zip(row) {
                        for (sum, channel) in sum.iter_mut().zip(pixel) {
                            *sum += channel * weight;
                        }
                    }
                }
            }
            self.pixels = out;
        }
        self
    }

    /// Grain of a sensor: the variance grows with the light (`shot`) above a floor (`read`).
    pub(crate) fn noise(&mut self, chance: &mut Chance, shot: f32, read: f32, coloured: bool) {
        // A table of normal numbers, entered at random: ten times cheaper than drawing each.
        let table: Vec<f32> = (0..8192).map(|_| chance.normal()).collect();
        for pixel in &mut self.pixels {
            let bits = chance.next();
            for (channel, value) in pixel.iter_mut().enumerate() {
                let entry = if coloured {
                    bits >> (channel * 13)
                } else {
                    bits
                };
                let spread = (shot * shot * value.max(0.0) + read * read).sqrt();
                *value += table[(entry & 8191) as usize] * spread;
            }
        }
    }

    /// Luminance in place of colour (ITU-R BT.601).
    pub(crate) fn grey(&mut self) {
        for pixel in &mut self.pixels {
            *pixel = [luminance(*pixel); 3];
        }
    }
}

pub(crate) fn luminance(pixel: Pixel) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

fn gauss(sigma: f32) -> Vec<f32> {
    let reach = (sigma * 2.6).ceil().max(1.0) as i32;
    let weights: Vec<f32> = (-reach..=reach)
        .map(|x| (-(x * x) as f32 / (2.0 * sigma * sigma)).exp())
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Smooth unevenness of roughly -1 to 1: values on a coarse lattice, blended between.
pub(crate) struct Clouds {
    lattice: Vec<f32>,
    columns: usize,
    cell: f32,
}

impl Clouds {
    /// Over an image of that size, with patches about `cell` pixels wide.
    pub(crate) fn new(chance: &mut Chance, width: usize, height: usize, cell: f32) -> Self {
        let columns = (width as f32 / cell) as usize + 3;
        let rows = (height as f32 / cell) as usize + 3;
        Self {
            lattice: (0..columns * rows).map(|_| chance.normal()).collect(),
            columns,
            cell,
        }
    }

    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x / self.cell).max(0.0), (y / self.cell).max(0.0));
        let (x0, y0) = (x as usize, y as usize);
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (fx, fy) = (ease(x.fract()), ease(y.fract()));
        let value = |dx: usize, dy: usize| {
            self.lattice
                .get((y0 + dy) * self.columns + x0 + dx)
                .copied()
                .unwrap_or(0.0)
        };
        let top = value(0, 0) + (value(1, 0) - value(0, 0)) * fx;
        let bottom = value(0, 1) + (value(1, 1) - value(0, 1)) * fx;
        top + (bottom - top) * fy
    }
}
