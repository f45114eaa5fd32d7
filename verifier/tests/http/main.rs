//! The verifier as the network sees it: real TLS, real certificates, real bundles, a real store on disk.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod client;
mod desk;
#[path = "../judge/program.rs"]
mod program;
mod rig;
#[cfg(feature = "province")]
#[allow(dead_code)]
mod servers;

mod api;
mod bombs;
mod cli;
mod doors;
mod erased;
mod filing;
mod judged;
mod officials;
mod offline;
#[cfg(feature = "province")]
mod province;
mod refusals;
mod signed;
mod standing;
mod uploads;
mod witnessed;
