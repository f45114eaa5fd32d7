//! What stands in fixed places of official papers: who issued it at the upper left, where and when above the signature.
//!
//! The layout of official papers is NĐ 30/2020/NĐ-CP, Annex I.

use crate::fold::distance_within;
use crate::layout::{Layout, Segment, Token, around};

use super::judge::of_tokens;
use super::{Field, Reason};
use crate::shape::Shape;

const NATION: &str = "conghoaxahoichunghiavietnam";

/// Takes the issuer (`co_quan`) and the day of issue (`ngay_lap`, `noi_lap`).
pub(super) fn take(layout: &Layout<'_>, found: &mut Vec<Field>) {
    if let Some(field) = issuer(layout) {
        found.push(field);
    }
    if let Some((place, date)) = place_and_date(layout) {
        let fields = [
            ("noi_lap", place, Shape::Text),
            ("ngay_lap", date, Shape::Date),
        ];
        for (name, tokens, shape) in fields {
            if !tokens.is_empty() {
                let tokens: Vec<&Token<'_>> = tokens.iter().map(|at| &layout.tokens[*at]).collect();
                found.push(of_tokens(name.to_owned(), &tokens, shape, 1.0));
            }
        }
    }
}

/// The lines in capitals left of the nation's name.
fn issuer(layout: &Layout<'_>) -> Option<Field> {
    let nation = layout
        .segments
        .iter()
        .take(12)
        .find_map(|segment| Some((segment, begins(layout, segment)?)))?;
    let (segment, from) = nation;
    let edge = layout.tokens[from].rect.x;
    let mut tokens: Vec<usize> = Vec::new();
    let mut bottom: Option<u32> = None;
    // The middle of the first line: the lines stand centred below each other.
    let mut centre: Option<u32> = None;
    for other in &layout.segments {
        if other.middle() + layout.height < segment.rect.y
            || other.rect.x >= edge
            || tokens.len() > 24
        {
            continue;
        }
        let line: Vec<usize> = other
            .tokens
            .clone()
            .filter(|at| {
                layout.tokens[*at].rect.x + layout.height / 2 < edge
                    && !layout.tokens[*at].folded.is_empty()
            })
            .collect();
        let capitals = line
            .iter()
            .all(|at| !layout.tokens[*at].text.chars().any(char::is_lowercase));
        // It begins beside the nation's name, or a little above or below it.
        let above = bottom.map_or(segment.middle() + layout.height * 3, |bottom| {
            bottom + layout.height * 3
        });
        let near = other.middle() < above;
        let wide = line.last().is_some_and(|at| {
            layout.tokens[*at].rect.x + layout.tokens[*at].rect.w > edge + layout.height
        });
        let own = around(line.iter().map(|at| layout.tokens[*at].rect));
        let own = own.x + own.w / 2;
        let apart = centre.is_some_and(|centre| centre.abs_diff(own) > layout.height * 5);
        if line.is_empty() || !capitals || !near || wide || apart {
            if bottom.is_some() {
                break;
            }
            continue;
        }
        bottom = Some(other.middle());
        centre.get_or_insert(own);
        tokens.extend(line);
    }
    let tokens: Vec<&Token<'_>> = tokens.iter().map(|at| &layout.tokens[*at]).collect();
    if tokens.len() < 3 {
        return None;
    }
    let mut field = of_tokens("co_quan".to_owned(), &tokens, Shape::Text, 1.0);
    field
        .reasons
        .retain(|reason| *reason != Reason::UnusualWord || field.value.len() < 120);
    Some(field)
}

/// The token with which the nation's name begins in a segment.
fn begins(layout: &Layout<'_>, segment: &Segment) -> Option<usize> {
    let letters: String = layout.tokens[segment.tokens.clone()]
        .iter()
        .map(|token| token.folded.as_str())
        .collect();
    if distance_within(NATION, &letters) * 4 > NATION.len() {
        return None;
    }
    segment.tokens.clone().find(|at| {
        let tail: String = layout.tokens[*at..segment.tokens.end]
            .iter()
            .map(|token| token.folded.as_str())
            .collect();
        tail.len() <= NATION.len() + 4
    })
}

/// `Thới An, ngày 27 tháng 07 năm 2026` on a line of its own, the last one.
fn place_and_date(layout: &Layout<'_>) -> Option<(Vec<usize>, Vec<usize>)> {
    layout.segments.iter().rev().find_map(|segment| {
        let range = segment.tokens.clone();
        let at = range.clone().find(|at| {
            let word = |plus: usize| {
                layout
                    .tokens
                    .get(at + plus)
                    .filter(|_| at + plus < range.end)
                    .map(|token| token.folded.as_str())
            };
            // One of the three words may be misread.
            let told = [(0, "ngay"), (2, "thang"), (4, "nam")];
            let right = told
                .iter()
                .filter(|(plus, wanted)| word(*plus) == Some(wanted));
            right.count() >= 2
                && told.iter().all(|(plus, wanted)| {
                    word(*plus).is_some_and(|read| crate::fold::distance(read, wanted) <= 1)
                })
        })?;
        let place: Vec<usize> = (range.start..at).collect();
        let ends = at + 6 + 1 >= range.end;
        let named = place.iter().all(|at| {
            let token = &layout.tokens[*at];
            !token.colon && !token.text.bytes().any(|byte| byte.is_ascii_digit())
        });
        let placed = named
            && place.len() <= 8
            && place
                .last()
                .is_some_and(|last| layout.tokens[*last].text.ends_with([',', '.']))
            && [place.first(), place.last()]
                .into_iter()
                .flatten()
                .all(|at| {
                    let first = layout.tokens[*at].text.chars().next();
                    first.is_some_and(char::is_uppercase)
                });
        (ends && placed).then(|| (place, (at + 1..range.end).collect()))
    })
}
