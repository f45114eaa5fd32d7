//! Finding a template's labels on a page, slips allowed.

use std::ops::Range;

use crate::documents::{Of, Template};
use crate::fold::distance;
use crate::layout::{Layout, Segment, Token};

use crate::reason::Reason;
use crate::shape::Shape;

use super::alike;

/// A label may be misread by this share of its letters.
const SLIPS_PERCENT: usize = 20;

/// Below this length every letter must be right.
const SHORT: usize = 5;

/// Without a colon behind it a label must be at least so long to count where a line begins.
const LONG_ENOUGH: usize = 7;

/// A label found: tokens `from..to` of the page, colon and brackets included.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) of: Of,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// The last token of the label's own words.
    pub(crate) words_to: usize,
    /// 0 to 1.
    pub(crate) fit: f32,
    /// Letters less three for every slip: of two labels over each other the heavier one is meant.
    pub(super) weight: f32,
    pub(crate) segment: usize,
}

/// The labels of a page in reading order, none over another; of two at one place the longer wins.
pub(crate) fn hits(template: &Template, layout: &Layout<'_>) -> Vec<Hit> {
    let mut kept: Vec<Hit> = Vec::new();
    let mut current = None;
    for (at, segment) in layout.segments.iter().enumerate() {
        let mut all = in_segment(template, layout, at, segment);
        // Where two fields share a label, the section decides which is meant.
        let opened: Vec<usize> = all.iter().filter_map(|hit| opens(template, hit)).collect();
        let within = |hit: &Hit| match hit.of {
            Of::Field(field) => template.fields[field].within,
            _ => None,
        };
        all.retain(|hit| {
            within(hit).is_none_or(|here| current == Some(here) || opened.contains(&here))
        });
        all.extend(numbered(layout, at, segment));
        all.extend(broken(template, layout, at));
        all.sort_by(|a, b| {
            b.weight
                .total_cmp(&a.weight)
                .then(within(b).is_some().cmp(&within(a).is_some()))
                .then(a.from.cmp(&b.from))
        });
        let first = kept.len();
        for hit in all {
            if kept[first..]
                .iter()
                .all(|other| hit.words_to <= other.from || other.words_to <= hit.from)
            {
                kept.push(hit);
            }
        }
        kept[first..].sort_by_key(|hit| hit.from);
        for hit in &kept[first..] {
            current = opens(template, hit).or(current);
        }
    }
    let mut hits = in_their_sections(template, kept);
    alike::add(template, layout, &mut hits);
    hits
}

pub(super) fn opens(template: &Template, hit: &Hit) -> Option<usize> {
    match hit.of {
        Of::Section(section) => Some(section),
        Of::Field(field) => template.fields[field].opens,
        Of::Nothing => None,
    }
}

/// Labels in running text that a line's end breaks: "quê" and "quán" on the next line.
fn broken(template: &Template, layout: &Layout<'_>, at: usize) -> Vec<Hit> {
    let segment = &layout.segments[at];
    let Some(next) = layout.rows.get(segment.row + 1).map(|row| row.start) else {
        return Vec::new();
    };
    if layout.rows[segment.row].end != at + 1 {
        return Vec::new();
    }
    let (tail, head) = (&segment.tokens, layout.segments[next].tokens.clone());
    let mut hits = Vec::new();
    for label in &template.labels {
        let Of::Field(field) = label.of else { continue };
        if !template.fields[field].running {
            continue;
        }
        for from in tail.end.saturating_sub(4).max(tail.start)..tail.end {
            let mut read: String = layout.tokens[from..tail.end]
                .iter()
                .map(|token| token.folded.as_str())
                .collect();
            if !label.letters.starts_with(&read) || read.is_empty() {
                continue;
            }
            for to in head.start + 1..=head.end.min(head.start + 4) {
                read.push_str(&layout.tokens[to - 1].folded);
                if read == label.letters {
                    hits.push(Hit {
                        of: label.of,
                        from,
                        to,
                        words_to: to,
                        fit: 1.0,
                        weight: read.len() as f32,
                        // The value begins on the next line.
                        segment: next,
                    });
                }
            }
        }
    }
    hits
}

