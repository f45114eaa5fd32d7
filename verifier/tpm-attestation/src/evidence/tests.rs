//! A TPM that lies in every way it can, made of ordinary keys. A true one speaks in `station/sealing-keys/tests`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    PublicKeyData as _, SigningKey as _,
};
use ring::rand::SystemRandom;

use super::*;

// TPMA_OBJECT of the usual keys.
const FIXED: u32 = 1 << 1 | 1 << 4;
const MADE_HERE: u32 = 1 << 5;
const RESTRICTED: u32 = 1 << 16;
const DECRYPTS: u32 = 1 << 17;
const SIGNS: u32 = 1 << 18;
const EK: u32 = FIXED | MADE_HERE | RESTRICTED | DECRYPTS;
const AK: u32 = FIXED | MADE_HERE | RESTRICTED | SIGNS;
const KEY: u32 = FIXED | MADE_HERE | SIGNS;

const ABOUT: [u8; 32] = [9; 32];

struct Maker {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn maker() -> Maker {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Maker {
        issuer: Issuer::new(params, key),
        pem,
    }
}

fn public(key: &KeyPair, attributes: u32) -> Vec<u8> {
    let point = key.der_bytes();
    let decrypts = attributes & DECRYPTS != 0;
    let mut bytes = vec![0, 0x23, 0, 0x0b];
    bytes.extend(attributes.to_be_bytes());
    bytes.extend([0, 0]);
    match decrypts {
        true => bytes.extend([0, 0x06, 0, 128, 0, 0x43, 0, 0x10]),
        false => bytes.extend([0, 0x10, 0, 0x18, 0, 0x0b]),
    }
    bytes.extend([0, 3, 0, 0x10, 0, 32]);
    bytes.extend(&point[1..33]);
    bytes.extend([0, 32]);
    bytes.extend(&point[33..]);
    bytes
}

fn attest(key_public: &[u8], about: &[u8]) -> Vec<u8> {
    let name = *Public::read(key_public, "x").unwrap().name();
    let mut bytes = vec![0xff, 0x54, 0x43, 0x47, 0x80, 0x17, 0, 0];
    bytes.extend(u16::try_from(about.len()).unwrap().to_be_bytes());
    bytes.extend(about);
    bytes.extend([0; 25]);
    bytes.extend([0, 34]);
    bytes.extend(name);
    bytes.extend([0, 0]);
    bytes
}

/// Everything a desk sends, in parts that a test can spoil.
struct Told {
    ek_certificate: Vec<u8>,
    ek: Vec<u8>,
    ak_key: KeyPair,
    ak: Vec<u8>,
    key: Vec<u8>,
    info: Vec<u8>,
    request_point: Vec<u8>,
}

impl Told {
    fn honest(maker: &Maker) -> Self {
        let (ek, ak, key) = (
            KeyPair::generate().unwrap(),
            KeyPair::generate().unwrap(),
            KeyPair::generate().unwrap(),
        );
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![2, 23, 133, 8, 1])];
        let ek_certificate = params.signed_by(&ek, &maker.issuer).unwrap();
        let key_public = public(&key, KEY);
        Self {
            ek_certificate: ek_certificate.der().to_vec(),
            ek: public(&ek, EK),
            ak: public(&ak, AK),
            ak_key: ak,
            info: attest(&key_public, &ABOUT),
            key: key_public,
            request_point: key.der_bytes().to_vec(),
        }
    }

    fn check(&self, maker: &Maker) -> Result<Attested, AttestError> {
        let signature = self.ak_key.sign(&self.info).unwrap();
        self.check_with(maker, &signature)
    }

    fn check_with(&self, maker: &Maker, signature: &[u8]) -> Result<Attested, AttestError> {
        let mut makers = MakerTrust::default();
        makers.add(maker.pem.as_bytes()).unwrap();
        let evidence = Evidence {
            ek_certificate: &self.ek_certificate,
            ek_public: &self.ek,
            ak_public: &self.ak,
            key_public: &self.key,
            certify_info: &self.info,
            certify_signature: signature,
        };
        // 2026-06-01
        let at = UnixTime::since_unix_epoch(Duration::from_secs(1_780_272_000));
        check(&evidence, &makers, &ABOUT, &self.request_point, at)
    }
}

/// The fault that this change of an honest telling brings.
fn fault(change: impl FnOnce(&mut Told)) -> &'static str {
    let maker = maker();
    let mut told = Told::honest(&maker);
    change(&mut told);
    told.check(&maker).unwrap_err().code()
}

/// Another key's public area instead, with an attestation that speaks of it.
fn with_key(told: &mut Told, attributes: u32) {
    let key = KeyPair::generate().unwrap();
    told.key = public(&key, attributes);
    told.info = attest(&told.key, &ABOUT);
    told.request_point = key.der_bytes().to_vec();
}

#[test]
fn an_honest_tpm_is_believed_and_its_challenge_is_made() {
    let maker = maker();
    let told = Told::honest(&maker);
    let attested = told.check(&maker).unwrap();
    let random = SystemRandom::new();
    let (one, two) = (
        attested.challenge(&[1; 32], &random).unwrap(),
        attested.challenge(&[1; 32], &random).unwrap(),
    );
    assert_ne!(one, two, "each challenge has a seed of its own");
    assert_eq!((one.credential.len(), one.secret.len()), (2 + 32 + 34, 68));
}

