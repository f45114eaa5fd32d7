//! The public keys in card-verifiable certificates, and the signatures they check
//! (TR-03110-3 §D.3, §A.6.3 and §A.7.3).

use std::fmt;

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, PKeyRef, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};

use super::CvCertificateError;
use crate::lds::oid;
use crate::proof::active::{Hash, from_plain, plain};
use crate::tlv::Reader;

/// id-TA, TR-03110-3 §A.1.1.2.
const TERMINAL_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.2";

const BAD: CvCertificateError = CvCertificateError::Field {
    field: "the public key",
};

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    RsaV15(Hash),
    RsaPss(Hash),
    /// r and s side by side (BSI TR-03111 §5.2.1).
    Ecdsa(Hash),
}

impl Scheme {
    /// Every scheme with its two last arcs, TR-03110-3 §A.6.4.1 and §A.7.4.1.
    pub(crate) const ALL: [(Self, [u8; 2]); 11] = [
        (Self::RsaV15(Hash::Sha1), [1, 1]),
        (Self::RsaV15(Hash::Sha256), [1, 2]),
        (Self::RsaPss(Hash::Sha1), [1, 3]),
        (Self::RsaPss(Hash::Sha256), [1, 4]),
        (Self::RsaV15(Hash::Sha512), [1, 5]),
        (Self::RsaPss(Hash::Sha512), [1, 6]),
        (Self::Ecdsa(Hash::Sha1), [2, 1]),
        (Self::Ecdsa(Hash::Sha224), [2, 2]),
        (Self::Ecdsa(Hash::Sha256), [2, 3]),
        (Self::Ecdsa(Hash::Sha384), [2, 4]),
        (Self::Ecdsa(Hash::Sha512), [2, 5]),
    ];

    fn from_dots(dots: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .map(|(scheme, _)| scheme)
            .find(|scheme| scheme.dots() == dots)
    }

    /// The identifier that names the scheme in a certificate.
    pub(crate) fn dots(self) -> String {
        let arcs = Self::ALL.iter().find(|(scheme, _)| *scheme == self);
        let [kind, number] = arcs.map_or([0, 0], |(_, arcs)| *arcs);
        format!("{TERMINAL_AUTHENTICATION}.{kind}.{number}")
    }

    pub fn hash(self) -> Hash {
        match self {
            Self::RsaV15(hash) | Self::RsaPss(hash) | Self::Ecdsa(hash) => hash,
        }
    }

    /// Signs a message with a key in memory, as a chip expects it.
    pub(crate) fn sign(
        self,
        key: &PKeyRef<Private>,
        message: &[u8],
    ) -> Result<Vec<u8>, ErrorStack> {
        if let Self::Ecdsa(hash) = self {
            let key = key.ec_key()?;
            let signature = EcdsaSig::sign(&hash.of(&[message])?, &key)?;
            return plain(&signature, key.group().order_bits());
        }
        let mut signer = Signer::new(self.hash().digest(), key)?;
        if let Self::RsaPss(hash) = self {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_mgf1_md(hash.digest())?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        signer.sign_oneshot_to_vec(message)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::RsaV15(_) => "RSA PKCS#1 v1.5",
            Self::RsaPss(_) => "RSA PSS",
            Self::Ecdsa(_) => "ECDSA",
        };
        write!(f, "{kind} with {}", self.hash().name())
    }
}

/// A key as a certificate states it; a terminal's leaves the curve to its authority.
#[derive(Clone, PartialEq, Eq)]
pub struct TerminalPublicKey {
    scheme: Scheme,
    value: Value,
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    Point {
        domain: Option<Domain>,
        point: Vec<u8>,
    },
}

/// Domain parameters as they are written out.
#[derive(Clone, PartialEq, Eq)]
struct Domain {
    prime: Vec<u8>,
    a: Vec<u8>,
    b: Vec<u8>,
    generator: Vec<u8>,
    order: Vec<u8>,
    cofactor: Vec<u8>,
}

/// A point of P-521 has 133 octets, a modulus of RSA 8192 has 1,024.
const MOST_FIELD_OCTETS: usize = 66;
const RSA_OCTETS: std::ops::RangeInclusive<usize> = 128..=1_024;

