//! Reading the card: open, collect, verify, and tell failures (try again) from refusals (never).

use std::sync::Arc;
use std::time::{Duration, Instant};

use emrtd::proof::terminal::Terminal;
use emrtd::transport::{Transport, TransportError};
use emrtd::{
    AccessError, AccessKey, AccessPolicy, Can, CardQr, Challenge, Chip, ChipEvidence, Collection,
    CscaTrust, DataGroup, EvidenceError, Habits, MrzKey, Presented, Progress, ReadError, Traffic,
    VerifiedIdentity,
};
use jiff::civil::Date;
use rand_core::OsRng;
use rand_core::TryRngCore as _;

use crate::devices::{CardReader, LaidCard};
use crate::people::People;
use crate::script::CardKeyScript;
use crate::visit::{CardSeen, Event, Stop};

use super::{Desk, Step};

/// Where the key to the chip comes from.
pub enum AccessSource<'a> {
    Can(&'a str),
    Mrz(&'a [String]),
    /// The text of the code printed on the card; its number ends in the access number.
    Qr(&'a str),
}

/// A card as `card read` reports it: what was read, and what was made of it.
pub struct CardRead {
    pub evidence: ChipEvidence,
    pub verdict: Result<VerifiedIdentity, EvidenceError>,
    /// A file that was wanted, that the issuer signed for, and that the chip did not give: a
    /// shim that hides the portrait looks like this.
    pub withheld: Option<DataGroup>,
    /// How the card took the terminal that was to open DG3: accepted, or the code of why not.
    pub terminal: Option<Result<(), &'static str>>,
    pub traffic: Traffic,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    #[error("the access number, machine-readable zone or card code cannot be used")]
    BadKey,
    #[error(transparent)]
    Reader(#[from] TransportError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Read(#[from] ReadError),
}

pub const CODES: &[&str] = &["card.bad_key", WITHHELD];

/// See [`CardRead::withheld`].
pub const WITHHELD: &str = "card.group_withheld";

impl CardError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadKey => "card.bad_key",
            Self::Reader(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Read(error) => error.code(),
        }
    }
}

/// A card that slips away this often in one reading is not being held still.
const MOST_LOSSES: u32 = 5;

/// A whole reading takes 0.5 to 4 seconds; beyond this the chip is leading us round in circles.
/// Waiting for the card to be laid down does not count.
const MOST_TIME: Duration = Duration::from_secs(60);

/// How a reading goes, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    File(Progress),
    /// The card or the reader went away; it is being waited for.
    Lost {
        code: &'static str,
    },
    /// It is back, and what was read before is kept.
    GoesOn {
        bytes_kept: usize,
    },
}

/// What one reading is for.
pub struct Reading<'a> {
    pub key: &'a AccessKey,
    /// The code printed on the card, where it was scanned: the chip must not say otherwise.
    pub qr: Option<&'a CardQr>,
    pub policy: AccessPolicy,
    pub wanted: &'a [DataGroup],
    /// EF.COM as well.
    pub com: bool,
    pub challenge: &'a Challenge,
    /// Opens DG3 on cards that lock it; only an approved deployment has one.
    pub terminal: Option<Arc<dyn Terminal>>,
    pub trust: &'a CscaTrust,
    pub at: Date,
}

