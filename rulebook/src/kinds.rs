//! Kinds of paper and the rules that say "do not scan this", each with its clause and first day.
//!
//! Often the right answer at the desk is that a paper need not, or may not, be digitised
//! (TT 01/2023/TT-VPCP Art. 4). [`objections`] gives every such rule at once.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::grades::Grade;
use crate::{Language, Provenance};

/// A kind of paper.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Stable id, as in bundles: `khai_sinh`.
    pub id: String,
    /// Title, Vietnamese.
    pub title_vi: String,
    /// Title, English.
    pub title_en: String,
    /// Whether its very image is sensitive personal data.
    #[serde(default)]
    pub sensitive: bool,
}

impl Kind {
    /// The title in `language`.
    pub fn title(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.title_vi,
            Language::En => &self.title_en,
        }
    }
}

/// What must be true of a paper for a rule to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Every paper of the kinds named.
    Always,
    /// The kind is marked sensitive.
    SensitiveKind,
    /// Stamped secret, or marked "no copying".
    Secret,
    /// The requester has shown the same information in VNeID.
    ShownInVneid,
    /// A photocopy.
    Photocopy,
    /// A certified copy on paper.
    CertifiedCopy,
    /// The procedure only wants it shown.
    ShowOnly,
    /// Issued abroad and neither legalised nor exempt.
    ForeignNotLegalised,
    /// Made by the citizen, without confirmation and seal.
    SelfMade,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable id.
    pub id: String,
    /// When it speaks.
    pub when: Condition,
    /// The kinds it is about; all when empty.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Grades that may not be made.
    #[serde(default)]
    pub blocks: Vec<Grade>,
    /// Grades that may be made once the operator has read the rule.
    #[serde(default)]
    pub warns: Vec<Grade>,
    /// Key in [`crate::messages`] of the sentence to show; its `{clause}` is filled from `law`.
    pub message: String,
    /// Why, Vietnamese.
    pub why_vi: String,
    /// Why, English.
    pub why_en: String,
    /// Where the rule comes from.
    pub law: Provenance,
}

impl Rule {
    /// Why, in `language`.
    pub fn why(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.why_vi,
            Language::En => &self.why_en,
        }
    }
}

/// How a paper came to the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// Bản chính.
    #[default]
    Original,
    /// Bản chụp.
    Photocopy,
    /// Bản sao có chứng thực, on paper.
    CertifiedCopy,
    /// Bản sao từ sổ gốc, or an electronic certified copy: as good as the original here.
    RegisterOrElectronicCopy,
}

/// What the operator has found about the paper in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paper {
    /// Original or copy.
    pub form: Form,
    /// Stamped secret or "no copying".
    pub secret: bool,
    /// Only to be shown.
    pub show_only: bool,
    /// The citizen has shown it in VNeID.
    pub shown_in_vneid: bool,
    /// Issued abroad, not legalised and not exempt.
    pub foreign_not_legalised: bool,
    /// Self-made, without confirmation and seal.
    pub self_made: bool,
}

/// A rule that speaks against a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objection {
    /// The rule, with its clause.
    pub rule: &'static Rule,
    /// Whether the grade may not be made; otherwise it is a warning.
    pub blocks: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Vec<Kind>,
    rule: Vec<Rule>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/kinds.toml"))
        .expect("the embedded kinds.toml is parsed by a test")
});

/// Every kind, the commonest first.
pub fn all() -> &'static [Kind] {
    &FILE.kind
}

/// Every rule, whatever its date.
pub fn rules() -> &'static [Rule] {
    &FILE.rule
}

/// The kind called `id`.
pub fn find(id: &str) -> Option<&'static Kind> {
    FILE.kind.iter().find(|kind| kind.id == id)
}

/// Every rule that, on `day`, blocks or warns against making `grade` out of this paper.
pub fn objections(kind: &Kind, paper: &Paper, grade: Grade, day: Date) -> Vec<Objection> {
    FILE.rule
        .iter()
        .filter(|rule| rule.law.binds_on(day))
        .filter(|rule| rule.kinds.is_empty() || rule.kinds.contains(&kind.id))
        .filter(|rule| speaks(rule.when, kind, paper))
        .filter_map(|rule| {
            let blocks = rule.blocks.contains(&grade);
            (blocks || rule.warns.contains(&grade)).then_some(Objection { rule, blocks })
        })
        .collect()
}

