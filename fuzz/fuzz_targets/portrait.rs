//! Any bytes as a portrait: JPEG, PNG or JPEG 2000, as DG2 and cameras bring them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use models::Portrait;

fuzz_target!(
    init: {
        // The portrait catches panics of the JPEG 2000 decoder; the fuzzer's hook would end the process
        // first. A panic that nobody catches still does.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |bytes: &[u8]| {
        if let Ok(portrait) = Portrait::decode(bytes) {
            let (width, height) = (portrait.width(), portrait.height());
            assert!(width <= Portrait::MAX_SIDE && height <= Portrait::MAX_SIDE);
            assert_eq!(portrait.rgb().len(), width as usize * height as usize * 3);
        }
    }
);
