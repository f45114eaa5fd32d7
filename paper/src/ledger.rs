//! The book of pages: as many pages as the paper has sheets with writing, each once.

use std::collections::BTreeMap;

use models::PageText;

use crate::Verdict;
use crate::fold::fold;

/// Two pages of one form differ at least in names and numbers; two scans of one page differ in a word here and there.
const SAME_WORDS_SHARE: f32 = 0.96;

/// With fewer words, likeness says nothing.
const MIN_WORDS: usize = 12;

/// What was entered so far.
#[derive(Clone, Default)]
pub struct PageLedger {
    declared: Option<u32>,
    pages: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    sha256: String,
    words: BTreeMap<String, u32>,
    count: usize,
}

impl std::fmt::Debug for PageLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PageLedger({} pages of {:?})",
            self.pages.len(),
            self.declared
        )
    }
}

impl PageLedger {
    /// `declared` is the number of pages counted by hand; none when nobody counted.
    pub fn new(declared: Option<u32>) -> Self {
        Self {
            declared,
            pages: Vec::new(),
        }
    }

    /// Enters the next page and says whether it has been here before. The verdict's value is the number of the earlier
    /// page, counted from 1.
    pub fn enter(&mut self, sha256: &str, text: &PageText) -> Option<Verdict> {
        let mut words = BTreeMap::new();
        for word in text
            .words
            .iter()
            .map(|word| fold(&word.text))
            .filter(|word| word.len() > 1)
        {
            *words.entry(word).or_insert(0) += 1;
        }
        let entry = Entry {
            sha256: sha256.to_owned(),
            count: words.values().sum::<u32>() as usize,
            words,
        };
        let earlier = self
            .pages
            .iter()
            .position(|page| page.sha256 == entry.sha256 || page.is_like(&entry));
        self.pages.push(entry);
        earlier.map(|at| Verdict::flagged("quality.duplicate", at as f32 + 1.0, 0.0))
    }

    /// What is missing once everything is entered.
    pub fn close(&self) -> Option<Verdict> {
        let declared = self
            .declared
            .filter(|declared| (self.pages.len() as u64) < u64::from(*declared))?;
        Some(Verdict::flagged(
            "quality.pages_missing",
            self.pages.len() as f32,
            declared as f32,
        ))
    }
}

impl Entry {
    fn is_like(&self, other: &Self) -> bool {
        let most = self.count.max(other.count);
        if self.count.min(other.count) < MIN_WORDS {
            return false;
        }
        let shared = |keep: &dyn Fn(&str) -> bool| {
            self.words
                .iter()
                .filter(|(word, _)| keep(word))
                .map(|(word, count)| {
                    other
                        .words
                        .get(word)
                        .map_or(0, |theirs| (*count).min(*theirs))
                })
                .sum::<u32>() as usize
        };
        let numbers = |words: &BTreeMap<String, u32>| {
            words
                .keys()
                .filter(|word| is_number(word))
                .cloned()
                .collect::<Vec<_>>()
        };
        // One other number makes it another paper, however much of the form is the same.
        shared(&|_| true) as f32 >= SAME_WORDS_SHARE * most as f32
            && numbers(&self.words) == numbers(&other.words)
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_digit).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::{Rect, Word};

    fn text(words: &str) -> PageText {
        let word = |text: &str| Word {
            text: text.to_owned(),
            confidence: 90,
            bbox: Rect::default(),
            line: 1,
            block: 1,
            ..Word::default()
        };
        PageText::from_words(words.split_whitespace().map(word).collect())
    }

    const PAGE: &str = "Giấy khai sinh Họ tên Trần Thị Mẫu sinh ngày 05/06/2014 tại xã Thử huyện Mẫu số định danh 001314000001 do ông bà khai báo và ký tên dưới đây";

    #[test]
    fn the_same_page_scanned_again_is_found_though_the_pixels_differ() {
        let mut ledger = PageLedger::new(None);
        assert_eq!(ledger.enter("aa", &text(PAGE)), None);
        assert_eq!(ledger.enter("bb", &text("một trang khác hẳn")), None);
        let again = ledger
            .enter("cc", &text(&PAGE.replace("Thử", "Thừ")))
            .expect("it is the same page");
        assert_eq!((again.code, again.value), ("quality.duplicate", 1.0));
    }

    #[test]
    fn the_same_form_of_another_person_is_another_page() {
        let mut ledger = PageLedger::new(None);
        ledger.enter("aa", &text(PAGE));
        assert_eq!(
            ledger.enter("bb", &text(&PAGE.replace("001314000001", "001314000002"))),
            None
        );
    }

    #[test]
    fn a_missing_page_is_noticed_at_the_end() {
        let mut ledger = PageLedger::new(Some(2));
        ledger.enter("aa", &text(PAGE));
        assert_eq!(
            ledger
                .close()
                .map(|verdict| (verdict.code, verdict.value, verdict.limit)),
            Some(("quality.pages_missing", 1.0, 2.0))
        );
        ledger.enter("bb", &text("trang hai"));
        assert_eq!(ledger.close(), None);
    }
}
