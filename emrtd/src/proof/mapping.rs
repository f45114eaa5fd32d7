//! PACE with chip authentication mapping: did the chip that let us in hold its own key
//! (ICAO 9303-11 §4.4.3.5)?
//!
//! The chip's mapping key is its own key times CA_IC, which only the holder of the private key can
//! find for a mapping key that was sent beforehand. Which key is its own, the issuer says: in DG14
//! under EF.SOD, and in EF.CardSecurity under a signature of its own.
//!
//! DG14 need not have the key of this mapping (§9.2.11), but where it has it, that is what counts,
//! because DG14 is bound to this very document. EF.CardSecurity is bound to none: with a key broken
//! out of any other chip of the same country, that chip's file would pass. So it stands in for DG14
//! where DG14 has no key at all; where DG14 has others, the fit is told and convinces nobody, and
//! the chip is asked for chip authentication by one of those.

use jiff::civil::Date;
use openssl::bn::BigNum;

use super::chain::{self, Moment};
use super::passive::end_of;
use super::signed_data::{SignedData, SignedDataError};
use crate::access::agreement::{Agreement, KeyPair};
use crate::evidence::MappingWitness;
use crate::lds::dg14::{self, SecurityInfo, SecurityInfos};
use crate::lds::oid;
use crate::report::{CardSecurityReport, ChainState, MappingState, RevocationState, SodState};
use crate::trust::CscaTrust;

/// id-SecurityObject, ICAO 9303-11 §9.2.11.
pub(crate) const SECURITY_OBJECT: &str = "0.4.0.127.0.7.3.2.1";
/// id-PACE-ECDH-CAM, ICAO 9303-11 §9.2.3.
const CHIP_AUTHENTICATION_MAPPING: &str = "0.4.0.127.0.7.2.2.4.6.";

/// EF.CardSecurity once it was looked at.
pub(crate) struct CardSecurity {
    pub(crate) report: CardSecurityReport,
    /// What it says, as far as the signature holds, whoever made it.
    infos: SecurityInfos,
}

/// PK_Map,IC = CA_IC · PK_IC: does what the chip said fit this key?
pub(crate) fn fits(witness: &MappingWitness, spki: &[u8]) -> bool {
    let Ok((group, public)) = Agreement::from_spki(spki, true) else {
        return false;
    };
    if group.id() != witness.parameter_id {
        return false;
    }
    // As wide as the order at most, which is no wider than a coordinate by more than a bit.
    if witness.data.len() > public.len().div_ceil(2) {
        return false;
    }
    let Ok(data) = BigNum::from_slice(&witness.data) else {
        return false;
    };
    // Refuses what comes to infinity; the pair has no public half of its own to be mistaken for.
    let factor = KeyPair::from_parts(data, Vec::new());
    group
        .shared_element(&factor, &public)
        .is_ok_and(|point| point == witness.public_key)
}

/// True when DG14 names the key that the chip has proved within PACE, so that chip authentication
/// would prove nothing new.
pub(crate) fn proves_key_of(witness: &MappingWitness, dg14: &[u8]) -> bool {
    SecurityInfos::from_dg14(dg14).is_ok_and(|infos| keys(&infos).any(|key| fits(witness, key)))
}

