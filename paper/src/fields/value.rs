//! Where the value of a label lies: beside it, below it, and on over the next lines.

use std::ops::Range;

use crate::documents::{FieldRule, Of, Template};
use crate::fold::fold;
use crate::layout::{Layout, Segment};

use super::find::{Hit, is_numbering};
use crate::reason::Reason;
use crate::shape::Shape;

/// Lines of one value follow each other within this many heights of the writing, middle to middle.
const LINE_STEP: f32 = 2.6;

/// A line counts as full from this share of its column's width on.
const FULL: f32 = 0.62;

/// Where a value lies.
pub(crate) struct Reach {
    /// In reading order; the label's own among them when it belongs to the value.
    pub(crate) tokens: Vec<usize>,
    /// The line ends where the column ends, and the line below may go on with it.
    pub(crate) cut: bool,
}

/// The tokens of a label's value.
pub(crate) fn reach(template: &Template, layout: &Layout<'_>, hits: &[Hit], nth: usize) -> Reach {
    let nothing = Reach {
        tokens: Vec::new(),
        cut: false,
    };
    let hit = &hits[nth];
    let Of::Field(field) = hit.of else {
        return nothing;
    };
    let rule = &template.fields[field];
    let mut value: Vec<usize> = if rule.keep_label {
        (hit.from..hit.to).collect()
    } else {
        Vec::new()
    };
    let own = value.len();
    let segment = &layout.segments[hit.segment];
    let (rest, mut ended) = up_to_next(layout, hits, hit.to..segment.tokens.end);
    if rest.iter().any(|at| !layout.tokens[*at].folded.is_empty()) {
        value.extend(rest);
    }
    // "Số: 12, quyển số: 3": no point of the form, a number.
    let first = hit.to..segment.tokens.end.min(hit.to + 1);
    if value.len() == own
        && matches!(rule.shape, Shape::Number | Shape::Count)
        && layout.tokens[first.clone()]
            .iter()
            .any(|token| token.text.ends_with(','))
    {
        value.extend(first);
    }
    let mut last = hit.segment;
    if !ended && value.len() == own {
        // A label and its value may stand far apart in one row.
        if let Some((next, beside)) = right_of(layout, hits, hit.segment) {
            last = next;
            value.extend(beside);
        }
    }
    // What stands beside may be a speck; then the line below is looked at, on cards.
    let letters = value[own..]
        .iter()
        .flat_map(|at| layout.tokens[*at].text.chars())
        .filter(|c| c.is_alphanumeric());
    let poor = value.len() == own + 1 && letters.count() < 3 && !fits(layout, rule, &value[own..]);
    if (value.len() == own || poor)
        && (template.below || rule.shape == Shape::Mrz)
        && let Some((next, below)) = below(layout, hits, hit)
            .filter(|(_, below)| value.len() == own || fits(layout, rule, below))
    {
        last = next;
        value.truncate(own);
        value.extend(below);
        ended = false;
    }
    // An empty value goes on below only where its label ends a line that was full.
    let label = &layout.segments[hit.segment];
    let full = label.right() as f32
        >= layout.left as f32 + layout.right.saturating_sub(layout.left) as f32 * FULL;
    let last_in_row = layout.rows[label.row].end == hit.segment + 1;
    let mut cut = false;
    if !ended && (value.len() > own || rule.running || full && last_in_row) {
        cut = run_on(layout, hits, rule, hit, last, &mut value);
    }
    let whole = value.len();
    until(layout, rule, own, &mut value);
    Reach {
        cut: cut && value.len() == whole,
        tokens: value,
    }
}

/// Whether words look as the type wants them.
fn fits(layout: &Layout<'_>, rule: &FieldRule, value: &[usize]) -> bool {
    let words: Vec<&str> = value
        .iter()
        .map(|at| layout.tokens[*at].text.as_str())
        .collect();
    let letters = words.iter().flat_map(|word| word.chars());
    letters.filter(|c| c.is_alphanumeric()).count() > 1
        && rule
            .shape
            .take(&words)
            .is_some_and(|taken| !taken.faults.contains(&Reason::Shape))
}

