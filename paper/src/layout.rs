//! A page of words as rows of segments: what stands beside, and what stands below.
//!
//! The engine's own lines are only a start: it glues a label in the left column to a name in the right one, and tears
//! a card's label from its value. Here a line is cut at wide gaps, and pieces at one height form a row.

mod level;

use std::ops::Range;

use models::{PageText, Rect, Word};

use crate::fold::fold;
use level::{Upright, slope};

/// A gap this many times the height of the writing parts two columns; justified lines stay below it.
const WIDE_GAP: f32 = 2.0;

/// A gap this wide, and wider than the others in its line, parts two columns where a column of the lines nearby begins.
const NARROW_GAP: f32 = 0.7;

/// Lines so many heights of the writing apart may stand in one column.
const COLUMN_REACH: u32 = 7;

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

/// A word as tokens: cut behind an inner colon (`Số:471/2019`), leaders taken off its ends.
fn split<'a>(word: &'a Word, rect: Rect, line: &mut Vec<Token<'a>>) {
    let letters = word.text.chars().count().max(1) as u32;
    let mut rest = word.text.as_str();
    let mut from = 0;
    let mut ordinal = if line.is_empty() {
        ordinal_before(rest)
    } else {
        None
    };
    loop {
        let inner = rest.char_indices().find(|(at, c)| {
            matches!(c, ':' | ';')
                && *at + 1 < rest.len()
                && rest[..*at].chars().any(char::is_alphabetic)
                && !rest[..*at].chars().any(|c| c.is_ascii_digit())
        });
        let inner = ordinal
            .take()
            .or(inner.map(|(at, _)| at + 1))
            .or_else(|| glued_value(rest));
        let (part, after) = match inner {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let length = part.chars().count() as u32;
        let text = part
            // The rule of a table reads as a stroke.
            .trim_matches(|c| matches!(c, '…' | '_' | '·' | '|'))
            .trim_start_matches('.')
            .to_owned();
        let text = match text.trim_end_matches('.') {
            // Two points or more are a leader, one is a full stop.
            bare if text.len() - bare.len() > 1 => bare.to_owned(),
            _ => text,
        };
        if !text.is_empty() && !is_rule(&text) {
            line.push(Token {
                word,
                folded: fold(&text).replace(' ', ""),
                colon: text.ends_with([':', ';']),
                rect: part_of(rect, from, length, letters),
                place: part_of(rect, from, length, letters),
                whole: inner.is_none() && from == 0,
                text,
            });
        }
        if after.is_empty() {
            return;
        }
        from += length;
        rest = after;
    }
}

/// Where an ordinal ends that the engine glued to the word behind it: `3Nguyễn`, `1.Họ`.
fn ordinal_before(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let signs = text[digits..]
        .bytes()
        .take_while(|byte| matches!(byte, b'.' | b')' | b'|'))
        .count();
    let rest = &text[digits + signs..];
    let capital = rest.chars().next().is_some_and(char::is_uppercase);
    let small = rest.chars().skip(1).take(2).filter(|c| c.is_lowercase());
    let word = capital && small.count() >= 1 && rest.chars().all(|c| c.is_alphabetic() || c == ',');
    ((1..=2).contains(&digits) && word).then_some(digits + signs)
}

/// Where a label's last word ends that the engine glued to its value: `sinh17/12/1999`.
fn glued_value(text: &str) -> Option<usize> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    if at == 0 {
        // The other way round: `1948Dân tộc:`.
        let end = text.bytes().take_while(u8::is_ascii_digit).count();
        let next: Vec<char> = text[end..].chars().take(3).collect();
        let word = matches!(next[..], [a, b, ..] if a.is_uppercase() && b.is_lowercase());
        return (end >= 4 && word).then_some(end);
    }
    let word = text[..at].trim_end_matches('|');
    let small = word.chars().count() >= 3 && word.chars().all(char::is_lowercase);
    let rest = text[at..].trim_end_matches([',', '.', ';']);
    let digits = rest.bytes().all(|byte| byte.is_ascii_digit());
    let date = rest.len() >= 8
        && rest.bytes().filter(|byte| *byte == b'/').count() == 2
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'/');
    (small && (date || digits && matches!(rest.len(), 9 | 12))).then_some(at)
}

/// A drawn line, or a speck, that reads as strokes; a single dash is a dash.
fn is_rule(text: &str) -> bool {
    let strokes = |c: char| matches!(c, '-' | '–' | '—' | '~' | '=' | '_' | '¬');
    text.chars().all(strokes) && !matches!(text, "-" | "–")
}

/// The part of a word's box that some of its letters take.
fn part_of(rect: Rect, from: u32, length: u32, letters: u32) -> Rect {
    Rect {
        x: rect.x + rect.w * from / letters,
        w: rect.w * length / letters,
        ..rect
    }
}

/// Cuts a line at its wide gaps.
fn cut<'a>(line: Vec<Token<'a>>, height: u32) -> Vec<Vec<Token<'a>>> {
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
fn cut_at_columns(pieces: Vec<Vec<Token<'_>>>, height: u32) -> Vec<Vec<Token<'_>>> {
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
