//! Any bytes as what a card says of the fingers it compares, and as what it is sent.
#![no_main]

use emrtd::on_card::{InformationTemplate, MAX_MINUTIAE_BYTES, presented, read_presented};
use libfuzzer_sys::fuzz_target;
use models::finger::record::CardLimits;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(fingers) = InformationTemplate::read(bytes) {
        assert!(fingers.len() <= 10);
        let again = InformationTemplate::read(&InformationTemplate::write(&fingers));
        assert_eq!(again.as_ref(), Ok(&fingers));
        for finger in &fingers {
            let _ = CardLimits::read(&finger.parameters);
        }
    }
    if let Some(minutiae) = read_presented(bytes) {
        assert!((1..=MAX_MINUTIAE_BYTES).contains(&minutiae.len()));
        let field = presented(minutiae).expect("what was read can be sent");
        assert_eq!(read_presented(&field), Some(minutiae));
    }
});
