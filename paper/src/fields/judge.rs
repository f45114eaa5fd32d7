//! How sure a value is: its words, its type's rules, and the second look together.

use models::PageText;

use crate::Place;
use crate::documents::{FieldRule, Template};
use crate::layout::{Layout, Token, around};

use super::value::Reach;
use super::{Field, FieldState, Reason, Shape};

/// A word that two looks read alike is sure from here on.
const SURE_TWICE: u8 = 50;

/// A word that was read once is sure from here on; Tesseract gives 90 and more to most words it reads rightly.
const SURE_ONCE: u8 = 88;

/// Read once, a word of free text must be surer: a wrong tone mark makes another good word.
const SURE_ONCE_FREE: u8 = 91;

/// A page of which so many words are below this mark reads badly as a whole; good pages have up to a tenth.
const DOUBTFUL: u8 = 60;
const DOUBTFUL_PERCENT: usize = 25;

/// A label that lost more than this is hardly readable.
const LABEL_FITS: f32 = 0.85;

/// Makes a field of the tokens of a value.
pub(super) fn judge(
    name: String,
    layout: &Layout<'_>,
    reach: &Reach,
    rule: &FieldRule,
    fit: f32,
) -> Field {
    let tokens: Vec<&Token<'_>> = reach.tokens.iter().map(|at| &layout.tokens[*at]).collect();
    let mut field = of_tokens(name, &tokens, rule.shape, fit);
    field.sensitive = rule.sensitive;
    if rule.first_part {
        // "Kính gửi: Ủy ban nhân dân phường Mẫu, tỉnh Lào Cai": the ward alone.
        if let Some((first, _)) = field.value.split_once([',', ';']) {
            field.value.truncate(first.len());
        }
    }
    if rule.shape.is_open() && beside_unreadable(layout, &reach.tokens) {
        field.doubt(Reason::Unsure);
    }
    let last = field.value.chars().last();
    if reach.cut && field.state != FieldState::Unreadable && last != Some('.') {
        field.doubt(Reason::Cut);
    }
    field
}

/// Whether something that could not be read stands where the value would go on: a seal's ink over its end.
fn beside_unreadable(layout: &Layout<'_>, value: &[usize]) -> bool {
    let Some(end) = value.last().map(|at| layout.tokens[*at].rect) else {
        return false;
    };
    let height = layout.height;
    layout.tokens.iter().enumerate().any(|(at, token)| {
        let rect = token.rect;
        token.word.confidence < DOUBTFUL
            && !value.contains(&at)
            && rect.x + height >= end.x + end.w
            && rect.x <= end.x + end.w + height * 3
            && (rect.y + rect.h / 2).abs_diff(end.y + end.h / 2) < height * 2
    })
}

