//! Active authentication: did the chip that holds the issuer's key answer this visit's question
//! (ICAO 9303-11 §6.1)? Anyone can check the answer later.
//!
//! What it does not prove: that the key in DG15 is the issuer's. Passive authentication does.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::EcKeyRef;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{Id, PKey, Private, Public};
use openssl::rsa::{Padding, RsaRef};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::evidence::Challenge;

/// The key in DG15 cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the chip's public key is of no kind the standard knows")]
pub struct KeyUnreadable;

/// The shortest RSA key that anyone issued.
const LEAST_RSA_BITS: u32 = 1024;
const MOST_RSA_BITS: u32 = 8192;

// ISO/IEC 9796-2 §8.1: trailers; one byte means SHA-1 by agreement, two name the hash.
const TRAILERS: [(u8, Hash); 5] = [
    (0x33, Hash::Sha1),
    (0x38, Hash::Sha224),
    (0x34, Hash::Sha256),
    (0x36, Hash::Sha384),
    (0x35, Hash::Sha512),
];

/// The hashes of active authentication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    Sha1,
    Sha224,
    #[default]
    Sha256,
    Sha384,
    Sha512,
}

/// How a chip writes its answer, where the standard leaves it a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerForm {
    pub hash: Hash,
    /// ECDSA: a DER sequence instead of r and s side by side.
    pub der: bool,
    /// RSA: the smaller one of s and n - s (ISO/IEC 9796-2 §B.6).
    pub smaller: bool,
    /// RSA: SHA-1 is named by the trailer 33CC, where BC would do.
    pub named_sha1: bool,
}

impl From<Hash> for AnswerForm {
    fn from(hash: Hash) -> Self {
        Self {
            hash,
            ..Self::default()
        }
    }
}

