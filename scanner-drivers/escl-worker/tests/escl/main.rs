//! The eSCL driver and its worker against our make-believe scanner, which Debian's sane-airscan takes for a true one.

#![allow(clippy::unwrap_used)]

mod announced;
mod answers;
mod promised;
mod rig;
mod secure;
