//! Specks, rules and scraps of seals that were read as words: left out of the text where both looks say so.

use models::{PageText, Word};

use super::form::{Form, form};
use super::lines::runs;

/// Signs nobody prints in a paper; borders and creases are read as these.
const RULES: &[char] = &['|', '¦', '^', 'ˆ', '~', '_', '`', '¬', '‡', '†'];

/// Below it a word alone in its line is doubted, and one among others.
const ALONE: u8 = 65;
const AMONG_OTHERS: u8 = 45;

/// A second look that is at least so sure saw something.
const SEEN: u8 = 75;

/// The page without what is certainly no word.
pub(super) fn without_junk(words: Vec<Word>) -> PageText {
    let mut keep = vec![true; words.len()];
    let lettered = |word: &&Word| word.text.chars().any(char::is_alphanumeric);
    for run in runs(&words) {
        let alone = words[run.words.clone()].iter().filter(lettered).count() <= 1;
        for at in run.words {
            keep[at] = !is_junk(&words[at], alone);
        }
    }
    // A dash before an entry stands some way off; a line of nothing but signs says nothing.
    let mut start = 0;
    for line in words.chunk_by(|a, b| (a.block, a.line) == (b.block, b.line)) {
        if !line.iter().any(|word| lettered(&word)) {
            keep[start..start + line.len()].fill(false);
        }
        start += line.len();
    }
    let mut keep = keep.into_iter();
    let mut words = words;
    words.retain(|_| keep.next().unwrap_or(true));
    PageText::from_words(words)
}

fn is_junk(word: &Word, alone: bool) -> bool {
    let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
    if letters == 0 {
        return word.text.chars().all(|c| RULES.contains(&c));
    }
    let limit = if alone { ALONE } else { AMONG_OTHERS };
    if word.confidence >= limit {
        return false;
    }
    // Nobody looked again: then nothing speaks against it.
    let Some(second) = &word.second else {
        return false;
    };
    let word_like = matches!(
        form(&word.text),
        Form::Capitals | Form::Small | Form::Number
    );
    let agreed = second.text == word.text;
    !agreed && second.confidence < SEEN && (!word_like || alone && letters <= 2)
}

#[cfg(test)]
mod tests {
    use models::{Rect, SecondReading};

    use super::*;

    /// A word at a place of one line, with what the second look made of it.
    fn word(text: &str, confidence: u8, second: Option<(&str, u8)>, x: u32) -> Word {
        Word {
            text: text.to_owned(),
            confidence,
            bbox: Rect {
                x,
                y: 0,
                w: 60,
                h: 30,
            },
            second: second.map(|(text, confidence)| SecondReading {
                text: text.to_owned(),
                confidence,
            }),
            ..Word::default()
        }
    }

    fn left(words: &[Word]) -> Vec<String> {
        let page = without_junk(words.to_vec());
        page.words.iter().map(|word| word.text.clone()).collect()
    }

    #[test]
    fn borders_and_specks_go_and_words_stay() {
        let line = [
            word("|", 90, None, 0),
            word("Họ", 96, None, 70),
            word("-", 60, None, 140),
            word("N‡ES", 10, Some(("NHỆẬ", 70)), 210),
            word("tên", 40, Some(("ten", 50)), 280),
        ];
        assert_eq!(left(&line), ["Họ", "-", "tên"]);
    }

    #[test]
    fn a_scrap_alone_goes_unless_both_saw_it_or_one_is_sure() {
        let scrap = |second| left(&[word("Vv", 60, Some(second), 0)]);
        assert!(scrap(("ỳ", 60)).is_empty());
        assert_eq!(scrap(("Vv", 20)), ["Vv"]);
        assert_eq!(scrap(("Vi", 99)), ["Vv"]);
        assert_eq!(left(&[word("Vv", 60, None, 0)]), ["Vv"]);
        assert!(left(&[word(".", 99, None, 0)]).is_empty());
    }

    #[test]
    fn a_dash_before_an_entry_stays() {
        let entry = [word("-", 80, None, 0), word("Lưu:", 96, None, 400)];
        assert_eq!(left(&entry), ["-", "Lưu:"]);
    }

    #[test]
    fn a_number_or_name_read_badly_is_kept_for_a_person() {
        let words = [
            word("Trần", 20, Some(("Tràn", 40)), 0),
            word("0123", 5, Some(("0128", 30)), 70),
        ];
        assert_eq!(left(&words), ["Trần", "0123"]);
    }
}
