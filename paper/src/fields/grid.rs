//! A grid: people side by side under their headings, what is asked of them at the left, once for all.

use crate::documents::{Of, Template};
use crate::layout::{Layout, Segment, Token};

use super::find::{Hit, is_numbering};
use super::judge::of_tokens;
use super::{Field, FieldState};

/// A form asks no more of a parent.
const MAX_ROWS: usize = 16;

/// Takes the fields of every grid; the labels that were used are no labels of anything else.
pub(super) fn take(template: &Template, layout: &Layout<'_>, hits: &mut Vec<Hit>) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    for row in 0..layout.rows.len() {
        let columns = headings(template, layout, hits, row);
        if columns.len() >= 2 {
            rows(
                template,
                layout,
                hits,
                row,
                &columns,
                &mut fields,
                &mut used,
            );
        }
    }
    hits.retain(|hit| !used.contains(&hit.from));
    fields
}

/// Sections whose headings stand in one row: where the middle of each is.
fn headings(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    row: usize,
) -> Vec<(u32, usize)> {
    let mut columns: Vec<(u32, usize)> = Vec::new();
    for hit in hits
        .iter()
        .filter(|hit| layout.segments[hit.segment].row == row)
    {
        if let Of::Section(section) = hit.of
            && template.sections[section].column
            && !columns.iter().any(|(_, known)| *known == section)
        {
            let rect = layout.segments[hit.segment].rect;
            columns.push((rect.x + rect.w / 2, section));
        }
    }
    columns
}

/// What is asked, and the words in each column so far.
struct Asked<'t, 'a> {
    field: usize,
    cells: Vec<Vec<&'t Token<'a>>>,
}

/// Whether pieces stand under the headings, not at the left where the labels are.
fn in_columns(segments: &[Segment], columns: &[(u32, usize)], height: u32) -> bool {
    let first = columns.iter().map(|(middle, _)| *middle).min().unwrap_or(0);
    segments
        .iter()
        .all(|segment| segment.rect.x + segment.rect.w / 2 + height * 6 > first)
}

fn rows(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    heading: usize,
    columns: &[(u32, usize)],
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
        let values = match own.map(|hit| (hit, hit.of)) {
            Some((hit, Of::Field(field)))
                if others && !colon && template.fields[field].name.contains("{s}") =>
            {
                if row.len() < 2 {
                    break;
                }
                used.push(hit.from);
                asked.push(Asked {
                    field,
                    cells: vec![Vec::new(); columns.len()],
                });
                row.start + 1..row.end
            }
            // The cells of the row above go on.
            None if !asked.is_empty()
                && !far
                && others
                && in_columns(segments, columns, layout.height) =>
            {
                row.clone()
            }
            None | Some((_, Of::Section(_) | Of::Nothing)) if asked.is_empty() && !far => continue,
            _ => break,
        };
        let Some(row) = asked.last_mut() else { break };
        for segment in &layout.segments[values] {
            let centre = segment.rect.x + segment.rect.w / 2;
            let nearest = (0..columns.len())
                .min_by_key(|at| columns[*at].0.abs_diff(centre))
                .unwrap_or(0);
            row.cells[nearest].extend(&layout.tokens[segment.tokens.clone()]);
        }
    }
    for row in asked {
        let rule = &template.fields[row.field];
        for (cell, (_, section)) in row.cells.iter().zip(columns) {
            let name = rule.name.replace("{s}", &template.sections[*section].id);
            let field = of_tokens(name, cell, rule.shape, 1.0);
            if field.state != FieldState::Unreadable {
                fields.push(field);
            }
        }
    }
}
