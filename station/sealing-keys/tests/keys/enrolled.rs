//! A desk with a TPM becomes known to a verifier: code, attestation, challenge, certificate, and the next key.

use bundle::{KeyStorage, Sha256Digest, StationId, StationTrust};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sealing_keys::tpm::Challenge;
use sealing_keys::{BareKey as _, TpmKey, TpmPlace, signing_request};
use std::sync::Arc;
use verifier::enroll::Subject;
use verifier::enrolment::{Asker, Attestation, Enroller, EnrolmentError, Request, Step, about};
use verifier::{Config, KeyFolder, Roster};

use crate::rig::{make_tpm, maker_certificate, there, turn};

struct Province {
    enroller: Enroller,
    roster: Arc<Roster>,
    trust: StationTrust,
}

fn province(place: &std::path::Path) -> Province {
    let keys = KeyFolder::new(place.join("keys"));
    let today = jiff::Zoned::now().date();
    keys.init("niem.example/test", &["localhost".to_owned()], today)
        .unwrap();
    // The maker's own folder holds its private keys too; only its certificate is handed out.
    std::fs::create_dir(place.join("believed")).unwrap();
    std::fs::copy(maker_certificate(place), place.join("believed/maker.pem")).unwrap();
    let settings =
        "data='data'\nkeys='keys'\ncsca_trust='csca'\n[enrolment]\ntpm_makers='believed'\n";
    let config = Config::parse(settings, place).unwrap();
    let roster = Arc::new(Roster::open(&config.data).unwrap());
    Province {
        enroller: Enroller::open(&config, roster.clone()).unwrap(),
        roster,
        trust: StationTrust::load(&keys.public().join("station-ca.pem")).unwrap(),
    }
}

/// A request of this key, and the attestation key that must answer for it.
fn request(key: &TpmKey, id: &str, code: Option<&str>) -> (Request, sealing_keys::Wrapped) {
    let csr = signing_request(key, id).unwrap();
    let (told, ak) = key.attest(&about("station", id, &csr)).unwrap();
    let request = Request {
        subject: Asker::Station(id.to_owned()),
        code: code.map(|code| code.to_owned().into()),
        csr,
        storage: KeyStorage::Tpm,
        attestation: Some(Attestation {
            ek_certificate: told.ek_certificate,
            ek_public: told.ek_public,
            ak_public: told.ak_public,
            key_public: told.key_public,
            certify_info: told.certify_info,
            certify_signature: told.certify_signature,
        }),
    };
    (request, ak)
}

fn challenged(step: Step) -> (String, Challenge) {
    let Step::Challenged { id, challenge } = step else {
        panic!("a certificate before the TPM has proved anything")
    };
    let challenge = Challenge {
        credential: challenge.credential,
        secret: challenge.secret,
    };
    (id, challenge)
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .unwrap()
        .to_vec()
}

#[test]
fn a_desk_with_a_tpm_is_enrolled_by_code_and_renews_its_key() {
    if !there(&["swtpm", "swtpm_setup", "certtool"]) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    let Province {
        enroller,
        roster,
        trust,
    } = province(work.path());
    let place = |name: &str| TpmPlace {
        tcti: tpm.tcti(),
        record: work.path().join(name),
    };
    let key = place("one.json").create().unwrap();
    let now = Timestamp::now();
    let subject = Subject::Station {
        id: "tram-01".to_owned(),
    };
    let code = roster.make_code(&subject, "gd-01", 24, now).unwrap().code;

    let (asked, ak) = request(&key, "tram-01", Some(&code));
    let (id, challenge) = challenged(enroller.begin(&asked, None, now).unwrap());
    let found = key.activate(&ak, &challenge).unwrap();
    let certificate = enroller.prove(&id, &found, now).unwrap();
    // An answer that was lost on the way is given again, and is the same.
    assert_eq!(enroller.prove(&id, &found, now).unwrap(), certificate);
    let first = der(&certificate);
    assert_eq!(trust.station(&first, now).unwrap().as_str(), "tram-01");
    assert_eq!(KeyStorage::of(&first), KeyStorage::Tpm);
    let mut record = place("one.json").bare().unwrap().1;
    record.certificate = Some(certificate);
    record.replace(&work.path().join("one.json")).unwrap();
    place("one.json").open().unwrap();
    let again = enroller.begin(&asked, None, now).unwrap_err();
    assert_eq!(again.code(), "enroll.code_used");

    // The next key, by the right of the first: no code, and the TPM speaks again.
    let next = place("two.json").create().unwrap();
    assert_ne!(next.point(), key.point());
    let (asked, ak) = request(&next, "tram-01", None);
    let refused = enroller.begin(&asked, None, now).unwrap_err();
    assert_eq!(refused.code(), "enroll.nobody_asked");
    let old = Sha256Digest::of(&first).to_string();
    let (own, other) = (
        StationId::new("tram-01").unwrap(),
        StationId::new("tram-02").unwrap(),
    );
    let refused = enroller.begin(&asked, Some((&other, old.as_str())), now);
    assert_eq!(refused.unwrap_err().code(), "enroll.nobody_asked");
    let (id, challenge) = challenged(
        enroller
            .begin(&asked, Some((&own, old.as_str())), now)
            .unwrap(),
    );
    let found = next.activate(&ak, &challenge).unwrap();
    let second = der(&enroller.prove(&id, &found, now).unwrap());
    let standing = roster.standing().unwrap();
    let day = jiff::SignedDuration::from_hours(25);
    let later = now.checked_add(day).unwrap();
    assert!(standing.station_counts("tram-01", &old, now));
    assert!(!standing.station_counts("tram-01", &old, later));
    let new = Sha256Digest::of(&second).to_string();
    assert!(standing.station_counts("tram-01", &new, later));
}

