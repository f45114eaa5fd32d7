//! How much a filed document is worth (G0 to G3) and which role may make which grade.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Language, Provenance};

/// The assurance grade of a document. It rises only by a new act, never by editing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Self-stored image: a personal reminder, without legal value.
    G0,
    /// Digitised and signed by the official who scanned it.
    G1,
    /// Electronic certified copy, signed by the certifier and the authority.
    G2,
    /// Issued electronically by the competent body.
    G3,
}

/// What a person at the desk is entitled to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Youth volunteer: guides the citizen and stores self-made images.
    Volunteer,
    /// Receiving clerk with a signature of his or her own.
    Clerk,
    /// Person authorised to certify copies.
    Certifier,
    /// Deputy director: reads the reports.
    Director,
}

/// The rule for one grade.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeRule {
    /// The grade the rule is about.
    pub grade: Grade,
    /// Label shown first in every view, Vietnamese.
    pub label_vi: String,
    /// Label shown first in every view, English.
    pub label_en: String,
    /// Roles that may make it at a desk.
    pub makers: Vec<Role>,
    /// How many valid document signatures it needs.
    pub signatures: u8,
    /// Where the rule comes from.
    pub law: Provenance,
}

impl GradeRule {
    /// The label in `language`.
    pub fn label(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.label_vi,
            Language::En => &self.label_en,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    grade: Vec<GradeRule>,
}

static RULES: LazyLock<Vec<GradeRule>> = LazyLock::new(|| {
    toml::from_str::<File>(include_str!("../data/grades.toml"))
        .expect("the embedded grades.toml is parsed by a test")
        .grade
});

/// Every rule, whatever its date.
pub fn all() -> &'static [GradeRule] {
    &RULES
}

/// The rule for `grade` on `day`; none before the grade existed in law.
pub fn rule(grade: Grade, day: Date) -> Option<&'static GradeRule> {
    RULES
        .iter()
        .find(|rule| rule.grade == grade && rule.law.binds_on(day))
}

/// Whether somebody with `role` may make a document of `grade` on `day`.
pub fn may_make(role: Role, grade: Grade, day: Date) -> bool {
    rule(grade, day).is_some_and(|rule| rule.makers.contains(&role))
}

impl Grade {
    /// `"g0"` … `"g3"`, as in bundles.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::G0 => "g0",
            Self::G1 => "g1",
            Self::G2 => "g2",
            Self::G3 => "g3",
        }
    }
}

impl Role {
    /// The word used in operators' certificates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Clerk => "clerk",
            Self::Certifier => "certifier",
            Self::Director => "director",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no grade or no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the word names no grade and no role")]
pub struct UnknownWord;

impl FromStr for Grade {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [Self::G0, Self::G1, Self::G2, Self::G3]
            .into_iter()
            .find(|grade| grade.as_str() == text)
            .ok_or(UnknownWord)
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        [
            Self::Volunteer,
            Self::Clerk,
            Self::Certifier,
            Self::Director,
        ]
        .into_iter()
        .find(|role| role.as_str() == text)
        .ok_or(UnknownWord)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const DAY: Date = date(2026, 11, 2);

    #[test]
    fn the_whole_table_of_rights() {
        let rights = [
            (Role::Volunteer, [true, false, false, false]),
            (Role::Clerk, [true, true, false, false]),
            (Role::Certifier, [true, true, true, false]),
            (Role::Director, [false, false, false, false]),
        ];
        for (role, row) in rights {
            for (grade, allowed) in [Grade::G0, Grade::G1, Grade::G2, Grade::G3]
                .into_iter()
                .zip(row)
            {
                assert_eq!(may_make(role, grade, DAY), allowed, "{role} {grade}");
            }
        }
    }

    #[test]
    fn a_grade_does_not_exist_before_its_law() {
        assert!(!may_make(Role::Clerk, Grade::G1, date(2023, 5, 24)));
        assert!(may_make(Role::Clerk, Grade::G1, date(2023, 5, 25)));
    }

    #[test]
    fn signatures_rise_with_the_grade() {
        let signatures = |grade| rule(grade, DAY).unwrap().signatures;
        assert_eq!(signatures(Grade::G0), 0);
        assert_eq!(signatures(Grade::G1), 1);
        assert_eq!(signatures(Grade::G2), 2);
        assert_eq!(
            rule(Grade::G0, DAY).unwrap().label(Language::En),
            "Self-stored image (not compared)"
        );
    }

    #[test]
    fn words_go_there_and_back() {
        assert_eq!("g2".parse::<Grade>().unwrap(), Grade::G2);
        assert_eq!("certifier".parse::<Role>().unwrap(), Role::Certifier);
        assert_eq!("G2".parse::<Grade>(), Err(UnknownWord));
        assert_eq!(serde_json::to_string(&Grade::G1).unwrap(), "\"g1\"");
        assert_eq!(
            serde_json::to_string(&Role::Volunteer).unwrap(),
            "\"volunteer\""
        );
    }
}
