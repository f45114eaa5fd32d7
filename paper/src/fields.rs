//! The fields of a paper: values beside their printed labels, each with how sure the reading is.
//!
//! Nothing is put right silently: a value stays as it was read; a value that breaks its own rules (a date that does not
//! exist, a personal number that contradicts the birth date) is kept and marked for a person to check.

mod labels;
mod shape;

use models::{PageText, Word};
use serde::{Deserialize, Serialize};

use crate::fold::{distance, fold};
use labels::{Label, labels_of};
pub use shape::Shape;

/// From here on a field is accepted without a look.
const ACCEPTED: f32 = 0.80;

/// A line is full when it reaches this far towards the right edge of the page's writing.
const FULL_LINE_PERCENT: u64 = 80;

/// What the desk may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    Accepted,
    /// A person compares it with the paper.
    Check,
    /// The label is there, a value was not read.
    Unreadable,
}

/// One field. `Debug` tells its name and state, never its value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    /// 0 to 1: the least sure word, the label's fit and the value's own rules together.
    pub confidence: f32,
    pub state: FieldState,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Field({}, {:.2}, {:?})",
            self.name, self.confidence, self.state
        )
    }
}

/// Takes the fields of a paper of one kind out of its pages. A kind without labels of its own gives what every paper
/// has: names, birth dates and personal numbers after the usual words.
pub fn extract(kind: &str, pages: &[&PageText]) -> Vec<Field> {
    let labels = labels_of(kind);
    let mut taken = Taken {
        fields: Vec::new(),
        section: "",
    };
    for page in pages {
        take_page(labels, page, &mut taken);
    }
    let mut fields = taken.fields;
    stray_numbers(pages, &mut fields);
    cross_check(&mut fields);
    fields
}

struct Taken {
    fields: Vec<Field>,
    /// Whose lines these are: nobody's in particular, the mother's, the father's.
    section: &'static str,
}

/// A word with what comparing needs.
struct Token<'a> {
    word: &'a Word,
    folded: String,
    /// The word ends a label: `tên:`.
    colon: bool,
}

/// A label found in a line.
struct Hit<'a> {
    label: &'a Label,
    from: usize,
    to: usize,
    fit: f32,
}

fn take_page(labels: &[Label], page: &PageText, taken: &mut Taken) {
    let lines = lines(page);
    let right_edge = page
        .words
        .iter()
        .map(|word| word.bbox.x + word.bbox.w)
        .max()
        .unwrap_or(0);
    let found: Vec<Vec<Hit<'_>>> = lines.iter().map(|line| hits(labels, line)).collect();
    for (at, line) in lines.iter().enumerate() {
        for (nth, hit) in found[at].iter().enumerate() {
            if let Some(section) = hit.label.opens {
                taken.section = section;
            }
            if hit.label.field.is_empty() {
                continue; // a label that only ends the value before it
            }
            let until = found[at]
                .get(nth + 1)
                .map_or(line.len(), |next| before_number(line, hit.to, next.from));
            let mut value: Vec<&Word> =
                line[hit.to..until].iter().map(|token| token.word).collect();
            // A long value runs on below, up to the next label.
            if until == line.len() {
                let below = (at + 1..lines.len())
                    .take(usize::from(hit.label.more_lines))
                    .take_while(|next| found[*next].is_empty());
                for next in below {
                    if runs_on(&value, &lines[next], right_edge) {
                        value.extend(lines[next].iter().map(|token| token.word));
                    }
                }
            }
            let name = if hit.label.sectioned {
                format!("{}{}", hit.label.field, taken.section)
            } else {
                hit.label.field.to_owned()
            };
            if taken
                .fields
                .iter()
                .any(|field| field.name == name && field.state != FieldState::Unreadable)
            {
                continue; // the first place is the paper's own; later ones are tables and notes
            }
            let field = judge(name, &value, hit.label.shape, hit.fit);
            taken.fields.retain(|old| old.name != field.name);
            taken.fields.push(field);
        }
    }
}

