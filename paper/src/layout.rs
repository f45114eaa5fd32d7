//! A page of words as rows of segments: what stands beside, and what stands below.
//!
//! The engine's own lines are only a start: it glues a label in the left column to a name in the right one, and tears
//! a card's label from its value. Here a line is cut at wide gaps, and pieces at one height form a row.

mod columns;
mod level;
mod token;

use std::ops::Range;

use models::{PageText, Rect, Word};

use columns::{cut, cut_at_columns};
use level::{Upright, slope};
use token::split;

/// A word, or the part of it before or after a colon that the engine did not part from its neighbour.
pub(crate) struct Token<'a> {
    pub(crate) word: &'a Word,
    /// As printed, without dotted leaders around it.
    pub(crate) text: String,
    /// Folded, without spaces.
    pub(crate) folded: String,
    /// Where it would stand if the lines ran level.
    pub(crate) rect: Rect,
    /// Where it stands.
    pub(crate) place: Rect,
    /// The token ends a label: `tên:`.
    pub(crate) colon: bool,
    /// The whole word, not a part of one.
    pub(crate) whole: bool,
}

/// Words that stand together in one row.
pub(crate) struct Segment {
    pub(crate) tokens: Range<usize>,
    pub(crate) rect: Rect,
    pub(crate) row: usize,
}

impl Segment {
    pub(crate) fn right(&self) -> u32 {
        self.rect.x + self.rect.w
    }

    pub(crate) fn middle(&self) -> u32 {
        self.rect.y + self.rect.h / 2
    }
}

/// A page, row by row.
pub(crate) struct Layout<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    /// Row by row, in a row from left to right.
    pub(crate) segments: Vec<Segment>,
    /// Segments of each row.
    pub(crate) rows: Vec<Range<usize>>,
    /// Height of the writing in pixels: the median word's.
    pub(crate) height: u32,
    /// Where the writing begins and ends.
    pub(crate) left: u32,
    pub(crate) right: u32,
    /// Where full lines of the text end; a heading or a table may stand out farther.
    pub(crate) margin: u32,
}

impl<'a> Layout<'a> {
    pub(crate) fn of(page: &'a PageText) -> Self {
        let unplaced = page.words.iter().all(|word| word.bbox == Rect::default());
        let mut lines: Vec<Vec<Token<'a>>> = Vec::new();
        let mut place = None;
        let mut row = 0;
        let mut column = 0;
        for word in &page.words {
            if place != Some((word.block, word.line)) {
                place = Some((word.block, word.line));
                lines.push(Vec::new());
                row += 1;
                column = 0;
            }
            let rect = if unplaced {
                let width = word.text.chars().count() as u32 * 20;
                let rect = Rect {
                    x: column,
                    y: row * 60,
                    w: width,
                    h: 40,
                };
                column += width + 20;
                rect
            } else {
                word.bbox
            };
            if let Some(line) = lines.last_mut() {
                split(word, rect, line);
            }
        }
        let upright = Upright::of(&lines);
        for token in lines.iter_mut().flatten() {
            token.rect = upright.turned(token.rect);
        }
        let slope = slope(&lines);
        let lift = (slope.abs() * upright.width(&lines) as f32) as u32;
        for token in lines.iter_mut().flatten() {
            let middle = (token.rect.x + token.rect.w / 2) as f32;
            token.rect.y =
                (token.rect.y + lift).saturating_add_signed(-(slope * middle).round() as i32);
        }
        let height = median(lines.iter().flatten().map(|token| token.rect.h)).max(1);
        let pieces: Vec<Vec<Token<'a>>> = lines
            .into_iter()
            .flat_map(|line| cut(line, height))
            .collect();
        Self::rows_of(cut_at_columns(pieces, height), height)
    }

