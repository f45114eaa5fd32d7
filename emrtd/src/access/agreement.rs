//! Diffie-Hellman over the groups that chips use: curves (by OpenSSL) and prime fields.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::dh::Dh;
use openssl::ec::{EcGroup, EcGroupRef, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::tlv;

/// Why no shared secret came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum AgreementError {
    #[error("the group is not one this crate can compute in")]
    UnknownGroup,
    #[error("the other side's public key is not a fit element of the group")]
    BadKey,
    #[error("the arithmetic failed")]
    Arithmetic,
}

impl From<ErrorStack> for AgreementError {
    fn from(_: ErrorStack) -> Self {
        Self::Arithmetic
    }
}

/// A group with a generator.
pub(crate) enum Agreement {
    Curve {
        group: EcGroup,
        generator: EcPoint,
    },
    Field {
        p: BigNum,
        q: Option<BigNum>,
        g: BigNum,
    },
}

/// A private number and the public element that goes with it.
pub(crate) struct KeyPair {
    secret: Secret,
    /// As it is sent: an uncompressed point, or a number as wide as the prime.
    pub(crate) public: Vec<u8>,
}

impl KeyPair {
    /// A static key, such as the one a chip is made with.
    pub(crate) fn from_parts(secret: BigNum, public: Vec<u8>) -> Self {
        Self {
            secret: Secret(secret),
            public,
        }
    }
}

/// Wiped when dropped.
struct Secret(BigNum);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.clear();
    }
}

impl Agreement {
    /// The standardised domain parameters, ICAO 9303-11 §9.5.1.
    pub(crate) fn standard(id: u8) -> Result<Self, AgreementError> {
        let nid = match id {
            0 => return Ok(Self::field(&Dh::get_1024_160()?)?),
            1 => return Ok(Self::field(&Dh::get_2048_224()?)?),
            2 => return Ok(Self::field(&Dh::get_2048_256()?)?),
            8 => Nid::X9_62_PRIME192V1,
            9 => Nid::BRAINPOOL_P192R1,
            10 => Nid::SECP224R1,
            11 => Nid::BRAINPOOL_P224R1,
            12 => Nid::X9_62_PRIME256V1,
            13 => Nid::BRAINPOOL_P256R1,
            14 => Nid::BRAINPOOL_P320R1,
            15 => Nid::SECP384R1,
            16 => Nid::BRAINPOOL_P384R1,
            17 => Nid::BRAINPOOL_P512R1,
            18 => Nid::SECP521R1,
            _ => return Err(AgreementError::UnknownGroup),
        };
        Self::curve(EcGroup::from_curve_name(nid)?)
    }

    fn curve(group: EcGroup) -> Result<Self, AgreementError> {
        let generator = group
            .generator_opt()
            .ok_or(AgreementError::UnknownGroup)?
            .to_owned(&group)?;
        Ok(Self::Curve { group, generator })
    }

    fn field<T>(parameters: &Dh<T>) -> Result<Self, ErrorStack>
    where
        T: openssl::pkey::HasParams,
    {
        Ok(Self::Field {
            p: parameters.prime_p().to_owned()?,
            q: parameters.prime_q().map(BigNumRef::to_owned).transpose()?,
            g: parameters.generator().to_owned()?,
        })
    }

    /// The group and the public key of a SubjectPublicKeyInfo, with named or explicit parameters.
    pub(crate) fn from_spki(der: &[u8], curve: bool) -> Result<(Self, Vec<u8>), AgreementError> {
        if !curve {
            return Self::field_from_spki(der).ok_or(AgreementError::UnknownGroup);
        }
        let key = PKey::public_key_from_der(der)
            .and_then(|key| key.ec_key())
            .map_err(|_| AgreementError::UnknownGroup)?;
        let mut ctx = BigNumContext::new()?;
        let public =
            key.public_key()
                .to_bytes(key.group(), PointConversionForm::UNCOMPRESSED, &mut ctx)?;
        Ok((Self::curve(copy(key.group(), &mut ctx)?)?, public))
    }

    /// PKCS #3 `DHParameter { p, g }` or X9.42 `DomainParameters { p, g, q }`, RFC 3279 §2.3.3.
    fn field_from_spki(der: &[u8]) -> Option<(Self, Vec<u8>)> {
        let mut spki = tlv::Reader::new(tlv::only(der, 0x30).ok()?);
        let mut algorithm = tlv::Reader::new(spki.expect(0x30).ok()?);
        let oid = algorithm.expect(0x06).ok()?;
        let mut parameters = tlv::Reader::new(algorithm.expect(0x30).ok()?);
        let p = BigNum::from_slice(parameters.expect(0x02).ok()?).ok()?;
        let g = BigNum::from_slice(parameters.expect(0x02).ok()?).ok()?;
        // In PKCS #3 (1.2.840.113549.1.3.1) a third number is a length, not q.
        let q = match parameters.optional(0x02).ok()? {
            Some(q) if !oid.ends_with(&[0x01, 0x03, 0x01]) => Some(BigNum::from_slice(q).ok()?),
            _ => None,
        };
        if !(512..=8_192).contains(&p.num_bits()) || !p.is_bit_set(0) {
            return None;
        }
        let bits = spki.expect(0x03).ok()?.strip_prefix(&[0])?;
        let y = BigNum::from_slice(tlv::only(bits, 0x02).ok()?).ok()?;
        let public = y.to_vec_padded(p.num_bytes()).ok()?;
        Some((Self::Field { p, q, g }, public))
    }

