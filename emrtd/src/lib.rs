//! Reads a travel-document chip over any transport and checks what it said (ICAO Doc 9303).
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod apdu;
mod base64_text;
pub mod chip;
pub mod evidence;
pub mod lds;
pub mod report;
pub mod secure_messaging;
pub mod tlv;
pub mod transport;
#[cfg(test)]
mod vectors;
mod wire;

pub use access::{AccessError, AccessKey, AccessKeyError, AccessPolicy, AccessProtocol, Can, MrzKey};
pub use chip::{Chip, Progress, ReadError, SecureChip, Traffic};
pub use evidence::{ActiveAnswer, Challenge, ChipAuthWitness, ChipEvidence};
pub use lds::DataGroup;
pub use report::{ChipReport, CloneCheck, EvidenceFault};
