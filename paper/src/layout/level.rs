//! Pages whose lines do not run level: lying on their side, or slanting.

use models::Rect;

use super::Token;

/// A page that was read lying on its side: the engine finds such lines, and their words stand one above the other.
pub(super) enum Upright {
    Yes,
    /// Lines run down the page, the first one at the right.
    Down {
        right: u32,
    },
    /// Lines run up the page, the first one at the left.
    Up {
        bottom: u32,
    },
}

impl Upright {
    pub(super) fn of(lines: &[Vec<Token<'_>>]) -> Self {
        let long = lines.iter().filter(|line| line.len() >= 3);
        let lying = |line: &&Vec<Token<'_>>| {
            let (first, last) = (line[0].rect, line[line.len() - 1].rect);
            first.y.abs_diff(last.y) > first.x.abs_diff(last.x) * 2
        };
        let (count, sideways) = (long.clone().count(), long.clone().filter(lying).count());
        if count < 3 || sideways * 3 < count * 2 {
            return Self::Yes;
        }
        let down = long
            .filter(|line| line[0].rect.y < line[line.len() - 1].rect.y)
            .count()
            * 2
            > count;
        let rects = lines.iter().flatten().map(|token| token.rect);
        if down {
            Self::Down {
                right: rects.map(|rect| rect.x + rect.w).max().unwrap_or(0),
            }
        } else {
            Self::Up {
                bottom: rects.map(|rect| rect.y + rect.h).max().unwrap_or(0),
            }
        }
    }

    pub(super) fn turned(&self, rect: Rect) -> Rect {
        match self {
            Self::Yes => rect,
            Self::Down { right } => Rect {
                x: rect.y,
                y: right - rect.x - rect.w,
                w: rect.h,
                h: rect.w,
            },
            Self::Up { bottom } => Rect {
                x: bottom - rect.y - rect.h,
                y: rect.x,
                w: rect.h,
                h: rect.w,
            },
        }
    }

    pub(super) fn width(&self, lines: &[Vec<Token<'_>>]) -> u32 {
        lines
            .iter()
            .flatten()
            .map(|token| token.rect.x + token.rect.w)
            .max()
            .unwrap_or(0)
    }
}

/// How far lines run down for each pixel to the right: the median over the longer lines.
pub(super) fn slope(lines: &[Vec<Token<'_>>]) -> f32 {
    let mut slopes: Vec<f32> = lines
        .iter()
        .filter(|line| line.len() >= 4)
        .filter_map(|line| {
            let (first, last) = (line[0].rect, line[line.len() - 1].rect);
            let across = last
                .x
                .checked_sub(first.x)
                .filter(|across| *across > first.h * 6)?;
            // Feet stand on the line whatever the words' heights.
            let down = (last.y + last.h) as f32 - (first.y + first.h) as f32;
            Some(down / across as f32)
        })
        .collect();
    slopes.sort_by(f32::total_cmp);
    let middle = slopes.get(slopes.len() / 2).copied().unwrap_or(0.0);
    // Marks and tails make a level line's words end a little higher or lower; a page that steep was not straightened.
    if slopes.len() < 5 || middle.abs() < 0.004 || middle.abs() > 0.3 {
        0.0
    } else {
        middle
    }
}
