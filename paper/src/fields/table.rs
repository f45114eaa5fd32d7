//! Rows of a table: members of a household, each a row with name, birth date and number.

use crate::documents::{Column, Of, Table, Template};
use crate::fold::distance_within;
use crate::layout::{Layout, Segment, Token};

use super::find::Hit;
use super::judge::of_tokens;
use super::{Field, FieldState, Reason};
use crate::shape::Shape;

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
            .filter(|wordings| {
                wordings
                    .iter()
                    .any(|heading| distance_within(heading, &letters) * 5 <= heading.len())
            })
            .count();
        if there * 2 < table.headings.len() || there < 2 {
            return None;
        }
        let mut spans: Vec<Option<(u32, u32)>> = table
            .headings
            .iter()
            .map(|wordings| {
                let spans = wordings.iter().filter_map(|words| span(words, &tokens));
                spans.max_by_key(|(from, to)| to - from)
            })
            .collect();
        // "TT" is too short to be known with a slip in it: what stands before the second heading is it.
        if let [first @ None, Some((next, _)), ..] = &mut spans[..] {
            let rect = tokens[0].rect;
            *first = (rect.x + rect.w < *next).then_some((rect.x, rect.x + rect.w));
        }
        let spans: Option<Vec<(u32, u32)>> = spans.into_iter().collect();
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

/// A row's cells, and how far down it stands.
struct Row<'t, 'a> {
    middle: u32,
    cells: Vec<Vec<&'t Token<'a>>>,
}

fn rows(
    table: &Table,
    layout: &Layout<'_>,
    hits: &[Hit],
    first: usize,
    edges: &[u32],
    found: &mut Vec<Field>,
) {
    let mut rows: Vec<Row<'_, '_>> = Vec::new();
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
        let far = rows
            .last()
            .is_some_and(|above| middle.saturating_sub(above.middle) > layout.height * ROW_STEP);
        if labelled || far || rows.len() == MAX_ROWS {
            break;
        }
        let tokens: Vec<&Token<'_>> = segments
            .iter()
            .flat_map(|segment| &layout.tokens[segment.tokens.clone()])
            .collect();
        let mut cells = if edges.is_empty() {
            by_type(table, &tokens)
        } else {
            by_edge(edges, &tokens)
        };
        let counts = |column: &Column| column.skip && column.shape == Shape::Count;
        if table.columns.first().is_some_and(counts) && cells.len() > 1 {
            after_ordinal(&mut cells);
        }
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
        if strict.count() > 0 {
            rows.push(Row { middle, cells });
        } else if tokens.len() > 8 {
            // The text goes on.
            break;
        } else if let Some(above) = rows.last_mut()
            && !edges.is_empty()
            && middle.saturating_sub(above.middle) < layout.height * 2
            && cells[0].is_empty()
            && tokens.iter().all(|token| !token.colon)
        {
            // A second line of some cells.
            above.middle = middle;
            for (cell, more) in above.cells.iter_mut().zip(cells) {
                cell.extend(more);
            }
        }
    }
    for (row, (number, sure)) in rows.iter().zip(numbers(&rows)) {
        for (at, (column, cell)) in table.columns.iter().zip(&row.cells).enumerate() {
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

/// Which row each is, and whether that is sure: the printed numbers say so. A number that was not read follows from
/// the others as long as they count on without a gap; a row that was lost leaves its number free.
fn numbers(rows: &[Row<'_, '_>]) -> Vec<(usize, bool)> {
    let printed: Vec<Option<usize>> = rows
        .iter()
        .map(|row| {
            let [token] = row.cells.first()?[..] else {
                return None;
            };
            let number = token.text.trim_end_matches(['.', ')']).parse().ok()?;
            (1..=MAX_ROWS).contains(&number).then_some(number)
        })
        .collect();
    let known = printed
        .iter()
        .enumerate()
        .filter_map(|(at, number)| Some((at, (*number)?)));
    let mut offsets = known.map(|(at, number)| number.checked_sub(at));
    if let Some(Some(offset)) = offsets.next()
        && offsets.all(|other| other == Some(offset))
    {
        return (0..rows.len()).map(|at| (at + offset, true)).collect();
    }
    let mut before = 0;
    printed
        .into_iter()
        .map(|number| {
            let next = number.filter(|number| *number > before);
            before = next.unwrap_or(before + 1);
            (before, false)
        })
        .collect()
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

/// A name may begin where the narrow column of ordinals still reaches.
fn after_ordinal<'t, 'a>(cells: &mut [Vec<&'t Token<'a>>]) {
    let [ordinals, names, ..] = cells else { return };
    let numbers = ordinals
        .iter()
        .take_while(|token| {
            // A one may be read as a letter.
            token.text.bytes().any(|byte| byte.is_ascii_digit()) || token.folded.len() <= 1
        })
        .count();
    let more = ordinals.split_off(numbers.min(1));
    names.splice(0..0, more);
}

/// Without edges: each column takes what is of its type, from left to right.
fn by_type<'t, 'a>(table: &Table, tokens: &[&'t Token<'a>]) -> Vec<Vec<&'t Token<'a>>> {
    let mut rest = tokens;
    if table.columns.first().is_some_and(|column| column.skip)
        && tokens.first().is_some_and(|token| token.folded.len() <= 3)
    {
        rest = &tokens[1..];
    }
    let skipped = usize::from(rest.len() < tokens.len());
    let head = std::iter::repeat_n(tokens[..skipped].to_vec(), skipped);
    head.chain(table.columns.iter().skip(skipped).map(|column| {
        let words: Vec<&str> = rest.iter().map(|token| token.text.as_str()).collect();
        match column.shape.take(&words) {
            Some(taken) if taken.used.start == 0 && !taken.faults.contains(&Reason::Shape) => {
                let (cell, after) = rest.split_at(taken.used.end);
                rest = after;
                cell.to_vec()
            }
            _ => Vec::new(),
        }
    }))
    .collect()
}
