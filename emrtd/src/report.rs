//! What was found out about a chip: independent facts, side by side, never one bool.
//!
//! The verdict is read off the facts ([`ChipReport::faults`]), so a report that was stored or sent
//! on can be judged again by whoever reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::access::AccessProtocol;
use crate::lds::DataGroup;

mod cross;
mod fault;

pub use cross::{Agreement, Cross, Notice, PortraitFacts, PortraitState};
pub use fault::EvidenceFault;

/// Everything that was found out, each thing on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChipReport {
    pub passive: PassiveReport,
    pub clone_check: CloneCheck,
    pub active: ActiveState,
    pub chip_auth: ChipAuthState,
    /// Reports from before there was such a state have none.
    #[serde(default)]
    pub mapping: MappingState,
    /// EF.CardSecurity on its own; `None` when it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_security: Option<CardSecurityReport>,
    pub access: AccessProtocol,
    pub card_access: CardAccessState,
    pub mrz: MrzState,
    /// The document against itself, and against what was presented with it.
    #[serde(default)]
    pub cross: Cross,
    #[serde(default)]
    pub portrait: PortraitFacts,
    /// The document's own expiry date has passed; `None` when it has none or cannot be read.
    /// A fact for the rules of the desk, not a fault of the evidence.
    pub expired: Option<bool>,
}

/// Passive authentication, ICAO 9303-11 §5.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PassiveReport {
    pub sod: SodState,
    pub chain: ChainState,
    pub revocation: RevocationState,
    pub signer: Option<SignerFacts>,
    pub groups: BTreeMap<DataGroup, GroupState>,
    /// The digest by which the groups were compared: "sha256".
    pub digest: Option<String>,
    /// "0108" where the issuer signed it.
    #[serde(default)]
    pub lds_version: Option<String>,
    /// Something allowed by the standard but no longer strong.
    pub weak: Vec<Weakness>,
}

/// Who signed the security object, and under whom. Nothing in it is about the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignerFacts {
    /// Alpha-2, upper case, of the document signer.
    pub country: Option<String>,
    pub subject: String,
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    /// From the signed attributes, when the issuer wrote one.
    pub signed_at: Option<jiff::Timestamp>,
    /// SHA-256 of the country certificate that the chain ends in, hexadecimal.
    pub csca_sha256: Option<String>,
    /// SHA-256 of the link certificates between the two, the signer's issuer first.
    #[serde(default)]
    pub links_sha256: Vec<String>,
}

/// The signature over the list of digests. Everything but `Signed` is a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SodState {
    Signed,
    /// Well formed, but the signature does not fit (an empty or zero one never does).
    BadSignature,
    /// No certificate for the signer, neither inside nor in the trust list.
    SignerMissing,
    Malformed,
    /// Bytes follow the security object, or the message in it: nobody signed for them.
    Trailing,
    /// The signature or its digest is of a kind that is not known here.
    AlgorithmUnknown,
    /// Something else than a list of digests was signed.
    OtherContent,
    /// The groups' digest is of a kind that is not known here.
    DigestUnknown,
    /// Signed, but for no group at all.
    ListEmpty,
    /// More digests than there are groups.
    ListTooLong,
    /// Two digests for one group.
    GroupTwice,
}

/// From the document signer up to a country certificate that is trusted here. Everything but
/// `Trusted` is a refusal; what is merely worth knowing is a [`Weakness`] or a [`RevocationState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChainState {
    Trusted,
    UnknownIssuer,
    /// The signer's certificate had run out when it signed.
    ExpiredAtSigning,
    /// The signer's certificate has run out by the day of the check, and no time of signing is
    /// signed that would show that it was valid then. A signer's certificate outlasts the documents
    /// it signs (9303-12 §4.1), so an honest document of this kind has run out itself.
    ExpiredTimeUnknown,
    /// The signer's certificate was not yet valid when it signed.
    NotYetValid,
    /// The time of signing lies after the day of the check: this clock is wrong, or the document.
    SignedInFuture,
    /// A country certificate of the chain was not valid when it issued the next one.
    IssuerNotValid,
    Revoked,
    /// A country certificate of the chain is revoked.
    IssuerRevoked,
    /// A country key of the right name and number did not make this signature.
    BadSignature,
    /// Signer, country certificate and machine-readable zone name different countries.
    CountryMismatch,
    /// The certificate may not sign documents (key usage, purpose, a critical extension that is
    /// not known, or it is a CA).
    Unfit,
    /// The security object could not be read so far.
    NotChecked,
}

