//! Two readings of one place: which of them stands.
//!
//! Nothing is invented: the outcome is one of the two readings, letter for letter, and the other is kept beside it. The
//! rules were found on 590 places where the two engines differ, on invented papers drawn clean and scanned at 150 to
//! 300 dpi; the numbers below are from there.

use super::form::{Form, form};

/// What an engine made of a place: one or several words, spaces between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) text: String,
    /// That of its least sure word.
    pub(super) confidence: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Both,
    First,
    Other,
}

/// In capitals Tesseract is as sure of a word without its stacked mark as with it (PHƯƠNG for PHƯỜNG at 97): it counts
/// for no more than this there.
const CAPITALS: f32 = 78.0;

/// In small letters it is right more often than the other where both are equally sure.
const SMALL: f32 = 8.0;

/// Handwriting it was never taught.
const BY_HAND: f32 = -25.0;

/// What a well-formed word is worth against one that is not, in points of confidence.
const FORMED: f32 = 15.0;

/// A sign that no word holds is a blot; what it counts against a reading.
const ODD: f32 = 50.0;

/// What the same engine hesitates at in the first view, and by how much the other view must be surer.
const VIEW_HESITATES: u8 = 80;
const VIEW_SURER: u8 = 15;

/// A code is read surely enough to believe its zeros.
const SURE_CODE: u8 = 85;

/// Which reading stands. `by_hand` says that the line looks handwritten.
pub(super) fn choose(first: &Reading, other: &Reading, by_hand: bool) -> Stands {
    if first.text == other.text {
        return Stands::Both;
    }
    if other.text.is_empty() || swallowed(&first.text, &other.text) {
        return Stands::First;
    }
    if let Some(stands) = lookalikes(first, other) {
        return stands;
    }
    let (form_first, form_other) = (form(&first.text), form(&other.text));
    let mut weight = f32::from(first.confidence);
    match form_first {
        Form::Capitals => weight = weight.min(CAPITALS),
        Form::Small | Form::Other | Form::Odd => weight += SMALL,
        Form::Number => {}
    }
    if by_hand {
        weight += BY_HAND;
    }
    let worth = |form| match form {
        Form::Capitals | Form::Small | Form::Number => FORMED,
        Form::Other => 0.0,
        Form::Odd => -ODD,
    };
    weight += worth(form_first);
    if weight >= f32::from(other.confidence) + worth(form_other) {
        Stands::First
    } else {
        Stands::Other
    }
}

/// Which reading stands when the other is the same engine's, in another view. It makes the same mistakes again, so that
/// the first stands unless it hesitated much more and what the other saw can be a word.
pub(super) fn choose_view(first: &Reading, other: &Reading, _by_hand: bool) -> Stands {
    if first.text == other.text {
        return Stands::Both;
    }
    let formed = |text: &str| !matches!(form(text), Form::Other | Form::Odd);
    let surer = other.confidence >= first.confidence.saturating_add(VIEW_SURER);
    match first.confidence < VIEW_HESITATES && surer && formed(&other.text) {
        true => Stands::Other,
        false => Stands::First,
    }
}

/// Whether a word can be a line of a machine-readable zone, read well or badly: it has fillers.
pub(super) fn is_machine_line(text: &str) -> bool {
    text.len() >= 10 && text.matches('<').count() >= 2
}

/// Which reading stands in a machine-readable zone when the other is by a net for Latin letters, which read all lines
/// right where the Vietnamese one read none: that one, if it only holds the zone's letters (ICAO 9303-3 §4.3).
pub(super) fn choose_machine_line(first: &Reading, other: &Reading, _by_hand: bool) -> Stands {
    let pure = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<')
    };
    if first.text == other.text {
        Stands::Both
    } else if is_machine_line(&other.text)
        && pure(&other.text)
        && (!pure(&first.text) || other.confidence >= first.confidence)
    {
        Stands::Other
    } else {
        Stands::First
    }
}

/// Whether the other is the first without some letters that repeat the one before them, or without dividers inside:
/// what CTC loses (TT-BCA read as T-BCA, 222/25 as 2225), however sure it is.
fn swallowed(first: &str, other: &str) -> bool {
    let mut rest = other.chars().peekable();
    let mut before = None;
    let mut lost = 0;
    let letters: Vec<char> = first.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        if rest.peek() == Some(letter) {
            rest.next();
        } else {
            let inside = at > 0 && at + 1 < letters.len();
            let divider = matches!(letter, '/' | '-' | '.') && inside;
            if before != Some(*letter) && !divider {
                return false;
            }
            lost += 1;
        }
        if letter.is_alphanumeric() {
            before = Some(*letter);
        }
    }
    rest.next().is_none() && lost > 0 && first.chars().any(|c| c.is_ascii_digit() || c == '-')
}

/// Decides between readings that differ only in letters and digits of the same shape (CT07, CTO7).
fn lookalikes(first: &Reading, other: &Reading) -> Option<Stands> {
    let shape = |letter: char| match letter {
        'O' | 'o' | 'Q' => '0',
        'I' | 'l' | '|' => '1',
        letter => letter,
    };
    let same = first
        .text
        .chars()
        .map(shape)
        .eq(other.text.chars().map(shape));
    let digits = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    if !same || !(digits(&first.text) || digits(&other.text)) {
        return None;
    }
    let fewer = changes(&other.text) < changes(&first.text);
    Some(match first.confidence < SURE_CODE && fewer {
        true => Stands::Other,
        false => Stands::First,
    })
}

