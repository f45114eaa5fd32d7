//! Two images by their words: the same page read twice differs in a slip here and there, another person's paper in names
//! and numbers.

use std::collections::{BTreeMap, BTreeSet};

use models::PageText;

use crate::fold::fold;

/// Two pages of one form differ at least in names and numbers; two scans of one page differ in a word here and there.
const SAME_WORDS_SHARE: f32 = 0.96;

/// With fewer words, likeness says nothing.
const LEAST_WORDS: usize = 12;

/// A number read so surely is no slip.
const SURE: u8 = 85;

/// Figures that make a number: dates and book numbers have four and more.
const FIGURES: usize = 4;

#[derive(Clone, Default)]
pub(super) struct Words {
    counts: BTreeMap<String, u32>,
    count: usize,
    /// Numbers that were read surely.
    numbers: BTreeSet<String>,
}

impl Words {
    pub(super) fn of(text: Option<&PageText>) -> Self {
        let mut words = Self::default();
        for word in text.iter().flat_map(|text| &text.words) {
            let folded = fold(&word.text);
            if folded.len() < 2 {
                continue;
            }
            if word.confidence >= SURE && is_number(&folded) {
                words.numbers.insert(folded.clone());
            }
            *words.counts.entry(folded).or_insert(0) += 1;
            words.count += 1;
        }
        words
    }

    /// Surely the same page.
    pub(super) fn are(&self, other: &Self) -> bool {
        if self.count.min(other.count) < LEAST_WORDS || self.other_number(other) {
            return false;
        }
        let shared: u32 = self
            .counts
            .iter()
            .map(|(word, count)| {
                other
                    .counts
                    .get(word)
                    .map_or(0, |theirs| (*count).min(*theirs))
            })
            .sum();
        let numbers = |words: &Self| -> Vec<String> {
            words
                .counts
                .keys()
                .filter(|word| is_number(word))
                .cloned()
                .collect()
        };
        shared as f32 >= SAME_WORDS_SHARE * self.count.max(other.count) as f32
            && numbers(self) == numbers(other)
    }

    /// Each has a surely read number that the other lacks, of the same length.
    pub(super) fn other_number(&self, other: &Self) -> bool {
        let mine = self.numbers.difference(&other.numbers);
        let theirs: Vec<&String> = other.numbers.difference(&self.numbers).collect();
        mine.into_iter()
            .any(|mine| theirs.iter().any(|theirs| theirs.len() == mine.len()))
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().filter(u8::is_ascii_digit).count() >= FIGURES
}
