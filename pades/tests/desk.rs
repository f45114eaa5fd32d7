//! A small certification authority and keys that sign, for the tests.

use std::process::Command;
use std::sync::OnceLock;

use pades::{Algorithm, KeyError, Roots, SigningKey};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, date_time_ymd,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

/// What a certificate may do, for those that may do the wrong thing.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Duty {
    Sign,
    Encipher,
}

pub(crate) enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

pub(crate) struct Key {
    pub(crate) pair: Pair,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) key_pem: String,
}

impl SigningKey for Key {
    fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Ecdsa(_) => Algorithm::EcdsaP256Sha256,
            Pair::Rsa(_) => Algorithm::RsaPkcs1Sha256,
        }
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        Ok(match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        })
    }
}

/// A key that is not there.
pub(crate) struct Missing(pub(crate) Vec<Vec<u8>>);

impl SigningKey for Missing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EcdsaP256Sha256
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        Err(KeyError::Missing)
    }
}

/// A root, an office below it, and whoever the office certifies.
pub(crate) struct Authority {
    pub(crate) root_pem: String,
    pub(crate) root_der: Vec<u8>,
    pub(crate) office_pem: String,
    office: Issuer<'static, KeyPair>,
    office_der: Vec<u8>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let ca = |name: &str| {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            params
        };
        let root_key = KeyPair::generate().unwrap();
        let root_params = ca(name);
        let root = root_params.self_signed(&root_key).unwrap();
        let root_issuer = Issuer::new(root_params, root_key);
        let office_key = KeyPair::generate().unwrap();
        let office_params = ca(&format!("{name} office"));
        let office = office_params.signed_by(&office_key, &root_issuer).unwrap();
        Self {
            root_pem: root.pem(),
            root_der: root.der().to_vec(),
            office_pem: office.pem(),
            office_der: office.der().to_vec(),
            office: Issuer::new(office_params, office_key),
        }
    }

    pub(crate) fn roots(&self) -> Roots {
        let mut roots = Roots::none();
        roots.add(self.root_pem.as_bytes()).unwrap();
        roots
    }

    fn certify(&self, name: &str, key: &KeyPair, duty: Duty, years: (i32, i32)) -> Vec<Vec<u8>> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = match duty {
            Duty::Sign => vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::ContentCommitment,
            ],
            Duty::Encipher => vec![KeyUsagePurpose::KeyEncipherment],
        };
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let certificate = params.signed_by(key, &self.office).unwrap();
        vec![certificate.der().to_vec(), self.office_der.clone()]
    }

    pub(crate) fn ecdsa(&self, duty: Duty, years: (i32, i32)) -> Key {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificates = self.certify("Nguyễn Thị Hòa", &key, duty, years);
        let pkcs8 = key.serialize_der();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            &pkcs8,
            &SystemRandom::new(),
        )
        .unwrap();
        Key {
            pair: Pair::Ecdsa(pair),
            certificates,
            key_pem: key.serialize_pem(),
        }
    }

    pub(crate) fn rsa(&self) -> Key {
        let key = KeyPair::from_pkcs8_pem_and_sign_algo(rsa_pem(), &PKCS_RSA_SHA256).unwrap();
        let certificates = self.certify("Trần Văn Quý", &key, Duty::Sign, (2020, 2100));
        let pair = RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap();
        Key {
            pair: Pair::Rsa(pair),
            certificates,
            key_pem: rsa_pem().to_owned(),
        }
    }
}

/// ring makes no RSA keys, so openssl does.
fn rsa_pem() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let arguments = [
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ];
        let output = Command::new("openssl")
            .args(arguments)
            .output()
            .expect("openssl is installed");
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    })
}

/// One authority for most tests, and its certifier.
pub(crate) fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("Specimen root"))
}

pub(crate) fn certifier() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| authority().ecdsa(Duty::Sign, (2020, 2100)))
}
