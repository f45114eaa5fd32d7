//! Whether to believe a chip: is it what the issuer signed (passive), and is it the original (active).
//!
//! Desk and verifier call the same functions on the same bytes.

pub mod active;
pub(crate) mod certificate;
mod chain;
pub mod cv_certificate;
pub(crate) mod der;
pub(crate) mod mapping;
pub(crate) mod passive;
pub(crate) mod signed_data;
pub mod terminal;

#[cfg(test)]
mod tests;