/// What the revocation lists in the trust directory said. Only `Revoked` is a refusal: many states
/// publish no list, and a stale one is for the desk's rules to weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RevocationState {
    /// No list by this country's keys: revocation is unknown.
    NoList,
    NotRevoked,
    /// Not on the list, but the list should have been renewed by now: revocation is unknown.
    StaleList,
    /// The only list begins after the day of the check.
    ListNotYetValid,
    /// The only list speaks of some certificates, of other issuers, or in a way that is not known
    /// here: it can revoke, but not clear.
    PartialList,
    Revoked,
}

/// A data group against the signed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GroupState {
    Match,
    Mismatch,
    /// Read, but the issuer never signed for it.
    NotInSod,
    /// Signed for, but not among the evidence.
    NotRead,
    /// Signed for; the chip would not give it to us.
    Locked,
    /// Read, but there is no list to compare it with.
    NotChecked,
}

/// Who can be convinced that this was no copy: anyone; whoever trusts the desk; nobody.
///
/// The rule: every protection that the issuer signed for must have been used, and one that was used
/// convinces. What the issuer signed for stands in the list of EF.SOD and in DG14, so a copier cannot
/// make a protection disappear without altering what is signed.
///
/// - The chip signed this visit's question (active authentication): anyone can check that later,
///   whatever became of chip authentication.
/// - Only chip authentication was done: its transcript could be made without the chip, so it
///   convinces those who trust the desk that saw it.
/// - The issuer signed for no protection, as ICAO 9303-11 §6 leaves it free to: nobody can tell this
///   chip from a copy of it. That is no fault of the evidence, but it is never called more than
///   that; whether such a document will do is for the desk's rules.
/// - There ought to be a protection and none convinces, because the only one offered is of a form
///   unknown here, or because the document is a Vietnamese citizen's card, which always has one:
///   the evidence is refused ([`EvidenceFault::CloneUnchecked`]), not as a copy, but as unproven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CloneCheck {
    SignedByChip,
    WitnessedByDesk,
    /// The issuer gave this kind of document no protection.
    NotOffered,
    /// The document should have shown that it is no copy, and that could not be checked.
    Unchecked,
}

impl CloneCheck {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedByChip => "signed_by_chip",
            Self::WitnessedByDesk => "witnessed_by_desk",
            Self::NotOffered => "not_offered",
            Self::Unchecked => "unchecked",
        }
    }
}

/// Active authentication, ICAO 9303-11 §6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActiveState {
    Signed,
    /// The answer is not by the key that the issuer signed for.
    WrongKey,
    /// An answer to some other visit's question.
    OtherChallenge,
    /// The issuer signed for a key, and no answer by it is here.
    Unanswered,
    /// The key cannot be read or is of no kind the standard knows.
    KeyUnreadable,
    NotOffered,
}

/// Chip authentication, ICAO 9303-11 §6.2; convincing only through the desk that saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChipAuthState {
    Witnessed,
    /// The desk names a key or a protocol that DG14 does not offer.
    WitnessContradicted,
    Unwitnessed,
    /// The issuer signed for a DG14 that is not here, or cannot be read.
    Unreadable,
    /// The issuer signed for it in groups or ciphers that this crate cannot compute in. That is the
    /// issuer's word and no copier's: neither a witness nor a sign of a copy.
    Unsupported,
    NotOffered,
}

