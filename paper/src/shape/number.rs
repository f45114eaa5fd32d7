//! Numbers: of persons, of papers, of telephones, of land, of money.

use super::{Taken, joined, unfit};
use crate::fold::fold;
use crate::reason::Reason;

/// Digits, with letters that engines read for digits put right; none when something else is in it.
pub(crate) fn digits_of(text: &str) -> Option<String> {
    text.chars()
        .map(|c| match c {
            '0'..='9' => Some(c),
            'O' | 'o' | 'Ô' | 'Ó' | 'Q' | 'D' => Some('0'),
            'l' | 'I' | 'i' | '|' | '!' => Some('1'),
            'S' | 's' => Some('5'),
            'B' => Some('8'),
            'Z' | 'z' => Some('2'),
            _ => None,
        })
        .collect()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Words that make up one run of digits: printed whole, or in groups.
fn run(words: &[&str], wanted: &[usize]) -> Option<(String, usize, bool)> {
    let (mut digits, mut mended) = (String::new(), false);
    for (at, word) in words.iter().enumerate().take(6) {
        let bare = trimmed(word).replace(['.', '-', ' '], "");
        let read = digits_of(&bare)?;
        // A letter alone is a word, not a digit.
        if bare.is_empty() || !bare.bytes().any(|byte| byte.is_ascii_digit()) && digits.is_empty() {
            return None;
        }
        mended |= read != bare;
        digits.push_str(&read);
        if wanted.contains(&digits.len()) {
            let more = words.get(at + 1).is_some_and(|next| {
                is_digits(trimmed(next)) && wanted.contains(&(digits.len() + trimmed(next).len()))
            });
            if !more {
                return Some((digits, at + 1, mended));
            }
        }
        if digits.len() > 14 {
            return None;
        }
    }
    None
}

/// Whether the first digits are a place that gives numbers (`rulebook::personal_id`); abroad counts.
pub(crate) fn could_be_personal(number: &str) -> bool {
    number.len() == 12
        && is_digits(number)
        && (rulebook::personal_id::province(number).is_some()
            // From 100 on the digits stand for a country (TT 59/2021/TT-BCA, Điều 4).
            || number.as_bytes()[0] != b'0')
}

/// Twelve digits, or the nine of the card before.
pub(super) fn personal(words: &[&str]) -> Option<Taken> {
    // "CCCD số 0010…": what the number is called is no part of it.
    let is_called = |word: &&str| {
        let word = fold(word);
        matches!(
            word.as_str(),
            "so" | "no" | "la" | "the" | "can" | "cuoc" | "cong" | "dan"
        ) || PAPERS.contains(&word.as_str())
    };
    let skip = words
        .iter()
        .take(6)
        .take_while(|word| is_called(word))
        .count();
    match run(&words[skip..], &[12, 9]) {
        Some((number, used, mended)) => {
            let sound = number.len() == 9 || could_be_personal(&number);
            Some(
                Taken::sound(number, skip..skip + used)
                    .with(mended.then_some(Reason::Mended))
                    .with((!sound).then_some(Reason::Shape)),
            )
        }
        None => unfit(&words[..words.len().min(skip.max(1) + usize::from(skip > 0))]),
    }
}

/// What a number of a person may be called.
const PAPERS: &[&str] = &[
    "cccd",
    "cancuoc",
    "thecancuoc",
    "cancuoccongdan",
    "thecancuoccongdan",
    "cmnd",
    "chungminhnhandan",
    "giaychungminhnhandan",
    "gcmnd",
    "hochieu",
    "sodinhdanhcanhan",
    "sodinhdanh",
    "giaychungsinh",
];

/// `Căn cước số 079097336672`.
pub(super) fn identity_paper(words: &[&str]) -> Option<Taken> {
    let number = (0..words.len().min(8)).find_map(|at| {
        let (number, used, mended) = run(&words[at..], &[12, 9])?;
        Some((at, number, used, mended))
    });
    let Some((at, number, used, mended)) = number else {
        // A passport's number: a letter and seven digits.
        return unfit(&words[..words.len().min(8)]);
    };
    let before: String = words[..at]
        .iter()
        .map(|word| fold(word).replace(' ', ""))
        .collect();
    // "số 0123…" alone: what paper it is was lost.
    let known = before.is_empty();
    let before = before.trim_end_matches("so").to_owned();
    let known = known
        || PAPERS
            .iter()
            .any(|paper| crate::fold::distance(paper, &before) <= paper.len() / 8);
    let sound = known && (number.len() == 9 || could_be_personal(&number));
    let printed = if mended {
        [joined(&words[..at]), number].join(" ")
    } else {
        joined(&words[..at + used])
    };
    Some(
        Taken::sound(printed.trim().to_owned(), 0..at + used)
            .with(mended.then_some(Reason::Mended))
            .with((!sound).then_some(Reason::Shape)),
    )
}

/// The twelve or nine digits in a value.
pub(crate) fn personal_in(value: &str) -> Option<&str> {
    value
        .split(|c: char| !c.is_ascii_digit())
        .find(|digits| matches!(digits.len(), 9 | 12))
}

pub(super) fn year(words: &[&str]) -> Option<Taken> {
    let word = trimmed(words.first()?);
    let year = digits_of(word).filter(|digits| digits.len() == 4);
    match year {
        Some(year) => {
            let sound = year
                .parse::<u16>()
                .is_ok_and(|year| (1880..=2100).contains(&year));
            Some(
                Taken::sound(year.clone(), 0..1)
                    .with((year != word).then_some(Reason::Mended))
                    .with((!sound).then_some(Reason::Shape)),
            )
        }
        // Some forms want the whole date where they ask for the year.
        None => super::date::date(words),
    }
}

pub(super) fn count(words: &[&str]) -> Option<Taken> {
    let word = trimmed(words.first()?);
    match digits_of(word).filter(|digits| digits.len() <= 9) {
        Some(digits) if word.bytes().any(|byte| byte.is_ascii_digit()) => {
            let mended = (digits != word).then_some(Reason::Mended);
            Some(Taken::sound(digits, 0..1).with(mended))
        }
        _ => unfit(&words[..1]),
    }
}

pub(super) fn phone(words: &[&str]) -> Option<Taken> {
    // Mobile numbers have ten digits, landlines eleven (area code of three or four digits).
    let Some((number, used, mended)) = run(words, &[10, 11]) else {
        return unfit(&words[..words.len().min(4)]);
    };
    let sound = number.starts_with('0');
    let printed = if mended {
        number
    } else {
        joined(&words[..used])
    };
    Some(
        Taken::sound(printed, 0..used)
            .with(mended.then_some(Reason::Mended))
            .with((!sound).then_some(Reason::Shape)),
    )
}

/// `471/2019-BS`, `1321/QĐ-UBND`, `CS 97470`, `QH7814685`.
pub(super) fn symbol(words: &[&str]) -> Option<Taken> {
    let mut used = 1;
    let capitals = |word: &str| word.chars().count() <= 4 && word.chars().all(char::is_uppercase);
    let ends_open = |word: &str| word.ends_with(['/', '-']);
    while let Some(next) = words.get(used) {
        let last = words[used - 1];
        let goes_on = ends_open(last)
            || next.starts_with(['/', '-']) && next.len() > 1
            || capitals(last)
                && trimmed(next)
                    .bytes()
                    .next()
                    .is_some_and(|byte| byte.is_ascii_digit());
        if !goes_on || used > 4 || last.ends_with([',', ';', '.']) {
            break;
        }
        used += 1;
    }
    let value = joined(&words[..used]);
    let sound = value.bytes().any(|byte| byte.is_ascii_digit())
        && value.chars().all(|c| {
            c.is_uppercase() || c.is_ascii_digit() || matches!(c, '/' | '-' | '.' | ' ' | '(' | ')')
        })
        && !value.contains("//");
    Some(Taken::sound(value, 0..used).with((!sound).then_some(Reason::Shape)))
}

/// `500.000 đồng/tháng`.
pub(super) fn money(words: &[&str]) -> Option<Taken> {
    let from = words.iter().take(3).position(|word| {
        word.bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit())
    });
    let Some(from) = from else {
        return unfit(&words[..words.len().min(4)]);
    };
    let is_unit = |word: &str| {
        let unit = fold(word);
        unit.starts_with("dong") || matches!(unit.as_str(), "d" | "vnd")
    };
    let end = (from..words.len().min(from + 4))
        .find(|at| is_unit(words[*at]))
        .map_or(from + 1, |at| at + 1);
    // "đồng/ tháng": the engine sees a blank behind the stroke.
    let unit = &words[end - 1];
    let stroke = usize::from(words.get(end) == Some(&"/"));
    let torn = words.get(end + stroke).is_some_and(|next| {
        stroke == 1 || unit.ends_with('/') || next.starts_with('/') && next.len() > 1
    });
    let printed = joined(&words[from..end]);
    let (value, end) = match words.get(end + stroke) {
        Some(next) if torn => {
            let next = next.trim_matches([',', ';', '.', '/']);
            (format!("{printed}/{next}"), end + stroke + 1)
        }
        _ => (printed, end),
    };
    let groups: Vec<&str> = words[from]
        .trim_end_matches([',', ';', 'đ'])
        .split(['.', ','])
        .collect();
    let grouped = groups.iter().all(|group| is_digits(group))
        && groups[1..].iter().all(|group| group.len() == 3);
    let sound = grouped && (end > from + 1 || words[from].ends_with('đ'));
    Some(Taken::sound(value, from..end).with((!sound).then_some(Reason::Shape)))
}

