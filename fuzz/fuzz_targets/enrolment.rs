//! Any bytes as a request to be enrolled, and as the signing request in one.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use niem_fuzz::today;
use verifier::enroll::{Authority, Subject};
use verifier::enrolment::Request;

static AUTHORITY: LazyLock<Authority> =
    LazyLock::new(|| Authority::create("fuzz", today()).expect("an authority can be made"));

fn enroll(csr: &str) {
    let subject = Subject::Station {
        id: "tram-01".to_owned(),
    };
    // Whatever is enrolled gets our names and not its own.
    if let Ok(certificate) = AUTHORITY.enroll(&subject, csr, today()) {
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = serde_json::from_slice::<Request>(bytes) {
        enroll(&request.csr);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        enroll(text);
    }
});