fn speaks(when: Condition, kind: &Kind, paper: &Paper) -> bool {
    match when {
        Condition::Always => true,
        Condition::SensitiveKind => kind.sensitive,
        Condition::Secret => paper.secret,
        Condition::ShownInVneid => paper.shown_in_vneid,
        Condition::Photocopy => paper.form == Form::Photocopy,
        Condition::CertifiedCopy => paper.form == Form::CertifiedCopy,
        Condition::ShowOnly => paper.show_only,
        Condition::ForeignNotLegalised => paper.foreign_not_legalised,
        Condition::SelfMade => paper.self_made,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use unicode_normalization::is_nfc;

    use super::*;

    const DAY: Date = date(2026, 11, 22);

    fn ids(kind: &str, paper: Paper, grade: Grade, day: Date) -> Vec<(&'static str, bool)> {
        objections(find(kind).unwrap(), &paper, grade, day)
            .into_iter()
            .map(|objection| (objection.rule.id.as_str(), objection.blocks))
            .collect()
    }

    #[test]
    fn the_data_is_sound() {
        let kinds: BTreeSet<_> = all().iter().map(|kind| kind.id.as_str()).collect();
        assert_eq!(kinds.len(), all().len());
        let rule_ids: BTreeSet<_> = rules().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(rule_ids.len(), rules().len());
        for kind in all() {
            assert!(
                is_nfc(&kind.title_vi) && !kind.title_en.is_empty(),
                "{}",
                kind.id
            );
        }
        for rule in rules() {
            assert!(
                rule.kinds.iter().all(|kind| kinds.contains(kind.as_str())),
                "{}",
                rule.id
            );
            assert!(
                crate::messages::find(&rule.message).is_some(),
                "{}",
                rule.id
            );
            assert!(
                is_nfc(&rule.why_vi) && !rule.law.clause.is_empty(),
                "{}",
                rule.id
            );
            assert!(
                !rule.blocks.is_empty() || !rule.warns.is_empty(),
                "{}",
                rule.id
            );
            assert!(
                rule.blocks.iter().all(|grade| !rule.warns.contains(grade)),
                "{}",
                rule.id
            );
        }
    }

    #[test]
    fn an_original_birth_certificate_meets_no_rule() {
        for grade in [Grade::G0, Grade::G1, Grade::G2] {
            assert_eq!(ids("khai_sinh", Paper::default(), grade, DAY), []);
        }
    }

    #[test]
    fn a_photocopy_may_be_kept_but_neither_digitised_nor_certified() {
        let paper = Paper {
            form: Form::Photocopy,
            ..Paper::default()
        };
        assert_eq!(
            ids("khai_sinh", paper, Grade::G0, DAY),
            [("photocopy", false)]
        );
        assert_eq!(
            ids("khai_sinh", paper, Grade::G1, DAY),
            [("photocopy", true)]
        );
        assert_eq!(
            ids("khai_sinh", paper, Grade::G2, DAY),
            [("photocopy", true)]
        );
    }

    #[test]
    fn a_secret_paper_is_for_nobody() {
        let paper = Paper {
            secret: true,
            ..Paper::default()
        };
        for grade in [Grade::G0, Grade::G1, Grade::G2] {
            assert_eq!(ids("quyet_dinh", paper, grade, DAY), [("secret", true)]);
        }
    }

    #[test]
    fn every_rule_is_told_at_once() {
        let paper = Paper {
            form: Form::CertifiedCopy,
            show_only: true,
            ..Paper::default()
        };
        assert_eq!(
            ids("cccd", paper, Grade::G1, DAY),
            [
                ("shared_by_database", true),
                ("certified_copy", true),
                ("show_only", true),
                ("sensitive_image", false)
            ]
        );
    }

    #[test]
    fn a_rule_is_silent_before_its_first_day() {
        let paper = Paper {
            shown_in_vneid: true,
            ..Paper::default()
        };
        assert_eq!(ids("khai_sinh", paper, Grade::G2, date(2025, 10, 31)), []);
        assert_eq!(
            ids("khai_sinh", paper, Grade::G2, date(2025, 11, 1)),
            [("shown_in_vneid", false)]
        );
    }

    #[test]
    fn a_foreign_paper_waits_for_legalisation() {
        let paper = Paper {
            foreign_not_legalised: true,
            ..Paper::default()
        };
        assert_eq!(
            ids("chung_chi", paper, Grade::G2, DAY),
            [("foreign_not_legalised", true)]
        );
        assert_eq!(
            ids("chung_chi", paper, Grade::G0, DAY),
            [("foreign_not_legalised", false)]
        );
    }
}
