//! Digests and signatures as certificates and CMS name them, and the check of a signature.
//!
//! The names are read by us, so that an unknown one is told from a wrong signature; the arithmetic
//! is OpenSSL's.

use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Verifier};

use super::der::Der;
use crate::lds::oid;

/// No salt can be longer than the key; 8192 bits is the longest taken ([`super::key`]).
const MOST_SALT: u32 = 1024;

/// The digests of 9303-10 §4.6.2.3, with SHA-1 for documents of the first years. MD5 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// From the value of an AlgorithmIdentifier; its parameters are NULL or absent (RFC 5754 §2).
    pub(crate) fn read(algorithm: &[u8]) -> Option<Self> {
        let mut body = Der::new(Der::new(algorithm).expect(0x30)?);
        let id = body.expect(0x06)?;
        matches!(body.rest(), [] | [0x05, 0x00])
            .then(|| Self::from_dots(&oid::to_dots(id).ok()?))
            .flatten()
    }

    pub(crate) fn from_dots(dots: &str) -> Option<Self> {
        Some(match dots {
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.4" => Self::Sha224,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(crate) fn octets(self) -> usize {
        self.md().size()
    }

    pub(crate) fn md(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Pkcs1,
    Pss {
        mask: Digest,
        salt: u32,
    },
    Ecdsa,
    /// r and s side by side (BSI TR-03111 §5.2.1).
    PlainEcdsa,
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    scheme: Scheme,
    /// `None` where the identifier names the key alone ("rsaEncryption", as CMS allows).
    pub(crate) digest: Option<Digest>,
}

impl Signature {
    /// From an AlgorithmIdentifier; `None` for what is not known here.
    pub(crate) fn read(algorithm: &[u8]) -> Option<Self> {
        let mut body = Der::new(Der::new(algorithm).expect(0x30)?);
        let id = oid::to_dots(body.expect(0x06)?).ok()?;
        let (scheme, digest) = match id.as_str() {
            // RFC 8017, RFC 4055 §5.
            "1.2.840.113549.1.1.1" => (Scheme::Pkcs1, None),
            "1.2.840.113549.1.1.5" => (Scheme::Pkcs1, Some(Digest::Sha1)),
            "1.2.840.113549.1.1.14" => (Scheme::Pkcs1, Some(Digest::Sha224)),
            "1.2.840.113549.1.1.11" => (Scheme::Pkcs1, Some(Digest::Sha256)),
            "1.2.840.113549.1.1.12" => (Scheme::Pkcs1, Some(Digest::Sha384)),
            "1.2.840.113549.1.1.13" => (Scheme::Pkcs1, Some(Digest::Sha512)),
            "1.2.840.113549.1.1.10" => return Self::pss(body),
            // RFC 5758 §3.2; some issuers name the key's kind in its place.
            "1.2.840.10045.2.1" => (Scheme::Ecdsa, None),
            "1.2.840.10045.4.1" => (Scheme::Ecdsa, Some(Digest::Sha1)),
            "1.2.840.10045.4.3.1" => (Scheme::Ecdsa, Some(Digest::Sha224)),
            "1.2.840.10045.4.3.2" => (Scheme::Ecdsa, Some(Digest::Sha256)),
            "1.2.840.10045.4.3.3" => (Scheme::Ecdsa, Some(Digest::Sha384)),
            "1.2.840.10045.4.3.4" => (Scheme::Ecdsa, Some(Digest::Sha512)),
            // BSI TR-03111 §5.2.1.1.
            "0.4.0.127.0.7.1.1.4.1.1" => (Scheme::PlainEcdsa, Some(Digest::Sha1)),
            "0.4.0.127.0.7.1.1.4.1.2" => (Scheme::PlainEcdsa, Some(Digest::Sha224)),
            "0.4.0.127.0.7.1.1.4.1.3" => (Scheme::PlainEcdsa, Some(Digest::Sha256)),
            "0.4.0.127.0.7.1.1.4.1.4" => (Scheme::PlainEcdsa, Some(Digest::Sha384)),
            "0.4.0.127.0.7.1.1.4.1.5" => (Scheme::PlainEcdsa, Some(Digest::Sha512)),
            _ => return None,
        };
        Some(Self { scheme, digest })
    }

    /// The same over another digest.
    pub(crate) fn with(self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            ..self
        }
    }

    /// RSASSA-PSS-params, RFC 4055 §3.1; whatever is left out is SHA-1 and 20.
    fn pss(mut body: Der<'_>) -> Option<Self> {
        let mut fields = Der::new(body.optional(0x30).unwrap_or_default());
        let digest = match fields.optional(0xA0) {
            Some(algorithm) => Digest::read(algorithm)?,
            None => Digest::Sha1,
        };
        let mask = match fields.optional(0xA1) {
            Some(algorithm) => {
                let mut function = Der::new(Der::new(algorithm).expect(0x30)?);
                // id-mgf1.
                if oid::to_dots(function.expect(0x06)?).ok()? != "1.2.840.113549.1.1.8" {
                    return None;
                }
                Digest::read(function.rest())?
            }
            None => Digest::Sha1,
        };
        let number = |value: &[u8]| {
            let octets = Der::new(value).expect(0x02)?;
            if octets.len() > 4 || octets.first()? & 0x80 != 0 {
                return None;
            }
            Some(
                octets
                    .iter()
                    .fold(0u32, |sum, &octet| sum << 8 | u32::from(octet)),
            )
        };
        let salt = match fields.optional(0xA2) {
            Some(value) => number(value).filter(|&salt| salt <= MOST_SALT)?,
            None => 20,
        };
        if let Some(trailer) = fields.optional(0xA3)
            && number(trailer)? != 1
        {
            return None;
        }
        Some(Self {
            scheme: Scheme::Pss { mask, salt },
            digest: Some(digest),
        })
    }

    /// Is the signature over the message by this key? `fallback` is the digest named elsewhere, for
    /// identifiers that name none.
    pub(crate) fn verify(
        self,
        key: &PKey<Public>,
        fallback: Option<Digest>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let fits = self.check(key, fallback, message, signature);
        // What OpenSSL thought of a signature that does not fit is nobody's business later.
        let _ = openssl::error::ErrorStack::get();
        fits.unwrap_or(false)
    }

    fn check(
        self,
        key: &PKey<Public>,
        fallback: Option<Digest>,
        message: &[u8],
        signature: &[u8],
    ) -> Option<bool> {
        let digest = self.digest.or(fallback)?;
        let curve = key.id() == Id::EC;
        if curve != matches!(self.scheme, Scheme::Ecdsa | Scheme::PlainEcdsa) {
            return Some(false);
        }
        let mut verifier = Verifier::new(digest.md(), key).ok()?;
        let der;
        let signature = match self.scheme {
            Scheme::Pkcs1 => {
                // RFC 8017 §8.2.2: as long as the modulus, no shorter and no longer.
                verifier.set_rsa_padding(Padding::PKCS1).ok()?;
                signature
            }
            Scheme::Pss { mask, salt } => {
                verifier.set_rsa_padding(Padding::PKCS1_PSS).ok()?;
                verifier.set_rsa_mgf1_md(mask.md()).ok()?;
                let salt = RsaPssSaltlen::custom(i32::try_from(salt).ok()?);
                verifier.set_rsa_pss_saltlen(salt).ok()?;
                signature
            }
            Scheme::Ecdsa => signature,
            Scheme::PlainEcdsa => {
                let half = signature.len() / 2;
                let (r, s) = signature.split_at(half);
                if r.is_empty() || r.len() != s.len() || r.len() > 66 {
                    return Some(false);
                }
                let number = |octets| openssl::bn::BigNum::from_slice(octets).ok();
                der = EcdsaSig::from_private_components(number(r)?, number(s)?)
                    .and_then(|pair| pair.to_der())
                    .ok()?;
                &der
            }
        };
        verifier.verify_oneshot(signature, message).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv;
    use openssl::bn::BigNum;
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    fn algorithm(id: &str, parameters: &[u8]) -> Vec<u8> {
        let id = tlv::encode(0x06, &oid::from_dots(id));
        tlv::encode_all(0x30, &[&id, parameters])
    }

    #[test]
    fn pss_is_read_with_odd_salts_and_other_masks() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let public = PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        for (salt, mask, mask_id) in [
            (0u8, MessageDigest::sha1(), "1.3.14.3.2.26"),
            (17, MessageDigest::sha512(), "2.16.840.1.101.3.4.2.3"),
            (99, MessageDigest::sha256(), "2.16.840.1.101.3.4.2.1"),
        ] {
            let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
            signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            signer.set_rsa_mgf1_md(mask).unwrap();
            let length = RsaPssSaltlen::custom(i32::from(salt));
            signer.set_rsa_pss_saltlen(length).unwrap();
            let signature = signer.sign_oneshot_to_vec(b"niem").unwrap();
            let named = |salt: u8| {
                let mgf = algorithm("1.2.840.113549.1.1.8", &algorithm(mask_id, &[]));
                let parameters = tlv::encode_all(
                    0x30,
                    &[
                        &tlv::encode(0xA0, &algorithm("2.16.840.1.101.3.4.2.1", &[5, 0])),
                        &tlv::encode(0xA1, &mgf),
                        &tlv::encode(0xA2, &tlv::encode(0x02, &[salt])),
                    ],
                );
                Signature::read(&algorithm("1.2.840.113549.1.1.10", &parameters)).unwrap()
            };
            assert!(named(salt).verify(&public, None, b"niem", &signature));
            assert!(!named(salt + 1).verify(&public, None, b"niem", &signature));
            assert!(!named(salt).verify(&public, None, b"Niem", &signature));
        }
        // Defaults: SHA-1 throughout, twenty octets of salt.
        let read = Signature::read(&algorithm("1.2.840.113549.1.1.10", &[0x30, 0])).unwrap();
        assert_eq!(read.digest, Some(Digest::Sha1));
    }

    #[test]
    fn zeros_sign_nothing() {
        let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::BRAINPOOL_P256R1);
        let key = openssl::ec::EcKey::generate(&group.unwrap()).unwrap();
        let key = PKey::from_ec_key(key).unwrap();
        let public = PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let zero = || BigNum::new().unwrap();
        let der = EcdsaSig::from_private_components(zero(), zero()).unwrap();
        let der = der.to_der().unwrap();
        let ecdsa = Signature::read(&algorithm("1.2.840.10045.4.3.2", &[])).unwrap();
        let plain = Signature::read(&algorithm("0.4.0.127.0.7.1.1.4.1.3", &[])).unwrap();
        let rsa = Signature::read(&algorithm("1.2.840.113549.1.1.11", &[5, 0])).unwrap();
        for signature in [&[][..], &[0; 64], &der, &[0x30, 0]] {
            for scheme in [ecdsa, plain, rsa] {
                assert!(!scheme.verify(&public, None, b"", signature));
            }
        }
        // MD5 and what is not known are told apart from a wrong signature.
        for id in ["1.2.840.113549.1.1.4", "1.3.101.112", "1.2.643.7.1.1.3.2"] {
            assert_eq!(Signature::read(&algorithm(id, &[])), None);
        }
    }
}
