//! Finds paper scanners and scans pages, behind one trait.
//!
//! The desk asks a [`ScannerDriver`] what is plugged in and gets [`Scanner`]s; a scanner turns a [`ScanJob`] into
//! [`Page`]s, one at a time, as they leave the glass or the feeder. Each trouble an operator can do something about
//! (a jam, an open cover, an empty feeder) is a [`ScanError`] of its own.
//!
//! [`SaneDriver`] is the driver for everything SANE knows. It never loads a vendor's C code into this process: a worker
//! program does that (`niem-sane-worker`), speaking the small protocol of [`wire`], and may crash or hang alone.

mod error;
mod sane;
mod scanner;
pub mod wire;

pub use error::{CODES, ScanError};
pub use sane::SaneDriver;
pub use scanner::{
    CancelFlag, Capabilities, Mode, Page, Resolutions, ScanJob, Scanner, ScannerDriver, Source,
};