impl Hash {
    pub(crate) const ALL: [Self; 5] = [
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha224,
        Self::Sha1,
    ];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    pub(crate) fn digest(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha224 => MessageDigest::sha224(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    pub(crate) fn of(self, parts: &[&[u8]]) -> Result<Vec<u8>, ErrorStack> {
        Ok(hash(self.digest(), &parts.concat())?.to_vec())
    }

    /// From the signature algorithm of ActiveAuthenticationInfo: BSI TR-03111 §5.2.1 (plain) or
    /// X9.62 (DER).
    fn of_algorithm(algorithm: &str) -> Option<Self> {
        Some(match algorithm {
            "0.4.0.127.0.7.1.1.4.1.1" | "1.2.840.10045.4.1" => Self::Sha1,
            "0.4.0.127.0.7.1.1.4.1.2" | "1.2.840.10045.4.3.1" => Self::Sha224,
            "0.4.0.127.0.7.1.1.4.1.3" | "1.2.840.10045.4.3.2" => Self::Sha256,
            "0.4.0.127.0.7.1.1.4.1.4" | "1.2.840.10045.4.3.3" => Self::Sha384,
            "0.4.0.127.0.7.1.1.4.1.5" | "1.2.840.10045.4.3.4" => Self::Sha512,
            _ => return None,
        })
    }

    /// The algorithm that says plain ECDSA by this hash.
    pub(crate) fn plain_algorithm(self) -> &'static str {
        match self {
            Self::Sha1 => "0.4.0.127.0.7.1.1.4.1.1",
            Self::Sha224 => "0.4.0.127.0.7.1.1.4.1.2",
            Self::Sha256 => "0.4.0.127.0.7.1.1.4.1.3",
            Self::Sha384 => "0.4.0.127.0.7.1.1.4.1.4",
            Self::Sha512 => "0.4.0.127.0.7.1.1.4.1.5",
        }
    }
}

/// Is `answer` this key's to `challenge`?
///
/// `public_key` is the SubjectPublicKeyInfo of DG15, `algorithm` what DG14 names, if it does.
pub fn verify(
    public_key: &[u8],
    algorithm: Option<&str>,
    challenge: &Challenge,
    answer: &[u8],
) -> Result<bool, KeyUnreadable> {
    let outcome = key(public_key).map(|key| match key.id() {
        Id::EC => key
            .ec_key()
            .and_then(|key| verify_ecdsa(&key, algorithm, challenge, answer))
            .unwrap_or(false),
        _ => key
            .rsa()
            .and_then(|key| verify_rsa(&key, challenge, answer))
            .unwrap_or(false),
    });
    // Garbage in an answer leaves complaints behind that are not the next caller's.
    let _ = ErrorStack::get();
    outcome
}

fn key(public_key: &[u8]) -> Result<PKey<Public>, KeyUnreadable> {
    let key = PKey::public_key_from_der(public_key).map_err(|_| KeyUnreadable)?;
    let usable = match key.id() {
        Id::EC => key.ec_key().and_then(|key| key.check_key()).is_ok(),
        Id::RSA => (LEAST_RSA_BITS..=MOST_RSA_BITS).contains(&key.bits()),
        _ => false,
    };
    if usable { Ok(key) } else { Err(KeyUnreadable) }
}

fn verify_ecdsa(
    key: &EcKeyRef<Public>,
    algorithm: Option<&str>,
    challenge: &Challenge,
    answer: &[u8],
) -> Result<bool, ErrorStack> {
    let octets = order_octets(key.group().order_bits());
    let mut readings = Vec::new();
    // TR-03111 §5.2.1: r and s side by side, as 9303-11 §6.1.2.3 wants; some chips answer in DER.
    readings.extend(from_plain(answer, key.group().order_bits())?);
    if answer.first() == Some(&0x30) && answer.len() <= 2 * octets + 16 {
        readings.extend(EcdsaSig::from_der(answer));
    }
    // Without ActiveAuthenticationInfo the hash is not written anywhere: all are tried.
    let named = algorithm.and_then(Hash::of_algorithm);
    let hashes = match &named {
        Some(one) => std::slice::from_ref(one),
        None => &Hash::ALL,
    };
    for signature in &readings {
        for hash in hashes {
            let digest = hash.of(&[challenge.as_bytes()])?;
            if signature.verify(&digest, key).unwrap_or(false) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn order_octets(order_bits: u32) -> usize {
    order_bits.div_ceil(8) as usize
}

/// ISO/IEC 9796-2 scheme 1 with partial recovery; 9303-11 §6.1.2.2.
fn verify_rsa(
    key: &RsaRef<Public>,
    challenge: &Challenge,
    answer: &[u8],
) -> Result<bool, ErrorStack> {
    let size = key.size() as usize;
    if answer.len() != size {
        return Ok(false);
    }
    let signature = BigNum::from_slice(answer)?;
    if &signature >= key.n() {
        return Ok(false);
    }
    let mut opened = BigNum::new()?;
    let mut context = BigNumContext::new()?;
    opened.mod_exp(&signature, key.e(), key.n(), &mut context)?;
    // §B.6 of 9796-2: the chip may have given n - s; only one of the two ends in the nibble C.
    let mut other = BigNum::new()?;
    other.checked_sub(key.n(), &opened)?;
    for number in [opened, other] {
        let representative = number.to_vec_padded(key.size() as i32)?;
        if fits(&representative, challenge)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`, the first nibbles padded with B where M1 is short.
fn fits(representative: &[u8], challenge: &Challenge) -> Result<bool, ErrorStack> {
    let Some((hash, rest)) = trailer(representative) else {
        return Ok(false);
    };
    let digest_octets = hash.digest().size();
    let Some(split) = rest.len().checked_sub(digest_octets) else {
        return Ok(false);
    };
    let (head, digest) = rest.split_at(split);
    let Some(recovered) = recoverable(head) else {
        return Ok(false);
    };
    Ok(hash.of(&[recovered, challenge.as_bytes()])? == digest)
}

fn trailer(representative: &[u8]) -> Option<(Hash, &[u8])> {
    match representative {
        [rest @ .., 0xBC] => Some((Hash::Sha1, rest)),
        [rest @ .., id, 0xCC] => TRAILERS
            .into_iter()
            .find(|(known, _)| known == id)
            .map(|(_, hash)| (hash, rest)),
        _ => None,
    }
}

fn recoverable(head: &[u8]) -> Option<&[u8]> {
    match head {
        [0x6A, message @ ..] => Some(message),
        [0x6B, rest @ ..] => {
            let end = rest.iter().position(|&octet| octet != 0xBB)?;
            (rest[end] == 0xBA).then(|| &rest[end + 1..])
        }
        _ => None,
    }
}

/// The chip's side, for the simulator: the answer of an EC key or RSA key.
pub(crate) fn answer(
    key: &PKey<Private>,
    form: AnswerForm,
    challenge: &Challenge,
) -> Result<Vec<u8>, ErrorStack> {
    if key.id() == Id::EC {
        let key = key.ec_key()?;
        let signature = EcdsaSig::sign(&form.hash.of(&[challenge.as_bytes()])?, &key)?;
        return if form.der {
            signature.to_der()
        } else {
            plain(&signature, key.group().order_bits())
        };
    }
    let key = key.rsa()?;
    let size = key.size() as usize;
    let trailer = TRAILERS
        .into_iter()
        .find(|(_, known)| *known == form.hash)
        .map(|(id, hash)| match hash {
            Hash::Sha1 if !form.named_sha1 => vec![0xBC],
            _ => vec![id, 0xCC],
        })
        .unwrap_or_default();
    let mut recovered = vec![0; size - 1 - form.hash.digest().size() - trailer.len()];
    openssl::rand::rand_bytes(&mut recovered)?;
    let digest = form.hash.of(&[&recovered, challenge.as_bytes()])?;
    let representative = [&[0x6A], &recovered[..], &digest, &trailer].concat();
    let mut signature = vec![0; size];
    key.private_encrypt(&representative, &mut signature, Padding::NONE)?;
    if form.smaller {
        let mut other = BigNum::new()?;
        other.checked_sub(key.n(), &*BigNum::from_slice(&signature)?)?;
        signature = signature.min(other.to_vec_padded(key.size() as i32)?);
    }
    Ok(signature)
}

/// r and s side by side, each as wide as the order (BSI TR-03111 §5.2.1).
pub(crate) fn plain(signature: &EcdsaSig, order_bits: u32) -> Result<Vec<u8>, ErrorStack> {
    let octets = order_octets(order_bits) as i32;
    let mut plain = signature.r().to_vec_padded(octets)?;
    plain.extend(signature.s().to_vec_padded(octets)?);
    Ok(plain)
}

/// The reverse of [`plain`]; `None` when it is not as long as two orders.
pub(crate) fn from_plain(
    signature: &[u8],
    order_bits: u32,
) -> Result<Option<EcdsaSig>, ErrorStack> {
    let octets = order_octets(order_bits);
    if signature.len() != 2 * octets {
        return Ok(None);
    }
    let (r, s) = signature.split_at(octets);
    EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?).map(Some)
}

#[cfg(test)]
mod tests;