/// As [`judge`], without a rule: for values that are found by where they stand.
pub(super) fn of_tokens(name: String, tokens: &[&Token<'_>], shape: Shape, fit: f32) -> Field {
    let words: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let Some(taken) = shape.take(&words) else {
        return Field {
            name,
            state: FieldState::Unreadable,
            reasons: vec![Reason::NotRead],
            ..Field::default()
        };
    };
    let used = &tokens[taken.used.clone()];
    let mut reasons = taken.faults;
    let mut alternative = None;
    for token in used.iter().filter(|token| !token.folded.is_empty()) {
        if let Some(reason) = unsure(token, shape)
            && !reasons.contains(&reason)
        {
            reasons.push(reason);
        }
    }
    if reasons.contains(&Reason::SecondDiffers) {
        alternative = second_value(used, shape).filter(|second| *second != taken.value);
    }
    // Where the first reading breaks the rules of its type and the second keeps them, the second is shown, and the first
    // beside it; a person confirms.
    let breaks = |reasons: &[Reason]| {
        let rules = [Reason::Shape, Reason::UnusualWord, Reason::NoProvince];
        rules.iter().filter(|rule| reasons.contains(rule)).count()
    };
    let mut value = taken.value;
    if let Some(second) = &mut alternative {
        let words: Vec<&str> = second.split_whitespace().collect();
        let better = shape.take(&words).is_some_and(|again| {
            breaks(&again.faults) < breaks(&reasons) && again.value == *second
        });
        if better {
            std::mem::swap(&mut value, second);
        }
    }
    if fit < LABEL_FITS {
        reasons.push(Reason::Label);
    }
    let least = used
        .iter()
        .filter(|token| !token.folded.is_empty())
        .map(|token| token.word.confidence)
        .min();
    let doubtful = reasons.iter().any(|reason| !reason.is_note());
    let confidence = f32::from(least.unwrap_or(0)) / 100.0 * fit;
    let confidence = if doubtful {
        confidence.min(0.75)
    } else {
        confidence
    };
    let mut field = Field {
        name,
        value,
        confidence: (confidence * 100.0).round() / 100.0,
        state: if doubtful {
            FieldState::Check
        } else {
            FieldState::Accepted
        },
        reasons,
        places: lines_of(used),
        alternative,
        ..Field::default()
    };
    if matches!(shape, Shape::Place | Shape::Authority) {
        note_place(&mut field);
    }
    field
}

/// Why a word is not sure; none when it is.
fn unsure(token: &Token<'_>, shape: Shape) -> Option<Reason> {
    if token.word.handwritten {
        return Some(Reason::Handwriting);
    }
    let confidence = token.word.confidence;
    match &token.word.second {
        Some(second) => {
            let (read, again) = (bare(&token.text), bare(&second.text));
            let alike = if token.whole {
                read == again
            } else {
                again.contains(read)
            };
            match alike {
                false => Some(Reason::SecondDiffers),
                true if confidence.max(second.confidence) < SURE_TWICE => Some(Reason::Unsure),
                true => None,
            }
        }
        None => {
            let enough = if shape.wants_second_look() {
                SURE_ONCE_FREE
            } else {
                SURE_ONCE
            };
            (confidence < enough).then_some(Reason::Unsure)
        }
    }
}

fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The value as the second look has it.
fn second_value(tokens: &[&Token<'_>], shape: Shape) -> Option<String> {
    let words: Vec<&str> = tokens
        .iter()
        .map(|token| match &token.word.second {
            Some(second) if token.whole => second.text.as_str(),
            _ => token.text.as_str(),
        })
        .collect();
    shape.take(&words).map(|taken| taken.value)
}

/// A box around each line of the value.
fn lines_of(tokens: &[&Token<'_>]) -> Vec<Place> {
    let mut lines: Vec<Vec<&Token<'_>>> = Vec::new();
    for token in tokens {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|last| token.rect.x >= last.rect.x) => {
                line.push(token)
            }
            _ => lines.push(vec![token]),
        }
    }
    lines
        .into_iter()
        .map(|line| around(line.iter().map(|token| token.place)).into())
        .collect()
}

/// The last word on every field of a form that is filled in by hand as a rule.
pub(super) fn settle(template: &Template, pages: &[&PageText], fields: &mut [Field]) {
    let poor: Vec<u32> = pages
        .iter()
        .zip(1..)
        .filter(|(page, _)| reads_badly(page))
        .map(|(_, number)| number)
        .collect();
    for field in fields
        .iter_mut()
        .filter(|field| field.state == FieldState::Accepted && poor.contains(&field.page))
    {
        field.doubt(Reason::Page);
    }
    for field in fields.iter_mut() {
        if template.by_hand && field.state != FieldState::Unreadable {
            field.doubt(Reason::Handwriting);
        }
    }
}

/// Whether so much of a page is in doubt that its lines may be jumbled too.
fn reads_badly(page: &PageText) -> bool {
    let words = page
        .words
        .iter()
        .filter(|word| word.text.chars().any(char::is_alphanumeric));
    let (doubtful, all) = words.fold((0, 0), |(doubtful, all), word| {
        (doubtful + usize::from(word.confidence < DOUBTFUL), all + 1)
    });
    doubtful * 100 > all * DOUBTFUL_PERCENT
}

/// Says what an old place is called now, and when a ward is not known in its province. Neither changes the value.
fn note_place(field: &mut Field) {
    let Some(found) = rulebook::places::province_in(&field.value) else {
        return;
    };
    if let Some(now) = rulebook::places::now(&field.value) {
        field.mapped = Some(match now.commune {
            Some(commune) => format!("{commune}, {}", now.province),
            None => now.province.to_owned(),
        });
        field.doubt(Reason::OldPlace);
        return;
    }
    let ward = field.value.split(',').map(str::trim).find(|part| {
        let start = part.to_lowercase();
        ["phường ", "xã ", "đặc khu "]
            .iter()
            .any(|rank| start.starts_with(rank))
    });
    if let Some(ward) = ward
        && !found.province.has_commune(ward)
    {
        field.doubt(Reason::WardElsewhere);
    }
}
