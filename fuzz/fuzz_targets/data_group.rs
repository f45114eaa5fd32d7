//! Any bytes as a data group; the first byte says which.
#![no_main]

use emrtd::lds::dg14::SecurityInfos;
use emrtd::lds::{dg1, dg2, dg3, dg11, dg12, dg13, dg15};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match bytes.first() {
        Some(0x61) => drop(dg1::read(bytes)),
        Some(0x75) => drop(dg2::read_all(bytes)),
        Some(0x63) => drop(dg3::read(bytes)),
        Some(0x6B) => drop(dg11::read(bytes)),
        Some(0x6C) => drop(dg12::read(bytes)),
        Some(0x6D) => drop(dg13::read(bytes)),
        Some(0x6E) => drop(SecurityInfos::from_dg14(bytes)),
        Some(0x6F) => drop(dg15::read(bytes)),
        _ => {}
    }
});
