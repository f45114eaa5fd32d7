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

pub const CODES: &[&str] = &["card.bad_key"];

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

/// Opens, reads and verifies one card. `traffic` tells what was exchanged even when it failed.
///
/// # Errors
/// [`CardError`] when the card could not be read; what it failed to prove is in the verdict.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one fact of the reading, given once, here"
)]
pub fn read_card(
    transport: Box<dyn Transport>,
    key: &AccessKey,
    policy: AccessPolicy,
    wanted: &[DataGroup],
    challenge: &Challenge,
    trust: &CscaTrust,
    at: Date,
    traffic: &mut Traffic,
) -> Result<CardRead, CardError> {
    let mut rng = OsRng.unwrap_err();
    let mut chip = match Chip::new(transport).open(key, policy, &mut rng) {
        Ok(chip) => chip,
        Err((chip, error)) => {
            *traffic = chip.traffic();
            return Err(error.into());
        }
    };
    let collected = chip.collect(wanted, challenge, &mut rng, &mut |_: Progress| ());
    *traffic = chip.traffic();
    let evidence = collected?;
    let verdict = evidence.verify(trust, challenge, at);
    Ok(CardRead {
        evidence,
        verdict,
        traffic: *traffic,
    })
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
        let policy = AccessPolicy {
            allow_bac: self.allow_bac,
        };
        let mut traffic = Traffic::default();
        let read = AccessSource::of(&script.card).and_then(|source| {
            let key = source.key()?;
            let transport = self.devices.card_reader.connect()?;
            read_card(
                transport,
                &key,
                policy,
                WANTED,
                &challenge,
                self.trust,
                at,
                &mut traffic,
            )
        });
        match read {
            Ok(CardRead {
                evidence,
                verdict: Ok(identity),
                traffic,
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
