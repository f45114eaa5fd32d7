//! The text of the QR code on a Vietnamese card: what it says, and how it opens the chip.
//!
//! Two printings exist. The CCCD of 2021 carries seven fields on its front,
//! `number|old number|name|ddMMyyyy|sex|residence|ddMMyyyy` (the last is the day of issue); the card of
//! 2024 carries more on its back, in an order that no public text fixes. So fields are known by their
//! shape and place, and what is not known is counted and forgotten. The code is printed and unsigned:
//! it proves nothing, but the chip under it must not say otherwise (see [`crate::report::Cross`]).

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::access::{AccessKey, AccessKeyError, Can};
use crate::date::PartialDate;
use crate::evidence::PersonalId;
use crate::lds::dg13;
use crate::mrz::Sex;

/// A card's code holds some 150 bytes, the largest QR code (version 40) just under 3,000.
const MOST_BYTES: usize = 3_000;
/// Seven fields in 2021; the card of 2024 may name the holder's whole family.
const MOST_FIELDS: usize = 64;

/// Why a text is no card's QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardQrError {
    #[error("the text is longer than a card's code can be")]
    TooLong,
    #[error("the text is not in UTF-8")]
    NotText,
    #[error("the text names no personal number")]
    NoNumber,
    #[error("the text names several numbers, and none of them stands first")]
    Ambiguous,
}

impl CardQrError {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        "card.qr_malformed"
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &["card.qr_malformed"];
}

/// What the code says of its holder. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CardQr {
    pub personal_id: PersonalId,
    /// Nine digits of the CMND that the card replaced.
    pub old_id_no: Option<Zeroizing<String>>,
    /// With diacritics, in composed form (NFC).
    pub name: Option<Zeroizing<String>>,
    pub birth: Option<PartialDate>,
    pub sex: Option<Sex>,
    pub issue_date: Option<Date>,
    /// Only when it was asked for.
    pub residence: Option<Zeroizing<String>>,
    /// How many further fields that are not empty the code has.
    pub unknown_fields: usize,
}

impl fmt::Debug for CardQr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardQr(..)")
    }
}

impl CardQr {
    /// Reads the text as a scanner gave it: line ends and a byte order mark may stand around it.
    pub fn parse(text: &str) -> Result<Self, CardQrError> {
        Self::read(text, false)
    }

    /// The same with the residence, for whoever has a right to it.
    pub fn parse_with_residence(text: &str) -> Result<Self, CardQrError> {
        Self::read(text, true)
    }

    /// The same from bytes, as they come from a pipe or a serial port.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CardQrError> {
        if bytes.len() > MOST_BYTES {
            return Err(CardQrError::TooLong);
        }
        Self::parse(std::str::from_utf8(bytes).map_err(|_| CardQrError::NotText)?)
    }

    /// The card access number: the last six digits of the personal number.
    pub fn access_key(&self) -> Result<AccessKey, AccessKeyError> {
        let suffix = self.personal_id.expose().get(6..).unwrap_or_default();
        Can::new(suffix).map(AccessKey::Can)
    }

    fn read(text: &str, residence: bool) -> Result<Self, CardQrError> {
        if text.len() > MOST_BYTES {
            return Err(CardQrError::TooLong);
        }
        let composed: Zeroizing<String> = Zeroizing::new(text.nfc().collect());
        let fields: Vec<&str> = composed
            .trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{FEFF}')
            .split(['|', '\r', '\n'])
            .map(str::trim)
            .take(MOST_FIELDS + 1)
            .collect();
        if fields.len() > MOST_FIELDS {
            return Err(CardQrError::TooLong);
        }
        let number = number(&fields)?;
        let personal_id = PersonalId::parse(fields[number]).ok_or(CardQrError::NoNumber)?;
        let mut used = vec![false; fields.len()];
        used[number] = true;
        let mut take = |at: Option<usize>| {
            let at = at?;
            used[at] = true;
            Some(fields[at])
        };
        let dates: Vec<(usize, PartialDate)> = fields
            .iter()
            .enumerate()
            .filter_map(|(at, field)| Some((at, date(field)?)))
            .collect();
        // Someone is born before anything is issued to them, and a card ends after it began.
        let mut ordered = dates.clone();
        ordered.sort_by_key(|(at, date)| (date.year(), date.month(), date.day(), *at));
        let birth = ordered.first().copied();
        let issued = ordered.get(1).copied();
        take(birth.map(|(at, _)| at));
        take(issued.map(|(at, _)| at));
        let old = take(fields.iter().position(|field| digits(field, 9)));
        let sex = take(fields.iter().position(|field| dg13::sex(field).is_some()));
        let name = take(name(&fields, birth.map(|(at, _)| at)));
        // Only the layout of 2021 tells which of the other texts is the residence.
        let home = take((fields.len() >= 7 && fields.get(4).copied() == sex).then_some(5));
        Ok(Self {
            personal_id,
            old_id_no: old.map(owned),
            name: name.map(owned),
            birth: birth.map(|(_, date)| date),
            sex: sex.and_then(dg13::sex),
            issue_date: issued.and_then(|(_, date)| date.whole()),
            residence: home.filter(|home| residence && !home.is_empty()).map(owned),
            unknown_fields: fields
                .iter()
                .zip(&used)
                .filter(|(field, used)| !**used && !field.is_empty())
                .count(),
        })
    }
}

