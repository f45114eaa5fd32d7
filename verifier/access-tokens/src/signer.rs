//! The other side: a client's private key, wherever it lies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use zeroize::Zeroizing;

use crate::{PublicKey, TokenError};

/// A key that signs. Implementations may block on a token.
pub trait SigningKey {
    fn public(&self) -> &PublicKey;

    /// Signs by the key's algorithm: for P-256 `r` and `s` in 64 bytes (RFC 7518 §3.4), see [`fixed_signature`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError>;
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key in memory, out of a PKCS#8 file.
pub struct SignerKey {
    pair: Pair,
    public: PublicKey,
}

impl SignerKey {
    /// Reads PKCS#8 in PEM (`BEGIN PRIVATE KEY`).
    pub fn from_pem(text: &str) -> Result<Self, TokenError> {
        let (_, rest) = text
            .split_once("-----BEGIN PRIVATE KEY-----")
            .ok_or(TokenError::KeyUnfit)?;
        let (body, _) = rest
            .split_once("-----END PRIVATE KEY-----")
            .ok_or(TokenError::KeyUnfit)?;
        let body = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
        let der = Zeroizing::new(
            STANDARD
                .decode(body.as_bytes())
                .map_err(|_| TokenError::KeyUnfit)?,
        );
        Self::from_pkcs8(&der)
    }

    /// Reads PKCS#8 in DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, TokenError> {
        let random = SystemRandom::new();
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random) {
            let public = PublicKey::p256(pair.public_key().as_ref())?;
            return Ok(Self {
                pair: Pair::P256(pair),
                public,
            });
        }
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| TokenError::KeyUnfit)?;
        let public = PublicKey::ed25519(pair.public_key().as_ref())?;
        Ok(Self {
            pair: Pair::Ed25519(pair),
            public,
        })
    }
}

impl SigningKey for SignerKey {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        match &self.pair {
            Pair::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| TokenError::Signature),
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// A P-256 signature as tokens and TPMs give it (ASN.1 DER, RFC 3279 §2.2.3) in the 64 bytes that JOSE wants.
pub fn fixed_signature(der: &[u8]) -> Result<Vec<u8>, TokenError> {
    // Two INTEGERs of at most 33 bytes each: every length fits one byte (X.690 §8.1.3.4).
    let body = match der {
        [0x30, length, body @ ..] if usize::from(*length) == body.len() => body,
        _ => return Err(TokenError::Signature),
    };
    let (r, rest) = integer(body)?;
    let (s, rest) = integer(rest)?;
    if !rest.is_empty() {
        return Err(TokenError::Signature);
    }
    Ok([r, s].concat())
}

/// An INTEGER in 32 bytes, and what follows it.
fn integer(from: &[u8]) -> Result<([u8; 32], &[u8]), TokenError> {
    let [0x02, length, rest @ ..] = from else {
        return Err(TokenError::Signature);
    };
    let (number, rest) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(TokenError::Signature)?;
    let number = number.strip_prefix(&[0]).unwrap_or(number);
    let mut fixed = [0; 32];
    let start = 32_usize
        .checked_sub(number.len())
        .ok_or(TokenError::Signature)?;
    fixed[start..].copy_from_slice(number);
    Ok((fixed, rest))
}

#[cfg(test)]
pub(crate) mod tests {
    use ring::signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey,
    };

    use super::*;

    /// A new P-256 key.
    pub(crate) fn p256() -> SignerKey {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .unwrap();
        SignerKey::from_pkcs8(der.as_ref()).unwrap()
    }

    pub(crate) fn ed25519() -> SignerKey {
        let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        SignerKey::from_pkcs8(der.as_ref()).unwrap()
    }

    #[test]
    fn signatures_of_tokens_and_tpms_become_those_of_jose() {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.as_ref(), &random)
            .unwrap();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key());
        // Numbers that begin with zeros come once in 256 times.
        for n in 0..600_u32 {
            let signature = pair.sign(&random, &n.to_be_bytes()).unwrap();
            let fixed = fixed_signature(signature.as_ref()).unwrap();
            key.verify(&n.to_be_bytes(), &fixed).unwrap();
        }
        for wrong in [
            &b""[..],
            b"\x30",
            b"\x30\x00",
            b"\x30\x03\x02\x01\x01",
            b"\x30\x06\x02\x7f\x01\x02\x01\x01",
            b"\x30\x07\x02\x01\x01\x02\x01\x01\x00",
        ] {
            assert_eq!(fixed_signature(wrong), Err(TokenError::Signature));
        }
    }
}