/// `466,1 m2`; engines read the small figure as many things.
pub(super) fn area(words: &[&str]) -> Option<Taken> {
    let first = words.first()?;
    let glued = first
        .char_indices()
        .find(|(_, c)| *c == 'm')
        .map(|(at, _)| at);
    let number = trimmed(&first[..glued.unwrap_or(first.len())]);
    let numeric = number.split([',', '.']).all(is_digits);
    if !numeric {
        return unfit(&words[..words.len().min(2)]);
    }
    let unit = match glued {
        Some(at) => Some((&first[at..], 1)),
        None => words
            .get(1)
            .filter(|unit| unit.starts_with('m'))
            .map(|unit| (*unit, 2)),
    };
    let Some((unit, used)) = unit else {
        return Some(Taken::sound(number.to_owned(), 0..1).with(Some(Reason::Shape)));
    };
    let bare = unit.trim_end_matches([';', ',', '.', ':', ')']);
    let value = if used == 2 {
        format!("{number} {bare}")
    } else {
        format!("{number}{bare}")
    };
    let sound = matches!(bare, "m2" | "m²");
    if sound {
        return Some(Taken::sound(value, 0..used));
    }
    if bare.chars().count() <= 2 {
        // Nothing else than a square metre measures land.
        return Some(Taken::sound(format!("{number} m2"), 0..used).with(Some(Reason::Mended)));
    }
    Some(Taken::sound(value, 0..used).with(Some(Reason::Shape)))
}

