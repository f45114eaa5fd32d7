//! What the screens show: one value, replaced whole, so that both displays and a page opened a minute later agree.
//!
//! It holds what people may see while the visit goes on and nothing that outlives it: places and codes, titles of papers,
//! the last digits of a number. Pictures lie in [`crate::Pictures`].

use jiff::Timestamp;
use rulebook::Language;

use crate::devices::DeviceView;
use crate::quiet::Quiet;
use crate::touch::{Whom, Why};

/// Everything that is shown now.
#[derive(Clone)]
pub struct Board {
    pub site: Site,
    pub line: Line,
    /// What is plugged in, always in the same order; empty until somebody looks.
    pub devices: Vec<DeviceView>,
    pub operator: Option<Person>,
    pub place: Place,
    /// Grows with every change of place; a touch names the one it was made at, so that a second tap, or a page left open
    /// in another tab, does nothing.
    pub turn: u64,
    /// When the visit began that is under way.
    pub began: Option<Timestamp>,
    /// A voice is there that reads the citizen's pages aloud.
    pub speaks: bool,
    /// Of the operator's page.
    pub language: Language,
    /// Of the citizen's display.
    pub citizen: CitizenView,
    /// How still it has become at the operator's page, and at the citizen's display.
    pub quiet: (Quiet, Quiet),
    /// The shift of whoever is signed in.
    pub shift: Option<ShiftView>,
    /// "Stop and erase" was pressed while a device was at work; it ends with the device's next word.
    pub stopping: bool,
}

/// The desk, as its settings name it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The centre's name, as it stands over the door.
    pub centre: String,
    pub station: String,
    /// Whom to call.
    pub hotline: String,
    /// Practice: everything is marked, and nothing of it has legal value (D15).
    pub practice: bool,
    /// What a learner needs to play a visit: said on the operator's page in practice alone.
    pub practice_can: Option<String>,
}

/// A shift at this desk, as its journal has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftView {
    pub began: Timestamp,
    /// From when until when the one before was.
    pub before: Option<(Timestamp, Timestamp)>,
}

/// The line to the verifier and what waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// None until it was tried.
    pub online: Option<bool>,
    pub waiting: u32,
    pub oldest: Option<Timestamp>,
    /// The verifier answers, and late, or could not file just now.
    pub slow: bool,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub role: Role,
}

/// What a person may do (`domain.md` §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Volunteer,
    Clerk,
    Certifier,
    Director,
}

/// How the citizen wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CitizenView {
    pub language: Language,
    /// 0, 1, 2: 24, 30, 36 pixels.
    pub size: u8,
    /// The citizen asked for a person.
    pub help: bool,
}

/// Where the visit is.
#[derive(Clone)]
pub enum Place {
    /// Nobody is signed in.
    SignedOut {
        people: Vec<Person>,
        refused: Option<Refused>,
    },
    /// Between two visits; a visit that the power ended is named.
    Home {
        unfinished: Option<Timestamp>,
        last: Option<End>,
    },
    /// A visit that the power ended and that can go on, or the reason why it cannot.
    Unfinished(UnfinishedView),
    /// The citizen says that they are still there.
    StillHere {
        began: Timestamp,
    },
    /// What is needed, and what need not be scanned.
    Prepare {
        asked: Vec<Asked>,
        whom: WhomView,
    },
    /// The desk is looked over before the citizen is asked for anything.
    Opening,
    Consent(ConsentView),
    /// The card is to be laid down, and the six digits typed.
    CardKey {
        failed: Option<&'static str>,
    },
    CardReading {
        share: u8,
        lost: bool,
    },
    Face(FaceView),
    Finger(FingerView),
    Officials(OfficialsView),
    Sheets,
    /// Counted again, while the pages wait.
    Recount {
        sheets: u32,
    },
    Scan(ScanView),
    /// Papers are put together after the last page was read.
    Reading,
    Review(ReviewView),
    Sealing,
    /// The visit ended with a bundle.
    Receipt(ReceiptView),
    /// The visit ended without one.
    Stopped {
        code: &'static str,
        refusal: bool,
    },
}

/// A visit that the power ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfinishedView {
    pub began: Timestamp,
    /// Pages that are kept of it.
    pub pages: usize,
    /// Why it cannot go on; nothing is kept of it then.
    pub why: Option<&'static str>,
    /// Somebody else began it, and whoever is signed in may not go on with it.
    pub other: bool,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    /// Minutes until the next try.
    pub minutes: u32,
}

/// One kind of paper, and what the rules say of bringing it.
#[derive(Clone)]
pub struct Asked {
    pub title_vi: String,
    pub title_en: String,
    /// None: it is scanned when it was brought.
    pub not_needed: Option<Clause>,
}

/// Why a paper need not be, or must not be, scanned.
#[derive(Clone)]
pub struct Clause {
    pub why_vi: String,
    pub why_en: String,
    pub clause: String,
}

