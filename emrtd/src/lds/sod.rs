//! EF.SOD: the issuer's signed list of digests, one for each data group (9303-10 §4.6.2).

use std::collections::BTreeMap;

use thiserror::Error;

use super::{DataGroup, LdsError, integer, oid};
use crate::tlv::{self, Reader, TlvError};

const SOD: u32 = 0x77;
/// id-icao-mrtd-security-ldsSecurityObject.
pub(crate) const LDS_SECURITY_OBJECT: &str = "2.23.136.1.1.1";

/// The CMS message inside the file; it may be BER with indefinite lengths.
pub fn cms(file: &[u8]) -> Result<&[u8], LdsError> {
    Ok(tlv::only(file, SOD)?)
}

/// The file around a CMS message.
pub fn write(cms: &[u8]) -> Vec<u8> {
    tlv::encode(SOD, cms)
}

/// Why a signed list of digests is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecurityObjectError {
    #[error("the security object is not well-formed: {0}")]
    Malformed(#[from] LdsError),
    #[error("the security object lists no data group")]
    Empty,
    #[error("the security object lists more than sixteen data groups")]
    TooMany,
    /// Two digests for one group would let a forger choose.
    #[error("the security object lists {group} twice")]
    Twice { group: DataGroup },
}

impl From<TlvError> for SecurityObjectError {
    fn from(error: TlvError) -> Self {
        Self::Malformed(error.into())
    }
}

/// LDSSecurityObject: what the issuer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityObject {
    /// In dots.
    pub digest_algorithm: String,
    pub digests: BTreeMap<DataGroup, Vec<u8>>,
    /// "0108" on documents of LDS 1.8; older ones leave it to EF.COM, which nobody signs.
    pub lds_version: Option<String>,
}

impl SecurityObject {
    pub fn parse(content: &[u8]) -> Result<Self, SecurityObjectError> {
        const BAD: LdsError = LdsError::Field {
            field: "a digest of the security object",
        };
        const VERSION: LdsError = LdsError::Field {
            field: "the security object's version",
        };
        let mut object = Reader::new(tlv::only(content, 0x30)?);
        // 9303-10 §4.6.2.3: version 0, or 1 with the versions of LDS and Unicode at the end.
        let version = integer(object.expect(0x02)?, "the security object's version")?;
        if version > 1 {
            return Err(VERSION.into());
        }
        let digest_algorithm = oid::to_dots(Reader::new(object.expect(0x30)?).expect(0x06)?)?;
        let mut list = Reader::new(object.expect(0x30)?);
        let mut digests = BTreeMap::new();
        let mut entries = 0;
        while !list.is_empty() {
            entries += 1;
            if entries > DataGroup::ALL.len() {
                return Err(SecurityObjectError::TooMany);
            }
            let mut entry = Reader::new(list.expect(0x30)?);
            let number = integer(entry.expect(0x02)?, "a data group number")?;
            let digest = entry.expect(0x04)?;
            entry.finish()?;
            let group = u8::try_from(number)
                .ok()
                .and_then(DataGroup::from_number)
                .ok_or(BAD)?;
            if digests.insert(group, digest.to_vec()).is_some() {
                return Err(SecurityObjectError::Twice { group });
            }
        }
        if digests.is_empty() {
            return Err(SecurityObjectError::Empty);
        }
        let lds_version = match object.optional(0x30)? {
            Some(versions) => {
                let text = Reader::new(versions).expect(0x13)?;
                if text.len() != 4 || !text.iter().all(u8::is_ascii_digit) {
                    return Err(VERSION.into());
                }
                Some(String::from_utf8_lossy(text).into_owned())
            }
            None if version == 1 => return Err(VERSION.into()),
            None => None,
        };
        object.finish()?;
        Ok(Self {
            digest_algorithm,
            digests,
            lds_version,
        })
    }

    /// Version 1 of the object where the version of the LDS is to be signed too ("0108").
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut list = Vec::new();
        for (group, digest) in &self.digests {
            list.extend(tlv::encode_all(
                0x30,
                &[
                    &tlv::encode(0x02, &[group.number()]),
                    &tlv::encode(0x04, digest),
                ],
            ));
        }
        let algorithm = tlv::encode(0x06, &oid::from_dots(&self.digest_algorithm));
        let versions = self.lds_version.as_deref().map_or_else(Vec::new, |lds| {
            let texts = [lds.as_bytes(), b"040000"].map(|text| tlv::encode(0x13, text));
            tlv::encode(0x30, &texts.concat())
        });
        tlv::encode_all(
            0x30,
            &[
                &tlv::encode(0x02, &[u8::from(self.lds_version.is_some())]),
                &tlv::encode(0x30, &algorithm),
                &tlv::encode(0x30, &list),
                &versions,
            ],
        )
    }
}