/// A line of a machine-readable zone: 30 letters on cards, 44 in passports (ICAO 9303).
pub(super) fn mrz(words: &[&str]) -> Option<Taken> {
    let printed: String = words.concat();
    let of_zone = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '<';
    // A speck beside the zone reads as a letter that no zone has.
    let value: String = printed.chars().filter(of_zone).collect();
    let mended = value != printed;
    let sound = matches!(value.len(), 30 | 36 | 44)
        && value
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<');
    Some(
        Taken::sound(value, 0..words.len())
            .with(mended.then_some(Reason::Mended))
            .with((!sound).then_some(Reason::Shape)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Shape;
    use super::*;

    fn take(shape: Shape, text: &str) -> (String, Vec<Reason>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let taken = shape.take(&words).expect("there are words");
        (taken.value, taken.faults)
    }

    #[test]
    fn a_personal_number_is_whole_or_in_groups() {
        let take = |text| take(Shape::PersonalNumber, text);
        assert_eq!(
            take("092310295528 cấp ngày"),
            ("092310295528".to_owned(), vec![])
        );
        assert_eq!(
            take("092 310 295 528 cấp"),
            ("092310295528".to_owned(), vec![])
        );
        assert_eq!(take("012345678 do"), ("012345678".to_owned(), vec![]));
        assert_eq!(
            take("003185001234"),
            ("003185001234".to_owned(), vec![Reason::Shape])
        );
        assert_eq!(
            take("O51199180079"),
            ("051199180079".to_owned(), vec![Reason::Mended])
        );
        assert_eq!(
            take("05119918007"),
            ("05119918007".to_owned(), vec![Reason::Shape])
        );
        assert_eq!(take("không có"), ("không".to_owned(), vec![Reason::Shape]));
    }

    #[test]
    fn papers_carry_their_symbols() {
        let take = |text| take(Shape::Number, text);
        assert_eq!(take("471/2019-BS ."), ("471/2019-BS".to_owned(), vec![]));
        assert_eq!(take("1321/QĐ-UBND"), ("1321/QĐ-UBND".to_owned(), vec![]));
        assert_eq!(take("CS 97470 Thửa"), ("CS 97470".to_owned(), vec![]));
        assert_eq!(take("142 ngày 18/03/2022"), ("142".to_owned(), vec![]));
        assert_eq!(
            take("47l/2019"),
            ("47l/2019".to_owned(), vec![Reason::Shape])
        );
    }

    #[test]
    fn identity_papers_keep_their_name() {
        let take = |text| take(Shape::IdentityPaper, text);
        assert_eq!(
            take("Căn cước số 079097336672 do Bộ Công an"),
            ("Căn cước số 079097336672".to_owned(), vec![])
        );
        assert_eq!(
            take("CCCD số 001199712217"),
            ("CCCD số 001199712217".to_owned(), vec![])
        );
        assert_eq!(take("Cửa cuốn số 079097336672").1, [Reason::Shape]);
        assert_eq!(personal_in("CCCD số 001199712217"), Some("001199712217"));
    }

    #[test]
    fn land_money_and_telephones() {
        assert_eq!(
            take(Shape::Area, "466,1 m2 (bằng chữ"),
            ("466,1 m2".to_owned(), vec![])
        );
        assert_eq!(
            take(Shape::Area, "466,1 m? ("),
            ("466,1 m2".to_owned(), vec![Reason::Mended])
        );
        assert_eq!(
            take(Shape::Money, "500.000 đồng/tháng kể từ"),
            ("500.000 đồng/tháng".to_owned(), vec![])
        );
        assert_eq!(
            take(Shape::Money, "500.000 đồng/ tháng; thời"),
            ("500.000 đồng/tháng".to_owned(), vec![])
        );
        assert_eq!(take(Shape::Money, "5OO.000 đồng").1, [Reason::Shape]);
        assert_eq!(
            take(Shape::Phone, "0373723088 Email"),
            ("0373723088".to_owned(), vec![])
        );
        assert_eq!(
            take(Shape::Phone, "0373 723 088"),
            ("0373 723 088".to_owned(), vec![])
        );
        assert_eq!(take(Shape::Count, "443 , tờ"), ("443".to_owned(), vec![]));
        assert_eq!(take(Shape::Year, "1985. CCCD"), ("1985".to_owned(), vec![]));
        assert_eq!(
            take(Shape::Year, "l985"),
            ("1985".to_owned(), vec![Reason::Mended])
        );
    }
}
