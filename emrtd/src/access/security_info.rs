//! SecurityInfos: the list in which a chip says which protocols it speaks (ICAO 9303-11 §9.2).

use super::agreement::{Agreement, AgreementError};
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
    /// The number of its domain parameters: below 32 that of a standardised group (ICAO 9303-11
    /// §9.5.1), above it that of a PACEDomainParameterInfo.
    pub(crate) parameters: Option<u8>,
    /// The AlgorithmIdentifier of the PACEDomainParameterInfo that goes with it.
    domain: Option<Vec<u8>>,
}

impl PaceInfo {
    /// The group in which to speak; an error when this crate, or the standard, knows no such way.
    pub(crate) fn group(&self) -> Result<Agreement, AgreementError> {
        let group = match (self.parameters, &self.domain) {
            (Some(id @ 0..=31), _) => Agreement::standard(id)?,
            (_, Some(algorithm)) => Agreement::from_algorithm(algorithm)?,
            _ => return Err(AgreementError::UnknownGroup),
        };
        let fits = match self.mapping {
            Mapping::DhGeneric | Mapping::DhIntegrated => !group.is_curve(),
            Mapping::EcGeneric => group.is_curve(),
            Mapping::EcIntegrated => group.is_curve() && group.id() != P224,
            // ICAO 9303-11 §9.2.3 has no 3DES for it.
            Mapping::EcChipAuthentication => group.is_curve() && self.cipher != Cipher::TripleDes,
        };
        if fits {
            Ok(group)
        } else {
            Err(AgreementError::UnknownGroup)
        }
    }
}

/// NIST P-224, over which no number can be put onto the curve (ICAO 9303-11 §9.5.1).
const P224: u8 = 10;

/// A PACEDomainParameterInfo (ICAO 9303-11 §9.2.2).
struct PaceDomain {
    mapping: Mapping,
    algorithm: Vec<u8>,
    parameters: Option<u8>,
}

/// How PACE makes its secret generator, and on which kind of group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    DhGeneric,
    EcGeneric,
    DhIntegrated,
    EcIntegrated,
    /// Generic mapping, in which the chip also proves that it holds its own key.
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

impl Mapping {
    fn from_arc(arc: u8) -> Option<Self> {
        Some(match arc {
            1 => Self::DhGeneric,
            2 => Self::EcGeneric,
            3 => Self::DhIntegrated,
            4 => Self::EcIntegrated,
            6 => Self::EcChipAuthentication,
            _ => return None,
        })
    }
}