/// PACE with chip authentication mapping, ICAO 9303-11 §4.4.3.5; convincing only through the desk
/// that saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MappingState {
    /// The chip holds a key that its issuer signed for.
    Witnessed,
    /// What the chip said does not fit the key that it shows.
    Contradicted,
    /// The chip holds a key of a signed EF.CardSecurity, and DG14 has others: nothing says that the
    /// two files belong to one document.
    KeyUnbound,
    /// What the chip said fits no key that anyone trusted has signed for.
    KeyUnsigned,
    /// The issuer signed for this way of opening; the card was opened in another.
    Unwitnessed,
    #[default]
    NotOffered,
}

/// EF.CardSecurity: signed like EF.SOD, by a signer of its own (ICAO 9303-11 §9.2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CardSecurityReport {
    pub signature: SodState,
    pub chain: ChainState,
    pub revocation: RevocationState,
    /// Every key in it is in DG14 too; `None` when there is nothing to compare.
    pub keys_agree: Option<bool>,
}

/// EF.CardAccess, which is unsigned, against its copy in DG14, which is; or in EF.CardSecurity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CardAccessState {
    Match,
    /// What the card advertised before access was not what its issuer signed: something was added,
    /// or something was left out.
    Mismatch,
    /// The issuer signed for PACE, and the card was opened by something weaker.
    Downgraded,
    /// There is no signed copy to compare with.
    NotSigned,
    NotRead,
}

/// The machine-readable zone in DG1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MrzState {
    Read,
    NotRead,
    Malformed,
}

/// Allowed by the standard, no longer strong; reported, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Weakness {
    Sha1Digest,
    Sha1Signature,
    ShortKey,
    /// No signing time: validity was judged on the day of the check.
    NoSigningTime,
    /// The signed content is not called a security object, though it is one.
    ContentUnnamed,
    /// The chain was found by trying keys, because the signer names none.
    NoAuthorityKeyId,
    /// The issuing state in the MRZ has no two-letter code known here.
    CountryNotComparable,
    /// The country key's signature on the signer's certificate is over SHA-1.
    Sha1Issuer,
    /// The signer names an issuer's key that is not the one that fits; found by trying.
    AuthorityKeyIdWrong,
    /// Valid when it signed, run out since.
    SignerExpiredSince,
    /// Signed before or after the time that the issuer set for this private key.
    OutsideUsagePeriod,
    /// The signer's certificate lists the kinds of documents it signs, and this is none of them.
    DocumentTypeUnlisted,
    /// The country certificate comes from a master list whose signer nobody vouched for.
    AnchorUnpinned,
}

impl PassiveReport {
    /// Every reason not to believe the files, the gravest first. That there is none does not show
    /// that the chip is the original, nor that the document is anybody's at the desk.
    pub fn faults(&self) -> Vec<EvidenceFault> {
        let mut faults = Vec::new();
        faults.extend(match self.sod {
            SodState::Signed => None,
            SodState::BadSignature => Some(EvidenceFault::SodSignature),
            SodState::SignerMissing => Some(EvidenceFault::SignerMissing),
            SodState::Malformed => Some(EvidenceFault::SodMalformed),
            SodState::Trailing => Some(EvidenceFault::SodTrailing),
            SodState::AlgorithmUnknown => Some(EvidenceFault::SodAlgorithmUnknown),
            SodState::OtherContent => Some(EvidenceFault::SodOtherContent),
            SodState::DigestUnknown => Some(EvidenceFault::SodDigestUnknown),
            SodState::ListEmpty => Some(EvidenceFault::SodListEmpty),
            SodState::ListTooLong => Some(EvidenceFault::SodListTooLong),
            SodState::GroupTwice => Some(EvidenceFault::SodGroupTwice),
        });
        faults.extend(match self.chain {
            ChainState::Trusted => None,
            ChainState::UnknownIssuer => Some(EvidenceFault::IssuerUnknown),
            ChainState::ExpiredAtSigning => Some(EvidenceFault::ExpiredAtSigning),
            ChainState::ExpiredTimeUnknown => Some(EvidenceFault::ExpiredTimeUnknown),
            ChainState::SignedInFuture => Some(EvidenceFault::SignedInFuture),
            ChainState::IssuerNotValid => Some(EvidenceFault::IssuerNotValid),
            ChainState::IssuerRevoked => Some(EvidenceFault::IssuerRevoked),
            ChainState::NotYetValid => Some(EvidenceFault::SignerNotYetValid),
            ChainState::Revoked => Some(EvidenceFault::SignerRevoked),
            ChainState::BadSignature => Some(EvidenceFault::ChainBroken),
            ChainState::CountryMismatch => Some(EvidenceFault::CountryMismatch),
            ChainState::Unfit => Some(EvidenceFault::SignerUnfit),
            // Says nothing of its own, but is no reason to believe either.
            ChainState::NotChecked if faults.is_empty() => Some(EvidenceFault::IssuerUnknown),
            ChainState::NotChecked => None,
        });
        if self.sod_of_another() {
            faults.push(EvidenceFault::SodOfAnother);
        }
        for (&group, state) in &self.groups {
            faults.extend(match state {
                GroupState::Mismatch => Some(EvidenceFault::GroupAltered { group }),
                GroupState::NotInSod => Some(EvidenceFault::GroupUnlisted { group }),
                GroupState::NotChecked if faults.is_empty() => Some(EvidenceFault::SodMalformed),
                GroupState::NotChecked
                | GroupState::Match
                | GroupState::NotRead
                | GroupState::Locked => None,
            });
        }
        faults.dedup();
        faults
    }

