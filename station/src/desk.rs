//! Drives a visit with real devices: does what the road asks, and tells it what happened. Knows
//! every device and no order of things; the road knows the order and no device.

mod card;
mod keeping;
mod officials;
mod on_card;
mod papers;
mod scanning;
mod sealing;
mod sorting;
mod table;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bundle::{
    BundleDigest, Consent, MatchOutcome, OperatorId, Purpose, Recipients, Role, SealingKey,
    SightingReason,
};
use emrtd::CscaTrust;
use emrtd::proof::terminal::Terminal;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::booth::{FaceAsk, FingerAsk, FingerTaken};
use crate::devices::Devices;
use crate::people::{Agreed, Approval, People};
use crate::spool::Spool;
use crate::visit::{Ask, Closed, Event, ForWhom, Opening, SetAside, Stop, Visit};

pub use card::{
    AccessSource, CODES as CARD_CODES, CardError, CardRead, Passage, Reading, WITHHELD, printed,
};
use keeping::Keeping;
pub use keeping::Unfinished;
pub use officials::Official;
pub use on_card::{EnrolledFinger, minutiae_for};
pub use sealing::CODES as SEALING_CODES;
use table::Table;

/// What happened at the desk, for whoever watches: places and codes, never a name.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    Consent {
        given: bool,
    },
    /// The child whose papers they are was asked too.
    ChildAsked {
        agreed: bool,
    },
    CardReading,
    /// How far a file of the chip has been read.
    CardFile {
        file: &'static str,
        bytes_read: usize,
        bytes_total: usize,
    },
    /// The card or the reader went away in the middle; it is being waited for.
    CardLost {
        code: &'static str,
    },
    /// It is back, and what was read before is kept.
    CardGoesOn {
        bytes_kept: usize,
    },
    Card {
        apdus: u32,
        bytes_sent: u64,
        bytes_received: u64,
        elapsed_ms: u64,
        clone_check: &'static str,
        access: &'static str,
    },
    CardNotRead {
        code: &'static str,
    },
    /// What the person is asked to do before the camera: `straight`, `left` or `right`.
    Look {
        pose: &'static str,
    },
    /// What would make the picture better; empty when it is good.
    FaceAdvice {
        codes: Vec<&'static str>,
    },
    /// It was not seen that a living person turns the head as asked; no word about why they did not.
    NotPresent {
        code: &'static str,
        attempt: u32,
    },
    /// What an official should know of the card's portrait before it is compared.
    PortraitNotices {
        codes: Vec<&'static str>,
    },
    /// The camera went away or hangs; it is being waited for.
    CameraLost {
        code: &'static str,
    },
    /// It is back.
    CameraBack,
    Face {
        outcome: MatchOutcome,
        score: f64,
        threshold: f64,
        attempt: u32,
    },
    /// Which finger is asked for, as ISO/IEC 19794-4:2005 table 7 counts (0: the card does not say), for the how manieth
    /// time.
    LayFinger {
        finger: u8,
        presentation: u32,
    },
    /// How the finger should lie instead; it is no presentation.
    FingerAdvice {
        code: &'static str,
    },
    /// The print could not be compared; no word against anybody.
    FingerUnusable {
        code: &'static str,
        finger: u8,
        presentation: u32,
    },
    Finger {
        outcome: MatchOutcome,
        score: f64,
        threshold: f64,
        finger: u8,
        presentation: u32,
    },
    FingerNotDone {
        reason: &'static str,
    },
    /// The machine could not tell, and officials are asked to look; the code says what it could not tell.
    OfficialsCalled {
        code: &'static str,
    },
    /// One official looked and signed.
    OfficialLooked {
        outcome: MatchOutcome,
        reason: SightingReason,
    },
    Page {
        number: u32,
        of: u32,
        elapsed_ms: u64,
    },
    /// A page was judged and read, while later ones are still scanned.
    PageRead {
        number: u32,
        words: usize,
        mean_confidence: u8,
        /// What is wrong with it, and where.
        verdicts: Vec<paper::Verdict>,
        /// By how many degrees clockwise it is turned to stand upright.
        turn: u32,
    },
    /// A person turned a page; it is read again as they hold it.
    PageTurned {
        number: u32,
        turn: u32,
    },
    /// A page that no engine could make anything of.
    PageUnread {
        number: u32,
        code: &'static str,
    },
    /// This page alone has to be scanned again.
    PageAgain {
        number: u32,
        code: &'static str,
        place: Option<paper::Place>,
    },
    Paper {
        kind: String,
        pages: u32,
        /// What a person looks at before it is filed.
        notices: Vec<&'static str>,
        elapsed_ms: u64,
    },
    Sealed {
        elapsed_ms: u64,
    },
}

