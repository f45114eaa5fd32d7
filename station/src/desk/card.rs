//! Reading the card: open, collect, verify, and tell failures (try again) from refusals (never).

use std::time::Instant;

use emrtd::transport::{Transport, TransportError};
use emrtd::{
    AccessError, AccessKey, AccessPolicy, Can, Challenge, Chip, ChipEvidence, CscaTrust, DataGroup,
    EvidenceError, MrzKey, Progress, ReadError, Traffic, VerifiedIdentity,
};
use jiff::civil::Date;
use rand_core::OsRng;
use rand_core::TryRngCore as _;

use crate::devices::CardReader;
use crate::script::{CardKeyScript, Script};
use crate::visit::{CardSeen, Event, Stop};

use super::{Desk, Step};

/// Where the key to the chip comes from.
pub enum AccessSource<'a> {
    Can(&'a str),
    Mrz(&'a [String]),
}

/// A card as `card read` reports it: what was read, and what was made of it.
pub struct CardRead {
    pub evidence: ChipEvidence,
    pub verdict: Result<VerifiedIdentity, EvidenceError>,
    /// A file that was wanted, that the issuer signed for, and that the chip did not give: a
    /// shim that hides the portrait looks like this.
    pub withheld: Option<DataGroup>,
    pub traffic: Traffic,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    #[error("the access number or machine-readable zone cannot be used")]
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

/// What one reading is for.
pub struct Reading<'a> {
    pub key: &'a AccessKey,
    pub policy: AccessPolicy,
    pub wanted: &'a [DataGroup],
    pub challenge: &'a Challenge,
    pub trust: &'a CscaTrust,
    pub at: Date,
}

impl Reading<'_> {
    /// Opens, reads and verifies the card on this reader. A chip that stops answering in the
    /// middle gets a second chance after a reset, with short answers only: some fall silent at
    /// the first long command. `traffic` tells what was exchanged, even when it failed.
    ///
    /// # Errors
    /// [`CardError`] when the card could not be read; what it failed to prove is in the verdict.
    pub fn of(
        &self,
        card: Box<dyn Transport>,
        reader: &mut dyn CardReader,
        traffic: &mut Traffic,
    ) -> Result<CardRead, CardError> {
        let read = self.once(Chip::new(card), traffic);
        match read {
            Err(CardError::Read(error)) if gave_up(&error) => {
                let before = *traffic;
                let chip = Chip::new(reader.connect()?).short_answers_only();
                let read = self.once(chip, traffic);
                // Both readings went over the wire.
                traffic.apdus += before.apdus;
                traffic.bytes_sent += before.bytes_sent;
                traffic.bytes_received += before.bytes_received;
                read.map(|read| CardRead {
                    traffic: *traffic,
                    ..read
                })
            }
            read => read,
        }
    }

    fn once(
        &self,
        chip: Chip<Box<dyn Transport>>,
        traffic: &mut Traffic,
    ) -> Result<CardRead, CardError> {
        let mut rng = OsRng.unwrap_err();
        let mut chip = match chip.open(self.key, self.policy, &mut rng) {
            Ok(chip) => chip,
            Err((chip, error)) => {
                *traffic = chip.traffic();
                return Err(error.into());
            }
        };
        let collected = chip.collect(self.wanted, self.challenge, &mut rng, &mut |_: Progress| ());
        *traffic = chip.traffic();
        let evidence = collected?;
        let verdict = evidence.verify(self.trust, self.challenge, self.at);
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
            traffic: *traffic,
        })
    }
}

/// The chip is there and does not do what it did a moment before.
fn gave_up(error: &ReadError) -> bool {
    matches!(error, ReadError::Reopen(_) | ReadError::SessionLost { .. })
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
        }
    }

    /// # Errors
    /// [`CardError::BadKey`] unless exactly one way is given.
    pub fn of(script: &'a CardKeyScript) -> Result<Self, CardError> {
        match (&script.can, &script.mrz) {
            (Some(can), None) => Ok(Self::Can(can)),
            (None, Some(lines)) => Ok(Self::Mrz(lines)),
            _ => Err(CardError::BadKey),
        }
    }
}

impl Desk<'_> {
    pub(super) fn card(
        &mut self,
        challenge: Challenge,
        script: &Script,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        watch(Step::CardReading);
        let started = Instant::now();
        let at = (self.now)().to_zoned(crate::clock::vietnam()).date();
        let mut traffic = Traffic::default();
        let read = AccessSource::of(&script.card).and_then(|source| {
            let reading = Reading {
                key: &source.key()?,
                policy: AccessPolicy {
                    allow_bac: self.allow_bac,
                },
                wanted: WANTED,
                challenge: &challenge,
                trust: self.trust,
                at,
            };
            let reader = self.devices.card_reader.as_mut();
            reading.of(reader.connect()?, reader, &mut traffic)
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
