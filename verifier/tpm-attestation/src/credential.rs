//! The challenge that only one TPM can open (TPM2_MakeCredential, part 1 §24 and annexes B and C), made
//! without a TPM.

use aes::Aes128;
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use num_bigint::BigUint;
use ring::rand::SecureRandom;
use ring::{agreement, digest, hmac};

use crate::AttestError;
use crate::wire::{Kind, Public};

/// What is sent to the TPM: the contents of TPM2B_ID_OBJECT and of TPM2B_ENCRYPTED_SECRET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub credential: Vec<u8>,
    pub secret: Vec<u8>,
}

/// Encrypts `secret` so that only the TPM opens it that holds both the endorsement key `ek` and the object
/// of this `name`.
///
/// # Errors
/// [`AttestError::EkKind`] when the endorsement key cannot be encrypted to.
pub fn make_credential(
    ek: &Public,
    name: &[u8; 34],
    secret: &[u8; 32],
    random: &dyn SecureRandom,
) -> Result<Challenge, AttestError> {
    if !ek.aes128_cfb {
        return Err(AttestError::EkKind);
    }
    let (seed, encrypted_seed) = match &ek.kind {
        Kind::Rsa {
            bits: 2048,
            exponent,
            modulus,
        } => {
            let mut seed = [0_u8; 32];
            random.fill(&mut seed).map_err(|_| AttestError::EkKind)?;
            (seed, oaep(modulus, *exponent, &seed, random)?)
        }
        Kind::P256 { point, .. } => shared(point, random)?,
        _ => return Err(AttestError::EkKind),
    };
    // Part 1 §24.4: the key that hides the credential, and the one that binds it to the name.
    let hiding = kdf_a(&seed, b"STORAGE", name, 128);
    let binding = kdf_a(&seed, b"INTEGRITY", &[], 256);
    let mut hidden = [&[0, 32], secret.as_slice()].concat();
    aes_cfb(&hiding[..16], &mut hidden);
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &binding));
    mac.update(&hidden);
    mac.update(name);
    let mac = mac.sign();
    Ok(Challenge {
        credential: [&[0, 32], mac.as_ref(), &hidden].concat(),
        secret: encrypted_seed,
    })
}

/// Part 1 §11.4.10.2, one block of SP 800-108 in counter mode.
fn kdf_a(seed: &[u8], label: &[u8], context: &[u8], bits: u32) -> [u8; 32] {
    let mut mac = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, seed));
    mac.update(&1_u32.to_be_bytes());
    mac.update(label);
    mac.update(&[0]);
    mac.update(context);
    mac.update(&bits.to_be_bytes());
    let block = mac.sign();
    block.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Cipher feedback over whole blocks from a zero vector (part 1 annex on symmetric blocks).
fn aes_cfb(key: &[u8], data: &mut [u8]) {
    let cipher = Aes128::new(aes::cipher::generic_array::GenericArray::from_slice(key));
    let mut feedback = [0_u8; 16];
    for block in data.chunks_mut(16) {
        let mut pad = feedback.into();
        cipher.encrypt_block(&mut pad);
        for (byte, pad) in block.iter_mut().zip(pad) {
            *byte ^= pad;
        }
        feedback[..block.len()].copy_from_slice(block);
    }
}

/// Part 1 annex B.10.3: RSAES-OAEP with SHA-256 and the label "IDENTITY" with its zero (RFC 8017 §7.1.1).
fn oaep(
    modulus: &[u8],
    exponent: u32,
    message: &[u8; 32],
    random: &dyn SecureRandom,
) -> Result<Vec<u8>, AttestError> {
    const HASH: usize = 32;
    let length = modulus.len();
    let number = BigUint::from_bytes_be(modulus);
    // An even or short modulus is none of an RSA key.
    if length != 256 || modulus[0] & 0x80 == 0 || modulus[length - 1] & 1 == 0 || exponent < 3 {
        return Err(AttestError::EkKind);
    }
    let mut block = vec![0_u8; length - HASH - 1];
    block[..HASH].copy_from_slice(digest::digest(&digest::SHA256, b"IDENTITY\0").as_ref());
    let start = block.len() - message.len();
    block[start - 1] = 1;
    block[start..].copy_from_slice(message);
    let mut seed = [0_u8; HASH];
    random.fill(&mut seed).map_err(|_| AttestError::EkKind)?;
    mask(&mut block, &seed);
    mask(&mut seed, &block);
    let padded = [&[0], seed.as_slice(), &block].concat();
    let encrypted = BigUint::from_bytes_be(&padded)
        .modpow(&BigUint::from(exponent), &number)
        .to_bytes_be();
    let mut out = vec![0_u8; length - encrypted.len()];
    out.extend(encrypted);
    Ok(out)
}

/// MGF1 with SHA-256, applied (RFC 8017 §B.2.1).
fn mask(data: &mut [u8], seed: &[u8]) {
    for (counter, block) in (0_u32..).zip(data.chunks_mut(32)) {
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(seed);
        hash.update(&counter.to_be_bytes());
        for (byte, pad) in block.iter_mut().zip(hash.finish().as_ref()) {
            *byte ^= pad;
        }
    }
}

/// Part 1 annex C.6.1: a seed agreed on with a fresh key, and that key's point.
fn shared(point: &[u8; 65], random: &dyn SecureRandom) -> Result<([u8; 32], Vec<u8>), AttestError> {
    let none = |_| AttestError::EkKind;
    let own =
        agreement::EphemeralPrivateKey::generate(&agreement::ECDH_P256, random).map_err(none)?;
    let own_point = own.compute_public_key().map_err(none)?;
    let own_point = own_point.as_ref().to_vec();
    let (x, y) = (&own_point[1..33], &own_point[33..65]);
    let peer = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point);
    let seed = agreement::agree_ephemeral(own, &peer, |z| {
        // KDFe, part 1 §11.4.10.3.
        let mut hash = digest::Context::new(&digest::SHA256);
        hash.update(&1_u32.to_be_bytes());
        hash.update(z);
        hash.update(b"IDENTITY\0");
        hash.update(x);
        hash.update(&point[1..33]);
        hash.finish()
    })
    .map_err(none)?;
    let seed = seed.as_ref().try_into().expect("SHA-256 has 32 bytes");
    Ok((seed, [&[0, 32], x, &[0, 32], y].concat()))
}
