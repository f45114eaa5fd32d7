//! Any bytes as what a network scanner says of itself (eSCL's XML). The worker is a program and no library, so its files
//! are taken in here by their paths.
#![no_main]
#![allow(
    dead_code,
    reason = "the worker uses more of its files than the parsers"
)]

#[path = "../../scanner-drivers/escl-worker/src/capabilities.rs"]
mod capabilities;
#[path = "../../scanner-drivers/escl-worker/src/status.rs"]
mod status;
#[path = "../../scanner-drivers/escl-worker/src/xml.rs"]
mod xml;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(status) = status::Status::parse(bytes) {
        let _ = (status.device_fault(), status.feeder_fault());
    }
    if let Ok(offer) = capabilities::Offer::parse(bytes) {
        let told = offer.capabilities("escl:fuzz");
        assert!(told.model.len() <= 2 * bytes.len() + 64);
    }
});
