//! The SANE driver and its worker against Debian's own `pnm` and `test` backends: real libsane, real processes.

#![allow(clippy::unwrap_used)]

mod deaths;
mod pages;
mod rig;
