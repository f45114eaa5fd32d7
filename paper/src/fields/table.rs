//! Rows of a table: members of a household, each a row with name, birth date and number.

use crate::documents::{Of, Table, Template};
use crate::fold::distance_within;
use crate::layout::{Layout, Segment, Token};

use super::find::Hit;
use super::judge::of_tokens;
use super::shape::Shape;
use super::{Field, FieldState, Reason};

/// Nobody's household is longer than a page.
const MAX_ROWS: usize = 40;

/// Rows follow each other within this many heights of the writing.
const ROW_STEP: u32 = 4;

pub(super) fn take(template: &Template, layout: &Layout<'_>, hits: &[Hit], found: &mut Vec<Field>) {
    for table in &template.tables {
        let Some((first, edges)) = heading(table, layout) else {
            continue;
        };
        rows(table, layout, hits, first, &edges, found);
    }
}

/// The row of headings, and where each column begins; no edges when not every heading was found.
fn heading(table: &Table, layout: &Layout<'_>) -> Option<(usize, Vec<u32>)> {
    layout.rows.iter().enumerate().find_map(|(row, segments)| {
        let segments = &layout.segments[segments.clone()];
        let tokens: Vec<&Token<'_>> = segments
            .iter()
            .flat_map(|segment| &layout.tokens[segment.tokens.clone()])
            .collect();
        if tokens.iter().any(|token| token.colon) || segments.len() < 2 && tokens.len() < 4 {
            return None;
        }
        let letters: String = tokens.iter().map(|token| token.folded.as_str()).collect();
        let there = table
            .headings
            .iter()
            .filter(|heading| distance_within(heading, &letters) * 5 <= heading.len())
            .count();
        if there * 2 < table.headings.len() || there < 2 {
            return None;
        }
        let spans: Option<Vec<(u32, u32)>> = table
            .headings
            .iter()
            .map(|heading| span(heading, &tokens))
            .collect();
        let edges = spans.map(|spans| {
            let gaps = spans.windows(2).map(|pair| (pair[0].1 + pair[1].0) / 2);
            std::iter::once(0).chain(gaps).collect::<Vec<u32>>()
        });
        let edges = edges.filter(|edges| edges.is_sorted() && edges.len() == table.columns.len());
        Some((row + 1, edges.unwrap_or_default()))
    })
}

/// From where to where a heading reaches in a row of tokens.
fn span(heading: &str, tokens: &[&Token<'_>]) -> Option<(u32, u32)> {
    let mut best: Option<(usize, u32, u32)> = None;
    for from in 0..tokens.len() {
        let mut read = String::new();
        for to in from..tokens.len().min(from + 8) {
            read.push_str(&tokens[to].folded);
            let slips = crate::fold::distance(heading, &read);
            if slips * 5 <= heading.len() && best.is_none_or(|(least, ..)| slips < least) {
                best = Some((
                    slips,
                    tokens[from].rect.x,
                    tokens[to].rect.x + tokens[to].rect.w,
                ));
            }
        }
    }
    best.map(|(_, from, to)| (from, to))
}

fn rows(
    table: &Table,
    layout: &Layout<'_>,
    hits: &[Hit],
    first: usize,
    edges: &[u32],
    found: &mut Vec<Field>,
) {
    let mut number = 0;
    let mut above: Option<u32> = None;
    let mut step: Option<u32> = None;
    for row in layout.rows.iter().skip(first).take(MAX_ROWS * 2) {
        let segments: &[Segment] = &layout.segments[row.clone()];
        let (Some(start), Some(middle)) =
            (segments.first(), segments.iter().map(Segment::middle).min())
        else {
            continue;
        };
        let labelled = hits.iter().any(|hit| {
            row.contains(&hit.segment)
                && hit.of != Of::Nothing
                && segments.len() < 3
                && hit.from == start.tokens.start
        });
        if labelled
            || above.is_some_and(|above| middle.saturating_sub(above) > layout.height * ROW_STEP)
            || number == MAX_ROWS
        {
            return;
        }
        let tokens: Vec<&Token<'_>> = segments
            .iter()
            .flat_map(|segment| &layout.tokens[segment.tokens.clone()])
            .collect();
        let cells = if edges.is_empty() {
            by_type(table, &tokens)
        } else {
            by_edge(edges, &tokens)
        };
        let strict = table.columns.iter().zip(&cells).filter(|(column, cell)| {
            let words: Vec<&str> = cell.iter().map(|token| token.text.as_str()).collect();
            matches!(
                column.shape,
                Shape::Date | Shape::PersonalNumber | Shape::Year
            ) && column
                .shape
                .take(&words)
                .is_some_and(|taken| taken.faults.iter().all(|fault| *fault != Reason::Shape))
        });
        if strict.count() == 0 {
            // A second line of a cell, an empty row, or the end; a wide gap or a label will tell.
            if tokens.len() > 8 {
                return;
            }
            continue;
        }
        let apart = above.map(|above| middle.saturating_sub(above));
        above = Some(middle);
        let (place, sure) = ordinal(number, cells.first(), apart, step);
        step = step.or(apart.filter(|_| place == number + 1));
        number = place;
        for (at, (column, cell)) in table.columns.iter().zip(&cells).enumerate() {
            if column.skip || cell.is_empty() {
                continue;
            }
            let name = table
                .name
                .replace("{row}", &number.to_string())
                .replace("{column}", &at.to_string());
            let mut field = of_tokens(name, cell, column.shape, 1.0);
            if !sure {
                field.doubt(Reason::Unlabelled);
            }
            if field.state != FieldState::Unreadable {
                found.push(field);
            }
        }
    }
}

/// Which row this is, and whether that is sure: its printed number says so. Where that was not read, the distance
/// from the row above does, and a row that was lost between them leaves its number free.
fn ordinal(
    before: usize,
    first: Option<&Vec<&Token<'_>>>,
    apart: Option<u32>,
    step: Option<u32>,
) -> (usize, bool) {
    let printed = first.and_then(|cell| {
        let [token] = cell[..] else { return None };
        token
            .text
            .trim_end_matches(['.', ')'])
            .parse::<usize>()
            .ok()
    });
    match printed {
        Some(printed) if printed > before && printed <= MAX_ROWS => {
            (printed, printed == before + 1 || before == 0)
        }
        _ => {
            let rows = match (apart, step) {
                (Some(apart), Some(step)) if step > 0 => {
                    ((apart + step / 2) / step).max(1) as usize
                }
                _ => 1,
            };
            (before + rows, false)
        }
    }
}

fn by_edge<'t, 'a>(edges: &[u32], tokens: &[&'t Token<'a>]) -> Vec<Vec<&'t Token<'a>>> {
    let mut cells = vec![Vec::new(); edges.len()];
    for token in tokens {
        let middle = token.rect.x + token.rect.w / 2;
        let at = edges.iter().rposition(|edge| middle >= *edge).unwrap_or(0);
        cells[at].push(*token);
    }
    cells
}

/// Without edges: each column takes what is of its type, from left to right.
fn by_type<'t, 'a>(table: &Table, tokens: &[&'t Token<'a>]) -> Vec<Vec<&'t Token<'a>>> {
    let mut rest = tokens;
    table
        .columns
        .iter()
        .map(|column| {
            let words: Vec<&str> = rest.iter().map(|token| token.text.as_str()).collect();
            match column.shape.take(&words) {
                Some(taken) if taken.used.start == 0 && !taken.faults.contains(&Reason::Shape) => {
                    let (cell, after) = rest.split_at(taken.used.end);
                    rest = after;
                    cell.to_vec()
                }
                _ => Vec::new(),
            }
        })
        .collect()
}
