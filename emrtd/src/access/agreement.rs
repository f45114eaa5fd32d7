//! Diffie-Hellman over the groups that chips use: curves (by OpenSSL) and prime fields.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

pub(crate) mod mapping;
mod parameters;

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

/// A standardised group with a generator, the group's own or a mapped one.
pub(crate) struct Agreement {
    id: u8,
    group: Group,
}

enum Group {
    Curve {
        curve: EcGroup,
        generator: EcPoint,
    },
    /// The subgroup of order `q` modulo `p`.
    Field {
        p: BigNum,
        q: BigNum,
        g: BigNum,
    },
}

/// A private number and the public element that goes with it.
pub(crate) struct KeyPair {
    secret: Secret,
    /// As it is sent: an uncompressed point, or a number in as few bytes as it takes.
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
    /// The number of its parameters in ICAO 9303-11 §9.5.1.
    pub(crate) fn id(&self) -> u8 {
        self.id
    }

    pub(crate) fn is_curve(&self) -> bool {
        matches!(self.group, Group::Curve { .. })
    }

    /// A fresh key pair on this generator; the bytes of `rng` become the private number as they come.
    pub(crate) fn key_pair(&self, rng: &mut dyn CryptoRng) -> Result<KeyPair, AgreementError> {
        let secret = Secret(self.private_number(rng)?);
        let public = match &self.group {
            Group::Curve { curve, generator } => {
                let mut ctx = BigNumContext::new()?;
                let mut point = EcPoint::new(curve)?;
                point.mul2(curve, generator, &secret.0, &mut ctx)?;
                point.to_bytes(curve, PointConversionForm::UNCOMPRESSED, &mut ctx)?
            }
            // ICAO 9303-11 §9.4.1: an unsigned integer has no leading zeros.
            Group::Field { p, g, .. } => power(g, &secret.0, p)?.to_vec(),
        };
        Ok(KeyPair { secret, public })
    }

    fn private_number(&self, rng: &mut dyn CryptoRng) -> Result<BigNum, AgreementError> {
        let mut limit = BigNum::new()?;
        match &self.group {
            Group::Curve { curve, .. } => curve.order(&mut limit, &mut *BigNumContext::new()?)?,
            Group::Field { q, .. } => limit = (**q).to_owned()?,
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

    /// The shared secret: the point's x coordinate, or the number itself, as wide as the field
    /// (ICAO 9303-11 §9.6; PKCS #3 §8.3 keeps the leading zeros of a number).
    pub(crate) fn shared(
        &self,
        own: &KeyPair,
        peer: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, AgreementError> {
        match &self.group {
            Group::Curve { curve, .. } => {
                let mut ctx = BigNumContext::new()?;
                let point = self.shared_point(own, peer)?;
                let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
                point.affine_coordinates(curve, &mut x, &mut y, &mut ctx)?;
                let secret = x.to_vec_padded(curve.degree().div_ceil(8) as i32)?;
                x.clear();
                y.clear();
                Ok(Zeroizing::new(secret))
            }
            Group::Field { p, .. } => Ok(Zeroizing::new(
                self.shared_number(own, peer)?
                    .to_vec_padded(p.num_bytes())?,
            )),
        }
    }

    /// The shared point as it is sent, for those who compare it rather than keep it secret.
    pub(crate) fn shared_element(
        &self,
        own: &KeyPair,
        peer: &[u8],
    ) -> Result<Vec<u8>, AgreementError> {
        match &self.group {
            Group::Curve { curve, .. } => Ok(self.shared_point(own, peer)?.to_bytes(
                curve,
                PointConversionForm::UNCOMPRESSED,
                &mut *BigNumContext::new()?,
            )?),
            Group::Field { p, .. } => Ok(self
                .shared_number(own, peer)?
                .to_vec_padded(p.num_bytes())?),
        }
    }

    /// Comp(PK), TR-03110-3 §A.2.2.3: the x coordinate of a point, SHA-1 of a number.
    pub(crate) fn compressed(&self, public: &[u8]) -> Vec<u8> {
        match &self.group {
            // 04 ‖ x ‖ y
            Group::Curve { .. } => {
                let coordinates = public.get(1..).unwrap_or_default();
                coordinates[..coordinates.len() / 2].to_vec()
            }
            Group::Field { .. } => openssl::sha::sha1(public).to_vec(),
        }
    }

    /// p − 1, which is an element of order two and of no use to anyone honest.
    pub(crate) fn last_element(&self) -> Result<Vec<u8>, AgreementError> {
        let Group::Field { p, .. } = &self.group else {
            return Err(AgreementError::UnknownGroup);
        };
        let mut last = (**p).to_owned()?;
        last.sub_word(1)?;
        Ok(last.to_vec_padded(p.num_bytes())?)
    }

    /// The tag of a public key in a key template (TR-03110-3 §D.3): 86 for points, 84 for numbers.
    pub(crate) fn public_tag(&self) -> u32 {
        match self.group {
            Group::Curve { .. } => 0x86,
            Group::Field { .. } => 0x84,
        }
    }

    fn shared_point(&self, own: &KeyPair, peer: &[u8]) -> Result<EcPoint, AgreementError> {
        let Group::Curve { curve, .. } = &self.group else {
            return Err(AgreementError::UnknownGroup);
        };
        let width = curve.degree().div_ceil(8) as usize;
        if peer.len() != 1 + 2 * width || peer[0] != 4 || peer == own.public {
            return Err(AgreementError::BadKey);
        }
        let mut ctx = BigNumContext::new()?;
        // Refuses points off the curve.
        let peer =
            EcPoint::from_bytes(curve, peer, &mut ctx).map_err(|_| AgreementError::BadKey)?;
        let mut point = EcPoint::new(curve)?;
        point.mul2(curve, &peer, &own.secret.0, &mut ctx)?;
        if point.is_infinity(curve) {
            return Err(AgreementError::BadKey);
        }
        Ok(point)
    }

    fn shared_number(&self, own: &KeyPair, peer: &[u8]) -> Result<BigNum, AgreementError> {
        let Group::Field { p, q, .. } = &self.group else {
            return Err(AgreementError::UnknownGroup);
        };
        let one = BigNum::from_u32(1)?;
        let mut last = (**p).to_owned()?;
        last.sub_word(1)?;
        if peer.len() > p.num_bytes() as usize {
            return Err(AgreementError::BadKey);
        }
        // As numbers: some chips leave leading zeros out.
        let peer = BigNum::from_slice(peer)?;
        if peer <= one || peer >= last || peer == BigNum::from_slice(&own.public)? {
            return Err(AgreementError::BadKey);
        }
        // Small subgroups, RFC 2631 §2.1.5.
        if power(&peer, q, p)? != one {
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
