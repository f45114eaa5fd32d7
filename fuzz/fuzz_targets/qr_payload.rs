//! Any octets as what a QR code on a paper says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paper::codes::{Meaning, payload};

fuzz_target!(|bytes: &[u8]| {
    match payload(bytes) {
        // A card's code was parsed by its own reader, which refuses what names no number.
        Meaning::Card(card) => drop(card.access_key()),
        Meaning::Document(document) => {
            let parts: usize = document.parts.iter().map(|part| part.len()).sum();
            // Two octets for one of Latin-1, and composing letters (NFC) at most trebles that.
            assert!(parts <= 6 * bytes.len());
        }
        _ => {}
    }
});
