//! DG13 of the Vietnamese CCCD: the printed text of the card, in Vietnamese letters.
//!
//! The file also holds ethnicity, religion, identifying marks and the names of parents and spouse.
//! Nobody at a desk may do anything with them, so [`read`] never takes them out of the file, nor the
//! place of origin and the residence. Whoever has the right to one of them must say so by its name:
//! [`read_with`].

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::{DataGroup, LdsError, content, integer, oid, text};
use crate::date::PartialDate;
use crate::mrz::Sex;
use crate::tlv::{self, Reader, Tlv};

/// ISO/IEC 10646 in UTF-8: how the card says that its strings are Unicode.
const UTF8_TEXT: &str = "1.0.10646.1.0.8";
/// Sixteen are known; a later card may have more.
const MOST_FIELDS: usize = 64;
/// Two parents, or a spouse.
const MOST_TEXTS: usize = 8;

/// The fields of the file, by the numbers that stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    PersonalId = 1,
    Name,
    BirthDate,
    Sex,
    Nationality,
    Ethnicity,
    Religion,
    PlaceOfOrigin,
    Residence,
    IdentifyingMarks,
    IssueDate,
    ExpiryDate,
    /// Father, mother.
    Parents,
    Spouse,
    /// The nine-digit CMND that this card replaced.
    OldIdNo,
    /// Sixteen hexadecimal digits of unknown meaning.
    Unknown16,
}

/// Which fields may be taken out of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields(u32);

impl Fields {
    /// What a desk may know: number, name, birth date, sex, validity and the old number.
    pub const PERMITTED: Self = Self(0)
        .and(Field::PersonalId)
        .and(Field::Name)
        .and(Field::BirthDate)
        .and(Field::Sex)
        .and(Field::IssueDate)
        .and(Field::ExpiryDate)
        .and(Field::OldIdNo);

    /// One more field. Asking for it is a statement that there is a right to it.
    #[must_use]
    pub const fn and(self, field: Field) -> Self {
        Self(self.0 | 1 << field as u32)
    }

    fn holds(self, number: u64) -> bool {
        number < 32 && self.0 & (1 << number) != 0
    }
}

/// How long the card is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    On(Date),
    /// "Không thời hạn": cards of people past sixty.
    Never,
}

/// What may be known from DG13. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dg13 {
    pub personal_id: Option<Zeroizing<String>>,
    /// With diacritics, in composed form (NFC).
    pub name: Option<Zeroizing<String>>,
    pub birth: Option<PartialDate>,
    pub sex: Option<Sex>,
    pub issue_date: Option<Date>,
    /// Absent on some cards without an end.
    pub expiry: Option<Expiry>,
    /// The number of the nine-digit CMND that this card replaced.
    pub old_id_no: Option<Zeroizing<String>>,
    asked: Vec<(u64, Vec<Zeroizing<String>>)>,
}

impl Dg13 {
    /// The texts of a field beyond [`Fields::PERMITTED`] that was asked for; none when the card has
    /// none, or nobody asked.
    pub fn asked(&self, field: Field) -> &[Zeroizing<String>] {
        self.asked
            .iter()
            .find(|(number, _)| *number == field as u64)
            .map_or(&[], |(_, texts)| texts)
    }
}

impl fmt::Debug for Dg13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg13(..)")
    }
}

/// Reads the fields that may be read, in whatever order they stand.
pub fn read(file: &[u8]) -> Result<Dg13, LdsError> {
    read_with(file, Fields::PERMITTED)
}

