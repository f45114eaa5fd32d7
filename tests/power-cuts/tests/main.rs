//! Power cuts, kills and broken lines: what was promised is there afterwards, once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broken_writers;
mod province;
mod spool_cuts;
mod verifier_cuts;
mod writer;
