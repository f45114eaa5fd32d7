//! The folder driver and its worker over real folders, with writers that write as badly as they do.

#![allow(clippy::unwrap_used)]

mod files;
mod promised;
mod rig;
