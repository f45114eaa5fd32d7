//! Public keys that clients sign with: P-256 and Ed25519, as JWK (RFC 7517, RFC 8037) or PEM.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use crate::{TokenError, decode, encode, json, sha256};

/// SubjectPublicKeyInfo of a P-256 key up to its uncompressed point (RFC 5480).
const P256_SPKI: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
/// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410).
const ED25519_SPKI: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
/// An uncompressed point of P-256: 4, x, y (SEC 1 §2.3.3).
const POINT: usize = 65;
/// Members of private and symmetric keys (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    Ed25519,
}

/// A public key. It says nothing about whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: Kind,
    /// The uncompressed point, or the 32 bytes of Ed25519.
    bytes: Vec<u8>,
}

impl PublicKey {
    /// The 65 bytes of a P-256 point.
    pub fn p256(point: &[u8]) -> Result<Self, TokenError> {
        if point.len() != POINT || point[0] != 4 {
            return Err(TokenError::KeyUnfit);
        }
        Ok(Self {
            kind: Kind::P256,
            bytes: point.to_vec(),
        })
    }

    /// The 32 bytes of an Ed25519 key.
    pub fn ed25519(bytes: &[u8]) -> Result<Self, TokenError> {
        if bytes.len() != 32 {
            return Err(TokenError::KeyUnfit);
        }
        Ok(Self {
            kind: Kind::Ed25519,
            bytes: bytes.to_vec(),
        })
    }

    /// A SubjectPublicKeyInfo, DER.
    pub fn from_spki(der: &[u8]) -> Result<Self, TokenError> {
        if let Some(point) = der.strip_prefix(P256_SPKI) {
            return Self::p256(point);
        }
        let bytes = der.strip_prefix(ED25519_SPKI);
        Self::ed25519(bytes.ok_or(TokenError::KeyUnfit)?)
    }

    /// A file as people have it: `BEGIN PUBLIC KEY`, or a JWK.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.starts_with('{') {
            return Self::from_jwk(&json::object(text.as_bytes())?);
        }
        let body = text
            .strip_prefix("-----BEGIN PUBLIC KEY-----")
            .and_then(|rest| rest.strip_suffix("-----END PUBLIC KEY-----"))
            .ok_or(TokenError::KeyUnfit)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| TokenError::KeyUnfit)?;
        Self::from_spki(&der)
    }

    /// A JWK; one with a private part is refused, so that nobody sends us theirs unnoticed.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, TokenError> {
        if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return Err(TokenError::KeyUnfit);
        }
        let part = |name: &str| decode(json::text(jwk, name)?);
        let unfit = |_| TokenError::KeyUnfit;
        let kind = (json::text(jwk, "kty"), json::text(jwk, "crv"));
        let key = match kind {
            (Ok("EC"), Ok("P-256")) => {
                let (x, y) = (part("x").map_err(unfit)?, part("y").map_err(unfit)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(TokenError::KeyUnfit);
                }
                Self::p256(&[&[4], x.as_slice(), &y].concat())?
            }
            (Ok("OKP"), Ok("Ed25519")) => Self::ed25519(&part("x").map_err(unfit)?)?,
            _ => return Err(TokenError::KeyUnfit),
        };
        // RFC 7517 §4.2, §4.4: what the key itself says of its use must not be otherwise.
        let wrong_use = jwk.get("use").is_some_and(|purpose| purpose != "sig");
        let wrong_alg = jwk
            .get("alg")
            .is_some_and(|alg| !alg.as_str().is_some_and(|alg| key.speaks(alg)));
        if wrong_use || wrong_alg {
            return Err(TokenError::KeyUnfit);
        }
        Ok(key)
    }

    /// The members that make the key, and nothing else.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        match self.kind {
            Kind::P256 => json!({
                "kty": "EC", "crv": "P-256",
                "x": encode(&self.bytes[1..33]), "y": encode(&self.bytes[33..]),
            }),
            Kind::Ed25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&self.bytes)}),
        }
    }

    /// RFC 7638: the name of a key, the same for everybody.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // §3.3: the required members in the order of their names, without white space.
        let text = match self.kind {
            Kind::P256 => format!(
                r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                encode(&self.bytes[1..33]),
                encode(&self.bytes[33..])
            ),
            Kind::Ed25519 => format!(
                r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
                encode(&self.bytes)
            ),
        };
        sha256(text.as_bytes())
    }

    /// The name of its algorithm, as it is written.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::P256 => "ES256",
            Kind::Ed25519 => "EdDSA",
        }
    }

    /// Whether this algorithm is the key's: it has one, whatever a header says.
    fn speaks(&self, algorithm: &str) -> bool {
        // RFC 9864 gives EdDSA over this curve a name of its own.
        algorithm == self.algorithm() || (self.kind == Kind::Ed25519 && algorithm == "Ed25519")
    }

    /// Whether this key made `signature` over `message`, by its own algorithm; a header that names another one is
    /// refused before anything is computed.
    pub(crate) fn check(
        &self,
        algorithm: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError> {
        if !self.speaks(algorithm) {
            return Err(TokenError::Algorithm);
        }
        let verified = match self.kind {
            Kind::P256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes)
                .verify(message, signature),
            Kind::Ed25519 => {
                UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature)
            }
        };
        verified.map_err(|_| TokenError::Signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm(), self.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_are_those_of_the_standards() {
        // RFC 8037 appendix A.3, RFC 9449 §6.1
        for (jwk, thumbprint) in [
            (
                r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
                "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            ),
            (
                r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#,
                "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
            ),
        ] {
            let key = PublicKey::from_text(jwk).unwrap();
            assert_eq!(key.thumbprint(), thumbprint);
            let again = PublicKey::from_text(&key.to_jwk().to_string()).unwrap();
            assert_eq!(again, key);
        }
    }

    #[test]
    fn a_public_key_file_of_openssl_is_read() {
        // `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | openssl pkey -pubout`, and Ed25519.
        let pem = "-----BEGIN PUBLIC KEY-----\n\
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEl8tFrhx+34tV3hRICRDY9zCkDlpB\n\
            hF42UQUfWVAWBFv1UTiN/86T+jrjNtNOVy40lqMea3q/1MNWtTQJ28ZEMA==\n\
            -----END PUBLIC KEY-----\n";
        let key = PublicKey::from_text(pem).unwrap();
        assert_eq!(
            key.thumbprint(),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
        );
        let pem = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
            -----END PUBLIC KEY-----";
        assert_eq!(PublicKey::from_text(pem).unwrap().algorithm(), "EdDSA");
    }

    #[test]
    fn private_symmetric_and_other_keys_are_refused() {
        for jwk in [
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AA"}"#,
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            r#"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","alg":"HS256"}"#,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "",
        ] {
            assert_eq!(
                PublicKey::from_text(jwk),
                Err(TokenError::KeyUnfit),
                "{jwk}"
            );
        }
    }
}
