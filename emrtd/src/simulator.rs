//! Chips and countries in software, for tests, demonstrations and training.
//!
//! The simulator is one more driver beside the real ones: always compiled, and harmless, because no
//! real trust list names its countries.

pub mod applet;
pub mod fault;
pub mod issuer;
pub mod timing;
pub mod vpcd;

pub use applet::{Applet, CardFinger, CardFingers, FingerComparer, Manner, Memory, TerminalTrust};
pub use fault::{Faults, UnknownFault};
pub use timing::{Timed, Timing};
