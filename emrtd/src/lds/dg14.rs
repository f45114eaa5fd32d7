//! DG14 and EF.CardAccess: which protocols the chip knows, and its public keys for them.

use super::{DataGroup, LdsError, content, integer, oid};
use crate::tlv::{self, Reader};

const MOST_INFOS: usize = 64;

// ICAO 9303-11 §9.2; BSI TR-03110-3 appendix A.
const PUBLIC_KEY_DH: &str = "0.4.0.127.0.7.2.2.1.1";
const PUBLIC_KEY_ECDH: &str = "0.4.0.127.0.7.2.2.1.2";
const CHIP_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.3.";
const CA_DH_3DES: &str = "0.4.0.127.0.7.2.2.3.1.1";
const CA_ECDH_3DES: &str = "0.4.0.127.0.7.2.2.3.2.1";
const TERMINAL_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.2";
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
    /// TerminalAuthenticationInfo.
    TerminalAuthentication {
        version: u64,
        file: CvcaFile,
    },
    Other {
        protocol: String,
    },
}

/// Where EF.CVCA is, which names the authorities that the chip trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CvcaFile {
    pub id: u16,
    pub sfi: Option<u8>,
}

impl Default for CvcaFile {
    /// Where it is unless DG14 says otherwise, ICAO 9303-10 §3.11 and TR-03110-3 §A.1.1.3.
    fn default() -> Self {
        Self {
            id: 0x011C,
            sfi: Some(0x1C),
        }
    }
}

/// A key of chip authentication with a protocol that the chip runs by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthentication<'a> {
    /// Object identifier in dots: "0.4.0.127.0.7.2.2.3.2.2".
    pub protocol: String,
    pub agreement: Agreement,
    /// SubjectPublicKeyInfo, DER as read.
    pub public_key: &'a [u8],
    pub key_id: Option<u64>,
    /// The key's place among those of DG14.
    pub place: usize,
    /// DG14 names the protocol; otherwise it follows from the key alone.
    pub named: bool,
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
        self.chip_authentications()
            .iter()
            .any(|way| way.protocol == protocol && way.key_id == key_id)
    }

    /// Every key of chip authentication with every protocol that goes with it.
    ///
    /// Protocol and key belong together when they name the same number, or when one of them names
    /// none. Some issuers give the key without the protocol; then 3DES is meant (TR-03110-3
    /// §A.1.1.1, ICAO 9303-11 §9.2.6). A protocol without a key is nothing that can be asked for.
    pub fn chip_authentications(&self) -> Vec<ChipAuthentication<'_>> {
        let mut ways = Vec::new();
        let keys = self.infos.iter().filter_map(|info| match info {
            SecurityInfo::ChipAuthenticationKey {
                agreement,
                public_key,
                key_id,
            } => Some((agreement, public_key, key_id)),
            _ => None,
        });
        for (place, (kind, public_key, key_id)) in keys.enumerate() {
            let named = self.infos.iter().filter_map(|info| match info {
                SecurityInfo::ChipAuthentication {
                    protocol,
                    version,
                    key_id: number,
                } if agreement(protocol) == Some(*kind)
                    && (number == key_id || number.is_none() || key_id.is_none()) =>
                {
                    Some((protocol, *version))
                }
                _ => None,
            });
            let named: Vec<_> = named.collect();
            let way = |protocol: &str| ChipAuthentication {
                protocol: protocol.to_owned(),
                agreement: *kind,
                public_key,
                key_id: *key_id,
                place,
                named: !named.is_empty(),
            };
            if named.is_empty() {
                ways.push(way(match kind {
                    Agreement::Dh => CA_DH_3DES,
                    Agreement::Ecdh => CA_ECDH_3DES,
                }));
            }
            // Version 2 is of another document (TR-03110-2 §3.4); it runs after terminal
            // authentication and cannot be asked for here.
            ways.extend(
                named
                    .iter()
                    .filter(|(_, version)| *version == 1)
                    .map(|(protocol, _)| way(protocol)),
            );
        }
        ways
    }

    /// TerminalAuthenticationInfo: the identifiers of EF.CVCA, or `None` when there is no terminal
    /// authentication of version 1 here.
    pub fn terminal_authentication(&self) -> Option<CvcaFile> {
        self.iter().find_map(|info| match info {
            SecurityInfo::TerminalAuthentication { version: 1, file } => Some(*file),
            _ => None,
        })
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
    if protocol == TERMINAL_AUTHENTICATION {
        return Ok(SecurityInfo::TerminalAuthentication {
            version: integer(reader.expect(0x02)?, "the terminal authentication version")?,
            file: match reader.optional(0x30)? {
                Some(file) => cvca_file(file)?,
                None => CvcaFile::default(),
            },
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

fn cvca_file(value: &[u8]) -> Result<CvcaFile, LdsError> {
    const BAD: LdsError = LdsError::Field {
        field: "the identifier of EF.CVCA",
    };
    let mut reader = Reader::new(value);
    let id: [u8; 2] = reader.expect(0x04)?.try_into().map_err(|_| BAD)?;
    let sfi = match reader.optional(0x04)? {
        None => None,
        Some(&[sfi @ 1..=0x1E]) => Some(sfi),
        Some(_) => return Err(BAD),
    };
    Ok(CvcaFile {
        id: u16::from_be_bytes(id),
        sfi,
    })
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

/// A version or a key number.
pub(crate) fn write_number(number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let mut start = octets.iter().position(|octet| *octet != 0).unwrap_or(7);
    // DER integers are signed.
    if octets[start] & 0x80 != 0 && start > 0 {
        start -= 1;
    }
    let mut value = octets[start..].to_vec();
    if value[0] & 0x80 != 0 {
        value.insert(0, 0);
    }
    tlv::encode(0x02, &value)
}
