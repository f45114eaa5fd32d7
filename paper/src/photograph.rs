//! Lays a photographed sheet flat for reading: perspective and bend undone, light evened out, at the size it has on
//! paper. The photograph itself stays as it is.

use image::RgbImage;

use crate::geometry::Flattening;
use crate::outline::{Outline, Unroll};
use crate::page_finder;
use crate::sheet::Sheet;

/// What the flat sheet is drawn at; letters with two marks want no less and gain nothing from more.
pub(crate) const FLAT_DPI: u32 = 300;
/// Sides of A4, A5 and A3 alike (ISO 216).
const ISO_RATIO: f64 = std::f64::consts::SQRT_2;
/// ID-1 card: 85.60 × 53.98 mm (ISO/IEC 7810).
const CARD_RATIO: f64 = 85.60 / 53.98;
const CARD_INCHES: f64 = 85.60 / 25.4;
/// The longer side of A4.
const A4_INCHES: f64 = 297.0 / 25.4;
/// A sheet seen at an angle looks shorter than it is; within this of a known form it is taken for that.
const RATIO_SLACK: f64 = 0.10;
/// Squares in which the light is measured, in pixels of the flat sheet: larger than a word's letters, smaller than the
/// edge of a hand's shadow.
const LIGHT_CELL: u32 = 32;
/// What paper is brought to.
const PAPER_TONE: f32 = 232.0;
/// Darker paper than this is not brought up further: that is no paper.
const DARKEST_PAPER: f32 = 24.0;

/// A photographed sheet laid flat, and how.
pub(crate) struct Flat {
    pub(crate) sheet: Sheet,
    pub(crate) flattening: Flattening,
}

/// Lays the sheet of a photograph flat; none when the picture is a scan, or shows no sheet on a desk.
pub(crate) fn flatten(sheet: &Sheet) -> Option<Flat> {
    let photo = sheet.colour().filter(|_| sheet.is_photograph())?;
    let outline = page_finder::find(photo)?;
    let (width, height) = size_on_paper(&outline);
    let mut flat = unrolled(photo, &outline, width, height);
    even_light(&mut flat);
    let longer = outline.sides().into_iter().fold(0.0, f64::max);
    let flattening = Flattening {
        outline,
        width,
        height,
        dpi: (longer / (f64::from(width.max(height)) / f64::from(FLAT_DPI))).round() as u32,
    };
    let sheet = Sheet::new(flat, FLAT_DPI).ok()?;
    Some(Flat { sheet, flattening })
}

/// Pixels of the flat sheet at [`FLAT_DPI`]. A4 unless its shape says otherwise: a photograph knows no scale, and A5
/// has the same shape.
fn size_on_paper(outline: &Outline) -> (u32, u32) {
    let [top, right, bottom, left] = outline.sides();
    let (across, down) = (f64::midpoint(top, bottom), f64::midpoint(left, right));
    let ratio = across.max(down) / across.min(down).max(1.0);
    let near = |known: f64| (ratio / known - 1.0).abs() < RATIO_SLACK;
    let (ratio, inches) =
        if near(ISO_RATIO) && (ratio - ISO_RATIO).abs() <= (ratio - CARD_RATIO).abs() {
            (ISO_RATIO, A4_INCHES)
        } else if near(CARD_RATIO) && across > down {
            (CARD_RATIO, CARD_INCHES)
        } else {
            (ratio.min(4.0), A4_INCHES)
        };
    let longer = inches * f64::from(FLAT_DPI);
    let (longer, shorter) = (
        longer.round() as u32,
        (longer / ratio).round().max(16.0) as u32,
    );
    if across > down {
        (longer, shorter)
    } else {
        (shorter, longer)
    }
}

fn unrolled(photo: &RgbImage, outline: &Outline, width: u32, height: u32) -> RgbImage {
    let unroll = Unroll::new(outline);
    let stride = photo.width() as usize * 3;
    let pixels = photo.as_raw();
    let (last_x, last_y) = (
        f64::from(photo.width()) - 1.001,
        f64::from(photo.height()) - 1.001,
    );
    let mut flat = Vec::with_capacity(width as usize * height as usize * 3);
    // The way from sheet to photograph is smooth: it is worked out every few pixels and drawn straight between.
    const STRIDE: u32 = 16;
    for row in 0..height {
        let v = (f64::from(row) + 0.5) / f64::from(height);
        let mut from = unroll.at(0.5 / f64::from(width), v);
        for start in (0..width).step_by(STRIDE as usize) {
            let to = unroll.at((f64::from(start + STRIDE) + 0.5) / f64::from(width), v);
            for step in 0..STRIDE.min(width - start) {
                let share = f64::from(step) / f64::from(STRIDE);
                let x = (from[0] + (to[0] - from[0]) * share).clamp(0.0, last_x);
                let y = (from[1] + (to[1] - from[1]) * share).clamp(0.0, last_y);
                let at = y as usize * stride + x as usize * 3;
                let (fx, fy) = (x.fract() as f32, y.fract() as f32);
                for channel in at..at + 3 {
                    let level = |at: usize| f32::from(pixels[at]);
                    let upper = level(channel) + (level(channel + 3) - level(channel)) * fx;
                    let below = channel + stride;
                    let lower = level(below) + (level(below + 3) - level(below)) * fx;
                    flat.push((upper + (lower - upper) * fy + 0.5) as u8);
                }
            }
            from = to;
        }
    }
    RgbImage::from_raw(width, height, flat).expect("three values were pushed for each pixel")
}