/// What to think of the chip's word.
pub(crate) fn state(
    witness: Option<&MappingWitness>,
    dg14: Option<&SecurityInfos>,
    card_security: Option<&CardSecurity>,
) -> MappingState {
    let Some(witness) = witness else {
        let offered = dg14.is_some_and(|infos| {
            infos.pace().any(|info| {
                matches!(info, SecurityInfo::Pace { protocol, .. }
                    if protocol.starts_with(CHIP_AUTHENTICATION_MAPPING))
            })
        });
        return if offered {
            MappingState::Unwitnessed
        } else {
            MappingState::NotOffered
        };
    };
    if !witness.protocol.starts_with(CHIP_AUTHENTICATION_MAPPING) {
        return MappingState::Contradicted;
    }
    let signed: Vec<&[u8]> = dg14.into_iter().flat_map(keys).collect();
    if signed.iter().any(|key| fits(witness, key)) {
        return MappingState::Witnessed;
    }
    let shown: Vec<&[u8]> = card_security
        .into_iter()
        .flat_map(|file| keys(&file.infos))
        .collect();
    if shown.iter().any(|key| fits(witness, key)) {
        return match card_security.is_some_and(CardSecurity::is_trusted) {
            true if signed.is_empty() => MappingState::Witnessed,
            true => MappingState::KeyUnbound,
            false => MappingState::KeyUnsigned,
        };
    }
    let of_this_group = |key: &&[u8]| {
        Agreement::from_spki(key, true).is_ok_and(|(group, _)| group.id() == witness.parameter_id)
    };
    if signed.iter().chain(&shown).any(of_this_group) {
        MappingState::Contradicted
    } else {
        MappingState::KeyUnsigned
    }
}

/// Passive authentication of EF.CardSecurity (ICAO 9303-11 §5.1), and a look at its keys.
pub(crate) fn card_security(
    file: &[u8],
    dg14: Option<&SecurityInfos>,
    trust: &CscaTrust,
    issuing_state: Option<&str>,
    at: Date,
) -> CardSecurity {
    let mut found = CardSecurity {
        report: CardSecurityReport {
            signature: SodState::Malformed,
            chain: ChainState::NotChecked,
            revocation: RevocationState::NoList,
            keys_agree: None,
        },
        infos: SecurityInfos::default(),
    };
    let signed = match SignedData::verify(file, |name| trust.signers_named(name)) {
        Ok(signed) => signed,
        Err(error) => {
            found.report.signature = match error {
                SignedDataError::Malformed => SodState::Malformed,
                SignedDataError::SignerMissing => SodState::SignerMissing,
                SignedDataError::BadSignature(_) => SodState::BadSignature,
                SignedDataError::Trailing => SodState::Trailing,
                SignedDataError::AlgorithmUnknown => SodState::AlgorithmUnknown,
            };
            return found;
        }
    };
    // Another signed thing of the same country, EF.SOD above all, is no EF.CardSecurity.
    if signed.content_type != oid::from_dots(SECURITY_OBJECT) {
        return found;
    }
    let Ok(infos) = SecurityInfos::from_card_access(&signed.content) else {
        return found;
    };
    found.report.signature = SodState::Signed;
    let moment = Moment {
        signed_at: signed.signed_at,
        today: end_of(at),
    };
    let inside = &signed.certificates;
    let chain = chain::build(&signed.signer, inside, trust, moment, issuing_state);
    found.report.chain = chain.state;
    found.report.revocation = chain.revocation;
    if let Some(dg14) = dg14
        && keys(&infos).next().is_some()
        && keys(dg14).next().is_some()
    {
        let agree = keys(&infos).all(|key| keys(dg14).any(|other| same_key(key, other)));
        found.report.keys_agree = Some(agree);
    }
    found.infos = infos;
    found
}

impl CardSecurity {
    /// What it says, if somebody trusted has signed it.
    pub(crate) fn trusted_infos(&self) -> Option<&SecurityInfos> {
        self.is_trusted().then_some(&self.infos)
    }

    fn is_trusted(&self) -> bool {
        self.report.signature == SodState::Signed && self.report.chain == ChainState::Trusted
    }
}

/// The same key, though perhaps written down in another way.
fn same_key(one: &[u8], other: &[u8]) -> bool {
    let read = |key| {
        let (group, public) = Agreement::from_spki(key, true).ok()?;
        Some((group.id(), public))
    };
    one == other || read(one).is_some() && read(one) == read(other)
}

/// The elliptic-curve keys of a list.
fn keys(infos: &SecurityInfos) -> impl Iterator<Item = &[u8]> {
    infos.iter().filter_map(|info| match info {
        SecurityInfo::ChipAuthenticationKey {
            agreement: dg14::Agreement::Ecdh,
            public_key,
            ..
        } => Some(public_key.as_slice()),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
