//! The desk's key in a TPM: it signs, it survives a power cut, and a stolen disk opens nothing elsewhere.

use bundle::SealingKey as _;
use sealing_keys::{BareKey as _, KeyRecord, TpmPlace, signing_request};

use crate::authority::Authority;
use crate::rig::{make_tpm, openssl_verifies, public_pem, there, turn};

const TOOLS: &[&str] = &["swtpm", "swtpm_setup", "certtool", "openssl"];

#[test]
fn a_key_of_the_tpm_signs_and_openssl_agrees_also_after_a_power_cut() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    let mut place = TpmPlace {
        tcti: tpm.tcti(),
        record: work.path().join("device.json"),
    };
    let key = place.create().unwrap();
    // More steps than a TPM has places for objects: each must have let go of what it loaded.
    for round in 0..5_u8 {
        let message = [round; 100];
        let signature = key.sign(&message).unwrap();
        assert!(openssl_verifies(
            &public_pem(key.point()),
            &message,
            &signature
        ));
        assert!(!openssl_verifies(
            &public_pem(key.point()),
            b"other",
            &signature
        ));
    }
    assert_eq!(place.create().unwrap_err().code(), "key.exists");
    assert_eq!(place.open().unwrap_err().code(), "key.not_enrolled");

    let authority = Authority::new();
    let request = signing_request(&key, "tram-01").unwrap();
    let (_, mut record) = place.bare().unwrap();
    record.certificate = Some(authority.sign(&request, "tram-01", "station"));
    record.replace(&place.record).unwrap();

    let tpm = tpm.restart();
    place.tcti = tpm.tcti();
    let enrolled = place.open().unwrap();
    let signature = enrolled.sign(b"after").unwrap();
    assert!(openssl_verifies(
        &public_pem(key.point()),
        b"after",
        &signature
    ));

    // No private key lies in the record: nothing in it signs, and its text names no PEM key.
    let text = std::fs::read_to_string(&place.record).unwrap();
    assert!(!text.contains("PRIVATE KEY"));
}

#[test]
fn a_stolen_disk_opens_nothing_on_another_tpm() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let own = make_tpm(work.path(), "desk");
    let record = work.path().join("device.json");
    TpmPlace {
        tcti: own.tcti(),
        record: record.clone(),
    }
    .create()
    .unwrap();

    let thief = make_tpm(work.path(), "thief");
    let stolen = TpmPlace {
        tcti: thief.tcti(),
        record: record.clone(),
    };
    assert_eq!(stolen.bare().unwrap_err().code(), "key.other_tpm");

    // A record that somebody altered opens on no TPM at all.
    let mut altered = KeyRecord::load(&record).unwrap();
    let private = &mut altered.tpm.as_mut().unwrap().private;
    let last = private.len() - 1;
    private[last] ^= 1;
    let place = TpmPlace {
        tcti: own.tcti(),
        record: work.path().join("altered.json"),
    };
    altered.create(&place.record).unwrap();
    assert_eq!(place.bare().unwrap_err().code(), "key.other_tpm");
}

#[test]
fn a_tpm_that_is_not_there_or_goes_away_is_told_by_code() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    let place = TpmPlace {
        tcti: tpm.tcti(),
        record: work.path().join("device.json"),
    };
    let key = place.create().unwrap();
    tpm.stop();
    assert_eq!(key.sign(b"x").unwrap_err().code(), "key.gone");
    assert_eq!(place.bare().unwrap_err().code(), "key.missing");
    std::fs::write(&place.record, "{}").unwrap();
    assert_eq!(place.bare().unwrap_err().code(), "key.record_malformed");
}
