//! What a value must look like, and how the personal number answers for itself.

use jiff::civil::Date as Day;

use crate::fold::fold;

/// The kind of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Name,
    Date,
    Year,
    PersonalNumber,
    Sex,
}

impl Shape {
    /// The part of what was read that is the value, and whether it keeps the rules of its shape.
    pub(crate) fn fit(self, read: &str) -> (String, bool) {
        match self {
            Self::Text => (read.to_owned(), !read.is_empty()),
            Self::Name => {
                let letters = read
                    .chars()
                    .all(|c| c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\''));
                let sound =
                    letters && read.split_whitespace().count() >= 2 && !lost_its_marks(read);
                (read.to_owned(), sound)
            }
            Self::Date => match date_in(read) {
                Some((printed, day)) => (printed, day.is_some()),
                None => (read.to_owned(), false),
            },
            Self::Year => {
                let digits: String = read
                    .chars()
                    .skip_while(|c| !c.is_ascii_digit())
                    .take_while(char::is_ascii_digit)
                    .collect();
                let sound = digits
                    .parse::<u16>()
                    .is_ok_and(|year| (1900..=2100).contains(&year));
                if sound {
                    (digits, true)
                } else {
                    (read.to_owned(), false)
                }
            }
            Self::PersonalNumber => {
                // Printed in one run or in groups of three.
                let grouped: String = read
                    .split_whitespace()
                    .take_while(|group| group.bytes().all(|byte| byte.is_ascii_digit()))
                    .collect();
                let sound = grouped.len() == 12 && could_be_personal_number(&grouped);
                if grouped.len() == 12 {
                    (grouped, sound)
                } else {
                    (read.to_owned(), false)
                }
            }
            Self::Sex => {
                let first = read
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .trim_matches(|c: char| !c.is_alphabetic());
                (
                    first.to_owned(),
                    matches!(first, "Nam" | "Nữ" | "NAM" | "NỮ"),
                )
            }
        }
    }
}

/// Family names that are never written without marks: read without, the marks were lost on the way (an English model
/// does that), and the other words of the name cannot be trusted either.
const MARKED_FAMILY_NAMES: &[&str] = &[
    "bui", "dang", "do", "duong", "dao", "dinh", "doan", "ho", "hoang", "huynh", "le", "ly",
    "luong", "ngo", "nguyen", "pham", "tran", "trinh", "truong", "vo", "vu",
];

fn lost_its_marks(name: &str) -> bool {
    let family = name.split_whitespace().next().unwrap_or_default();
    family.is_ascii() && MARKED_FAMILY_NAMES.contains(&fold(family).as_str())
}

/// The first date in a text as printed, and as a day when there is one.
fn date_in(text: &str) -> Option<(String, Option<Day>)> {
    for token in text.split_whitespace() {
        let token = token.trim_matches(|c: char| !c.is_ascii_digit());
        let parts: Vec<&str> = token.split(['/', '-', '.']).collect();
        if let [d, m, y] = parts[..]
            && y.len() == 4
            && [d, m, y]
                .iter()
                .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Some((token.to_owned(), day(d, m, y)));
        }
    }
    // "ngày 17 tháng 08 năm 2010"
    let words: Vec<&str> = text.split_whitespace().collect();
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    for at in 0..words.len().saturating_sub(4) {
        if folded[at + 1] == "thang" && folded[at + 3] == "nam" {
            return Some((
                words[at..at + 5].join(" "),
                day(&folded[at], &folded[at + 2], &folded[at + 4]),
            ));
        }
    }
    None
}

fn day(d: &str, m: &str, y: &str) -> Option<Day> {
    let day = Day::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok()?;
    (1850..=2150).contains(&day.year()).then_some(day)
}

/// Three digits of province, one of century and sex, two of the year, six more (Luật Căn cước 2023 Art. 12 and its
/// decree): 001 to 096 are provinces, as they were numbered before 2025.
pub(crate) fn could_be_personal_number(number: &str) -> bool {
    number.len() == 12
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && number[..3]
            .parse::<u16>()
            .is_ok_and(|province| (1..=96).contains(&province))
}

/// Whether a personal number fits a birth date and a sex, as far as they are known.
pub(crate) fn agrees(number: &str, birth: Option<&str>, sex: Option<&str>) -> bool {
    if !could_be_personal_number(number) {
        return true; // what is no number contradicts nothing; its own shape already says so
    }
    let mark = number.as_bytes()[3] - b'0';
    let year = 1900 + i16::from(mark / 2) * 100 + number[4..6].parse::<i16>().unwrap_or(0);
    let year_agrees = birth
        .and_then(date_in)
        .and_then(|(_, day)| day)
        .is_none_or(|day| day.year() == year);
    let sex_agrees = match sex.map(fold).as_deref() {
        Some("nam") => mark.is_multiple_of(2),
        Some("nu") => mark % 2 == 1,
        _ => true,
    };
    year_agrees && sex_agrees
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_taken_as_printed_and_judged() {
        assert_eq!(
            Shape::Date.fit("17/08/2010 ghi bằng"),
            ("17/08/2010".to_owned(), true)
        );
        assert_eq!(
            Shape::Date.fit("31/02/2010"),
            ("31/02/2010".to_owned(), false)
        );
        assert_eq!(
            Shape::Date.fit("ngày 05 tháng 3 năm 1999"),
            ("05 tháng 3 năm 1999".to_owned(), true)
        );
        assert_eq!(Shape::Date.fit("không rõ"), ("không rõ".to_owned(), false));
    }

    #[test]
    fn a_personal_number_answers_for_birth_year_and_sex() {
        assert!(agrees("092310295528", Some("17/08/2010"), Some("Nữ")));
        assert!(!agrees("092310295528", Some("17/08/2011"), Some("Nữ")));
        assert!(!agrees("092310295528", Some("17/08/2010"), Some("Nam")));
        assert!(agrees("040167231264", Some("23/11/1967"), None));
        assert_eq!(
            Shape::PersonalNumber.fit("092 310 295 528 cấp"),
            ("092310295528".to_owned(), true)
        );
        assert!(!Shape::PersonalNumber.fit("992310295528").1);
        assert!(!Shape::PersonalNumber.fit("09231029552O").1);
    }

    #[test]
    fn names_sexes_and_years_keep_their_rules() {
        assert!(Shape::Name.fit("NGÔ THỊ QUYÊN").1);
        assert!(!Shape::Name.fit("NGÔ TH1 QUYÊN").1);
        assert!(
            !Shape::Name.fit("TRAN THỊ MẪU").1,
            "a marked name read without marks is for a person to check"
        );
        assert!(Shape::Name.fit("MAI LAN ANH").1);
        assert_eq!(Shape::Sex.fit("Nữ Dân"), ("Nữ".to_owned(), true));
        assert_eq!(Shape::Year.fit("1985."), ("1985".to_owned(), true));
        assert!(!Shape::Year.fit("l985").1);
    }
}
