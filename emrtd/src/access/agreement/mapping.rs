//! How PACE makes a generator that only those who know the nonce can compute
//! (ICAO 9303-11 §4.4.3.3 and appendix B).

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::EcPoint;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use super::{Agreement, AgreementError, Group, KeyPair, Secret, power};
use crate::secure_messaging::Cipher;

/// The constants of the pseudo-random function, ICAO 9303-11 §4.4.3.3.2: for 3DES and AES-128.
const SHORT: [[u8; 16]; 2] = [
    [
        0xA6, 0x68, 0x89, 0x2A, 0x7C, 0x41, 0xE3, 0xCA, 0x73, 0x9F, 0x40, 0xB0, 0x57, 0xD8, 0x59,
        0x04,
    ],
    [
        0xA4, 0xE1, 0x36, 0xAC, 0x72, 0x5F, 0x73, 0x8B, 0x01, 0xC1, 0xF6, 0x02, 0x17, 0xC1, 0x88,
        0xAD,
    ],
];
/// For AES-192 and AES-256.
const LONG: [[u8; 32]; 2] = [
    [
        0xD4, 0x63, 0xD6, 0x52, 0x34, 0x12, 0x4E, 0xF7, 0x89, 0x70, 0x54, 0x98, 0x6D, 0xCA, 0x0A,
        0x17, 0x4E, 0x28, 0xDF, 0x75, 0x8C, 0xBA, 0xA0, 0x3F, 0x24, 0x06, 0x16, 0x41, 0x4D, 0x5A,
        0x16, 0x76,
    ],
    [
        0x54, 0xBD, 0x72, 0x55, 0xF0, 0xAA, 0xF8, 0x31, 0xBE, 0xC3, 0x42, 0x3F, 0xCF, 0x39, 0xD6,
        0x9B, 0x6C, 0xBF, 0x06, 0x66, 0x77, 0xD0, 0xFA, 0xAE, 0x5A, 0xAD, 0xD9, 0x9D, 0xF8, 0xE5,
        0x35, 0x17,
    ],
];

/// How long the chip's nonce is under integrated mapping: whole blocks, no shorter than the key.
pub(crate) fn nonce_length(cipher: Cipher) -> usize {
    match cipher {
        Cipher::TripleDes | Cipher::Aes128 => 16,
        Cipher::Aes192 | Cipher::Aes256 => 32,
    }
}

/// How long the terminal's nonce is under integrated mapping: as long as a key.
pub(crate) fn terminal_nonce_length(cipher: Cipher) -> usize {
    match cipher {
        Cipher::TripleDes | Cipher::Aes128 => 16,
        Cipher::Aes192 => 24,
        Cipher::Aes256 => 32,
    }
}

impl Agreement {
    /// Generic mapping: the new generator is s·G + H, ICAO 9303-11 §4.4.3.3.1.
    pub(crate) fn mapped(
        &self,
        nonce: &[u8],
        own: &KeyPair,
        peer: &[u8],
    ) -> Result<Self, AgreementError> {
        let nonce = Secret(BigNum::from_slice(nonce)?);
        match &self.group {
            Group::Curve { curve, generator } => {
                let mut ctx = BigNumContext::new()?;
                let secret = self.shared_point(own, peer)?;
                let mut part = EcPoint::new(curve)?;
                part.mul2(curve, generator, &nonce.0, &mut ctx)?;
                let mut mapped = EcPoint::new(curve)?;
                mapped.add(curve, &part, &secret, &mut ctx)?;
                self.with_point(mapped)
            }
            Group::Field { p, g, .. } => {
                let secret = self.shared_number(own, peer)?;
                let part = power(g, &nonce.0, p)?;
                let mut mapped = BigNum::new()?;
                mapped.mod_mul(&part, &secret, p, &mut *BigNumContext::new()?)?;
                self.with_number(mapped)
            }
        }
    }

