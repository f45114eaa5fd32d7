//! What can happen to a visit. Devices, people and the clock speak to the road only by these.

use bundle::{BundleDigest, Consent, SignedSighting};
use jiff::Timestamp;

use rulebook::failures::{self, FailureKind};

use super::gathered::{CardSeen, FaceResult, FingerResult, Papers};

pub(super) const WITHDRAWN: &str = "visit.withdrawn";

pub enum Event {
    /// The consents that the citizen gave by their own touch; empty when refused.
    ConsentAnswered(Vec<Consent>),
    /// When the child whose papers they are agreed; none: it did not.
    ChildAnswered(Option<Timestamp>),
    /// A card was read and everything that can be proved about it was proved.
    CardRead(Box<CardSeen>),
    /// The card could not be read, or did not prove what it must.
    CardNotRead(Stop),
    FaceCompared(FaceResult),
    FingerCompared(FingerResult),
    /// What the officials who came say; empty when nobody did.
    OfficialsLooked(Vec<SignedSighting>),
    /// What operator and citizen counted.
    SheetsCounted(u32),
    PapersRead(Papers),
    ApprovalAnswered(bool),
    /// Somebody wants to look at the pages again before they approve.
    BackToPapers,
    Sealed(BundleDigest),
    /// Something ended the visit: the citizen, the operator, or a device that will not recover.
    Stopped(Stop),
}

/// Why a visit ended without a bundle: a stable code with cause and remedy in `docs/failures.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub kind: StopKind,
    pub code: &'static str,
}

/// A refusal is an answer and asking again will not help; a failure could not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopKind {
    Refusal,
    Failure,
}

impl Stop {
    #[must_use]
    pub fn refusal(code: &'static str) -> Self {
        Self {
            kind: StopKind::Refusal,
            code,
        }
    }

    #[must_use]
    pub fn failure(code: &'static str) -> Self {
        Self {
            kind: StopKind::Failure,
            code,
        }
    }

    /// A refusal or a failure, as `docs/failures.md` says of this code.
    #[must_use]
    pub fn of(code: &'static str) -> Self {
        match failures::text(code).map(|text| text.kind) {
            Some(FailureKind::Refusal) => Self::refusal(code),
            _ => Self::failure(code),
        }
    }

    /// The citizen took the consent back, or somebody pressed "stop and erase".
    #[must_use]
    pub fn withdrawn() -> Self {
        Self::refusal(WITHDRAWN)
    }
}
