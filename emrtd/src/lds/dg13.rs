//! DG13 of the Vietnamese CCCD: the printed text of the card, in Vietnamese letters.
//!
//! The file also holds ethnicity, religion, identifying marks and the names of parents and spouse.
//! Nothing here may be done with them, so this reader never takes them out of the file; nor the
//! place of origin and the residence, which nobody asks for.

use std::fmt;

use jiff::civil::Date;
use zeroize::Zeroizing;

use super::{DataGroup, LdsError, content, integer, oid};
use crate::mrz::Sex;
use crate::tlv::{self, Reader};

/// ISO/IEC 10646 in UTF-8: how the card says that its strings are Unicode.
const UTF8_TEXT: &str = "1.0.10646.1.0.8";
const MOST_FIELDS: usize = 64;
const MOST_TEXT: usize = 512;

/// What may be known from DG13. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dg13 {
    /// Field 1.
    pub personal_id: Option<Zeroizing<String>>,
    /// Field 2, with diacritics.
    pub name: Option<Zeroizing<String>>,
    /// Field 3.
    pub birth_date: Option<Date>,
    /// Field 4.
    pub sex: Option<Sex>,
    /// Field 11.
    pub issue_date: Option<Date>,
    /// Field 12; absent on a card without an end.
    pub expiry_date: Option<Date>,
    /// Field 15: the number of the nine-digit CMND that this card replaced.
    pub old_id_no: Option<Zeroizing<String>>,
}

impl fmt::Debug for Dg13 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg13(..)")
    }
}

/// Reads the fields that may be read, in whatever order they stand.
pub fn read(file: &[u8]) -> Result<Dg13, LdsError> {
    let mut outer = Reader::new(tlv::only(content(file, DataGroup::Dg13)?, 0x30)?);
    outer.expect(0x02)?;
    if oid::to_dots(outer.expect(0x06)?)? != UTF8_TEXT {
        return Err(LdsError::Field {
            field: "the character set of DG13",
        });
    }
    let mut fields = Reader::new(outer.expect(0x31)?);
    let mut known = Dg13::default();
    let mut count = 0;
    while let Some(field) = fields.read()? {
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
        // Only these are looked at: 5 to 10, 13, 14 and 16 stay in the file.
        match number {
            1 => known.personal_id = text(&mut parts)?,
            2 => known.name = text(&mut parts)?,
            3 => known.birth_date = text(&mut parts)?.and_then(|text| date(&text)),
            4 => known.sex = text(&mut parts)?.and_then(|text| sex(&text)),
            11 => known.issue_date = text(&mut parts)?.and_then(|text| date(&text)),
            12 => known.expiry_date = text(&mut parts)?.and_then(|text| date(&text)),
            15 => known.old_id_no = text(&mut parts)?,
            _ => {}
        }
    }
    Ok(known)
}

/// A UTF8String or PrintableString; an empty one counts as absent.
fn text(parts: &mut Reader<'_>) -> Result<Option<Zeroizing<String>>, LdsError> {
    const BAD: LdsError = LdsError::Field {
        field: "a text of DG13",
    };
    let Some(value) = parts.read()? else {
        return Ok(None);
    };
    if !matches!(value.tag(), 0x0C | 0x13 | 0x16) || value.value().len() > MOST_TEXT {
        return Err(BAD);
    }
    let text = std::str::from_utf8(value.value()).map_err(|_| BAD)?.trim();
    Ok((!text.is_empty()).then(|| Zeroizing::new(text.to_owned())))
}

/// dd/MM/yyyy.
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    Date::new(year, month, day).ok()
}

fn sex(text: &str) -> Option<Sex> {
    match text.to_lowercase().as_str() {
        "nam" => Some(Sex::Male),
        "nữ" => Some(Sex::Female),
        _ => None,
    }
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
