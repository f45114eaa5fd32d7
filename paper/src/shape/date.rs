//! Dates as they are printed: with strokes, with words between the digits, or wholly in words.

use jiff::civil::Date;

use super::number::digits_of;
use super::{Taken, joined, unfit};
use crate::fold::fold;
use crate::reason::Reason;

/// Papers are younger, and papers about the future end sooner.
const YEARS: std::ops::RangeInclusive<i16> = 1850..=2150;

/// The first date; words before it (`ngày`, `kể từ`) are passed over.
pub(super) fn date(words: &[&str]) -> Option<Taken> {
    for at in 0..words.len().min(4) {
        if let Some(taken) = strokes(words, at).or_else(|| spelt(words, at)) {
            return Some(taken);
        }
    }
    unfit(&words[..words.len().min(5)])
}

/// A date among other words, all of them the value.
pub(super) fn moment(words: &[&str]) -> Option<Taken> {
    let end = (0..words.len()).find_map(|at| {
        let taken = strokes(words, at).or_else(|| spelt(words, at))?;
        Some((taken.used.end, taken.faults))
    });
    match end {
        Some((end, faults)) => Some(Taken {
            value: joined(&words[..end]),
            used: 0..end,
            faults,
        }),
        None => unfit(words),
    }
}

/// `17/08/2010`, also with blanks in it; letters among the digits are put right and told.
fn strokes(words: &[&str], at: usize) -> Option<Taken> {
    // A date may be torn into up to five words.
    for end in at + 1..=(at + 5).min(words.len()) {
        let run: String = words[at..end].concat();
        let run = run.trim_matches(|c: char| !c.is_alphanumeric());
        let parts: Vec<&str> = run.split(['/', '-', '.']).collect();
        let [d, m, y] = parts[..] else { continue };
        if d.is_empty() || d.len() > 2 || m.is_empty() || m.len() > 2 || y.chars().count() < 4 {
            continue;
        }
        // The number of the next label may stick to the year: `18/07/19993.`
        let (year, glued) = y.split_at(y.char_indices().nth(4).map_or(y.len(), |(at, _)| at));
        if glued.chars().count() > 2 || glued.chars().any(char::is_alphabetic) && glued.len() > 1 {
            continue;
        }
        let (Some(d2), Some(m2), Some(y2)) = (digits_of(d), digits_of(m), digits_of(year)) else {
            continue;
        };
        let mended = [d, m, year] != [d2.as_str(), m2.as_str(), y2.as_str()] || !glued.is_empty();
        let separator = run
            .chars()
            .find(|c| matches!(c, '/' | '-' | '.'))
            .unwrap_or('/');
        let value = format!("{d2}{separator}{m2}{separator}{y2}");
        let exists = day(&d2, &m2, &y2).is_some();
        return Some(
            Taken::sound(value, at..end)
                .with(mended.then_some(Reason::Mended))
                .with((!exists).then_some(Reason::Shape)),
        );
    }
    None
}

/// `17 tháng 08 năm 2010`; the word `ngày` before it is no part of the value.
fn spelt(words: &[&str], at: usize) -> Option<Taken> {
    let run = words.get(at..at + 5)?;
    let folded: Vec<String> = run.iter().map(|word| fold(word)).collect();
    let near = |word: &str, wanted: &str| crate::fold::distance(word, wanted) <= 1;
    if !near(&folded[1], "thang") || !near(&folded[3], "nam") {
        return None;
    }
    let exists = day(&folded[0], &folded[2], &folded[4]).is_some();
    Some(Taken::sound(joined(run), at..at + 5).with((!exists).then_some(Reason::Shape)))
}

fn day(d: &str, m: &str, y: &str) -> Option<Date> {
    let day = Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok()?;
    YEARS.contains(&day.year()).then_some(day)
}

/// The day that a printed value names.
pub(crate) fn day_of(value: &str) -> Option<Date> {
    let words: Vec<&str> = value.split_whitespace().collect();
    (0..words.len()).find_map(|at| {
        let taken = strokes(&words, at).or_else(|| spelt(&words, at))?;
        let folded = fold(&taken.value.replace(['/', '-', '.'], " "));
        let numbers: Vec<&str> = folded
            .split(' ')
            .filter(|word| word.bytes().all(|b| b.is_ascii_digit()))
            .collect();
        let [d, m, y] = numbers[..] else { return None };
        day(d, m, y)
    })
}

/// `Ngày mười bảy tháng tám năm hai nghìn không trăm mười`.
pub(super) fn in_words(words: &[&str]) -> Option<Taken> {
    let value = joined(words);
    let fault = day_in_words(&value).is_none().then_some(Reason::Shape);
    Some(Taken::sound(value, 0..words.len()).with(fault))
}