impl Reading<'_> {
    /// Opens, reads and verifies the card on this reader. `traffic` tells what was exchanged, even
    /// when it failed.
    ///
    /// A card that is lost in the middle is waited for, opened again and gone on with: what was read
    /// is kept. One that falls silent at its first question for a long answer is gone on with by
    /// short ones. Another card laid down instead is read from its beginning.
    ///
    /// # Errors
    /// [`CardError`] when the card could not be read; what it failed to prove is in the verdict.
    pub fn of(
        &self,
        first: LaidCard,
        reader: &mut dyn CardReader,
        traffic: &mut Traffic,
        watch: &mut dyn FnMut(Passage),
    ) -> Result<CardRead, CardError> {
        let mut laid = first;
        let mut spent = Duration::ZERO;
        let mut losses = 0;
        let mut collection = self.collection();
        let mut learnt: Option<Habits> = None;
        let (evidence, atr, habits) = loop {
            let atr = laid.atr;
            let habits = learnt.take().or_else(|| reader.habits(&atr));
            let mut clocked = Clocked {
                inner: laid.transport,
                spent: &mut spent,
            };
            let mut attempt = Attempt {
                habits: habits.clone(),
                silent: false,
            };
            let read = self.attempt(
                &mut clocked,
                &atr,
                &mut collection,
                &mut attempt,
                traffic,
                watch,
            );
            // Let go before the next one is taken hold of.
            drop(clocked);
            let error = match read {
                Ok(evidence) => break (evidence, atr, attempt.habits.unwrap_or_default()),
                Err(error) => error,
            };
            losses += 1;
            if losses > MOST_LOSSES || !error.may_be_gone_on_with(losses) {
                return Err(error);
            }
            watch(Passage::Lost { code: error.code() });
            // Once may be chance, or a hand; twice, or with the card still there, it was the question.
            let still_there = !matches!(
                error.transport(),
                Some(TransportError::CardLost | TransportError::ReaderLost)
            );
            learnt = match attempt.habits {
                _ if attempt.silent && (still_there || losses > 1) => Some(Habits::short_answers()),
                habits => habits,
            };
            if matches!(error, CardError::Read(ReadError::OtherCard)) {
                collection = self.collection();
            }
            laid = match reader.connect() {
                Ok(laid) => laid,
                // That it was taken away says more than that it is not there.
                Err(
                    TransportError::NoCard
                    | TransportError::NoReader
                    | TransportError::ServiceMissing,
                ) => return Err(error),
                Err(other) => return Err(other.into()),
            };
            watch(Passage::GoesOn {
                bytes_kept: collection.bytes_read(),
            });
        };
        reader.remember(&atr, &habits);
        let presented = Presented {
            key: Some(self.key),
            qr: self.qr,
        };
        let verdict = evidence.verify_against(self.trust, self.challenge, self.at, &presented);
        let report = match &verdict {
            Ok(identity) => identity.report(),
            Err(error) => error.report(),
        };
        // The finger template is the only file that an issuer locks against such a desk.
        let withheld = self
            .wanted
            .iter()
            .copied()
            .find(|group| *group != DataGroup::Dg3 && report.withholds(*group));
        Ok(CardRead {
            evidence,
            verdict,
            withheld,
            terminal: collection.terminal_access().map(|access| match access {
                Ok(_) => Ok(()),
                Err(error) => Err(error.code()),
            }),
            traffic: *traffic,
        })
    }

    fn collection(&self) -> Collection {
        let mut collection = Collection::new(self.wanted, *self.challenge);
        if self.com {
            collection = collection.with_com();
        }
        match &self.terminal {
            Some(terminal) => collection.with_terminal(Arc::clone(terminal)),
            None => collection,
        }
    }

    /// One session with the card, as far as it goes.
    fn attempt(
        &self,
        card: &mut Clocked<'_>,
        atr: &[u8],
        collection: &mut Collection,
        attempt: &mut Attempt,
        traffic: &mut Traffic,
        watch: &mut dyn FnMut(Passage),
    ) -> Result<ChipEvidence, CardError> {
        let mut rng = OsRng.unwrap_err();
        let mut chip = Chip::new(card).with_atr(atr);
        if let Some(habits) = &attempt.habits {
            chip = chip.with_habits(habits.clone());
        }
        let mut chip = match chip.open(self.key, self.policy, &mut rng) {
            Ok(chip) => chip,
            Err((chip, error)) => {
                add(traffic, chip.traffic());
                return Err(error.into());
            }
        };
        let read = chip.collect(collection, &mut rng, &mut |progress| {
            watch(Passage::File(progress));
        });
        add(traffic, chip.traffic());
        attempt.habits = Some(chip.habits());
        attempt.silent = chip.fell_silent_at_long_answer();
        Ok(read?)
    }
}

/// What one session taught.
struct Attempt {
    habits: Option<Habits>,
    /// It ended at the first question for a long answer.
    silent: bool,
}

/// Every session's exchanges went over the wire.
fn add(sum: &mut Traffic, more: Traffic) {
    sum.apdus += more.apdus;
    sum.bytes_sent += more.bytes_sent;
    sum.bytes_received += more.bytes_received;
}

/// A card whose exchanges are timed, all sessions together.
struct Clocked<'a> {
    inner: Box<dyn Transport>,
    spent: &'a mut Duration,
}

impl Transport for Clocked<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if *self.spent > MOST_TIME {
            return Err(TransportError::OutOfTime);
        }
        let asked = Instant::now();
        let answer = self.inner.transmit(command);
        *self.spent += asked.elapsed();
        answer
    }
}

impl CardError {
    fn transport(&self) -> Option<&TransportError> {
        match self {
            Self::Reader(error)
            | Self::Access(AccessError::Transport(error))
            | Self::Read(ReadError::Transport(error)) => Some(error),
            _ => None,
        }
    }

    /// Is it worth taking hold of the card once more? A card or reader that goes away may do so
    /// several times; what else goes wrong is tried again once.
    fn may_be_gone_on_with(&self, losses: u32) -> bool {
        match self.transport() {
            Some(
                TransportError::CardLost
                | TransportError::ReaderLost
                | TransportError::ServiceMissing,
            ) => true,
            Some(TransportError::Failed { .. }) => losses == 1,
            Some(_) => false,
            None => match self {
                // The card that lies there now is read from its beginning; not for ever.
                Self::Read(ReadError::OtherCard) => losses < MOST_LOSSES,
                Self::Read(error) => losses == 1 && error.can_go_on(),
                _ => false,
            },
        }
    }
}

