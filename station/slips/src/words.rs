//! The words on paper, and how times are written there.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use rulebook::{Language, failures, kinds, messages};

/// One reader's language.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

impl Words {
    pub(crate) fn t(self, key: &'static str) -> &'static str {
        messages::find(key).map_or(key, |message| message.text(self.0))
    }

    /// The same with its places filled in.
    pub(crate) fn f(self, key: &'static str, values: &[(&str, &str)]) -> String {
        messages::fill(key, self.0, values).unwrap_or_else(|| key.to_owned())
    }

    pub(crate) fn kind(self, id: &str) -> String {
        kinds::find(id).map_or_else(|| id.to_owned(), |kind| kind.title(self.0).to_owned())
    }

    pub(crate) fn cause(self, code: &str) -> String {
        failures::text(code).map_or_else(|| code.to_owned(), |text| text.cause(self.0).to_owned())
    }

    /// Hour and day in Vietnam: `09:12 02/03/2026`.
    pub(crate) fn moment(self, at: Timestamp) -> String {
        let at = at.to_zoned(TimeZone::fixed(Offset::constant(7))).datetime();
        format!("{} {}", clock(at), day(at))
    }
}

/// `09:12`
pub(crate) fn clock(at: DateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `02/03/2026`
pub(crate) fn day(at: DateTime) -> String {
    format!("{:02}/{:02}/{}", at.day(), at.month(), at.year())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every text in the sources that looks like a key is a sentence in both languages.
    #[test]
    fn every_word_on_paper_is_there_in_both_languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut named = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(entry.unwrap().path()).unwrap();
            for text in source.split('"') {
                let word = |part: &str| {
                    !part.is_empty()
                        && part.bytes().all(|byte| {
                            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
                        })
                };
                let key = text
                    .split_once('.')
                    .is_some_and(|(room, name)| word(room) && word(name));
                if !key || crate::CODES.contains(&text) || text.starts_with("paper.") {
                    continue;
                }
                assert!(messages::find(text).is_some(), "{text}");
                named += 1;
            }
        }
        assert!(named >= 15, "hardly a word was found: {named}");
    }
}