    /// Integrated mapping: the new generator is R(s, t), put into the group, ICAO 9303-11 §4.4.3.3.2.
    pub(crate) fn integrated(
        &self,
        cipher: Cipher,
        chip_nonce: &[u8],
        terminal_nonce: &[u8],
    ) -> Result<Self, AgreementError> {
        let mut ctx = BigNumContext::new()?;
        match &self.group {
            Group::Curve { curve, .. } => {
                let (mut p, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
                curve.components_gfp(&mut p, &mut a, &mut b, &mut ctx)?;
                let octets = pseudo_random(cipher, chip_nonce, terminal_nonce, p.num_bits())?;
                let mut number = Secret(BigNum::new()?);
                number
                    .0
                    .nnmod(&*BigNum::from_slice(&octets)?, &p, &mut ctx)?;
                let (x, y) = encode_point(&number.0, &p, &a, &b)?;
                let mut point = EcPoint::new(curve)?;
                // Refuses what is not on the curve; every standard curve has cofactor one.
                point.set_affine_coordinates_gfp(curve, &x, &y, &mut ctx)?;
                self.with_point(point)
            }
            Group::Field { p, q, .. } => {
                let octets = pseudo_random(cipher, chip_nonce, terminal_nonce, p.num_bits())?;
                let number = Secret(BigNum::from_slice(&octets)?);
                let mut last = (**p).to_owned()?;
                last.sub_word(1)?;
                let mut cofactor = BigNum::new()?;
                cofactor.checked_div(&last, q, &mut ctx)?;
                self.with_number(power(&number.0, &cofactor, p)?)
            }
        }
    }

    /// The chip's half of chip authentication mapping: CA_IC, which makes its mapping key of its own
    /// key (ICAO 9303-11 §4.4.3.5).
    pub(crate) fn chip_data(
        &self,
        mapping: &KeyPair,
        chip_secret: &BigNumRef,
    ) -> Result<Vec<u8>, AgreementError> {
        let Group::Curve { curve, .. } = &self.group else {
            return Err(AgreementError::UnknownGroup);
        };
        let mut ctx = BigNumContext::new()?;
        let mut order = BigNum::new()?;
        curve.order(&mut order, &mut ctx)?;
        let mut inverse = Secret(BigNum::new()?);
        inverse.0.mod_inverse(chip_secret, &order, &mut ctx)?;
        let mut data = BigNum::new()?;
        data.mod_mul(&inverse.0, &mapping.secret.0, &order, &mut ctx)?;
        Ok(data.to_vec_padded(order.num_bytes())?)
    }

    fn with_point(&self, generator: EcPoint) -> Result<Self, AgreementError> {
        let mut mapped = Self::standard(self.id)?;
        if let Group::Curve {
            curve,
            generator: place,
        } = &mut mapped.group
        {
            if generator.is_infinity(curve) {
                return Err(AgreementError::BadKey);
            }
            *place = generator;
        }
        Ok(mapped)
    }

    fn with_number(&self, generator: BigNum) -> Result<Self, AgreementError> {
        let mut mapped = Self::standard(self.id)?;
        if let Group::Field { g, .. } = &mut mapped.group {
            if generator.num_bits() < 2 {
                return Err(AgreementError::BadKey);
            }
            *g = generator;
        }
        Ok(mapped)
    }
}

/// R(s, t) of ICAO 9303-11 §4.4.3.3.2: a cascade of the block cipher, 64 bits longer than the prime
/// at least.
fn pseudo_random(
    cipher: Cipher,
    chip_nonce: &[u8],
    terminal_nonce: &[u8],
    prime_bits: i32,
) -> Result<Zeroizing<Vec<u8>>, AgreementError> {
    let key_length = terminal_nonce_length(cipher);
    if chip_nonce.len() != nonce_length(cipher) || terminal_nonce.len() != key_length {
        return Err(AgreementError::BadKey);
    }
    let (next, out) = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => (&SHORT[0][..], &SHORT[1][..]),
        Cipher::Aes192 | Cipher::Aes256 => (&LONG[0][..], &LONG[1][..]),
    };
    let zero = vec![0; cipher.block()];
    let encrypt = |key: &[u8], text: &[u8]| {
        // A key has the length of keys, whatever the length of the text it was made of.
        Zeroizing::new(cipher.encrypt(&key[..key_length], &zero, text))
    };
    let mut key = encrypt(terminal_nonce, chip_nonce);
    let wanted = prime_bits as usize + 64;
    let mut octets = Zeroizing::new(Vec::with_capacity(wanted / 8 + 32));
    while octets.len() * 8 < wanted {
        octets.extend_from_slice(&encrypt(&key, out));
        key = encrypt(&key, next);
    }
    Ok(octets)
}

