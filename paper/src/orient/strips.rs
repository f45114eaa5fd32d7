//! The strips of a page that are worth reading first: a few whole lines with many letters.

use image::GrayImage;
use models::Rect;

use crate::skew;

/// A strip is about two lines of ordinary writing high.
const STRIP_MM: f32 = 13.0;
const MM_PER_INCH: f32 = 25.4;

/// Strips are sought at about this resolution, where a stroke is a pixel or two wide.
const WORKING_DPI: u32 = 100;

/// White around a strip: engines want their lines clear of the edge.
const MARGIN_MM: f32 = 1.5;

/// Fewer strokes than this a strip holds no line worth reading.
const MIN_STROKES: u32 = 24;

/// Up to `count` strips, the richest in letters first. They do not overlap.
pub(crate) fn find(view: &GrayImage, dpi: u32, count: usize) -> Vec<Rect> {
    let factor = (dpi / WORKING_DPI).max(1);
    let small = skew::shrink(view, factor);
    let working = dpi as f32 / factor as f32;
    let ink = skew::ink_of(&small);
    let (width, height) = (small.width() as usize, small.height() as usize);
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let rows: Vec<u32> = ink.chunks_exact(width).map(strokes).collect();
    let high = ((STRIP_MM / MM_PER_INCH * working) as usize).clamp(4, height);
    let margin = (MARGIN_MM / MM_PER_INCH * working) as usize;
    let mut free = vec![true; height];
    let mut strips = Vec::new();
    while strips.len() < count {
        let mut best: Option<(u32, usize)> = None;
        for top in 0..=height - high {
            if free[top..top + high].iter().all(|free| *free) {
                let held: u32 = rows[top..top + high].iter().sum();
                if best.is_none_or(|(most, _)| held > most) {
                    best = Some((held, top));
                }
            }
        }
        // A line some six rows high shows each stroke some four times.
        let Some((_, top)) = best.filter(|(held, _)| *held >= MIN_STROKES * 4) else {
            break;
        };
        free[top..top + high].fill(false);
        let (from, to) = (
            quiet(&rows, top, margin * 2),
            quiet(&rows, top + high, margin * 2),
        );
        strips.push(around(
            &ink,
            width,
            (from, to.min(height)),
            margin,
            factor,
            view,
        ));
    }
    strips
}

/// How often a row goes from paper to ink for a stroke's width; long runs are rules and shadows.
fn strokes(row: &[bool]) -> u32 {
    let mut count = 0;
    let mut run = 0;
    for dark in row {
        if *dark {
            run += 1;
        } else {
            count += u32::from((1..=5).contains(&run));
            run = 0;
        }
    }
    count
}

/// The emptiest row near a place, so that no line is cut through.
fn quiet(rows: &[u32], at: usize, reach: usize) -> usize {
    let (from, to) = (at.saturating_sub(reach), (at + reach).min(rows.len()));
    (from..to)
        .min_by_key(|row| (rows[*row], row.abs_diff(at)))
        .unwrap_or(at)
}

/// The part of some rows that has ink in it, in pixels of the view.
fn around(
    ink: &[bool],
    width: usize,
    (from, to): (usize, usize),
    margin: usize,
    factor: u32,
    view: &GrayImage,
) -> Rect {
    let dark = |x: usize| (from..to).any(|y| ink[y * width + x]);
    let left = (0..width)
        .find(|x| dark(*x))
        .unwrap_or(0)
        .saturating_sub(margin);
    let right = ((0..width).rfind(|x| dark(*x)).unwrap_or(width - 1) + 1 + margin).min(width);
    let (x, y) = (left as u32 * factor, from as u32 * factor);
    Rect {
        x,
        y,
        w: ((right - left) as u32 * factor).min(view.width() - x),
        h: ((to - from).max(1) as u32 * factor).min(view.height() - y),
    }
}
