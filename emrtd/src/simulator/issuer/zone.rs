//! The machine-readable zone of a specimen: what is printed on the card and stands in DG1
//! (ICAO 9303-4 to 9303-6).

use jiff::civil::Date;

use super::{IssueError, SpecimenIssuer, SpecimenPerson};
use crate::mrz::{Td1, check_digit};

/// The size and the fields of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// TD1 as on the Vietnamese citizen's card: the personal number stands in the optional data, its
    /// last nine digits are the document number, DG13 repeats the print.
    #[default]
    Cccd,
    /// A card of 3 × 30 characters.
    Td1,
    /// A card of 2 × 36 characters.
    Td2,
    /// A passport of 2 × 44 characters.
    Td3,
}

/// Who is written on what.
pub(super) fn text(
    issuer: &SpecimenIssuer,
    person: &SpecimenPerson,
    layout: Layout,
) -> Result<String, IssueError> {
    let name = person.name();
    if name.is_empty() {
        return Err(IssueError::Person { field: "name" });
    }
    let digit = check_digit(&person.personal_id).ok_or(IssueError::Person {
        field: "personal number",
    })?;
    let state = issuer.country().alpha_3.as_str();
    let (birth, expiry) = (
        six(person.birth),
        // A card without an end has the furthest date that two digits can say.
        person.expiry.map_or_else(|| "991231".to_owned(), six),
    );
    let sex = person.sex;
    Ok(match layout {
        Layout::Cccd | Layout::Td1 => Td1 {
            code: if layout == Layout::Cccd { "ID" } else { "I" },
            issuing_state: state,
            nationality: state,
            document_no: &person.document_no,
            optional: &if layout == Layout::Cccd {
                format!("{}<<{digit}", person.personal_id)
            } else {
                String::new()
            },
            birth: &birth,
            sex,
            expiry: &expiry,
            name: &name,
        }
        .text(),
        Layout::Td2 | Layout::Td3 => {
            let (code, names, optional) = if layout == Layout::Td2 {
                ("I<", 31, pad("", 7))
            } else {
                let number = pad(&person.personal_id, 14);
                let digit = sum(&number);
                ("P<", 39, format!("{number}{digit}"))
            };
            let upper = format!("{code}{}{}", pad(state, 3), pad(&names_of(&name), names));
            let number = signed(&pad(&person.document_no, 9));
            let dates = (signed(&birth), signed(&expiry));
            let composite = sum(&format!("{number}{}{}{optional}", dates.0, dates.1));
            format!(
                "{upper}{number}{}{}{}{}{optional}{composite}",
                pad(state, 3),
                dates.0,
                sex.letter(),
                dates.1
            )
        }
    })
}

fn six(date: Date) -> String {
    date.strftime("%y%m%d").to_string()
}

/// Family name first, two fillers, then the given names.
fn names_of(name: &str) -> String {
    let mut words = name.split(' ');
    let family = words.next().unwrap_or_default();
    let given: Vec<&str> = words.collect();
    format!("{family}<<{}", given.join("<"))
}

fn pad(text: &str, length: usize) -> String {
    let letters = text.chars().map(|letter| match letter {
        'A'..='Z' | '0'..='9' => letter,
        _ => '<',
    });
    letters.chain(std::iter::repeat('<')).take(length).collect()
}

fn signed(field: &str) -> String {
    format!("{field}{}", sum(field))
}

fn sum(field: &str) -> char {
    check_digit(field).expect("padding leaves only characters of the zone")
}
