//! Labels in words that no template has: "Số hiệu bằng" where "Số hiệu" was expected.
//!
//! Such a label is taken only for a field that no label of its own was found for, and a person looks at the value.

use crate::documents::{Of, Template};
use crate::fold::distance;
use crate::layout::{Layout, Segment};

use super::find::{Hit, is_numbering, opens};

/// Two labels with less than this in common ask for different things.
const LEAST: f32 = 0.6;

/// A label has no more words.
const LONGEST: usize = 9;

/// Adds them to the hits of a page, in their places.
pub(super) fn add(template: &Template, layout: &Layout<'_>, hits: &mut Vec<Hit>) {
    let mut added: Vec<Hit> = Vec::new();
    for (at, segment) in layout.segments.iter().enumerate() {
        let range = segment.tokens.clone();
        for colon in range.clone().filter(|token| layout.tokens[*token].colon) {
            let taken = hits.iter().chain(&added).any(|hit| {
                hit.of != Of::Nothing && hit.segment == at && hit.from <= colon && colon < hit.to
            });
            if taken {
                continue;
            }
            if let Some(hit) = best(template, layout, hits, at, segment, colon) {
                let own = Span::at(template, hits, colon);
                let same = |other: &Hit| other.of == hit.of && own.holds(other.from);
                added.retain(|other| !same(other) || other.fit >= hit.fit);
                if !added.iter().any(same) {
                    added.push(hit);
                }
            }
        }
    }
    // An unknown point that turned out to be a label is no end only.
    hits.retain(|hit| {
        hit.of != Of::Nothing
            || added
                .iter()
                .all(|new| hit.to <= new.from || new.to <= hit.from)
    });
    hits.extend(added);
    hits.sort_by_key(|hit| hit.from);
}

/// The part of a page that one section takes: from the label that opens it to the next that opens one.
struct Span {
    section: Option<usize>,
    from: usize,
    to: usize,
}

impl Span {
    fn at(template: &Template, hits: &[Hit], token: usize) -> Self {
        let mut span = Self {
            section: None,
            from: 0,
            to: usize::MAX,
        };
        for hit in hits {
            let Some(section) = opens(template, hit) else {
                continue;
            };
            if hit.from <= token {
                span.section = Some(section);
                span.from = hit.from;
            } else {
                span.to = span.to.min(hit.from);
            }
        }
        span
    }

    fn holds(&self, token: usize) -> bool {
        (self.from..self.to).contains(&token)
    }
}

/// The field whose label is most like the words before a colon.
fn best(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    at: usize,
    segment: &Segment,
    colon: usize,
) -> Option<Hit> {
    let first = segment
        .tokens
        .start
        .max((colon + 1).saturating_sub(LONGEST));
    let span = Span::at(template, hits, colon);
    let columns = template.sections.iter().any(|section| section.column);
    let mut found: Option<Hit> = None;
    let mut letters = String::new();
    for from in (first..=colon).rev() {
        let token = &layout.tokens[from];
        let inside = hits
            .iter()
            .any(|hit| hit.of != Of::Nothing && hit.from <= from && from < hit.to);
        let ended = from < colon && token.colon
            || is_numbering(token)
            || token.text.bytes().any(|byte| byte.is_ascii_digit());
        if inside || ended {
            break;
        }
        letters.insert_str(0, &token.folded);
        if !token.text.chars().next().is_some_and(char::is_uppercase) {
            continue;
        }
        for label in &template.labels {
            let Of::Field(field) = label.of else { continue };
            let rule = &template.fields[field];
            // A field of each section may stand once in each; side by side nothing tells where one ends.
            let sectioned = rule.within.is_some() || rule.name.contains("{s}");
            let known = hits.iter().any(|hit| match hit.of {
                Of::Field(other) => {
                    template.fields[other].name == rule.name && (!sectioned || span.holds(hit.from))
                }
                _ => false,
            });
            let elsewhere = rule.within.is_some() && rule.within != span.section;
            if known
                || elsewhere
                || sectioned && (columns || rule.opens.is_some())
                || label.letters.len() < 5
            {
                continue;
            }
            let fit = alike(&letters, &label.letters);
            if fit >= LEAST && found.as_ref().is_none_or(|best| fit * 0.84 > best.fit) {
                found = Some(Hit {
                    of: label.of,
                    from,
                    to: colon + 1,
                    words_to: colon + 1,
                    // Never as good as a label of the template.
                    fit: fit * 0.84,
                    weight: 0.0,
                    segment: at,
                });
            }
        }
    }
    found
}

/// How much two labels have in common: one within the other, or letter by letter.
fn alike(printed: &str, label: &str) -> f32 {
    let (short, long) = (
        printed.len().min(label.len()),
        printed.len().max(label.len()),
    );
    if printed.contains(label) || label.contains(printed) {
        return short as f32 / long as f32;
    }
    // Other words altogether are no slip.
    let slips = distance(printed, label) as f32 / long as f32;
    if slips <= 0.25 { 1.0 - slips } else { 0.0 }
}
