//! Reads a travel-document chip over any transport and checks what it said (ICAO Doc 9303).
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
mod base64_text;
pub mod evidence;
pub mod lds;
pub mod report;
pub mod tlv;

pub use access::AccessProtocol;
pub use evidence::{ActiveAnswer, Challenge, ChipAuthWitness, ChipEvidence};
pub use lds::DataGroup;
pub use report::{ChipReport, CloneCheck, EvidenceFault};
