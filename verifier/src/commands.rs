//! The commands that look after the log and the wallets, one file each.

pub(crate) mod ask;
pub(crate) mod integrators;
pub(crate) mod log;
pub(crate) mod wallet;
