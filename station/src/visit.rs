//! One citizen's visit as a road: what it waits for, what may happen next, and what the desk
//! must do about it. Pure: no clock, no device, no disk; `step` is the whole map.

mod ask;
mod await_approval;
mod await_card;
mod await_consent;
mod await_finger;
mod await_officials;
mod await_papers;
mod await_person;
mod event;
mod for_whom;
mod gathered;
mod kept;
mod portrait_age;

#[cfg(test)]
mod tests;

pub use ask::Ask;
pub use await_approval::{AwaitApproval, Sealing};
pub use await_card::AwaitCard;
pub use await_consent::AwaitConsent;
pub use await_finger::AwaitFinger;
pub use await_officials::AwaitOfficials;
pub use await_papers::AwaitPapers;
pub(crate) use await_papers::COUNT_MISMATCH;
pub use await_person::AwaitFace;
pub use event::{Event, Stop, StopKind};
pub use for_whom::{AwaitChild, ForWhom};
pub use gathered::{
    CardSeen, Comparison, Consented, FaceMatched, FaceResult, FingerResult, Identified, Matched,
    Opening, PaperDocument, Papers, Plan, Recognised, SealRequest, SetAside,
};

pub use kept::KeptRoad;

use await_officials::Known;
use await_person::Next;
use bundle::BundleDigest;

/// Every code with which the road itself can end a visit.
pub const CODES: &[&str] = &[
    await_consent::REFUSED,
    for_whom::REFUSED,
    event::WITHDRAWN,
    await_card::NO_PORTRAIT,
    await_card::NO_PERSONAL_ID,
    await_card::NUMBER_DISAGREES,
    await_card::EXPIRED,
    await_person::FACE_NO_MATCH,
    await_person::FACE_INCONCLUSIVE,
    await_person::PRESENCE_NOT_SHOWN,
    await_person::LIVENESS_UNCLEAR,
    await_finger::FINGER_NO_MATCH,
    await_finger::FINGER_INCONCLUSIVE,
    COUNT_MISMATCH,
    await_papers::NOTHING_TO_FILE,
    await_approval::NOT_APPROVED,
];

/// Codes that go with a paper that is handed back unstored.
pub const NOTICES: &[&str] = &[
    await_papers::OTHER_OWNER,
    await_papers::NOT_TO_BE_DIGITISED,
    NOT_WANTED,
    portrait_age::OLD,
    portrait_age::YOUNG,
    portrait_age::MAYBE_OLD,
    portrait_age::MAYBE_YOUNG,
];

/// People said that this page is not to be stored (`people::Without`).
const NOT_WANTED: &str = "paper.not_wanted";

/// What the visit is waiting for. Each state holds just what has been proved on the way to it,
/// so that a bundle cannot be asked for before the person was matched.
pub enum Visit {
    AwaitConsent(AwaitConsent),
    /// A child's papers are brought, and the child is asked too.
    AwaitChild(AwaitChild),
    AwaitCard(Box<AwaitCard>),
    AwaitFace(Box<AwaitFace>),
    AwaitFinger(Box<AwaitFinger>),
    AwaitOfficials(Box<AwaitOfficials>),
    /// The person is known; nobody has counted the sheets yet.
    AwaitSheets(Box<Recognised>),
    AwaitPapers(Box<AwaitPapers>),
    AwaitApproval(Box<AwaitApproval>),
    Sealing(Sealing),
    Closed(Closed),
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    Sealed(BundleDigest),
    Stopped(Stop),
}

impl Visit {
    /// Begins a visit; the first thing is always the citizen's consent.
    #[must_use]
    pub fn open(opening: Opening) -> (Self, Vec<Ask>) {
        let asks = vec![Ask::ShowConsent {
            lang: opening.plan.lang.clone(),
            whom: opening.plan.whom.clone(),
        }];
        (Self::AwaitConsent(AwaitConsent { opening }), asks)
    }

