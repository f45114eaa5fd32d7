//! Who may touch what: one table, asked at every touch (`domain.md` §6.3).

use crate::board::{Role, ScanView};
use crate::gate::Side;

/// What can be touched, as the last piece of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    SignIn,
    SignOut,
    Language,
    Begin,
    GoOn,
    StillHere,
    ForWhom,
    Subject,
    Prepared,
    Consent,
    CardKey,
    OfficialComes,
    NobodyComes,
    Sighting,
    Sheets,
    Scan,
    Again,
    Retry,
    Look,
    Earlier,
    Later,
    Turn,
    TakeOut,
    PutBack,
    Enough,
    Approve,
    Back,
    StopAndErase,
    Done,
    Slip,
    Survey,
    Bigger,
    Help,
    /// Whoever is there needs more time.
    MoreTime,
}

impl Verb {
    pub const ALL: [Self; 34] = [
        Self::SignIn,
        Self::SignOut,
        Self::Language,
        Self::Begin,
        Self::GoOn,
        Self::StillHere,
        Self::ForWhom,
        Self::Subject,
        Self::Prepared,
        Self::Consent,
        Self::CardKey,
        Self::OfficialComes,
        Self::NobodyComes,
        Self::Sighting,
        Self::Sheets,
        Self::Scan,
        Self::Again,
        Self::Retry,
        Self::Look,
        Self::Earlier,
        Self::Later,
        Self::Turn,
        Self::TakeOut,
        Self::PutBack,
        Self::Enough,
        Self::Approve,
        Self::Back,
        Self::StopAndErase,
        Self::Done,
        Self::Slip,
        Self::Survey,
        Self::Bigger,
        Self::Help,
        Self::MoreTime,
    ];

    /// As it stands in the address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SignOut => "sign-out",
            Self::Language => "language",
            Self::Begin => "begin",
            Self::GoOn => "go-on",
            Self::StillHere => "still-here",
            Self::ForWhom => "for-whom",
            Self::Subject => "subject",
            Self::Prepared => "prepared",
            Self::Consent => "consent",
            Self::CardKey => "card-key",
            Self::OfficialComes => "official-comes",
            Self::NobodyComes => "nobody-comes",
            Self::Sighting => "sighting",
            Self::Sheets => "sheets",
            Self::Scan => "scan",
            Self::Again => "again",
            Self::Retry => "retry",
            Self::Look => "look",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::Turn => "turn",
            Self::TakeOut => "take-out",
            Self::PutBack => "put-back",
            Self::Enough => "enough",
            Self::Approve => "approve",
            Self::Back => "back",
            Self::StopAndErase => "stop",
            Self::Done => "done",
            Self::Slip => "slip",
            Self::Survey => "survey",
            Self::Bigger => "bigger",
            Self::Help => "help",
            Self::MoreTime => "more-time",
        }
    }

    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

/// Whether a picture of this page is shown: a volunteer sees the one page that is looked at (`domain.md` §6.3).
#[must_use]
pub(crate) fn may_see(role: Role, scan: &ScanView, page: u32) -> bool {
    role != Role::Volunteer || scan.current == Some(page)
}

/// Whether this touch counts from that side. `role` is that of whoever is signed in, or, for [`Verb::Sighting`], of the
/// official who was called and looks.
///
/// Consent and the survey are the citizen's own and no operator's; everything at the desk needs somebody signed in. Stop
/// and erase is everybody's.
#[must_use]
pub fn may(side: Side, role: Option<Role>, verb: Verb) -> bool {
    match (side, verb) {
        (_, Verb::Language | Verb::Help) => true,
        (
            Side::Citizen,
            Verb::Consent
            | Verb::StillHere
            | Verb::Survey
            | Verb::Bigger
            | Verb::StopAndErase
            | Verb::MoreTime,
        ) => true,
        (Side::Citizen, _) => false,
        (Side::Operator, Verb::SignIn) => true,
        (Side::Operator, Verb::Consent | Verb::StillHere | Verb::Survey | Verb::Bigger) => false,
        // A visit that files papers is any official's and a volunteer's work; a deputy director reads and closes days.
        (
            Side::Operator,
            Verb::Begin
            | Verb::GoOn
            | Verb::ForWhom
            | Verb::Subject
            | Verb::Prepared
            | Verb::CardKey
            | Verb::Sheets
            | Verb::Scan
            | Verb::Again
            | Verb::Retry
            | Verb::Look
            | Verb::Earlier
            | Verb::Later
            | Verb::Turn
            | Verb::TakeOut
            | Verb::PutBack
            | Verb::Enough
            | Verb::Approve,
        ) => matches!(
            role,
            Some(Role::Volunteer | Role::Clerk | Role::Certifier | Role::Director)
        ),
        // An official's own PIN lets them in; whoever serves only makes room.
        (Side::Operator, Verb::OfficialComes | Verb::NobodyComes) => role.is_some(),
        // Volunteers help; they do not say who somebody is (ADR 9).
        (Side::Operator, Verb::Sighting) => {
            matches!(role, Some(Role::Clerk | Role::Certifier | Role::Director))
        }
        (
            Side::Operator,
            Verb::SignOut
            | Verb::Back
            | Verb::StopAndErase
            | Verb::Done
            | Verb::Slip
            | Verb::MoreTime,
        ) => role.is_some(),
    }
}

/// Whether this person may give out a slip of which `issued` are out that say the same of the bundle: the first while it
/// waits, and the first once it is answered for, is whoever serves'; every further one is an official's (`domain.md` §6.3:
/// a volunteer asks a clerk).
#[must_use]
pub fn may_issue(role: Option<Role>, issued: u32) -> bool {
    role.is_some_and(|role| issued == 0 || role >= Role::Clerk)
}
