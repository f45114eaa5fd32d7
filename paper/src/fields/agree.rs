//! What fields say about each other: a personal number its holder's birth year and sex, a date in words its digits.

use models::PageText;
use rulebook::personal_id::{self, Sex};

use crate::documents::Template;
use crate::fold::fold;

use super::{Field, FieldState, Reason, day_in_words, day_of};
use crate::shape::number::{could_be_personal, personal_in};

/// How the fields of numbers without a label are called.
const STRAY: &str = "so_dinh_danh_khac_";

/// More stray numbers than this are a list, not people.
const MAX_STRAYS: usize = 12;

/// Holds every person's number against birth date and sex, and every date in words against its digits.
pub(super) fn cross_check(template: &Template, fields: &mut [Field]) {
    let mut contradicted: Vec<String> = Vec::new();
    for person in &template.persons {
        for end in template.endings(&person.name, fields.iter().map(|field| field.name.as_str())) {
            let of = |name: &Option<String>| name.as_ref().map(|name| name.replace("{s}", &end));
            let value = |name: &Option<String>| {
                let name = of(name)?;
                fields
                    .iter()
                    .find(|field| field.name == name && field.state != FieldState::Unreadable)
            };
            let Some(number) = value(&person.number)
                .and_then(|field| personal_in(&field.value))
                .filter(|n| n.len() == 12)
            else {
                continue;
            };
            let born = value(&person.birth).map(|field| field.value.as_str());
            let sex = value(&person.sex).and_then(|field| match fold(&field.value).as_str() {
                "nam" => Some(Sex::Male),
                "nu" => Some(Sex::Female),
                _ => None,
            });
            if !agrees(number, born, sex) {
                contradicted.extend(
                    [&person.number, &person.birth, &person.sex]
                        .into_iter()
                        .filter_map(of),
                );
            }
        }
    }
    for field in fields.iter().filter(|field| field.name.ends_with("_chu")) {
        let digits = fields
            .iter()
            .find(|other| Some(other.name.as_str()) == field.name.strip_suffix("_chu"));
        let Some(digits) = digits else { continue };
        if let (Some(words), Some(day)) = (day_in_words(&field.value), day_of(&digits.value))
            && words != day
        {
            contradicted.extend([field.name.clone(), digits.name.clone()]);
        }
    }
    for field in fields
        .iter_mut()
        .filter(|field| contradicted.contains(&field.name))
    {
        field.doubt(Reason::Contradiction);
    }
}

/// People that a form counts: when something is said of one before the first was named, a name was passed over and the
/// counting is off.
pub(super) fn count_people(template: &Template, fields: &mut [Field]) {
    let counted = template
        .sections
        .iter()
        .any(|section| section.id.contains("{n}"));
    if !counted {
        return;
    }
    let rules = template.fields.iter().map(|rule| rule.name.as_str());
    let stems: Vec<&str> = rules.filter_map(|name| name.strip_suffix("{s}")).collect();
    let unnamed = fields.iter().any(|field| stems.contains(&&*field.name));
    let is_counted = |name: &str| {
        stems.iter().any(|stem| {
            name.strip_prefix(stem)
                .is_some_and(|end| end.starts_with('_'))
        })
    };
    for field in fields
        .iter_mut()
        .filter(|field| unnamed && is_counted(&field.name))
    {
        field.doubt(Reason::Unlabelled);
    }
}

/// Whether a personal number fits a birth date, or a year, and a sex, as far as they are known.
fn agrees(number: &str, born: Option<&str>, sex: Option<Sex>) -> bool {
    let day = born.and_then(|born| {
        day_of(born).or_else(|| {
            let year = born.parse().ok()?;
            jiff::civil::Date::new(year, 1, 1).ok()
        })
    });
    match day {
        Some(day) => personal_id::faults(number, day, sex).is_empty(),
        None => {
            // Without a date only the sex can be held against it (TT 59/2021/TT-BCA, Điều 4: even male).
            let male = number.as_bytes().get(3).is_some_and(|digit| digit % 2 == 0);
            sex.is_none_or(|sex| (sex == Sex::Male) == male)
        }
    }
}

/// Gives the one number without a label to the one person whose number was not found; a person looks at it all the same.
pub(super) fn place_stray(template: &Template, fields: &mut [Field]) {
    let missing: Vec<String> = template
        .persons
        .iter()
        .filter(|person| person.owner)
        .flat_map(|person| {
            let number = person.number.clone().unwrap_or_default();
            template
                .endings(&person.name, fields.iter().map(|field| field.name.as_str()))
                .into_iter()
                .map(move |end| number.replace("{s}", &end))
        })
        .filter(|name| !name.is_empty())
        .filter(|name| {
            !fields
                .iter()
                .any(|field| field.name == *name && !field.value.is_empty())
        })
        .collect();
    let strays = fields
        .iter()
        .filter(|field| field.name.starts_with(STRAY))
        .count();
    let [name] = &missing[..] else { return };
    if strays != 1 {
        return;
    }
    let at = fields
        .iter()
        .position(|field| field.name.starts_with(STRAY));
    if let Some(field) = at.map(|at| &mut fields[at]) {
        field.name.clone_from(name);
    }
}

/// Personal numbers without a label that was understood: found, but whose they are is for a person to say.
pub(super) fn stray_numbers(pages: &[&PageText], fields: &mut Vec<Field>) {
    let mut count = 0;
    for (page, number) in pages.iter().zip(1..) {
        for word in &page.words {
            let digits = word.text.trim_matches(|c: char| !c.is_alphanumeric());
            // The zone of a card holds its number once more.
            let known = fields
                .iter()
                .any(|field| field.value.contains(digits) && !field.name.starts_with("mrz"));
            if digits.len() != 12 || !could_be_personal(digits) || known || count == MAX_STRAYS {
                continue;
            }
            count += 1;
            fields.push(Field {
                name: format!("{STRAY}{count}"),
                value: digits.to_owned(),
                confidence: f32::from(word.confidence) / 200.0,
                state: FieldState::Check,
                reasons: vec![Reason::Unlabelled],
                page: number,
                places: vec![word.bbox.into()],
                ..Field::default()
            });
        }
    }
}
