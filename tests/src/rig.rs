//! The desk and the verifier as journeys use them: real programs, real devices' drivers, only the
//! hardware played.

pub mod desk;
pub mod programs;
pub mod service;
