//! What a disk may hold after the power went: a writer's file operations are recorded once with `strace`, and every
//! state that the disk could have been left in is rebuilt from them and shown to the code that must recover.
//!
//! What is taken as true of a disk: a file's content is safe up to its last `fsync` or `fdatasync`, and a name up to the
//! last `fsync` of its folder. Whatever came later may be there, may be missing, and a write may be there in some of its
//! 4 KiB pages only. A rename happens whole or not at all. `sync_file_range` promises nothing (man 2 sync_file_range).
//!
//! ```text
//! trace      strace's log, one call after another
//! journal    the calls as operations on files and folders
//! image      the disk after some of them
//! replay     many images, each shown to a check
//! ```

mod chance;
mod image;
mod journal;
mod replay;
mod trace;

pub use chance::Chance;
pub use image::{Image, Loss};
pub use journal::{Barrier, Journal, Op};
pub use replay::{Check, Failure, Plan, Tally, replay};
pub use trace::{RecordError, record, strace_is_here};