/// Where a value ends before the next label: in front of that label's number, as in `3. Giới tính`.
fn before_number(line: &[Token<'_>], from: usize, label: usize) -> usize {
    let numbered = line[from..label].last().is_some_and(|token| {
        let number = token.word.text.trim_end_matches(['.', ')']);
        number.len() < token.word.text.len()
            && number.len() <= 2
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    label - usize::from(numbered)
}

/// Whether the line below belongs to the value: the value's own line is full, and the next follows close and begins no
/// numbered part of the form.
fn runs_on(value: &[&Word], below: &[Token<'_>], right_edge: u32) -> bool {
    let (Some(last), Some(first)) = (value.last(), below.first()) else {
        return false;
    };
    let number = first.word.text.trim_end_matches(['.', ')']);
    let numbered = number.len() < first.word.text.len()
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X' | 'l'));
    let full =
        u64::from(last.bbox.x + last.bbox.w) * 100 >= u64::from(right_edge) * FULL_LINE_PERCENT;
    let gap = first.word.bbox.y.saturating_sub(last.bbox.y);
    full && !numbered && first.word.bbox.y > last.bbox.y && gap < last.bbox.h.max(20) * 3
}

fn lines(page: &PageText) -> Vec<Vec<Token<'_>>> {
    let mut lines: Vec<Vec<Token<'_>>> = Vec::new();
    let mut place = None;
    for word in &page.words {
        let folded = fold(&word.text);
        let colon = word.text.ends_with([':', ';']);
        if place != Some((word.block, word.line)) {
            place = Some((word.block, word.line));
            lines.push(Vec::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push(Token {
                word,
                folded,
                colon,
            });
        }
    }
    lines
}

/// The labels of a line, in order, none over another; the longer of two at one place wins.
fn hits<'a>(labels: &'a [Label], line: &[Token<'_>]) -> Vec<Hit<'a>> {
    let mut all: Vec<Hit<'a>> = Vec::new();
    for label in labels {
        let words = label.words.split(' ').count();
        for from in 0..line.len() {
            // Points of their own and numbering fold to little or nothing; a label may have lost or gained a word gap.
            for to in from + words.saturating_sub(1).max(1)..=(from + words + 1).min(line.len()) {
                let tokens = &line[from..to];
                if tokens.first().is_none_or(|token| token.folded.is_empty())
                    || tokens.last().is_none_or(|token| token.folded.is_empty())
                {
                    continue;
                }
                let read = tokens
                    .iter()
                    .map(|token| token.folded.as_str())
                    .filter(|word| !word.is_empty())
                    .collect::<Vec<_>>()
                    .join(" ");
                let slips = distance(label.words, &read);
                let length = label.words.chars().count();
                if slips * 5 > length {
                    continue;
                }
                let ended = line[to - 1].colon
                    || line
                        .get(to)
                        .is_some_and(|next| matches!(next.word.text.as_str(), ":" | ";"));
                let at_start = line[..from].iter().all(|before| before.folded.len() <= 2);
                // Running text holds the same words; what follows a label is a colon, or it opens the line.
                if !(ended || at_start && label.bare) {
                    continue;
                }
                let fit = (1.0 - slips as f32 / length as f32) * if ended { 1.0 } else { 0.9 };
                all.push(Hit {
                    label,
                    from,
                    to,
                    fit,
                });
            }
        }
    }
    all.sort_by(|a, b| {
        (b.fit * b.label.words.len() as f32).total_cmp(&(a.fit * a.label.words.len() as f32))
    });
    let mut kept: Vec<Hit<'a>> = Vec::new();
    for hit in all {
        if kept
            .iter()
            .all(|other| hit.to <= other.from || other.to <= hit.from)
        {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| hit.from);
    kept
}

fn judge(name: String, words: &[&Word], shape: Shape, fit: f32) -> Field {
    let printed = words
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let trimmed = printed.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | ';' | ',' | '.' | '|' | '_')
    });
    let least = words
        .iter()
        .filter(|word| word.text.chars().any(char::is_alphanumeric))
        .map(|word| word.confidence)
        .min();
    let (value, sound) = shape.fit(trimmed);
    let confidence = f32::from(least.unwrap_or(0)) / 100.0 * fit * if sound { 1.0 } else { 0.5 };
    let state = match () {
        () if value.is_empty() => FieldState::Unreadable,
        () if sound && confidence >= ACCEPTED => FieldState::Accepted,
        () => FieldState::Check,
    };
    Field {
        name,
        value,
        confidence: (confidence * 100.0).round() / 100.0,
        state,
    }
}

/// Personal numbers without a label that was understood: found, but whose they are is for a person to say.
fn stray_numbers(pages: &[&PageText], fields: &mut Vec<Field>) {
    let mut count = 0;
    for word in pages.iter().flat_map(|page| &page.words) {
        let number = word.text.trim_matches(|c: char| !c.is_alphanumeric());
        let known = fields.iter().any(|field| field.value == number);
        if !known
            && number.len() == 12
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && shape::could_be_personal_number(number)
        {
            count += 1;
            fields.push(Field {
                name: format!("so_dinh_danh_khac_{count}"),
                value: number.to_owned(),
                confidence: f32::from(word.confidence) / 200.0,
                state: FieldState::Check,
            });
        }
    }
}

/// The personal number says its holder's birth year, century and sex: where the paper says otherwise, both are for a
/// person to check.
fn cross_check(fields: &mut [Field]) {
    let value = |name: &str| {
        fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value.clone())
    };
    let Some(number) = value("so_dinh_danh") else {
        return;
    };
    let agrees = shape::agrees(
        &number,
        value("ngay_sinh").as_deref(),
        value("gioi_tinh").as_deref(),
    );
    if agrees {
        return;
    }
    for field in fields.iter_mut().filter(|field| {
        matches!(
            field.name.as_str(),
            "so_dinh_danh" | "ngay_sinh" | "gioi_tinh"
        )
    }) {
        field.confidence = field.confidence.min(0.5);
        if field.state == FieldState::Accepted {
            field.state = FieldState::Check;
        }
    }
}

#[cfg(test)]
mod tests;
