//! Any text as a machine-readable zone, printed or in DG1.
#![no_main]

use emrtd::MrzKey;
use emrtd::mrz::Mrz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = Mrz::parse(text);
    let lines: Vec<&str> = text.lines().collect();
    let _ = MrzKey::from_lines(&lines);
});
