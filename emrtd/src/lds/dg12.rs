//! DG12: additional document details, each of them optional (9303-10 §4.7.12).

use std::fmt;

use zeroize::Zeroizing;

use super::text::{self, Name};
use super::{DataGroup, LdsError};
use crate::date::PartialDate;

const AUTHORITY: u32 = 0x5F19;
const OTHER_PERSON: u32 = 0x5F1A;
const ENDORSEMENTS: u32 = 0x5F1B;
const TAX: u32 = 0x5F1C;
const FRONT: u32 = 0x5F1D;
const REAR: u32 = 0x5F1E;
const ISSUED: u32 = 0x5F26;
const PERSONALISED: u32 = 0x5F55;
const SYSTEM: u32 = 0x5F56;

const FIELD: &str = "a text of DG12";

/// What the file says. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dg12 {
    pub authority: Option<Zeroizing<String>>,
    pub issued: Option<PartialDate>,
    /// Whoever else is on the document.
    pub other_persons: Vec<Name>,
    pub endorsements: Option<Zeroizing<String>>,
    /// Tax or exit requirements.
    pub tax: Option<Zeroizing<String>>,
    /// Pictures of the document's two sides, compressed.
    pub front: Option<Zeroizing<Vec<u8>>>,
    pub rear: Option<Zeroizing<Vec<u8>>>,
    /// When the document was personalised: `yyyyMMddhhmmss`.
    pub personalised: Option<Zeroizing<String>>,
    /// Serial number of the system that personalised it.
    pub system: Option<Zeroizing<String>>,
}

impl fmt::Debug for Dg12 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg12(..)")
    }
}

/// Reads what is there; tags that the standard does not know are passed over.
pub fn read(file: &[u8]) -> Result<Dg12, LdsError> {
    let mut known = Dg12::default();
    for (tag, value) in text::objects(file, DataGroup::Dg12)? {
        match tag {
            AUTHORITY => known.authority = text::words(value, FIELD)?,
            ISSUED => known.issued = PartialDate::year_first(value),
            OTHER_PERSON => known.other_persons.extend(Name::read(value, FIELD)?),
            ENDORSEMENTS => known.endorsements = text::words(value, FIELD)?,
            TAX => known.tax = text::words(value, FIELD)?,
            FRONT => known.front = Some(Zeroizing::new(value.to_vec())),
            REAR => known.rear = Some(Zeroizing::new(value.to_vec())),
            PERSONALISED => known.personalised = moment(value),
            SYSTEM => known.system = text::utf8(value, FIELD)?,
            _ => {}
        }
    }
    Ok(known)
}

/// Fourteen digits, or seven octets of two digits each.
fn moment(value: &[u8]) -> Option<Zeroizing<String>> {
    let digits = match value.len() {
        7 => value
            .iter()
            .flat_map(|octet| [octet >> 4, octet & 0x0F])
            .map(|digit| char::from_digit(digit.into(), 10))
            .collect::<Option<String>>()?,
        14 => std::str::from_utf8(value).ok()?.to_owned(),
        _ => return None,
    };
    let digits_only = digits.bytes().all(|octet| octet.is_ascii_digit());
    digits_only.then(|| Zeroizing::new(digits))
}

/// The file for what is told, in the order of the standard's table.
pub fn write(details: &Dg12) -> Vec<u8> {
    let one = |text: &Option<Zeroizing<String>>| text.as_ref().map(|text| text.as_bytes().to_vec());
    let image = |image: &Option<Zeroizing<Vec<u8>>>| image.as_ref().map(|image| image.to_vec());
    let mut objects: Vec<(u32, Option<Vec<u8>>)> = vec![
        (AUTHORITY, one(&details.authority)),
        (ISSUED, details.issued.map(super::year_first)),
    ];
    objects.extend(
        details
            .other_persons
            .iter()
            .map(|name| (OTHER_PERSON, Some(name.write()))),
    );
    objects.extend([
        (ENDORSEMENTS, one(&details.endorsements)),
        (TAX, one(&details.tax)),
        (FRONT, image(&details.front)),
        (REAR, image(&details.rear)),
        (PERSONALISED, one(&details.personalised)),
        (SYSTEM, one(&details.system)),
    ]);
    let objects: Vec<_> = objects
        .into_iter()
        .filter_map(|(tag, value)| Some((tag, value?)))
        .collect();
    text::file(DataGroup::Dg12, &objects, OTHER_PERSON)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn the_standard_s_example_is_read() {
        // 9303-10 appendix A: an authority, a day and another person.
        let mut file = vec![0x5C, 0x06, 0x5F, 0x19, 0x5F, 0x26, 0x5F, 0x1A];
        crate::tlv::append(&mut file, 0x5F19, b"UNITED STATES OF AMERICA");
        crate::tlv::append(&mut file, 0x5F26, b"20020531");
        crate::tlv::append(&mut file, 0x5F1A, b"SMITH<<BRENDA<P");
        let file = crate::tlv::encode(0x6C, &file);
        let details = read(&file).unwrap();
        assert_eq!(details.authority, some("UNITED STATES OF AMERICA"));
        assert_eq!(details.issued, PartialDate::new(2002, Some(5), Some(31)));
        assert_eq!(details.other_persons.len(), 1);
        assert_eq!(details.other_persons[0].text().as_str(), "SMITH BRENDA P");
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err());
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let name = |text: &str| Name::read(text.as_bytes(), FIELD).unwrap().unwrap();
        let details = Dg12 {
            authority: some("Cục Cảnh sát mẫu"),
            issued: PartialDate::new(2024, Some(7), Some(1)),
            other_persons: vec![name("DO<<AN"), name("DO<<BINH")],
            endorsements: some("Không"),
            tax: some("Không"),
            front: Some(Zeroizing::new(vec![1, 2])),
            rear: Some(Zeroizing::new(vec![3])),
            personalised: some("20240701083000"),
            system: some("SN-1"),
        };
        let file = write(&details);
        assert!(read(&file).unwrap() == details);
        assert_eq!(format!("{details:?}"), "Dg12(..)");
        for at in 0..file.len() {
            for mask in [0x01, 0x80, 0xFF] {
                let mut altered = file.clone();
                altered[at] ^= mask;
                let _ = read(&altered);
            }
        }
    }

    #[test]
    fn dates_may_be_packed_and_nonsense_is_no_date() {
        // An odd object at the end, with a tag nobody knows.
        let body = hex::decode("5F2604202405315F550720240531123456AA00").unwrap();
        let file = crate::tlv::encode(0x6C, &body);
        let details = read(&file).unwrap();
        assert_eq!(details.issued, PartialDate::new(2024, Some(5), Some(31)));
        assert_eq!(details.personalised, some("20240531123456"));
        let odd = read(&hex::decode("6C075F260420243131").unwrap()).unwrap();
        assert_eq!(odd.issued, None);
    }
}
