//! Signed containers for courts and archives: a paper and what belongs to it in one zip file, under one signature
//! (ASiC-E, ETSI EN 319 162-1, with XAdES, ETSI EN 319 132-1, level B-B).
//!
//! [`Writer`] streams: a file is never whole in memory. [`read()`] takes back what the writer makes and nothing else: one
//! spelling of the zip and one of the XML, so that no two readers can see two different things in one container. Other
//! programs' containers are for their own tools.
//!
//! Whose the signer's certificate is, and whether it counted, the caller must ask.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests"))]

mod read;
mod write;
mod xades;
mod zip;

pub use read::{Container, ReadError, read};
pub use write::{ContainerKey, WriteError, Writer};
pub use zip::{Entry, LARGEST_BYTES};

/// The media type of a container, which is also the content of its first file.
// ETSI EN 319 162-1 §4.4.3.1
pub const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// Every failure code this crate can produce.
pub const CODES: &[&str] = &[
    "asic.altered",
    "asic.file_extra",
    "asic.file_missing",
    "asic.key",
    "asic.malformed",
    "asic.name",
    "asic.other_form",
    "asic.signature",
    "asic.too_large",
    "asic.write",
];