/// Reads these fields and leaves the others in the file unread.
///
/// Fields that are absent, empty or unknown are no error. Of two fields with one number the first
/// counts.
pub fn read_with(file: &[u8], fields: Fields) -> Result<Dg13, LdsError> {
    let mut outer = Reader::new(tlv::only(content(file, DataGroup::Dg13)?, 0x30)?);
    outer.expect(0x02)?;
    if oid::to_dots(outer.expect(0x06)?)? != UTF8_TEXT {
        return Err(LdsError::Field {
            field: "the character set of DG13",
        });
    }
    // A SET on every card known; an ordered list would say the same.
    let mut list = match outer.peek() {
        Some(0x30) => Reader::new(outer.expect(0x30)?),
        _ => Reader::new(outer.expect(0x31)?),
    };
    let mut known = Dg13::default();
    let mut seen = Fields(0);
    let mut count = 0;
    while let Some(field) = list.read()? {
        count += 1;
        if count > MOST_FIELDS {
            return Err(LdsError::TooMany {
                field: "fields of DG13",
                found: count,
                limit: MOST_FIELDS,
            });
        }
        if field.tag() != 0x30 {
            continue;
        }
        let mut parts = field.children();
        let number = integer(parts.expect(0x02)?, "a field number of DG13")?;
        // What was not asked for is not even looked at.
        if !fields.holds(number) || seen.holds(number) {
            continue;
        }
        seen.0 |= 1 << number;
        let mut texts = texts(parts)?;
        if !Fields::PERMITTED.holds(number) {
            known.asked.push((number, texts));
            continue;
        }
        if texts.is_empty() {
            continue;
        }
        let text = texts.swap_remove(0);
        match number {
            1 => known.personal_id = Some(text),
            2 => known.name = Some(text),
            3 => known.birth = PartialDate::day_first(&text),
            4 => known.sex = sex(&text),
            11 => known.issue_date = PartialDate::day_first(&text).and_then(PartialDate::whole),
            12 => known.expiry = expiry(&text),
            15 => known.old_id_no = Some(text),
            _ => {}
        }
    }
    Ok(known)
}

/// The strings of a field, side by side or in a SEQUENCE of their own; empty ones count as absent.
fn texts(mut parts: Reader<'_>) -> Result<Vec<Zeroizing<String>>, LdsError> {
    let mut texts = Vec::new();
    while let Some(part) = parts.read()? {
        if part.tag() == 0x30 {
            let mut inner = part.children();
            while let Some(part) = inner.read()? {
                texts.extend(string(&part)?);
            }
        } else {
            texts.extend(string(&part)?);
        }
        if texts.len() > MOST_TEXTS {
            return Err(LdsError::TooMany {
                field: "texts of a field of DG13",
                found: texts.len(),
                limit: MOST_TEXTS,
            });
        }
    }
    Ok(texts)
}

/// UTF8String and PrintableString as found on cards, and their like; NULL for nothing.
fn string(value: &Tlv<'_>) -> Result<Option<Zeroizing<String>>, LdsError> {
    const FIELD: &str = "a text of DG13";
    match value.tag() {
        // UTF8String, NumericString, PrintableString, TeletexString, IA5String, VisibleString.
        0x0C | 0x12 | 0x13 | 0x14 | 0x16 | 0x1A => text::utf8(value.value(), FIELD),
        // BMPString: the same letters, two octets each.
        0x1E if value.value().len() <= text::MOST_TEXT => {
            let units = value
                .value()
                .chunks(2)
                .map(|pair| u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
            let told: Result<String, _> = char::decode_utf16(units).collect();
            let told = Zeroizing::new(told.map_err(|_| LdsError::Field { field: FIELD })?);
            Ok(text::composed(&told))
        }
        0x05 if value.value().is_empty() => Ok(None),
        _ => Err(LdsError::Field { field: FIELD }),
    }
}

/// As the card prints it, whatever the case of its letters.
pub(crate) fn sex(text: &str) -> Option<Sex> {
    match text.to_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        "nữ" => Some(Sex::Female),
        _ => None,
    }
}

fn expiry(text: &str) -> Option<Expiry> {
    if text.to_lowercase().starts_with("không") {
        return Some(Expiry::Never);
    }
    PartialDate::day_first(text)?.whole().map(Expiry::On)
}

/// The file for numbered texts; a pair of texts becomes a nested sequence (fields 13 and 14).
pub fn write(fields: &[(u8, &[&str])]) -> Vec<u8> {
    let mut set = Vec::new();
    for (number, texts) in fields {
        let strings: Vec<u8> = texts
            .iter()
            .flat_map(|text| {
                // Digits and Latin letters travel as PrintableString, the rest as UTF8String.
                let tag = if text.is_ascii() { 0x13 } else { 0x0C };
                tlv::encode(tag, text.as_bytes())
            })
            .collect();
        let value = if matches!(number, 13 | 14) {
            tlv::encode(0x30, &strings)
        } else {
            strings
        };
        set.extend(tlv::encode_all(
            0x30,
            &[&tlv::encode(0x02, &[*number]), &value],
        ));
    }
    let body = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x02, &[1]),
            &tlv::encode(0x06, &oid::from_dots(UTF8_TEXT)),
            &tlv::encode(0x31, &set),
        ],
    );
    tlv::encode(u32::from(DataGroup::Dg13.tag()), &body)
}
