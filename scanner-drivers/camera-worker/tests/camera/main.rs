//! The camera driver and its worker before films: numbered pictures that play what a camera sees.

#![allow(clippy::unwrap_used)]

mod frames;
mod promised;
mod rig;
