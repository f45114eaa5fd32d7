//! What kinds of chips can bear: told by their ATR, found out by trying, worth remembering.
//!
//! A chip that cannot answer at length says so too late: after a command has been wasted, or a
//! session. Whoever keeps the [`Habits`] of one card by its ATR spares the next card of its kind that.

use serde::{Deserialize, Serialize};

use crate::access::AnswerLength;

/// What a chip has shown it can bear. Nothing in it is about the holder.
///
/// Ask [`SecureChip::habits`](super::SecureChip::habits) after a reading, and give it to
/// [`Chip::with_habits`](super::Chip::with_habits) for the next card with the same ATR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habits {
    /// How many bytes the data field of the answer that begins a file may hold.
    pub begin: usize,
    /// The same for answers that go on with a file, when no more is asked for than is there.
    pub go_on: usize,
    /// The most plain bytes that one READ BINARY brings, where the chip has named a number (6Cxx).
    pub most: Option<usize>,
    /// Files must be selected by their identifier: the chip knows no short ones.
    pub by_select: bool,
    /// A long answer has come back.
    pub long_answers: bool,
}

impl Default for Habits {
    /// Nothing is known: the boldest question is put first.
    fn default() -> Self {
        Self {
            begin: usize::MAX,
            go_on: usize::MAX,
            most: None,
            by_select: false,
            long_answers: false,
        }
    }
}

impl Habits {
    /// How long an answer may be while the chip is being opened.
    pub(super) fn answer_length(&self) -> AnswerLength {
        if self.long_answers {
            AnswerLength::Proven(self.begin.min(self.go_on))
        } else {
            AnswerLength::Unknown
        }
    }

    /// For chips and readers that fall silent at the mere question for a long answer.
    pub fn short_answers() -> Self {
        Self {
            begin: 256,
            go_on: 256,
            ..Self::default()
        }
    }
}

/// What the card capabilities in an ATR say about long answers (ISO/IEC 7816-4 §12.1.1.9, third
/// software function table).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// Long answers work; how long, EF.ATR/INFO tells.
    InAtrInfo,
    LongAnswers,
    ShortAnswers,
}

impl Announced {
    /// `None` when the ATR has no word on it, as most.
    pub(super) fn in_atr(atr: &[u8]) -> Option<Self> {
        // ISO/IEC 7816-3 §8.2: TS, T0, interface bytes as each TDi announces them.
        let (_, rest) = atr.split_first()?;
        let (&format, mut rest) = rest.split_first()?;
        let count = usize::from(format & 0x0F);
        let mut announced = format >> 4;
        for _ in 0..8 {
            let (skip, chained) = (
                (announced & 0x7).count_ones() as usize,
                announced & 0x8 != 0,
            );
            rest = rest.get(skip..)?;
            if !chained {
                break;
            }
            let (&next, after) = rest.split_first()?;
            (announced, rest) = (next >> 4, after);
        }
        // ISO/IEC 7816-4 §12.1.1: COMPACT-TLV behind a category of 00 or 80.
        let (category, mut objects) = rest.get(..count)?.split_first()?;
        match category {
            0x80 => {}
            0x00 => objects = objects.get(..objects.len().checked_sub(3)?)?,
            _ => return None,
        }
        while let Some((&head, body)) = objects.split_first() {
            let value = body.get(..usize::from(head & 0x0F))?;
            if let (7, [_, _, third]) = (head >> 4, value) {
                return Some(match third {
                    third if third & 0x40 == 0 => Self::ShortAnswers,
                    third if third & 0x20 != 0 => Self::InAtrInfo,
                    _ => Self::LongAnswers,
                });
            }
            objects = &body[value.len()..];
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atr_tells_what_its_chip_can_bear() {
        let announced = |hex: &str| Announced::in_atr(&hex::decode(hex).unwrap());
        // Contactless pseudo-ATR with card service data and card capabilities.
        assert_eq!(
            announced("3B8980018031807384214081"),
            None,
            "nine historical bytes announced, seven there"
        );
        assert_eq!(
            announced("3B878001807384214040"),
            None,
            "cut before its end"
        );
        assert_eq!(
            announced("3B8580018073842140AA"),
            Some(Announced::LongAnswers)
        );
        assert_eq!(
            announced("3B8580018073842160AA"),
            Some(Announced::InAtrInfo)
        );
        assert_eq!(
            announced("3B8580018073842180AA"),
            Some(Announced::ShortAnswers)
        );
        // The category that ends in a status.
        assert_eq!(
            announced("3B88800100738421400590009C"),
            Some(Announced::LongAnswers)
        );
        // vpcd's, and rubbish.
        for silent in [
            "3B80800101",
            "3B",
            "",
            "3BFF",
            "3B0F00",
            "3B8580014173842140AA",
        ] {
            assert_eq!(announced(silent), None, "{silent}");
        }
    }
}