#[test]
fn a_key_that_another_tpm_answers_for_gets_no_certificate() {
    if !there(&["swtpm", "swtpm_setup", "certtool"]) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let (own, other) = (
        make_tpm(work.path(), "desk"),
        make_tpm(work.path(), "other"),
    );
    let Province {
        enroller, roster, ..
    } = province(work.path());
    let place = |tcti: String, name: &str| TpmPlace {
        tcti,
        record: work.path().join(name),
    };
    let key = place(own.tcti(), "one.json").create().unwrap();
    let foreign = place(other.tcti(), "two.json").create().unwrap();
    let now = Timestamp::now();
    let subject = Subject::Station {
        id: "tram-01".to_owned(),
    };
    let code = roster.make_code(&subject, "gd-01", 24, now).unwrap().code;
    let begin = |request: &Request| enroller.begin(request, None, now);

    // A request that the attestation was not made for: the name of another desk, another key.
    let (asked, _) = request(&key, "tram-01", Some(&code));
    let (other_desk, _) = request(&key, "tram-02", Some(&code));
    let renamed = Request {
        subject: Asker::Station("tram-01".to_owned()),
        ..other_desk
    };
    assert_eq!(begin(&renamed).unwrap_err().code(), "attest.other_request");
    let (foreign_asked, _) = request(&foreign, "tram-01", Some(&code));
    let swapped = Request {
        csr: foreign_asked.csr.clone(),
        ..asked.clone()
    };
    assert_eq!(begin(&swapped).unwrap_err().code(), "attest.other_request");

    // A genuine endorsement key lent to a key elsewhere: all that can be read is right, and the answer fails.
    let (mut lent, ak) = request(&foreign, "tram-01", Some(&code));
    let (genuine, _) = request(&key, "tram-01", Some(&code));
    let (told, honest) = (
        lent.attestation.as_mut().unwrap(),
        genuine.attestation.unwrap(),
    );
    told.ek_certificate = honest.ek_certificate;
    told.ek_public = honest.ek_public;
    let (id, challenge) = challenged(begin(&lent).unwrap());
    assert_eq!(
        foreign.activate(&ak, &challenge).unwrap_err().code(),
        "key.tpm"
    );
    let guessed = enroller.prove(&id, &[0; 32], now).unwrap_err();
    assert_eq!(guessed.code(), "enroll.proof_wrong");
    let gone = enroller.prove(&id, &[0; 32], now).unwrap_err();
    assert!(
        matches!(gone, EnrolmentError::NotPending),
        "one guess a challenge"
    );

    // None of this used the code up, and after its time a challenge is forgotten.
    let (asked, ak) = request(&key, "tram-01", Some(&code));
    let (id, challenge) = challenged(begin(&asked).unwrap());
    let found = key.activate(&ak, &challenge).unwrap();
    let late = now.checked_add(jiff::SignedDuration::from_mins(6)).unwrap();
    let error = enroller.prove(&id, &found, late).unwrap_err();
    assert_eq!(error.code(), "enroll.not_pending");
    assert!(roster.enrolled().unwrap().is_empty());
}
