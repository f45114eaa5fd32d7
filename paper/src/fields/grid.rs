//! A grid: people side by side under their headings, what is asked of them at the left, once for all.

use crate::documents::{Of, Template};
use crate::layout::{Layout, Segment, Token};

use super::find::{Hit, is_numbering};
use super::judge::of_tokens;
use super::{Field, FieldState, Reason};

/// A form asks no more of a parent.
const MAX_ROWS: usize = 16;

/// Takes the fields of every grid; the labels that were used are no labels of anything else.
pub(super) fn take(template: &Template, layout: &Layout<'_>, hits: &mut Vec<Hit>) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    for row in 0..layout.rows.len() {
        let mut sides = headings(template, layout, hits, row);
        if sides.len() >= 2 {
            find_edges(layout, row, &mut sides);
            rows(template, layout, hits, row, &sides, &mut fields, &mut used);
        }
    }
    hits.retain(|hit| !used.contains(&hit.from));
    fields
}

/// A column of people: its heading's middle and right edge, where its cells begin, whose it is.
struct Side {
    middle: u32,
    right: u32,
    begins: u32,
    section: usize,
    /// Its heading was not read; the other one tells.
    guessed: bool,
}

/// Sections whose headings stand in one row, from left to right.
fn headings(template: &Template, layout: &Layout<'_>, hits: &[Hit], row: usize) -> Vec<Side> {
    let mut sides: Vec<Side> = Vec::new();
    for hit in hits
        .iter()
        .filter(|hit| layout.segments[hit.segment].row == row)
    {
        if let Of::Section(section) = hit.of
            && template.sections[section].column
            && !sides.iter().any(|side| side.section == section)
        {
            let rect = layout.segments[hit.segment].rect;
            sides.push(Side {
                middle: rect.x + rect.w / 2,
                right: rect.x + rect.w,
                begins: rect.x,
                section,
                guessed: false,
            });
        }
    }
    if let [known] = &sides[..] {
        sides.extend(the_other(template, layout, hits, row, known.section));
    }
    sides.sort_by_key(|side| side.middle);
    sides
}

/// Of two headings beside each other one was misread: the other piece of the row is it.
fn the_other(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    row: usize,
    known: usize,
) -> Option<Side> {
    let columns = (0..template.sections.len()).filter(|at| template.sections[*at].column);
    let columns: Vec<usize> = columns.collect();
    let section = match columns[..] {
        [a, b] if a == known => b,
        [a, b] if b == known => a,
        _ => return None,
    };
    let mut others = layout.rows[row].clone().filter(|at| {
        let segment = &layout.segments[*at];
        let words = &layout.tokens[segment.tokens.clone()];
        let capitals = words
            .iter()
            .all(|token| !token.text.chars().any(char::is_lowercase));
        hits.iter().all(|hit| hit.segment != *at) && words.len() <= 3 && capitals
    });
    let rect = layout.segments[others.next()?].rect;
    others.next().is_none().then_some(Side {
        middle: rect.x + rect.w / 2,
        right: rect.x + rect.w,
        begins: rect.x,
        section,
        guessed: true,
    })
}

/// Finds where the cells of each column begin: the first piece right of the heading before.
fn find_edges(layout: &Layout<'_>, heading: usize, sides: &mut [Side]) {
    let rows = layout.rows.iter().skip(heading + 1).take(MAX_ROWS);
    let starts: Vec<u32> = rows
        .flat_map(|row| row.clone().skip(1))
        .map(|at| layout.segments[at].rect.x)
        .collect();
    for at in 0..sides.len() {
        let after = at.checked_sub(1).map_or(0, |before| sides[before].right);
        let (middle, own) = (sides[at].middle, sides[at].begins);
        let first = starts
            .iter()
            .copied()
            .filter(|x| *x > after && *x < middle)
            .min();
        sides[at].begins = first.unwrap_or(own);
    }
}

/// What is asked, and the words in each column so far.
struct Asked<'t, 'a> {
    field: usize,
    cells: Vec<Vec<&'t Token<'a>>>,
}

/// Whether pieces stand under the headings, not at the left where the labels are.
fn in_columns(segments: &[Segment], sides: &[Side], height: u32) -> bool {
    let first = sides.iter().map(|side| side.begins).min().unwrap_or(0);
    segments
        .iter()
        .all(|segment| segment.rect.x + height >= first)
}

fn rows(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    heading: usize,
    sides: &[Side],
    fields: &mut Vec<Field>,
    used: &mut Vec<usize>,
) {
    let mut asked: Vec<Asked<'_, '_>> = Vec::new();
    let mut middle = layout.segments[layout.rows[heading].start].middle();
    for row in layout.rows.iter().skip(heading + 1).take(MAX_ROWS) {
        let segments = &layout.segments[row.clone()];
        let hit = |at: usize| {
            let tokens = layout.segments[at].tokens.clone();
            let first = tokens
                .clone()
                .find(|at| !is_numbering(&layout.tokens[*at]))
                .unwrap_or(tokens.start);
            hits.iter()
                .find(|hit| hit.segment == at && hit.from == first)
        };
        let own = hit(row.start);
        let labelled = |hit: &Hit| layout.tokens[hit.to - 1].colon;
        let others = row.clone().skip(1).all(|at| !hit(at).is_some_and(labelled));
        let colon = own.is_some_and(|hit| layout.tokens[hit.to - 1].colon);
        let far = segments[0].middle().saturating_sub(middle) > layout.height * 4;
        middle = segments[0].middle();
        let end = segments[segments.len() - 1].tokens.end;
        let values = match own.map(|hit| (hit, hit.of)) {
            Some((hit, Of::Field(field)))
                if others && !colon && template.fields[field].name.contains("{s}") =>
            {
                if hit.to >= end {
                    break;
                }
                used.push(hit.from);
                asked.push(Asked {
                    field,
                    cells: vec![Vec::new(); sides.len()],
                });
                hit.to..end
            }
            // The cells of the row above go on.
            None if !asked.is_empty()
                && !far
                && others
                && in_columns(segments, sides, layout.height) =>
            {
                segments[0].tokens.start..end
            }
            None | Some((_, Of::Section(_) | Of::Nothing)) if asked.is_empty() && !far => continue,
            _ => break,
        };
        let Some(row) = asked.last_mut() else { break };
        for token in &layout.tokens[values] {
            let at = sides
                .iter()
                .rposition(|side| side.begins <= token.rect.x + layout.height / 2)
                .unwrap_or(0);
            row.cells[at].push(token);
        }
    }
    let guessed = sides.iter().any(|side| side.guessed);
    for row in asked {
        let rule = &template.fields[row.field];
        for (cell, side) in row.cells.iter().zip(sides) {
            let name = rule
                .name
                .replace("{s}", &template.sections[side.section].id);
            let mut field = of_tokens(name, cell, rule.shape, 1.0);
            if guessed {
                field.doubt(Reason::Label);
            }
            if field.state != FieldState::Unreadable {
                fields.push(field);
            }
        }
    }
}
