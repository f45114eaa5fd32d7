//! From evidence to belief: every fact is found first, then the verdict is read off them.

use jiff::civil::Date;
use thiserror::Error;

use super::{Challenge, ChipEvidence, Holder, Presented, VerifiedIdentity, cross};
use crate::access::AccessProtocol;
use crate::lds::dg11::Dg11;
use crate::lds::dg12::Dg12;
use crate::lds::dg14::{SecurityInfo, SecurityInfos};
use crate::lds::{DataGroup, LdsError, dg1, dg11, dg12, dg13, dg15};
use crate::mrz::Mrz;
use crate::proof::{active, chip_authentication, mapping, passive};
use crate::report::{
    ActiveState, CardAccessState, ChipAuthState, ChipReport, CloneCheck, EvidenceFault,
    MappingState, MrzState,
};
use crate::trust::CscaTrust;

/// The issuing state of the citizen's card, as the machine-readable zone writes it.
const VIETNAM: &str = "VNM";

/// Why evidence is not believed. The report tells everything that was found out.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// At least one fact speaks against it; the first is the gravest.
    #[error("{}", faults.first().map_or_else(String::new, ToString::to_string))]
    Disbelieved {
        faults: Vec<EvidenceFault>,
        report: Box<ChipReport>,
    },
    /// The issuer did sign it, but a file is not what the standard says it should be.
    #[error("a file that the issuer signed cannot be read: {source}")]
    FileMalformed {
        source: LdsError,
        report: Box<ChipReport>,
    },
}

impl EvidenceError {
    /// The code that [`code`](Self::code) gives besides those of [`EvidenceFault::CODES`].
    pub const CODES: &'static [&'static str] = &["chip.file_malformed"];

    /// The stable code of the gravest reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disbelieved { faults, .. } => faults
                .first()
                .map_or(EvidenceFault::SodMalformed.code(), |fault| fault.code()),
            Self::FileMalformed { .. } => "chip.file_malformed",
        }
    }

    /// The stable code of every reason.
    pub fn codes(&self) -> Vec<&'static str> {
        match self {
            Self::Disbelieved { faults, .. } => faults.iter().map(|fault| fault.code()).collect(),
            Self::FileMalformed { .. } => vec![self.code()],
        }
    }

    pub fn report(&self) -> &ChipReport {
        match self {
            Self::Disbelieved { report, .. } | Self::FileMalformed { report, .. } => report,
        }
    }
}

impl ChipEvidence {
    /// Every fact about this evidence, good or bad; never fails.
    ///
    /// `challenge` is the question this visit put to the chip, `at` the day of the check.
    pub fn report(&self, trust: &CscaTrust, challenge: &Challenge, at: Date) -> ChipReport {
        self.report_against(trust, challenge, at, &Presented::default())
    }

    /// The same where it is known what was presented along with the chip.
    pub fn report_against(
        &self,
        trust: &CscaTrust,
        challenge: &Challenge,
        at: Date,
        presented: &Presented<'_>,
    ) -> ChipReport {
        Reading::of(self).report(trust, challenge, at, presented)
    }

    /// Believes the evidence, or tells why not.
    pub fn verify(
        &self,
        trust: &CscaTrust,
        challenge: &Challenge,
        at: Date,
    ) -> Result<VerifiedIdentity, EvidenceError> {
        self.verify_against(trust, challenge, at, &Presented::default())
    }

    /// Believes the evidence only if the chip does not contradict what was presented along with it.
    pub fn verify_against(
        &self,
        trust: &CscaTrust,
        challenge: &Challenge,
        at: Date,
        presented: &Presented<'_>,
    ) -> Result<VerifiedIdentity, EvidenceError> {
        let reading = Reading::of(self);
        let report = reading.report(trust, challenge, at, presented);
        let faults = report.faults();
        let Some(Ok(mrz)) = &reading.mrz else {
            // The faults name the missing or malformed zone.
            return Err(EvidenceError::Disbelieved {
                faults,
                report: Box::new(report),
            });
        };
        if !faults.is_empty() {
            return Err(EvidenceError::Disbelieved {
                faults,
                report: Box::new(report),
            });
        }
        let malformed = |source, report| EvidenceError::FileMalformed {
            source,
            report: Box::new(report),
        };
        let dg13 = match reading.dg13.as_ref().map(Result::as_ref).transpose() {
            Ok(dg13) => dg13,
            Err(&source) => return Err(malformed(source, report)),
        };
        let holder = Holder::new(mrz, dg13, at);
        Ok(VerifiedIdentity::new(self, holder, report))
    }
}

