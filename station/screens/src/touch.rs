//! What people do at the screens, as the desk hears it.

/// Something was touched. Each belongs to a turn of the board; the desk passes over what comes too late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch {
    SignIn(Credentials),
    SignOut,
    /// A visit is begun.
    Begin,
    /// Everybody knows what is needed; the visit is opened.
    Prepared,
    /// The citizen's own touch, and no other's.
    Consent {
        given: bool,
    },
    CardKey(CardDigits),
    Sheets(u32),
    Scan {
        feeder: bool,
        /// Whether these pages continue the paper before; unsaid, the pages tell.
        same_paper: Option<bool>,
    },
    Again {
        page: u32,
    },
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
