//! What kinds of cards can bear, by their answer to reset; kept from one day to the next.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use emrtd::Habits;

/// More kinds of cards than one desk meets; beyond it, nothing new is learnt.
const MOST_KINDS: usize = 256;

/// A book of 256 kinds is under 64 KiB.
const MOST_BYTES: u64 = 256 * 1024;

/// [`Habits`] by ATR. A book that cannot be read is an empty one: all in it can be found out again.
///
/// An ATR names a kind of card, never one card, and nothing here is about a person.
#[derive(Debug, Default)]
pub struct HabitBook {
    path: Option<PathBuf>,
    kinds: BTreeMap<String, Habits>,
}

impl HabitBook {
    /// The book in this file, which need not be there yet.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let small = fs::metadata(path).is_ok_and(|found| found.len() <= MOST_BYTES);
        let text = small.then(|| fs::read(path).ok()).flatten();
        let kinds = text
            .and_then(|text| serde_json::from_slice::<BTreeMap<String, Habits>>(&text).ok())
            .filter(|kinds| kinds.len() <= MOST_KINDS)
            .unwrap_or_default();
        Self {
            path: Some(path.to_owned()),
            kinds,
        }
    }

    pub(super) fn of(&self, atr: &[u8]) -> Option<Habits> {
        self.kinds.get(&hex::encode(atr)).cloned()
    }

    pub(super) fn remember(&mut self, atr: &[u8], habits: &Habits) {
        let kind = hex::encode(atr);
        let full = self.kinds.len() >= MOST_KINDS && !self.kinds.contains_key(&kind);
        if atr.is_empty() || full || self.kinds.get(&kind) == Some(habits) {
            return;
        }
        self.kinds.insert(kind, habits.clone());
        // Only convenience is lost with it, so a full disk is no reason to stop a visit.
        if let Some(path) = &self.path {
            let _ = write(path, &self.kinds);
        }
    }
}

/// Whole or not at all.
fn write(path: &Path, kinds: &BTreeMap<String, Habits>) -> std::io::Result<()> {
    let half = path.with_extension("half");
    let mut file = fs::File::create(&half)?;
    file.write_all(&serde_json::to_vec_pretty(kinds)?)?;
    file.sync_all()?;
    fs::rename(&half, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learnt_is_there_the_next_day() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kinds.json");
        let mut book = HabitBook::open(&path);
        assert_eq!(book.of(&[0x3B, 0x80]), None);
        book.remember(&[0x3B, 0x80], &Habits::short_answers());
        book.remember(&[], &Habits::short_answers());
        let again = HabitBook::open(&path);
        assert_eq!(again.of(&[0x3B, 0x80]), Some(Habits::short_answers()));
        assert_eq!(again.of(&[]), None);
        fs::write(&path, b"{\"3b80\": {\"begin\": -1}}").unwrap();
        assert_eq!(HabitBook::open(&path).of(&[0x3B, 0x80]), None);
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
