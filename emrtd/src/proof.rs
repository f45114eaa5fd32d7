//! Whether to believe a chip: is it what the issuer signed (passive), and is it the original (active).
//!
//! Desk and verifier call the same functions on the same bytes.

use std::collections::BTreeMap;

use crate::lds::{DataGroup, dg1};
use crate::report::PassiveReport;
use crate::trust::CscaTrust;

pub mod active;
pub(crate) mod algorithm;
mod ber;
pub(crate) mod certificate;
pub(crate) mod chain;
pub(crate) mod chip_authentication;
pub mod cv_certificate;
pub(crate) mod der;
pub(crate) mod key;
pub(crate) mod mapping;
mod memo;
pub(crate) mod name;
pub(crate) mod passive;
pub(crate) mod revocation;
pub(crate) mod signed_data;
pub mod terminal;

/// Passive authentication of files that lie somewhere else than on a chip: a security object and
/// whichever data groups there are (ICAO 9303-11 §5.1). Never fails; [`PassiveReport::faults`] has
/// the verdict. `at` is the day of the check.
///
/// A [`ChipEvidence`](crate::ChipEvidence) is judged whole by its own methods; this is for files.
pub fn passive_authentication(
    sod: &[u8],
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    trust: &CscaTrust,
    at: jiff::civil::Date,
) -> PassiveReport {
    let files = passive::Files {
        sod,
        groups,
        locked: &[],
    };
    let mrz = groups
        .get(&DataGroup::Dg1)
        .and_then(|file| dg1::read(file).ok());
    passive::check(&files, trust, mrz.as_ref().map(passive::Zone::of), at)
}

#[cfg(test)]
pub(crate) mod tests;