    /// A fresh key pair on this generator; the bytes of `rng` become the private number as they come.
    pub(crate) fn key_pair(&self, rng: &mut dyn CryptoRng) -> Result<KeyPair, AgreementError> {
        let secret = Secret(self.private_number(rng)?);
        let public = match self {
            Self::Curve { group, generator } => {
                let mut ctx = BigNumContext::new()?;
                let mut point = EcPoint::new(group)?;
                point.mul2(group, generator, &secret.0, &mut ctx)?;
                point.to_bytes(group, PointConversionForm::UNCOMPRESSED, &mut ctx)?
            }
            Self::Field { p, g, .. } => power(g, &secret.0, p)?.to_vec_padded(p.num_bytes())?,
        };
        Ok(KeyPair { secret, public })
    }

    fn private_number(&self, rng: &mut dyn CryptoRng) -> Result<BigNum, AgreementError> {
        let mut limit = BigNum::new()?;
        match self {
            Self::Curve { group, .. } => group.order(&mut limit, &mut *BigNumContext::new()?)?,
            Self::Field { q: Some(q), .. } => limit = (**q).to_owned()?,
            // Without q, 512 bits are twice what the strongest such group gives.
            Self::Field { p, q: None, .. } => limit.set_bit(512.min(p.num_bits() - 1))?,
        }
        let bits = limit.num_bits();
        let mut bytes = Zeroizing::new(vec![0; limit.num_bytes() as usize]);
        // Each draw succeeds with probability one half at least.
        for _ in 0..256 {
            rng.fill_bytes(&mut bytes);
            if bits % 8 != 0 {
                bytes[0] &= (1 << (bits % 8)) - 1;
            }
            let number = BigNum::from_slice(&bytes)?;
            if number.num_bits() > 0 && number < limit {
                return Ok(number);
            }
        }
        Err(AgreementError::Arithmetic)
    }

