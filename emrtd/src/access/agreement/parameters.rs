//! Which groups this crate computes in: the standardised ones, in whatever way they are written down.
//!
//! A group comes by number, by name, or with all its parameters spelt out. However it comes, it must
//! be one of the groups of ICAO 9303-11 §9.5.1: whoever may bring a group of his own may bring one in
//! which logarithms are easy.

use openssl::bn::{BigNum, BigNumContext};
use openssl::dh::Dh;
use openssl::ec::{EcGroup, EcPoint, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::Params;

use super::{Agreement, AgreementError, Group};
use crate::tlv::{self, Reader};

/// id-ecPublicKey and id-ecDH, RFC 5480 §2.1.
const EC_PUBLIC_KEY: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const EC_DH: [u8; 5] = [0x2B, 0x81, 0x04, 0x01, 0x0C];
/// dhpublicnumber, RFC 3279 §2.3.3.
const X942_DH: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3E, 0x02, 0x01];
/// dhKeyAgreement, PKCS #3 §9.
const PKCS3_DH: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01];
/// standardizedDomainParameters, ICAO 9303-11 §9.5.1.
const STANDARDIZED: [u8; 7] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02];
/// prime-field, RFC 3279 §2.3.5.
const PRIME_FIELD: [u8; 7] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x01, 0x01];

/// The multiplicative groups of RFC 5114, ids 0 to 2.
const FIELDS: [u8; 3] = [0, 1, 2];

struct Curve {
    id: u8,
    nid: Nid,
    /// The value of its identifier, RFC 5480 §2.1.1.1 and RFC 5639 §4.1.
    oid: &'static [u8],
}

const fn curve(id: u8, nid: Nid, oid: &'static [u8]) -> Curve {
    Curve { id, nid, oid }
}

/// ICAO 9303-11 §9.5.1, table 12.
const CURVES: [Curve; 11] = [
    curve(
        8,
        Nid::X9_62_PRIME192V1,
        &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01],
    ),
    curve(
        9,
        Nid::BRAINPOOL_P192R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x03],
    ),
    curve(10, Nid::SECP224R1, &[0x2B, 0x81, 0x04, 0x00, 0x21]),
    curve(
        11,
        Nid::BRAINPOOL_P224R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x05],
    ),
    curve(
        12,
        Nid::X9_62_PRIME256V1,
        &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
    ),
    curve(
        13,
        Nid::BRAINPOOL_P256R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
    ),
    curve(
        14,
        Nid::BRAINPOOL_P320R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09],
    ),
    curve(15, Nid::SECP384R1, &[0x2B, 0x81, 0x04, 0x00, 0x22]),
    curve(
        16,
        Nid::BRAINPOOL_P384R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B],
    ),
    curve(
        17,
        Nid::BRAINPOOL_P512R1,
        &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D],
    ),
    curve(18, Nid::SECP521R1, &[0x2B, 0x81, 0x04, 0x00, 0x23]),
];

impl Agreement {
    /// The standardised domain parameters, ICAO 9303-11 §9.5.1.
    pub(crate) fn standard(id: u8) -> Result<Self, AgreementError> {
        if let Some(parameters) = field(id)? {
            return Ok(Self {
                id,
                group: Group::Field {
                    p: parameters.prime_p().to_owned()?,
                    q: parameters
                        .prime_q()
                        .ok_or(AgreementError::UnknownGroup)?
                        .to_owned()?,
                    g: parameters.generator().to_owned()?,
                },
            });
        }
        let curve = CURVES.iter().find(|curve| curve.id == id);
        let curve = EcGroup::from_curve_name(curve.ok_or(AgreementError::UnknownGroup)?.nid)?;
        let generator = curve
            .generator_opt()
            .ok_or(AgreementError::UnknownGroup)?
            .to_owned(&curve)?;
        Ok(Self {
            id,
            group: Group::Curve { curve, generator },
        })
    }

    /// The group that an AlgorithmIdentifier names, gives by number or spells out.
    pub(crate) fn from_algorithm(der: &[u8]) -> Result<Self, AgreementError> {
        let id = standard_id(der).ok_or(AgreementError::UnknownGroup)?;
        Self::standard(id)
    }

    /// The group and the public key of a SubjectPublicKeyInfo, of an elliptic curve or not.
    ///
    /// The key comes as it goes over the wire: an uncompressed point, or a number as wide as the
    /// prime. A point is on its curve; a number is judged when it is used.
    pub(crate) fn from_spki(der: &[u8], curve: bool) -> Result<(Self, Vec<u8>), AgreementError> {
        let unknown = |_| AgreementError::UnknownGroup;
        let mut spki = Reader::new(tlv::only(der, 0x30).map_err(unknown)?);
        let algorithm = match spki.read() {
            Ok(Some(object)) => object.raw(),
            _ => return Err(AgreementError::UnknownGroup),
        };
        let agreement = Self::from_algorithm(algorithm)?;
        if agreement.is_curve() != curve {
            return Err(AgreementError::UnknownGroup);
        }
        let bits = spki.expect(0x03).map_err(unknown)?;
        let bits = bits.strip_prefix(&[0]).ok_or(AgreementError::BadKey)?;
        let public = match &agreement.group {
            Group::Curve { curve, .. } => {
                let mut ctx = BigNumContext::new()?;
                // Refuses points off the curve.
                let point = EcPoint::from_bytes(curve, bits, &mut ctx)
                    .map_err(|_| AgreementError::BadKey)?;
                if point.is_infinity(curve) {
                    return Err(AgreementError::BadKey);
                }
                point.to_bytes(curve, PointConversionForm::UNCOMPRESSED, &mut ctx)?
            }
            Group::Field { p, .. } => {
                let number = tlv::only(bits, 0x02).map_err(|_| AgreementError::BadKey)?;
                BigNum::from_slice(number)?
                    .to_vec_padded(p.num_bytes())
                    .map_err(|_| AgreementError::BadKey)?
            }
        };
        Ok((agreement, public))
    }
}

