//! Whether to believe a chip: is it what the issuer signed (passive), and is it the original (active).
//!
//! Desk and verifier call the same functions on the same bytes.

pub mod active;
pub(crate) mod algorithm;
mod ber;
pub(crate) mod certificate;
pub(crate) mod chain;
pub(crate) mod der;
pub(crate) mod key;
pub(crate) mod mapping;
pub(crate) mod name;
pub(crate) mod passive;
pub(crate) mod revocation;
pub(crate) mod signed_data;

#[cfg(test)]
mod tests;
