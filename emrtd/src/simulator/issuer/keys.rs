//! The kinds of keys that a specimen card can have.

use openssl::dh::Dh;
use openssl::ec::EcKeyRef;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use rand_core::CryptoRng;

use super::pki;
use crate::lds::oid;
use crate::tlv;

/// The curves that travel documents use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    P192,
    P224,
    P256,
    P384,
    P521,
    BrainpoolP160,
    BrainpoolP192,
    BrainpoolP224,
    BrainpoolP256,
    BrainpoolP320,
    BrainpoolP384,
    BrainpoolP512,
}

impl Curve {
    pub const ALL: [Self; 12] = [
        Self::P192,
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP160,
        Self::BrainpoolP192,
        Self::BrainpoolP224,
        Self::BrainpoolP256,
        Self::BrainpoolP320,
        Self::BrainpoolP384,
        Self::BrainpoolP512,
    ];

    pub(crate) fn nid(self) -> Nid {
        match self {
            Self::P192 => Nid::X9_62_PRIME192V1,
            Self::P224 => Nid::SECP224R1,
            Self::P256 => Nid::X9_62_PRIME256V1,
            Self::P384 => Nid::SECP384R1,
            Self::P521 => Nid::SECP521R1,
            // brainpoolP160r1: OpenSSL knows it, the binding has no name for it.
            Self::BrainpoolP160 => Nid::from_raw(921),
            Self::BrainpoolP192 => Nid::BRAINPOOL_P192R1,
            Self::BrainpoolP224 => Nid::BRAINPOOL_P224R1,
            Self::BrainpoolP256 => Nid::BRAINPOOL_P256R1,
            Self::BrainpoolP320 => Nid::BRAINPOOL_P320R1,
            Self::BrainpoolP384 => Nid::BRAINPOOL_P384R1,
            Self::BrainpoolP512 => Nid::BRAINPOOL_P512R1,
        }
    }

    /// Among the standardised domain parameters, ICAO 9303-11 §9.5.1.
    pub fn parameter_id(self) -> Option<u8> {
        Some(match self {
            Self::P192 => 8,
            Self::BrainpoolP192 => 9,
            Self::P224 => 10,
            Self::BrainpoolP224 => 11,
            Self::P256 => 12,
            Self::BrainpoolP256 => 13,
            Self::BrainpoolP320 => 14,
            Self::P384 => 15,
            Self::BrainpoolP384 => 16,
            Self::BrainpoolP512 => 17,
            Self::P521 => 18,
            Self::BrainpoolP160 => return None,
        })
    }
}

/// The prime fields with a standardised subgroup (RFC 5114), ICAO 9303-11 §9.5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// 1024 bits with a subgroup of 160.
    Modp1024,
    /// 2048 bits with a subgroup of 224.
    Modp2048Short,
    /// 2048 bits with a subgroup of 256.
    Modp2048,
}

impl Field {
    pub const ALL: [Self; 3] = [Self::Modp1024, Self::Modp2048Short, Self::Modp2048];

    pub fn parameter_id(self) -> u8 {
        self as u8
    }
}

/// Which key answers active authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveKeyKind {
    /// ECDSA; the curve by name, or with its parameters written out.
    Ec { curve: Curve, explicit: bool },
    /// ISO/IEC 9796-2 scheme 1.
    Rsa { bits: u32 },
    /// No DG15.
    None,
}

impl ActiveKeyKind {
    pub const BRAINPOOL_256: Self = Self::Ec {
        curve: Curve::BrainpoolP256,
        explicit: false,
    };
    pub const RSA_2048: Self = Self::Rsa { bits: 2048 };

    pub(super) fn make(self, rng: &mut dyn CryptoRng) -> Result<Option<PKey<Private>>, ErrorStack> {
        Ok(match self {
            Self::Ec { curve, explicit } => Some(pki::ec_key(curve.nid(), explicit, rng)?),
            Self::Rsa { bits } => Some(PKey::from_rsa(Rsa::generate(bits)?)?),
            Self::None => None,
        })
    }
}

impl Default for ActiveKeyKind {
    fn default() -> Self {
        Self::BRAINPOOL_256
    }
}

