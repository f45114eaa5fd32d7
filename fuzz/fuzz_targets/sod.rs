//! Any bytes as EF.SOD of a card whose other files are good: only the issuer's own is ever believed.
#![no_main]

use std::sync::LazyLock;

use emrtd::{Challenge, CscaTrust};
use libfuzzer_sys::fuzz_target;
use niem_fuzz::{Specimen, today};

static SPECIMEN: LazyLock<Specimen> = LazyLock::new(Specimen::new);

fuzz_target!(|bytes: &[u8]| {
    let trust: &CscaTrust = &SPECIMEN.trust;
    let mut evidence = SPECIMEN.evidence.clone();
    evidence.sod = bytes.to_vec();
    let challenge: Challenge = SPECIMEN.challenge;
    if evidence.verify(trust, &challenge, today()).is_ok() {
        // What may differ is outside the signature: never a digest of a file.
        let report = evidence.report(trust, &challenge, today());
        let honest = SPECIMEN.evidence.report(trust, &challenge, today());
        assert_eq!(report.passive.groups, honest.passive.groups);
    }
});
