//! SecurityInfos: the list in which a chip says which protocols it speaks (ICAO 9303-11 §9.2).

use crate::secure_messaging::Cipher;
use crate::tlv::{self, TlvError};

/// The most entries that are looked at; real chips list fewer than twenty.
const MAX_ENTRIES: usize = 64;

/// bsi-de protocols smartcard: 0.4.0.127.0.7.2.2
const SMARTCARD: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02];

/// One way of PACE that the chip offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaceInfo {
    pub(crate) oid: Vec<u8>,
    pub(crate) mapping: Mapping,
    pub(crate) cipher: Cipher,
    /// Which standardised domain parameters (ICAO 9303-11 §9.5.1).
    pub(crate) parameters: Option<u8>,
}

/// How PACE makes its secret generator, and on which kind of group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    DhGeneric,
    EcGeneric,
    DhIntegrated,
    EcIntegrated,
    /// Generic mapping with chip authentication on top, which may be left unread.
    EcChipAuthentication,
}

/// One way of chip authentication that the chip offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChipAuthInfo {
    pub(crate) oid: Vec<u8>,
    pub(crate) curve: bool,
    pub(crate) cipher: Cipher,
    pub(crate) key_id: Option<Vec<u8>>,
}

/// A static key for chip authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChipAuthKey {
    /// SubjectPublicKeyInfo, DER.
    pub(crate) spki: Vec<u8>,
    pub(crate) curve: bool,
    pub(crate) key_id: Option<Vec<u8>>,
}

/// What this crate understands of a list; unknown entries are passed over, as the standard wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecurityInfos {
    pub(crate) pace: Vec<PaceInfo>,
    /// PACE is advertised, perhaps in a form that this crate does not speak.
    pub(crate) pace_advertised: bool,
    pub(crate) chip_auth: Vec<ChipAuthInfo>,
    pub(crate) chip_auth_keys: Vec<ChipAuthKey>,
}

impl SecurityInfos {
    /// Reads the `SET OF SecurityInfo` at the start of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, TlvError> {
        let mut entries = tlv::Reader::new(tlv::Reader::new(bytes).expect(0x31)?);
        let mut infos = Self::default();
        for _ in 0..MAX_ENTRIES {
            let Some(entry) = entries.read()? else { break };
            if entry.tag() == 0x30 {
                infos.entry(entry)?;
            }
        }
        Ok(infos)
    }

    fn entry(&mut self, entry: tlv::Tlv<'_>) -> Result<(), TlvError> {
        let mut fields = entry.children();
        let oid = fields.expect(0x06)?;
        let Some(arcs) = oid.strip_prefix(&SMARTCARD) else {
            return Ok(());
        };
        match *arcs {
            [4, mapping, cipher] => {
                self.pace_advertised = true;
                let mapping = match mapping {
                    1 => Mapping::DhGeneric,
                    2 => Mapping::EcGeneric,
                    3 => Mapping::DhIntegrated,
                    4 => Mapping::EcIntegrated,
                    6 => Mapping::EcChipAuthentication,
                    _ => return Ok(()),
                };
                let Some(cipher) = Cipher::from_arc(cipher) else {
                    return Ok(());
                };
                let version = fields.expect(0x02)?;
                let parameters = fields.optional(0x02)?;
                if version == [2] {
                    self.pace.push(PaceInfo {
                        oid: oid.to_vec(),
                        mapping,
                        cipher,
                        parameters: match parameters {
                            Some([id]) => Some(*id),
                            _ => None,
                        },
                    });
                }
            }
            [3, group @ (1 | 2), cipher] => {
                let Some(cipher) = Cipher::from_arc(cipher) else {
                    return Ok(());
                };
                let version = fields.expect(0x02)?;
                let key_id = fields.optional(0x02)?.map(<[u8]>::to_vec);
                if version == [1] {
                    self.chip_auth.push(ChipAuthInfo {
                        oid: oid.to_vec(),
                        curve: group == 2,
                        cipher,
                        key_id,
                    });
                }
            }
            [1, group @ (1 | 2)] => {
                let Some(spki) = fields.read()? else {
                    return Err(TlvError::Missing { tag: 0x30 });
                };
                let key_id = fields.optional(0x02)?.map(<[u8]>::to_vec);
                self.chip_auth_keys.push(ChipAuthKey {
                    spki: spki.raw().to_vec(),
                    curve: group == 2,
                    key_id,
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// An identifier's content bytes in dots: "0.4.0.127.0.7.2.2.3.2.2".
pub(crate) fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc: u64 = 0;
    for octet in oid {
        arc = arc << 7 | u64::from(octet & 0x7F);
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.extend([first, arc - 40 * first]);
            } else {
                arcs.push(arc);
            }
            arc = 0;
        }
    }
    let arcs: Vec<String> = arcs.iter().map(u64::to_string).collect();
    arcs.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn the_list_seen_on_the_vietnamese_card_is_understood() {
        let bytes = vectors::bytes(&vectors::icao()["cccd"]["ef_cardaccess_observed"]);
        let infos = SecurityInfos::read(&bytes).unwrap();
        assert!(infos.pace_advertised);
        let [pace] = &infos.pace[..] else { panic!() };
        assert_eq!(
            (pace.mapping, pace.cipher, pace.parameters),
            (Mapping::EcGeneric, Cipher::Aes128, Some(13))
        );
        assert_eq!(dotted(&pace.oid), "0.4.0.127.0.7.2.2.4.2.2");
        assert_eq!(infos.chip_auth.len(), 1);
        for end in 0..bytes.len() {
            assert!(SecurityInfos::read(&bytes[..end]).is_err(), "{end}");
        }
    }
}