    /// The shared secret: the point's x coordinate, or the number itself, as wide as the field.
    pub(crate) fn shared(
        &self,
        own: &KeyPair,
        peer: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AgreementError> {
        match self {
            Self::Curve { group, .. } => {
                let mut ctx = BigNumContext::new()?;
                let point = self.shared_point(own, peer)?;
                let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
                point.affine_coordinates(group, &mut x, &mut y, &mut ctx)?;
                let secret = x.to_vec_padded(group.degree().div_ceil(8) as i32)?;
                x.clear();
                y.clear();
                Ok(Zeroizing::new(secret))
            }
            Self::Field { p, .. } => Ok(Zeroizing::new(
                self.shared_number(own, peer)?
                    .to_vec_padded(p.num_bytes())?,
            )),
        }
    }

    /// Generic mapping: the new generator is s·G + H, ICAO 9303-11 §4.4.3.3.
    pub(crate) fn mapped(
        &self,
        nonce: &[u8],
        own: &KeyPair,
        peer: &[u8],
    ) -> Result<Self, AgreementError> {
        let nonce = Secret(BigNum::from_slice(nonce)?);
        match self {
            Self::Curve { group, generator } => {
                let mut ctx = BigNumContext::new()?;
                let secret = self.shared_point(own, peer)?;
                let mut part = EcPoint::new(group)?;
                part.mul2(group, generator, &nonce.0, &mut ctx)?;
                let mut mapped = EcPoint::new(group)?;
                mapped.add(group, &part, &secret, &mut ctx)?;
                if mapped.is_infinity(group) {
                    return Err(AgreementError::BadKey);
                }
                let group = copy(group, &mut ctx)?;
                Ok(Self::Curve {
                    group,
                    generator: mapped,
                })
            }
            Self::Field { p, q, g } => {
                let secret = self.shared_number(own, peer)?;
                let part = power(g, &nonce.0, p)?;
                let mut mapped = BigNum::new()?;
                mapped.mod_mul(&part, &secret, p, &mut *BigNumContext::new()?)?;
                Ok(Self::Field {
                    p: (**p).to_owned()?,
                    q: q.as_deref().map(BigNumRef::to_owned).transpose()?,
                    g: mapped,
                })
            }
        }
    }

    /// The tag of a public key in a key template (TR-03110-3 §D.3): 86 for points, 84 for numbers.
    pub(crate) fn public_tag(&self) -> u32 {
        match self {
            Self::Curve { .. } => 0x86,
            Self::Field { .. } => 0x84,
        }
    }

    fn shared_point(&self, own: &KeyPair, peer: &[u8]) -> Result<EcPoint, AgreementError> {
        let Self::Curve { group, .. } = self else {
            return Err(AgreementError::UnknownGroup);
        };
        let width = group.degree().div_ceil(8) as usize;
        if peer.len() != 1 + 2 * width || peer[0] != 4 || peer == own.public {
            return Err(AgreementError::BadKey);
        }
        let mut ctx = BigNumContext::new()?;
        // Refuses points off the curve.
        let peer =
            EcPoint::from_bytes(group, peer, &mut ctx).map_err(|_| AgreementError::BadKey)?;
        let mut point = EcPoint::new(group)?;
        point.mul2(group, &peer, &own.secret.0, &mut ctx)?;
        if point.is_infinity(group) {
            return Err(AgreementError::BadKey);
        }
        Ok(point)
    }

    fn shared_number(&self, own: &KeyPair, peer: &[u8]) -> Result<BigNum, AgreementError> {
        let Self::Field { p, q, .. } = self else {
            return Err(AgreementError::UnknownGroup);
        };
        let one = BigNum::from_u32(1)?;
        let mut last = (**p).to_owned()?;
        last.sub_word(1)?;
        if peer.len() > p.num_bytes() as usize || peer == own.public {
            return Err(AgreementError::BadKey);
        }
        let peer = BigNum::from_slice(peer)?;
        if peer <= one || peer >= last {
            return Err(AgreementError::BadKey);
        }
        if let Some(q) = q
            && power(&peer, q, p)? != one
        {
            return Err(AgreementError::BadKey);
        }
        let shared = power(&peer, &own.secret.0, p)?;
        if shared <= one {
            Err(AgreementError::BadKey)
        } else {
            Ok(shared)
        }
    }
}

fn power(
    base: &BigNumRef,
    exponent: &BigNumRef,
    modulus: &BigNumRef,
) -> Result<BigNum, ErrorStack> {
    let mut result = BigNum::new()?;
    result.mod_exp(base, exponent, modulus, &mut *BigNumContext::new()?)?;
    Ok(result)
}

/// The same curve again, whether it has a name or came with explicit parameters.
fn copy(group: &EcGroupRef, ctx: &mut BigNumContext) -> Result<EcGroup, AgreementError> {
    if let Some(nid) = group.curve_name() {
        return Ok(EcGroup::from_curve_name(nid)?);
    }
    let (mut p, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    group.components_gfp(&mut p, &mut a, &mut b, ctx)?;
    let (mut order, mut cofactor) = (BigNum::new()?, BigNum::new()?);
    group.order(&mut order, ctx)?;
    group.cofactor(&mut cofactor, ctx)?;
    let generator = group.generator_opt().ok_or(AgreementError::UnknownGroup)?;
    let point = generator.to_bytes(group, PointConversionForm::UNCOMPRESSED, ctx)?;
    let mut copy = EcGroup::from_components(p, a, b, ctx)?;
    let generator = EcPoint::from_bytes(&copy, &point, ctx)?;
    copy.set_generator(generator, order, cofactor)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::Fixed;

    #[test]
    fn both_sides_agree_on_every_standard_group() {
        let mut rng = Fixed::endless(7);
        for id in [0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18] {
            let group = Agreement::standard(id).unwrap();
            let (a, b) = (
                group.key_pair(&mut rng).unwrap(),
                group.key_pair(&mut rng).unwrap(),
            );
            let one = group.mapped(&[5; 16], &a, &b.public).unwrap();
            let two = group.mapped(&[5; 16], &b, &a.public).unwrap();
            let (c, d) = (
                one.key_pair(&mut rng).unwrap(),
                two.key_pair(&mut rng).unwrap(),
            );
            assert_eq!(
                one.shared(&c, &d.public).unwrap(),
                two.shared(&d, &c.public).unwrap(),
                "{id}"
            );
            assert_eq!(
                group.shared(&a, &a.public).unwrap_err(),
                AgreementError::BadKey,
                "{id}: own key"
            );
            let mut off = b.public.clone();
            *off.last_mut().unwrap() ^= 1;
            assert_eq!(
                group.shared(&a, &off).unwrap_err(),
                AgreementError::BadKey,
                "{id}: no element"
            );
            assert!(group.shared(&a, &[]).is_err());
        }
        assert!(Agreement::standard(7).is_err());
    }
}
