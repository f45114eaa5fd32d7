//! The machine-readable zone: three layouts, their check digits, and the holder's facts in them
//! (ICAO 9303-3 to 9303-6).

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

mod letters;
mod write;

pub use letters::transliterate;
pub use write::{Td1, Td3};

/// The three sizes of document that carry a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A card: three lines of 30.
    Td1,
    /// Two lines of 36.
    Td2,
    /// A passport: two lines of 44.
    Td3,
}

/// Sex as the zone tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Male,
    Female,
    Unspecified,
}

impl Sex {
    /// M, F or the filler.
    pub fn letter(self) -> char {
        match self {
            Self::Male => 'M',
            Self::Female => 'F',
            Self::Unspecified => '<',
        }
    }
}

/// Why a text is no machine-readable zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MrzError {
    #[error("{found} characters fit no layout")]
    Length { found: usize },
    #[error("the character at {position} is none of A-Z, 0-9 and <")]
    Character { position: usize },
    #[error("the check digit of the {field} does not fit")]
    CheckDigit { field: &'static str },
    #[error("the {field} cannot be read")]
    Field { field: &'static str },
}

/// A zone whose check digits fit. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mrz {
    layout: Layout,
    text: Zeroizing<String>,
    document_no: Zeroizing<String>,
}

impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mrz({:?})", self.layout)
    }
}