    /// Two groups or more were compared and not one fits: not a file was altered, the list is
    /// another document's.
    fn sod_of_another(&self) -> bool {
        let compared = |wanted| {
            let states = self.groups.values();
            states.filter(|&&state| state == wanted).count()
        };
        compared(GroupState::Mismatch) > 1 && compared(GroupState::Match) == 0
    }
}

impl ChipReport {
    /// Every reason not to believe, the gravest first; empty when the evidence holds.
    pub fn faults(&self) -> Vec<EvidenceFault> {
        let mut faults = self.passive.faults();
        faults.extend(match self.mrz {
            MrzState::Read => None,
            MrzState::NotRead => Some(EvidenceFault::MrzMissing),
            MrzState::Malformed => Some(EvidenceFault::MrzMalformed),
        });
        faults.extend(self.clone_fault());
        if matches!(
            self.card_access,
            CardAccessState::Mismatch | CardAccessState::Downgraded
        ) || self.withholds(DataGroup::Dg14)
        {
            faults.push(EvidenceFault::AccessDowngraded);
        }
        faults.extend(self.contradictions());
        faults.dedup();
        faults
    }

    /// What the issuer signed twice and differently, and where the printed card and the chip inside
    /// it are not of one person: a chip put into another card, or a card in front of another chip.
    fn contradictions(&self) -> impl Iterator<Item = EvidenceFault> {
        let Cross {
            number_dg13,
            number_dg11,
            number_qr,
            number_can,
            birth_dg13,
            birth_qr,
            sex_dg13,
            sex_qr,
            zone_presented,
            ..
        } = self.cross;
        [
            (
                number_dg13.disagrees() || number_dg11.disagrees(),
                EvidenceFault::NumbersDisagree,
            ),
            (birth_dg13.disagrees(), EvidenceFault::BirthDisagrees),
            (sex_dg13.disagrees(), EvidenceFault::SexDisagrees),
            (number_can.disagrees(), EvidenceFault::CanDisagrees),
            (zone_presented.disagrees(), EvidenceFault::ZoneDisagrees),
            (
                number_qr.disagrees() || birth_qr.disagrees() || sex_qr.disagrees(),
                EvidenceFault::QrDisagrees,
            ),
        ]
        .into_iter()
        .filter_map(|(found, fault)| found.then_some(fault))
    }

    /// What is no reason to disbelieve and yet worth a look; see [`Notice`].
    pub fn notices(&self) -> Vec<Notice> {
        self.cross
            .notices()
            .chain(self.portrait.state.notice())
            .collect()
    }

