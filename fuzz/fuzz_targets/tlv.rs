//! Any bytes as BER-TLV: never a panic, and what was read is part of what was given.
#![no_main]

use emrtd::tlv;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = tlv::Reader::new(bytes);
    let mut left = bytes.len();
    while let Ok(Some(object)) = reader.read() {
        assert!(object.raw().len() <= left && !object.raw().is_empty());
        left -= object.raw().len();
        // In its shortest form it reads back the same.
        let again = tlv::encode(object.tag(), object.value());
        assert_eq!(tlv::only(&again, object.tag()), Ok(object.value()));
    }
    if let Ok(header) = tlv::header(bytes) {
        assert!(header.total() > 0);
    }
});