/// A number put onto the curve y² = x³ + ax + b, ICAO 9303-11 appendix B.2 (the simplified method
/// of Shallue, van de Woestijne and Ulas); for primes that leave 3 when divided by 4.
fn encode_point(
    t: &BigNumRef,
    p: &BigNumRef,
    a: &BigNumRef,
    b: &BigNumRef,
) -> Result<(BigNum, BigNum), AgreementError> {
    if !p.is_bit_set(0) || !p.is_bit_set(1) {
        // P-224 is no curve for integrated mapping (ICAO 9303-11 §9.5.1).
        return Err(AgreementError::UnknownGroup);
    }
    let mut field = Modulo {
        p,
        ctx: BigNumContext::new()?,
    };
    let one = BigNum::from_u32(1)?;
    // 1. α = −t².
    let square = field.times(t, t)?;
    let alpha = field.minus(&*BigNum::new()?, &square)?;
    // 2. X2 = −b/a · (1 + 1/(α + α²)). For t = 0 and t = ±1 there is no such number.
    let alpha_square = field.times(&alpha, &alpha)?;
    let sum = field.plus(&alpha, &alpha_square)?;
    let inverse = field.inverse(&sum)?;
    let inner = field.plus(&one, &inverse)?;
    let inverse_a = field.inverse(a)?;
    let quotient = field.times(b, &inverse_a)?;
    let quotient = field.minus(&*BigNum::new()?, &quotient)?;
    let x2 = field.times(&quotient, &inner)?;
    // 3. X3 = α·X2.
    let x3 = field.times(&alpha, &x2)?;
    // 4. h2 = X2³ + a·X2 + b. (5., h3, is not needed.)
    let cube = field.times(&x2, &x2)?;
    let cube = field.times(&cube, &x2)?;
    let linear = field.times(a, &x2)?;
    let h2 = field.plus(&cube, &linear)?;
    let h2 = field.plus(&h2, b)?;
    // 6. U = t³·h2.
    let cube = field.times(&square, t)?;
    let u = field.times(&cube, &h2)?;
    // 7. A = h2^(p − 1 − (p + 1)/4).
    let mut quarter = p.to_owned()?;
    quarter.add_word(1)?;
    quarter.div_word(4)?;
    let mut exponent = p.to_owned()?;
    exponent.sub_word(1)?;
    let mut rest = BigNum::new()?;
    rest.checked_sub(&exponent, &quarter)?;
    let root = power(&h2, &rest, p)?;
    // 8. and 9.
    let test = field.times(&root, &root)?;
    let test = field.times(&test, &h2)?;
    if test == one {
        Ok((x2, field.times(&root, &h2)?))
    } else {
        Ok((x3, field.times(&root, &u)?))
    }
}

/// Arithmetic modulo a prime.
struct Modulo<'a> {
    p: &'a BigNumRef,
    ctx: BigNumContext,
}

