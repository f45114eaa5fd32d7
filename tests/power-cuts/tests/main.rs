//! Power cuts, kills and broken lines: what was promised is there afterwards, once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_lines;
mod broken_writers;
mod kills;
mod province;
mod proxy;
mod spool_cuts;
mod sticks;
mod verifier_cuts;
mod writer;
