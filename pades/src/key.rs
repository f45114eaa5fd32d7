//! The keys that sign. This crate never sees a private key: a token, a TPM or a key file signs behind
//! one narrow door.

use std::fmt;

/// What sort of signature a key makes. The hash is SHA-256 in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA on P-256, the signature as ASN.1 DER (RFC 3279 §2.2.3).
    EcdsaP256Sha256,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1Sha256,
}

/// Why a key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The token is not there (any more).
    #[error("the signing token is missing")]
    Missing,
    /// It is locked, or the PIN was refused.
    #[error("the signing token is locked")]
    Locked,
    /// It answered, but did not sign.
    #[error("the signing token did not sign")]
    Refused,
}

impl KeyError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "pades.key_missing",
            Self::Locked => "pades.key_locked",
            Self::Refused => "pades.key_refused",
        }
    }
}

/// A key that signs, with the certificates that say whose it is.
pub trait SigningKey {
    /// What sort of signature it makes.
    fn algorithm(&self) -> Algorithm;

    /// X.509 certificates as DER: the signer's own first, then what leads to (not including) the root.
    fn certificates(&self) -> &[Vec<u8>];

    /// Signs SHA-256 of `message`.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

impl fmt::Debug for dyn SigningKey + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}