    /// The issuer signed for this group and it was not read. For DG14 that means that nobody can
    /// tell whether EF.CardAccess was cut down on the way: hiding both would turn PACE into BAC.
    pub fn withholds(&self, group: DataGroup) -> bool {
        matches!(
            self.passive.groups.get(&group),
            Some(GroupState::NotRead | GroupState::Locked)
        )
    }

    /// A protection that the issuer signed for must have been used: a copier would leave it out.
    fn clone_fault(&self) -> Option<EvidenceFault> {
        if self.mapping == MappingState::Contradicted {
            return Some(EvidenceFault::CloneSuspected);
        }
        // Chip authentication is left out where the chip has proved the same key within PACE.
        let proved =
            self.mapping == MappingState::Witnessed || self.chip_auth == ChipAuthState::Witnessed;
        match (self.active, self.chip_auth) {
            (ActiveState::OtherChallenge, _) => Some(EvidenceFault::ChallengeMismatch),
            (ActiveState::WrongKey | ActiveState::Unanswered | ActiveState::KeyUnreadable, _)
            | (_, ChipAuthState::WitnessContradicted)
            | (ActiveState::NotOffered, ChipAuthState::Unreadable) => {
                Some(EvidenceFault::CloneSuspected)
            }
            (ActiveState::Signed, _) => None,
            (ActiveState::NotOffered, _) if proved => None,
            (ActiveState::NotOffered, ChipAuthState::Unwitnessed) => {
                Some(EvidenceFault::CloneSuspected)
            }
            (
                ActiveState::NotOffered,
                ChipAuthState::Witnessed | ChipAuthState::Unsupported | ChipAuthState::NotOffered,
            ) => match self.mapping {
                MappingState::KeyUnsigned | MappingState::KeyUnbound => {
                    Some(EvidenceFault::CloneSuspected)
                }
                _ => (self.clone_check != CloneCheck::NotOffered)
                    .then_some(EvidenceFault::CloneUnchecked),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_listed_code_of_its_own() {
        let group = DataGroup::Dg1;
        // A new variant breaks the match in `code`; it must then be added here and to the list.
        let faults = [
            EvidenceFault::SodMalformed,
            EvidenceFault::SodSignature,
            EvidenceFault::SodTrailing,
            EvidenceFault::SodAlgorithmUnknown,
            EvidenceFault::SodOtherContent,
            EvidenceFault::SodDigestUnknown,
            EvidenceFault::SodListEmpty,
            EvidenceFault::SodListTooLong,
            EvidenceFault::SodGroupTwice,
            EvidenceFault::SignerMissing,
            EvidenceFault::SodOfAnother,
            EvidenceFault::ExpiredTimeUnknown,
            EvidenceFault::SignedInFuture,
            EvidenceFault::IssuerNotValid,
            EvidenceFault::IssuerRevoked,
            EvidenceFault::IssuerUnknown,
            EvidenceFault::ExpiredAtSigning,
            EvidenceFault::SignerNotYetValid,
            EvidenceFault::SignerRevoked,
            EvidenceFault::ChainBroken,
            EvidenceFault::SignerUnfit,
            EvidenceFault::CountryMismatch,
            EvidenceFault::GroupAltered { group },
            EvidenceFault::GroupUnlisted { group },
            EvidenceFault::MrzMissing,
            EvidenceFault::MrzMalformed,
            EvidenceFault::CloneSuspected,
            EvidenceFault::CloneUnchecked,
            EvidenceFault::ChallengeMismatch,
            EvidenceFault::AccessDowngraded,
            EvidenceFault::NumbersDisagree,
            EvidenceFault::BirthDisagrees,
            EvidenceFault::SexDisagrees,
            EvidenceFault::CanDisagrees,
            EvidenceFault::ZoneDisagrees,
            EvidenceFault::QrDisagrees,
        ];
        let codes: Vec<_> = faults.into_iter().map(EvidenceFault::code).collect();
        assert_eq!(codes, EvidenceFault::CODES);
    }
}
