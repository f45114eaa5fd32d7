//! Scores read text against the truth: letters wrong, letters wrong without their marks, values found word for word.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::corpus::Truth;

/// What one page's text is worth. Counts, so that pages can be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Letters of the true lines.
    pub letters: usize,
    /// Letters to change, add or drop to get the true lines out of the text.
    pub wrong: usize,
    /// The same when every letter has lost its marks.
    pub wrong_bare: usize,
    /// Values on the page.
    pub values: usize,
    /// Values that stand in the text word for word.
    pub found: usize,
}

impl Score {
    /// Compares a text with the truth. The order of lines does not matter: each true line is sought wherever it
    /// fits best, as columns and tables may be read in more than one order.
    pub fn of(truth: &Truth, text: &str) -> Self {
        let read = plain(text);
        let letters: Vec<char> = read.chars().collect();
        let bare: Vec<char> = bare(&read).chars().collect();
        let mut score = Self::default();
        for line in &truth.lines {
            let line = plain(&line.text);
            let pattern: Vec<char> = line.chars().collect();
            score.letters += pattern.len();
            score.wrong += slips_within(&pattern, &letters);
            let pattern: Vec<char> = self::bare(&line).chars().collect();
            score.wrong_bare += slips_within(&pattern, &bare);
        }
        score.values = truth.fields.len();
        score.found = truth
            .fields
            .values()
            .filter(|field| read.contains(&plain(&field.value)))
            .count();
        score
    }

    pub fn add(&mut self, other: Self) {
        self.letters += other.letters;
        self.wrong += other.wrong;
        self.wrong_bare += other.wrong_bare;
        self.values += other.values;
        self.found += other.found;
    }

    /// Character error rate with diacritics, in percent.
    pub fn cer(&self) -> f64 {
        percent(self.wrong, self.letters)
    }

    /// Character error rate of the bare letters, in percent.
    pub fn bare_cer(&self) -> f64 {
        percent(self.wrong_bare, self.letters)
    }

    /// Values found word for word, in percent.
    pub fn found_share(&self) -> f64 {
        percent(self.found, self.values)
    }
}

pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// One way of writing: NFC, one kind of quotes and dashes, single spaces.
pub fn plain(text: &str) -> String {
    let unified: String = text
        .nfc()
        .map(|letter| match letter {
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            '–' | '—' => '-',
            other => other,
        })
        .collect();
    unified.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn bare(text: &str) -> String {
    text.nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .map(|letter| match letter {
            'đ' => 'd',
            'Đ' => 'D',
            other => other,
        })
        .collect()
}

/// The least number of slips with which `pattern` stands somewhere in `text` (Sellers' algorithm), never more than
/// the pattern is long.
fn slips_within(pattern: &[char], text: &[char]) -> usize {
    // Most lines are read without a slip: look for them first.
    let mut seen: HashMap<char, ()> = HashMap::new();
    seen.extend(text.iter().map(|letter| (*letter, ())));
    if !pattern.is_empty()
        && pattern.iter().all(|letter| seen.contains_key(letter))
        && text.windows(pattern.len()).any(|window| window == pattern)
    {
        return 0;
    }
    let mut column: Vec<usize> = (0..=pattern.len()).collect();
    let mut best = pattern.len();
    for letter in text {
        let mut diagonal = column[0];
        for row in 1..=pattern.len() {
            let substituted = diagonal + usize::from(pattern[row - 1] != *letter);
            diagonal = column[row];
            column[row] = substituted.min(diagonal + 1).min(column[row - 1] + 1);
        }
        best = best.min(column[pattern.len()]);
    }
    best
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn slips(pattern: &str, text: &str) -> usize {
        let letters = |s: &str| s.chars().collect::<Vec<_>>();
        slips_within(&letters(pattern), &letters(text))
    }

    #[test]
    fn slips_are_counted_wherever_the_line_stands() {
        assert_eq!(slips("khai sinh", "giấy khai sinh số 1"), 0);
        assert_eq!(slips("khai sinh", "giấy kha1 snh số 1"), 2);
        assert_eq!(slips("khai sinh", ""), 9);
        assert_eq!(slips("", "x"), 0);
    }

    #[test]
    fn marks_are_told_from_letters() {
        let truth: Truth = serde_json::from_str(
            r#"{"id":"x_0","type":"x","lines":[{"text":"BẾ VĂN ĐỘ"}],"fields":{"ho_ten":{"value":"BẾ VĂN ĐỘ"}}}"#,
        )
        .unwrap();
        let right = Score::of(&truth, "Họ tên:  BẾ\nVĂN ĐỘ .");
        assert_eq!((right.wrong, right.found, right.letters), (0, 1, 9));
        let slip = Score::of(&truth, "Họ tên: BẾ VĂN ĐỌ");
        assert_eq!((slip.wrong, slip.wrong_bare, slip.found), (1, 0, 0));
    }
}
