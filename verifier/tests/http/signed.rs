//! Papers above grade 0 need good signatures by officials whom the verifier knows.

use bundle::{Grade, Role};
use jiff::Timestamp;
use pades::{Algorithm, KeyError, SignOptions, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use crate::client::Answer;
use crate::desk::{Desk, pdf};
use crate::rig::Rig;

/// An official's key with a certificate under a root of its own.
struct Official {
    pair: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    root_pem: String,
}

impl Official {
    fn new() -> Self {
        let root_key = rcgen::KeyPair::generate().unwrap();
        let mut root = rcgen::CertificateParams::default();
        root.distinguished_name
            .push(rcgen::DnType::CommonName, "Officials");
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        root.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        // Before 2050, so that the date is written as RFC 5280 wants it everywhere.
        root.not_after = rcgen::date_time_ymd(2049, 1, 1);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let issuer = rcgen::Issuer::new(root, root_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Official 1");
        params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        params.not_after = rcgen::date_time_ymd(2049, 1, 1);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &key.serialize_der(),
            &SystemRandom::new(),
        );
        Self {
            pair: pair.unwrap(),
            chain: vec![certificate.der().to_vec()],
            root_pem: root_certificate.pem(),
        }
    }
}

impl SigningKey for Official {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message)
            .map_err(|_| KeyError::Refused)?;
        Ok(signature.as_ref().to_vec())
    }
}

#[test]
fn a_paper_of_grade_one_is_filed_when_a_known_official_signed_it() {
    let mut rig = Rig::new("signer_trust = 'signers'");
    let official = Official::new();
    std::fs::write(rig.path("signers/officials.pem"), &official.root_pem).unwrap();
    rig.restart();
    let desk = Desk::served_by(&rig, "tram-01", "clerk");
    let send = |grade: Grade, content: Vec<u8>| -> Answer {
        let mut visit = desk.visit();
        visit.claims.role = Role::Clerk;
        visit.claims.documents[0].grade = grade;
        visit.pdf = content;
        desk.send(visit).1
    };
    let sign = |pdf: &[u8], key: &Official| {
        pades::sign(pdf, key, &SignOptions::new(Timestamp::now())).unwrap()
    };

    let signed = sign(&pdf(2), &official);
    let answer = send(Grade::G1, signed.clone());
    assert_eq!(
        answer.status,
        201,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );

    assert_eq!(
        send(Grade::G1, pdf(2)).faults(),
        ["examine.signature_missing"]
    );
    assert_eq!(
        send(Grade::G1, sign(&pdf(2), &Official::new())).faults(),
        ["pades.issuer_unknown"]
    );
    let mut altered = signed.clone();
    let at = altered
        .windows(7)
        .position(|window| window == b"595 842")
        .unwrap();
    altered[at] = b'6';
    assert_eq!(send(Grade::G1, altered).faults(), ["pades.altered"]);
    // A clerk may digitise and not certify.
    let faults = send(Grade::G2, signed).faults();
    assert_eq!(
        faults,
        ["examine.grade_not_allowed", "examine.signature_missing"]
    );
}