/// Where the holder's number stands: first in every layout seen; else where there is no other.
fn number(fields: &[&str]) -> Result<usize, CardQrError> {
    let mut found = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| digits(field, 12))
        .map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(0), _) => Ok(0),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(CardQrError::Ambiguous),
        (None, _) => Err(CardQrError::NoNumber),
    }
}

/// Where the holder's name stands: just before the birth date, else the first text of letters alone.
/// Relatives' names, where a card has them, come later.
fn name(fields: &[&str], birth: Option<usize>) -> Option<usize> {
    let is_name = |at: usize| {
        let field = fields[at];
        field.chars().any(char::is_alphabetic)
            && !field
                .chars()
                .any(|letter| letter.is_ascii_digit() || letter == ',')
            && dg13::sex(field).is_none()
    };
    birth
        .and_then(|birth| birth.checked_sub(1))
        .filter(|&at| is_name(at))
        .or_else(|| (0..fields.len()).find(|&at| is_name(at)))
}

fn digits(field: &str, count: usize) -> bool {
    field.len() == count && field.bytes().all(|octet| octet.is_ascii_digit())
}

/// `ddMMyyyy`, or with strokes; a year of the last and the next hundred years.
fn date(field: &str) -> Option<PartialDate> {
    let date = match field.len() {
        8 => PartialDate::day_first_digits(field),
        10 => PartialDate::day_first(field),
        4 if digits(field, 4) => PartialDate::day_first_digits(field),
        _ => None,
    };
    date.filter(|date| (1900..2200).contains(&date.year()))
}

