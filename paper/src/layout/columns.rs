//! Where a line is cut: at wide gaps, and at narrower ones where a column begins.

use models::Rect;

use super::{Token, median};

/// A gap this many times the height of the writing parts two columns; justified lines stay below it.
const WIDE_GAP: f32 = 2.0;

/// A gap this wide, and wider than the others in its line, parts two columns where a column of the lines nearby begins.
const NARROW_GAP: f32 = 0.7;

/// Lines so many heights of the writing apart may stand in one column.
const COLUMN_REACH: u32 = 7;

/// Cuts a line at its wide gaps.
pub(super) fn cut<'a>(line: Vec<Token<'a>>, height: u32) -> Vec<Vec<Token<'a>>> {
    let mut pieces: Vec<Vec<Token<'a>>> = Vec::new();
    let mut end: Option<u32> = None;
    for token in line {
        let tall = height.max(token.rect.h.min(height * 3)) as f32;
        let apart = end.is_none_or(|end| token.rect.x.saturating_sub(end) as f32 > WIDE_GAP * tall);
        end = Some(token.rect.x + token.rect.w);
        match pieces.last_mut() {
            Some(piece) if !apart => piece.push(token),
            _ => pieces.push(vec![token]),
        }
    }
    pieces
}

/// Cuts pieces once more where a column of the lines nearby begins: beside a long cell the gap is narrow.
pub(super) fn cut_at_columns(pieces: Vec<Vec<Token<'_>>>, height: u32) -> Vec<Vec<Token<'_>>> {
    // Where pieces begin that have something at their left; a label ends in a colon there.
    let mut edges: Vec<(u32, u32)> = Vec::new();
    for piece in &pieces {
        let Some(first) = piece.first().map(|token| token.rect) else {
            continue;
        };
        let beside = pieces.iter().any(|other| {
            other.last().is_some_and(|last| {
                last.rect.x + last.rect.w < first.x
                    && last.rect.y.abs_diff(first.y) < height
                    && !std::ptr::eq(other, piece)
            })
        });
        if beside {
            edges.push((first.x, first.y));
        }
    }
    let begins = |rect: Rect| {
        edges.iter().any(|(x, y)| {
            x.abs_diff(rect.x) * 2 <= height && {
                let far = y.abs_diff(rect.y);
                far > height / 2 && far < height * COLUMN_REACH
            }
        })
    };
    pieces
        .into_iter()
        .flat_map(|piece| {
            let mut parts: Vec<Vec<Token<'_>>> = Vec::new();
            let mut end: Option<u32> = None;
            let gaps = piece.windows(2).map(|pair| {
                pair[1]
                    .rect
                    .x
                    .saturating_sub(pair[0].rect.x + pair[0].rect.w)
            });
            let usual = median(gaps);
            for token in piece {
                let gap = end.map_or(0, |end| token.rect.x.saturating_sub(end));
                let tall = height.max(token.rect.h.min(height * 3)) as f32;
                let wide = gap as f32 > NARROW_GAP * tall && gap * 2 > usual * 3;
                let apart = wide && begins(token.rect);
                end = Some(token.rect.x + token.rect.w);
                match parts.last_mut() {
                    Some(part) if !apart => part.push(token),
                    _ => parts.push(vec![token]),
                }
            }
            parts
        })
        .collect()
}
