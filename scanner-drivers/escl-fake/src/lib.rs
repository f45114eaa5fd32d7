//! A make-believe network scanner that speaks eSCL and can be told to misbehave.
//!
//! For tests: our own client is tried against it, and Debian's sane-airscan, which none of us wrote, judges whether it
//! is a scanner at all (`tests/judged.rs`). [`Fake::start`] opens a port on the loopback address; [`Fake::set`] changes
//! the [`Device`] while it runs: load paper, open the cover, cut the next body short. What clients asked is kept in
//! [`Fake::requests`].

mod device;
mod document;
mod http;
mod jobs;
mod secure;
mod server;
mod words;

pub use device::{AdfState, Body, Device, EmptyFeeder, Location};
pub use document::{encode, png};
pub use secure::Certificate;
pub use server::Fake;