/// The prime field of this number; `None` when it is none's.
fn field(id: u8) -> Result<Option<Dh<Params>>, AgreementError> {
    Ok(Some(match id {
        0 => Dh::get_1024_160()?,
        1 => Dh::get_2048_224()?,
        2 => Dh::get_2048_256()?,
        _ => return Ok(None),
    }))
}

/// Which standardised group an AlgorithmIdentifier means; `None` when it means none of them.
fn standard_id(der: &[u8]) -> Option<u8> {
    let mut algorithm = Reader::new(tlv::only(der, 0x30).ok()?);
    let oid = algorithm.expect(0x06).ok()?;
    let parameters = algorithm.read().ok()??;
    algorithm.finish().ok()?;
    match (oid, parameters.tag()) {
        (oid, 0x02) if oid == STANDARDIZED => match parameters.value() {
            [id] => Some(*id),
            _ => None,
        },
        (oid, 0x06) if oid == EC_PUBLIC_KEY || oid == EC_DH => CURVES
            .iter()
            .find(|curve| curve.oid == parameters.value())
            .map(|curve| curve.id),
        (oid, 0x30) if oid == EC_PUBLIC_KEY || oid == EC_DH => spelt_curve(parameters.value()),
        (oid, 0x30) if oid == X942_DH => spelt_field(parameters.value(), true),
        (oid, 0x30) if oid == PKCS3_DH => spelt_field(parameters.value(), false),
        _ => None,
    }
}

/// The curve whose every number stands in this ECParameters (RFC 3279 §2.3.5).
fn spelt_curve(parameters: &[u8]) -> Option<u8> {
    let number = |octets: &[u8]| BigNum::from_slice(octets).ok();
    let mut parameters = Reader::new(parameters);
    if !matches!(parameters.expect(0x02).ok()?, [1..=3]) {
        return None;
    }
    let mut field = Reader::new(parameters.expect(0x30).ok()?);
    if field.expect(0x06).ok()? != PRIME_FIELD {
        return None;
    }
    let prime = number(field.expect(0x02).ok()?)?;
    let mut coefficients = Reader::new(parameters.expect(0x30).ok()?);
    let first = number(coefficients.expect(0x04).ok()?)?;
    let second = number(coefficients.expect(0x04).ok()?)?;
    let base = parameters.expect(0x04).ok()?;
    let order = number(parameters.expect(0x02).ok()?)?;
    let cofactor = parameters.optional(0x02).ok()?.map(number);
    parameters.finish().ok()?;
    let one = BigNum::from_u32(1).ok()?;
    if cofactor.is_some_and(|cofactor| cofactor != Some(one)) {
        return None;
    }
    let mut ctx = BigNumContext::new().ok()?;
    CURVES.iter().find_map(|known| {
        let group = EcGroup::from_curve_name(known.nid).ok()?;
        let mut numbers = [(); 4].map(|()| BigNum::new());
        let [Ok(p), Ok(a), Ok(b), Ok(n)] = &mut numbers else {
            return None;
        };
        group.components_gfp(p, a, b, &mut ctx).ok()?;
        group.order(n, &mut ctx).ok()?;
        if *p != prime || *a != first || *b != second || *n != order {
            return None;
        }
        // The base point may be compressed.
        let base = EcPoint::from_bytes(&group, base, &mut ctx).ok()?;
        let same = base.eq(&group, group.generator_opt()?, &mut ctx).ok()?;
        same.then_some(known.id)
    })
}

/// The field whose every number stands in `DomainParameters { p, g, q, .. }` of X9.42 or in
/// `DHParameter { p, g, length }` of PKCS #3.
fn spelt_field(parameters: &[u8], with_order: bool) -> Option<u8> {
    let mut parameters = Reader::new(parameters);
    let mut number = || BigNum::from_slice(parameters.expect(0x02).ok()?).ok();
    let (p, g) = (number()?, number()?);
    let q = if with_order { Some(number()?) } else { None };
    FIELDS.into_iter().find(|&id| {
        field(id).ok().flatten().is_some_and(|known| {
            *known.prime_p() == *p
                && *known.generator() == *g
                && q.as_ref()
                    .is_none_or(|q| known.prime_q().is_some_and(|known| *known == **q))
        })
    })
}

