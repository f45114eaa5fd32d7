//! How many dots an inch of the paper truly has: by the page's own size, by the size of its letters, and by whether the
//! pixels were only multiplied.

use std::f32::consts::TAU;

use image::GrayImage;

use super::page_map::A4_LONG_MM;
use super::sharpness::{Writing, quantile};
use crate::Outline;

const MM_PER_INCH: f32 = 25.4;

/// Height of a small letter in the type offices must use: 13 to 14 pt (NĐ 30/2020/NĐ-CP App. I), 0.45 of it high.
const LETTER_MM: f32 = 2.05;

/// Smaller letters than in 8 pt type as a page's usual ones are not what offices print: the page is larger than the file says.
const LEAST_LETTER_MM: f32 = 1.22;

/// Sides of the A sizes and their kin: long by short.
const A_SHAPE: std::ops::RangeInclusive<f32> = 1.33..=1.50;

/// A sheet longer than this lies on no desk scanner: A3 has 420 mm.
const LONGEST_MM: f32 = 460.0;

/// A frequency stands out from its neighbours by this factor before pixels count as multiplied.
const PEAK: f32 = 8.0;

/// What the pixels tell of their density.
pub(crate) struct Resolution {
    /// Dots an inch that carry detail of the paper.
    pub(crate) effective: f32,
    /// Pixels an inch, detail or not: what sizes are measured with.
    pub(crate) pixels: f32,
    /// The pixels bear the rhythm of having been multiplied.
    pub(crate) multiplied: bool,
}

/// `stated` is what the file says, or what is assumed when it says nothing.
pub(crate) fn measure(
    gray: &GrayImage,
    writing: &Writing,
    stated: f32,
    outline: Option<&Outline>,
) -> Resolution {
    if let Some(outline) = outline {
        let pixels = of_photograph(outline);
        return Resolution {
            effective: pixels,
            pixels,
            multiplied: false,
        };
    }
    let (long, short) = (
        gray.width().max(gray.height()) as f32,
        gray.width().min(gray.height()) as f32,
    );
    let mut pixels = stated;
    let stated_mm = long / stated * MM_PER_INCH;
    let as_a4 = long / A4_LONG_MM * MM_PER_INCH;
    if A_SHAPE.contains(&(long / short)) {
        let letter = letter_height(gray, writing);
        let small = letter.is_some_and(|px| {
            px / stated * MM_PER_INCH < LEAST_LETTER_MM
                && (0.6..1.7).contains(&(px / as_a4 * MM_PER_INCH / LETTER_MM))
        });
        if stated_mm > LONGEST_MM || stated_mm < 0.8 * A4_LONG_MM && small {
            pixels = as_a4;
        }
    }
    let factor = multiplied(gray, writing);
    Resolution {
        effective: pixels / factor.unwrap_or(1.0),
        pixels,
        multiplied: factor.is_some(),
    }
}

/// Dots an inch on a photographed A4 page.
pub(crate) fn of_photograph(outline: &Outline) -> f32 {
    let [top, right, bottom, left] = outline.sides();
    let long = (top + bottom).max(right + left) as f32 / 2.0;
    (long / A4_LONG_MM * MM_PER_INCH).max(1.0)
}

/// Usual height of a small letter in pixels, out of some of the squares with writing.
fn letter_height(gray: &GrayImage, writing: &Writing) -> Option<f32> {
    let every = (writing.tiles.len() / 60).max(1);
    let mut heights = Vec::new();
    for tile in writing.tiles.iter().step_by(every) {
        let place = tile.place;
        let half = (tile.paper - tile.contrast / 2.0) as u8;
        let columns = place.w as usize;
        let ink: Vec<bool> = (place.y..place.y + place.h)
            .flat_map(|y| (place.x..place.x + place.w).map(move |x| (x, y)))
            .map(|(x, y)| gray.get_pixel(x, y).0[0] < half)
            .collect();
        for blot in super::blots::blots(&ink, columns) {
            let [left, top, right, bottom] = blot.bounds;
            let whole = left > 0 && top > 0 && right < columns && bottom < place.h as usize;
            let (wide, high) = (blot.wide() as f32, blot.high() as f32);
            if whole && high >= 4.0 && (0.25..1.8).contains(&(wide / high)) {
                heights.push(high);
            }
        }
    }
    // Marks and points are less than half as high as the tall letters; what is left is small letters and capitals.
    let tall = quantile(heights.clone(), 0.9)?;
    heights.retain(|height| *height >= 0.45 * tall);
    if heights.len() < 40 {
        return None;
    }
    quantile(heights, 0.45)
}