/// What the desk holds beside its devices.
pub struct Desk<'a> {
    pub devices: &'a mut Devices,
    pub trust: &'a CscaTrust,
    pub spool: &'a Spool,
    pub device_key: &'a dyn SealingKey,
    pub operator_key: &'a dyn SealingKey,
    pub recipients: &'a Recipients,
    pub allow_bac: bool,
    /// Opens fingers that a card locks; see [`Reading::terminal`].
    pub terminal: Option<Arc<dyn Terminal>>,
    /// Keeps the visit against a power cut; none where no key is at hand, or nobody would go on with it.
    pub keeper: Option<crate::kept::Keeper>,
    /// The clock, as an argument so that a test can move it.
    pub now: &'a dyn Fn() -> Timestamp,
}

/// How the visit ended, with what may be told about it.
#[derive(Debug)]
pub struct VisitEnd {
    pub closed: Closed,
    /// Papers that were handed back unstored.
    pub set_aside: Vec<SetAside>,
    /// Kinds, grades and page counts of what was sealed.
    pub documents: Vec<FiledDocument>,
    pub elapsed: Duration,
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct FiledDocument {
    pub kind: String,
    pub title: String,
    pub grade: bundle::Grade,
    pub pages: usize,
    pub pdf_bytes: usize,
}

impl Desk<'_> {
    /// Walks one visit to its end: devices do what the road asks, and people answer what only they can.
    pub fn run(
        &mut self,
        opening: Opening,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        let (visit, asks) = Visit::open(opening);
        self.walk((visit, asks), Table::default(), people, watch)
    }

    /// Goes on with a visit that the power ended: at the papers, with every page that had come off the scanner.
    pub fn go_on(
        &mut self,
        unfinished: Unfinished,
        operator: (OperatorId, Role),
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        let (keeper, road, table) = unfinished.apart();
        self.keeper = Some(keeper);
        let (mut table, unread) = table.laid();
        table.unread = unread;
        let begun = road
            .go_on(operator, table.counted, self.trust, (self.now)())
            .unwrap_or_else(Visit::ended);
        self.walk(begun, table, people, watch)
    }

    fn walk(
        &mut self,
        (mut visit, asks): (Visit, Vec<Ask>),
        mut table: Table,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        let started = Instant::now();
        let mut end = VisitEnd {
            closed: Closed::Stopped(Stop::withdrawn()),
            set_aside: Vec::new(),
            documents: Vec::new(),
            elapsed: Duration::ZERO,
        };
        let mut asks = VecDeque::from(asks);
        while let Some(ask) = asks.pop_front() {
            let Some(event) = self.answer(ask, &mut table, people, watch, &mut end) else {
                continue;
            };
            // A bundle that is sealed stays sealed; everything before it can be given up.
            let event = match event {
                Event::Sealed(digest) => Event::Sealed(digest),
                _ if people.stopped() => Event::Stopped(Stop::withdrawn()),
                event => event,
            };
            let (next, more) = visit.step(event);
            visit = next;
            Keeping(self.keeper.as_ref()).road(&visit);
            asks.extend(more);
        }
        self.devices.booth.rest();
        self.forget();
        if let Visit::Closed(closed) = visit {
            end.closed = closed;
        }
        end.elapsed = started.elapsed();
        end
    }

    /// Nothing is kept of a visit that is over: sealed, stopped or withdrawn.
    fn forget(&mut self) {
        if let Some(keeper) = self.keeper.take()
            && let Err(error) = keeper.erase()
        {
            tracing::error!(
                code = error.code(),
                "what was kept of a visit could not be erased"
            );
        }
    }

