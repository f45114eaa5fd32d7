//! Whose paper is it? A hint, from the fields: the holder's own, about somebody else, or not to be told.

use serde::{Deserialize, Serialize};

use rulebook::names::{NameDifference, compare};

use crate::fields::Field;
use crate::metadata::{Entry, Subject};

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

/// Compares the people a paper is about with the holder of the card. A number decides, the one of the card before
/// included; a name with the birth date is as good; a name alone tells only that somebody else's name stands there. A
/// value that is not accepted speaks for the holder and never against: a misread digit is nobody else's number.
pub fn hint(subjects: &[Subject], fields: &[Field], holder: &Holder) -> OwnerHint {
    let found_in = fields
        .iter()
        .filter(|field| holder.has_number(&field.value) || holder.is_called(&field.value))
        .map(|field| field.name.clone())
        .collect();
    let told: Vec<Owner> = subjects.iter().map(|subject| holder.is(subject)).collect();
    let owner = if told.contains(&Owner::Match) {
        Owner::Match
    } else if !told.is_empty() && told.iter().all(|owner| *owner == Owner::Other) {
        Owner::Other
    } else {
        Owner::Unknown
    };
    OwnerHint { owner, found_in }
}

impl Holder {
    fn has_number(&self, digits: &str) -> bool {
        [&self.personal_id, &self.old_id_no]
            .into_iter()
            .flatten()
            .any(|number| number == digits)
    }

    /// The same name, its marks included where the card tells them; where a tone mark stands (hòa, hoà) is no difference.
    fn is_called(&self, name: &str) -> bool {
        match compare(&self.name, name) {
            NameDifference::AccentsOnly => self.name.is_ascii(), // as the machine-readable zone writes it
            difference => difference.counts_as_same(),
        }
    }

    fn is(&self, subject: &Subject) -> Owner {
        let accepted = |entry: &Entry| entry.accepted;
        let digits = subject.digits();
        if digits.is_some_and(|digits| self.has_number(digits)) {
            return Owner::Match;
        }
        let called = subject
            .name
            .as_ref()
            .map(|name| self.is_called(&name.value));
        let born = subject.birth.as_ref().zip(self.birth_date);
        let born = born.map(|(birth, day)| (birth.value == day.to_string(), birth.accepted));
        if called == Some(true) && born.is_some_and(|(same, _)| same) {
            // With another full number beside it somebody looks: one of the three was misread.
            return match digits.map(str::len) {
                Some(12) if self.personal_id.is_some() => Owner::Unknown,
                _ => Owner::Match,
            };
        }
        // An earlier card's number says nothing against: people had several.
        let other_number = digits.is_some_and(|digits| digits.len() == 12)
            && self.personal_id.is_some()
            && subject.number.as_ref().is_some_and(accepted);
        let other_birth = born.is_some_and(|(same, accepted)| !same && accepted);
        let other_name = called == Some(false)
            && !self.name.is_empty()
            && subject.name.as_ref().is_some_and(|name| {
                // A mark is easily misread; another syllable is a brother's name.
                accepted(name) && compare(&self.name, &name.value) != NameDifference::AccentsOnly
            });
        if other_number || other_birth || other_name {
            Owner::Other
        } else {
            Owner::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FieldState;

    const NAMES: [&str; 3] = ["ho_ten", "so_dinh_danh", "ngay_sinh"];

    /// The hint of a paper about one person with these fields.
    fn told(list: &[(&str, &str)], state: FieldState) -> OwnerHint {
        let fields: Vec<Field> = list
            .iter()
            .map(|(name, value)| Field {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
                confidence: 0.9,
                state,
                ..Field::default()
            })
            .collect();
        let [name, number, birth] = NAMES.map(|name| {
            let field = fields.iter().find(|field| field.name == name)?;
            Some(Entry {
                value: field.value.clone(),
                field: field.name.clone(),
                accepted: state == FieldState::Accepted,
            })
        });
        let subject = Subject {
            number,
            name,
            birth,
        };
        hint(&[subject], &fields, &holder())
    }

    fn owner(list: &[(&str, &str)]) -> Owner {
        told(list, FieldState::Accepted).owner
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
        let own = [
            ("ho_ten", "Nguyễn Văn Thử"),
            ("so_dinh_danh", "001085000009"),
        ];
        assert_eq!(
            told(&own, FieldState::Check),
            OwnerHint {
                owner: Owner::Match,
                found_in: vec!["ho_ten".into(), "so_dinh_danh".into()]
            }
        );
        let namesake = [
            ("ho_ten", "Nguyễn Văn Thử"),
            ("so_dinh_danh", "001070000001"),
        ];
        assert_eq!(owner(&namesake), Owner::Other);
        assert_eq!(
            told(&namesake, FieldState::Check).owner,
            Owner::Unknown,
            "it may be misread"
        );
    }

    #[test]
    fn the_number_of_the_card_before_is_the_holders_too() {
        let old = [
            ("ho_ten", "Trần Thị Mẫu"),
            ("so_dinh_danh", "CMND số 012345678"),
        ];
        assert_eq!(owner(&old), Owner::Match);
        let another = [("ho_ten", "Nguyễn Văn Thử"), ("so_dinh_danh", "087654321")];
        assert_eq!(owner(&another), Owner::Unknown, "people had several");
    }

    #[test]
    fn a_parent_with_a_childs_paper_is_another_owner_named_in_it() {
        let child = [
            ("ho_ten", "Trần Thị Mẫu"),
            ("so_dinh_danh", "001314000001"),
            ("ho_ten_cha", "NGUYỄN VĂN THỬ"),
        ];
        assert_eq!(
            told(&child, FieldState::Accepted),
            OwnerHint {
                owner: Owner::Other,
                found_in: vec!["ho_ten_cha".into()]
            }
        );
    }

    #[test]
    fn a_name_needs_the_birth_date() {
        let born = |day| [("ho_ten", "Nguyễn Văn Thử"), ("ngay_sinh", day)];
        assert_eq!(owner(&born("1985-04-03")), Owner::Match);
        assert_eq!(owner(&born("1986-04-03")), Owner::Other);
        assert_eq!(owner(&[("ho_ten", "Nguyễn Văn Thử")]), Owner::Unknown);
        assert_eq!(hint(&[], &[], &holder()).owner, Owner::Unknown);
    }

    #[test]
    fn marks_tell_people_apart_where_the_card_has_them() {
        let holder = Holder {
            name: "Nguyễn Văn Hòa".into(),
            ..holder()
        };
        let is = |name: &str| {
            let name = Some(Entry {
                value: name.into(),
                field: "ho_ten".into(),
                accepted: true,
            });
            let birth = Some(Entry {
                value: "1985-04-03".into(),
                field: "ngay_sinh".into(),
                accepted: true,
            });
            let subject = Subject {
                name,
                birth,
                number: None,
            };
            hint(&[subject], &[], &holder).owner
        };
        assert_eq!(is("NGUYỄN VĂN HOÀ"), Owner::Match);
        assert_eq!(
            is("Nguyễn Văn Hoa"),
            Owner::Unknown,
            "a mark may be misread"
        );
        assert_eq!(is("Lê Thị Mai"), Owner::Other);
    }
}
