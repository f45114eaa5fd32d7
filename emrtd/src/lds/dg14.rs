//! DG14 and EF.CardAccess: which protocols the chip knows, and its public keys for them.

use super::{DataGroup, LdsError, content, integer, oid};
use crate::tlv::{self, Reader};

const MOST_INFOS: usize = 64;

// ICAO 9303-11 §9.2; BSI TR-03110-3 appendix A.
const PUBLIC_KEY_DH: &str = "0.4.0.127.0.7.2.2.1.1";
const PUBLIC_KEY_ECDH: &str = "0.4.0.127.0.7.2.2.1.2";
const CHIP_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.3.";
const PACE: &str = "0.4.0.127.0.7.2.2.4.";
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";

/// Diffie-Hellman over what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Dh,
    Ecdh,
}

/// One SecurityInfo that this crate understands, or the identifier of one it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityInfo {
    /// ChipAuthenticationInfo.
    ChipAuthentication {
        protocol: String,
        version: u64,
        key_id: Option<u64>,
    },
    /// ChipAuthenticationPublicKeyInfo; the key as SubjectPublicKeyInfo, DER as read.
    ChipAuthenticationKey {
        agreement: Agreement,
        public_key: Vec<u8>,
        key_id: Option<u64>,
    },
    /// PACEInfo.
    Pace {
        protocol: String,
        version: u64,
        parameter_id: Option<u64>,
    },
    /// PACEDomainParameterInfo; the AlgorithmIdentifier as read.
    PaceDomainParameters {
        protocol: String,
        parameters: Vec<u8>,
        parameter_id: Option<u64>,
    },
    /// ActiveAuthenticationInfo: by which hash an ECDSA chip signs.
    ActiveAuthentication {
        version: u64,
        signature_algorithm: String,
    },
    Other {
        protocol: String,
    },
}

/// SecurityInfos, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecurityInfos {
    infos: Vec<SecurityInfo>,
}

impl SecurityInfos {
    /// From DG14 with its tag.
    pub fn from_dg14(file: &[u8]) -> Result<Self, LdsError> {
        Self::parse(content(file, DataGroup::Dg14)?)
    }

    /// From EF.CardAccess, which is the bare SET.
    pub fn from_card_access(file: &[u8]) -> Result<Self, LdsError> {
        Self::parse(file)
    }

    fn parse(set: &[u8]) -> Result<Self, LdsError> {
        let mut reader = Reader::new(tlv::only(set, 0x31)?);
        let mut infos = Vec::new();
        while !reader.is_empty() {
            infos.push(info(reader.expect(0x30)?)?);
            if infos.len() > MOST_INFOS {
                return Err(LdsError::TooMany {
                    field: "security infos",
                    found: infos.len(),
                    limit: MOST_INFOS,
                });
            }
        }
        Ok(Self { infos })
    }

    pub fn iter(&self) -> impl Iterator<Item = &SecurityInfo> {
        self.infos.iter()
    }

    /// The PACE entries alone.
    pub fn pace(&self) -> impl Iterator<Item = &SecurityInfo> {
        self.iter()
            .filter(|info| matches!(info, SecurityInfo::Pace { .. }))
    }

    /// Does the chip offer chip authentication, so that a reader must have used it?
    pub fn offers_chip_authentication(&self) -> bool {
        self.iter()
            .any(|info| matches!(info, SecurityInfo::ChipAuthenticationKey { .. }))
    }

    /// Can a witness truly have seen this protocol under this key?
    pub fn offers_key(&self, protocol: &str, key_id: Option<u64>) -> bool {
        let wanted = agreement(protocol);
        let key = self.iter().any(|info| {
            matches!(info, SecurityInfo::ChipAuthenticationKey { agreement, key_id: id, .. }
                if Some(*agreement) == wanted && *id == key_id)
        });
        // Some issuers give the key without the info; then 3DES is meant (TR-03110-3 A.1.1.1).
        let infos: Vec<_> = self
            .iter()
            .filter_map(|info| match info {
                SecurityInfo::ChipAuthentication { protocol, .. } => Some(protocol.as_str()),
                _ => None,
            })
            .collect();
        key && (infos.is_empty() || infos.contains(&protocol))
    }

