//! Whose papers somebody may bring for another: a child's by a legal representative, anybody's by written authority; and
//! what the paper that shows it must name.
//!
//! Desk and verifier ask the same questions here. A paper speaks against somebody only where it was read with certainty:
//! what could not be read is for the people at the desk.

use jiff::civil::Date;
use serde::Serialize;

use crate::names::{NameDifference, compare};
use crate::personal_id::{self, PersonalIdFault};

/// BLDS 91/2015/QH13, Điều 21 khoản 1: who is not yet eighteen is a child.
const ADULT_AT: i16 = 18;

/// Luật 91/2025/QH15, Điều 24: from seven on the child agrees too.
const ASKED_FROM: i16 = 7;

/// How somebody acts for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    /// A parent or guardian for a child (BLDS 91/2015/QH13, Điều 136).
    LegalRepresentative,
    /// By written authority (BLDS 91/2015/QH13, Điều 138).
    Proxy,
}

/// Why somebody may not bring these papers for that person. It repeats no number and no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum BehalfFault {
    /// The number of the person whose papers they are cannot be right.
    #[error(transparent)]
    Number(#[from] PersonalIdFault),
    /// Nobody acts for themselves by proxy.
    #[error("the person represented is the card holder")]
    Holder,
    /// By the birth date.
    #[error("the person represented is not a child")]
    NotAChild,
    /// A child of seven and more was not asked, or not in this visit.
    #[error("the child was not asked")]
    ChildNotAsked,
    /// No paper is named that shows the right.
    #[error("the paper that shows the right is not there")]
    PaperMissing,
    /// The paper is of a kind that gives no such right.
    #[error("the paper is of a kind that gives no such right")]
    PaperKind,
    /// The paper was read, and names somebody else.
    #[error("the paper does not name both people")]
    PaperNamesOthers,
}

/// The failure codes of this module, but for those of the number.
pub(crate) const CODES: &[&str] = &[
    "behalf.child_not_asked",
    "behalf.holder",
    "behalf.not_a_child",
    "behalf.paper_kind",
    "behalf.paper_missing",
    "behalf.paper_names_others",
];

impl BehalfFault {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Number(fault) => fault.code(),
            Self::Holder => "behalf.holder",
            Self::NotAChild => "behalf.not_a_child",
            Self::ChildNotAsked => "behalf.child_not_asked",
            Self::PaperMissing => "behalf.paper_missing",
            Self::PaperKind => "behalf.paper_kind",
            Self::PaperNamesOthers => "behalf.paper_names_others",
        }
    }
}

/// Everything that speaks against `number`, born on `birth`, being somebody whose papers are brought on `day`.
pub fn subject_faults(acting: Acting, number: &str, birth: Date, day: Date) -> Vec<BehalfFault> {
    let mut faults: Vec<BehalfFault> = personal_id::faults(number, birth, None)
        .into_iter()
        .map(BehalfFault::Number)
        .collect();
    let child = birth <= day && age(birth, day) < ADULT_AT;
    if acting == Acting::LegalRepresentative && !child {
        faults.push(BehalfFault::NotAChild);
    }
    faults
}

/// Whether the person represented is a child who agrees too.
pub fn is_asked(acting: Acting, birth: Date, day: Date) -> bool {
    acting == Acting::LegalRepresentative && (ASKED_FROM..ADULT_AT).contains(&age(birth, day))
}

/// Whether a paper of this kind can show the right.
pub fn shows(acting: Acting, kind: &str) -> bool {
    match acting {
        Acting::LegalRepresentative => kind == "khai_sinh",
        Acting::Proxy => kind == "uy_quyen",
    }
}

/// What was read at one place of a paper.
#[derive(Clone, Copy)]
pub struct Read<'a> {
    /// The field, as the paper's template calls it.
    pub field: &'a str,
    pub value: &'a str,
    /// With certainty.
    pub sure: bool,
}

/// The two whom the paper must name. Personal data: no Debug.
#[derive(Clone, Copy)]
pub struct Both<'a> {
    /// Of the person represented.
    pub subject: &'a str,
    /// Of the card's holder, who acts.
    pub holder: &'a str,
    /// Every spelling of the holder's name that the card tells.
    pub names: &'a [&'a str],
}

