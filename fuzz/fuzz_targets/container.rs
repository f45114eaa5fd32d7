//! Any bytes as a signed container. None is taken that our writer has not made, so what is taken must be written back the
//! same; and any bytes as a file of one.
#![no_main]

use asic::{ContainerKey, Writer, read};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

/// Signs nothing: a reader that took such a container would not look at the signature.
struct Nobody;

impl ContainerKey for Nobody {
    fn certificate(&self) -> &[u8] {
        b"no certificate"
    }

    fn sign(&self, _message: &[u8]) -> Option<[u8; 64]> {
        Some([0; 64])
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(container) = read(bytes) {
        let size: u64 = container.entries().map(|entry| entry.size).sum();
        assert!(size < bytes.len() as u64);
        for entry in container.entries() {
            assert!(container.file(&entry.name).is_some());
        }
    }
    // The first bytes are names, the rest is content.
    let (name, content) = bytes.split_at(bytes.len().min(12));
    let mut writer = Writer::new(std::io::Cursor::new(Vec::new())).expect("memory can be written");
    let name = String::from_utf8_lossy(name);
    if writer
        .add(&name, "application/pdf", &mut &content[..])
        .is_ok()
    {
        let zip = writer
            .finish(&Nobody, Timestamp::UNIX_EPOCH)
            .expect("memory can be written");
        let refused = read(zip.get_ref()).expect_err("nobody has signed it");
        assert_eq!(refused.code(), "asic.other_form");
    }
});