/// The person before the camera.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaceView {
    pub attempt: u32,
    /// `straight`, `left`, `right`.
    pub pose: Option<&'static str>,
    /// What would make the picture better.
    pub advice: Vec<&'static str>,
    /// The camera is being waited for.
    pub lost: Option<&'static str>,
    /// Why the attempt before did not do.
    pub before: Option<&'static str>,
}

/// The finger on the glass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FingerView {
    /// As ISO/IEC 19794-4:2005 table 7 counts; 0: the card does not say.
    pub finger: u8,
    pub presentation: u32,
    pub advice: Option<&'static str>,
}

/// For whom the visit is: asked before it is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhomView {
    pub whom: Whom,
    /// Whose papers they are: the last digits of the number; none as long as nobody who can be was named.
    pub subject: Option<String>,
    /// Why the one who was named cannot be.
    pub refused: Option<&'static str>,
}

impl WhomView {
    /// Everything is said that the visit needs to be opened.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.whom.is_for_another() || self.subject.is_some()
    }
}

/// Who is asked for consent, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentView {
    pub whom: Whom,
    /// Whose papers they are: the last digits of the number.
    pub subject: Option<String>,
    /// The child whose papers they are is asked now, and not the card's holder.
    pub child: bool,
}

/// Two officials are called, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialsView {
    /// What the machine could not tell.
    pub code: &'static str,
    /// 1, 2.
    pub number: usize,
    /// Who may come now.
    pub people: Vec<Person>,
    pub refused: Option<Refused>,
    /// Who was let in and looks; portrait and camera are shown to them alone.
    pub looking: Option<Person>,
    /// The chip's portrait can be drawn.
    pub portrait: bool,
    /// The reason that stands there first; the official says which it is.
    pub likely: Why,
}

/// Papers on the scanner.
#[derive(Clone, Debug, Default)]
pub struct ScanView {
    /// Sheets that were counted by hand.
    pub sheets: u32,
    pub pages: Vec<PageView>,
    /// The scanner is at work.
    pub busy: bool,
    /// What the scanner met, or what is missing; the pages stay.
    pub trouble: Option<&'static str>,
    /// A feeder stands beside the glass.
    pub feeder: bool,
    /// The page that is looked at, and the only one of which a volunteer sees a picture.
    pub current: Option<u32>,
}

/// One page as it was judged.
#[derive(Clone, Debug, Default)]
pub struct PageView {
    /// From 1, as it was scanned; it stays when the page is moved.
    pub number: u32,
    pub read: bool,
    /// What is wrong with it; the first is named.
    pub refused: Vec<&'static str>,
    /// What a person should look at.
    pub notices: Vec<&'static str>,
    /// Grows when it is scanned again, so that no old picture is shown.
    pub version: u32,
    /// By how many degrees clockwise it was turned.
    pub turn: u32,
    /// Pages of one paper have the same.
    pub paper: usize,
    /// Taken out: no paper's, and still accounted for.
    pub out: Option<Out>,
}

/// Why a page is no paper's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    Blank,
    /// Scanned twice.
    Duplicate,
    NotWanted,
}

impl ScanView {
    /// Pages that were not taken out, in their order.
    pub fn staying(&self) -> impl Iterator<Item = &PageView> {
        self.pages.iter().filter(|page| page.out.is_none())
    }

    /// Pages that were.
    pub fn taken_out(&self) -> impl Iterator<Item = &PageView> {
        self.pages.iter().filter(|page| page.out.is_some())
    }

    /// The place of a page among those that stay, from 1.
    #[must_use]
    pub fn place_of(&self, number: u32) -> Option<usize> {
        let at = self.staying().position(|page| page.number == number)?;
        Some(at + 1)
    }

    /// Pages that have to be laid down again.
    pub fn bad(&self) -> impl Iterator<Item = &PageView> {
        self.staying().filter(|page| !page.refused.is_empty())
    }

    /// Pages that count as pages of the sheets that were counted.
    #[must_use]
    pub fn seen(&self) -> usize {
        let again = |page: &&PageView| page.out != Some(Out::Duplicate);
        self.pages.iter().filter(again).count()
    }

    /// Everything that was counted was scanned, read, and is good.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.busy
            && self.seen() as u64 >= u64::from(self.sheets)
            && self.staying().next().is_some()
            && self.staying().all(|page| page.read)
            && self.bad().next().is_none()
    }
}

/// What is looked at before it is sealed.
#[derive(Clone, Default)]
pub struct ReviewView {
    pub whom: Whom,
    /// The last digits of the number of whoever's papers they are.
    pub holder: String,
    pub papers: Vec<PaperView>,
    pub set_aside: Vec<AsideView>,
}

