//! The words on the pages, in the language of whoever reads them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rulebook::{Language, failures, kinds, messages};

/// One reader's language.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    /// The sentence of that key.
    pub(crate) fn t(self, key: &'static str) -> &'static str {
        messages::find(key).map_or(key, |message| message.text(self.0))
    }

    /// The same with its places filled in.
    pub(crate) fn f(self, key: &'static str, values: &[(&str, &str)]) -> String {
        messages::fill(key, self.0, values).unwrap_or_else(|| key.to_owned())
    }

    /// What happened, in the words of the list of failures.
    pub(crate) fn cause(self, code: &str) -> String {
        failures::text(code).map_or_else(|| code.to_owned(), |text| text.cause(self.0).to_owned())
    }

    /// What to do about it.
    pub(crate) fn remedy(self, code: &str) -> String {
        failures::text(code).map_or_else(String::new, |text| text.remedy(self.0).to_owned())
    }

    /// The title of a kind of paper.
    pub(crate) fn kind(self, id: &str) -> String {
        kinds::find(id).map_or_else(|| id.to_owned(), |kind| kind.title(self.0).to_owned())
    }

    /// Hours and minutes, in Vietnam.
    pub(crate) fn clock(self, at: Timestamp) -> String {
        let at = at.to_zoned(vietnam());
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// Day and time, in Vietnam.
    pub(crate) fn moment(self, at: Timestamp) -> String {
        let day = at.to_zoned(vietnam());
        format!(
            "{} {:02}/{:02}/{}",
            self.clock(at),
            day.day(),
            day.month(),
            day.year()
        )
    }

    /// Hours and minutes of today, or the day as well.
    pub(crate) fn since(self, at: Timestamp, now: Timestamp) -> String {
        let day = |at: Timestamp| at.to_zoned(vietnam()).date();
        if day(at) == day(now) {
            self.clock(at)
        } else {
            self.moment(at)
        }
    }

    /// The language that the switch leads to.
    pub(crate) fn other(self) -> Self {
        Self(match self.0 {
            Language::Vi => Language::En,
            Language::En => Language::Vi,
        })
    }
}

/// UTC+7 all year; a table of zones would bring nothing.
fn vietnam() -> TimeZone {
    TimeZone::fixed(Offset::constant(7))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Every text in the sources that looks like a key; codes have a list of their own.
    fn named() -> Vec<String> {
        let mut texts = Vec::new();
        sources(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut texts,
        );
        let a_key = |text: &&str| {
            let plain = |part: &str| {
                !part.is_empty()
                    && part.bytes().all(|byte| {
                        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
                    })
            };
            text.split_once('.')
                .is_some_and(|(room, name)| plain(room) && plain(name))
                && !["desk.css", "live.js"].contains(text)
                && !text.starts_with("screen.")
        };
        let quoted = |text: &String| -> Vec<String> {
            text.split('"').filter(a_key).map(str::to_owned).collect()
        };
        texts.iter().flat_map(quoted).collect()
    }

    #[test]
    fn every_word_on_the_pages_is_there_in_both_languages() {
        let named = named();
        assert!(named.len() > 90, "hardly a word was found: {}", named.len());
        for key in named {
            let known = messages::find(&key).is_some() || failures::text(&key).is_some();
            assert!(known, "{key}");
        }
    }
}