impl Modulo<'_> {
    fn times(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_mul(a, b, self.p, &mut self.ctx)?;
        Ok(result)
    }

    fn plus(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_add(a, b, self.p, &mut self.ctx)?;
        Ok(result)
    }

    fn minus(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_sub(a, b, self.p, &mut self.ctx)?;
        Ok(result)
    }

    fn inverse(&mut self, a: &BigNumRef) -> Result<BigNum, AgreementError> {
        if a.num_bits() == 0 {
            return Err(AgreementError::BadKey);
        }
        let mut result = BigNum::new()?;
        result.mod_inverse(a, self.p, &mut self.ctx)?;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use openssl::ec::PointConversionForm;

    use super::*;
    use crate::access::tests::Fixed;
    use crate::vectors;

    /// ICAO 9303-11 appendix H.1: the numbers on the way, which go over no wire.
    #[test]
    fn a_number_is_put_onto_the_curve_as_in_h1() {
        let vectors = vectors::icao();
        let h1 = &vectors["H1_pace_ecdh_im_bp256_aes128"];
        let get = |name: &str| vectors::bytes(&h1[name]);
        let octets = pseudo_random(Cipher::Aes128, &get("s"), &get("t"), 256).unwrap();
        assert_eq!(*octets, get("pseudo_random"));
        let group = Agreement::standard(13).unwrap();
        let mapped = group
            .integrated(Cipher::Aes128, &get("s"), &get("t"))
            .unwrap();
        let Group::Curve { curve, generator } = &mapped.group else {
            panic!()
        };
        let mut ctx = BigNumContext::new().unwrap();
        let point = generator
            .to_bytes(curve, PointConversionForm::UNCOMPRESSED, &mut ctx)
            .unwrap();
        assert_eq!(point[1..], get("mapped_generator"));
    }

    #[test]
    fn a_number_is_put_into_the_field_as_in_h2() {
        let vectors = vectors::icao();
        let h2 = &vectors["H2_pace_dh_im_1024_aes128"];
        let get = |name: &str| vectors::bytes(&h2[name]);
        let group = Agreement::standard(0).unwrap();
        let mapped = group
            .integrated(Cipher::Aes128, &get("s"), &get("t"))
            .unwrap();
        let Group::Field { g, .. } = &mapped.group else {
            panic!()
        };
        assert_eq!(g.to_vec_padded(128).unwrap(), get("mapped_generator"));
    }

    #[test]
    fn nonces_of_another_length_and_numbers_without_a_point_are_refused() {
        let group = Agreement::standard(13).unwrap();
        for cipher in [
            Cipher::TripleDes,
            Cipher::Aes128,
            Cipher::Aes192,
            Cipher::Aes256,
        ] {
            let (s, t) = (nonce_length(cipher), terminal_nonce_length(cipher));
            assert!(group.integrated(cipher, &vec![1; s], &vec![2; t]).is_ok());
            for (s, t) in [(s - 8, t), (s + 8, t), (s, t - 8), (s, t + 8), (0, t)] {
                assert_eq!(
                    group.integrated(cipher, &vec![1; s], &vec![2; t]).err(),
                    Some(AgreementError::BadKey)
                );
            }
        }
        let p224 = Agreement::standard(10).unwrap();
        assert_eq!(
            p224.integrated(Cipher::Aes128, &[1; 16], &[2; 16]).err(),
            Some(AgreementError::UnknownGroup)
        );
        let p = BigNum::from_u32(23).unwrap();
        let (a, b) = (BigNum::from_u32(1).unwrap(), BigNum::from_u32(4).unwrap());
        for t in [0, 1, 22] {
            let t = BigNum::from_u32(t).unwrap();
            assert_eq!(
                encode_point(&t, &p, &a, &b).err(),
                Some(AgreementError::BadKey)
            );
        }
    }

    /// A chip that knew both secrets could lead both sides to no generator at all.
    #[test]
    fn a_mapped_generator_at_infinity_is_refused() {
        let nonce = [3; 16];
        let group = Agreement::standard(12).unwrap();
        let own = group.key_pair(&mut Fixed::endless(5)).unwrap();
        let Group::Curve { curve, generator } = &group.group else {
            panic!()
        };
        // PK = −s/sk · G, so that H = −s·G.
        let mut ctx = BigNumContext::new().unwrap();
        let mut order = BigNum::new().unwrap();
        curve.order(&mut order, &mut ctx).unwrap();
        let (mut inverse, mut factor) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        inverse
            .mod_inverse(&own.secret.0, &order, &mut ctx)
            .unwrap();
        let s = BigNum::from_slice(&nonce).unwrap();
        factor.mod_mul(&s, &inverse, &order, &mut ctx).unwrap();
        let mut negated = BigNum::new().unwrap();
        negated.checked_sub(&order, &factor).unwrap();
        let mut point = EcPoint::new(curve).unwrap();
        point.mul2(curve, generator, &negated, &mut ctx).unwrap();
        let peer = point
            .to_bytes(curve, PointConversionForm::UNCOMPRESSED, &mut ctx)
            .unwrap();
        assert_eq!(
            group.mapped(&nonce, &own, &peer).err(),
            Some(AgreementError::BadKey)
        );
    }
}
