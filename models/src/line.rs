//! The line engine's trait: a second recogniser that reads one line of text and says letter by letter how sure it is.
//!
//! It finds no lines itself; whoever asks cuts the line out of the page. What it reads is personal data, so nothing
//! here prints a letter.

use image::GrayImage;

use crate::{ModelId, TextError};

/// Reads the letters of one line.
pub trait LineEngine: Send {
    /// Reads a level line, cut out closely: what else stands in the picture is read too.
    fn read_line(&mut self, line: &GrayImage) -> Result<LineText, TextError>;

    fn model(&self) -> &ModelId;
}

/// One letter, or the space between two words, as read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    pub letter: char,
    /// 0 (a guess) to 100 (sure).
    pub confidence: u8,
    /// Where it stands in the picture of the line, in pixels from its left edge. Engines of this kind know a letter's
    /// place to about half a letter.
    pub left: u32,
    pub right: u32,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Letter({}%, {}..{})",
            self.confidence, self.left, self.right
        )
    }
}

/// One line as read, letters and spaces from left to right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineText {
    pub letters: Vec<Letter>,
}

/// A word of a line: letters without a space between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineWord {
    /// Never empty.
    pub letters: Vec<Letter>,
}

impl LineText {
    /// The words of the line, spaces left out.
    pub fn words(&self) -> Vec<LineWord> {
        self.letters
            .split(|letter| letter.letter.is_whitespace())
            .filter(|letters| !letters.is_empty())
            .map(|letters| LineWord {
                letters: letters.to_vec(),
            })
            .collect()
    }
}

impl LineWord {
    pub fn text(&self) -> String {
        self.letters.iter().map(|letter| letter.letter).collect()
    }

    /// That of the letter the engine is least sure of: one wrong letter makes a wrong word.
    pub fn confidence(&self) -> u8 {
        self.letters.iter().map(|l| l.confidence).min().unwrap_or(0)
    }

    /// Left edge in pixels of the line.
    pub fn left(&self) -> u32 {
        self.letters.first().map_or(0, |letter| letter.left)
    }

    /// Right edge in pixels of the line.
    pub fn right(&self) -> u32 {
        self.letters.last().map_or(0, |letter| letter.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_spaces_and_are_as_sure_as_their_weakest_letter() {
        let letters = [
            (' ', 9),
            ('S', 90),
            ('ố', 40),
            (' ', 5),
            (' ', 9),
            ('1', 80),
        ];
        let line = LineText {
            letters: letters
                .iter()
                .zip(0..)
                .map(|(&(letter, confidence), at)| Letter {
                    letter,
                    confidence,
                    left: at * 10,
                    right: at * 10 + 8,
                })
                .collect(),
        };
        let words = line.words();
        let told: Vec<_> = words
            .iter()
            .map(|w| (w.text(), w.confidence(), w.left(), w.right()))
            .collect();
        assert_eq!(told, [("Số".into(), 40, 10, 28), ("1".into(), 80, 50, 58)]);
        assert!(!format!("{line:?}{words:?}").contains('ố'));
    }
}
