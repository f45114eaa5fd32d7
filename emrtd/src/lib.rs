//! Reads a travel-document chip over any transport and checks what it said (ICAO Doc 9303).
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod apdu;
mod base64_text;
pub mod card_qr;
pub mod chip;
mod codes;
mod date;
pub mod evidence;
pub mod lds;
pub mod mrz;
pub mod on_card;
pub mod proof;
pub mod report;
pub mod secure_messaging;
pub mod simulator;
pub mod tlv;
pub mod transport;
pub mod trust;
#[cfg(test)]
mod vectors;
mod wire;

pub use access::{
    AccessError, AccessKey, AccessKeyError, AccessPolicy, AccessProtocol, Can, MrzKey,
};
pub use card_qr::{CardQr, CardQrError};
pub use chip::{Chip, Collection, Habits, Progress, ReadError, SecureChip, Traffic};
pub use codes::CODES;
pub use date::PartialDate;
pub use evidence::{
    ActiveAnswer, Challenge, ChipAuthWitness, ChipEvidence, EvidenceError, Holder, MappingWitness,
    PersonalId, Presented, VerifiedIdentity,
};
pub use lds::DataGroup;
pub use mrz::Sex;
pub use report::{Agreement, ChipReport, CloneCheck, Cross, EvidenceFault, Notice};
pub use trust::{CscaTrust, TrustError};