impl TerminalPublicKey {
    pub(super) fn parse(value: &[u8]) -> Result<Self, CvCertificateError> {
        let mut fields = Reader::new(value);
        let dots = oid::to_dots(fields.expect(0x06)?).map_err(|_| BAD)?;
        let scheme = Scheme::from_dots(&dots).ok_or(BAD)?;
        let value = if matches!(scheme, Scheme::Ecdsa(_)) {
            let mut octets = |tag| {
                fields
                    .optional(tag)
                    .map(|octets| octets.map(<[u8]>::to_vec))
            };
            let first = (octets(0x81)?, octets(0x82)?, octets(0x83)?);
            let second = (octets(0x84)?, octets(0x85)?);
            let point = octets(0x86)?.ok_or(BAD)?;
            let cofactor = octets(0x87)?;
            let domain = match (first, second) {
                ((Some(prime), Some(a), Some(b)), (Some(generator), Some(order))) => Some(Domain {
                    prime,
                    a,
                    b,
                    generator,
                    order,
                    cofactor: cofactor.ok_or(BAD)?,
                }),
                // All or nothing (TR-03110-3 §D.3.3).
                ((None, None, None), (None, None)) => None,
                _ => return Err(BAD),
            };
            Value::Point { domain, point }
        } else {
            let modulus = fields.expect(0x81)?.to_vec();
            let exponent = fields.expect(0x82)?.to_vec();
            if !RSA_OCTETS.contains(&modulus.len()) || exponent.len() > 8 {
                return Err(BAD);
            }
            Value::Rsa { modulus, exponent }
        };
        fields.finish()?;
        Ok(Self { scheme, value })
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(super) fn complete(&self, issuer: Option<&VerifyingKey>) -> Option<VerifyingKey> {
        let key = match &self.value {
            Value::Rsa { modulus, exponent } => rsa(modulus, exponent).ok()?,
            Value::Point { domain, point } => {
                let lent = issuer.and_then(|issuer| issuer.key.ec_key().ok());
                let own = match domain {
                    Some(domain) => Some(domain.group().ok()??),
                    None => None,
                };
                let group = match (&own, &lent) {
                    (Some(own), _) => own.as_ref(),
                    (None, Some(lent)) => lent.group(),
                    (None, None) => return None,
                };
                on_curve(group, point).ok()??
            }
        };
        Some(VerifyingKey {
            scheme: self.scheme,
            key,
        })
    }

    pub(super) fn is_of(&self, public: &PKey<Public>) -> bool {
        match &self.value {
            Value::Rsa { modulus, exponent } => {
                rsa(modulus, exponent).is_ok_and(|key| key.public_eq(public))
            }
            Value::Point { point, .. } => public
                .ec_key()
                .and_then(|key| {
                    let mut context = BigNumContext::new()?;
                    key.public_key().to_bytes(
                        key.group(),
                        PointConversionForm::UNCOMPRESSED,
                        &mut context,
                    )
                })
                .is_ok_and(|own| own == *point),
        }
    }
}

impl fmt::Display for TerminalPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.scheme)?;
        match &self.value {
            Value::Rsa { modulus, .. } => write!(f, "{} bits", modulus.len() * 8),
            Value::Point {
                domain: Some(domain),
                ..
            } => write!(f, "a curve over {} bits", domain.prime.len() * 8),
            Value::Point { domain: None, .. } => f.write_str("on the authority's curve"),
        }
    }
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PKey<Public>, ErrorStack> {
    let (n, e) = (BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?);
    PKey::from_rsa(Rsa::from_public_components(n, e)?)
}

fn on_curve(
    group: &openssl::ec::EcGroupRef,
    point: &[u8],
) -> Result<Option<PKey<Public>>, ErrorStack> {
    let width = group.degree().div_ceil(8) as usize;
    if point.len() != 1 + 2 * width || point[0] != 4 {
        return Ok(None);
    }
    let mut context = BigNumContext::new()?;
    // Refuses points off the curve.
    let point = EcPoint::from_bytes(group, point, &mut context)?;
    let key = EcKey::from_public_key(group, &point)?;
    Ok(Some(PKey::from_ec_key(key)?))
}

impl Domain {
    fn group(&self) -> Result<Option<EcGroup>, ErrorStack> {
        let numbers = [&self.prime, &self.a, &self.b, &self.order, &self.cofactor];
        let fits = numbers
            .iter()
            .all(|number| number.len() <= MOST_FIELD_OCTETS)
            && self.generator.len() == 1 + 2 * self.prime.len()
            && self.generator[0] == 4
            && self.prime.len() >= 20
            && self.prime.last().is_some_and(|octet| octet & 1 == 1);
        if !fits {
            return Ok(None);
        }
        let number = |octets: &[u8]| BigNum::from_slice(octets);
        let mut context = BigNumContext::new()?;
        let (p, a, b) = (number(&self.prime)?, number(&self.a)?, number(&self.b)?);
        let mut group = EcGroup::from_components(p, a, b, &mut context)?;
        let generator = EcPoint::from_bytes(&group, &self.generator, &mut context)?;
        group.set_generator(generator, number(&self.order)?, number(&self.cofactor)?)?;
        Ok(Some(group))
    }
}

/// A key with everything that checking a signature takes.
#[derive(Clone)]
pub struct VerifyingKey {
    scheme: Scheme,
    key: PKey<Public>,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.scheme)
    }
}

impl VerifyingKey {
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Does the signature fit the message?
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let outcome = self.fits(message, signature).unwrap_or(false);
        // Garbage leaves complaints behind that are not the next caller's.
        let _ = ErrorStack::get();
        outcome
    }

    fn fits(&self, message: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        if let Scheme::Ecdsa(hash) = self.scheme {
            let key = self.key.ec_key()?;
            let Some(read) = from_plain(signature, key.group().order_bits())? else {
                return Ok(false);
            };
            return read.verify(&hash.of(&[message])?, &key);
        }
        if self.key.id() != Id::RSA {
            return Ok(false);
        }
        let mut verifier = Verifier::new(self.scheme.hash().digest(), &self.key)?;
        if let Scheme::RsaPss(hash) = self.scheme {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(hash.digest())?;
            // The standard's salt is as long as the hash; libeac signs with a longer one. The length
            // is found from the signature, and no weaker for it.
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::MAXIMUM_LENGTH)?;
        }
        verifier.verify_oneshot(signature, message)
    }
}