/// Points of a form that the template does not know, `6. Rừng trồng:`: whatever they ask for, the value before ends there.
fn numbered(layout: &Layout<'_>, at: usize, segment: &Segment) -> Vec<Hit> {
    let range = segment.tokens.clone();
    let mut hits = Vec::new();
    for from in range.clone() {
        let token = &layout.tokens[from];
        let is_number = is_numbering(token)
            && token
                .text
                .chars()
                .next()
                .is_some_and(|c| c.is_ascii_digit());
        if !is_number || from + 1 >= range.end {
            continue;
        }
        let words = &layout.tokens[from + 1..range.end.min(from + 10)];
        let capital = words[0].text.chars().next().is_some_and(char::is_uppercase);
        let Some(colon) = words.iter().position(|token| token.colon) else {
            continue;
        };
        let plain = words[..=colon]
            .iter()
            .all(|token| !token.text.bytes().any(|byte| byte.is_ascii_digit()));
        if capital && plain {
            hits.push(Hit {
                of: Of::Nothing,
                from: from + 1,
                to: from + 2 + colon,
                words_to: from + 2 + colon,
                fit: 1.0,
                weight: 0.0,
                segment: at,
            });
        }
    }
    hits
}

/// Leaves out labels that count in one section only and stand in another.
fn in_their_sections(template: &Template, hits: Vec<Hit>) -> Vec<Hit> {
    let mut current = None;
    hits.into_iter()
        .filter(|hit| match hit.of {
            Of::Field(field) => {
                let rule = &template.fields[field];
                let here = rule.within.is_none() || rule.within == current;
                current = rule.opens.or(current);
                here
            }
            _ => {
                current = opens(template, hit).or(current);
                true
            }
        })
        .collect()
}

fn in_segment(template: &Template, layout: &Layout<'_>, at: usize, segment: &Segment) -> Vec<Hit> {
    let mut all = Vec::new();
    let range = segment.tokens.clone();
    for from in range.clone() {
        if layout.tokens[from].folded.is_empty() {
            continue;
        }
        let mut read = String::new();
        let mut past_colon = false;
        for to in from + 1..=range.end.min(from + 16) {
            let token = &layout.tokens[to - 1];
            if to > from + 1 && is_numbering(token) && !token.folded.is_empty() {
                break;
            }
            read.push_str(&token.folded);
            if token.folded.is_empty() {
                past_colon |= token.colon;
                continue;
            }
            for label in template
                .labels
                .iter()
                .filter(|label| label.past_colon == past_colon)
            {
                let length = label.letters.len();
                let allowed = if length < SHORT {
                    0
                } else {
                    length * SLIPS_PERCENT / 100
                };
                if read.len().abs_diff(length) > allowed {
                    continue;
                }
                let slips = distance(&label.letters, &read);
                if slips > allowed {
                    continue;
                }
                let exact = slips == 0 || length >= 16 && slips == 1;
                if let Some(end) =
                    stands(template, label.of, layout, &range, from..to, length, exact)
                {
                    all.push(Hit {
                        of: label.of,
                        from,
                        to: end,
                        words_to: to,
                        fit: 1.0 - slips as f32 / length as f32,
                        weight: length as f32 - 3.0 * slips as f32,
                        segment: at,
                    });
                }
            }
            // What follows a colon is the value, but for the few labels that go on.
            past_colon |= token.colon;
        }
    }
    all
}