/// One paper.
#[derive(Clone)]
pub struct PaperView {
    pub kind: String,
    pub pages: usize,
    /// `g0`, `g1`.
    pub grade: u8,
    pub owner: Owner,
    /// Names of fields that were read without certainty.
    pub to_check: Vec<String>,
}

/// Whose paper it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Holder,
    Unknown,
}

/// A paper that is handed back unstored.
#[derive(Clone, Debug)]
pub struct AsideView {
    pub kind: String,
    pub code: &'static str,
}

/// The slip.
#[derive(Clone, Debug)]
pub struct ReceiptView {
    /// Of the bundle: the first characters of its digest, in groups of four.
    pub number: String,
    /// The bundle's whole digest: what the slip's code says until there is a receipt.
    pub bundle: String,
    /// The receipt in short (`docs/bundle-v1.md` §10), once it came.
    pub codes: Vec<String>,
    /// The last digits of the holder's number.
    pub holder: String,
    pub sealed_at: Timestamp,
    pub delivery: Delivery,
    pub sheets_returned: u32,
    /// Kinds of what was filed, with their pages and grades.
    pub papers: Vec<(String, usize, u8)>,
    pub set_aside: Vec<AsideView>,
    pub issued: Issued,
    /// The citizen said how it was, or did not want to.
    pub surveyed: bool,
    /// What the verifier noticed when it filed.
    pub notices: Vec<NoticeView>,
}

/// How often a slip was given out: while the bundle waits, and once the verifier has answered. The slip that says the
/// answer is no reprint of the one that says it waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Issued {
    pub waiting: u32,
    pub answered: u32,
}

impl Issued {
    /// Of the slips that say this of the bundle.
    #[must_use]
    pub fn saying(self, delivery: &Delivery) -> u32 {
        match delivery {
            Delivery::Waiting => self.waiting,
            Delivery::Filed { .. } | Delivery::Refused { .. } => self.answered,
        }
    }

    /// One more of those.
    pub fn give(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::Waiting => self.waiting += 1,
            Delivery::Filed { .. } | Delivery::Refused { .. } => self.answered += 1,
        }
    }
}

/// Something to know about what was filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeView {
    pub code: &'static str,
    /// The paper it is about, counted from 0.
    pub paper: Option<usize>,
}

/// What has become of the bundle; never more than a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Waiting,
    Filed { entry: String, at: Timestamp },
    Refused { code: &'static str },
}

/// How the last visit ended, for the home page.
#[derive(Clone, Debug)]
pub enum End {
    Sealed(Box<ReceiptView>),
    Stopped { code: &'static str },
}

impl Place {
    /// The stable name, for tests and for what is remembered of an unfinished visit.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignedOut { .. } => "signed-out",
            Self::Home { .. } => "home",
            Self::Unfinished(_) => "unfinished",
            Self::StillHere { .. } => "still-here",
            Self::Prepare { .. } => "prepare",
            Self::Opening => "opening",
            Self::Consent(_) => "consent",
            Self::CardKey { .. } => "card",
            Self::CardReading { .. } => "card-reading",
            Self::Face(_) => "face",
            Self::Finger(_) => "finger",
            Self::Officials(_) => "officials",
            Self::Sheets => "sheets",
            Self::Recount { .. } => "recount",
            Self::Scan(_) => "scan",
            Self::Reading => "reading",
            Self::Review(_) => "review",
            Self::Sealing => "sealing",
            Self::Receipt(_) => "receipt",
            Self::Stopped { .. } => "stopped",
        }
    }

    /// The official who was called, was let in, and looks.
    #[must_use]
    pub fn looking(&self) -> Option<&Person> {
        match self {
            Self::Officials(view) => view.looking.as_ref(),
            _ => None,
        }
    }

    /// A visit is under way that "stop and erase" would end.
    #[must_use]
    pub fn in_visit(&self) -> bool {
        !matches!(
            self,
            Self::SignedOut { .. }
                | Self::Home { .. }
                | Self::Unfinished(_)
                | Self::Receipt(_)
                | Self::Stopped { .. }
        )
    }

    /// Of the road's eight stations, the one this place belongs to.
    #[must_use]
    pub fn station(&self) -> Option<usize> {
        Some(match self {
            Self::SignedOut { .. }
            | Self::Home { .. }
            | Self::Unfinished(_)
            | Self::Stopped { .. } => return None,
            Self::Prepare { .. } | Self::Opening => 0,
            Self::StillHere { .. } => 4,
            Self::Consent(_) => 1,
            Self::CardKey { .. } | Self::CardReading { .. } => 2,
            Self::Face(_) | Self::Finger(_) | Self::Officials(_) => 3,
            Self::Sheets | Self::Recount { .. } | Self::Scan(_) | Self::Reading => 4,
            Self::Review(_) => 5,
            Self::Sealing => 6,
            Self::Receipt(_) => 7,
        })
    }
}
