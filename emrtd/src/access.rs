//! Getting past the lock of the chip: PACE, or BAC where nothing better is offered.
//!
//! EF.CardAccess is read first. A chip that advertises PACE is opened by PACE or not at all: falling
//! back would let anyone on the wire choose the weaker lock.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::apdu::{Command, Status};
use crate::evidence::MappingWitness;
use crate::secure_messaging::SecureMessagingError;
use crate::transport::{Transport, TransportError};
use crate::wire::{Wire, WireError};

pub(crate) mod agreement;
pub(crate) mod bac;
mod key;
mod master_file;
pub(crate) mod pace;
pub(crate) mod security_info;

pub use key::{AccessKey, AccessKeyError, Can, MrzKey};
use master_file::CardSecurity;
use security_info::SecurityInfos;

/// The application identifier of the LDS1 eMRTD application, ICAO 9303-10 §3.11.2.
pub(crate) const LDS1: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

/// How the chip was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessProtocol {
    PaceCan,
    PaceMrz,
    Bac,
}

impl AccessProtocol {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaceCan => "pace-can",
            Self::PaceMrz => "pace-mrz",
            Self::Bac => "bac",
        }
    }
}

/// What the desk's operator allows. By default, PACE only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Open a chip that offers no PACE by BAC. One that offers PACE is never opened by BAC.
    pub allow_bac: bool,
}

/// Why a chip stayed closed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccessError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The chip did not accept the access number.
    #[error("the chip does not accept this card access number ({status})")]
    WrongCan { status: Status },
    /// The chip did not accept the machine-readable zone.
    #[error("the chip does not accept this machine-readable zone ({status})")]
    WrongMrz { status: Status },
    /// The chip offers BAC at most, and policy does not allow it.
    #[error("the chip offers no PACE")]
    PaceNotOffered,
    /// The chip offers BAC at most, which needs the machine-readable zone.
    #[error("without PACE the chip opens by machine-readable zone only")]
    MrzNeeded,
    /// The chip advertises PACE in forms that this crate does not speak.
    #[error("the chip offers PACE in an unknown form only")]
    PaceUnsupported,
    #[error("the chip refused at {step} ({status})")]
    Refused { step: &'static str, status: Status },
    /// The chip let us in without proving that it knows the key itself.
    #[error("the chip did not prove that it knows the key")]
    ChipUnproven,
    #[error("the chip's answer at {step} is malformed")]
    Malformed { step: &'static str },
    /// No element of the group that was agreed on, an element of a small subgroup, or our own key
    /// sent back: whoever answers so is after our secrets.
    #[error("the chip's key at {step} is not one to be used")]
    KeyUnfit { step: &'static str },
    /// The chip offered to prove itself within PACE and did not.
    #[error("the chip did not prove that it holds its own key")]
    MappingUnproven,
    #[error(transparent)]
    SecureMessaging(#[from] SecureMessagingError),
    /// No travel-document application on this card.
    #[error("there is no travel document on this card ({status})")]
    NoDocument { status: Status },
    #[error("the chip wanted too many commands")]
    TooManyCommands,
}

impl AccessError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::WrongCan { .. } => "card.can_wrong",
            Self::WrongMrz { .. } => "card.mrz_wrong",
            Self::PaceNotOffered => "card.pace_not_offered",
            Self::MrzNeeded => "card.mrz_needed",
            Self::PaceUnsupported => "card.pace_unsupported",
            Self::Refused { .. } => "card.access_refused",
            Self::ChipUnproven => "card.chip_unproven",
            Self::Malformed { .. } => "card.access_malformed",
            Self::KeyUnfit { .. } => "card.access_key_unfit",
            Self::MappingUnproven => "card.mapping_unproven",
            Self::SecureMessaging(_) => "card.secure_messaging",
            Self::NoDocument { .. } => "card.no_document",
            Self::TooManyCommands => "card.too_many_commands",
        }
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`TransportError`].
    pub const CODES: &'static [&'static str] = &[
        "card.can_wrong",
        "card.mrz_wrong",
        "card.pace_not_offered",
        "card.mrz_needed",
        "card.pace_unsupported",
        "card.access_refused",
        "card.chip_unproven",
        "card.access_malformed",
        "card.access_key_unfit",
        "card.mapping_unproven",
        "card.secure_messaging",
        "card.no_document",
        "card.too_many_commands",
    ];
}

