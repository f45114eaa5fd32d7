//! Finds paper scanners and scans pages, behind one trait.
//!
//! The desk asks a [`ScannerDriver`] what is there and gets [`Scanner`]s; a scanner turns a [`ScanJob`] into
//! [`Page`]s, one at a time, as they leave the glass or the feeder, and tells its progress between them. Each trouble an
//! operator can do something about (a jam, an open cover) is a [`ScanError`] of its own; what passes by itself once
//! somebody acts (no paper yet) is a [`Waiting`], as long as the job has patience. [`Registry`] holds the scanners of
//! all drivers together.
//!
//! There are four drivers: [`SaneDriver`], [`EsclDriver`], [`CameraDriver`] and [`FolderDriver`]. None of them touches a
//! device, a foreign library or a foreign file in this process: a worker program of its own does, speaking the small
//! protocol of [`wire`], and may crash or hang alone. [`worker`] is the workers' side of it.

mod conversation;
mod driver;
mod drivers;
mod error;
mod event;
mod identity;
mod registry;
mod roster;
mod scanner;
pub mod settings;
pub mod wire;
pub mod worker;

pub use drivers::{CameraDriver, EsclDriver, FolderDriver, SaneDriver};
pub use error::{CODES, ScanError};
pub use event::{Page, Progress, ScanEvent, SetAside, Side, Waiting};
pub use registry::{DriverHealth, Registry, Watch};
pub use roster::HotPlug;
pub use scanner::{
    CancelFlag, Capabilities, Mode, Resolutions, ScanJob, Scanner, ScannerDriver, Source,
};