impl SecurityInfos {
    /// Reads the `SET OF SecurityInfo` at the start of `bytes`.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, TlvError> {
        let mut entries = tlv::Reader::new(tlv::Reader::new(bytes).expect(0x31)?);
        let mut infos = Self::default();
        let mut domains = Vec::new();
        for _ in 0..MAX_ENTRIES {
            let Some(entry) = entries.read()? else { break };
            if entry.tag() == 0x30 {
                infos.entry(entry, &mut domains)?;
            }
        }
        for info in &mut infos.pace {
            // A number says which; without one there may be only one (ICAO 9303-11 §9.2.2).
            info.domain = domains
                .iter()
                .find(|domain| {
                    domain.mapping == info.mapping && domain.parameters == info.parameters
                })
                .map(|domain| domain.algorithm.clone());
        }
        Ok(infos)
    }

    fn entry(
        &mut self,
        entry: tlv::Tlv<'_>,
        domains: &mut Vec<PaceDomain>,
    ) -> Result<(), TlvError> {
        let mut fields = entry.children();
        let oid = fields.expect(0x06)?;
        let Some(arcs) = oid.strip_prefix(&SMARTCARD) else {
            return Ok(());
        };
        match *arcs {
            [4, mapping, cipher] => {
                self.pace_advertised = true;
                let Some(mapping) = Mapping::from_arc(mapping) else {
                    return Ok(());
                };
                let Some(cipher) = Cipher::from_arc(cipher) else {
                    return Ok(());
                };
                let version = fields.expect(0x02)?;
                let parameters = small(fields.optional(0x02)?);
                if version == [2] {
                    self.pace.push(PaceInfo {
                        oid: oid.to_vec(),
                        mapping,
                        cipher,
                        parameters,
                        domain: None,
                    });
                }
            }
            [4, mapping] => {
                let Some(algorithm) = fields.read()? else {
                    return Err(TlvError::Missing { tag: 0x30 });
                };
                if let Some(mapping) = Mapping::from_arc(mapping) {
                    domains.push(PaceDomain {
                        mapping,
                        algorithm: algorithm.raw().to_vec(),
                        parameters: small(fields.optional(0x02)?),
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

/// A number of one byte; longer ones stand for nothing that is known.
fn small(integer: Option<&[u8]>) -> Option<u8> {
    match integer {
        Some([number] | [0, number]) => Some(*number),
        _ => None,
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

    fn pace_info(mapping: u8, cipher: u8, id: Option<u8>) -> Vec<u8> {
        let oid = [&SMARTCARD[..], &[4, mapping, cipher]].concat();
        let id = id.map_or_else(Vec::new, |id| tlv::encode(0x02, &[id]));
        tlv::encode_all(
            0x30,
            &[&tlv::encode(0x06, &oid), &tlv::encode(0x02, &[2]), &id],
        )
    }

    fn domain_info(mapping: u8, algorithm: &[u8], id: Option<u8>) -> Vec<u8> {
        let oid = [&SMARTCARD[..], &[4, mapping]].concat();
        let id = id.map_or_else(Vec::new, |id| tlv::encode(0x02, &[id]));
        tlv::encode_all(0x30, &[&tlv::encode(0x06, &oid), algorithm, &id])
    }

    fn groups(entries: &[Vec<u8>]) -> Vec<Option<u8>> {
        let set = tlv::encode(0x31, &entries.concat());
        let infos = SecurityInfos::read(&set).unwrap();
        let group = |info: &PaceInfo| info.group().ok().map(|group| group.id());
        infos.pace.iter().map(group).collect()
    }

    #[test]
    fn domain_parameters_are_found_by_their_number_and_only_known_ones_count() {
        let named = |oid: &str| {
            let ec = hex::decode("06072A8648CE3D0201").unwrap();
            tlv::encode_all(0x30, &[&ec, &hex::decode(oid).unwrap()])
        };
        let p256 = named("06082A8648CE3D030107");
        let k256 = named("06052B8104000A");
        let standardized = hex::decode("300C060704007F00070102020110").unwrap();
        let case = |entries: &[Vec<u8>], expected: &[Option<u8>]| {
            assert_eq!(groups(entries), expected);
        };
        case(
            &[
                pace_info(2, 2, Some(40)),
                pace_info(2, 2, Some(41)),
                pace_info(2, 2, Some(42)),
                domain_info(2, &p256, Some(40)),
                domain_info(2, &standardized, Some(41)),
            ],
            &[Some(12), Some(16), None],
        );
        // Without a number there is one for all; it is not another mapping's.
        case(
            &[domain_info(2, &p256, None), pace_info(2, 4, None)],
            &[Some(12)],
        );
        case(
            &[domain_info(4, &p256, None), pace_info(2, 4, None)],
            &[None],
        );
        // A curve of somebody's own; a number below 32 cannot be given another meaning.
        case(
            &[pace_info(2, 2, Some(40)), domain_info(2, &k256, Some(40))],
            &[None],
        );
        case(
            &[pace_info(2, 2, Some(13)), domain_info(2, &p256, Some(13))],
            &[Some(13)],
        );
        // Fields for curves, curves for fields; what the standard leaves out.
        case(
            &[pace_info(2, 2, Some(0)), pace_info(1, 2, Some(13))],
            &[None, None],
        );
        case(
            &[pace_info(4, 2, Some(10)), pace_info(6, 1, Some(13))],
            &[None, None],
        );
        case(
            &[pace_info(2, 2, Some(3)), pace_info(2, 2, None)],
            &[None, None],
        );
    }
}
