//! Whether what a document says in one place is what it says in another: facts without the values.
//!
//! Files that one issuer signed should agree with each other; the printed card that was presented
//! should agree with the chip inside it. Where a side is missing (the verifier never sees DG13 nor the
//! card) the fact is `not_comparable`, which speaks neither for nor against anything.

use serde::{Deserialize, Serialize};

use crate::lds::{Encoding, ImageEnd, ImageFormat};

/// How two statements about one thing stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    Agree,
    Disagree,
    /// One of them is not there, or is of a kind that cannot be held against the other.
    #[default]
    NotComparable,
}

impl Agreement {
    pub(crate) fn of(equal: bool) -> Self {
        if equal { Self::Agree } else { Self::Disagree }
    }

    /// Of two things that may not be there.
    pub(crate) fn between<T: PartialEq>(one: Option<T>, other: Option<T>) -> Self {
        one.zip(other)
            .map_or(Self::NotComparable, |(one, other)| Self::of(one == other))
    }

    pub fn disagrees(self) -> bool {
        self == Self::Disagree
    }
}

/// Every comparison by itself. "dg1" is the machine-readable zone; where a name tells one side only,
/// the other is the zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Cross {
    /// Personal number.
    pub number_dg13: Agreement,
    /// On documents of other states only `agree` is told: they write this number in many ways.
    pub number_dg11: Agreement,
    pub number_qr: Agreement,
    /// Its last six digits against the access number that opened the chip.
    pub number_can: Agreement,
    /// Its last nine digits against the document number.
    pub number_document: Agreement,
    /// Its place code against the list of provinces; codes of places abroad are not on it.
    pub number_place: Agreement,
    /// Its century and year against the birth date in DG1 and, where read, DG13.
    pub number_birth: Agreement,
    /// Its sex digit against DG1.
    pub number_sex: Agreement,
    pub birth_dg13: Agreement,
    pub birth_dg11: Agreement,
    pub birth_qr: Agreement,
    pub sex_dg13: Agreement,
    pub sex_qr: Agreement,
    /// The name without marks against the one with them.
    pub name_dg13: Agreement,
    pub name_dg11: Agreement,
    pub name_qr: Agreement,
    /// Both with their marks.
    pub name_dg13_qr: Agreement,
    pub expiry_dg13: Agreement,
    pub issue_dg13_qr: Agreement,
    pub issue_dg12_dg13: Agreement,
    pub old_number_dg13_qr: Agreement,
    /// The zone that opened the chip (number, birth, expiry) against the one inside it.
    pub zone_presented: Agreement,
    /// The groups that EF.COM lists against those that the security object lists. EF.COM is unsigned.
    pub com_sod: Agreement,
    /// Every group that was read is on EF.COM's list.
    pub com_read: Agreement,
}

/// What became of the portrait in DG2. Its digest is judged with the other groups'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PortraitFacts {
    pub state: PortraitState,
    pub encoding: Option<Encoding>,
    pub format: Option<ImageFormat>,
    /// By the picture's own header.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Size in the record against size in the picture.
    pub declared_size: Agreement,
    /// How many pictures the file holds; the first is the portrait.
    pub faces: usize,
}

/// Whether there is a portrait, and whether it is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PortraitState {
    #[default]
    NotRead,
    Whole,
    /// Other bytes follow the picture.
    Trailing,
    /// The picture ends before its end mark.
    Truncated,
    /// More pixels or bytes than a portrait may have; nothing was taken out of the file.
    TooLarge,
    /// No record of a known standard, or no picture of a known format.
    Unreadable,
}

/// Something that does not speak against the evidence, but that the officer should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Notice {
    #[error("two places give the name differently")]
    NameDisagrees,
    #[error("two places give the expiry date differently")]
    ExpiryDisagrees,
    #[error("two places give the day of issue differently")]
    IssueDisagrees,
    #[error("chip and printed code name different old numbers")]
    OldNumberDisagrees,
    #[error("the additional details differ from the machine-readable zone")]
    DetailsDisagree,
    #[error("the personal number does not fit the rest of the document")]
    NumberIrregular,
    #[error("the unsigned list of files is not the signed one")]
    ListDisagrees,
    #[error("the portrait is cut short")]
    PortraitTruncated,
    #[error("other bytes follow the portrait")]
    PortraitTrailing,
    #[error("the portrait cannot be used")]
    PortraitUnusable,
}

