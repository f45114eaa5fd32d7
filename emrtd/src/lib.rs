//! Reads a travel-document chip over any transport and checks what it said (ICAO Doc 9303).
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod lds;

pub use lds::DataGroup;