/// The day that words name.
pub(crate) fn day_in_words(text: &str) -> Option<Date> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let month = words.iter().position(|word| *word == "thang")?;
    let year = month + words[month..].iter().position(|word| *word == "nam")?;
    // "tháng năm năm ...": the fifth month before the word for year, which sounds the same.
    let year = if words.get(year + 1) == Some(&"nam") && year == month + 1 {
        year + 1
    } else {
        year
    };
    let before = words[..month]
        .iter()
        .position(|word| *word == "ngay")
        .map_or(0, |at| at + 1);
    let mut days = &words[before..month];
    if days
        .first()
        .is_some_and(|word| matches!(*word, "mung" | "mong"))
    {
        days = &days[1..];
    }
    let d = number_in_words(days)?;
    let m = match &words[month + 1..year] {
        ["gieng"] => 1,
        ["chap"] => 12,
        words => number_in_words(words)?,
    };
    let y = number_in_words(&words[year + 1..])?;
    let day = Date::new(
        i16::try_from(y).ok()?,
        i8::try_from(m).ok()?,
        i8::try_from(d).ok()?,
    )
    .ok()?;
    YEARS.contains(&day.year()).then_some(day)
}

/// A number up to some thousands in folded words: `hai nghin khong tram muoi`, also `mot chin chin sau`.
fn number_in_words(words: &[&str]) -> Option<u32> {
    let one = |word: &str| {
        Some(match word {
            "khong" | "linh" | "le" => 0,
            "mot" => 1,
            "hai" => 2,
            "ba" => 3,
            "bon" | "tu" => 4,
            "nam" | "lam" | "nham" => 5,
            "sau" => 6,
            "bay" | "bẩy" => 7,
            "tam" => 8,
            "chin" => 9,
            _ => return None,
        })
    };
    if words.is_empty() {
        return None;
    }
    let (mut total, mut digit) = (0_u32, None::<u32>);
    let mut units = false;
    for word in words {
        let place = match *word {
            "nghin" | "ngan" => 1000,
            "tram" => 100,
            "muoi" => 10,
            _ => {
                let value = one(word)?;
                match digit {
                    // Read digit by digit: "một chín chín sáu".
                    Some(before) if units => {
                        digit = Some(before * 10 + value);
                        continue;
                    }
                    _ => digit = Some(value),
                }
                units = total == 0;
                continue;
            }
        };
        units = false;
        total += digit.take().unwrap_or(1) * place;
    }
    Some(total + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as civil;

    use super::*;

    fn taken(text: &str) -> (String, Vec<Reason>) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let taken = date(&words).expect("there are words");
        (taken.value, taken.faults)
    }

    #[test]
    fn dates_are_taken_as_printed_and_judged() {
        assert_eq!(
            taken("17/08/2010 ghi bằng"),
            ("17/08/2010".to_owned(), vec![])
        );
        assert_eq!(
            taken("ngày 05 tháng 3 năm 1999"),
            ("05 tháng 3 năm 1999".to_owned(), vec![])
        );
        assert_eq!(
            taken("17/ 08 /2010 , số"),
            ("17/08/2010".to_owned(), vec![])
        );
        assert_eq!(
            taken("31/02/2010"),
            ("31/02/2010".to_owned(), vec![Reason::Shape])
        );
        assert_eq!(
            taken("không rõ"),
            ("không rõ".to_owned(), vec![Reason::Shape])
        );
    }

    #[test]
    fn letters_among_digits_are_told() {
        assert_eq!(
            taken("18/O7/1999"),
            ("18/07/1999".to_owned(), vec![Reason::Mended])
        );
        assert_eq!(
            taken("18/07/19993."),
            ("18/07/1999".to_owned(), vec![Reason::Mended])
        );
    }

    #[test]
    fn a_date_in_words_names_a_day() {
        for (words, day) in [
            (
                "Ngày mười bảy tháng tám năm hai nghìn không trăm mười",
                civil(2010, 8, 17),
            ),
            (
                "ngày mùng năm tháng năm năm một nghìn chín trăm chín mươi lăm",
                civil(1995, 5, 5),
            ),
            (
                "Hai mươi mốt tháng mười hai năm hai ngàn không trăm linh tư",
                civil(2004, 12, 21),
            ),
            (
                "ngày ba mươi tháng giêng năm một chín tám sáu",
                civil(1986, 1, 30),
            ),
        ] {
            assert_eq!(day_in_words(words), Some(day), "{words}");
        }
        assert_eq!(day_in_words("ngày ba mươi tháng hai năm hai nghìn"), None);
        assert_eq!(day_in_words("tại xã Thử"), None);
    }

    #[test]
    fn a_moment_is_kept_with_its_hour() {
        let words: Vec<&str> = "02 giờ 11 phút, ngày 18 tháng 03 năm 2022"
            .split(' ')
            .collect();
        let taken = moment(&words).expect("words");
        assert_eq!(taken.value, "02 giờ 11 phút, ngày 18 tháng 03 năm 2022");
        assert!(taken.faults.is_empty());
        assert_eq!(day_of(&taken.value), Some(civil(2022, 3, 18)));
    }
}