    /// The road, written once. An event that does not belong to the present state changes
    /// nothing: devices may answer late.
    #[must_use]
    pub fn step(self, event: Event) -> (Self, Vec<Ask>) {
        match (self, event) {
            (Self::Closed(closed), _) => (Self::Closed(closed), Vec::new()),
            (_, Event::Stopped(stop)) => Self::stop(stop),

            (Self::AwaitConsent(state), Event::ConsentAnswered(answer)) => {
                match state.answered(answer) {
                    Ok(consented) if consented.asks_the_child() => (
                        Self::AwaitChild(AwaitChild::new(consented)),
                        vec![Ask::AskChild],
                    ),
                    Ok(consented) => Self::to_card(consented),
                    Err(stop) => Self::stop(stop),
                }
            }
            (Self::AwaitChild(state), Event::ChildAnswered(agreed_at)) => {
                match state.answered(agreed_at) {
                    Ok(consented) => Self::to_card(consented),
                    Err(stop) => Self::stop(stop),
                }
            }
            (Self::AwaitCard(state), Event::CardRead(seen)) => match state.read(*seen) {
                Ok(identified) => {
                    let state = AwaitFace::new(identified);
                    let ask = state.ask();
                    (Self::AwaitFace(Box::new(state)), vec![ask])
                }
                Err(stop) => Self::stop(stop),
            },
            (Self::AwaitCard(state), Event::CardNotRead(stop)) => match state.try_again(stop) {
                Ok((state, ask)) => (Self::AwaitCard(Box::new(state)), vec![ask]),
                Err(stop) => Self::stop(stop),
            },
            (Self::AwaitFace(state), Event::FaceCompared(result)) => match state.compared(result) {
                Ok(Next::Done(matched)) => Self::to_finger(*matched),
                Ok(Next::Again(state, ask)) => (Self::AwaitFace(state), vec![ask]),
                Ok(Next::Undecided(state)) => Self::to_officials(state),
                Err(stop) => Self::stop(stop),
            },
            (Self::AwaitFinger(state), Event::FingerCompared(result)) => {
                match state.compared(result) {
                    Ok(Next::Done(matched)) => Self::to_papers(*matched),
                    Ok(Next::Again(state, ask)) => (Self::AwaitFinger(state), vec![ask]),
                    Ok(Next::Undecided(state)) => Self::to_officials(state),
                    Err(stop) => Self::stop(stop),
                }
            }
            (Self::AwaitOfficials(state), Event::OfficialsLooked(sightings)) => {
                match state.looked(sightings) {
                    Ok(Known::Face(matched)) => Self::to_finger(*matched),
                    Ok(Known::Person(matched)) => Self::to_papers(*matched),
                    Err(stop) => Self::stop(stop),
                }
            }
            (Self::AwaitSheets(matched), Event::SheetsCounted(sheets)) => {
                let matched = *matched;
                let ask = Ask::ScanPapers { sheets };
                let state = AwaitPapers { matched };
                (Self::AwaitPapers(Box::new(state)), vec![ask])
            }
            (Self::AwaitPapers(state), Event::PapersRead(papers)) => match state.read(papers) {
                Ok(state) => {
                    let review = state.review();
                    (
                        Self::AwaitApproval(Box::new(state)),
                        vec![Ask::AskApproval { review }],
                    )
                }
                Err(stop) => Self::stop(stop),
            },
            (Self::AwaitApproval(state), Event::ApprovalAnswered(approved)) => {
                match state.answered(approved) {
                    Ok((state, request)) => {
                        (Self::Sealing(state), vec![Ask::Seal(Box::new(request))])
                    }
                    Err(stop) => Self::stop(stop),
                }
            }
            (Self::AwaitApproval(state), Event::BackToPapers) => {
                let (state, sheets) = state.back();
                let ask = Ask::ScanPapers { sheets };
                (Self::AwaitPapers(Box::new(state)), vec![ask])
            }
            (Self::Sealing(_), Event::Sealed(digest)) => {
                (Self::Closed(Closed::Sealed(digest)), vec![Ask::Erase])
            }
            (state, _) => (state, Vec::new()),
        }
    }

    fn to_card(consented: Consented) -> (Self, Vec<Ask>) {
        let ask = Ask::ReadCard {
            challenge: consented.challenge(),
            failed: None,
        };
        (
            Self::AwaitCard(Box::new(AwaitCard::new(consented))),
            vec![ask],
        )
    }

    fn to_finger(matched: FaceMatched) -> (Self, Vec<Ask>) {
        let state = AwaitFinger::new(matched);
        let ask = state.ask();
        (Self::AwaitFinger(Box::new(state)), vec![ask])
    }

    fn to_officials(state: Box<AwaitOfficials>) -> (Self, Vec<Ask>) {
        let ask = state.ask();
        (Self::AwaitOfficials(state), vec![ask])
    }

    fn to_papers(matched: Matched) -> (Self, Vec<Ask>) {
        (
            Self::AwaitSheets(Box::new(matched.into())),
            vec![Ask::CountSheets],
        )
    }

    /// A visit that ends before it goes on.
    #[must_use]
    pub fn ended(stop: Stop) -> (Self, Vec<Ask>) {
        Self::stop(stop)
    }

    fn stop(stop: Stop) -> (Self, Vec<Ask>) {
        (Self::Closed(Closed::Stopped(stop)), vec![Ask::Erase])
    }

    /// The stable name of the present state, for the journal and the screen.
    #[must_use]
    pub fn place(&self) -> &'static str {
        match self {
            Self::AwaitConsent(_) => "consent",
            Self::AwaitChild(_) => "child",
            Self::AwaitCard(_) => "card",
            Self::AwaitFace(_) => "face",
            Self::AwaitFinger(_) => "finger",
            Self::AwaitOfficials(_) => "officials",
            Self::AwaitSheets(_) => "sheets",
            Self::AwaitPapers(_) => "papers",
            Self::AwaitApproval(_) => "approval",
            Self::Sealing(_) => "sealing",
            Self::Closed(_) => "closed",
        }
    }
}
