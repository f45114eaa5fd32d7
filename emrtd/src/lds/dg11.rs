//! DG11: additional personal details, each of them optional (9303-10 §4.7.11).
//!
//! The CCCD has no DG11; passports do. Hardly anything in it is of use at a desk, so nobody here reads
//! it unless it was asked for by name.

use std::fmt;

use zeroize::Zeroizing;

use super::text::{self, Name};
use super::{DataGroup, LdsError};
use crate::date::PartialDate;

const NAME: u32 = 0x5F0E;
const OTHER_NAME: u32 = 0x5F0F;
const PERSONAL_NUMBER: u32 = 0x5F10;
const PLACE_OF_BIRTH: u32 = 0x5F11;
const TELEPHONE: u32 = 0x5F12;
const PROFESSION: u32 = 0x5F13;
const TITLE: u32 = 0x5F14;
const SUMMARY: u32 = 0x5F15;
const PROOF_OF_CITIZENSHIP: u32 = 0x5F16;
const OTHER_DOCUMENTS: u32 = 0x5F17;
const CUSTODY: u32 = 0x5F18;
const BIRTH: u32 = 0x5F2B;
const ADDRESS: u32 = 0x5F42;

const FIELD: &str = "a text of DG11";

/// What the file says. Wiped when dropped; nothing in `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dg11 {
    /// In the letters of the issuing state.
    pub name: Option<Name>,
    pub other_names: Vec<Name>,
    pub personal_number: Option<Zeroizing<String>>,
    pub birth: Option<PartialDate>,
    /// Town, region, country: from the most to the least particular, as the issuer likes.
    pub place_of_birth: Vec<Zeroizing<String>>,
    pub address: Vec<Zeroizing<String>>,
    pub telephone: Option<Zeroizing<String>>,
    pub profession: Option<Zeroizing<String>>,
    pub title: Option<Zeroizing<String>>,
    pub summary: Option<Zeroizing<String>>,
    /// A picture of another paper, compressed.
    pub proof_of_citizenship: Option<Zeroizing<Vec<u8>>>,
    /// Numbers of other valid travel documents.
    pub other_documents: Vec<Zeroizing<String>>,
    pub custody: Option<Zeroizing<String>>,
}

impl fmt::Debug for Dg11 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dg11(..)")
    }
}

/// Reads what is there; tags that the standard does not know are passed over.
pub fn read(file: &[u8]) -> Result<Dg11, LdsError> {
    let mut known = Dg11::default();
    for (tag, value) in text::objects(file, DataGroup::Dg11)? {
        match tag {
            NAME => known.name = Name::read(value, FIELD)?,
            OTHER_NAME => known.other_names.extend(Name::read(value, FIELD)?),
            PERSONAL_NUMBER => known.personal_number = text::utf8(value, FIELD)?,
            BIRTH => known.birth = PartialDate::year_first(value),
            PLACE_OF_BIRTH => known.place_of_birth = text::lines(value, FIELD)?,
            ADDRESS => known.address = text::lines(value, FIELD)?,
            TELEPHONE => known.telephone = text::utf8(value, FIELD)?,
            PROFESSION => known.profession = text::words(value, FIELD)?,
            TITLE => known.title = text::words(value, FIELD)?,
            SUMMARY => known.summary = text::words(value, FIELD)?,
            PROOF_OF_CITIZENSHIP => {
                known.proof_of_citizenship = Some(Zeroizing::new(value.to_vec()));
            }
            OTHER_DOCUMENTS => known.other_documents = text::lines(value, FIELD)?,
            CUSTODY => known.custody = text::words(value, FIELD)?,
            _ => {}
        }
    }
    Ok(known)
}

