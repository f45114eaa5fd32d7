//! From words to tokens: what the engine glued together is parted, what is no writing is left out.

use models::{Rect, Word};

use super::Token;
use crate::fold::fold;

/// A word as tokens: cut behind an inner colon (`Số:471/2019`), leaders taken off its ends.
pub(super) fn split<'a>(word: &'a Word, rect: Rect, line: &mut Vec<Token<'a>>) {
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
