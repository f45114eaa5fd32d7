//! Two readings of one place: which of them stands, and how sure that is.
//!
//! Nothing is invented: the outcome is one of the two readings, letter for letter, and the other is kept beside it.

use rulebook::syllables::is_syllable;

/// What an engine made of a place: one or several words, spaces between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) text: String,
    pub(super) confidence: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Both,
    First,
    Other,
}

/// Which reading stands.
pub(super) fn choose(first: &Reading, other: &Reading, own: bool) -> Stands {
    if first.text == other.text {
        return Stands::Both;
    }
    let _ = own;
    if weight(first) + 0.0 >= weight(other) {
        Stands::First
    } else {
        Stands::Other
    }
}

fn weight(reading: &Reading) -> f32 {
    let formed = reading.text.split(' ').all(|word| {
        let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        is_syllable(&letters) || letters.chars().all(|c| c.is_ascii_digit())
    });
    f32::from(reading.confidence) + if formed { 15.0 } else { 0.0 }
}