/// The evidence with its files read, none of them believed.
pub(super) struct Reading<'a> {
    pub(super) evidence: &'a ChipEvidence,
    pub(super) mrz: Option<Result<Mrz, LdsError>>,
    pub(super) dg11: Option<Result<Dg11, LdsError>>,
    pub(super) dg12: Option<Result<Dg12, LdsError>>,
    pub(super) dg13: Option<Result<dg13::Dg13, LdsError>>,
    dg14: Option<Result<SecurityInfos, LdsError>>,
}

impl<'a> Reading<'a> {
    fn of(evidence: &'a ChipEvidence) -> Self {
        let file = |group| evidence.groups.get(&group).map(Vec::as_slice);
        Self {
            evidence,
            mrz: file(DataGroup::Dg1).map(dg1::read),
            dg11: file(DataGroup::Dg11).map(dg11::read),
            dg12: file(DataGroup::Dg12).map(dg12::read),
            // Vietnam's layout; other states fill DG13 as they like.
            dg13: file(DataGroup::Dg13)
                .map(dg13::read)
                .filter(|_| Self::is_cccd(file(DataGroup::Dg1))),
            dg14: file(DataGroup::Dg14).map(SecurityInfos::from_dg14),
        }
    }

    fn is_cccd(dg1: Option<&[u8]>) -> bool {
        dg1.and_then(|file| dg1::read(file).ok())
            .is_some_and(|mrz| mrz.personal_id().is_some())
    }

    fn report(
        &self,
        trust: &CscaTrust,
        challenge: &Challenge,
        at: Date,
        presented: &Presented<'_>,
    ) -> ChipReport {
        let mrz = self.mrz.as_ref().and_then(|mrz| mrz.as_ref().ok());
        let files = passive::Files {
            sod: &self.evidence.sod,
            groups: &self.evidence.groups,
            locked: &self.evidence.locked,
        };
        let zone = mrz.map(passive::Zone::of);
        let passive = passive::check(&files, trust, zone, at);
        let state = zone.map(|zone| zone.issuing_state);
        let signed_for = |group| passive.groups.contains_key(&group);
        let active = self.active(signed_for(DataGroup::Dg15), challenge);
        let chip_auth = self.chip_auth(signed_for(DataGroup::Dg14));
        let dg14 = self.dg14.as_ref().and_then(|infos| infos.as_ref().ok());
        let card_security = self
            .evidence
            .card_security
            .as_deref()
            .map(|file| mapping::card_security(file, dg14, trust, state, at));
        let mapping = mapping::state(self.evidence.mapping.as_ref(), dg14, card_security.as_ref());
        ChipReport {
            clone_check: match (active, chip_auth, mapping) {
                (ActiveState::Signed, ..) => CloneCheck::SignedByChip,
                (_, ChipAuthState::Witnessed, _) | (.., MappingState::Witnessed) => {
                    CloneCheck::WitnessedByDesk
                }
                // A Vietnamese citizen's card always has a key to prove itself by.
                (ActiveState::NotOffered, ChipAuthState::NotOffered, MappingState::NotOffered)
                    if mrz.is_none_or(|mrz| {
                        mrz.personal_id().is_none() || mrz.issuing_state() != VIETNAM
                    }) =>
                {
                    CloneCheck::NotOffered
                }
                _ => CloneCheck::Unchecked,
            },
            active,
            chip_auth,
            mapping,
            card_security: card_security.as_ref().map(|file| file.report),
            access: self.evidence.access,
            card_access: self.card_access(
                card_security
                    .as_ref()
                    .and_then(mapping::CardSecurity::trusted_infos),
            ),
            mrz: match &self.mrz {
                None => MrzState::NotRead,
                Some(Ok(_)) => MrzState::Read,
                Some(Err(_)) => MrzState::Malformed,
            },
            cross: cross::check(self, &passive, presented),
            portrait: cross::portrait(self.evidence.groups.get(&DataGroup::Dg2).map(Vec::as_slice)),
            expired: mrz.and_then(Mrz::expiry_date).map(|expiry| expiry < at),
            passive,
        }
    }

