//! Any bytes as the code printed on a card.
#![no_main]

use emrtd::CardQr;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(code) = CardQr::from_bytes(bytes) {
        // What is read at all names a number, and so opens a chip.
        let _ = code.access_key();
    }
});