/// Everything that speaks against a paper of this kind showing the right.
pub fn paper_faults(
    acting: Acting,
    kind: &str,
    read: &[Read<'_>],
    both: Both<'_>,
) -> Vec<BehalfFault> {
    let mut faults = Vec::new();
    if !shows(acting, kind) {
        faults.push(BehalfFault::PaperKind);
    }
    let numbers = || read.iter().filter(|read| is_number(read.value));
    let names = || {
        read.iter()
            .filter(|read| names_who_acts(acting, read.field))
    };
    let has = |number: &str| numbers().any(|read| read.value == number);
    let called = names().any(|read| both.names.iter().any(|name| same(name, read.value)));
    let mut others = numbers()
        .filter(|read| read.value != both.holder)
        .peekable();
    let other_subject = others.peek().is_some() && others.all(|read| read.sure);
    let mut names = names().peekable();
    let other_holder = names.peek().is_some() && names.all(|read| read.sure);
    if (other_subject && !has(both.subject)) || (other_holder && !called && !has(both.holder)) {
        faults.push(BehalfFault::PaperNamesOthers);
    }
    faults
}

/// Fields that tell the name of whoever acts, as the templates of papers call them (`paper/documents/*.toml`).
fn names_who_acts(acting: Acting, field: &str) -> bool {
    match acting {
        Acting::LegalRepresentative => ["ho_ten_me", "ho_ten_cha"].contains(&field),
        Acting::Proxy => field.starts_with("ho_ten"),
    }
}

fn is_number(value: &str) -> bool {
    value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A card's machine-readable zone writes no accents; then letters are compared without them.
fn same(card: &str, paper: &str) -> bool {
    match compare(card, paper) {
        NameDifference::AccentsOnly => card.is_ascii(),
        difference => difference.counts_as_same(),
    }
}

/// In whole years.
fn age(birth: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    day.year() - birth.year() - i16::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const CHILD: &str = "001218004567";
    const PARENT: &str = "031185001234";
    const NAMES: &[&str] = &["NGUYEN THI MAU", "Nguyễn Thị Mẫu"];

    fn both() -> Both<'static> {
        Both {
            subject: CHILD,
            holder: PARENT,
            names: NAMES,
        }
    }

    #[test]
    fn a_child_is_one_until_the_eighteenth_birthday() {
        let (birth, acting) = (date(2018, 5, 20), Acting::LegalRepresentative);
        for (day, expected) in [
            (date(2018, 5, 19), vec![BehalfFault::NotAChild]),
            (date(2018, 5, 20), vec![]),
            (date(2036, 5, 19), vec![]),
            (date(2036, 5, 20), vec![BehalfFault::NotAChild]),
        ] {
            assert_eq!(subject_faults(acting, CHILD, birth, day), expected, "{day}");
        }
        for (day, asked) in [(date(2025, 5, 19), false), (date(2025, 5, 20), true)] {
            assert_eq!(is_asked(acting, birth, day), asked, "{day}");
            assert!(!is_asked(Acting::Proxy, birth, day));
        }
        // All at once: another year of birth, and no child.
        assert_eq!(
            subject_faults(acting, CHILD, date(1990, 5, 20), date(2026, 1, 1)),
            [
                BehalfFault::Number(PersonalIdFault::BirthYear),
                BehalfFault::NotAChild
            ]
        );
        assert_eq!(
            subject_faults(Acting::Proxy, "12", birth, date(2026, 1, 1)),
            [BehalfFault::Number(PersonalIdFault::Form)]
        );
    }

    #[test]
    fn a_paper_names_both_or_cannot_tell() {
        let acting = Acting::LegalRepresentative;
        let read = |field, value, sure| Read { field, value, sure };
        let others = vec![BehalfFault::PaperNamesOthers];
        let child = read("so_dinh_danh", CHILD, true);
        let mother = read("ho_ten_me", "NGUYỄN THỊ MẪU", true);
        for (fields, expected) in [
            (vec![child, mother], vec![]),
            // Nothing was read, or nothing with certainty.
            (vec![], vec![]),
            (vec![read("so_dinh_danh", "001218009999", false)], vec![]),
            (
                vec![read("so_dinh_danh", "001218009999", true), mother],
                others.clone(),
            ),
            (
                vec![child, read("ho_ten_me", "TRẦN THỊ KHÁC", true)],
                others.clone(),
            ),
            (
                vec![child, read("ho_ten_me", "TRẦN THỊ KHÁC", false)],
                vec![],
            ),
            // The other parent may be the one, and the child's own name is no parent's.
            (
                vec![
                    child,
                    read("ho_ten_me", "TRẦN THỊ KHÁC", true),
                    read("ho_ten_cha", "", false),
                ],
                vec![],
            ),
            (vec![child, read("ho_ten", "NGUYỄN VĂN CON", true)], vec![]),
            // A registration number is nobody's.
            (vec![read("so", "118", true), mother], vec![]),
        ] {
            assert_eq!(paper_faults(acting, "khai_sinh", &fields, both()), expected);
        }
        assert_eq!(
            paper_faults(Acting::Proxy, "khai_sinh", &[child, mother], both()),
            [BehalfFault::PaperKind]
        );
        assert!(shows(Acting::Proxy, "uy_quyen") && !shows(acting, "uy_quyen"));
        for kind in ["khai_sinh", "uy_quyen"] {
            assert!(crate::kinds::find(kind).is_some(), "{kind}");
        }
    }
}
