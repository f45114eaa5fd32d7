//! What a chip said, as bytes that prove nothing yet, and the identity that only checking makes of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::access::AccessProtocol;
use crate::base64_text;
use crate::lds::DataGroup;

mod cross;
mod identity;
mod verify;

pub use cross::Presented;
pub use identity::{Holder, PersonalId, VerifiedIdentity};
pub use verify::EvidenceError;

/// The question put to the chip in active authentication; RND.IFD of ICAO 9303-11 §6.1.
///
/// It is derived from a ticket and a visit, so that the answer can be tied to them later. It is no
/// secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "base64_text::Text", into = "base64_text::Text")]
pub struct Challenge([u8; 8]);

impl Challenge {
    pub const fn new(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl From<[u8; 8]> for Challenge {
    fn from(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl From<Challenge> for base64_text::Text {
    fn from(challenge: Challenge) -> Self {
        Self(challenge.0.to_vec())
    }
}

impl TryFrom<base64_text::Text> for Challenge {
    type Error = &'static str;

    fn try_from(text: base64_text::Text) -> Result<Self, Self::Error> {
        text.0
            .try_into()
            .map(Self)
            .map_err(|_| "a challenge is eight bytes")
    }
}

/// The chip's answer to INTERNAL AUTHENTICATE, with the question it answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActiveAnswer {
    pub challenge: Challenge,
    #[serde(with = "base64_text::bytes")]
    pub signature: Vec<u8>,
}

/// That the desk ran chip authentication, and the next answer came under the new keys.
///
/// This proves nothing to anyone who does not trust the desk: the transcript could be made without
/// the chip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipAuthWitness {
    /// Object identifier in dots: "0.4.0.127.0.7.2.2.3.2.2".
    pub protocol: String,
    /// The key in DG14, when it is numbered.
    pub key_id: Option<u64>,
}

/// What the chip said within PACE with chip authentication mapping, to prove that it holds its key.
///
/// Like [`ChipAuthWitness`] it proves nothing to anyone who does not trust the desk: whoever has the
/// chip's public key can make up such a pair. `Debug` prints sizes only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingWitness {
    /// Object identifier in dots: "0.4.0.127.0.7.2.2.4.6.2".
    pub protocol: String,
    /// The group, by its number in ICAO 9303-11 §9.5.1.
    pub parameter_id: u8,
    /// PK_Map,IC: the key with which the chip took part in the mapping, an uncompressed point.
    #[serde(with = "base64_text::bytes")]
    pub public_key: Vec<u8>,
    /// CA_IC: what turns the chip's own key into that one.
    #[serde(with = "base64_text::bytes")]
    pub data: Vec<u8>,
}

/// Everything that was read off a chip, byte for byte, and nothing concluded from it.
///
/// Wiped from memory when dropped. `Debug` prints sizes only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipEvidence {
    /// EF.SOD with its tag.
    #[serde(with = "base64_text::bytes")]
    pub sod: Vec<u8>,
    /// Whole files with their tags, exactly as read.
    #[serde(with = "base64_text::map")]
    pub groups: BTreeMap<DataGroup, Vec<u8>>,
    #[serde(
        with = "base64_text::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub card_access: Option<Vec<u8>>,
    /// EF.COM, where it was read: an unsigned list, of use only to be held against the signed one.
    #[serde(
        with = "base64_text::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub com: Option<Vec<u8>>,
    /// Groups that the chip has but would not give.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<DataGroup>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<ActiveAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip_auth: Option<ChipAuthWitness>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingWitness>,
    /// EF.CardSecurity, read where `mapping` is to be checked by it.
    #[serde(
        with = "base64_text::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub card_security: Option<Vec<u8>>,
    pub access: AccessProtocol,
}

impl ChipEvidence {
    /// The least that proves who was here: what may leave the desk.
    ///
    /// DG1, EF.SOD, DG14, DG15, the active authentication answer, EF.CardAccess, what the chip
    /// proved while it was opened and how it was opened. No face, no finger, nothing of DG13.
    pub fn leaving(&self) -> Self {
        Self {
            sod: self.sod.clone(),
            groups: [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15]
                .into_iter()
                .filter_map(|group| Some((group, self.groups.get(&group)?.clone())))
                .collect(),
            card_access: self.card_access.clone(),
            com: None,
            locked: Vec::new(),
            active: self.active.clone(),
            chip_auth: self.chip_auth.clone(),
            mapping: self.mapping.clone(),
            card_security: self.card_security.clone(),
            access: self.access,
        }
    }
}

impl Drop for ChipEvidence {
    fn drop(&mut self) {
        self.sod.zeroize();
        self.groups.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for ChipEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChipEvidence(sod {}", self.sod.len())?;
        for (group, file) in &self.groups {
            write!(f, ", {group} {}", file.len())?;
        }
        f.write_str(" bytes)")
    }
}

impl fmt::Debug for MappingWitness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MappingWitness({}, group {}, {} and {} bytes)",
            self.protocol,
            self.parameter_id,
            self.public_key.len(),
            self.data.len()
        )
    }
}

impl fmt::Debug for ActiveAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActiveAnswer({} bytes)", self.signature.len())
    }
}
