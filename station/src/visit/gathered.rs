//! What a visit has gathered so far, each step a type that only the step before it can make.

use bundle::{
    Claims, Consent, Device, DocumentClaim, MatchClaim, MatchOutcome, OperatorId, Pose, Presence,
    Presentation, Role, Score, SignedSighting, SignedTicket, StationId, Subject, VisitId,
};
use emrtd::lds::dg2::PortraitBytes;
use emrtd::lds::dg3::FingerRecord;
use emrtd::{Challenge, ChipEvidence, DataGroup, Holder, VerifiedIdentity};
use jiff::Timestamp;
use jiff::civil::Date;
use paper::fields::Field;
use paper::metadata;
use paper::obstacles::Suggestion;
use rulebook::grades::{self, Grade};
use zeroize::{Zeroize as _, Zeroizing};

use super::for_whom::ForWhom;

/// What is known when the citizen sits down.
pub struct Opening {
    pub visit: VisitId,
    pub ticket: SignedTicket,
    pub station: StationId,
    pub operator: OperatorId,
    pub role: Role,
    /// Practice visits use specimen people and simulated devices and can enter no real wallet.
    pub practice: bool,
    pub opened_at: Timestamp,
    pub plan: Plan,
}

impl Opening {
    /// The day of the visit, in Vietnam.
    fn day(&self) -> Date {
        self.opened_at.to_zoned(crate::clock::vietnam()).date()
    }
}

/// What the citizen came for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Language of the texts the citizen agrees to: `vi` or `en`.
    pub lang: String,
    /// How often the card may be laid down again before the visit ends.
    pub card_tries: u32,
    /// Whose papers they are, and who helps.
    pub whom: ForWhom,
}

/// Both consents were given.
pub struct Consented {
    pub(super) opening: Opening,
    pub(super) consents: Vec<Consent>,
    /// When the child whose papers they are agreed too.
    pub(super) child_agreed_at: Option<Timestamp>,
}

impl Consented {
    pub(super) fn asks_the_child(&self) -> bool {
        self.opening.plan.whom.asks_the_child(self.opening.day())
    }

    /// D1: the chip's challenge follows from ticket and visit, so that the verifier can check
    /// later and alone that a genuine chip answered in this visit.
    pub(super) fn challenge(&self) -> Challenge {
        Challenge::new(bundle::challenge(&self.opening.ticket, self.opening.visit))
    }

    /// What the person is asked to do before the camera; nobody can know it before.
    pub(super) fn poses(&self, attempt: u32) -> [Pose; 3] {
        bundle::poses(&self.opening.ticket, self.opening.visit, attempt)
    }
}

/// A card that was read: the evidence for the bundle and the belief that came of it.
pub struct CardSeen {
    pub evidence: ChipEvidence,
    pub identity: VerifiedIdentity,
    pub device: Device,
}

/// The holder is known; that the person present is the holder is not.
pub struct Identified {
    pub(super) consented: Consented,
    pub(super) evidence: ChipEvidence,
    pub(super) identity: VerifiedIdentity,
    pub(super) portrait: PortraitBytes,
    pub(super) devices: Vec<Device>,
}

impl Identified {
    pub(super) fn portrait(&self) -> PortraitBytes {
        self.portrait.clone()
    }

    pub(super) fn holder(&self) -> &Holder {
        self.identity.holder()
    }

    /// The day of the visit, in Vietnam.
    pub(super) fn day(&self) -> Date {
        self.consented.opening.day()
    }
}

/// One biometric comparison as the engine judged it. Carries no image.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub outcome: MatchOutcome,
    /// Two decimals: enough to audit, too little to climb towards a match by asking again.
    pub score: Score,
    pub threshold: f64,
    /// `name@sha256` of the model that judged.
    pub model: String,
    pub device: Device,
    /// What a person should know beside it.
    pub notices: Vec<&'static str>,
}

impl Comparison {
    /// What the manifest says of a face.
    pub(super) fn face(&self, attempts: u32, presence: Presence) -> MatchClaim {
        self.claim("dg2", attempts, Some(presence), Vec::new())
    }

    /// What the manifest says of a finger.
    pub(super) fn finger(&self, presentations: Vec<Presentation>) -> MatchClaim {
        let attempts = u32::try_from(presentations.len()).unwrap_or(u32::MAX);
        self.claim("dg3", attempts, None, presentations)
    }

    fn claim(
        &self,
        reference: &str,
        attempts: u32,
        presence: Option<Presence>,
        presentations: Vec<Presentation>,
    ) -> MatchClaim {
        MatchClaim::Compared {
            outcome: self.outcome,
            score: self.score,
            threshold: self.threshold,
            model: self.model.clone(),
            device: self.device.name.clone(),
            reference: reference.to_owned(),
            attempts,
            presence,
            notices: self.notices.iter().map(|code| (*code).to_owned()).collect(),
            presentations,
        }
    }
}