/// The check digit of ICAO 9303-3 §4.9 over A-Z, 0-9 and <; `None` for any other character.
pub fn check_digit(text: &str) -> Option<char> {
    let mut sum = 0u32;
    for (octet, weight) in text.bytes().zip([7, 3, 1].into_iter().cycle()) {
        let value = match octet {
            b'0'..=b'9' => octet - b'0',
            b'A'..=b'Z' => octet - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        sum = (sum + u32::from(value) * weight) % 10;
    }
    char::from_digit(sum, 10)
}

impl Mrz {
    /// Reads 90, 72 or 88 characters; line ends may stand between the lines.
    pub fn parse(text: &str) -> Result<Self, MrzError> {
        if text.len() > 128 {
            return Err(MrzError::Length { found: text.len() });
        }
        let text: String = text
            .chars()
            .filter(|letter| !matches!(letter, '\r' | '\n'))
            .collect();
        let text = Zeroizing::new(text);
        if let Some(position) = text
            .bytes()
            .position(|octet| !matches!(octet, b'A'..=b'Z' | b'0'..=b'9' | b'<'))
        {
            return Err(MrzError::Character { position });
        }
        let layout = match text.len() {
            90 => Layout::Td1,
            72 => Layout::Td2,
            88 => Layout::Td3,
            found => return Err(MrzError::Length { found }),
        };
        let mut mrz = Self {
            layout,
            text,
            document_no: Zeroizing::new(String::new()),
        };
        mrz.document_no = mrz.check_document_no()?;
        mrz.check_digits()?;
        Ok(mrz)
    }

    /// Where the zone keeps a field, as (start, length) in the text without line ends.
    fn place(&self, field: Place) -> &str {
        use Layout::{Td1, Td2, Td3};
        use Place::{Birth, DocumentNo, Expiry, Issuer, Name, Nationality, Optional, Sex};
        let (start, length) = match (self.layout, field) {
            (_, Issuer) => (2, 3),
            // 9303-5 §4.2.2.
            (Td1, DocumentNo) => (5, 9),
            (Td1, Optional) => (15, 15),
            (Td1, Birth) => (30, 6),
            (Td1, Sex) => (37, 1),
            (Td1, Expiry) => (38, 6),
            (Td1, Nationality) => (45, 3),
            (Td1, Name) => (60, 30),
            // 9303-6 §4.2.2.
            (Td2, Name) => (5, 31),
            (Td2, DocumentNo) => (36, 9),
            (Td2, Nationality) => (46, 3),
            (Td2, Birth) => (49, 6),
            (Td2, Sex) => (56, 1),
            (Td2, Expiry) => (57, 6),
            (Td2, Optional) => (64, 7),
            // 9303-4 §4.2.2.
            (Td3, Name) => (5, 39),
            (Td3, DocumentNo) => (44, 9),
            (Td3, Nationality) => (54, 3),
            (Td3, Birth) => (57, 6),
            (Td3, Sex) => (64, 1),
            (Td3, Expiry) => (65, 6),
            (Td3, Optional) => (72, 14),
        };
        &self.text[start..start + length]
    }

    fn check(&self, covered: &str, digit: usize, field: &'static str) -> Result<(), MrzError> {
        let found = self.text[digit..].chars().next();
        if check_digit(covered) == found {
            return Ok(());
        }
        Err(MrzError::CheckDigit { field })
    }

    /// The number, also when it is longer than nine and goes on in the optional data.
    fn check_document_no(&self) -> Result<Zeroizing<String>, MrzError> {
        const FIELD: &str = "document number";
        let number = self.place(Place::DocumentNo);
        let digit = match self.layout {
            Layout::Td1 => 14,
            Layout::Td2 => 45,
            Layout::Td3 => 53,
        };
        let optional = self.place(Place::Optional);
        if &self.text[digit..=digit] != "<"
            || self.layout == Layout::Td3
            || optional.starts_with('<')
        {
            self.check(number, digit, FIELD)?;
            return Ok(Zeroizing::new(number.trim_end_matches('<').to_owned()));
        }
        // 9303-5 §4.2.2.1 note j: the rest, then its check digit, then a filler.
        let rest = optional.split('<').next().unwrap_or_default();
        let (rest, digit) = rest.split_at(rest.len() - 1);
        let full = Zeroizing::new(format!("{number}{rest}"));
        if check_digit(&full) != digit.chars().next() {
            return Err(MrzError::CheckDigit { field: FIELD });
        }
        Ok(full)
    }

    fn check_digits(&self) -> Result<(), MrzError> {
        let t = self.text.as_str();
        let (birth, expiry) = match self.layout {
            Layout::Td1 => (36, 44),
            Layout::Td2 => (55, 63),
            Layout::Td3 => (63, 71),
        };
        self.check(self.place(Place::Birth), birth, "birth date")?;
        self.check(self.place(Place::Expiry), expiry, "expiry date")?;
        let (composite, digit) = match self.layout {
            Layout::Td1 => ([&t[5..30], &t[30..37], &t[38..45], &t[48..59]].concat(), 59),
            Layout::Td2 => ([&t[36..46], &t[49..56], &t[57..71]].concat(), 71),
            Layout::Td3 => {
                let optional = self.place(Place::Optional);
                // 9303-4 §4.2.2.2: an empty field may have < for its digit.
                if !(t[86..].starts_with('<') && optional.chars().all(|letter| letter == '<')) {
                    self.check(optional, 86, "optional data")?;
                }
                ([&t[44..54], &t[57..64], &t[65..87]].concat(), 87)
            }
        };
        self.check(&Zeroizing::new(composite), digit, "whole zone")
    }

    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// 90, 72 or 88 characters.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn document_no(&self) -> &str {
        &self.document_no
    }

    /// Three letters, or fewer as Germany's D.
    pub fn issuing_state(&self) -> &str {
        self.place(Place::Issuer).trim_end_matches('<')
    }

    pub fn nationality(&self) -> &str {
        self.place(Place::Nationality).trim_end_matches('<')
    }

    /// YYMMDD as printed; fillers where a part is unknown.
    pub fn birth(&self) -> &str {
        self.place(Place::Birth)
    }

    /// YYMMDD as printed.
    pub fn expiry(&self) -> &str {
        self.place(Place::Expiry)
    }

    pub fn sex(&self) -> Sex {
        match self.place(Place::Sex) {
            "M" => Sex::Male,
            "F" => Sex::Female,
            // The filler; and X, which some issuers copy here from the printed page (9303-3 §4.1.1.1).
            _ => Sex::Unspecified,
        }
    }

    /// The first optional field, fillers and all.
    pub fn optional(&self) -> &str {
        self.place(Place::Optional)
    }

    /// What the issuer put into the first optional field, without the end of a long document number
    /// and without the fillers around it; empty when there is nothing.
    pub fn optional_data(&self) -> &str {
        let field = self.optional();
        let field = match self.document_no.len() {
            // 9303-5 §4.2.2.1 note j: the number goes on here up to a filler.
            10.. => field.split_once('<').map_or("", |(_, rest)| rest),
            _ => field,
        };
        field.trim_matches('<')
    }

    /// The second optional field of a card, fillers and all; empty in the other layouts.
    pub fn second_optional(&self) -> &str {
        match self.layout {
            Layout::Td1 => &self.text[48..59],
            Layout::Td2 | Layout::Td3 => "",
        }
    }

    /// Family names, a space, given names: "NGUYEN VAN A".
    pub fn name(&self) -> Zeroizing<String> {
        words(self.place(Place::Name))
    }

    /// Family names alone; all of the name where nothing tells the parts.
    pub fn primary_name(&self) -> Zeroizing<String> {
        let field = self.place(Place::Name);
        words(field.split_once("<<").map_or(field, |(primary, _)| primary))
    }

    /// Given names alone; empty for a holder with one name.
    pub fn secondary_name(&self) -> Zeroizing<String> {
        let field = self.place(Place::Name);
        words(
            field
                .split_once("<<")
                .map_or("", |(_, secondary)| secondary),
        )
    }

    /// The name fills its field to the last character: it may have been cut (9303-3 §4.6).
    pub fn name_may_be_cut(&self) -> bool {
        !self.place(Place::Name).ends_with('<')
    }

    /// Year (two digits), month and day of birth; fillers and zeros are unknown (9303-3 §4.8).
    pub fn birth_parts(&self) -> (Option<i8>, Option<i8>, Option<i8>) {
        let two = |at: usize| self.birth().get(at..at + 2)?.parse::<i8>().ok();
        let known = |number: Option<i8>| number.filter(|number| *number != 0);
        (two(0), known(two(2)), known(two(4)))
    }

    /// The birth date, in the latest century that is not after `at`.
    pub fn birth_date(&self, at: Date) -> Option<Date> {
        let (year, month, day) = parts(self.birth())?;
        let this = Date::new(2000 + year, month, day).ok();
        match this.filter(|date| *date <= at) {
            Some(date) => Some(date),
            None => Date::new(1900 + year, month, day).ok(),
        }
    }

    /// The expiry date. Documents with a chip are younger than 2000.
    pub fn expiry_date(&self) -> Option<Date> {
        let (year, month, day) = parts(self.expiry())?;
        Date::new(2000 + year, month, day).ok()
    }

    /// The twelve-digit number of the CCCD: `<12 digits><<` in the optional data of line one.
    /// The last nine of them are also the document number.
    pub fn personal_id(&self) -> Option<&str> {
        let field = self.place(Place::Optional);
        if self.layout != Layout::Td1 || !matches!(self.issuing_state(), "VNM" | "UTO") {
            return None;
        }
        let (number, rest) = field.split_at(12);
        let digit = rest.strip_prefix("<<")?.chars().next();
        let all_digits = number.bytes().all(|octet| octet.is_ascii_digit());
        (all_digits && check_digit(number) == digit).then_some(number)
    }
}

#[derive(Clone, Copy)]
enum Place {
    Issuer,
    DocumentNo,
    Optional,
    Birth,
    Sex,
    Expiry,
    Nationality,
    Name,
}

fn words(field: &str) -> Zeroizing<String> {
    let words: Vec<&str> = field.split('<').filter(|word| !word.is_empty()).collect();
    Zeroizing::new(words.join(" "))
}

fn parts(text: &str) -> Option<(i16, i8, i8)> {
    if !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    Some((
        text.get(0..2)?.parse().ok()?,
        text.get(2..4)?.parse().ok()?,
        text.get(4..6)?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests;
