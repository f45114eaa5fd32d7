//! Any bytes as certificates: card-verifiable ones, country certificates, and what lists of them.
#![no_main]

use emrtd::proof::cv_certificate::CvCertificate;
use emrtd::{CscaTrust, lds};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificate) = CvCertificate::parse(bytes) {
        let again = CvCertificate::parse_all(&certificate.to_bytes().repeat(2));
        assert_eq!(again.map(|both| both.len()), Ok(2));
    }
    let _ = CscaTrust::from_der([bytes]);
    let _ = emrtd::trust::read_certificates(bytes);
    let _ = lds::sod::SecurityObject::parse(bytes);
});
