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

    /// From the printed lines, as they were typed or scanned: three of 30 characters, or two of 36 or
    /// 44; check digits are checked.
    ///
    /// Forgiven, because it cannot change the meaning: small letters, spaces anywhere, empty lines,
    /// `«` for `<<`, and all lines run into one. The letter O counts as zero where only digits can
    /// stand, and the check digit must then fit; in the document number it stays what it is, for
    /// there both are right.
    pub fn from_lines(lines: &[&str]) -> Result<Self, AccessKeyError> {
        let lines = printed(lines)?;
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
        let (number, birth, expiry, tail) = match lines[..] {
            // ICAO 9303-5 §4.2.2: a long number goes on in the optional data.
            [one, two, three] if [one, two, three].iter().all(|line| line.len() == 30) => {
                (&one[5..15], &two[..7], &two[8..15], &one[15..30])
            }
            [one, two] if one.len() == 44 && two.len() == 44 => {
                (&two[..10], &two[13..20], &two[21..28], "")
            }
            // ICAO 9303-6 §4.2.2, likewise.
            [one, two] if one.len() == 36 && two.len() == 36 => {
                (&two[..10], &two[13..20], &two[21..28], &two[28..35])
            }
            _ => return Err(AccessKeyError::MrzLines),
        };
        let tail = tail.split('<').next().unwrap_or_default();
        let document = Zeroizing::new(if number.ends_with('<') && tail.len() > 1 {
            format!("{}{tail}", &number[..9])
        } else {
            number.to_owned()
        });
        let document = checked(&document, false)?;
        let birth = checked(birth, true)?;
        let expiry = checked(expiry, true)?;
        Self::from_text(document.trim_end_matches('<'), &birth, &expiry)
    }

    /// The document number with its check digit, as the zone has it.
    pub(crate) fn document_number(&self) -> &[u8] {
        // Two dates with their check digits follow.
        let information = self.0.as_bytes();
        &information[..information.len() - 14]
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

/// The lines as they are printed, whatever was typed for them.
fn printed(lines: &[&str]) -> Result<Vec<Zeroizing<String>>, AccessKeyError> {
    let mut found = Vec::new();
    for line in lines {
        let mut clean = Zeroizing::new(String::with_capacity(96));
        for letter in line.chars().filter(|letter| !letter.is_whitespace()) {
            match letter {
                // What keyboards and text recognition make of the filler.
                '«' => clean.push_str("<<"),
                '‹' | '＜' => clean.push('<'),
                'A'..='Z' | 'a'..='z' | '0'..='9' | '<' => clean.push(letter.to_ascii_uppercase()),
                _ => return Err(AccessKeyError::MrzCharacter),
            }
            // Longer than any zone: not worth going on with.
            if clean.len() > 90 {
                return Err(AccessKeyError::MrzLines);
            }
        }
        if !clean.is_empty() {
            found.push(clean);
        }
    }
    if let [whole] = &found[..] {
        let width = match whole.len() {
            90 => 30,
            72 => 36,
            88 => 44,
            _ => return Err(AccessKeyError::MrzLines),
        };
        found = (0..whole.len() / width)
            .map(|line| Zeroizing::new(whole[line * width..(line + 1) * width].to_owned()))
            .collect();
    }
    Ok(found)
}

/// A field without the check digit at its end, if that fits.
fn checked(field: &str, digits_only: bool) -> Result<Zeroizing<String>, AccessKeyError> {
    let (body, digit) = field.split_at(field.len() - 1);
    let body = Zeroizing::new(if digits_only {
        body.replace('O', "0")
    } else {
        body.to_owned()
    });
    // A part of a date may be unknown, never a letter.
    let fits = !digits_only
        || body
            .bytes()
            .all(|octet| octet.is_ascii_digit() || octet == b'<');
    let digit = if digit == "O" { "0" } else { digit };
    if fits && digit.starts_with(check_digit(&body)?) {
        Ok(body)
    } else {
        Err(AccessKeyError::MrzCheckDigit)
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
    fn what_hands_and_cameras_do_to_the_lines_is_forgiven() {
        let clean = [
            "I<UTOD231458907<<<<<<<<<<<<<<<",
            "7408102F1204100UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
        ];
        let digits: Vec<char> = ["740810", "120410"]
            .map(|field| check_digit(field).unwrap())
            .to_vec();
        let second = format!("740810{}F120410{}UTO<<<<<<<<<<<6", digits[0], digits[1]);
        let clean = [clean[0], &second, clean[2]];
        let expected = MrzKey::from_lines(&clean).unwrap();
        let same = |lines: &[&str]| assert_eq!(*MrzKey::from_lines(lines).unwrap().0, *expected.0);
        let small = clean.map(str::to_lowercase);
        same(&small.each_ref().map(|line| line.as_str()));
        let spaced = clean.map(|line| format!(" {} {} ", &line[..7], &line[7..]));
        same(&spaced.each_ref().map(|line| line.as_str()));
        let quoted = clean.map(|line| line.replace("<<", "«").replace('<', "‹"));
        same(&quoted.each_ref().map(|line| line.as_str()));
        same(&[&clean.concat()]);
        same(&[clean[0], "", clean[1], " ", clean[2], ""]);
        // Zeros read as the letter, in the dates and in a check digit that is zero.
        let letters = second[..15].replace('0', "O") + &second[15..];
        assert!(letters.contains('O'));
        same(&[clean[0], &letters, clean[2]]);
    }

    #[test]
    fn a_letter_is_never_made_a_digit_where_both_may_stand() {
        let digit = |number: &str| check_digit(number).unwrap();
        let line = |number: &str, digit: char| format!("I<UTO{number}{digit}<<<<<<<<<<<<<<<");
        let rest = [
            "7408122F1204159UTO<<<<<<<<<<<6",
            "ERIKSSON<<ANNA<<<<<<<<<<<<<<<<",
        ];
        let read = |first: &str| MrzKey::from_lines(&[first, rest[0], rest[1]]);
        let letter = read(&line("D2O145890", digit("D2O145890"))).unwrap();
        let zero = read(&line("D20145890", digit("D20145890"))).unwrap();
        assert_ne!(*letter.0, *zero.0);
        assert_eq!(
            read(&line("D2O145890", digit("D20145890"))).unwrap_err(),
            AccessKeyError::MrzCheckDigit
        );
        // Two letters in a date whose sum happens to fit as letters: still a date without letters.
        let date = "OO0101";
        let second = format!("{date}{}F1204159UTO<<<<<<<<<<<6", digit(date));
        let first = line("D20145890", digit("D20145890"));
        let corrected = MrzKey::from_lines(&[&first, &second, rest[1]]);
        assert_eq!(
            corrected.is_ok(),
            digit(date) == digit("000101"),
            "only the corrected date's own check digit counts"
        );
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
        let lines = [
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C37UTO7408122F1204159ZE184226B<<<<<10",
        ];
        assert_eq!(
            MrzKey::from_lines(&lines).unwrap_err(),
            AccessKeyError::MrzCheckDigit
        );
        assert_eq!(
            MrzKey::from_lines(&["é", "x"]).unwrap_err(),
            AccessKeyError::MrzCharacter
        );
        let endless = "<".repeat(1_000_000);
        let lines: [&[&str]; 5] = [&[], &["", " "], &[&endless], &[&endless[..89]], &lines[1..]];
        for lines in lines {
            assert_eq!(
                MrzKey::from_lines(lines).unwrap_err(),
                AccessKeyError::MrzLines
            );
        }
        assert_eq!(
            format!("{:?}", AccessKey::Can(Can::new("123456").unwrap())),
            "AccessKey::Can"
        );
    }
}