impl From<WireError> for AccessError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Transport(error) => Self::Transport(error),
            WireError::SecureMessaging(error) => Self::SecureMessaging(error),
            WireError::TooManyCommands => Self::TooManyCommands,
            WireError::TooLong => Self::Malformed { step: "exchange" },
        }
    }
}

/// What opening a chip taught us.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) protocol: AccessProtocol,
    pub(crate) card_access: Option<Vec<u8>>,
    /// The longest answer, as EF.ATR/INFO announces it.
    pub(crate) longest_answer: Option<usize>,
    /// What the chip is called in terminal authentication (TR-03110-3 §B.3): its ephemeral key of
    /// PACE, compressed, or after BAC the document number with its check digit.
    pub(crate) identity: Vec<u8>,
    /// What the chip said of itself within PACE.
    pub(crate) mapping: Option<MappingWitness>,
    /// EF.CardSecurity, read only where there is such a word to check.
    pub(crate) card_security: Option<Vec<u8>>,
}

/// How it is known how long an answer may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AnswerLength {
    /// EF.ATR/INFO tells.
    AskAtrInfo,
    /// Answers as long as this have come from such chips.
    Proven(usize),
    Unknown,
}

/// Opens the chip and selects the travel document; the session is on the wire afterwards.
///
/// `length`: how it is known how long an answer may be.
pub(crate) fn open<T: Transport>(
    wire: &mut Wire<T>,
    key: &AccessKey,
    policy: AccessPolicy,
    length: AnswerLength,
    rng: &mut dyn CryptoRng,
) -> Result<Opened, AccessError> {
    wire.end();
    let card_access = master_file::card_access(wire)?;
    let infos = match &card_access {
        Some(bytes) => SecurityInfos::read(bytes).map_err(|_| AccessError::Malformed {
            step: "EF.CardAccess",
        })?,
        None => SecurityInfos::default(),
    };
    if infos.pace_advertised {
        let longest_answer = match length {
            AnswerLength::AskAtrInfo => master_file::longest_answer(wire)?,
            AnswerLength::Proven(_) | AnswerLength::Unknown => None,
        };
        let room = match length {
            AnswerLength::Proven(length) => Some(length),
            _ => longest_answer,
        };
        let mut agreed = pace::run(wire, &infos.pace, key, rng)?;
        wire.begin(agreed.session);
        let mut card_security = None;
        if agreed.mapping.is_some() {
            // It stands in the master file, so it comes before the document (ICAO 9303-10 §3.11.3).
            match master_file::card_security(wire, room)? {
                CardSecurity::Read(file) => card_security = Some(file),
                CardSecurity::Missing => {}
                CardSecurity::SessionEnded => {
                    wire.end();
                    agreed = pace::run(wire, &infos.pace, key, rng)?;
                    wire.begin(agreed.session);
                }
            }
        }
        select_document(wire)?;
        return Ok(Opened {
            protocol: match key {
                AccessKey::Can(_) => AccessProtocol::PaceCan,
                AccessKey::Mrz(_) => AccessProtocol::PaceMrz,
            },
            card_access,
            longest_answer,
            identity: agreed.identity,
            mapping: agreed.mapping,
            card_security,
        });
    }
    if !policy.allow_bac {
        return Err(AccessError::PaceNotOffered);
    }
    let AccessKey::Mrz(key) = key else {
        return Err(AccessError::MrzNeeded);
    };
    select_document(wire)?;
    let session = bac::run(wire, key, rng)?;
    wire.begin(session);
    Ok(Opened {
        protocol: AccessProtocol::Bac,
        card_access,
        longest_answer: None,
        identity: key.document_number().to_vec(),
        mapping: None,
        card_security: None,
    })
}

fn select_document<T: Transport>(wire: &mut Wire<T>) -> Result<(), AccessError> {
    let sealed = wire.session().is_some();
    let select = Command::new(0, 0xA4, 0x04, 0x0C).data(LDS1.to_vec());
    let mut answer = wire.send(&select)?;
    if matches!(answer.response.status, Status::WRONG_P1P2 | Status(0x6A81)) {
        // "No answer wanted" is what the standard says; some chips want to answer.
        let select = Command::new(0, 0xA4, 0x04, 0x00).data(LDS1.to_vec());
        answer = wire.send(&select.le(256))?;
    }
    let status = answer.response.status;
    if status.brings_data() && answer.sealed == sealed {
        Ok(())
    } else {
        Err(AccessError::NoDocument { status })
    }
}

#[cfg(test)]
pub(crate) mod tests;
