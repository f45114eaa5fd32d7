//! Cause and remedy of every failure code, read from `docs/failures.md`, so that the handbook the
//! operator prints and the words on the screen cannot differ.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::Language;

const HANDBOOK: &str = include_str!("../../docs/failures.md");
const HEADER: [&str; 6] = [
    "code",
    "refusal/failure/notice",
    "nguyên nhân (vi)",
    "cách xử lý (vi)",
    "cause (en)",
    "remedy (en)",
];

/// What sort of answer a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Final: asking again gives the same answer.
    Refusal,
    /// It could not be told: try again.
    Failure,
    /// Something the operator should know; work goes on.
    Notice,
}

impl FailureKind {
    /// `"refusal"`, `"failure"` or `"notice"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::Failure => "failure",
            Self::Notice => "notice",
        }
    }
}

/// One row of the handbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureText {
    /// The stable dotted code.
    pub code: String,
    /// Refusal, failure or notice.
    pub kind: FailureKind,
    /// What happened, Vietnamese.
    pub cause_vi: String,
    /// What to do next, Vietnamese.
    pub remedy_vi: String,
    /// What happened, English.
    pub cause_en: String,
    /// What to do next, English.
    pub remedy_en: String,
}

impl FailureText {
    /// What happened, in `language`.
    pub fn cause(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.cause_vi,
            Language::En => &self.cause_en,
        }
    }

    /// What to do next, in `language`.
    pub fn remedy(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.remedy_vi,
            Language::En => &self.remedy_en,
        }
    }
}

static TEXTS: LazyLock<BTreeMap<String, FailureText>> =
    LazyLock::new(|| parse(HANDBOOK).expect("docs/failures.md is parsed by a test"));

/// The row of `code`.
pub fn text(code: &str) -> Option<&'static FailureText> {
    TEXTS.get(code)
}

/// Every row, in the order of the codes.
pub fn all() -> impl Iterator<Item = &'static FailureText> {
    TEXTS.values()
}

/// What is wrong with the handbook, by line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum HandbookError {
    #[error("there is no table with the header `| code | refusal/failure/notice | … |`")]
    NoTable,
    #[error("line {line}: a row has six cells, each with words in it")]
    Cells { line: usize },
    #[error("line {line}: the kind is none of refusal, failure, notice")]
    Kind { line: usize },
    #[error("line {line}: a code is two or more words of a-z, 0-9 and _ joined by dots")]
    Code { line: usize },
    #[error("line {line}: the code stands twice")]
    Twice { line: usize },
}

/// Reads every table with our header; other tables and text are left alone.
fn parse(handbook: &str) -> Result<BTreeMap<String, FailureText>, HandbookError> {
    let mut texts = BTreeMap::new();
    let mut in_table = false;
    let mut found = false;
    for (index, line) in handbook.lines().enumerate() {
        let line_no = index + 1;
        let Some(row) = line
            .trim()
            .strip_prefix('|')
            .and_then(|rest| rest.strip_suffix('|'))
        else {
            in_table = false;
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if cells == HEADER {
            in_table = true;
            found = true;
            continue;
        }
        let is_rule = cells
            .iter()
            .all(|cell| cell.bytes().all(|b| b == b'-' || b == b':'));
        if !in_table || is_rule {
            continue;
        }
        let text = row_of(&cells, line_no)?;
        if texts.insert(text.code.clone(), text).is_some() {
            return Err(HandbookError::Twice { line: line_no });
        }
    }
    if found {
        Ok(texts)
    } else {
        Err(HandbookError::NoTable)
    }
}

fn row_of(cells: &[&str], line: usize) -> Result<FailureText, HandbookError> {
    let &[code, kind, cause_vi, remedy_vi, cause_en, remedy_en] = cells else {
        return Err(HandbookError::Cells { line });
    };
    if cells.iter().any(|cell| cell.is_empty()) {
        return Err(HandbookError::Cells { line });
    }
    let code = code.trim_matches('`');
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if code.split('.').count() < 2 || !code.split('.').all(is_word) {
        return Err(HandbookError::Code { line });
    }
    let kind = match kind {
        "refusal" => FailureKind::Refusal,
        "failure" => FailureKind::Failure,
        "notice" => FailureKind::Notice,
        _ => return Err(HandbookError::Kind { line }),
    };
    Ok(FailureText {
        code: code.to_owned(),
        kind,
        cause_vi: cause_vi.to_owned(),
        remedy_vi: remedy_vi.to_owned(),
        cause_en: cause_en.to_owned(),
        remedy_en: remedy_en.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::*;

    const HEAD: &str = "| code | refusal/failure/notice | nguyên nhân (vi) | cách xử lý (vi) | cause (en) | remedy (en) |\n|---|---|---|---|---|---|\n";

    #[test]
    fn the_handbook_is_well_formed() {
        let texts = parse(HANDBOOK).unwrap();
        assert_eq!(texts.len(), all().count());
        for row in all() {
            for words in [&row.cause_vi, &row.remedy_vi, &row.cause_en, &row.remedy_en] {
                assert!(is_nfc(words), "{} is not NFC", row.code);
                assert!(
                    words.ends_with(['.', '!', '?']),
                    "{}: no full stop",
                    row.code
                );
                assert!(
                    words.chars().count() >= 8,
                    "{}: too short to help",
                    row.code
                );
            }
        }
    }

    #[test]
    fn every_code_of_this_crate_is_in_the_handbook() {
        for code in crate::CODES {
            let row = text(code).unwrap_or_else(|| panic!("{code} has no row"));
            assert!(!row.cause(Language::Vi).is_empty() && !row.remedy(Language::En).is_empty());
        }
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        assert_eq!(parse("# nothing"), Err(HandbookError::NoTable));
        let bad = |row: &str| parse(&format!("{HEAD}{row}\n")).unwrap_err();
        assert_eq!(
            bad("| a.b | refusal | c | d | e |"),
            HandbookError::Cells { line: 3 }
        );
        assert_eq!(
            bad("| a.b | refusal | c |  | e | f |"),
            HandbookError::Cells { line: 3 }
        );
        assert_eq!(
            bad("| a.b | fatal | c | d | e | f |"),
            HandbookError::Kind { line: 3 }
        );
        assert_eq!(
            bad("| ab | refusal | c | d | e | f |"),
            HandbookError::Code { line: 3 }
        );
        assert_eq!(
            bad("| a.B | refusal | c | d | e | f |"),
            HandbookError::Code { line: 3 }
        );
        let twice = "| a.b | notice | c | d | e | f |\n| a.b | notice | c | d | e | f |";
        assert_eq!(bad(twice), HandbookError::Twice { line: 4 });
    }

    #[test]
    fn other_tables_and_words_are_left_alone() {
        let texts = parse(&format!(
            "# T\n| x | y |\n|---|---|\n| 1 | 2 |\n\n{HEAD}| `a.b_2` | notice | c | d | e | f |\n"
        ))
        .unwrap();
        assert_eq!(texts["a.b_2"].kind, FailureKind::Notice);
        assert_eq!(texts.len(), 1);
    }
}