/// How the group of a key is written down in DG14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupForm {
    /// A curve by its name, a field as X9.42 wants it: p, g, q.
    #[default]
    Named,
    /// All parameters of a curve; a field as PKCS #3 wants it: p, g.
    Explicit,
    /// By number, 0.4.0.127.0.7.1.2 (ICAO 9303-11 §9.5.1).
    Standardised,
}

/// The group of a chip authentication key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipGroup {
    Curve(Curve),
    Field(Field),
}

/// A chip authentication key in DG14.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipKeyOptions {
    pub group: ChipGroup,
    pub form: GroupForm,
    /// Last arcs of the protocols that go with it: 1 is 3DES, 2 to 4 are AES-128 to AES-256. Without
    /// any, DG14 has the key alone, which means 3DES.
    pub ciphers: Vec<u8>,
    pub key_id: Option<u64>,
}

impl ChipKeyOptions {
    /// AES-128 over brainpoolP256r1, as on the CCCD.
    pub fn cccd() -> Self {
        Self {
            group: ChipGroup::Curve(Curve::BrainpoolP256),
            form: GroupForm::Named,
            ciphers: vec![2],
            key_id: None,
        }
    }

    /// The key and its SubjectPublicKeyInfo.
    pub(super) fn make(
        &self,
        rng: &mut dyn CryptoRng,
    ) -> Result<(PKey<Private>, Vec<u8>), ErrorStack> {
        match self.group {
            ChipGroup::Curve(curve) => {
                let explicit = self.form == GroupForm::Explicit;
                let key = pki::ec_key(curve.nid(), explicit, rng)?;
                let spki = match (self.form, curve.parameter_id()) {
                    (GroupForm::Standardised, Some(id)) => {
                        info(&standardised(id), &point(&*key.ec_key()?)?)
                    }
                    _ => key.public_key_to_der()?,
                };
                Ok((key, spki))
            }
            ChipGroup::Field(field) => {
                let parameters = match field {
                    Field::Modp1024 => Dh::get_1024_160()?,
                    Field::Modp2048Short => Dh::get_2048_224()?,
                    Field::Modp2048 => Dh::get_2048_256()?,
                };
                let key = parameters.generate_key()?;
                let (p, g) = (key.prime_p().to_vec(), key.generator().to_vec());
                let q = key.prime_q().map(|q| q.to_vec()).unwrap_or_default();
                let algorithm = match self.form {
                    // RFC 3279 §2.3.3.
                    GroupForm::Named => algorithm(
                        "1.2.840.10046.2.1",
                        &tlv::encode(0x30, &[number(&p), number(&g), number(&q)].concat()),
                    ),
                    // PKCS #3 §9.
                    GroupForm::Explicit => algorithm(
                        "1.2.840.113549.1.3.1",
                        &tlv::encode(0x30, &[number(&p), number(&g)].concat()),
                    ),
                    GroupForm::Standardised => standardised(field.parameter_id()),
                };
                let spki = info(&algorithm, &number(&key.public_key().to_vec()));
                Ok((PKey::from_dh(key)?, spki))
            }
        }
    }
}

fn point(key: &EcKeyRef<Private>) -> Result<Vec<u8>, ErrorStack> {
    let mut context = openssl::bn::BigNumContext::new()?;
    key.public_key().to_bytes(
        key.group(),
        openssl::ec::PointConversionForm::UNCOMPRESSED,
        &mut context,
    )
}

/// RFC 5280 §4.1.2.7.
fn info(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let bits = [&[0], key].concat();
    tlv::encode_all(0x30, &[algorithm, &tlv::encode(0x03, &bits)])
}

fn standardised(id: u8) -> Vec<u8> {
    algorithm("0.4.0.127.0.7.1.2", &tlv::encode(0x02, &[id]))
}

fn algorithm(id: &str, parameters: &[u8]) -> Vec<u8> {
    tlv::encode_all(0x30, &[&tlv::encode(0x06, &oid::from_dots(id)), parameters])
}

fn number(octets: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    if octets.first().is_none_or(|first| first & 0x80 != 0) {
        octets.insert(0, 0);
    }
    tlv::encode(0x02, &octets)
}
