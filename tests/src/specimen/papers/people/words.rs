//! Numbers and dates in Vietnamese words, as civil-status papers repeat them ("ghi bằng chữ").

use jiff::civil::Date;

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];

/// Below ten thousand million, as it is read aloud.
pub(crate) fn number(n: u64) -> String {
    let mut parts = Vec::new();
    let mut started = false;
    for (size, name) in [
        (1_000_000_000, "tỷ"),
        (1_000_000, "triệu"),
        (1_000, "nghìn"),
        (1, ""),
    ] {
        let group = n / size % 1000;
        if group == 0 {
            continue;
        }
        parts.push(hundreds(group, started));
        if !name.is_empty() {
            parts.push(name.to_owned());
        }
        started = true;
    }
    if parts.is_empty() {
        return DIGITS[0].to_owned();
    }
    parts.join(" ")
}

/// Three digits; inside a longer number the missing hundreds are said ("hai nghìn không trăm mười").
fn hundreds(n: u64, inside: bool) -> String {
    let digit = |n: u64| DIGITS[usize::try_from(n % 10).unwrap_or(0)];
    let (hundred, ten, one) = (n / 100, n / 10 % 10, n % 10);
    let mut words = Vec::new();
    if hundred > 0 || inside {
        words.extend([digit(hundred), "trăm"]);
    }
    match ten {
        0 if one > 0 && (hundred > 0 || inside) => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(ten), "mươi"]),
    }
    match (ten, one) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(digit(one)),
    }
    words.join(" ")
}

/// "Ngày mười bảy tháng tám năm hai nghìn không trăm mười".
pub(crate) fn date(day: Date) -> String {
    let said = |n: i16| number(u64::from(n.unsigned_abs()));
    // "mùng" is said of the first ten days, but forms write the bare number; April is "tư".
    let month = if day.month() == 4 {
        "tư".to_owned()
    } else {
        said(day.month().into())
    };
    format!(
        "Ngày {} tháng {month} năm {}",
        said(day.day().into()),
        said(day.year())
    )
}

/// The first letter large.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{date, number};

    #[test]
    fn numbers_are_read_as_in_school() {
        for (n, words) in [
            (0, "không"),
            (15, "mười lăm"),
            (21, "hai mươi mốt"),
            (105, "một trăm linh năm"),
            (1985, "một nghìn chín trăm tám mươi lăm"),
            (2010, "hai nghìn không trăm mười"),
            (2005, "hai nghìn không trăm linh năm"),
            (1_500_000, "một triệu năm trăm nghìn"),
        ] {
            assert_eq!(number(n), words);
        }
        assert_eq!(
            date(jiff::civil::date(2010, 8, 17)),
            "Ngày mười bảy tháng tám năm hai nghìn không trăm mười"
        );
    }
}