fn owned(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const OF_2021: &str = "001203000001|012345678|Đỗ Thị Thuỳ Dương|15022003|Nữ|1 Phố Mẫu, Phường Mẫu, Hà Nội|01072024";

    fn check(qr: &CardQr) {
        assert_eq!(qr.personal_id.expose(), "001203000001");
        assert_eq!(qr.name.as_ref().unwrap().as_str(), "Đỗ Thị Thuỳ Dương");
        assert_eq!(qr.birth, Some(date(2003, 2, 15).into()));
        assert_eq!(qr.sex, Some(Sex::Female));
        assert_eq!(qr.issue_date, Some(date(2024, 7, 1)));
        assert_eq!(qr.residence, None);
    }

    #[test]
    fn the_front_of_2021_is_read() {
        let qr = CardQr::parse(OF_2021).unwrap();
        check(&qr);
        assert_eq!(qr.old_id_no.as_ref().unwrap().as_str(), "012345678");
        assert_eq!(qr.unknown_fields, 0);
        assert_eq!(format!("{qr:?}"), "CardQr(..)");
        let Ok(AccessKey::Can(can)) = qr.access_key() else {
            panic!("a number gives an access number");
        };
        assert_eq!(can.digits(), "000001");
        let asked = CardQr::parse_with_residence(OF_2021).unwrap();
        assert_eq!(
            asked.residence.as_ref().unwrap().as_str(),
            "1 Phố Mẫu, Phường Mẫu, Hà Nội"
        );
    }

    #[test]
    fn scanners_put_things_around_the_text_and_take_its_letters_apart() {
        let decomposed: String = OF_2021.nfd().collect();
        for text in [
            format!("\u{FEFF}{OF_2021}\r\n"),
            format!("  {OF_2021}\n\n"),
            format!("{decomposed}\t"),
            OF_2021.replace('|', " | "),
            OF_2021.to_uppercase(),
            OF_2021.replace("15022003", "15/02/2003"),
        ] {
            let qr = CardQr::from_bytes(text.as_bytes()).unwrap();
            let upper = text == OF_2021.to_uppercase();
            let name = if upper {
                "ĐỖ THỊ THUỲ DƯƠNG"
            } else {
                "Đỗ Thị Thuỳ Dương"
            };
            assert_eq!(qr.name.as_ref().unwrap().as_str(), name);
            assert_eq!((qr.sex, qr.unknown_fields), (Some(Sex::Female), 0));
            assert_eq!(qr.birth, Some(date(2003, 2, 15).into()));
        }
    }

    #[test]
    fn fields_may_be_empty_missing_or_more_than_known() {
        // No old number, no residence.
        let bare = CardQr::parse("001203000001||Đỗ Thị Thuỳ Dương|15022003|Nữ||01072024").unwrap();
        check(&bare);
        assert_eq!((bare.old_id_no, bare.unknown_fields), (None, 0));
        // The back of 2024: relatives, cancelled numbers and what else may come.
        let more = CardQr::parse(&format!(
            "{OF_2021}|001073000009|Đỗ Văn Cha|Phạm Thị Mẹ||001203000999|01072039|"
        ))
        .unwrap();
        check(&more);
        assert_eq!(more.unknown_fields, 5);
        // In another order.
        let other = CardQr::parse(
            "Đỗ Thị Thuỳ Dương|15022003|Nữ|001203000001|01072024|123456789|Hà Nội, Việt Nam",
        )
        .unwrap();
        check(&other);
        assert_eq!((other.old_id_no.is_some(), other.unknown_fields), (true, 1));
        // Nothing but the number still opens the chip.
        let only = CardQr::parse("001203000001").unwrap();
        assert!(only.access_key().is_ok() && only.name.is_none() && only.birth.is_none());
        // The day of birth is unknown.
        let old = CardQr::parse("001050000001||Nguyễn Thị Già|00001950|Nữ||01072024").unwrap();
        assert_eq!(old.birth.map(PartialDate::year), Some(1950));
        assert_eq!(old.issue_date, Some(date(2024, 7, 1)));
    }

    #[test]
    fn what_is_no_card_s_code_is_refused() {
        let many = "1|".repeat(65);
        for (text, error) in [
            ("", CardQrError::NoNumber),
            ("https://example.vn/001203000001", CardQrError::NoNumber),
            ("1203000001|x", CardQrError::NoNumber),
            ("Ai đó|001203000001|001203000002", CardQrError::Ambiguous),
            (&many, CardQrError::TooLong),
            (&"0".repeat(3_001), CardQrError::TooLong),
        ] {
            assert_eq!(CardQr::parse(text), Err(error));
        }
        assert_eq!(CardQr::from_bytes(&[0xFF]), Err(CardQrError::NotText));
        assert_eq!(
            CardQr::from_bytes(&[b'0'; 3_001]),
            Err(CardQrError::TooLong)
        );
        assert_eq!(CardQrError::CODES, [CardQrError::TooLong.code()]);
    }

    #[test]
    fn no_text_makes_it_panic() {
        for cut in 0..OF_2021.len() {
            let _ = CardQr::from_bytes(&OF_2021.as_bytes()[..cut]);
            for octet in [0x00, b'|', b'/', b'9', 0x80, 0xFF] {
                let mut altered = OF_2021.as_bytes().to_vec();
                altered[cut] = octet;
                let _ = CardQr::from_bytes(&altered);
            }
        }
    }
}