/// Tokens up to the next label, its number left out; and whether a label ended them.
fn up_to_next(layout: &Layout<'_>, hits: &[Hit], range: Range<usize>) -> (Vec<usize>, bool) {
    let next = hits
        .iter()
        .map(|hit| hit.from)
        .filter(|from| range.contains(from))
        .min();
    let end = match next {
        Some(from) if from > range.start && is_numbering(&layout.tokens[from - 1]) => from - 1,
        Some(from) => from,
        None => range.end,
    };
    ((range.start..end).collect(), next.is_some())
}

/// The next segment in the row, if it begins with no label.
fn right_of(layout: &Layout<'_>, hits: &[Hit], at: usize) -> Option<(usize, Vec<usize>)> {
    let row = &layout.rows[layout.segments[at].row];
    let next = (at + 1..row.end).next()?;
    let (tokens, _) = up_to_next(layout, hits, layout.segments[next].tokens.clone());
    (!tokens.is_empty()).then_some((next, tokens))
}

/// The segment under a label that begins about where the label begins, or under it.
fn below(layout: &Layout<'_>, hits: &[Hit], hit: &Hit) -> Option<(usize, Vec<usize>)> {
    let label = &layout.segments[hit.segment];
    let left = layout.tokens[hit.from].rect.x;
    let right = layout.tokens[hit.to - 1].rect.x + layout.tokens[hit.to - 1].rect.w;
    let reach = layout.height as f32 * LINE_STEP;
    layout
        .segments
        .iter()
        .enumerate()
        .filter(|(_, segment)| segment.row > label.row)
        .find_map(|(at, segment)| {
            let near = (segment.middle() as f32) < label.middle() as f32 + reach * 1.3;
            let under = segment.rect.x.abs_diff(left) < layout.height * 3
                || segment.rect.x >= left && segment.rect.x < right;
            if !near || !under {
                return None;
            }
            let (tokens, _) = up_to_next(layout, hits, segment.tokens.clone());
            (!tokens.is_empty()).then_some((at, tokens))
        })
}

/// Adds the lines over which a long value runs on; says whether it might go on further than it was followed.
fn run_on(
    layout: &Layout<'_>,
    hits: &[Hit],
    rule: &FieldRule,
    hit: &Hit,
    mut last: usize,
    value: &mut Vec<usize>,
) -> bool {
    let (left, right) = column(layout, hits, hit.segment, last);
    // A label that ends its line has its value on the next.
    let lines = if value.is_empty() {
        rule.lines.max(1)
    } else {
        rule.lines
    };
    let begins = value
        .first()
        .map_or(left, |first| layout.tokens[*first].rect.x);
    for line in 0..=lines {
        let above = &layout.segments[last];
        let Some(at) = next_line(layout, above, last, left, right) else {
            return false;
        };
        let segment = &layout.segments[at];
        let step = segment.middle().saturating_sub(above.middle()) as f32;
        let tall = layout.height.max(above.rect.h.min(layout.height * 2)) as f32;
        let aligned = segment.rect.x < left + layout.height * 4
            || segment.rect.x.abs_diff(begins) < layout.height * 2;
        if step > tall * LINE_STEP || !aligned || is_complete(layout, rule, value) {
            return false;
        }
        let (goes_on, tight) = belongs(layout, hits, rule, value, above, segment, left, right);
        if line == lines || !goes_on {
            return rule.shape.is_open() && tight;
        }
        let (tokens, ended) = up_to_next(layout, hits, segment.tokens.clone());
        if tokens.is_empty() {
            return false;
        }
        // A speck before the line is no part of it.
        let specks = |at: &usize| layout.tokens[*at].folded.is_empty();
        value.extend(tokens.into_iter().skip_while(specks));
        last = at;
        if ended {
            return false;
        }
    }
    false
}

