//! What a TPM is said to have said: public areas and attestations out of a stranger's request.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tpm_attestation::{Attest, Public};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(public) = Public::read(bytes, "fuzz") {
        assert_eq!(public.name()[..2], [0, 0x0b]);
        // Nothing may follow a public area that was read.
        assert!(Public::read(&[bytes, &[0]].concat(), "fuzz").is_err());
    }
    if let Ok(attest) = Attest::read(bytes) {
        assert!(attest.about.len() + attest.name.len() < bytes.len());
    }
});
