//! What kinds of cards can bear, by their answer to reset; kept from one day to the next.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use emrtd::Habits;
use serde::{Deserialize, Serialize};

/// More kinds of cards than one desk meets; beyond it, nothing new is learnt.
const MOST_KINDS: usize = 256;

/// A book of 256 kinds is under 64 KiB.
const MOST_BYTES: u64 = 256 * 1024;

/// After so many cards of a kind read humbly, one is asked boldly again: many kinds share one ATR.
const TRY_AGAIN: u32 = 16;

/// [`Habits`] by ATR. A book that cannot be read is an empty one: all in it can be found out again.
///
/// That long answers work is believed at once; that they do not, only when two cards in a row say
/// so, because one glitch on one card would slow down every later card of its kind.
///
/// An ATR names a kind of card, never one card, and nothing here is about a person.
#[derive(Debug, Default)]
pub struct HabitBook {
    path: Option<PathBuf>,
    kinds: BTreeMap<String, Kind>,
}

/// What the last cards of one kind have shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    habits: Habits,
    /// How many cards in a row have shown just these.
    seen: u32,
}

impl HabitBook {
    /// The book in this file, which need not be there yet.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let small = fs::metadata(path).is_ok_and(|found| found.len() <= MOST_BYTES);
        let text = small.then(|| fs::read(path).ok()).flatten();
        let kinds = text
            .and_then(|text| serde_json::from_slice::<BTreeMap<String, Kind>>(&text).ok())
            .filter(|kinds| kinds.len() <= MOST_KINDS)
            .unwrap_or_default();
        Self {
            path: Some(path.to_owned()),
            kinds,
        }
    }

    pub(super) fn of(&self, atr: &[u8]) -> Option<Habits> {
        let kind = self.kinds.get(&hex::encode(atr))?;
        let sure = kind.habits.long_answers || kind.seen >= 2;
        let stale = !kind.habits.long_answers && kind.seen % TRY_AGAIN == 0;
        (sure && !stale).then(|| kind.habits.clone())
    }

    pub(super) fn remember(&mut self, atr: &[u8], habits: &Habits) {
        let name = hex::encode(atr);
        let known = self.kinds.get(&name);
        if atr.is_empty() || known.is_none() && self.kinds.len() >= MOST_KINDS {
            return;
        }
        let before = known.filter(|kind| kind.habits == *habits);
        let seen = before.map_or(1, |kind| kind.seen.saturating_add(1));
        // Nothing is learnt by counting what is believed anyway.
        if before.is_some() && habits.long_answers {
            return;
        }
        let kind = Kind {
            habits: habits.clone(),
            seen,
        };
        self.kinds.insert(name, kind);
        // Only convenience is lost with it, so a full disk is no reason to stop a visit.
        if let Some(path) = &self.path {
            let _ = write(path, &self.kinds);
        }
    }
}

/// Whole or not at all.
fn write(path: &Path, kinds: &BTreeMap<String, Kind>) -> std::io::Result<()> {
    let half = path.with_extension("half");
    let mut file = fs::File::create(&half)?;
    file.write_all(&serde_json::to_vec_pretty(kinds)?)?;
    file.sync_all()?;
    fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATR: [u8; 2] = [0x3B, 0x80];

    fn bold() -> Habits {
        Habits {
            long_answers: true,
            ..Habits::default()
        }
    }

    #[test]
    fn what_was_learnt_is_there_the_next_day() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kinds.json");
        let mut book = HabitBook::open(&path);
        assert_eq!(book.of(&ATR), None);
        book.remember(&ATR, &bold());
        book.remember(&[], &bold());
        let again = HabitBook::open(&path);
        assert_eq!(again.of(&ATR), Some(bold()));
        assert_eq!(again.of(&[]), None);
        fs::write(&path, b"{\"3b80\": {\"begin\": -1}}").unwrap();
        assert_eq!(HabitBook::open(&path).of(&ATR), None);
    }

    #[test]
    fn one_glitch_slows_no_later_card_and_humility_does_not_last_for_ever() {
        let mut book = HabitBook::default();
        let humble = Habits::short_answers();
        book.remember(&ATR, &humble);
        assert_eq!(book.of(&ATR), None, "one card may be a glitch");
        book.remember(&ATR, &bold());
        book.remember(&ATR, &humble);
        assert_eq!(book.of(&ATR), None);
        book.remember(&ATR, &humble);
        assert_eq!(book.of(&ATR), Some(humble.clone()));
        let mut bold_tries = 0;
        for _ in 0..64 {
            bold_tries += u32::from(book.of(&ATR).is_none());
            book.remember(&ATR, &humble);
        }
        assert_eq!(bold_tries, 4);
        book.remember(&ATR, &bold());
        assert_eq!(book.of(&ATR), Some(bold()));
    }

    #[test]
    fn a_book_does_not_grow_without_end() {
        let mut book = HabitBook::default();
        for kind in 0..=u16::MAX {
            book.remember(&kind.to_be_bytes(), &Habits::default());
        }
        assert_eq!(book.kinds.len(), MOST_KINDS);
    }
}
