//! EF.SOD: the issuer's signed list of digests, one for each data group (9303-10 §4.6.2).

use std::collections::BTreeMap;

use super::{DataGroup, LdsError, integer, oid};
use crate::tlv::{self, Reader};

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

/// LDSSecurityObject: what the issuer signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityObject {
    /// In dots.
    pub digest_algorithm: String,
    pub digests: BTreeMap<DataGroup, Vec<u8>>,
}

impl SecurityObject {
    pub fn parse(content: &[u8]) -> Result<Self, LdsError> {
        const BAD: LdsError = LdsError::Field {
            field: "a digest of the security object",
        };
        let mut object = Reader::new(tlv::only(content, 0x30)?);
        let version = integer(object.expect(0x02)?, "the security object's version")?;
        if version > 1 {
            return Err(LdsError::Field {
                field: "the security object's version",
            });
        }
        let digest_algorithm = oid::to_dots(Reader::new(object.expect(0x30)?).expect(0x06)?)?;
        let mut list = Reader::new(object.expect(0x30)?);
        let mut digests = BTreeMap::new();
        while !list.is_empty() {
            let mut entry = Reader::new(list.expect(0x30)?);
            let number = integer(entry.expect(0x02)?, "a data group number")?;
            let digest = entry.expect(0x04)?;
            let group = u8::try_from(number)
                .ok()
                .and_then(DataGroup::from_number)
                .ok_or(BAD)?;
            // Two digests for one group would let a forger choose.
            if digests.insert(group, digest.to_vec()).is_some() {
                return Err(BAD);
            }
        }
        Ok(Self {
            digest_algorithm,
            digests,
        })
    }

    /// Version 1 of the object where the version of the LDS is to be signed too ("0108").
    pub(crate) fn write(&self, lds_version: Option<&str>) -> Vec<u8> {
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
        let versions = lds_version.map_or_else(Vec::new, |lds| {
            let texts = [lds.as_bytes(), b"040000"].map(|text| tlv::encode(0x13, text));
            tlv::encode(0x30, &texts.concat())
        });
        tlv::encode_all(
            0x30,
            &[
                &tlv::encode(0x02, &[u8::from(lds_version.is_some())]),
                &tlv::encode(0x30, &algorithm),
                &tlv::encode(0x30, &list),
                &versions,
            ],
        )
    }
}
