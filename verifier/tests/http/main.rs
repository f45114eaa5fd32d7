//! The verifier as the network sees it: real TLS, real certificates, real bundles, a real store on disk.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod behalf;
mod client;
mod desk;
mod holder;
#[path = "../judge/program.rs"]
mod program;
mod rig;
#[cfg(feature = "province")]
#[allow(dead_code)]
mod servers;
mod slips;

mod access;
mod api;
mod bombs;
mod cli;
mod clients;
mod clocks;
mod doors;
mod erased;
mod exported;
mod filing;
mod hostile;
mod judged;
mod officials;
mod offline;
#[cfg(feature = "province")]
mod province;
mod refusals;
mod rights;
mod signed;
mod standing;
mod uploads;
mod witnessed;