/// The file for what is told, in the order of the standard's table.
pub fn write(details: &Dg11) -> Vec<u8> {
    let one = |text: &Option<Zeroizing<String>>| text.as_ref().map(|text| text.as_bytes().to_vec());
    let joined = |lines: &[Zeroizing<String>]| {
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
        (!lines.is_empty()).then(|| lines.join("<").into_bytes())
    };
    let mut objects: Vec<(u32, Option<Vec<u8>>)> =
        vec![(NAME, details.name.as_ref().map(Name::write))];
    objects.extend(
        details
            .other_names
            .iter()
            .map(|name| (OTHER_NAME, Some(name.write()))),
    );
    objects.extend([
        (PERSONAL_NUMBER, one(&details.personal_number)),
        (BIRTH, details.birth.map(super::year_first)),
        (PLACE_OF_BIRTH, joined(&details.place_of_birth)),
        (ADDRESS, joined(&details.address)),
        (TELEPHONE, one(&details.telephone)),
        (PROFESSION, one(&details.profession)),
        (TITLE, one(&details.title)),
        (SUMMARY, one(&details.summary)),
        (
            PROOF_OF_CITIZENSHIP,
            details
                .proof_of_citizenship
                .as_ref()
                .map(|image| image.to_vec()),
        ),
        (OTHER_DOCUMENTS, joined(&details.other_documents)),
        (CUSTODY, one(&details.custody)),
    ]);
    let objects: Vec<_> = objects
        .into_iter()
        .filter_map(|(tag, value)| Some((tag, value?)))
        .collect();
    text::file(DataGroup::Dg11, &objects, OTHER_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(text.to_owned()))
    }

    fn strings(lines: &[Zeroizing<String>]) -> Vec<&str> {
        lines.iter().map(|line| line.as_str()).collect()
    }

    #[test]
    fn the_standard_s_example_is_read() {
        // 9303-10 appendix A.5, its two wrong lengths put right: the outer one (63 for 60) and the
        // telephone's (0E for 0B).
        let file = hex::decode(
            "6B605C0A5F0E5F115F425F125F135F0E0D534D4954483C3C4A4F484E3C4A5F110A414E59544F574E3C4D4E\
             5F4217313233204D41504C452052443C414E59544F574E3C4D4E5F120B31363132353535313231325F130C\
             54524156454C3C4147454E54",
        )
        .unwrap();
        let details = read(&file).unwrap();
        let name = details.name.as_ref().unwrap();
        assert_eq!(name.primary.as_str(), "SMITH");
        assert_eq!(name.secondary.as_ref().unwrap().as_str(), "JOHN J");
        assert_eq!(name.text().as_str(), "SMITH JOHN J");
        assert_eq!(strings(&details.place_of_birth), ["ANYTOWN", "MN"]);
        assert_eq!(strings(&details.address), ["123 MAPLE RD", "ANYTOWN", "MN"]);
        assert_eq!(details.telephone, some("16125551212"));
        assert_eq!(details.profession, some("TRAVEL AGENT"));
        // A truncated file is never read as whole.
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err());
        }
        // As printed, with the wrong length, it is no file.
        let mut printed = file.clone();
        printed[1] = 0x63;
        assert!(read(&printed).is_err());
    }

    #[test]
    fn another_name_may_stand_alone_and_in_any_letters() {
        // A passport whose 5F0F is not inside A0.
        let file =
            hex::decode("6B1B5C045F0E5F0F5F0E06E8B5B5E5BDAC5F0F095A48414F3C3C42494E").unwrap();
        let details = read(&file).unwrap();
        assert_eq!(details.name.unwrap().text().as_str(), "赵彬");
        assert_eq!(details.other_names.len(), 1);
        assert_eq!(details.other_names[0].text().as_str(), "ZHAO BIN");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let name = |text: &str| Name::read(text.as_bytes(), FIELD).unwrap().unwrap();
        let details = Dg11 {
            name: Some(name("ĐỖ<<THỊ<THUỲ<DƯƠNG")),
            other_names: vec![name("DO<<DUONG"), name("BÉ<BA")],
            personal_number: some("001203000001"),
            birth: PartialDate::new(1950, Some(7), None),
            place_of_birth: vec![Zeroizing::new("Hà Nội".to_owned())],
            address: vec![
                Zeroizing::new("1 Phố Mẫu".to_owned()),
                Zeroizing::new("Hà Nội".to_owned()),
            ],
            telephone: some("0123456789"),
            profession: some("Thợ may"),
            title: some("Bà"),
            summary: some("Không"),
            proof_of_citizenship: Some(Zeroizing::new(vec![0xFF, 0xD8, 0xFF])),
            other_documents: vec![Zeroizing::new("C1234567".to_owned())],
            custody: some("Không"),
        };
        let file = write(&details);
        assert!(read(&file).unwrap() == details);
        assert_eq!(
            format!("{details:?}{:?}", details.name),
            "Dg11(..)Some(Name)"
        );
        for at in 0..file.len() {
            for mask in [0x01, 0x80, 0xFF] {
                let mut altered = file.clone();
                altered[at] ^= mask;
                let _ = read(&altered);
            }
        }
        assert!(read(&write(&Dg11::default())).unwrap() == Dg11::default());
    }

    #[test]
    fn a_birth_date_may_be_packed_and_a_tag_unknown() {
        let packed = read(&hex::decode("6B0F5C025F2B5F2B04197408125F5901AA").unwrap()).unwrap();
        assert_eq!(packed.birth, PartialDate::new(1974, Some(8), Some(12)));
        let many: Vec<u8> = (0..65).flat_map(|_| [0x5F, 0x12, 0x00]).collect();
        let file = crate::tlv::encode(0x6B, &many);
        assert!(matches!(read(&file), Err(LdsError::TooMany { .. })));
        // Not in UTF-8.
        assert!(read(&hex::decode("6B055F120280FF").unwrap()).is_err());
    }
}
