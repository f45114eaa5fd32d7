//! The twelve digits of the personal identification number, checked against the person's birth date
//! and sex. They carry no check digit, so this finds slips of the pen and mixed-up papers, not forgery.
//!
//! Layout: three digits for the place of birth registration, one for century and sex, two for the year
//! of birth, six without meaning (NĐ 137/2015/NĐ-CP, Điều 13; TT 59/2021/TT-BCA, Điều 4).

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Provenance;

/// Sex as the number and the card know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Nữ.
    Female,
    /// Nam.
    Male,
}

/// One thing wrong with a number. It does not repeat the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PersonalIdFault {
    /// Not twelve ASCII digits; nothing else was looked at.
    #[error("the personal number is not twelve digits")]
    Form,
    /// The first three digits are no place of birth registration.
    #[error("the place code of the personal number is not in use")]
    Place,
    /// The fourth digit belongs to the other sex.
    #[error("the personal number belongs to the other sex")]
    Sex,
    /// Century or year differ from the birth date.
    #[error("the personal number belongs to another year of birth")]
    BirthYear,
}

/// The failure codes of this module.
pub(crate) const CODES: &[&str] = &[
    "personal_id.form",
    "personal_id.place",
    "personal_id.sex",
    "personal_id.birth_year",
];

impl PersonalIdFault {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Form => "personal_id.form",
            Self::Place => "personal_id.place",
            Self::Sex => "personal_id.sex",
            Self::BirthYear => "personal_id.birth_year",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Places {
    law: Provenance,
    foreign_from: u16,
    province: Vec<Province>,
}

/// A province that gave, or gives, numbers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Province {
    /// The three digits.
    pub code: String,
    /// Its name when the code was given out (63 provinces, before 1 July 2025).
    pub name: String,
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/places.toml"))
        .expect("the embedded places.toml is parsed by a test")
});

/// The province that gave this number, if it was given inside the country.
pub fn province(number: &str) -> Option<&'static Province> {
    let code = number.get(..3)?;
    PLACES
        .province
        .iter()
        .find(|province| province.code == code)
}

/// Where the list of places comes from.
pub fn provenance() -> &'static Provenance {
    &PLACES.law
}

/// Everything in `number` that does not agree with the person; empty when all agrees.
///
/// `sex` is left out of the check where the document does not state it.
pub fn faults(number: &str, birth: Date, sex: Option<Sex>) -> Vec<PersonalIdFault> {
    let Ok(digits) = <[u8; 12]>::try_from(number.as_bytes()) else {
        return vec![PersonalIdFault::Form];
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return vec![PersonalIdFault::Form];
    }
    let digit = |at: usize| i16::from(digits[at] - b'0');
    let mut faults = Vec::new();

    // Places abroad are numbered in a range of their own; inside the country only 63 codes exist.
    let place = digit(0) * 100 + digit(1) * 10 + digit(2);
    if province(number).is_none() && place < PLACES.foreign_from.cast_signed() {
        faults.push(PersonalIdFault::Place);
    }
    // TT 59/2021/TT-BCA, Điều 4: 0/1 twentieth century (1900–1999), 2/3 the next, and so on; even male.
    let century_and_sex = digit(3);
    let numbered_sex = if century_and_sex % 2 == 0 {
        Sex::Male
    } else {
        Sex::Female
    };
    if sex.is_some_and(|sex| sex != numbered_sex) {
        faults.push(PersonalIdFault::Sex);
    }
    let year = 1900 + century_and_sex / 2 * 100 + digit(4) * 10 + digit(5);
    if year != birth.year() {
        faults.push(PersonalIdFault::BirthYear);
    }
    faults
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_number_that_agrees_has_no_faults() {
        assert_eq!(
            faults("031185001234", date(1985, 3, 4), Some(Sex::Female)),
            []
        );
        assert_eq!(
            faults("031085001234", date(1985, 3, 4), Some(Sex::Male)),
            []
        );
        assert_eq!(
            faults("022305001234", date(2005, 12, 31), Some(Sex::Female)),
            []
        );
        assert_eq!(faults("001200001234", date(2000, 1, 1), None), []);
        assert_eq!(province("031185001234").unwrap().name, "Hải Phòng");
    }

    #[test]
    fn each_fault_is_told_and_all_at_once() {
        let born = date(1985, 3, 4);
        assert_eq!(
            faults("031185001234", born, Some(Sex::Male)),
            [PersonalIdFault::Sex]
        );
        assert_eq!(
            faults("031186001234", born, Some(Sex::Female)),
            [PersonalIdFault::BirthYear]
        );
        assert_eq!(
            faults("031385001234", born, Some(Sex::Female)),
            [PersonalIdFault::BirthYear]
        );
        assert_eq!(
            faults("003185001234", born, Some(Sex::Female)),
            [PersonalIdFault::Place]
        );
        assert_eq!(
            faults("003284001234", born, Some(Sex::Female)),
            [
                PersonalIdFault::Place,
                PersonalIdFault::Sex,
                PersonalIdFault::BirthYear
            ]
        );
    }

    #[test]
    fn what_is_not_twelve_ascii_digits_is_one_fault() {
        for number in [
            "",
            "03118500123",
            "0311850012345",
            "03118500123a",
            "０３１１",
            "٠٣١١٨٥",
            " 31185001234",
        ] {
            assert_eq!(
                faults(number, date(1985, 3, 4), None),
                [PersonalIdFault::Form],
                "{number}"
            );
        }
    }

    #[test]
    fn a_place_abroad_is_plausible() {
        assert_eq!(
            faults("412185001234", date(1985, 3, 4), Some(Sex::Female)),
            []
        );
    }

    #[test]
    fn the_list_holds_sixty_three_places() {
        let codes: BTreeSet<_> = PLACES.province.iter().map(|p| p.code.as_str()).collect();
        assert_eq!(codes.len(), 63);
        assert_eq!(PLACES.province.len(), 63);
        assert!(
            codes
                .iter()
                .all(|c| c.len() == 3 && c.parse::<u16>().unwrap() < PLACES.foreign_from)
        );
        assert!(provenance().binds_on(date(2026, 11, 22)));
    }

    #[test]
    fn every_code_is_listed() {
        let faults = [
            PersonalIdFault::Form,
            PersonalIdFault::Place,
            PersonalIdFault::Sex,
            PersonalIdFault::BirthYear,
        ];
        let codes: BTreeSet<_> = faults.iter().map(|fault| fault.code()).collect();
        assert_eq!(codes, CODES.iter().copied().collect());
    }
}
