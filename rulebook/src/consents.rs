//! What a citizen is asked to agree to: one versioned text a purpose, in both languages.
//!
//! A bundle records the version of the text that was shown; [`shown`] finds that very text again, and
//! tells whether it was the one in force on the day.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Language, Provenance};

/// What the consent is for. Each purpose is asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Reading the card and comparing the person with it.
    Identify,
    /// Storing the captured papers in the wallet.
    File,
    /// Storing them in the wallet of a person whom whoever consents acts for.
    FileForAnother,
}

/// One text of one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentText {
    /// What it is for.
    pub purpose: Purpose,
    /// Stable name of this very wording.
    pub version: String,
    /// The wording in Vietnamese.
    pub vi: String,
    /// The wording in English.
    pub en: String,
    /// Where the duty to ask comes from, and the days on which this wording is used.
    pub law: Provenance,
}

impl ConsentText {
    /// The wording in `language`.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    consent: Vec<ConsentText>,
}

static TEXTS: LazyLock<Vec<ConsentText>> = LazyLock::new(|| {
    toml::from_str::<File>(include_str!("../data/consents.toml"))
        .expect("the embedded consents.toml is parsed by a test")
        .consent
});

/// Every text ever used.
pub fn all() -> &'static [ConsentText] {
    &TEXTS
}

/// The text to show for `purpose` on `day`.
pub fn current(purpose: Purpose, day: Date) -> Option<&'static ConsentText> {
    TEXTS
        .iter()
        .find(|text| text.purpose == purpose && text.law.binds_on(day))
}

/// The text that a record of `purpose` and `version` speaks of, if it was in use on `day`.
pub fn shown(purpose: Purpose, version: &str, day: Date) -> Option<&'static ConsentText> {
    TEXTS
        .iter()
        .find(|text| text.purpose == purpose && text.version == version && text.law.binds_on(day))
}

impl Purpose {
    /// `"identify"`, `"file"` or `"file_for_another"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::File => "file",
            Self::FileForAnother => "file_for_another",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the word names no purpose of consent")]
pub struct UnknownPurpose;

impl FromStr for Purpose {
    type Err = UnknownPurpose;

    fn from_str(text: &str) -> Result<Self, UnknownPurpose> {
        match text {
            "identify" => Ok(Self::Identify),
            "file" => Ok(Self::File),
            "file_for_another" => Ok(Self::FileForAnother),
            _ => Err(UnknownPurpose),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use unicode_normalization::is_nfc;

    use super::*;

    #[test]
    fn each_purpose_has_just_one_text_a_day() {
        for day in [date(2026, 1, 1), date(2026, 11, 22)] {
            for purpose in [Purpose::Identify, Purpose::File, Purpose::FileForAnother] {
                let texts = all()
                    .iter()
                    .filter(|t| t.purpose == purpose && t.law.binds_on(day));
                assert_eq!(texts.count(), 1, "{purpose} {day}");
            }
        }
        assert_eq!(current(Purpose::Identify, date(2025, 12, 31)), None);
    }

    #[test]
    fn versions_are_unique_and_texts_nfc() {
        let versions: BTreeSet<_> = all().iter().map(|text| &text.version).collect();
        assert_eq!(versions.len(), all().len());
        assert!(all().iter().all(|text| is_nfc(&text.vi)));
    }

    #[test]
    fn a_version_answers_only_for_its_own_purpose() {
        let day = date(2026, 11, 22);
        assert!(shown(Purpose::File, "file-2026-01", day).is_some());
        assert!(shown(Purpose::Identify, "file-2026-01", day).is_none());
        assert!(shown(Purpose::File, "file-2026-01", date(2025, 6, 1)).is_none());
    }

    #[test]
    fn the_words_are_those_of_the_screens() {
        for (purpose, key) in [
            (Purpose::Identify, "consent.identify"),
            (Purpose::File, "consent.file"),
        ] {
            let text = current(purpose, date(2026, 11, 22)).unwrap();
            let message = crate::messages::find(key).unwrap();
            for language in [Language::Vi, Language::En] {
                assert_eq!(text.text(language), message.text(language));
            }
        }
    }
}
