//! The wrapping that DG2, DG3 and DG4 share: biometric records in a group template (9303-10 §4.7.2.1).

use super::LdsError;
use crate::tlv::{self, Reader};

const GROUP_TEMPLATE: u32 = 0x7F61;
const TEMPLATE: u32 = 0x7F60;
const HEADER: u32 = 0xA1;
/// A record of ISO/IEC 19794.
const RECORD_19794: u32 = 0x5F2E;
/// Two hands, with room to spare.
const MOST_TEMPLATES: usize = 16;

/// The ISO/IEC 19794 records inside a group template; ISO/IEC 39794 ones (7F2E) are left out.
pub(super) fn records(content: &[u8]) -> Result<Vec<&[u8]>, LdsError> {
    let mut templates = Reader::new(tlv::only(content, GROUP_TEMPLATE)?);
    let mut records = Vec::new();
    while let Some(object) = templates.read()? {
        if object.tag() != TEMPLATE {
            continue;
        }
        let mut parts = object.children();
        while let Some(part) = parts.read()? {
            if part.tag() == RECORD_19794 {
                records.push(part.value());
            }
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

/// Wraps records; `kind` is the CBEFF biometric type, `owner_type` the format type of its owner.
pub(super) fn wrap(kind: u8, owner_type: u8, records: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(records.len()).expect("a hand has few fingers");
    let mut group = tlv::encode(0x02, &[count]);
    for record in records {
        let header = tlv::encode_all(
            HEADER,
            &[
                // Version 1.1, type, format owner ISO/IEC JTC 1/SC 37, format type.
                &tlv::encode(0x80, &[0x01, 0x01]),
                &tlv::encode(0x81, &[kind]),
                &tlv::encode(0x87, &[0x01, 0x01]),
                &tlv::encode(0x88, &[0x00, owner_type]),
            ],
        );
        let record = tlv::encode(RECORD_19794, record);
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