/// The segment on the next line: in the same column, or at the left margin under the last piece of a row. Rows that
/// stand wholly beside it, as the second card on a sheet does, are passed over.
fn next_line(
    layout: &Layout<'_>,
    above: &Segment,
    last: usize,
    left: u32,
    right: u32,
) -> Option<usize> {
    let rows = layout.rows.iter().skip(above.row + 1).take(4);
    for row in rows {
        let in_column = row.clone().find(|at| {
            let segment = &layout.segments[*at];
            // The first line of a paragraph is often indented.
            let indented = *at == row.start && segment.rect.x + layout.height * 4 >= left;
            (segment.rect.x + layout.height >= left || indented) && segment.rect.x < right
        });
        let beside = row
            .clone()
            .all(|at| layout.segments[at].rect.x > above.right() + layout.height);
        if in_column.is_some() && !beside {
            return in_column;
        }
        if !beside {
            return (layout.rows[above.row].end == last + 1).then_some(row.start);
        }
    }
    None
}

/// An address that names its province already goes no further, nor does a whole date or number.
fn is_complete(layout: &Layout<'_>, rule: &FieldRule, value: &[usize]) -> bool {
    if value.is_empty() || !rule.shape.is_open() {
        return !value.is_empty() && fits(layout, rule, value);
    }
    if !matches!(rule.shape, Shape::Place | Shape::Authority) {
        return false;
    }
    let words: Vec<&str> = value
        .iter()
        .map(|at| layout.tokens[*at].text.as_str())
        .collect();
    let text = words.join(" ");
    !text.ends_with(',') && rulebook::places::province_in(&text).is_some()
}

/// Whether the line below goes on with the value above, and whether the line above could not have held its first word.
#[allow(clippy::too_many_arguments)] // one question, asked in one place
fn belongs(
    layout: &Layout<'_>,
    hits: &[Hit],
    rule: &FieldRule,
    value: &[usize],
    above: &Segment,
    below: &Segment,
    left: u32,
    right: u32,
) -> (bool, bool) {
    const NO: (bool, bool) = (false, false);
    let tokens = &layout.tokens[below.tokens.clone()];
    let Some(first) = tokens.iter().find(|token| !token.folded.is_empty()) else {
        return NO;
    };
    let dated = tokens
        .windows(3)
        .any(|three| three[0].folded == "ngay" && three[2].folded == "thang");
    if dated && matches!(rule.shape, Shape::Place | Shape::Authority | Shape::Text) {
        return NO;
    }
    let labelled = hits.iter().any(|hit| hit.from == below.tokens.start)
        || is_numbering(first)
            && first
                .text
                .trim_end_matches(['.', ')'])
                .chars()
                .all(char::is_alphanumeric)
            && tokens.len() > 1
        || first.folded == "dieu"
            && tokens
                .get(1)
                .is_some_and(|next| next.text.starts_with(|c: char| c.is_ascii_digit()))
        || looks_labelled(layout, below);
    let bracket = first.text.starts_with('(')
        && !value.iter().any(|at| layout.tokens[*at].text.contains('('));
    let capitals = tokens
        .iter()
        .all(|token| !token.text.chars().any(char::is_lowercase))
        && tokens
            .iter()
            .any(|token| token.text.chars().any(char::is_alphabetic));
    let Some(last) = above.tokens.end.checked_sub(1).map(|at| &layout.tokens[at]) else {
        return NO;
    };
    let capitals_above = last.text.chars().all(|c| !c.is_lowercase());
    // A row of a table, or a line across the columns, goes on with nothing.
    let cells = layout.rows[below.row].len();
    let across = right != layout.right && below.right() > right + layout.height;
    let other = matches!(rule.shape, Shape::Text | Shape::Sentence) && (cells > 2 || across);
    if other || labelled || bracket || tokens.len() > 1 && capitals && !capitals_above {
        return NO;
    }
    if rule.running && rule.shape != Shape::Name {
        return (!last.text.ends_with(['.', ';']), false);
    }
    let width = right.saturating_sub(left).max(1) as f32;
    let full = above.right().saturating_sub(left) as f32 >= width * FULL;
    // The line could not have held the next word.
    let edge = if right == layout.right {
        layout.margin
    } else {
        right
    };
    // Between two columns there is white that belongs to neither.
    let white = if right == layout.right || rule.shape == Shape::Text {
        0
    } else {
        layout.height
    };
    let tight = above.right() + first.rect.w + layout.height / 2 + white >= edge;
    let place = matches!(rule.shape, Shape::Place | Shape::Authority);
    let open = last.text.ends_with([',', '-']) || place && is_place_word(&last.folded);
    let sentence_ended = last.text.ends_with('.') && first.text.starts_with(char::is_uppercase);
    match rule.shape {
        Shape::Place | Shape::Authority => (
            tight || open || is_place_word(&first.folded) || full,
            tight || open,
        ),
        Shape::DateWords => (true, true),
        // A few capitals more, in the manner of those above.
        Shape::Name => {
            let named = tokens
                .iter()
                .filter(|token| !token.folded.is_empty())
                .all(|token| token.text.starts_with(char::is_uppercase));
            let more = tight && named && capitals == capitals_above;
            let few = tokens.len() <= 4 && value.len() + tokens.len() <= 7;
            (more && few, more)
        }
        _ => {
            let goes_on = (tight || open) && !sentence_ended;
            (goes_on, goes_on)
        }
    }
}

