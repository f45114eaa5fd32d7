//! Whose paper is it? A hint, from the fields: the holder's own, about somebody else, or not to be told.

use serde::{Deserialize, Serialize};

use crate::fields::Field;
use crate::fold::fold;

/// The person at the desk, as the card told. `Debug` prints nothing of it.
#[derive(Clone, Default)]
pub struct Holder {
    pub personal_id: Option<String>,
    /// The number of the card before (CMND), which older papers carry.
    pub old_id_no: Option<String>,
    pub name: String,
    pub birth_date: Option<jiff::civil::Date>,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Holder(..)")
    }
}

/// What the fields say about the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The paper is about the person at the desk.
    Match,
    /// It is about somebody else; the person at the desk may still be named in it.
    Other,
    Unknown,
}

/// A hint and its reasons, as names of fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerHint {
    pub owner: Owner,
    /// Fields that hold the holder's own number or name, wherever on the paper.
    pub found_in: Vec<String>,
}

/// Fields about the paper's subject; a marriage certificate has two.
const SUBJECT_NUMBERS: &[&str] = &["so_dinh_danh", "so_dinh_danh_vo", "so_dinh_danh_chong"];
const SUBJECT_NAMES: &[&str] = &["ho_ten", "ho_ten_vo", "ho_ten_chong"];

/// Compares a paper's fields with the holder of the card. A number decides; a name with the birth date is as good; a
/// name alone tells only that somebody else's name stands there.
pub fn hint(fields: &[Field], holder: &Holder) -> OwnerHint {
    let name = fold(&holder.name);
    let numbers: Vec<&str> = holder
        .personal_id
        .iter()
        .chain(&holder.old_id_no)
        .map(String::as_str)
        .collect();
    let is_number = |field: &Field| numbers.contains(&field.value.as_str());
    let is_name = |field: &Field| !name.is_empty() && fold(&field.value) == name;
    let found_in = fields
        .iter()
        .filter(|field| is_number(field) || is_name(field))
        .map(|field| field.name.clone())
        .collect();

    let of = |names: &'static [&'static str]| {
        fields
            .iter()
            .filter(|field| names.contains(&field.name.as_str()) && !field.value.is_empty())
    };
    let numbered = of(SUBJECT_NUMBERS)
        .filter(|field| field.value.len() == 12)
        .count();
    let born = fields
        .iter()
        .find(|field| field.name == "ngay_sinh")
        .map(|field| field.value.as_str());
    let birth_agrees = match (born, holder.birth_date) {
        (Some(read), Some(date)) => Some(read == date.strftime("%d/%m/%Y").to_string()),
        _ => None,
    };
    let owner = if of(SUBJECT_NUMBERS).any(is_number) {
        Owner::Match
    } else if numbered > 0 && !numbers.is_empty() {
        Owner::Other
    } else if of(SUBJECT_NAMES).any(is_name) {
        match birth_agrees {
            Some(true) => Owner::Match,
            Some(false) => Owner::Other,
            None => Owner::Unknown, // names repeat
        }
    } else if of(SUBJECT_NAMES).next().is_some() && !name.is_empty() {
        Owner::Other
    } else {
        Owner::Unknown
    };
    OwnerHint { owner, found_in }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FieldState;

    fn fields(list: &[(&str, &str)]) -> Vec<Field> {
        let field = |(name, value): &(&str, &str)| Field {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            confidence: 0.9,
            state: FieldState::Accepted,
            ..Field::default()
        };
        list.iter().map(field).collect()
    }

    fn holder() -> Holder {
        Holder {
            personal_id: Some("001085000009".into()),
            old_id_no: Some("012345678".into()),
            name: "NGUYEN VAN THU".into(), // as the machine-readable zone writes it
            birth_date: Some(jiff::civil::date(1985, 4, 3)),
        }
    }

    #[test]
    fn the_number_decides() {
        let own = fields(&[
            ("ho_ten", "Nguyễn Văn Thử"),
            ("so_dinh_danh", "001085000009"),
        ]);
        assert_eq!(
            hint(&own, &holder()),
            OwnerHint {
                owner: Owner::Match,
                found_in: vec!["ho_ten".into(), "so_dinh_danh".into()]
            }
        );
        let namesake = fields(&[
            ("ho_ten", "Nguyễn Văn Thử"),
            ("so_dinh_danh", "001070000001"),
        ]);
        assert_eq!(hint(&namesake, &holder()).owner, Owner::Other);
    }

    #[test]
    fn a_parent_with_a_childs_paper_is_another_owner_named_in_it() {
        let child = fields(&[
            ("ho_ten", "Nguyễn Thị Mẫu"),
            ("so_dinh_danh", "001314000001"),
            ("ho_ten_cha", "NGUYỄN VĂN THỬ"),
        ]);
        assert_eq!(
            hint(&child, &holder()),
            OwnerHint {
                owner: Owner::Other,
                found_in: vec!["ho_ten_cha".into()]
            }
        );
    }

    #[test]
    fn a_name_needs_the_birth_date() {
        assert_eq!(
            hint(
                &fields(&[("ho_ten", "Nguyễn Văn Thử"), ("ngay_sinh", "03/04/1985")]),
                &holder()
            )
            .owner,
            Owner::Match
        );
        assert_eq!(
            hint(
                &fields(&[("ho_ten", "Nguyễn Văn Thử"), ("ngay_sinh", "03/04/1986")]),
                &holder()
            )
            .owner,
            Owner::Other
        );
        assert_eq!(
            hint(&fields(&[("ho_ten", "Nguyễn Văn Thử")]), &holder()).owner,
            Owner::Unknown
        );
        assert_eq!(hint(&[], &holder()).owner, Owner::Unknown);
    }
}