    fn rows_of(pieces: Vec<Vec<Token<'a>>>, height: u32) -> Self {
        let mut placed: Vec<(Rect, u32, Vec<Token<'a>>)> = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .map(|piece| {
                let middle = median(piece.iter().map(|token| token.rect.y + token.rect.h / 2));
                (around(piece.iter().map(|token| token.rect)), middle, piece)
            })
            .collect();
        placed.sort_by_key(|(rect, middle, _)| (*middle, rect.x));
        // Pieces whose middles lie within half a line of the row's first form one row.
        let mut rows: Vec<(u32, Vec<usize>)> = Vec::new();
        for (at, (rect, middle, _)) in placed.iter().enumerate() {
            let fits = rows.last().is_some_and(|(first, members)| {
                middle - first <= height / 2
                    && members.iter().all(|other| {
                        let other = &placed[*other].0;
                        rect.x + height / 2 >= other.x + other.w
                            || other.x + height / 2 >= rect.x + rect.w
                    })
            });
            match rows.last_mut() {
                Some((_, members)) if fits => members.push(at),
                _ => rows.push((*middle, vec![at])),
            }
        }
        let mut layout = Self {
            tokens: Vec::new(),
            segments: Vec::new(),
            rows: Vec::new(),
            height,
            left: placed.iter().map(|(rect, ..)| rect.x).min().unwrap_or(0),
            right: placed
                .iter()
                .map(|(rect, ..)| rect.x + rect.w)
                .max()
                .unwrap_or(0),
            margin: 0,
        };
        let mut contents: Vec<Option<(Rect, Vec<Token<'a>>)>> = placed
            .into_iter()
            .map(|(rect, _, piece)| Some((rect, piece)))
            .collect();
        for (row, (_, mut members)) in rows.into_iter().enumerate() {
            let first = layout.segments.len();
            members.sort_by_key(|at| contents[*at].as_ref().map(|(rect, _)| rect.x));
            for at in members {
                let Some((rect, piece)) = contents[at].take() else {
                    continue;
                };
                let from = layout.tokens.len();
                layout.tokens.extend(piece);
                layout.segments.push(Segment {
                    tokens: from..layout.tokens.len(),
                    rect,
                    row,
                });
            }
            layout.rows.push(first..layout.segments.len());
        }
        layout.margin = layout.text_margin();
        layout
    }

    /// The farthest right edge that at least three rows of the text share.
    fn text_margin(&self) -> u32 {
        let mut edges: Vec<u32> = self
            .rows
            .iter()
            .filter_map(|row| {
                let (first, last) = (&self.segments[row.start], &self.segments[row.end - 1]);
                let wide = last.right() - first.rect.x > (self.right - self.left) / 2;
                wide.then_some(last.right())
            })
            .collect();
        edges.sort_unstable_by(|a, b| b.cmp(a));
        let shared = edges
            .windows(3)
            .find(|three| three[0] - three[2] <= self.height);
        shared.map_or(self.right, |three| three[1])
    }

    /// The segment as it reads.
    pub(crate) fn text(&self, segment: &Segment) -> String {
        let words: Vec<&str> = self.tokens[segment.tokens.clone()]
            .iter()
            .map(|token| token.text.as_str())
            .collect();
        words.join(" ")
    }
}

/// The box around boxes.
pub(crate) fn around(rects: impl Iterator<Item = Rect>) -> Rect {
    rects
        .reduce(|a, b| {
            let (x, y) = (a.x.min(b.x), a.y.min(b.y));
            Rect {
                x,
                y,
                w: (a.x + a.w).max(b.x + b.w) - x,
                h: (a.y + a.h).max(b.y + b.h) - y,
            }
        })
        .unwrap_or_default()
}

fn median(values: impl Iterator<Item = u32>) -> u32 {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

/// A page out of drawn lines, for examples: a letter is a box, so columns can be drawn with spaces.
pub(crate) fn drawn(lines: &str) -> PageText {
    const LETTER: u32 = 20;
    let mut words = Vec::new();
    for (line, number) in lines.lines().zip(1..) {
        let mut start = None;
        let ended = line.chars().chain([' ']).enumerate();
        let mut word = String::new();
        for (at, letter) in ended {
            if letter.is_whitespace() {
                if let Some(from) = start.take() {
                    let text = std::mem::take(&mut word);
                    words.push(Word {
                        bbox: Rect {
                            x: 100 + from * LETTER,
                            y: 100 + number * 60,
                            w: (at as u32 - from) * LETTER,
                            h: 36,
                        },
                        text,
                        confidence: 96,
                        line: number,
                        block: 1,
                        ..Word::default()
                    });
                }
            } else {
                start.get_or_insert(at as u32);
                word.push(letter);
            }
        }
    }
    PageText::from_words(words)
}

#[cfg(test)]
mod tests;
