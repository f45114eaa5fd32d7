//! What whoever mends a desk wants to know of it: figures, versions and dates, and of nobody anything.
//!
//! The same facts are a page that can be printed, words on the command line, and JSON; none of the three can hold a name
//! or a number of a citizen or of an official, because no fact has a place for one.

use jiff::Timestamp;
use rulebook::Language;
use serde::Serialize;

use crate::words::Words;

/// Everything that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    pub at: Timestamp,
    pub station: String,
    /// What somebody should see to, the heaviest first.
    pub findings: Vec<Defect>,
    pub sections: Vec<Section>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Defect {
    pub code: &'static str,
    /// No visit is opened until it is seen to.
    pub stops: bool,
}

/// Facts that belong together; `key` is that of the heading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    pub key: &'static str,
    pub facts: Vec<Fact>,
}

/// One fact; `key` is that of what was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    pub key: &'static str,
    /// A device, a program or a file, by its technical name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub found: Found,
}

/// What was found, in its unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A version or a technical name.
    Text(String),
    Count(u64),
    Bytes(u64),
    At(Timestamp),
    /// How far a clock is ahead of another; negative: behind.
    Seconds(i64),
    /// SHA-256, in hexadecimal.
    Digest(String),
    /// It does not do, by the code of why.
    Trouble(&'static str),
    Yes,
    Nothing,
}

impl Section {
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self {
            key,
            facts: Vec::new(),
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, found: Found) -> Self {
        self.facts.push(Fact {
            key,
            about: None,
            found,
        });
        self
    }

    /// Adds a fact about something that has a name of its own.
    #[must_use]
    pub fn about(mut self, key: &'static str, about: impl Into<String>, found: Found) -> Self {
        self.facts.push(Fact {
            key,
            about: Some(about.into()),
            found,
        });
        self
    }
}

impl From<Timestamp> for Found {
    fn from(at: Timestamp) -> Self {
        Self::At(at)
    }
}

impl<T: Into<Self>> From<Option<T>> for Found {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Nothing, T::into)
    }
}

impl Words {
    /// A fact's value as it is read.
    pub(crate) fn found(self, found: &Found) -> String {
        match found {
            Found::Text(text) => text.clone(),
            Found::Count(count) => count.to_string(),
            Found::Bytes(bytes) => size(*bytes, self.0),
            Found::At(at) => self.moment(*at),
            Found::Seconds(seconds) => self.f("diag.seconds", &[("n", &seconds.to_string())]),
            // Enough to tell two apart by eye; JSON has all of it.
            Found::Digest(digest) => digest.get(..16).unwrap_or(digest).to_owned(),
            Found::Trouble(code) => format!("{} [{code}]", self.cause(code)),
            Found::Yes => self.t("device.ready").to_owned(),
            Found::Nothing => self.t("diag.nothing").to_owned(),
        }
    }
}

/// `12,3 GB`: three figures at most, decimal units as disks are sold.
fn size(bytes: u64, language: Language) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let (mut whole, mut rest) = (bytes, 0);
    while whole >= 1000 && unit + 1 < units.len() {
        rest = whole % 1000;
        whole /= 1000;
        unit += 1;
    }
    let point = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    match unit {
        0 => format!("{whole} B"),
        _ if whole >= 100 => format!("{whole} {}", units[unit]),
        _ => format!("{whole}{point}{} {}", rest / 100, units[unit]),
    }
}

/// The facts as lines of text, for the command line.
#[must_use]
pub fn lines(diagnosis: &Diagnosis, language: Language) -> Vec<String> {
    let words = Words(language);
    let mut lines = vec![format!(
        "{} · {} · {}",
        words.t("diag.title"),
        diagnosis.station,
        words.moment(diagnosis.at)
    )];
    if diagnosis.findings.is_empty() {
        lines.push(words.t("diag.in_order").to_owned());
    }
    for finding in &diagnosis.findings {
        lines.push(format!(
            "{}: {} {} [{}]",
            words.t(weight_key(finding)),
            words.cause(finding.code),
            words.remedy(finding.code),
            finding.code
        ));
    }
    for section in &diagnosis.sections {
        lines.push(String::new());
        lines.push(words.t(section.key).to_owned());
        for fact in &section.facts {
            let about = fact.about.as_ref();
            let about = about.map_or_else(String::new, |about| format!(" {about}"));
            lines.push(format!(
                "  {}{about}: {}",
                words.t(fact.key),
                words.found(&fact.found)
            ));
        }
    }
    lines
}

pub(crate) fn weight_key(finding: &Defect) -> &'static str {
    match finding.stops {
        true => "diag.stop",
        false => "diag.warning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (12_345_678, "12.3 MB"),
            (123_456_789_012, "123 GB"),
            (u64::MAX, "18446744 TB"),
        ];
        for (bytes, read) in cases {
            assert_eq!(size(bytes, Language::En), read);
        }
        assert_eq!(size(1_500_000, Language::Vi), "1,5 MB");
    }
}
