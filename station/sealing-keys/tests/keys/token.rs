//! A key on a PKCS#11 token: the operator's card. Its PIN is asked of the settings' source and told to nobody.

use std::process::Command;

use bundle::SealingKey as _;
use sealing_keys::{BareKey as _, PinSource, TokenPlace, signing_request};

use crate::authority::Authority;
use crate::rig::{PIN, SOFTHSM, openssl_verifies, public_pem, run, there, tokens, turn};

const TOOLS: &[&str] = &["softhsm2-util", "pkcs11-tool", "openssl", SOFTHSM];

fn place(token: &str, pin: &str) -> TokenPlace {
    TokenPlace {
        module: SOFTHSM.into(),
        token: token.to_owned(),
        pin: PinSource::Env(pin.to_owned()),
        key: None,
        record: None,
    }
}

#[test]
fn a_key_made_on_the_token_signs_and_openssl_agrees() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    tokens();
    let work = tempfile::tempdir().unwrap();
    let mut place = place("desk-a", "NIEM_TEST_PIN");
    place.record = Some(work.path().join("device.json"));
    let key = place.create("device").unwrap();
    let signature = key.sign(b"message").unwrap();
    assert!(openssl_verifies(
        &public_pem(key.point()),
        b"message",
        &signature
    ));
    assert_eq!(place.open().unwrap_err().code(), "key.not_enrolled");

    let request = signing_request(&key, "tram-02").unwrap();
    let (_, mut record) = place.bare().unwrap();
    record.certificate = Some(Authority::new().sign(&request, "tram-02", "station"));
    record.replace(place.record.as_ref().unwrap()).unwrap();
    let again = place.open().unwrap();
    let signature = again.sign(b"again").unwrap();
    assert!(openssl_verifies(
        &public_pem(key.point()),
        b"again",
        &signature
    ));

    // It cannot be taken out, whoever asks.
    let told = run(Command::new("pkcs11-tool")
        .env("SOFTHSM2_CONF", tokens().join("softhsm2.conf"))
        .args(["--module", SOFTHSM, "--token-label", "desk-a", "--login"])
        .args(["--pin", PIN, "--list-objects", "--type", "privkey"]));
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.contains("never extractable"), "{told}");
}

#[test]
fn an_operators_own_key_and_certificate_are_found_on_the_token() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    tokens();
    let pkcs11 = |arguments: &[&str]| {
        run(Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", tokens().join("softhsm2.conf"))
            .args(["--module", SOFTHSM, "--token-label", "operator", "--login"])
            .args(["--pin", PIN])
            .args(arguments));
    };
    // As the operator's own office makes it, without us.
    pkcs11(&[
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--label",
        "sign",
        "--id",
        "01",
    ]);
    let mut place = place("operator", "NIEM_TEST_PIN");
    assert_eq!(place.open().unwrap_err().code(), "key.not_enrolled");

    let name = sealing_keys::TokenKeyName::Label("sign".to_owned());
    let bare = sealing_keys::TokenKey::open(&place.module, "operator", &place.pin, &name).unwrap();
    let request = signing_request(&bare, "nv-0042").unwrap();
    let pem = Authority::new().sign(&request, "nv-0042", "clerk");
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("c.pem"), pem).unwrap();
    run(Command::new("openssl")
        .current_dir(work.path())
        .args(["x509", "-in", "c.pem", "-outform", "der", "-out", "c.der"]));
    let der = work.path().join("c.der");
    pkcs11(&[
        "--write-object",
        der.to_str().unwrap(),
        "--type",
        "cert",
        "--id",
        "01",
    ]);

    place.key = Some("sign".to_owned());
    let key = place.open().unwrap();
    let signature = key.sign(b"paper").unwrap();
    assert!(openssl_verifies(
        &public_pem(bare.point()),
        b"paper",
        &signature
    ));
    place.key = Some("another".to_owned());
    assert_eq!(place.open().unwrap_err().code(), "key.not_found");
}

#[test]
fn a_wrong_pin_a_missing_token_and_a_pulled_one_are_told_apart() {
    if !there(TOOLS) {
        return;
    }
    let _turn = turn();
    tokens();
    let work = tempfile::tempdir().unwrap();
    let record = Some(work.path().join("device.json"));
    let mut wrong = place("careless", "NIEM_TEST_WRONG_PIN");
    wrong.record = record.clone();
    let error = wrong.create("device").unwrap_err();
    assert_eq!(error.code(), "key.pin_wrong");
    assert!(!format!("{error} {error:?}").contains("000000"));
    assert!(!work.path().join("device.json").exists());

    let missing = place("nobodys", "NIEM_TEST_PIN");
    assert_eq!(missing.open().unwrap_err().code(), "key.missing");
    let unasked = place("careless", "NIEM_TEST_NO_SUCH_VARIABLE");
    assert_eq!(unasked.open().unwrap_err().code(), "key.pin_unavailable");
    let mut elsewhere = place("careless", "NIEM_TEST_PIN");
    elsewhere.module = "/usr/lib/no-such-module.so".into();
    assert_eq!(elsewhere.open().unwrap_err().code(), "key.module");

    let mut right = place("careless", "NIEM_TEST_PIN");
    right.record = record;
    let key = right.create("device").unwrap();
    key.sign(b"before").unwrap();
    pull("careless");
    let error = key.sign(b"after").unwrap_err();
    assert_eq!(error.code(), "key.gone", "{error}");
}

/// Takes the token's files away, as pulling a stick takes its keys.
fn pull(label: &str) {
    let mut pulled = 0;
    for entry in std::fs::read_dir(tokens().join("tokens")).unwrap() {
        let folder = entry.unwrap().path();
        let about = std::fs::read(folder.join("token.object")).unwrap_or_default();
        if about
            .windows(label.len())
            .any(|part| part == label.as_bytes())
        {
            std::fs::remove_dir_all(folder).unwrap();
            pulled += 1;
        }
    }
    assert_eq!(pulled, 1);
}
