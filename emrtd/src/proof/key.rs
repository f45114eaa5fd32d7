//! Public keys of certificates: of a kind and size that may be used, or refused before any
//! arithmetic is done with them.
//!
//! Real issuers write the curve's parameters out. They are compared with the curves we know and the
//! key is then built on the known curve, so that no curve of a stranger's making (with another
//! generator, say) ever takes part.

use std::sync::OnceLock;

use openssl::asn1::Asn1Object;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};

use super::certificate::trimmed;
use super::der::Der;
use crate::lds::oid;

/// Below this a key can be computed by anybody with patience.
const LEAST_RSA_BITS: usize = 1024;
/// The longest in 627 country certificates has 6144 bits; checking time grows with the square.
const MOST_RSA_BITS: usize = 8192;
/// The longest in 627 country certificates has 17 bits; checking time grows with the length.
const MOST_EXPONENT_BITS: usize = 32;

/// Identifier and name of the curves of 9303-12 §4.4.2 and BSI TR-03110-3 §A.2.1.1.
const CURVES: &[(&str, &str)] = &[
    ("1.2.840.10045.3.1.1", "secp192r1"),
    ("1.3.132.0.33", "secp224r1"),
    ("1.2.840.10045.3.1.7", "secp256r1"),
    ("1.3.132.0.34", "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1"),
    ("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1"),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1"),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.36.3.3.2.8.1.1.14", "brainpoolP512t1"),
];

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// No SubjectPublicKeyInfo.
    Malformed,
    /// Neither RSA nor a point on a curve.
    UnknownKind,
    /// Too short to prove anything, or so long that checking it would hold everybody up.
    Size,
    /// Parameters that are none of the known curves', in one number at least.
    UnknownCurve,
}

/// What the key is, for lists and reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    /// "RSA" or "EC".
    pub(crate) kind: &'static str,
    pub(crate) bits: usize,
    pub(crate) curve: Option<&'static str>,
    /// The curve's parameters are written out.
    pub(crate) explicit: bool,
}

impl KeyFacts {
    /// NIST SP 800-57 part 1 §5.6.1: less than 112 bits of strength.
    pub(crate) fn short(self) -> bool {
        self.bits < if self.kind == "RSA" { 2048 } else { 224 }
    }
}

enum Read<'a> {
    Rsa {
        modulus: &'a [u8],
        exponent: &'a [u8],
    },
    Ec {
        curve: &'static Curve,
        explicit: bool,
        point: &'a [u8],
    },
}

struct Curve {
    id: Vec<u8>,
    name: &'static str,
    nid: Nid,
    prime: Vec<u8>,
    a: Vec<u8>,
    b: Vec<u8>,
    order: Vec<u8>,
    /// Uncompressed, compressed and hybrid.
    generators: [Vec<u8>; 3],
    bits: usize,
}

fn curves() -> &'static [Curve] {
    static KNOWN: OnceLock<Vec<Curve>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let known = CURVES.iter();
        known
            .filter_map(|(dots, name)| Curve::new(dots, name).ok())
            .collect()
    })
}

