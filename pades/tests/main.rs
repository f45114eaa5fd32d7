//! Signed files shown to other programs, altered, and made hostile.

#![allow(clippy::unwrap_used)]

mod altered;
mod desk;
mod hostile;
mod judged;
mod papers;