/// A face was compared, or nobody was seen to be there.
#[derive(Debug, Clone)]
pub enum FaceResult {
    Compared {
        comparison: Comparison,
        /// What was shown before.
        presence: Presence,
    },
    /// The poses were not seen, or not of one living person: a stable code of `models::presence`.
    NotPresent { code: &'static str, device: Device },
}

/// A finger was laid down, or there is a reason why none was asked for.
#[derive(Debug, Clone)]
pub enum FingerResult {
    Compared {
        comparison: Comparison,
        /// Of the print on the sensor, 0 to 100.
        quality: u8,
    },
    /// The print is too small or too poor to be compared: a stable code, and what quality it had where that was judged.
    Unusable {
        code: &'static str,
        quality: Option<u8>,
        device: Device,
    },
    /// Stable reason: `template_locked`, `no_template`, `no_sensor`.
    NotDone(&'static str),
}

/// The face of the person present matches the chip's portrait, or two officials saw that it does.
///
/// Where the machine could not tell, it is made without sightings and kept inside `AwaitOfficials` until there are two.
pub struct FaceMatched {
    pub(super) identified: Identified,
    pub(super) face: MatchClaim,
    pub(super) sightings: Vec<SignedSighting>,
}

impl FaceMatched {
    pub(super) fn finger_references(&self) -> Vec<FingerRecord> {
        self.identified.identity.fingers()
    }
}

/// The person present is the holder, as far as this desk can tell.
pub struct Matched {
    pub(super) identified: Identified,
    pub(super) face: MatchClaim,
    pub(super) finger: MatchClaim,
    /// What two officials saw where the machine could not tell.
    pub(super) sightings: Vec<SignedSighting>,
}

/// The same once nothing is to be compared any more: the portrait, the fingers and what they were compared with are gone.
pub struct Recognised {
    pub(super) consented: Consented,
    pub(super) evidence: ChipEvidence,
    pub(super) identity: VerifiedIdentity,
    pub(super) devices: Vec<Device>,
    pub(super) face: MatchClaim,
    pub(super) finger: MatchClaim,
    pub(super) sightings: Vec<SignedSighting>,
}

impl From<Matched> for Recognised {
    fn from(matched: Matched) -> Self {
        let mut evidence = matched.identified.evidence;
        for group in [DataGroup::Dg2, DataGroup::Dg3] {
            if let Some(mut file) = evidence.groups.remove(&group) {
                file.zeroize();
            }
        }
        Self {
            consented: matched.identified.consented,
            evidence,
            identity: matched.identified.identity,
            devices: matched.identified.devices,
            face: matched.face,
            finger: matched.finger,
            sightings: matched.sightings,
        }
    }
}

impl Recognised {
    /// What this operator's signature can make of a paper today: digitised (G1) or self-stored
    /// (G0). Certified copies (G2) are another act, at the certification desk.
    pub(super) fn grade(&self) -> Grade {
        let role = match self.consented.opening.role {
            Role::Volunteer => grades::Role::Volunteer,
            Role::Clerk => grades::Role::Clerk,
            Role::Certifier => grades::Role::Certifier,
            Role::Director => grades::Role::Director,
        };
        if grades::may_make(role, Grade::G1, self.day()) {
            Grade::G1
        } else {
            Grade::G0
        }
    }

    /// The day of the visit, in Vietnam.
    pub(super) fn day(&self) -> Date {
        self.consented
            .opening
            .opened_at
            .to_zoned(crate::clock::vietnam())
            .date()
    }

    /// Whose papers they are, where it is not the card's holder.
    pub(super) fn subject(&self) -> Option<&Subject> {
        self.consented.opening.plan.whom.subject()
    }

    /// Whose card it is; the papers ought to be theirs, or the subject's whom they act for.
    #[must_use]
    pub fn holder(&self) -> &Holder {
        self.identity.holder()
    }
}

/// A paper as it was read: the claim for the manifest (its `pdf` and `grade` are filled in when
/// sealing) and the archive file.
pub struct PaperDocument {
    pub claim: DocumentClaim,
    pub pdf: Zeroizing<Vec<u8>>,
    /// What was read, and whom it is about, for telling whose paper it is.
    pub fields: Vec<Field>,
    pub subjects: Vec<metadata::Subject>,
    /// What speaks against storing it.
    pub suggestions: Vec<Suggestion>,
}

/// What came off the scanner.
pub struct Papers {
    pub documents: Vec<PaperDocument>,
    /// Sheets that were seen, each once however often it was scanned.
    pub sheets: u32,
    /// Sheets that operator and citizen counted, at last.
    pub counted: u32,
    /// Pages that are no paper's.
    pub set_aside: Vec<SetAside>,
    pub device: Device,
}

/// A paper that was not stored, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub kind: String,
    pub code: &'static str,
    /// The rule of the rulebook that forbids it, with its clause.
    pub rule: Option<String>,
}

/// Everything the desk needs to seal. The grade says which signature the papers want first.
pub struct SealRequest {
    pub claims: Claims,
    pub evidence: ChipEvidence,
    pub pdfs: Vec<Zeroizing<Vec<u8>>>,
    pub grade: bundle::Grade,
    pub set_aside: Vec<SetAside>,
}