/// What a visit reads: identity, portrait, proof, and the finger template where the issuer left
/// it readable. Never more (F01).
const WANTED: &[DataGroup] = &[
    DataGroup::Dg1,
    DataGroup::Dg2,
    DataGroup::Dg13,
    DataGroup::Dg14,
    DataGroup::Dg15,
    DataGroup::Dg3,
];

impl<'a> AccessSource<'a> {
    /// The key to the chip, before any card is touched.
    ///
    /// # Errors
    /// [`CardError::BadKey`] when the digits or lines cannot be right.
    pub fn key(&self) -> Result<AccessKey, CardError> {
        match self {
            Self::Can(can) => Can::new(can)
                .map(AccessKey::Can)
                .map_err(|_| CardError::BadKey),
            Self::Mrz(lines) => {
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                MrzKey::from_lines(&lines)
                    .map(AccessKey::Mrz)
                    .map_err(|_| CardError::BadKey)
            }
            Self::Qr(text) => printed(Some(text))?
                .and_then(|qr| qr.access_key().ok())
                .ok_or(CardError::BadKey),
        }
    }

    /// What was typed or scanned goes before the code, which is then only compared with.
    ///
    /// # Errors
    /// [`CardError::BadKey`] without any way, or with both a number and lines.
    pub fn of(script: &'a CardKeyScript) -> Result<Self, CardError> {
        match (&script.can, &script.mrz, &script.qr) {
            (Some(can), None, _) => Ok(Self::Can(can)),
            (None, Some(lines), _) => Ok(Self::Mrz(lines)),
            (None, None, Some(text)) => Ok(Self::Qr(text)),
            _ => Err(CardError::BadKey),
        }
    }
}

/// The code printed on the card, when there is one.
///
/// # Errors
/// [`CardError::BadKey`] when the text is no such code.
pub fn printed(text: Option<&str>) -> Result<Option<CardQr>, CardError> {
    text.map(CardQr::parse)
        .transpose()
        .map_err(|_| CardError::BadKey)
}

impl Desk<'_> {
    pub(super) fn card(
        &mut self,
        challenge: Challenge,
        people: &mut dyn People,
        failed: Option<&'static str>,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        let card = match people.card_key(failed) {
            Ok(card) => card,
            Err(stop) => return Event::Stopped(stop),
        };
        watch(Step::CardReading);
        let started = Instant::now();
        let at = (self.now)().to_zoned(crate::clock::vietnam()).date();
        let mut traffic = Traffic::default();
        let read = AccessSource::of(&card).and_then(|source| {
            let qr = printed(card.qr.as_deref())?;
            let reading = Reading {
                key: &source.key()?,
                qr: qr.as_ref(),
                policy: AccessPolicy {
                    allow_bac: self.allow_bac,
                },
                wanted: WANTED,
                com: false,
                challenge: &challenge,
                terminal: self.terminal.clone(),
                trust: self.trust,
                at,
            };
            let reader = self.devices.card_reader.as_mut();
            let mut passage = |passage| {
                watch(match passage {
                    Passage::File(progress) => Step::CardFile {
                        file: progress.file,
                        bytes_read: progress.bytes_read,
                        bytes_total: progress.bytes_total,
                    },
                    Passage::Lost { code } => Step::CardLost { code },
                    Passage::GoesOn { bytes_kept } => Step::CardGoesOn { bytes_kept },
                });
            };
            reading.of(reader.connect()?, reader, &mut traffic, &mut passage)
        });
        match read {
            // What was read is in order; what was held back may be what matters.
            Ok(CardRead {
                verdict: Ok(_),
                withheld: Some(_),
                ..
            }) => {
                watch(Step::CardNotRead { code: WITHHELD });
                Event::CardNotRead(Stop::of(WITHHELD))
            }
            Ok(CardRead {
                evidence,
                verdict: Ok(identity),
                traffic,
                ..
            }) => {
                watch(Step::Card {
                    apdus: traffic.apdus,
                    bytes_sent: traffic.bytes_sent,
                    bytes_received: traffic.bytes_received,
                    elapsed_ms: millis(started),
                    clone_check: identity.clone_check().as_str(),
                    access: evidence.access.as_str(),
                });
                let device = self.devices.card_reader.device();
                Event::CardRead(Box::new(CardSeen {
                    evidence,
                    identity,
                    device,
                }))
            }
            Ok(CardRead {
                verdict: Err(error),
                ..
            }) => {
                watch(Step::CardNotRead { code: error.code() });
                Event::CardNotRead(Stop::refusal(error.code()))
            }
            Err(error) => {
                watch(Step::CardNotRead { code: error.code() });
                Event::CardNotRead(Stop::of(error.code()))
            }
        }
    }
}

pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
