//! The wrapping that DG2, DG3 and DG4 share: biometric records in a group template (9303-10 §4.7.2.1).

use super::LdsError;
use crate::tlv::{self, Reader};

use serde::{Deserialize, Serialize};

const GROUP_TEMPLATE: u32 = 0x7F61;
const TEMPLATE: u32 = 0x7F60;
const HEADER: u32 = 0xA1;
/// A record of ISO/IEC 19794.
const RECORD_19794: u32 = 0x5F2E;
/// A record of ISO/IEC 39794.
const RECORD_39794: u32 = 0x7F2E;
/// Two hands, with room to spare.
const MOST_TEMPLATES: usize = 16;

/// Which family of standards a biometric record follows. Issuers may write either until 2030, and
/// only the newer one after that (9303-10, 8th edition, §4.7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Iso19794,
    Iso39794,
}

/// One record, still in its own form.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) encoding: Encoding,
    /// CBEFF biometric subtype: which finger, which eye; absent for a face.
    pub(super) subtype: Option<u8>,
    pub(super) data: &'a [u8],
}

/// The records inside a group template.
pub(super) fn records(content: &[u8]) -> Result<Vec<Record<'_>>, LdsError> {
    let mut templates = Reader::new(tlv::only(content, GROUP_TEMPLATE)?);
    let mut records = Vec::new();
    while let Some(object) = templates.read()? {
        // 02 counts the templates; some issuers count wrong, and the templates are there to be seen.
        if object.tag() != TEMPLATE {
            continue;
        }
        let mut subtype = None;
        let mut parts = object.children();
        while let Some(part) = parts.read()? {
            let encoding = match part.tag() {
                HEADER => {
                    subtype = tlv::find(part.value(), 0x82)?
                        .and_then(|value| value.first())
                        .copied();
                    continue;
                }
                RECORD_19794 => Encoding::Iso19794,
                RECORD_39794 => Encoding::Iso39794,
                _ => continue,
            };
            records.push(Record {
                encoding,
                subtype,
                data: part.value(),
            });
        }
        if records.len() > MOST_TEMPLATES {
            return Err(LdsError::TooMany {
                field: "biometric records",
                found: records.len(),
                limit: MOST_TEMPLATES,
            });
        }
    }
    Ok(records)
}

/// What the header of a template says of its records: the CBEFF biometric type and, in the older and
/// the newer family, the format type that ISO/IEC JTC 1/SC 37 (owner 0101) gave them.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) biometric: u8,
    pub(super) format_19794: u8,
    pub(super) format_39794: u8,
}

/// 9303-10 §4.7.2.1 tables 40 and 41: face image data.
pub(super) const FACE: Kind = Kind {
    biometric: 0x02,
    format_19794: 0x08,
    format_39794: 0x2A,
};
/// Finger image data.
pub(super) const FINGER: Kind = Kind {
    biometric: 0x08,
    format_19794: 0x07,
    format_39794: 0x28,
};

/// Wraps records of one family, each in a template of its own.
pub(super) fn wrap(kind: Kind, encoding: Encoding, records: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(records.len()).expect("a hand has few fingers");
    let (tag, format) = match encoding {
        Encoding::Iso19794 => (RECORD_19794, kind.format_19794),
        Encoding::Iso39794 => (RECORD_39794, kind.format_39794),
    };
    let mut group = tlv::encode(0x02, &[count]);
    for record in records {
        let header = tlv::encode_all(
            HEADER,
            &[
                // Version 1.1, type, format owner ISO/IEC JTC 1/SC 37, format type.
                &tlv::encode(0x80, &[0x01, 0x01]),
                &tlv::encode(0x81, &[kind.biometric]),
                &tlv::encode(0x87, &[0x01, 0x01]),
                &tlv::encode(0x88, &[0x00, format]),
            ],
        );
        let record = tlv::encode(tag, record);
        group.extend(tlv::encode_all(TEMPLATE, &[&header, &record]));
    }
    tlv::encode(GROUP_TEMPLATE, &group)
}

/// A cursor over big-endian fields that stops at the end instead of panicking.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    field: &'static str,
}

impl<'a> Fields<'a> {
    /// `field` is what an error will name.
    pub(super) fn new(bytes: &'a [u8], field: &'static str) -> Self {
        Self { rest: bytes, field }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], LdsError> {
        let (head, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(LdsError::Field { field: self.field })?;
        self.rest = rest;
        Ok(head)
    }

    pub(super) fn octet(&mut self) -> Result<u8, LdsError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn short(&mut self) -> Result<u16, LdsError> {
        let octets = self.take(2)?;
        Ok(u16::from_be_bytes([octets[0], octets[1]]))
    }

    pub(super) fn number(&mut self, octets: usize) -> Result<usize, LdsError> {
        let field = self.field;
        let octets = self.take(octets)?;
        octets
            .iter()
            .try_fold(0usize, |sum, &octet| {
                sum.checked_mul(256)?.checked_add(usize::from(octet))
            })
            .ok_or(LdsError::Field { field })
    }
}
