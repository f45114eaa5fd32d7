//! Any bytes as the head of a picture: JPEG, JPEG 2000, PNG, WSQ. Nothing is decoded, and no marker makes it run on.
#![no_main]

use emrtd::lds::{ImageFacts, ImageFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(facts) = ImageFacts::of(bytes) else {
        return;
    };
    assert_eq!(ImageFormat::sniff(bytes), Some(facts.format));
    // What follows the picture does not change its size.
    let longer = [bytes, &[0; 8]].concat();
    let again = ImageFacts::of(&longer).expect("its head is the same");
    assert_eq!((again.width, again.height), (facts.width, facts.height));
});
