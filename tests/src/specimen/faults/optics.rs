//! What lens, hand, sensor and file do to the picture.

use std::io;

use image::codecs::jpeg::{JpegEncoder, PixelDensity};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

use crate::specimen::papers::plate::{Pixel, Plate};

/// A picture as a device hands it over, with its label.
pub(super) struct Shot {
    pub(super) image: RgbImage,
    /// What the file says; 72 for a photograph.
    pub(super) stated_dpi: u32,
    pub(super) quality: u8,
    pub(super) gray: bool,
    pub(super) codes: &'static [&'static str],
    pub(super) must: bool,
    pub(super) severity: f32,
    pub(super) place: Option<[f32; 4]>,
    pub(super) corners: Option<[[f32; 2]; 4]>,
    pub(super) relation: Option<&'static str>,
}

/// The file.
pub(super) fn jpeg(shot: &Shot) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, shot.quality);
    let dpi = u16::try_from(shot.stated_dpi).unwrap_or(72);
    encoder.set_pixel_density(PixelDensity::dpi(dpi));
    let (width, height) = shot.image.dimensions();
    let written = if shot.gray {
        let gray = image::DynamicImage::ImageRgb8(shot.image.clone()).to_luma8();
        encoder.write_image(&gray, width, height, ExtendedColorType::L8)
    } else {
        encoder.write_image(&shot.image, width, height, ExtendedColorType::Rgb8)
    };
    written.map_err(io::Error::other)?;
    Ok(bytes)
}

/// A lens out of focus spreads every point to a disc of that radius in pixels.
pub(super) fn disc(plate: &Plate, radius: f32) -> Plate {
    let reach = radius.ceil() as i32;
    // Half-widths of the disc's rows; the last pixel of each counts by its part.
    let rows: Vec<(i32, f32)> = (-reach..=reach)
        .filter_map(|dy| {
            let half = (radius * radius - (dy * dy) as f32).max(0.0).sqrt();
            (half > 0.0 || dy == 0).then_some((dy, half))
        })
        .collect();
    let weight: f32 = rows.iter().map(|(_, half)| 2.0 * half + 1.0).sum();
    let (width, height) = (plate.width, plate.height);
    let mut sums = vec![[0.0_f32; 3]; (width + 1) * height];
    for y in 0..height {
        let mut sum = [0.0_f32; 3];
        for x in 0..width {
            add(&mut sum, plate.pixels[y * width + x], 1.0);
            sums[y * (width + 1) + x + 1] = sum;
        }
    }
    let mut out = Plate::of(width, height, [0.0; 3]);
    for (y, row) in out.pixels.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let mut total = [0.0; 3];
            for (dy, half) in &rows {
                let line = (y as i32 + dy).clamp(0, height as i32 - 1) as usize;
                let whole = half.floor() as usize;
                let (left, right) = (x.saturating_sub(whole), (x + whole + 1).min(width));
                let base = line * (width + 1);
                let (from, to) = (sums[base + left], sums[base + right]);
                let count = (right - left) as f32;
                let share = (2.0 * half + 1.0) / count;
                for at in 0..3 {
                    total[at] += (to[at] - from[at]) * share;
                }
            }
            *pixel = total.map(|channel| channel / weight);
        }
    }
    out
}

/// A hand that moves by that many pixels while the shutter is open.
pub(super) fn moved(plate: &Plate, length: f32, angle: f32) -> Plate {
    let steps = (length.ceil() as i32).max(1);
    let taps: Vec<(i32, i32)> = (0..=steps)
        .map(|step| {
            let along = (step as f32 / steps as f32 - 0.5) * length;
            (
                (along * angle.cos()).round() as i32,
                (along * angle.sin()).round() as i32,
            )
        })
        .collect();
    let (width, height) = (plate.width as i32, plate.height as i32);
    let mut out = Plate::of(plate.width, plate.height, [0.0; 3]);
    for (dx, dy) in &taps {
        for y in 0..height {
            let from = (y + dy).clamp(0, height - 1) * width;
            for x in 0..width {
                let source = plate.pixels[(from + (x + dx).clamp(0, width - 1)) as usize];
                add(
                    &mut out.pixels[(y * width + x) as usize],
                    source,
                    1.0 / taps.len() as f32,
                );
            }
        }
    }
    out
}

fn add(sum: &mut Pixel, pixel: Pixel, weight: f32) {
    for (sum, channel) in sum.iter_mut().zip(pixel) {
        *sum += channel * weight;
    }
}

/// Another plate where the mask says so (0 to 1).
pub(super) fn blend(plate: &mut Plate, other: &Plate, mask: impl Fn(f32, f32) -> f32) {
    let width = plate.width;
    for (at, (pixel, other)) in plate.pixels.iter_mut().zip(&other.pixels).enumerate() {
        let share = mask((at % width) as f32, (at / width) as f32).clamp(0.0, 1.0);
        if share > 0.0 {
            for (channel, other) in pixel.iter_mut().zip(other) {
                *channel += (other - *channel) * share;
            }
        }
    }
}
