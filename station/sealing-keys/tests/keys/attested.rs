//! What a TPM tells about a key, checked by tools that none of us wrote.

use std::process::Command;

use std::time::SystemTime;

use ring::rand::SystemRandom;
use rustls_pki_types::UnixTime;
use sealing_keys::tpm::{Attestation, Challenge};
use sealing_keys::{BareKey as _, TpmPlace};
use tpm_attestation::{AttestError, Attested, Evidence, MakerTrust, Public};

use crate::rig::{make_tpm, maker_certificate, openssl_verifies, public_pem, run, there, turn};

const TOOLS: &[&str] = &[
    "swtpm",
    "swtpm_setup",
    "certtool",
    "openssl",
    "tpm2_print",
    "tpm2_makecredential",
    "tpm2_loadexternal",
];

#[test]
fn tpm2_tools_and_openssl_agree_with_the_attestation() {
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
    let (told, ak) = key.attest(&[7; 32]).unwrap();

    // The maker stands behind the endorsement certificate, and it is of this endorsement key.
    let file = |name: &str, content: &[u8]| {
        let path = work.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    file("ek.der", &told.ek_certificate);
    let openssl = |arguments: &[&str]| {
        run(Command::new("openssl")
            .current_dir(work.path())
            .args(arguments))
        .stdout
    };
    openssl(&["x509", "-inform", "der", "-in", "ek.der", "-out", "ek.pem"]);
    openssl(&[
        "verify",
        "-partial_chain",
        "-CAfile",
        "maker/issuercert.pem",
        "-ignore_critical",
        "ek.pem",
    ]);

    // openssl: the attestation key signed TPMS_ATTEST. Its point ends the public area.
    let ak_point = last_point(&told.ak_public);
    assert!(openssl_verifies(
        &public_pem(&ak_point),
        &told.certify_info,
        &told.certify_signature
    ));
    let mut altered = told.certify_info.clone();
    altered[20] ^= 1;
    assert!(!openssl_verifies(
        &public_pem(&ak_point),
        &altered,
        &told.certify_signature
    ));

    // tpm2-tools read the same structure, the same name and the same attributes.
    let attest = file("attest", &told.certify_info);
    // It prints what all attestations have, and then ends with an error, for it knows quotes only.
    let read = tpm
        .tool("tpm2_print")
        .arg("-t")
        .arg("TPMS_ATTEST")
        .arg(&attest)
        .output()
        .unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    assert!(
        read.contains("type: 8017") && read.contains(&"07".repeat(32)),
        "{read}"
    );
    let sized =
        |public: &[u8]| [&u16::try_from(public.len()).unwrap().to_be_bytes(), public].concat();
    let public = file("key.pub", &sized(&told.key_public));
    let read = run(tpm
        .tool("tpm2_print")
        .arg("-t")
        .arg("TPM2B_PUBLIC")
        .arg(&public))
    .stdout;
    let read = String::from_utf8(read).unwrap();
    assert!(
        read.contains("fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign"),
        "{read}"
    );
    let name = work.path().join("key.name");
    run(tpm
        .tool("tpm2_loadexternal")
        .args(["-C", "n", "-u"])
        .arg(&public)
        .arg("-n")
        .arg(&name)
        .arg("-c")
        .arg(work.path().join("x.ctx")));
    run(tpm.tool("tpm2_flushcontext").arg("-t"));
    let ak_public = file("ak.pub", &sized(&told.ak_public));
    let signature = file("signature", &told.certify_signature);
    let ak_context = work.path().join("ak.ctx");
    run(tpm
        .tool("tpm2_loadexternal")
        .args(["-C", "n", "-u"])
        .arg(&ak_public)
        .arg("-c")
        .arg(&ak_context));
    run(tpm.tool("tpm2_flushcontext").arg("-t"));
    run(tpm
        .tool("tpm2_verifysignature")
        .arg("-c")
        .arg(&ak_context)
        .args(["-g", "sha256", "-f", "ecdsa"])
        .arg("-m")
        .arg(&attest)
        .arg("-s")
        .arg(&signature));
    run(tpm.tool("tpm2_flushcontext").arg("-t"));
    let name = std::fs::read(name).unwrap();
    let found = told
        .certify_info
        .windows(name.len())
        .any(|part| part == name);
    assert!(found, "the certified name is the key's");

    // A challenge that tpm2_makecredential makes for this endorsement key and this attestation key opens.
    let ak_name = {
        let mut name = vec![0, 0x0b];
        name.extend(ring::digest::digest(&ring::digest::SHA256, &told.ak_public).as_ref());
        hex::encode(name)
    };
    let ek = file("ek.pub", &sized(&told.ek_public));
    let secret = file("secret", &[0x5a; 32]);
    let made = work.path().join("credential");
    run(tpm
        .tool("tpm2_makecredential")
        .arg("-Q")
        .args(["-T", "none"])
        .arg("-u")
        .arg(&ek)
        .arg("-s")
        .arg(&secret)
        .args(["-n", &ak_name])
        .arg("-o")
        .arg(&made));
    let challenge = from_file(&std::fs::read(&made).unwrap());
    assert_eq!(*key.activate(&ak, &challenge).unwrap(), [0x5a; 32]);
    // Not with another attestation key, and not in another TPM.
    let (_, other) = key.attest(&[7; 32]).unwrap();
    assert_eq!(
        key.activate(&other, &challenge).unwrap_err().code(),
        "key.tpm"
    );
}

fn check(
    told: &Attestation,
    maker: &std::path::Path,
    about: &[u8; 32],
    point: &[u8],
) -> Result<Attested, AttestError> {
    let mut makers = MakerTrust::default();
    makers.add(&std::fs::read(maker).unwrap()).unwrap();
    let evidence = Evidence {
        ek_certificate: &told.ek_certificate,
        ek_public: &told.ek_public,
        ak_public: &told.ak_public,
        key_public: &told.key_public,
        certify_info: &told.certify_info,
        certify_signature: &told.certify_signature,
    };
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    tpm_attestation::check(
        &evidence,
        &makers,
        about,
        point,
        UnixTime::since_unix_epoch(now),
    )
}

#[test]
fn the_verifiers_check_believes_this_tpm_and_challenges_it() {
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
    let (told, ak) = key.attest(&[7; 32]).unwrap();
    let maker = maker_certificate(work.path());
    let attested = check(&told, &maker, &[7; 32], key.point()).unwrap();
    let made = attested
        .challenge(&[0x33; 32], &SystemRandom::new())
        .unwrap();
    let challenge = Challenge {
        credential: made.credential,
        secret: made.secret,
    };
    assert_eq!(*key.activate(&ak, &challenge).unwrap(), [0x33; 32]);

    let fault = |told: &Attestation, about: &[u8; 32], point: &[u8]| {
        check(told, &maker, about, point).unwrap_err().code()
    };
    assert_eq!(fault(&told, &[8; 32], key.point()), "attest.other_request");
    assert_eq!(fault(&told, &[7; 32], &[4; 65]), "attest.request_key");
    let mut other = told.clone();
    other.key_public.clone_from(&told.ak_public);
    assert_eq!(fault(&other, &[7; 32], key.point()), "attest.other_key");

    // A TPM of another maker is a stranger, and cannot open what was made for this one.
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = make_tpm(elsewhere.path(), "stranger");
    let place = TpmPlace {
        tcti: stranger.tcti(),
        record: elsewhere.path().join("device.json"),
    };
    let foreign = place.create().unwrap();
    let (told, ak) = foreign.attest(&[7; 32]).unwrap();
    assert_eq!(
        fault(&told, &[7; 32], foreign.point()),
        "attest.maker_unknown"
    );
    assert_eq!(
        foreign.activate(&ak, &challenge).unwrap_err().code(),
        "key.tpm"
    );
    // An endorsement key of a genuine TPM lent to an attestation key of another one: all that can be read
    // is right, and only the challenge tells.
    let (own, _) = key.attest(&[7; 32]).unwrap();
    let mixed = Attestation {
        ek_certificate: own.ek_certificate,
        ek_public: own.ek_public,
        ..told
    };
    let attested = check(&mixed, &maker, &[7; 32], foreign.point()).unwrap();
    let made = attested
        .challenge(&[0x44; 32], &SystemRandom::new())
        .unwrap();
    let challenge = Challenge {
        credential: made.credential,
        secret: made.secret,
    };
    assert!(foreign.activate(&ak, &challenge).is_err());
}

#[test]
fn a_tpm_opens_our_challenge_to_an_endorsement_key_of_either_kind() {
    if !there(
        &[
            TOOLS,
            &["tpm2_createek", "tpm2_createak", "tpm2_activatecredential"],
        ]
        .concat(),
    ) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    for kind in ["rsa", "ecc"] {
        let path = |name: &str| work.path().join(format!("{kind}.{name}"));
        let flush = |what: &str| {
            run(tpm.tool("tpm2_flushcontext").arg(what));
        };
        run(tpm
            .tool("tpm2_createek")
            .args(["-Q", "-G", kind])
            .arg("-c")
            .arg(path("ek.ctx"))
            .arg("-u")
            .arg(path("ek.pub")));
        flush("-t");
        run(tpm
            .tool("tpm2_createak")
            .args(["-Q", "-G", "ecc", "-g", "sha256", "-s", "ecdsa"])
            .arg("-C")
            .arg(path("ek.ctx"))
            .arg("-c")
            .arg(path("ak.ctx"))
            .arg("-n")
            .arg(path("ak.name"))
            .arg("-u")
            .arg(path("ak.pub")));
        flush("-t");
        let ek = std::fs::read(path("ek.pub")).unwrap();
        let ek = Public::read(&ek[2..], "ek").unwrap();
        let name: [u8; 34] = std::fs::read(path("ak.name")).unwrap().try_into().unwrap();
        let made = tpm_attestation::make_credential(&ek, &name, &[0x77; 32], &SystemRandom::new())
            .unwrap();
        // tpm2-tools' file: a magic, a version, then the two sized buffers.
        let mut file = vec![0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];
        for part in [&made.credential, &made.secret] {
            file.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
            file.extend(part);
        }
        std::fs::write(path("credential"), file).unwrap();
        let session = path("session");
        run(tpm
            .tool("tpm2_startauthsession")
            .arg("--policy-session")
            .arg("-S")
            .arg(&session));
        run(tpm
            .tool("tpm2_policysecret")
            .arg("-Q")
            .arg("-S")
            .arg(&session)
            .args(["-c", "e"]));
        let auth = format!("session:{}", session.display());
        run(tpm
            .tool("tpm2_activatecredential")
            .arg("-Q")
            .arg("-c")
            .arg(path("ak.ctx"))
            .arg("-C")
            .arg(path("ek.ctx"))
            .arg("-i")
            .arg(path("credential"))
            .arg("-o")
            .arg(path("opened"))
            .arg("-P")
            .arg(&auth));
        run(tpm.tool("tpm2_flushcontext").arg(&session));
        flush("-t");
        assert_eq!(std::fs::read(path("opened")).unwrap(), [0x77; 32], "{kind}");
    }
}

/// tpm2-tools' file: a magic, a version, then the two sized buffers.
fn from_file(content: &[u8]) -> Challenge {
    let rest = &content[8..];
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let (credential, rest) = rest[2..].split_at(length);
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    Challenge {
        credential: credential.to_vec(),
        secret: rest[2..2 + length].to_vec(),
    }
}

/// The point that ends a TPMT_PUBLIC of a P-256 key: two sized numbers.
fn last_point(public: &[u8]) -> [u8; 65] {
    let tail = &public[public.len() - 68..];
    let mut point = [4; 65];
    point[1..33].copy_from_slice(&tail[2..34]);
    point[33..].copy_from_slice(&tail[36..]);
    point
}