impl Curve {
    fn new(dots: &str, name: &'static str) -> Result<Self, ErrorStack> {
        let nid = Asn1Object::from_str(dots)?.nid();
        let group = EcGroup::from_curve_name(nid)?;
        let mut context = BigNumContext::new()?;
        let (mut prime, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
        group.components_gfp(&mut prime, &mut a, &mut b, &mut context)?;
        let mut order = BigNum::new()?;
        group.order(&mut order, &mut context)?;
        let generator = group.generator_opt().ok_or_else(ErrorStack::get)?;
        let mut written = |form| generator.to_bytes(&group, form, &mut context);
        Ok(Self {
            id: oid::from_dots(dots),
            name,
            nid,
            generators: [
                written(PointConversionForm::UNCOMPRESSED)?,
                written(PointConversionForm::COMPRESSED)?,
                written(PointConversionForm::HYBRID)?,
            ],
            bits: group.degree() as usize,
            prime: prime.to_vec(),
            a: a.to_vec(),
            b: b.to_vec(),
            order: order.to_vec(),
        })
    }

    /// ECParameters, RFC 3279 §2.3.5: every number has to be the known one.
    fn is(&self, parameters: &[u8]) -> Option<bool> {
        let mut body = Der::new(parameters);
        body.expect(0x02)?;
        let mut field = Der::new(body.expect(0x30)?);
        // prime-field, 1.2.840.10045.1.1.
        if field.expect(0x06)? != [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x01, 0x01] {
            return None;
        }
        let prime = trimmed(field.expect(0x02)?);
        let mut equation = Der::new(body.expect(0x30)?);
        let (a, b) = (equation.expect(0x04)?, equation.expect(0x04)?);
        let generator = body.expect(0x04)?;
        let order = trimmed(body.expect(0x02)?);
        let cofactor = body.optional(0x02).map(trimmed);
        Some(
            prime == self.prime
                && trimmed(a) == self.a
                && trimmed(b) == self.b
                && self.generators.iter().any(|known| known == generator)
                && order == self.order
                && cofactor.is_none_or(|cofactor| cofactor == [1]),
        )
    }
}

/// The bits of the key itself, as RFC 5280 §4.2.1.2 hashes them.
pub(crate) fn bits(info: &[u8]) -> Option<&[u8]> {
    let mut body = Der::new(Der::new(info).expect(0x30)?);
    body.expect(0x30)?;
    body.expect(0x03)?.get(1..)
}

fn read(info: &[u8]) -> Result<Read<'_>, KeyError> {
    let parts = || {
        let mut body = Der::new(Der::new(info).expect(0x30)?);
        let mut algorithm = Der::new(body.expect(0x30)?);
        let id = oid::to_dots(algorithm.expect(0x06)?).ok()?;
        let (unused, bits) = body.expect(0x03)?.split_first()?;
        (*unused == 0 && body.is_empty()).then_some((id, algorithm, bits))
    };
    let (id, mut algorithm, bits) = parts().ok_or(KeyError::Malformed)?;
    match id.as_str() {
        // rsaEncryption and id-RSASSA-PSS, RFC 4055 §1.2.
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" => {
            let numbers = || {
                let mut body = Der::new(Der::new(bits).expect(0x30)?);
                Some((body.expect(0x02)?, body.expect(0x02)?))
            };
            let (modulus, exponent) = numbers().ok_or(KeyError::Malformed)?;
            Ok(Read::Rsa {
                modulus: trimmed(modulus),
                exponent: trimmed(exponent),
            })
        }
        // id-ecPublicKey.
        "1.2.840.10045.2.1" => {
            let parameters = algorithm.next().ok_or(KeyError::Malformed)?;
            let fits = |curve: &&Curve| match parameters.tag {
                0x06 => curve.id == parameters.value,
                0x30 => curve.is(parameters.value) == Some(true),
                _ => false,
            };
            let curve = curves().iter().find(fits).ok_or(KeyError::UnknownCurve)?;
            Ok(Read::Ec {
                curve,
                explicit: parameters.tag == 0x30,
                point: bits,
            })
        }
        _ => Err(KeyError::UnknownKind),
    }
}

fn bit_length(octets: &[u8]) -> usize {
    let first = octets
        .first()
        .map_or(8, |octet| octet.leading_zeros() as usize);
    octets.len() * 8 - first.min(octets.len() * 8)
}

pub(crate) fn facts(info: &[u8]) -> Result<KeyFacts, KeyError> {
    Ok(match read(info)? {
        Read::Rsa { modulus, .. } => KeyFacts {
            kind: "RSA",
            bits: bit_length(modulus),
            curve: None,
            explicit: false,
        },
        Read::Ec {
            curve, explicit, ..
        } => KeyFacts {
            kind: "EC",
            bits: curve.bits,
            curve: Some(curve.name),
            explicit,
        },
    })
}

