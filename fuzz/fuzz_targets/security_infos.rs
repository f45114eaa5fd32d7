//! Any bytes as EF.CardAccess, which anyone can write.
#![no_main]

use emrtd::lds::dg14::SecurityInfos;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(infos) = SecurityInfos::from_card_access(bytes) {
        assert!(infos.iter().count() <= 64);
    }
});