    /// The signature algorithm of active authentication, when the issuer names one.
    pub fn active_algorithm(&self) -> Option<&str> {
        self.iter().find_map(|info| match info {
            SecurityInfo::ActiveAuthentication {
                signature_algorithm,
                ..
            } => Some(signature_algorithm.as_str()),
            _ => None,
        })
    }
}

/// id-CA-DH-… is arc 1, id-CA-ECDH-… arc 2.
fn agreement(protocol: &str) -> Option<Agreement> {
    match protocol
        .strip_prefix(CHIP_AUTHENTICATION)?
        .split('.')
        .next()?
    {
        "1" => Some(Agreement::Dh),
        "2" => Some(Agreement::Ecdh),
        _ => None,
    }
}

fn info(value: &[u8]) -> Result<SecurityInfo, LdsError> {
    let mut reader = Reader::new(value);
    let protocol = oid::to_dots(reader.expect(0x06)?)?;
    if protocol == PUBLIC_KEY_DH || protocol == PUBLIC_KEY_ECDH {
        return Ok(SecurityInfo::ChipAuthenticationKey {
            agreement: if protocol == PUBLIC_KEY_DH {
                Agreement::Dh
            } else {
                Agreement::Ecdh
            },
            public_key: constructed(&mut reader)?,
            key_id: optional_integer(&mut reader, "a chip authentication key number")?,
        });
    }
    if protocol == ACTIVE_AUTHENTICATION {
        return Ok(SecurityInfo::ActiveAuthentication {
            version: integer(reader.expect(0x02)?, "the active authentication version")?,
            signature_algorithm: oid::to_dots(reader.expect(0x06)?)?,
        });
    }
    if protocol.starts_with(CHIP_AUTHENTICATION) {
        return Ok(SecurityInfo::ChipAuthentication {
            version: integer(reader.expect(0x02)?, "the chip authentication version")?,
            key_id: optional_integer(&mut reader, "a chip authentication key number")?,
            protocol,
        });
    }
    if protocol.starts_with(PACE) {
        // PACEDomainParameterInfo carries an AlgorithmIdentifier where PACEInfo has its version.
        if reader.peek() == Some(0x30) {
            return Ok(SecurityInfo::PaceDomainParameters {
                parameters: constructed(&mut reader)?,
                parameter_id: optional_integer(&mut reader, "a PACE parameter number")?,
                protocol,
            });
        }
        return Ok(SecurityInfo::Pace {
            version: integer(reader.expect(0x02)?, "the PACE version")?,
            parameter_id: optional_integer(&mut reader, "a PACE parameter number")?,
            protocol,
        });
    }
    Ok(SecurityInfo::Other { protocol })
}

fn constructed(reader: &mut Reader<'_>) -> Result<Vec<u8>, LdsError> {
    match reader.read()? {
        Some(object) if object.tag() == 0x30 => Ok(object.raw().to_vec()),
        _ => Err(LdsError::Field {
            field: "a public key of DG14",
        }),
    }
}

fn optional_integer(reader: &mut Reader<'_>, field: &'static str) -> Result<Option<u64>, LdsError> {
    reader
        .optional(0x02)?
        .map(|value| integer(value, field))
        .transpose()
}

/// DG14 around infos that are already encoded.
pub(crate) fn write(infos: &[Vec<u8>]) -> Vec<u8> {
    tlv::encode(
        u32::from(DataGroup::Dg14.tag()),
        &tlv::encode(0x31, &infos.concat()),
    )
}

/// One SecurityInfo: identifier, then encoded parts.
pub(crate) fn write_info(protocol: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut body = tlv::encode(0x06, &oid::from_dots(protocol));
    body.extend(parts.concat());
    tlv::encode(0x30, &body)
}
