//! What people do at the screens, as the desk hears it.

use crate::board::Out;

/// Something was touched. Each belongs to a turn of the board; the desk passes over what comes too late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    SignIn(Credentials),
    SignOut,
    /// A visit is begun.
    Begin,
    /// For whom the visit is.
    ForWhom(Whom),
    /// Whose papers they are.
    Subject(SubjectTyped),
    /// A visit that the power ended goes on.
    GoOn,
    /// The citizen's own touch: still there, or not.
    StillHere {
        yes: bool,
    },
    /// Everybody knows what is needed; the visit is opened.
    Prepared,
    /// The citizen's own touch, and no other's.
    Consent {
        given: bool,
    },
    CardKey(CardDigits),
    /// An official who was called signs in.
    OfficialComes(Credentials),
    /// Two officials cannot come.
    NobodyComes,
    /// What the official who looks has found.
    Sighting {
        found: Finding,
        why: Why,
    },
    Sheets(u32),
    Scan {
        feeder: bool,
        /// Whether these pages continue the paper before; unsaid, the pages tell.
        same_paper: Option<bool>,
    },
    Again {
        page: u32,
    },
    /// What the scanner broke off, once more.
    Retry,
    /// This page large; none: no page.
    Look {
        page: Option<u32>,
    },
    Arrange(Arrangement),
    Enough,
    /// Everything is filed as it is shown.
    Approve,
    /// Step back to what was there before, where that is possible.
    Back,
    StopAndErase,
    /// The end of a visit was read.
    Done,
    /// How the citizen found it: 1 very satisfied, 5 very dissatisfied; none: would rather not say.
    Survey(Option<u8>),
}

/// For whom somebody comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whom {
    #[default]
    Holder,
    /// For themselves, with somebody who helps.
    Helper,
    Child,
    Proxy,
}

impl Whom {
    pub const ALL: [Self; 4] = [Self::Holder, Self::Helper, Self::Child, Self::Proxy];

    /// As a form says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Helper => "helper",
            Self::Child => "child",
            Self::Proxy => "proxy",
        }
    }

    /// The papers are somebody else's than the card.
    #[must_use]
    pub fn is_for_another(self) -> bool {
        matches!(self, Self::Child | Self::Proxy)
    }
}

/// Number and birth date of the person whose papers they are. No Debug shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectTyped {
    pub number: zeroize::Zeroizing<String>,
    /// As it was typed, day first.
    pub born: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for SubjectTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectTyped")
    }
}

/// What is done with a page that lies there, by the number of [`crate::PageView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    Earlier(u32),
    Later(u32),
    /// A quarter clockwise.
    Turn(u32),
    TakeOut(u32, Out),
    PutBack(u32),
}

/// A name from the list and a PIN. No Debug shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub id: String,
    pub pin: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// The six digits printed on the card. No Debug shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct CardDigits(pub zeroize::Zeroizing<String>);

impl std::fmt::Debug for CardDigits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardDigits")
    }
}

/// What an official finds, looking at the person, the portrait and the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    Same,
    Other,
    Unclear,
}

impl Finding {
    pub const ALL: [Self; 3] = [Self::Same, Self::Other, Self::Unclear];

    /// As a form says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::Unclear => "unclear",
        }
    }
}

/// Why the machine may not have known the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    AgedPortrait,
    ChangedLooks,
    CannotTurn,
    PoorPicture,
    WornFingers,
    Unclear,
}

impl Why {
    pub const ALL: [Self; 6] = [
        Self::AgedPortrait,
        Self::ChangedLooks,
        Self::CannotTurn,
        Self::PoorPicture,
        Self::WornFingers,
        Self::Unclear,
    ];

    /// As a form says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AgedPortrait => "aged-portrait",
            Self::ChangedLooks => "changed-looks",
            Self::CannotTurn => "cannot-turn",
            Self::PoorPicture => "poor-picture",
            Self::WornFingers => "worn-fingers",
            Self::Unclear => "unclear",
        }
    }
}