    /// `signed_for`: DG15 is on the issuer's list or among the files. A chip that has the group and
    /// does not answer is a copy that left it out.
    fn active(&self, signed_for: bool, challenge: &Challenge) -> ActiveState {
        if !signed_for {
            return ActiveState::NotOffered;
        }
        let (Some(file), Some(answer)) = (
            self.evidence.groups.get(&DataGroup::Dg15),
            &self.evidence.active,
        ) else {
            return ActiveState::Unanswered;
        };
        if answer.challenge != *challenge {
            return ActiveState::OtherChallenge;
        }
        let Ok(key) = dg15::read(file) else {
            return ActiveState::KeyUnreadable;
        };
        let algorithm = match &self.dg14 {
            Some(Ok(infos)) => infos.active_algorithm(),
            _ => None,
        };
        match active::verify(key, algorithm, challenge, &answer.signature) {
            Ok(true) => ActiveState::Signed,
            Ok(false) => ActiveState::WrongKey,
            Err(_) => ActiveState::KeyUnreadable,
        }
    }

    fn chip_auth(&self, signed_for: bool) -> ChipAuthState {
        let infos = match &self.dg14 {
            None if signed_for => return ChipAuthState::Unreadable,
            None => return ChipAuthState::NotOffered,
            Some(Err(_)) => return ChipAuthState::Unreadable,
            Some(Ok(infos)) => infos,
        };
        match &self.evidence.chip_auth {
            Some(witness) if infos.offers_key(&witness.protocol, witness.key_id) => {
                ChipAuthState::Witnessed
            }
            Some(_) => ChipAuthState::WitnessContradicted,
            None if !infos.offers_chip_authentication() => ChipAuthState::NotOffered,
            None if chip_authentication::is_spoken(infos) => ChipAuthState::Unwitnessed,
            None => ChipAuthState::Unsupported,
        }
    }

    /// ICAO 9303-11 §9.2.11: DG14 repeats what EF.CardAccess says, under the signature; so does
    /// EF.CardSecurity, where a chip has no DG14.
    ///
    /// The PACE entries of both must be the same. One that only EF.CardAccess has was added to
    /// lead the desk astray; one that only the signed copy has was taken out so that the desk would
    /// take a weaker one. Order, repetitions and entries of other protocols do not matter: real
    /// chips differ in these (EF.CardAccess names terminal authentication, DG14 the chip's keys). A
    /// DG14 without any PACE entry is from before the rule and is no reason for suspicion.
    fn card_access(&self, card_security: Option<&SecurityInfos>) -> CardAccessState {
        let dg14 = match &self.dg14 {
            Some(Ok(infos)) => Some(infos),
            _ => None,
        };
        let names_pace = |infos: &&SecurityInfos| infos.pace().next().is_some();
        let Some(signed) = dg14.filter(names_pace).or(card_security.filter(names_pace)) else {
            return match dg14 {
                Some(_) => CardAccessState::NotSigned,
                None => CardAccessState::NotRead,
            };
        };
        if self.evidence.access == AccessProtocol::Bac {
            return CardAccessState::Downgraded;
        }
        let Some(file) = &self.evidence.card_access else {
            return CardAccessState::NotRead;
        };
        match SecurityInfos::from_card_access(file) {
            Ok(advertised) if same_pace(&advertised, signed) => CardAccessState::Match,
            _ => CardAccessState::Mismatch,
        }
    }
}

fn same_pace(one: &SecurityInfos, other: &SecurityInfos) -> bool {
    let within = |one: &SecurityInfos, other: &SecurityInfos| {
        one.iter()
            .filter(|info| is_pace(info))
            .all(|info| other.iter().any(|other| other == info))
    };
    within(one, other) && within(other, one)
}

fn is_pace(info: &SecurityInfo) -> bool {
    matches!(
        info,
        SecurityInfo::Pace { .. } | SecurityInfo::PaceDomainParameters { .. }
    )
}
