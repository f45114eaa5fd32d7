//! Whose a label is: the section that it stands in, below the others or beside them.

use crate::documents::{Of, Template};
use crate::layout::Layout;

use super::find::Hit;

/// Whose lines these are: which section a label stands in.
#[derive(Default)]
pub(super) struct Sections {
    /// The section the text is in now.
    current: Option<(usize, u32)>,
    /// Sections that stand side by side: from which x on each begins.
    pub(super) columns: Vec<(u32, usize)>,
    /// Headings said which column is whose.
    pub(super) headed: bool,
    openings: u32,
}

/// Whether the row of a label holds two values and no second label: whose each is, nothing tells.
pub(super) fn beside_another(layout: &Layout<'_>, hits: &[Hit], hit: &Hit) -> bool {
    let row = layout.rows[layout.segments[hit.segment].row].clone();
    let unlabelled = row.clone().filter(|at| *at > hit.segment).filter(|at| {
        let tokens = &layout.segments[*at].tokens;
        hits.iter().all(|hit| !tokens.contains(&hit.from))
    });
    let own = layout.segments[hit.segment].tokens.end > hit.to;
    unlabelled.count() + usize::from(own) >= 2
}

impl Sections {
    /// Whether the section the text is in has another beside it.
    pub(super) fn in_column(&self, template: &Template) -> bool {
        self.current
            .is_some_and(|(section, _)| template.sections[section].column)
    }

    pub(super) fn open(&mut self, section: usize) {
        self.openings += 1;
        self.current = Some((section, self.openings));
    }

    /// A field's name in the section that its label stands in; none when the name wants a section and there is none.
    pub(super) fn name(&self, template: &Template, name: &str, x: u32) -> Option<String> {
        if !name.contains("{s}") {
            return Some(name.to_owned());
        }
        let side = self
            .columns
            .iter()
            .rev()
            .find(|(from, _)| x >= *from)
            .map(|(_, section)| *section);
        let (section, count) = match (side, self.current) {
            (Some(section), _) => (Some(section), 0),
            (None, Some((section, count))) => (Some(section), count),
            (None, None) => (None, 0),
        };
        let id = section.map_or("", |section| template.sections[section].id.as_str());
        let id = id.replace("{n}", &count.to_string());
        if id.is_empty() && name.starts_with("{s}") {
            return None;
        }
        Some(name.replace("{s}", &id))
    }
}

/// Sections beside each other: where each column begins. Their headings tell; without headings, a label that stands
/// twice in one row does, and the template's order says which column is whose.
pub(super) fn columns(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
) -> (Vec<(u32, usize)>, bool) {
    let beside: Vec<usize> = (0..template.sections.len())
        .filter(|at| template.sections[*at].column)
        .collect();
    if beside.len() < 2 {
        return (Vec::new(), false);
    }
    // Where the second column's labels begin.
    let mut split: Option<u32> = None;
    for pair in hits.windows(2) {
        let [a, b] = pair else { continue };
        let same_row = layout.segments[a.segment].row == layout.segments[b.segment].row;
        if same_row && a.of == b.of && matches!(a.of, Of::Field(_)) {
            let x = layout.tokens[b.from].rect.x;
            split = Some(split.map_or(x, |split| split.min(x)));
        }
    }
    let heading = |section: usize| {
        hits.iter()
            .find(|hit| match hit.of {
                Of::Section(opened) => opened == section,
                Of::Field(field) => template.fields[field].opens == Some(section),
                Of::Nothing => false,
            })
            .map(|hit| layout.segments[hit.segment].rect)
            .map(|rect| rect.x + rect.w / 2)
    };
    let Some(split) = split.or_else(|| {
        let mut middles: Vec<u32> = beside
            .iter()
            .filter_map(|section| heading(*section))
            .collect();
        middles.sort_unstable();
        let [a, b, ..] = middles[..] else { return None };
        (b - a > layout.height * 4).then_some(a.midpoint(b))
    }) else {
        return (Vec::new(), false);
    };
    let split = split.saturating_sub(layout.height);
    let left = beside
        .iter()
        .copied()
        .find(|section| heading(*section).is_some_and(|middle| middle < split))
        .or_else(|| {
            let right = beside
                .iter()
                .copied()
                .find(|section| heading(*section).is_some_and(|middle| middle >= split))?;
            beside.iter().copied().find(|section| *section != right)
        })
        .unwrap_or(beside[0]);
    let right = beside
        .iter()
        .copied()
        .find(|section| *section != left)
        .unwrap_or(left);
    let headed = heading(left).is_some_and(|middle| middle < split)
        && heading(right).is_some_and(|middle| middle >= split);
    (vec![(0, left), (split, right)], headed)
}