/// By how much the pixels were multiplied, when they were. Interpolation leaves a rhythm: pixels that were there are
/// sharper than pixels made between them (Gallagher 2005, "Detection of linear and cubic interpolation").
fn multiplied(gray: &GrayImage, writing: &Writing) -> Option<f32> {
    if writing.tiles.len() < 6 {
        return None;
    }
    let across = rhythm(&roughness(gray, writing, true));
    let down = rhythm(&roughness(gray, writing, false));
    // Any scaling acts alike in both directions; the steps of a motor or the grid of a form do not.
    let (frequency, strength) = across
        .iter()
        .filter_map(|(frequency, strength)| {
            down.iter()
                .find(|(other, _)| (other - frequency).abs() < 0.004)
                .map(|(_, other)| (*frequency, strength.min(*other)))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    if strength < PEAK {
        return None;
    }
    // A peak at f stands for a factor 1/f, or, folded at half the sampling rate, for 1/(1-f). How wide edges are
    // tells which.
    let edge = quantile(
        writing.tiles.iter().map(|tile| tile.edge_px()).collect(),
        0.25,
    )?;
    let (large, small) = (1.0 / frequency, 1.0 / (1.0 - frequency));
    let factor = if edge >= 0.75 * large { large } else { small };
    // Edges that sharp were never stretched.
    (edge >= 0.9 * factor.min(2.6)).then_some(factor)
}

/// Mean bend of the tone at each column (or row), over squares with writing.
fn roughness(gray: &GrayImage, writing: &Writing, across: bool) -> Vec<f32> {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let length = if across { width } else { height };
    let stride = width;
    let pixels = gray.as_raw();
    let mut sums = vec![0.0_f32; length];
    let mut counts = vec![0_u32; length];
    for tile in &writing.tiles {
        let (x0, y0) = (tile.place.x as usize, tile.place.y as usize);
        let (w, h) = (tile.place.w as usize, tile.place.h as usize);
        let step = if across { 1 } else { stride };
        let (from, to) = if across { (x0, x0 + w) } else { (y0, y0 + h) };
        let lines = if across { y0..y0 + h } else { x0..x0 + w };
        for line in lines.step_by(3) {
            for at in from.max(1)..to.min(length - 1) {
                let here = if across {
                    line * stride + at
                } else {
                    at * stride + line
                };
                let bend = i32::from(pixels[here - step]) - 2 * i32::from(pixels[here])
                    + i32::from(pixels[here + step]);
                sums[at] += bend.unsigned_abs().min(80) as f32;
                counts[at] += 1;
            }
        }
    }
    let raw: Vec<Option<f32>> = sums
        .iter()
        .zip(&counts)
        .map(|(sum, count)| (*count > 12).then(|| sum / *count as f32))
        .collect();
    // Relative to the neighbourhood: where more is written, more bends.
    (0..length)
        .map(|at| {
            let near: Vec<f32> = raw[at.saturating_sub(12)..(at + 13).min(length)]
                .iter()
                .flatten()
                .copied()
                .collect();
            let mean = near.iter().sum::<f32>() / near.len().max(1) as f32;
            raw[at].map_or(0.0, |value| {
                if mean > 0.05 {
                    (value / mean - 1.0).clamp(-1.5, 1.5)
                } else {
                    0.0
                }
            })
        })
        .collect()
}

/// Frequencies (cycles a pixel) that stand out, with how much.
fn rhythm(signal: &[f32]) -> Vec<(f32, f32)> {
    const STEPS: usize = 1200;
    let power: Vec<f32> = (0..=STEPS)
        .map(|step| {
            let turn = TAU * 0.5 * step as f32 / STEPS as f32;
            let (sin, cos) = turn.sin_cos();
            // The wave is turned on by a fixed angle instead of being computed anew.
            let (mut re, mut im, mut s, mut c) = (0.0_f32, 0.0_f32, 0.0_f32, 1.0_f32);
            for value in signal {
                re += value * c;
                im += value * s;
                (c, s) = (c * cos - s * sin, s * cos + c * sin);
            }
            re.hypot(im)
        })
        .collect();
    let mut found = Vec::new();
    for at in STEPS / 7..=STEPS {
        let near: Vec<f32> = (at.saturating_sub(60)..(at + 61).min(STEPS + 1))
            .filter(|other| other.abs_diff(at) > 4)
            .map(|other| power[other])
            .collect();
        let Some(usual) = quantile(near, 0.5).filter(|usual| *usual > 0.0) else {
            continue;
        };
        let peak = power[at] / usual;
        let top = power[at.saturating_sub(2)..(at + 3).min(STEPS + 1)]
            .iter()
            .all(|other| *other <= power[at]);
        if peak > 4.0 && top {
            found.push((0.5 * at as f32 / STEPS as f32, peak));
        }
    }
    // JPEG cuts the image every eight pixels and so hums at all eighths alike: only what rises above the others counts.
    let eighth = |frequency: f32| ((frequency * 8.0).round() - frequency * 8.0).abs() < 0.03;
    let hum = [1, 3].map(|eighths| power[STEPS * eighths / 4]);
    let hum = (hum[0] + hum[1]) / 2.0;
    found.retain(|(frequency, _)| {
        !eighth(*frequency) || power[(frequency * 2.0 * STEPS as f32).round() as usize] > 3.0 * hum
    });
    found
}
