//! The keys that sign: the desk's and the operator's (ECDSA P-256 with a certificate), and the
//! verifier's receipt key (Ed25519).
//!
//! A desk's key should live in a TPM or a token; [`SealingKey`] is the door through which such a
//! key signs without being seen. [`FileKey`] is the key in a file, for the demo and for tests.

use std::fmt;
use std::path::Path;

use rand_core::CryptoRng;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

use crate::envelope::{Envelope, EnvelopeSignature};
use crate::ids::Sha256Digest;

/// A key file longer than this is refused before it is parsed.
const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// A key that can seal. Implementations may block on a token or a TPM.
pub trait SealingKey: Send + Sync {
    /// Signs with ECDSA on P-256 over SHA-256 of `message`; the signature is ASN.1 DER
    /// (RFC 3279 §2.2.3).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// The certificate of this key: X.509, DER.
    fn certificate(&self) -> &[u8];
}

/// What can go wrong with a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file could not be read.
    #[error("the key file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// Not PEM of the kind that is wanted here.
    #[error("the key file does not hold the wanted kind of key or certificate")]
    Malformed,
    /// The key and the certificate do not belong together.
    #[error("the certificate is for another key")]
    CertificateOfOtherKey,
    /// The TPM or the token with the key is not there.
    #[error("the token or TPM with the key is not there")]
    Missing,
    /// It was there and went away in the middle of the work.
    #[error("the token with the key was pulled out")]
    Gone,
    /// The token refused the PIN.
    #[error("the token refused the PIN")]
    PinWrong,
    /// The token takes no more PINs.
    #[error("the token is locked after too many wrong PINs")]
    PinLocked,
    /// The token or TPM did not answer, or refused.
    #[error("the key did not sign: {detail}")]
    Refused {
        /// What the token said. Never a PIN.
        detail: String,
    },
}

impl KeyError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "key.unreadable",
            Self::Malformed => "key.malformed",
            Self::CertificateOfOtherKey => "key.certificate_of_other_key",
            Self::Missing => "key.missing",
            Self::Gone => "key.gone",
            Self::PinWrong => "key.pin_wrong",
            Self::PinLocked => "key.pin_locked",
            Self::Refused { .. } => "key.refused",
        }
    }
}

/// A P-256 key and its certificate, both read from PEM files. Whoever copies the file has the
/// key: real desks use a TPM or a token.
pub struct FileKey {
    pair: EcdsaKeyPair,
    certificate: Vec<u8>,
    random: SystemRandom,
}

impl FileKey {
    /// Reads the two files.
    pub fn load(key: &Path, certificate: &Path) -> Result<Self, KeyError> {
        let key = Zeroizing::new(read_bounded(key)?);
        Self::from_pem(&key, &read_bounded(certificate)?)
    }

    /// Takes a PKCS#8 key and the first certificate of a PEM text. They must belong together.
    pub fn from_pem(key: &[u8], certificate: &[u8]) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let key = pkcs8(key)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key, &random)
            .map_err(|_| KeyError::Malformed)?;
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| KeyError::Malformed)?
            .to_vec();
        let parsed = crate::trust::parse(&certificate).map_err(|_| KeyError::Malformed)?;
        let named = parsed
            .tbs_certificate
            .subject_public_key_info
            .subject_public_key
            .raw_bytes();
        if named != pair.public_key().as_ref() {
            return Err(KeyError::CertificateOfOtherKey);
        }
        Ok(Self {
            pair,
            certificate,
            random,
        })
    }
}

impl SealingKey for FileKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self
            .pair
            .sign(&self.random, message)
            .map_err(|_| KeyError::Refused {
                detail: "the system gave no random numbers".to_owned(),
            })?;
        Ok(signature.as_ref().to_vec())
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// How a certificate is named in an envelope's `keyid`: SHA-256 of its DER, as `openssl x509
/// -fingerprint -sha256` prints it, in lower case without colons.
pub(crate) fn certificate_keyid(certificate: &[u8]) -> String {
    Sha256Digest::of(certificate).to_string()
}

/// The verifier's Ed25519 key, which signs tickets and receipts.
pub struct ReceiptKey {
    pair: Ed25519KeyPair,
    seed: Zeroizing<[u8; 32]>,
    public: VerifierPublicKey,
}

