//! What the holder shows to have the chip opened: the card access number, or the machine-readable zone.

use std::fmt;

use jiff::civil::Date;
use openssl::sha;
use thiserror::Error;
use zeroize::Zeroizing;

/// The secret that opens a chip. Wiped when dropped; `Debug` says only which kind it is.
#[derive(Clone)]
pub enum AccessKey {
    Can(Can),
    Mrz(MrzKey),
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Can(_) => "AccessKey::Can",
            Self::Mrz(_) => "AccessKey::Mrz",
        })
    }
}

/// Why an access key cannot be made from what was typed or scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccessKeyError {
    #[error("a card access number has six digits")]
    CanNotSixDigits,
    #[error("the machine-readable zone has two or three lines of a known length")]
    MrzLines,
    #[error("the machine-readable zone holds a character that is not A-Z, 0-9 or <")]
    MrzCharacter,
    #[error("a check digit of the machine-readable zone does not fit")]
    MrzCheckDigit,
    #[error("the document number is empty or too long")]
    DocumentNumber,
}

impl AccessKeyError {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::CanNotSixDigits => "card.can_malformed",
            Self::MrzLines => "card.mrz_lines",
            Self::MrzCharacter => "card.mrz_character",
            Self::MrzCheckDigit => "card.mrz_check_digit",
            Self::DocumentNumber => "card.document_number",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "card.can_malformed",
        "card.mrz_lines",
        "card.mrz_character",
        "card.mrz_check_digit",
        "card.document_number",
    ];
}

/// The six digits printed on the card (on the CCCD: the last six of the personal number).
#[derive(Clone)]
pub struct Can(Zeroizing<String>);

impl Can {
    pub fn new(digits: &str) -> Result<Self, AccessKeyError> {
        if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
            Ok(Self(Zeroizing::new(digits.to_owned())))
        } else {
            Err(AccessKeyError::CanNotSixDigits)
        }
    }

    pub(crate) fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Can {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Can")
    }
}

/// Document number, birth date and expiry date with their check digits (ICAO 9303-11 §4.3.2).
#[derive(Clone)]
pub struct MrzKey(Zeroizing<String>);

impl MrzKey {
    /// From fields read elsewhere, as from a card's QR code.
    pub fn new(document_no: &str, birth: Date, expiry: Date) -> Result<Self, AccessKeyError> {
        Self::from_text(document_no, &yymmdd(birth), &yymmdd(expiry))
    }

    /// The same with the dates as the zone writes them, `YYMMDD`, where a part may be unknown (`<`).
    pub fn from_text(document_no: &str, birth: &str, expiry: &str) -> Result<Self, AccessKeyError> {
        let document_no = document_no.trim().to_ascii_uppercase();
        if document_no.is_empty() || document_no.len() > 22 {
            return Err(AccessKeyError::DocumentNumber);
        }
        if birth.len() != 6 || expiry.len() != 6 {
            return Err(AccessKeyError::MrzLines);
        }
        let mut information = Zeroizing::new(String::with_capacity(48));
        for field in [&format!("{document_no:<<9}"), birth, expiry] {
            information.push_str(field);
            information.push(check_digit(field)?);
        }
        Ok(Self(information))
    }

    /// From the printed lines: three of 30 characters, or two of 36 or 44; check digits are checked.
    pub fn from_lines(lines: &[&str]) -> Result<Self, AccessKeyError> {
        let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        if lines.iter().any(|line| !line.is_ascii()) {
            return Err(AccessKeyError::MrzCharacter);
        }
        let (number, birth, expiry, tail) = match lines[..] {
            // ICAO 9303-5 §4.2.2: a long number goes on in the optional data.
            [one, two, _] if one.len() == 30 && two.len() == 30 => {
                (&one[5..15], &two[..7], &two[8..15], &one[15..30])
            }
            [_, two] if two.len() == 44 => (&two[..10], &two[13..20], &two[21..28], ""),
            [_, two] if two.len() == 36 => (&two[..10], &two[13..20], &two[21..28], &two[28..35]),
            _ => return Err(AccessKeyError::MrzLines),
        };
        let tail = tail.split('<').next().unwrap_or_default();
        let document = if number.ends_with('<') && tail.len() > 1 {
            format!("{}{tail}", &number[..9])
        } else {
            number.to_owned()
        };
        for field in [&document[..], birth, expiry] {
            let (body, digit) = field.split_at(field.len() - 1);
            if !digit.starts_with(check_digit(body)?) {
                return Err(AccessKeyError::MrzCheckDigit);
            }
        }
        let document = &document[..document.len() - 1];
        Self::from_text(document.trim_end_matches('<'), &birth[..6], &expiry[..6])
    }