    fn answer(
        &mut self,
        ask: Ask,
        table: &mut Table,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
        end: &mut VisitEnd,
    ) -> Option<Event> {
        if !matches!(ask, Ask::TakePortrait { .. }) {
            // Between two attempts it stays open.
            self.devices.booth.rest();
        }
        Some(match ask {
            Ask::ShowConsent { lang, whom } => match people.consent(&lang, &whom) {
                Ok(agreed) => Event::ConsentAnswered(self.consents(&lang, &whom, agreed, watch)),
                Err(stop) => Event::Stopped(stop),
            },
            Ask::AskChild => match people.child() {
                Ok(agreed) => {
                    watch(Step::ChildAsked { agreed });
                    Event::ChildAnswered(agreed.then(|| (self.now)()))
                }
                Err(stop) => Event::Stopped(stop),
            },
            Ask::ReadCard { challenge, failed } => self.card(challenge, people, failed, watch),
            Ask::TakePortrait {
                document,
                poses,
                attempt,
                notices,
            } => {
                let ask = FaceAsk {
                    portrait: Zeroizing::new(document.bytes().to_vec()),
                    poses,
                    attempt,
                    notices,
                };
                let seen = self.devices.booth.face(&ask, watch);
                seen.map_or_else(Event::Stopped, Event::FaceCompared)
            }
            Ask::TakeFinger {
                references,
                finger,
                presentation,
            } => {
                let ask = FingerAsk {
                    records: references.iter().map(FingerTaken::of).collect(),
                    finger,
                    presentation,
                };
                let seen = self.devices.booth.finger(&ask, watch);
                seen.map_or_else(Event::Stopped, Event::FingerCompared)
            }
            Ask::CallOfficials {
                portrait,
                occasion,
                why,
            } => self.officials(&portrait, &occasion, why, people, watch),
            Ask::CountSheets => people
                .sheets()
                .map_or_else(Event::Stopped, Event::SheetsCounted),
            Ask::ScanPapers { sheets } => {
                table.counted = sheets;
                self.papers(table, people, watch)
            }
            Ask::AskApproval { review } => match people.approve(&review) {
                Ok(Approval::Back) => Event::BackToPapers,
                Ok(approval) => Event::ApprovalAnswered(approval == Approval::Given),
                Err(stop) => Event::Stopped(stop),
            },
            Ask::Seal(request) => {
                end.set_aside.clone_from(&request.set_aside);
                match self.seal(*request, watch) {
                    Ok((digest, documents)) => {
                        end.documents = documents;
                        Event::Sealed(digest)
                    }
                    Err(stop) => Event::Stopped(stop),
                }
            }
            // Everything personal lived in the visit's own values, which are wiped as they go, and in what was kept.
            Ask::Erase => {
                self.forget();
                return None;
            }
        })
    }

    /// The text shown is the rulebook's version of the day.
    fn consents(
        &self,
        lang: &str,
        whom: &ForWhom,
        agreed: Agreed,
        watch: &mut dyn FnMut(Step),
    ) -> Vec<Consent> {
        let given_at = (self.now)();
        let day = given_at.to_zoned(crate::clock::vietnam()).date();
        let mut consents = Vec::new();
        let file = match whom.subject() {
            Some(_) => rulebook::consents::Purpose::FileForAnother,
            None => rulebook::consents::Purpose::File,
        };
        for (purpose, told, given) in [
            (
                Purpose::Identify,
                rulebook::consents::Purpose::Identify,
                agreed.identify,
            ),
            (Purpose::File, file, agreed.file),
        ] {
            // Without a text in force there is nothing that could be agreed to.
            let Some(text) = rulebook::consents::current(told, day).filter(|_| given) else {
                continue;
            };
            consents.push(Consent {
                purpose,
                text_version: text.version.clone(),
                lang: lang.to_owned(),
                given_at,
            });
        }
        watch(Step::Consent {
            given: consents.len() == 2,
        });
        consents
    }
}

impl VisitEnd {
    #[must_use]
    pub fn digest(&self) -> Option<BundleDigest> {
        match &self.closed {
            Closed::Sealed(digest) => Some(*digest),
            Closed::Stopped(_) => None,
        }
    }
}
