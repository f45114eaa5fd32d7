//! The fields of a paper: values beside their printed labels, each with how sure the reading is and why.
//!
//! Nothing is put right silently: a value stays as it was read; a value that breaks its own rules (a date that does not
//! exist, a personal number that contradicts the birth date) is kept and marked for a person to check.

mod agree;
mod alike;
mod find;
mod grid;
mod header;
mod judge;
mod mrz;
mod sections;
mod signer;
mod table;
mod value;

use models::PageText;
use serde::{Deserialize, Serialize};

use crate::codes::Codes;
use crate::documents::{Documents, Of, Template};
use crate::fold::fold;
use crate::layout::Layout;
pub use crate::reason::Reason;
pub use crate::shape::Shape;
pub(crate) use crate::shape::date::{day_in_words, day_of};
use crate::{Geometry, Place};

use find::Hit;
use sections::{Sections, beside_another, columns};

/// What the desk may do with a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    Accepted,
    /// A person compares it with the paper.
    #[default]
    Check,
    /// The label is there, a value was not read.
    Unreadable,
}

/// One field. `Debug` tells its name, state and reasons, never its value.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    /// As printed.
    pub value: String,
    /// 0 to 1: the least sure word, the label's fit and the value's own rules together.
    pub confidence: f32,
    pub state: FieldState,
    /// Why it is not accepted, and notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The page it stands on, from 1; 0 where it was not read off a page.
    #[serde(default)]
    pub page: u32,
    /// Where it stands, a box a line: on the view that was read, and after [`put_on_pages`] on the unaltered page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// What the second look read instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternative: Option<String>,
    /// What an old place is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped: Option<String>,
    /// Sensitive personal data (faith) that is read past and not filed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Field({}, {:.2}, {:?}, {:?})",
            self.name, self.confidence, self.state, self.reasons
        )
    }
}

impl Field {
    /// Adds a reason; one that is no mere note takes the acceptance away.
    pub(crate) fn doubt(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        if !reason.is_note() {
            self.confidence = self.confidence.min(0.5);
            if self.state == FieldState::Accepted {
                self.state = FieldState::Check;
            }
        }
    }
}

/// Takes the fields of a paper of one kind out of its pages. A kind without a template of its own gives what every
/// paper has: names, birth dates and personal numbers after the usual words.
pub fn extract(kind: &str, pages: &[&PageText]) -> Vec<Field> {
    Documents::built_in().extract(kind, pages)
}

impl Documents {
    /// As [`extract`], by these templates.
    pub fn extract(&self, kind: &str, pages: &[&PageText]) -> Vec<Field> {
        extract_by(self.template(kind), pages)
    }
}

/// Turns the places of fields from the views that were read to the unaltered pages, one geometry a page.
pub fn put_on_pages(fields: &mut [Field], geometries: &[&Geometry]) {
    for field in fields {
        let Some(geometry) = (field.page as usize)
            .checked_sub(1)
            .and_then(|at| geometries.get(at))
        else {
            continue;
        };
        for place in &mut field.places {
            *place = geometry.to_page(models::Rect {
                x: place.x,
                y: place.y,
                w: place.w,
                h: place.h,
            });
        }
    }
}

/// Lets the zones of the pages speak for their lines, where a kind of paper has a zone and all its check digits fit. To
/// be called after [`put_on_pages`].
pub(crate) fn take_zones(kind: &str, fields: &mut Vec<Field>, codes: &[Codes]) {
    if !Documents::built_in().template(kind).mrz {
        return;
    }
    for (page, number) in codes.iter().zip(1..) {
        for zone in &page.zones {
            mrz::from_zone(fields, zone, number);
        }
    }
}

pub(crate) fn extract_by(template: &Template, pages: &[&PageText]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut sections = Sections::default();
    for (page, number) in pages.iter().zip(1..) {
        let layout = Layout::of(page);
        let mut hits = find::hits(template, &layout);
        let mut found = grid::take(template, &layout, &mut hits);
        take_page(template, &layout, &hits, &mut sections, &mut found);
        table::take(template, &layout, &hits, &mut found);
        header::take(&layout, &mut found);
        if template.mrz {
            mrz::take(&layout, &mut found);
        }
        if template.signer {
            found.extend(signer::find(&layout, &hits));
        }
        for mut field in found {
            field.page = number;
            enter(&mut fields, field);
        }
    }
    agree::count_people(template, &mut fields);
    agree::stray_numbers(pages, &mut fields);
    agree::place_stray(template, &mut fields);
    agree::cross_check(template, &mut fields);
    if template.mrz {
        mrz::against_print(&mut fields);
    }
    judge::settle(template, pages, &mut fields);
    fields
}

/// The first place where a value was read is the paper's own; later ones are tables and notes.
fn enter(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) if known.state == FieldState::Unreadable => *known = field,
        // The field's own label stands elsewhere.
        Some(known)
            if known.reasons.contains(&Reason::Label)
                && !field.value.is_empty()
                && !field.reasons.contains(&Reason::Label) =>
        {
            *known = field
        }
        // "ông/bà có tên tại Điều 1" is no name: the place where one stands is meant.
        Some(known)
            if known.reasons.contains(&Reason::Shape) && field.state == FieldState::Accepted =>
        {
            *known = field
        }
        // Said twice, and not alike: one of the two is misread, or belongs to somebody else.
        Some(known)
            if field.state == FieldState::Accepted && fold(&known.value) != fold(&field.value) =>
        {
            known.doubt(Reason::Twice)
        }
        Some(_) => {}
        None => fields.push(field),
    }
}

fn take_page(
    template: &Template,
    layout: &Layout<'_>,
    hits: &[Hit],
    sections: &mut Sections,
    found: &mut Vec<Field>,
) {
    (sections.columns, sections.headed) = columns(template, layout, hits);
    if found.iter().any(|field| {
        template
            .sections
            .iter()
            .any(|section| section.column && field.name.ends_with(&section.id))
    }) {
        sections.columns.clear(); // a grid took what stood side by side
    }
    for (nth, hit) in hits.iter().enumerate() {
        let field = match hit.of {
            Of::Nothing => continue,
            Of::Section(section) => {
                sections.open(section);
                continue;
            }
            Of::Field(field) => field,
        };
        let rule = &template.fields[field];
        if let Some(section) = rule.opens {
            sections.open(section);
        }
        let Some(name) = sections.name(template, &rule.name, layout.tokens[hit.from].rect.x) else {
            continue;
        };
        let reach = value::reach(template, layout, hits, nth);
        let mut field = judge::judge(name, layout, &reach, rule, hit.fit);
        if rule.name.contains("{s}")
            && (!sections.columns.is_empty() && !sections.headed
                || sections.in_column(template) && beside_another(layout, hits, hit))
        {
            field.doubt(Reason::Unlabelled);
        }
        // In running text "ngày" is many a day.
        let told = found.iter().any(|known| {
            known.name == field.name
                && !known.value.is_empty()
                && !known.reasons.contains(&Reason::Shape)
        });
        if !(rule.running && told) {
            enter(found, field);
        }
    }
}

#[cfg(test)]
mod tests;