/// The DER in front of the 32 secret bytes (RFC 8410 §7): version 0, Ed25519, OCTET STRING of
/// OCTET STRING. Written by hand because OpenSSL 3.0 does not read the newer form with the
/// public key inside.
const PKCS8_ED25519: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The DER in front of the 32 public bytes (RFC 8410 §4).
const SPKI_ED25519: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

impl ReceiptKey {
    /// A fresh key.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self::from_seed(seed).expect("every 32 bytes are an Ed25519 seed")
    }

    /// Reads an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let der = pkcs8(pem)?;
        let Some(rest) = der.strip_prefix(&PKCS8_ED25519) else {
            return Err(KeyError::Malformed);
        };
        let seed = Zeroizing::new(<[u8; 32]>::try_from(rest).map_err(|_| KeyError::Malformed)?);
        Self::from_seed(seed)
    }

    /// Reads [`ReceiptKey::from_pem`] from a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&Zeroizing::new(read_bounded(path)?))
    }

    fn from_seed(seed: Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map_err(|_| KeyError::Malformed)?;
        let bytes = pair
            .public_key()
            .as_ref()
            .try_into()
            .expect("an Ed25519 public key has 32 bytes");
        Ok(Self {
            pair,
            seed,
            public: VerifierPublicKey { bytes },
        })
    }

    /// The key as PKCS#8 PEM. Whoever reads it can sign receipts.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        let der = Zeroizing::new([&PKCS8_ED25519[..], self.seed.as_slice()].concat());
        Zeroizing::new(pem("PRIVATE KEY", &der))
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public_key(&self) -> &VerifierPublicKey {
        &self.public
    }

    /// The raw Ed25519 signature (RFC 8032) of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair
            .sign(message)
            .as_ref()
            .try_into()
            .expect("an Ed25519 signature has 64 bytes")
    }

    pub(crate) fn sign_envelope(&self, envelope: &mut Envelope) {
        let sig = self.sign(&envelope.pae()).to_vec();
        envelope.signatures.push(EnvelopeSignature {
            keyid: self.public.keyid(),
            sig,
        });
    }
}

impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiptKey(..)")
    }
}

/// The verifier's public key: what a desk trusts for tickets and receipts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifierPublicKey {
    bytes: [u8; 32],
}

impl VerifierPublicKey {
    /// Reads a SubjectPublicKeyInfo in PEM, as `openssl pkey -pubout` writes it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        if pem.len() as u64 > MAX_KEY_FILE_BYTES {
            return Err(KeyError::Malformed);
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| KeyError::Malformed)?;
        let Some(rest) = der.as_ref().strip_prefix(&SPKI_ED25519) else {
            return Err(KeyError::Malformed);
        };
        Ok(Self {
            bytes: rest.try_into().map_err(|_| KeyError::Malformed)?,
        })
    }

    /// Reads [`VerifierPublicKey::from_pem`] from a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&read_bounded(path)?)
    }

    /// The key as SubjectPublicKeyInfo PEM.
    #[must_use]
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &self.to_spki())
    }

    /// The 32 bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// How this key is named in an envelope: SHA-256 of its SubjectPublicKeyInfo DER.
    #[must_use]
    pub fn keyid(&self) -> String {
        Sha256Digest::of(&self.to_spki()).to_string()
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.bytes)
            .verify(message, signature)
            .is_ok()
    }

    pub(crate) fn has_signed(&self, envelope: &Envelope) -> bool {
        envelope
            .signature_of(&self.keyid())
            .is_some_and(|sig| self.verify(&envelope.pae(), sig))
    }

    fn to_spki(self) -> Vec<u8> {
        [&SPKI_ED25519[..], &self.bytes].concat()
    }
}

impl fmt::Debug for VerifierPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierPublicKey({})", self.keyid())
    }
}

fn pkcs8(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if pem.len() as u64 > MAX_KEY_FILE_BYTES {
        return Err(KeyError::Malformed);
    }
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| KeyError::Malformed)?;
    Ok(Zeroizing::new(der.secret_pkcs8_der().to_vec()))
}

/// RFC 7468 §2: base64 in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;

    let text = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(der));
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|b| char::from(*b)));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, KeyError> {
    crate::file::read_within(path, MAX_KEY_FILE_BYTES).map_err(KeyError::Unreadable)
}

#[cfg(test)]
mod tests;
