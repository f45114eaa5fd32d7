//! Faces and films through the real nets: run `cargo xtask models` once before.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

mod attacks;
mod camera;
mod damage;
mod faces;
mod support;
mod weights;