#[test]
fn a_key_that_can_leave_or_was_brought_in_is_refused() {
    assert_eq!(
        fault(|told| with_key(told, KEY & !(1 << 1))),
        "attest.key_movable"
    );
    assert_eq!(
        fault(|told| with_key(told, KEY & !(1 << 4))),
        "attest.key_movable"
    );
    assert_eq!(
        fault(|told| with_key(told, KEY & !MADE_HERE)),
        "attest.key_imported"
    );
    assert_eq!(
        fault(|told| with_key(told, KEY | RESTRICTED)),
        "attest.key_kind"
    );
    assert_eq!(
        fault(|told| with_key(told, KEY & !SIGNS)),
        "attest.key_kind"
    );
    assert_eq!(fault(|told| with_key(told, EK)), "attest.key_kind");
}

#[test]
fn an_attestation_of_something_else_is_refused() {
    assert_eq!(
        fault(|told| told.info = attest(&told.ak, &ABOUT)),
        "attest.other_key"
    );
    assert_eq!(
        fault(|told| told.info = attest(&told.key, &[8; 32])),
        "attest.other_request"
    );
    assert_eq!(
        fault(|told| told.request_point = KeyPair::generate().unwrap().der_bytes().to_vec()),
        "attest.request_key"
    );
    assert_eq!(
        fault(|told| told.ak_key = KeyPair::generate().unwrap()),
        "attest.signature"
    );
}

#[test]
fn keys_that_vouch_for_anybody_are_refused() {
    let with_ak = |attributes: u32| {
        fault(|told| {
            let ak = KeyPair::generate().unwrap();
            told.ak = public(&ak, attributes);
            told.ak_key = ak;
        })
    };
    assert_eq!(with_ak(AK & !RESTRICTED), "attest.ak_kind");
    assert_eq!(with_ak(AK & !MADE_HERE), "attest.ak_kind");
    assert_eq!(with_ak(AK & !FIXED), "attest.ak_kind");
    assert_eq!(with_ak(AK | DECRYPTS), "attest.ak_kind");
}

#[test]
fn an_endorsement_key_that_no_maker_certified_is_refused() {
    assert_eq!(
        fault(|told| told.ek = public(&KeyPair::generate().unwrap(), EK)),
        "attest.ek_differs"
    );
    assert_eq!(
        fault(|told| told.ek_certificate = Told::honest(&maker()).ek_certificate),
        "attest.maker_unknown"
    );
    // The same certified key with attributes under which it would open challenges for anybody.
    assert_eq!(
        fault(|told| told.ek[4..8].copy_from_slice(&(EK & !RESTRICTED).to_be_bytes())),
        "attest.ek_kind"
    );
    let maker = maker();
    let told = Told::honest(&maker);
    let nobody = MakerTrust::default();
    assert!(matches!(
        nobody.believes(
            &told.ek_certificate,
            UnixTime::since_unix_epoch(Duration::from_secs(1_780_272_000))
        ),
        Err(AttestError::MakerUnknown)
    ));
    assert!(MakerTrust::default().add(b"nothing").is_err());
}

#[test]
fn every_shortened_or_lengthened_structure_is_malformed_and_none_panics() {
    let maker = maker();
    let told = Told::honest(&maker);
    for structure in [&told.ek, &told.ak, &told.key] {
        for length in 0..structure.len() {
            assert!(Public::read(&structure[..length], "x").is_err(), "{length}");
        }
        assert!(Public::read(&[structure.as_slice(), &[0]].concat(), "x").is_err());
    }
    for length in 0..told.info.len() {
        assert!(Attest::read(&told.info[..length]).is_err(), "{length}");
    }
    assert!(Attest::read(&[told.info.as_slice(), &[0]].concat()).is_err());
    assert!(Attest::read(&vec![0xff; 5000]).is_err());
    // A quote (0x8018) is no certification; bytes that no TPM composed lack the magic.
    for (place, value) in [(5, 0x18), (0, 0xfe)] {
        let mut other = told.info.clone();
        other[place] = value;
        assert!(Attest::read(&other).is_err());
    }
    // One flipped bit anywhere in what is signed ends the belief.
    let signature = told.ak_key.sign(&told.info).unwrap();
    told.check_with(&maker, &signature).unwrap();
    for place in 0..told.info.len() {
        let mut altered = Told::honest(&maker);
        altered.info.clone_from(&told.info);
        altered.info[place] ^= 1;
        altered.ak.clone_from(&told.ak);
        assert!(altered.check_with(&maker, &signature).is_err(), "{place}");
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_read() {
    // fuzz/fuzz_targets/seeds.rs: a seed that is refused at its first byte teaches nothing.
    let mut seed = vec![
        0, 0x23, 0, 0x0b, 0, 4, 0, 0x72, 0, 0, 0, 0x10, 0, 0x18, 0, 0x0b, 0, 3, 0, 0x10,
    ];
    seed.extend([&[0, 32], [1; 32].as_slice(), &[0, 32], &[2; 32]].concat());
    assert!(Public::read(&seed, "x").unwrap().signs());
    let mut seed = vec![0xff, 0x54, 0x43, 0x47, 0x80, 0x17, 0, 0, 0, 0];
    seed.extend([[0; 25].as_slice(), &[0, 34], &[3; 34], &[0, 0]].concat());
    assert_eq!(Attest::read(&seed).unwrap().name, [3; 34]);
}
