//! The service at the other end of the line: it opens a sealed bundle, examines it again from the beginning,
//! files what stands into the citizen's wallet, writes the public log, and answers with a receipt.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod access;
pub mod check;
mod codes;
pub mod comparers;
pub mod config;
pub mod enroll;
pub mod enrolment;
pub mod epochs;
pub mod examine;
pub mod export;
mod http;
mod import;
pub mod keys;
pub mod log;
pub mod memory;
pub mod monitor;
mod neighbours;
pub mod roster;
mod serve;
mod tls;
pub mod wallet;
pub mod witness;
mod witnessing;

pub use check::{CheckError, CheckOptions, Checked, check, check_content};
pub use codes::CODES;
pub use config::Config;
pub use examine::{Examiner, Verdict};
pub use import::{ImportError, Imported, import};
pub use keys::KeyFolder;
pub use roster::Roster;
pub use serve::{Running, ServeError, examiner, open_store, serve};
pub use wallet::Wallets;
pub use witnessing::WitnessesError;

/// What the fuzz targets reach behind the doors; nobody else needs it.
#[doc(hidden)]
pub mod foreign {
    pub use crate::http::blobs::upload_digest;
    pub use crate::http::log::tile_path;
}
