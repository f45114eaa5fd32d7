//! Getting past the lock of the chip: PACE, or BAC where nothing better is offered.
//!
//! EF.CardAccess is read first. A chip that advertises PACE is opened by PACE or not at all: falling
//! back would let anyone on the wire choose the weaker lock.

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::apdu::{Command, Status};
use crate::secure_messaging::SecureMessagingError;
use crate::tlv;
use crate::transport::{Transport, TransportError};
use crate::wire::{Wire, WireError};

pub(crate) mod agreement;
pub(crate) mod bac;
mod key;
pub(crate) mod pace;
pub(crate) mod security_info;

pub use key::{AccessKey, AccessKeyError, Can, MrzKey};
use security_info::SecurityInfos;

/// The application identifier of the LDS1 eMRTD application, ICAO 9303-10 §3.11.2.
pub(crate) const LDS1: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

const CARD_ACCESS: (u16, u8) = (0x011C, 0x1C);
const ATR_INFO_SFI: u8 = 0x01;
/// EF.CardAccess and EF.ATR/INFO are a few hundred bytes on real chips.
const MAX_OPEN_FILE: usize = 4_096;

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
}

/// Opens the chip and selects the travel document; the session is on the wire afterwards.
///
/// `ask_length`: read in EF.ATR/INFO how long an answer may be.
pub(crate) fn open<T: Transport>(
    wire: &mut Wire<T>,
    key: &AccessKey,
    policy: AccessPolicy,
    ask_length: bool,
    rng: &mut dyn CryptoRng,
) -> Result<Opened, AccessError> {
    wire.end();
    let card_access = card_access(wire)?;
    let infos = match &card_access {
        Some(bytes) => SecurityInfos::read(bytes).map_err(|_| AccessError::Malformed {
            step: "EF.CardAccess",
        })?,
        None => SecurityInfos::default(),
    };
    if infos.pace_advertised {
        let longest_answer = if ask_length {
            longest_answer(wire)?
        } else {
            None
        };
        let session = pace::run(wire, &infos.pace, key, rng)?;
        wire.begin(session);
        select_document(wire)?;
        return Ok(Opened {
            protocol: match key {
                AccessKey::Can(_) => AccessProtocol::PaceCan,
                AccessKey::Mrz(_) => AccessProtocol::PaceMrz,
            },
            card_access,
            longest_answer,
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

/// Reads EF.CardAccess wherever this chip keeps it within reach (ICAO 9303-11 §9.2.11).
fn card_access<T: Transport>(wire: &mut Wire<T>) -> Result<Option<Vec<u8>>, AccessError> {
    let (fid, sfi) = CARD_ACCESS;
    // A chip that was just powered stands in its master file.
    if let Some(file) = open_file(wire, Some(sfi))? {
        return Ok(Some(file));
    }
    for select_master in [false, true] {
        if select_master {
            // Chips without a visible master file answer 6D00 or 6A86 here and are in the right place.
            for master in [
                Command::new(0, 0xA4, 0x00, 0x0C).data(vec![0x3F, 0x00]),
                Command::new(0, 0xA4, 0x00, 0x0C),
            ] {
                if wire.send(&master)?.response.status.is_ok() {
                    break;
                }
            }
            if let Some(file) = open_file(wire, Some(sfi))? {
                return Ok(Some(file));
            }
        }
        let select = Command::new(0, 0xA4, 0x02, 0x0C).data(fid.to_be_bytes().to_vec());
        if wire.send(&select)?.response.status.brings_data()
            && let Some(file) = open_file(wire, None)?
        {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

/// A freely readable file that begins with the SET that EF.CardAccess is; `None` when it is not here.
fn open_file<T: Transport>(
    wire: &mut Wire<T>,
    sfi: Option<u8>,
) -> Result<Option<Vec<u8>>, AccessError> {
    let malformed = AccessError::Malformed {
        step: "EF.CardAccess",
    };
    // Not every chip can give 256 bytes at once.
    let mut most = 256;
    let mut file = loop {
        let file = read_plain(wire, sfi.map_or(0, |sfi| 0x80 | sfi), 0, most)?;
        match file {
            Some(file) => break file,
            None if most > 32 => most /= 2,
            None => return Ok(None),
        }
    };
    if file.first() != Some(&0x31) {
        return Ok(None);
    }
    let total = tlv::header(&file).map_err(|_| malformed.clone())?.total();
    if total > MAX_OPEN_FILE {
        return Err(malformed);
    }
    while file.len() < total {
        let [hi, lo] = (file.len() as u16).to_be_bytes();
        let rest = (total - file.len()).min(most as usize) as u32;
        let chunk = read_plain(wire, hi, lo, rest)?.unwrap_or_default();
        if chunk.is_empty() {
            return Err(malformed);
        }
        file.extend_from_slice(&chunk);
    }
    file.truncate(total);
    Ok(Some(file))
}

/// One plain READ BINARY; empty when refused, `None` when it was the length that was refused.
///
/// `6Cxx` is obeyed once.
fn read_plain<T: Transport>(
    wire: &mut Wire<T>,
    p1: u8,
    p2: u8,
    le: u32,
) -> Result<Option<Vec<u8>>, AccessError> {
    let read = Command::new(0, 0xB0, p1, p2);
    let mut response = wire.send(&read.clone().le(le))?.response;
    if response.status.0 >> 8 == 0x6C {
        let exact = match response.status.0 & 0xFF {
            0 => 256,
            exact => u32::from(exact),
        };
        response = wire.send(&read.le(exact))?.response;
    }
    Ok(match response.status {
        status if status.brings_data() => Some(response.data),
        Status::WRONG_LENGTH => None,
        _ => Some(Vec::new()),
    })
}

/// EF.ATR/INFO: how long an answer may be (ISO/IEC 7816-4 §12.7.1), if the chip says so.
fn longest_answer<T: Transport>(wire: &mut Wire<T>) -> Result<Option<usize>, AccessError> {
    let file = read_plain(wire, 0x80 | ATR_INFO_SFI, 0, 256)?.unwrap_or_default();
    let mut objects = tlv::Reader::new(&file);
    let mut longest = None;
    while let Ok(Some(object)) = objects.read() {
        match object.tag() {
            // Card capabilities: third software function table, extended Lc and Le.
            0x47 if longest.is_none() => {
                if let [_, _, third] = object.value()
                    && third & 0x40 == 0
                {
                    longest = Some(256);
                }
            }
            // Extended length information: longest command, longest answer.
            0x7F66 => {
                let mut numbers = object.children();
                if let (Ok(_), Ok(most)) = (numbers.expect(0x02), numbers.expect(0x02)) {
                    let most = most.iter().fold(0, |sum: usize, octet| {
                        sum.saturating_mul(256).saturating_add(usize::from(*octet))
                    });
                    longest = Some(most.clamp(256, 65_536));
                }
            }
            _ => {}
        }
    }
    Ok(longest)
}

#[cfg(test)]
pub(crate) mod tests;