/// Brings the paper to one tone everywhere, colour by colour, so that a shadow is no ink and lamp light no colour.
fn even_light(page: &mut RgbImage) {
    let (width, height) = page.dimensions();
    let (columns, rows) = (
        width.div_ceil(LIGHT_CELL) as usize,
        height.div_ceil(LIGHT_CELL) as usize,
    );
    let light: [Vec<f32>; 3] = std::array::from_fn(|channel| {
        let measured = paper_tones(page, channel, columns, rows);
        blurred(&opened(&measured, columns, rows), columns, rows)
    });
    let stride = width as usize * 3;
    let raw: &mut [u8] = page;
    let mut gains = vec![[0.0_f32; 3]; width as usize];
    for (y, line) in raw.chunks_exact_mut(stride).enumerate() {
        let cell_y = ((y as f32 + 0.5) / LIGHT_CELL as f32 - 0.5).clamp(0.0, rows as f32 - 1.0);
        let (top, fy) = (cell_y as usize, cell_y.fract());
        let below = (top + 1).min(rows - 1);
        for (x, gain) in gains.iter_mut().enumerate() {
            let cell_x =
                ((x as f32 + 0.5) / LIGHT_CELL as f32 - 0.5).clamp(0.0, columns as f32 - 1.0);
            let (left, fx) = (cell_x as usize, cell_x.fract());
            let right = (left + 1).min(columns - 1);
            for (gain, light) in gain.iter_mut().zip(&light) {
                let upper =
                    light[top * columns + left] * (1.0 - fx) + light[top * columns + right] * fx;
                let lower = light[below * columns + left] * (1.0 - fx)
                    + light[below * columns + right] * fx;
                *gain = PAPER_TONE / (upper * (1.0 - fy) + lower * fy);
            }
        }
        for (pixel, gain) in line.chunks_exact_mut(3).zip(&gains) {
            for (level, gain) in pixel.iter_mut().zip(gain) {
                *level = (f32::from(*level) * gain).min(255.0) as u8;
            }
        }
    }
}

/// The tone of the paper in each cell: what four fifths of its pixels are not lighter than.
fn paper_tones(page: &RgbImage, channel: usize, columns: usize, rows: usize) -> Vec<f32> {
    let (width, height) = page.dimensions();
    let cell = LIGHT_CELL;
    let mut tones = Vec::with_capacity(columns * rows);
    for row in 0..rows as u32 {
        for column in 0..columns as u32 {
            let mut counts = [0_u32; 256];
            let mut total = 0;
            for y in (row * cell..((row + 1) * cell).min(height)).step_by(2) {
                for x in (column * cell..((column + 1) * cell).min(width)).step_by(2) {
                    counts[usize::from(page.get_pixel(x, y).0[channel])] += 1;
                    total += 1;
                }
            }
            let mut below = 0;
            let tone = counts.iter().position(|count| {
                below += count;
                below * 5 >= total * 4
            });
            tones.push(tone.unwrap_or(255) as f32);
        }
    }
    tones
}

/// Lets the paper around a dark cell (a seal, a portrait, a black box) shine through, and puts the shadows' edges back
/// where they were: the most of the neighbours, then the least of those.
fn opened(cells: &[f32], columns: usize, rows: usize) -> Vec<f32> {
    let spread = spread(cells, columns, rows, f32::max);
    self::spread(&spread, columns, rows, f32::min)
}

fn spread(cells: &[f32], columns: usize, rows: usize, pick: fn(f32, f32) -> f32) -> Vec<f32> {
    const REACH: usize = 3;
    let mut picked = Vec::with_capacity(cells.len());
    for row in 0..rows {
        for column in 0..columns {
            let mut value = cells[row * columns + column];
            for y in row.saturating_sub(REACH)..(row + REACH + 1).min(rows) {
                for x in column.saturating_sub(REACH)..(column + REACH + 1).min(columns) {
                    value = pick(value, cells[y * columns + x]);
                }
            }
            picked.push(value);
        }
    }
    picked
}

fn blurred(cells: &[f32], columns: usize, rows: usize) -> Vec<f32> {
    let mut smooth = Vec::with_capacity(cells.len());
    for row in 0..rows {
        for column in 0..columns {
            let (mut sum, mut count) = (0.0, 0.0);
            for y in row.saturating_sub(1)..(row + 2).min(rows) {
                for x in column.saturating_sub(1)..(column + 2).min(columns) {
                    sum += cells[y * columns + x];
                    count += 1.0;
                }
            }
            smooth.push((sum / count).max(DARKEST_PAPER));
        }
    }
    smooth
}
