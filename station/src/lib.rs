//! The desk: devices, the visit, the spool of sealed bundles, and the courier that carries them
//! to the verifier. The program `niem-station` puts these together.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")
)]

pub mod answer;
pub mod attended;
pub mod booth;
pub mod carry;
pub mod clock;
pub mod config;
pub mod courier;
pub mod desk;
pub mod devices;
pub mod door;
mod durable;
pub mod epoch;
pub mod kept;
pub mod people;
pub mod preflight;
#[cfg(feature = "tesseract")]
pub mod readers;
pub mod script;
pub mod shifts;
pub mod sign_in;
pub mod slip;
pub mod sorting;
pub mod speech;
pub mod spool;
pub mod store;
pub mod tickets;
pub mod visit;

/// Every code this program itself can answer with; those of the libraries come on top.
pub fn codes() -> impl Iterator<Item = &'static str> {
    [
        answer::CODES,
        attended::CODES,
        booth::CODES,
        carry::CODES,
        config::CODES,
        courier::CODES,
        desk::CARD_CODES,
        desk::SEALING_CODES,
        devices::camera::CODES,
        door::CODES,
        epoch::CODES,
        kept::CODES,
        preflight::CODES,
        screens::CODES,
        slips::CODES,
        sealing_keys::CODES,
        sign_in::CODES,
        speech::CODES,
        spool::CODES,
        store::CODES,
        tickets::CODES,
        visit::CODES,
        visit::NOTICES,
    ]
    .into_iter()
    .flatten()
    .copied()
}
