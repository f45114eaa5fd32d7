//! The desk's side of the fingerprint sensor: starts `niem-finger-worker`, asks it for devices and
//! pictures, and takes no harm when the sensor's C library crashes or hangs.
//!
//! This library links no C and holds no `unsafe`: only the worker's binary does. A captured picture
//! travels through a pipe from one wiped buffer to the next; neither side has it on a disk.
//!
//! It captures. It neither judges quality nor compares: that is the work of `models::finger`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod client;
mod error;
pub mod protocol;
pub mod virtual_image;

pub use client::{CapturedFinger, FingerPixels, SensorWorker};
pub use error::{CODES, SensorError};
