//! Basic access control: the old lock, opened by the machine-readable zone (ICAO 9303-11 §4.3).

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::key::MrzKey;
use super::{AccessError, AccessKey};
use crate::apdu::Command;
use crate::secure_messaging::cipher::pad;
use crate::secure_messaging::{Cipher, Session};
use crate::transport::Transport;
use crate::wire::Wire;

const CHALLENGE: &str = "GET CHALLENGE";

/// Runs BAC; the document must be selected.
pub(super) fn run<T: Transport>(
    wire: &mut Wire<T>,
    key: &MrzKey,
    rng: &mut dyn CryptoRng,
) -> Result<Session, AccessError> {
    let response = wire.send(&Command::new(0, 0x84, 0, 0).le(8))?.response;
    if !response.status.is_ok() {
        return Err(AccessError::Refused {
            step: CHALLENGE,
            status: response.status,
        });
    }
    let chip_random: [u8; 8] = response
        .data
        .try_into()
        .map_err(|_| AccessError::Malformed { step: CHALLENGE })?;

    let mut own_random = [0; 8];
    let mut own_key = Zeroizing::new([0; 16]);
    rng.fill_bytes(&mut own_random);
    rng.fill_bytes(&mut *own_key);

    let keys = DocumentKeys::of(key);
    let question = Zeroizing::new([&own_random[..], &chip_random, &*own_key].concat());
    let command = Command::new(0, 0x82, 0, 0)
        .data(keys.seal(&question))
        .le(40);
    let response = wire.send(&command)?.response;
    if !response.status.is_ok() {
        return Err(AccessKey::Mrz(key.clone()).wrong(response.status));
    }
    let answer = keys.open(&response.data).ok_or(AccessError::ChipUnproven)?;
    let expected = [&chip_random[..], &own_random].concat();
    if !bool::from(answer[..16].ct_eq(&expected)) {
        return Err(AccessError::ChipUnproven);
    }
    Ok(session(
        &own_key[..],
        &answer[16..],
        chip_random,
        own_random,
    ))
}

/// The session that both sides arrive at (ICAO 9303-11 §9.7.4 and §9.8.6.3).
pub(crate) fn session(
    own_key: &[u8],
    their_key: &[u8],
    chip_random: [u8; 8],
    own_random: [u8; 8],
) -> Session {
    let seed: Zeroizing<Vec<u8>> =
        Zeroizing::new(own_key.iter().zip(their_key).map(|(a, b)| a ^ b).collect());
    let counter = [&chip_random[4..], &own_random[4..]].concat();
    let counter = counter
        .iter()
        .fold(0, |sum: u64, octet| sum << 8 | u64::from(*octet));
    Session::with_counter(Cipher::TripleDes, &seed, counter)
}

/// K_enc and K_mac, derived from what is printed on the document.
pub(crate) struct DocumentKeys {
    enc: Zeroizing<Vec<u8>>,
    mac: Zeroizing<Vec<u8>>,
}

impl DocumentKeys {
    pub(crate) fn of(key: &MrzKey) -> Self {
        let digest = key.digest();
        Self {
            enc: Cipher::TripleDes.derive(&digest[..16], 1),
            mac: Cipher::TripleDes.derive(&digest[..16], 2),
        }
    }

    /// E(text) ‖ MAC(E(text)).
    pub(crate) fn seal(&self, text: &[u8]) -> Vec<u8> {
        let mut sealed = Cipher::TripleDes.encrypt(&self.enc, &[0; 8], text);
        let tag = Cipher::TripleDes.mac(&self.mac, &pad(&sealed, 8));
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// The 32 bytes inside, if the seal is right.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (text, tag) = sealed.split_at_checked(32)?;
        if !bool::from(Cipher::TripleDes.mac(&self.mac, &pad(text, 8)).ct_eq(tag)) {
            return None;
        }
        Cipher::TripleDes
            .decrypt(&self.enc, &[0; 8], text)
            .map(Zeroizing::new)
    }
}
