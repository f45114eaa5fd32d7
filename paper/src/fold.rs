//! Comparing words that a machine read: without marks, without case, with a few slips allowed.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, no marks, `đ` as `d`; everything but letters, digits and spaces dropped, spaces single.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
    {
        match letter {
            'đ' => folded.push('d'),
            letter if letter.is_alphanumeric() => folded.push(letter),
            letter if letter.is_whitespace() && !folded.is_empty() && !folded.ends_with(' ') => {
                folded.push(' ')
            }
            _ => {}
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The fewest insertions, deletions and replacements between two folded texts.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The fewest slips with which `needle` occurs somewhere in `hay` (Sellers' search).
pub(crate) fn distance_within(needle: &str, hay: &str) -> usize {
    let needle: Vec<char> = needle.chars().collect();
    let mut column: Vec<usize> = (0..=needle.len()).collect();
    let mut best = needle.len();
    for letter in hay.chars() {
        let mut diagonal = column[0];
        for (i, wanted) in needle.iter().enumerate() {
            let cost = diagonal + usize::from(*wanted != letter);
            diagonal = column[i + 1];
            column[i + 1] = cost.min(column[i] + 1).min(diagonal + 1);
        }
        best = best.min(column[needle.len()]);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_case_and_points_do_not_count() {
        assert_eq!(fold("  Họ, chữ đệm,  tên: "), "ho chu dem ten");
        assert_eq!(fold("ĐẶNG HỮU TUẤN"), "dang huu tuan");
        assert_eq!(fold("Số: 471/2019-BS"), "so 4712019bs");
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!(distance("giay khai sinh", "giay khai sinh"), 0);
        assert_eq!(distance("giay khai sinh", "glay khal sinh"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(
            distance_within("khai sinh", "ban sao giay khal sinh so 3"),
            1
        );
        assert_eq!(distance_within("abc", ""), 3);
    }
}