/// How often letters and digits take turns.
fn changes(text: &str) -> usize {
    let kinds: Vec<bool> = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.is_ascii_digit())
        .collect();
    kinds.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use super::*;

    /// `TEXT confidence | TEXT confidence`
    fn stands(case: &str, by_hand: bool) -> Stands {
        let (first, other) = case.split_once(" | ").unwrap();
        let reading = |case: &str| {
            let (text, confidence) = case.rsplit_once(' ').unwrap();
            Reading {
                text: text.to_owned(),
                confidence: confidence.parse().unwrap(),
            }
        };
        choose(&reading(first), &reading(other), by_hand)
    }

    #[test]
    fn marks_on_capitals_are_believed_to_the_other_unless_it_guesses() {
        for case in [
            "GIẦY 87 | GIẤY 100",
            "PHƯƠNG 97 | PHƯỜNG 100",
            "HỌI 92 | HỘI 86",
            "PHAM 92 | PHẠM 100",
        ] {
            assert_eq!(stands(case, false), Stands::Other, "{case}");
        }
        for case in ["KHAI 93 | KHÁI 52", "SƯ 93 | SỬ 63", "KIẾN 92 | KIỂN 50"] {
            assert_eq!(stands(case, false), Stands::First, "{case}");
        }
    }

    #[test]
    fn small_letters_are_believed_to_the_first_unless_it_hesitates() {
        for case in [
            "Thế 97 | Thể 99",
            "Chiểu, 88 | Chiều, 92",
            "Minh 97 | Mình 91",
        ] {
            assert_eq!(stands(case, false), Stands::First, "{case}");
        }
        for case in [
            "Tuần 89 | Tuấn 100",
            "thúng 75 | tháng 100",
            "tính 89 | tỉnh 100",
        ] {
            assert_eq!(stands(case, false), Stands::Other, "{case}");
        }
    }

    #[test]
    fn on_handwriting_the_first_counts_for_less() {
        assert_eq!(stands("Lời 96 | Lài 100", false), Stands::First);
        assert_eq!(stands("Lời 96 | Lài 100", true), Stands::Other);
    }

    #[test]
    fn a_word_that_cannot_be_one_loses_against_one_that_can() {
        assert_eq!(stands("II. 82 | H. 92", false), Stands::First);
        assert_eq!(stands("TT 25 | T'T 79", false), Stands::First);
        assert_eq!(
            stands("24l03I1975 29 | 24/03/1975 100", false),
            Stands::Other
        );
    }

    #[test]
    fn what_ctc_swallows_is_kept() {
        for case in [
            "66/2023/TT-BCA 84 | 66/2023/T-BCA 97",
            "222/25 60 | 2225 97",
            "0119 50 | 019 99",
        ] {
            assert_eq!(stands(case, false), Stands::First, "{case}");
        }
        assert_eq!(
            stands("09/09/1933, 80 | 09/09/1933 100", false),
            Stands::Other
        );
    }

    #[test]
    fn zeros_in_codes_stand_where_the_first_is_sure_or_the_other_mixes_more() {
        assert_eq!(stands("CT07 88 | CTO7 98", false), Stands::First);
        assert_eq!(
            stands("O912345678 44 | 0912345678 90", false),
            Stands::Other
        );
        assert_eq!(
            stands("H0ANG<<THI 58 | HOANG<<THI 70", false),
            Stands::Other
        );
    }

    #[test]
    fn another_view_of_the_same_engine_stands_only_over_a_guess() {
        let view = |first: &str, a, other: &str, b| {
            let reading = |text: &str, confidence| Reading {
                text: text.to_owned(),
                confidence,
            };
            choose_view(&reading(first, a), &reading(other, b), false)
        };
        assert_eq!(view("thúng", 75, "tháng", 97), Stands::Other);
        assert_eq!(view("ĐẶNG", 86, "ĐĂNG", 96), Stands::First);
        assert_eq!(view("O9127", 44, "O912", 88), Stands::First);
        assert_eq!(view("Lài", 60, "Lài", 97), Stands::Both);
    }

    #[test]
    fn a_machine_readable_line_is_believed_to_the_latin_net_if_it_can_be_one() {
        let stands = |first: &str, a, other: &str, b| {
            let reading = |text: &str, confidence| Reading {
                text: text.to_owned(),
                confidence,
            };
            choose_machine_line(&reading(first, a), &reading(other, b), false)
        };
        assert!(is_machine_line("1IDVNM0010000014001010000014<<4") && !is_machine_line("a < b"));
        assert_eq!(
            stands("THU<<MAT<<<<", 62, "THU<<MAI<<<<", 84),
            Stands::Other
        );
        assert_eq!(stands("THU<<MAI<<<<", 90, "THU<<MAI<<<<", 84), Stands::Both);
        assert_eq!(stands("THU<<MAI<<<<", 90, "THU«MAI<<<<", 95), Stands::First);
        assert_eq!(stands("THU<<MAI<<<<", 90, "", 0), Stands::First);
    }

    #[test]
    fn nothing_seen_is_no_reading() {
        assert_eq!(stands("HỘI 7 |  0", false), Stands::First);
        assert_eq!(stands("Nam 7 | Nam 3", true), Stands::Both);
    }
}