fn is_place_word(folded: &str) -> bool {
    matches!(
        folded,
        "phuong"
            | "xa"
            | "thi"
            | "tran"
            | "quan"
            | "huyen"
            | "tinh"
            | "thanh"
            | "tp"
            | "pho"
            | "duong"
            | "to"
            | "khu"
            | "ap"
            | "thon"
    )
}

/// A line that asks for something itself: words and a colon near its start.
fn looks_labelled(layout: &Layout<'_>, segment: &Segment) -> bool {
    let tokens = &layout.tokens[segment.tokens.clone()];
    tokens
        .iter()
        .take(7)
        .position(|token| token.colon)
        .is_some_and(|colon| {
            let label = &tokens[..=colon];
            label.iter().any(|token| !token.folded.is_empty())
                && label.iter().all(|token| {
                    !token.text.chars().any(|c| c.is_ascii_digit()) || is_numbering(token)
                })
        })
}

/// From where to where the lines of a label's column run; `last` is the piece that the value begins in.
fn column(layout: &Layout<'_>, hits: &[Hit], at: usize, last: usize) -> (u32, u32) {
    let segment = &layout.segments[at];
    let row = layout.rows[segment.row].clone();
    let labelled = |at: &usize| {
        hits.iter()
            .any(|hit| hit.from == layout.segments[*at].tokens.start)
    };
    // What stands beside the value is another column, labelled or not.
    let beside = (last + 1..row.end).find(|next| labelled(next) || last != at);
    let right = beside
        .or_else(|| (at + 1..row.end).find(labelled))
        .map_or(layout.right, |next| {
            layout.segments[next]
                .rect
                .x
                .saturating_sub(layout.height / 2)
        });
    (segment.rect.x, right.max(segment.right()))
}

/// Cuts the value at words that end it.
fn until(layout: &Layout<'_>, rule: &FieldRule, own: usize, value: &mut Vec<usize>) {
    for at in own..value.len() {
        let stops = rule.until.iter().any(|words| {
            words.iter().enumerate().all(|(nth, word)| {
                value
                    .get(at + nth)
                    .is_some_and(|token| fold(&layout.tokens[*token].text) == *word)
            })
        });
        if stops {
            value.truncate(at);
            return;
        }
    }
}
