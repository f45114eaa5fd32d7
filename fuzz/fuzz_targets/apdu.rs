//! Any bytes as a command or an answer; a command that was read is written as it was.
#![no_main]

use emrtd::apdu::{Command, Response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(command) = Command::parse(bytes) {
        assert!(command.data.len() <= bytes.len());
        let written = command.encode();
        assert_eq!(Command::parse(&written).as_ref(), Ok(&command));
    }
    if let Ok(answer) = Response::parse(bytes.to_vec()) {
        assert_eq!(answer.encode(), bytes);
    }
});
