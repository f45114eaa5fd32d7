//! A date as documents write it: the day, or the month too, may be unknown.

use std::fmt;

use jiff::civil::Date;

/// A year, and as much of the rest as is known. Mostly a birth date, so `Debug` prints nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

impl PartialDate {
    /// `None` when there can be no such day.
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Option<Self> {
        // A leap year that begins months of every length: what is unknown may be the best case.
        Date::new(
            if month.is_some() && day.is_some() {
                year
            } else {
                2000
            },
            month.unwrap_or(1),
            day.unwrap_or(1),
        )
        .ok()?;
        (1..=9999)
            .contains(&year)
            .then_some(Self { year, month, day })
    }

    pub fn year(self) -> i16 {
        self.year
    }

    pub fn month(self) -> Option<i8> {
        self.month
    }

    pub fn day(self) -> Option<i8> {
        self.day
    }

    /// The date, when nothing of it is unknown.
    pub fn whole(self) -> Option<Date> {
        Date::new(self.year, self.month?, self.day?).ok()
    }

    /// `dd/MM/yyyy`, `MM/yyyy` or `yyyy`; zeros or dashes stand for what is unknown.
    pub(crate) fn day_first(text: &str) -> Option<Self> {
        let mut parts = text.rsplit(['/', '-', '.']).map(str::trim);
        // A dash as a filler is a separator too: "--/--/1950" has empty parts.
        let year = parts.next()?;
        let rest: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let (month, day) = match rest[..] {
            [] => (None, None),
            [month] => (small(month)?, None),
            [month, day] => (small(month)?, small(day)?),
            _ => return None,
        };
        Self::new(four(year)?, month, day)
    }

    /// `ddMMyyyy` without separators, or the year alone.
    pub(crate) fn day_first_digits(text: &str) -> Option<Self> {
        match text.len() {
            8 => Self::new(
                four(text.get(4..)?)?,
                small(text.get(2..4)?)?,
                small(text.get(..2)?)?,
            ),
            4 => Self::new(four(text)?, None, None),
            _ => None,
        }
    }

    /// `yyyyMMdd`: eight characters, or four octets of two digits each (9303-10 tables 46 and 47).
    pub(crate) fn year_first(value: &[u8]) -> Option<Self> {
        let digits = match value.len() {
            4 => value
                .iter()
                .flat_map(|octet| [octet >> 4, octet & 0x0F])
                .map(|digit| char::from_digit(digit.into(), 10))
                .collect::<Option<String>>()?,
            8 => std::str::from_utf8(value).ok()?.to_owned(),
            _ => return None,
        };
        Self::new(
            four(digits.get(..4)?)?,
            small(digits.get(4..6)?)?,
            small(digits.get(6..)?)?,
        )
    }
}

fn four(text: &str) -> Option<i16> {
    let digits = text.len() == 4 && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Two digits; zero, or a filler in place of them, is unknown. The outer `None` is no such thing.
fn small(text: &str) -> Option<Option<i8>> {
    if !text.is_empty()
        && text
            .bytes()
            .all(|octet| matches!(octet, b'<' | b'_' | b'x' | b'X'))
    {
        return Some(None);
    }
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    let number: i8 = digits.then(|| text.parse().ok()).flatten()?;
    Some((number != 0).then_some(number))
}

impl From<Date> for PartialDate {
    fn from(date: Date) -> Self {
        Self {
            year: date.year(),
            month: Some(date.month()),
            day: Some(date.day()),
        }
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialDate")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(date: Option<PartialDate>) -> Option<(i16, Option<i8>, Option<i8>)> {
        date.map(|date| (date.year, date.month, date.day))
    }

    #[test]
    fn the_ways_to_write_a_date_are_read() {
        for (text, expected) in [
            ("15/02/2003", Some((2003, Some(2), Some(15)))),
            ("1/2/2003", Some((2003, Some(2), Some(1)))),
            ("02/2003", Some((2003, Some(2), None))),
            ("00/00/1950", Some((1950, None, None))),
            ("--/--/1950", Some((1950, None, None))),
            ("1950", Some((1950, None, None))),
            ("29-02-2000", Some((2000, Some(2), Some(29)))),
            ("29/02/2003", None),
            ("31/04/2003", None),
            ("15/13/2003", None),
            ("15/02/03", None),
            ("1/2/3/2003", None),
            ("nay/mai/2003", None),
            ("", None),
            ("é/02/2003", None),
        ] {
            assert_eq!(parts(PartialDate::day_first(text)), expected, "{text}");
        }
        let digits = |text: &str| parts(PartialDate::day_first_digits(text));
        assert_eq!(digits("15022003"), Some((2003, Some(2), Some(15))));
        assert_eq!(digits("00001950"), Some((1950, None, None)));
        assert_eq!(digits("1950"), Some((1950, None, None)));
        for bad in ["32012003", "1502203", "15022003x", "ééé", "00000000"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
        let year_first = |value: &[u8]| parts(PartialDate::year_first(value));
        assert_eq!(year_first(b"20030215"), Some((2003, Some(2), Some(15))));
        assert_eq!(
            year_first(&[0x19, 0x50, 0x00, 0x00]),
            Some((1950, None, None))
        );
        assert_eq!(year_first(&[0x19, 0x5A, 0x01, 0x01]), None);
        assert_eq!(year_first(b"2003021"), None);
    }
}