#[cfg(test)]
mod tests {
    use openssl::ec::{Asn1Flag, EcKey};
    use openssl::pkey::PKey;

    use super::*;

    fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
        tlv::encode_all(0x30, &[&tlv::encode(0x06, oid), parameters])
    }

    fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        tlv::encode_all(
            0x30,
            &[algorithm, &tlv::encode(0x03, &[&[0], key].concat())],
        )
    }

    fn integer(number: &openssl::bn::BigNumRef) -> Vec<u8> {
        let mut octets = number.to_vec();
        if octets.first().is_none_or(|octet| octet & 0x80 != 0) {
            octets.insert(0, 0);
        }
        tlv::encode(0x02, &octets)
    }

    /// OpenSSL's own writing of a key, with the curve named or spelt out, compressed or not.
    #[test]
    fn a_curve_is_known_however_openssl_writes_it() {
        for curve in &CURVES {
            let mut group = EcGroup::from_curve_name(curve.nid).unwrap();
            for flag in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
                group.set_asn1_flag(flag);
                let key = EcKey::generate(&group).unwrap();
                let mut ctx = BigNumContext::new().unwrap();
                let point = key
                    .public_key()
                    .to_bytes(&group, PointConversionForm::UNCOMPRESSED, &mut ctx)
                    .unwrap();
                let der = PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap();
                let (agreement, public) = Agreement::from_spki(&der, true).unwrap();
                assert_eq!((agreement.id(), &public), (curve.id, &point));
                assert!(Agreement::from_spki(&der, false).is_err());
                let by_number = algorithm(&STANDARDIZED, &tlv::encode(0x02, &[curve.id]));
                let (again, public) =
                    Agreement::from_spki(&spki(&by_number, &point), true).unwrap();
                assert_eq!((again.id(), &public), (curve.id, &point));
                let mut off = spki(&by_number, &point);
                *off.last_mut().unwrap() ^= 1;
                assert_eq!(
                    Agreement::from_spki(&off, true).err(),
                    Some(AgreementError::BadKey)
                );
                assert!(Agreement::from_spki(&spki(&by_number, &[0]), true).is_err());
            }
        }
    }

    #[test]
    fn a_curve_of_somebodys_own_is_refused() {
        let mut group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
        group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
        let key = EcKey::generate(&group).unwrap();
        let der = PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap();
        let algorithm = Reader::new(tlv::only(&der, 0x30).unwrap())
            .read()
            .unwrap()
            .unwrap()
            .raw()
            .to_vec();
        assert_eq!(standard_id(&algorithm), Some(13));
        // Whatever number is another, the curve is another: the prime, a coefficient, the base
        // point, the order, the cofactor. Nothing that is not compared may be left.
        for at in 0..algorithm.len() {
            let mut other = algorithm.clone();
            other[at] ^= 1;
            assert_eq!(standard_id(&other), None, "{at}");
        }
        // A curve with a name of its own, but not one of the standard's.
        for nid in [Nid::SECP256K1, Nid::BRAINPOOL_P256T1] {
            let mut group = EcGroup::from_curve_name(nid).unwrap();
            for flag in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
                group.set_asn1_flag(flag);
                let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
                let der = key.public_key_to_der().unwrap();
                assert_eq!(
                    Agreement::from_spki(&der, true).err(),
                    Some(AgreementError::UnknownGroup)
                );
            }
        }
    }

    #[test]
    fn a_field_is_known_in_each_of_its_three_forms_and_no_other_is() {
        for id in FIELDS {
            let dh = field(id).unwrap().unwrap();
            let (p, g, q) = (dh.prime_p(), dh.generator(), dh.prime_q().unwrap());
            let three = [integer(p), integer(g), integer(q)].concat();
            let two = [integer(p), integer(g), tlv::encode(0x02, &[1, 0])].concat();
            let y = integer(g);
            for algorithm in [
                algorithm(&X942_DH, &tlv::encode(0x30, &three)),
                algorithm(&PKCS3_DH, &tlv::encode(0x30, &two)),
                algorithm(&STANDARDIZED, &tlv::encode(0x02, &[id])),
            ] {
                let (agreement, public) =
                    Agreement::from_spki(&spki(&algorithm, &y), false).unwrap();
                assert_eq!(agreement.id(), id);
                assert_eq!(public.len(), p.num_bytes() as usize);
                assert!(Agreement::from_spki(&spki(&algorithm, &y), true).is_err());
            }
            // The same prime with another generator or another order.
            let mut other = g.to_owned().unwrap();
            other.add_word(1).unwrap();
            for parameters in [
                [integer(p), integer(&other), integer(q)].concat(),
                [integer(p), integer(g), integer(&other)].concat(),
                [integer(&other), integer(g), integer(q)].concat(),
            ] {
                let algorithm = algorithm(&X942_DH, &tlv::encode(0x30, &parameters));
                assert_eq!(
                    Agreement::from_spki(&spki(&algorithm, &y), false).err(),
                    Some(AgreementError::UnknownGroup)
                );
            }
        }
    }
}