    /// SHA-1 of the MRZ information: the seed of BAC (first 16 bytes) and the password of PACE.
    pub(crate) fn digest(&self) -> Zeroizing<[u8; 20]> {
        Zeroizing::new(sha::sha1(self.0.as_bytes()))
    }
}

impl fmt::Debug for MrzKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MrzKey")
    }
}

fn yymmdd(date: Date) -> String {
    format!(
        "{:02}{:02}{:02}",
        date.year().rem_euclid(100),
        date.month(),
        date.day()
    )
}

/// ICAO 9303-3 §4.9: weights 7, 3, 1; letters count from ten.
fn check_digit(field: &str) -> Result<char, AccessKeyError> {
    let mut sum = 0;
    for (octet, weight) in field.bytes().zip([7, 3, 1].into_iter().cycle()) {
        let value = match octet {
            b'0'..=b'9' => octet - b'0',
            b'A'..=b'Z' => octet - b'A' + 10,
            b'<' => 0,
            _ => return Err(AccessKeyError::MrzCharacter),
        };
        sum += u32::from(value) * weight;
    }
    Ok(char::from(b'0' + (sum % 10) as u8))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::vectors;

    #[test]
    fn mrz_information_is_that_of_d2() {
        let vector = vectors::icao();
        let d2 = &vector["D2_mrz_info"];
        let key = MrzKey::new("L898902C", date(1969, 8, 6), date(1994, 6, 23)).unwrap();
        assert_eq!(Some(&**key.0), d2["mrz_information"].as_str());
        assert_eq!(key.digest().to_vec(), vectors::bytes(&d2["sha1"]));
    }

    #[test]
    fn printed_lines_give_the_same_key_as_fields() {
        // ICAO 9303-4 and 9303-5 specimens.
        let td3 = MrzKey::from_lines(&[
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        ]);
        let fields = MrzKey::new("L898902C3", date(1974, 8, 12), date(2012, 4, 15)).unwrap();
        assert_eq!(*td3.unwrap().0, *fields.0);
        let td1 = MrzKey::from_lines(&[
            "I<UTOD23145890<7349<<<<<<<<<<<",
            "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<",
        ]);
        let long = MrzKey::new("D23145890734", date(1934, 7, 12), date(1995, 7, 12)).unwrap();
        assert_eq!(*td1.unwrap().0, *long.0);
    }

    #[test]
    fn slips_of_the_pen_are_refused_and_nothing_is_printed() {
        assert_eq!(
            Can::new("12345").unwrap_err(),
            AccessKeyError::CanNotSixDigits
        );
        assert_eq!(
            Can::new("12345a").unwrap_err(),
            AccessKeyError::CanNotSixDigits
        );
        let lines = ["P<UTO", "L898902C37UTO7408122F1204159ZE184226B<<<<<10"];
        assert_eq!(
            MrzKey::from_lines(&lines).unwrap_err(),
            AccessKeyError::MrzCheckDigit
        );
        assert_eq!(
            MrzKey::from_lines(&["é", "x"]).unwrap_err(),
            AccessKeyError::MrzCharacter
        );
        assert_eq!(
            MrzKey::from_lines(&[]).unwrap_err(),
            AccessKeyError::MrzLines
        );
        assert_eq!(
            format!("{:?}", AccessKey::Can(Can::new("123456").unwrap())),
            "AccessKey::Can"
        );
    }
}
