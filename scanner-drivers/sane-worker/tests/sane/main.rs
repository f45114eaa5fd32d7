//! The SANE driver and its worker against Debian's own backends: real libsane, real processes. `pnm` gives true pages,
//! `test` true troubles, `airscan` a true feeder (our make-believe network scanner behind Debian's driver for such), and
//! `net` with `saned` a scanner at another machine.

#![allow(clippy::unwrap_used)]

mod airscan;
mod deaths;
mod pages;
mod rig;
mod saned;