/// The key, ready to check signatures with.
pub(crate) fn usable(info: &[u8]) -> Result<PKey<Public>, KeyError> {
    let key = match read(info)? {
        Read::Rsa { modulus, exponent } => {
            let long = bit_length(modulus);
            // An even exponent has no inverse; one makes every signature its own message.
            let odd = exponent.last().is_some_and(|octet| octet & 1 == 1) && exponent != [1];
            if !(LEAST_RSA_BITS..=MOST_RSA_BITS).contains(&long)
                || bit_length(exponent) > MOST_EXPONENT_BITS
                || !odd
            {
                return Err(KeyError::Size);
            }
            PKey::public_key_from_der(info)
        }
        Read::Ec { curve, point, .. } => EcGroup::from_curve_name(curve.nid).and_then(|group| {
            let mut context = BigNumContext::new()?;
            // Refuses points that are not on the curve.
            let point = EcPoint::from_bytes(&group, point, &mut context)?;
            let key = EcKey::from_public_key(&group, &point)?;
            key.check_key()?;
            PKey::from_ec_key(key)
        }),
    };
    key.map_err(|_| {
        let _ = ErrorStack::get();
        KeyError::Malformed
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv;
    use openssl::ec::Asn1Flag;
    use openssl::rsa::Rsa;

    fn explicit(nid: Nid) -> Vec<u8> {
        let mut group = EcGroup::from_curve_name(nid).unwrap();
        group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
        let key = EcKey::generate(&group).unwrap();
        PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap()
    }

    #[test]
    fn a_curve_written_out_is_taken_only_when_it_is_a_known_one() {
        assert_eq!(curves().len(), CURVES.len());
        for curve in curves() {
            let info = explicit(curve.nid);
            let facts = facts(&info).unwrap();
            assert_eq!((facts.curve, facts.explicit), (Some(curve.name), true));
            usable(&info).unwrap();
            // Another generator, as in CVE-2020-0601, or any other number.
            for part in [&curve.generators[0], &curve.b, &curve.order, &curve.prime] {
                let at = info
                    .windows(part.len())
                    .position(|seen| seen == part)
                    .unwrap();
                let mut other = info.clone();
                other[at + part.len() - 1] ^= 1;
                assert_eq!(usable(&other).unwrap_err(), KeyError::UnknownCurve);
            }
            // A point beside the curve.
            let mut beside = info.clone();
            *beside.last_mut().unwrap() ^= 1;
            assert_eq!(usable(&beside).unwrap_err(), KeyError::Malformed);
        }
    }

    #[test]
    fn keys_that_would_hold_everybody_up_are_refused() {
        let rsa = |modulus: &[u8], exponent: &[u8]| {
            let numbers = [
                &tlv::encode(0x02, modulus)[..],
                &tlv::encode(0x02, exponent),
            ];
            let key = tlv::encode_all(0x30, &numbers);
            let algorithm = tlv::encode(
                0x30,
                &tlv::encode(0x06, &oid::from_dots("1.2.840.113549.1.1.1")),
            );
            tlv::encode_all(0x30, &[&algorithm, &tlv::encode_all(0x03, &[&[0], &key])])
        };
        let modulus = |octets: usize| [vec![0, 0x80], vec![0x55; octets - 2], vec![1]].concat();
        let good = Rsa::generate(2048).unwrap();
        let good = PKey::from_rsa(good).unwrap().public_key_to_der().unwrap();
        assert_eq!(facts(&good).unwrap().bits, 2048);
        usable(&good).unwrap();
        usable(&rsa(&modulus(1024), &[3])).unwrap();
        for (modulus, exponent) in [
            (modulus(1025), &[3][..]),
            (modulus(16), &[3]),
            (modulus(256), &[1]),
            (modulus(256), &[4]),
            (modulus(256), &[]),
            (modulus(256), &[1, 0, 0, 0, 1]),
        ] {
            let info = rsa(&modulus, exponent);
            assert_eq!(usable(&info).unwrap_err(), KeyError::Size);
        }
        for damaged in [&b""[..], b"\x30\0", &good[..40]] {
            assert_eq!(usable(damaged).unwrap_err(), KeyError::Malformed);
        }
    }
}