/// Whether words like a label's are one: a colon follows, or they open a line, or a value of the right type comes next.
/// Says where the label ends, colon, brackets and the same in English included.
fn stands(
    template: &Template,
    of: Of,
    layout: &Layout<'_>,
    segment: &Range<usize>,
    words: Range<usize>,
    length: usize,
    exact: bool,
) -> Option<usize> {
    let (from, to) = (words.start, words.end);
    let tokens = &layout.tokens;
    let opens = from == segment.start
        || tokens[segment.start..from].iter().all(is_numbering)
        || is_numbering(&tokens[from - 1]);
    let running = matches!(of, Of::Field(field) if template.fields[field].running);
    // "Quyển số:" is not "Số:", but "CCCD:" is known anywhere.
    let abbreviated = from + 1 == to
        && tokens[from].folded.len() >= 2
        && !tokens[from].text.chars().any(char::is_lowercase);
    if length < SHORT && !opens && !running && !abbreviated {
        return None;
    }
    // "Thử, ngày 3 tháng 7" is the day of signing, not of what the label asks for.
    let signing = length < SHORT
        && running
        && from > segment.start
        && tokens[from - 1].text.ends_with(',')
        && tokens[from - 1].text.starts_with(char::is_alphabetic);
    if signing {
        return None;
    }
    let rest = &tokens[to..segment.end];
    if tokens[to - 1].colon {
        let signs = rest.iter().take_while(|token| token.folded.is_empty());
        return Some(to + signs.count());
    }
    if length < SHORT && !opens && !running && colon_after(rest).is_none() {
        return None;
    }
    if let Some(end) = colon_after(rest) {
        return Some(to + end);
    }
    // Another label that only begins like this one: "Họ và tên chủ hộ:".
    let colon = rest.iter().take(5).position(|token| token.colon);
    let words_before = |at: usize| {
        rest[..=at]
            .iter()
            .all(|token| token.text.chars().all(|c| c.is_lowercase() || c == ':'))
    };
    if colon.is_some_and(words_before) && !running {
        return None;
    }
    // Without a colon it must be the very words: "Lĩnh, ngày" is not "Sinh ngày"; a long label that its value follows
    // may have a slip or a word more.
    let near = length >= 14 && opens && value_follows(template, of, rest);
    if !exact && !near {
        return None;
    }
    match of {
        Of::Section(_) => {
            // "Võ Tấn Lợi" is not "VỢ".
            let few = if length < SHORT { 0 } else { 5 };
            let alone = rest.iter().all(|token| token.folded.len() <= few) && opens;
            (alone || opens && length > 12).then_some(to)
        }
        Of::Nothing => opens.then_some(to),
        Of::Field(field) => {
            let rule = &template.fields[field];
            if running || opens && length >= LONG_ENOUGH {
                return Some(to);
            }
            let words = words_of(rest);
            // "Ông Lê Văn Thử", "Tôi tên Lê Thị Mẫu": capitals behind a word that introduces a person.
            let named = rule.shape == Shape::Name
                && (opens || length >= LONG_ENOUGH)
                && rule.shape.take(&words).is_some_and(|taken| {
                    taken.used.start == 0
                        && !taken.faults.contains(&Reason::Shape)
                        && (opens || taken.faults.is_empty())
                });
            if named {
                return Some(to);
            }
            let told = rule.shape.tells_itself()
                && rule.shape.take(&words).is_some_and(|taken| {
                    // "số 3, phường Mẫu" is a house: a paper's number has a symbol.
                    let plain = rule.shape == Shape::Number && !taken.value.contains(['/', '-']);
                    taken.faults.is_empty() && taken.used.start <= 1 && !plain
                });
            // A day or a number after a word like it stands in many a sentence; without a colon it must be a longer label.
            let plain = matches!(
                rule.shape,
                Shape::Date | Shape::PersonalNumber | Shape::IdentityPaper | Shape::Phone
            );
            let weighty = length >= LONG_ENOUGH
                || opens && rule.shape != Shape::Count
                || plain && length >= 4;
            (told && weighty || opens && rest.is_empty() && length >= SHORT).then_some(to)
        }
    }
}

fn words_of<'t>(tokens: &'t [Token<'_>]) -> Vec<&'t str> {
    let words = tokens.iter().take(8).map(|token| token.text.as_str());
    words.collect()
}

/// Whether a sound value of the label's type comes next.
fn value_follows(template: &Template, of: Of, rest: &[Token<'_>]) -> bool {
    let Of::Field(field) = of else { return false };
    let shape = template.fields[field].shape;
    shape.tells_itself()
        && shape
            .take(&words_of(rest))
            .is_some_and(|taken| taken.used.start <= 1 && taken.faults.is_empty())
}

/// Where a label goes on to a colon: brackets, or the same in another language behind a stroke.
fn colon_after(rest: &[Token<'_>]) -> Option<usize> {
    let first = rest.first()?;
    if matches!(first.text.as_str(), ":" | ";" | ".:" | "::") {
        return Some(1);
    }
    let bracket = first.text.starts_with('(');
    let stroke = first.text.starts_with(['/', '|']);
    if !bracket && !stroke {
        return None;
    }
    for (at, token) in rest.iter().enumerate().take(9) {
        if token.colon || token.text.ends_with(";.") {
            return Some(at + 1);
        }
        if matches!(rest.get(at + 1).map(|next| next.text.as_str()), Some(":")) {
            return Some(at + 2);
        }
        if bracket && token.text.ends_with(')') {
            return None;
        }
    }
    // The English half ends the line, its colon lost.
    (stroke
        && rest.len() <= 6
        && rest
            .iter()
            .all(|token| !token.text.chars().any(|c| c.is_ascii_digit())))
    .then_some(rest.len())
}

/// `3.`, `a)`, `IV.`, a dash.
pub(crate) fn is_numbering(token: &Token<'_>) -> bool {
    let bare = token
        .text
        .trim_start_matches(['(', '-', '*', '+', '•'])
        .trim_end_matches(['.', ')', ',', '/', '-']);
    if bare.is_empty() {
        return true;
    }
    let ended = token.text.ends_with(['.', ')', ',', '/']);
    ended
        && (bare.len() <= 2 && bare.bytes().all(|byte| byte.is_ascii_digit())
            || bare.chars().count() == 1 && bare.chars().all(char::is_lowercase)
            || bare.len() <= 4
                && bare
                    .bytes()
                    .all(|byte| matches!(byte, b'I' | b'V' | b'X' | b'l' | b'L')))
}