impl Notice {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::NameDisagrees => "chip.name_disagrees",
            Self::ExpiryDisagrees => "chip.expiry_disagrees",
            Self::IssueDisagrees => "chip.issue_disagrees",
            Self::OldNumberDisagrees => "chip.old_number_disagrees",
            Self::DetailsDisagree => "chip.details_disagree",
            Self::NumberIrregular => "chip.number_irregular",
            Self::ListDisagrees => "chip.list_disagrees",
            Self::PortraitTruncated => "chip.portrait_truncated",
            Self::PortraitTrailing => "chip.portrait_trailing",
            Self::PortraitUnusable => "chip.portrait_unusable",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "chip.name_disagrees",
        "chip.expiry_disagrees",
        "chip.issue_disagrees",
        "chip.old_number_disagrees",
        "chip.details_disagree",
        "chip.number_irregular",
        "chip.list_disagrees",
        "chip.portrait_truncated",
        "chip.portrait_trailing",
        "chip.portrait_unusable",
    ];
}

impl Cross {
    /// What is worth a look, in the order of [`Notice::CODES`].
    ///
    /// A name has many right spellings, dates of issue are reprinted, and DG11 is filled by each state
    /// in its own manner (other calendars, other forms of a number): these are for a person to judge.
    pub(super) fn notices(&self) -> impl Iterator<Item = Notice> {
        let any = |facts: &[Agreement], notice| {
            facts.iter().any(|fact| fact.disagrees()).then_some(notice)
        };
        [
            any(
                &[self.name_dg13, self.name_qr, self.name_dg13_qr],
                Notice::NameDisagrees,
            ),
            any(&[self.expiry_dg13], Notice::ExpiryDisagrees),
            any(
                &[self.issue_dg13_qr, self.issue_dg12_dg13],
                Notice::IssueDisagrees,
            ),
            any(&[self.old_number_dg13_qr], Notice::OldNumberDisagrees),
            any(&[self.birth_dg11, self.name_dg11], Notice::DetailsDisagree),
            any(
                &[
                    self.number_document,
                    self.number_place,
                    self.number_birth,
                    self.number_sex,
                ],
                Notice::NumberIrregular,
            ),
            any(&[self.com_sod, self.com_read], Notice::ListDisagrees),
        ]
        .into_iter()
        .flatten()
    }
}

impl From<ImageEnd> for PortraitState {
    fn from(end: ImageEnd) -> Self {
        match end {
            ImageEnd::Whole => Self::Whole,
            ImageEnd::Trailing => Self::Trailing,
            ImageEnd::Truncated => Self::Truncated,
        }
    }
}

impl PortraitState {
    pub(super) fn notice(self) -> Option<Notice> {
        match self {
            Self::NotRead | Self::Whole => None,
            Self::Truncated => Some(Notice::PortraitTruncated),
            Self::Trailing => Some(Notice::PortraitTrailing),
            Self::TooLarge | Self::Unreadable => Some(Notice::PortraitUnusable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_has_a_listed_code_of_its_own() {
        // Everything that can disagree does: each notice is given once, in order.
        let json = serde_json::to_value(Cross::default()).unwrap();
        let mut all = json.clone();
        for fact in all.as_object_mut().unwrap().values_mut() {
            assert_eq!(fact, "not_comparable");
            *fact = "disagree".into();
        }
        let cross: Cross = serde_json::from_value(all).unwrap();
        let states = [
            PortraitState::Truncated,
            PortraitState::Trailing,
            PortraitState::TooLarge,
        ];
        let codes: Vec<_> = cross
            .notices()
            .chain(states.into_iter().filter_map(PortraitState::notice))
            .map(Notice::code)
            .collect();
        assert_eq!(codes, Notice::CODES);
        assert_eq!(Cross::default().notices().count(), 0);
        assert_eq!(
            serde_json::from_str::<Cross>("{}").unwrap(),
            Cross::default()
        );
    }
}
