//! Whole bundles: sealed, opened, forged, and judged by programs that are not ours.

#![allow(clippy::unwrap_used, reason = "tests")]

mod desk;
mod dsse;
mod faults;
mod forge;
mod judges;
mod limits;
mod sealing;
mod sightings;
