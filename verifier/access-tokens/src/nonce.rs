//! Nonces that the service gives out and knows again without remembering them (RFC 9449 §8).

use ring::hmac;

use crate::{decode, encode};

/// How long a nonce is the newest; it is taken for as long again.
pub const NONCE_LIFE_S: i64 = 60;
const NAME: &[u8] = b"niem-dpop-nonce-v1";
/// Half of SHA-256: nobody guesses it within two minutes.
const TAG_BYTES: usize = 16;

/// A maker of nonces. With a key of its own at each start, proofs made before the start stand no more.
pub struct Nonces(hmac::Key);

impl Nonces {
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The newest nonce.
    #[must_use]
    pub fn newest(&self, now: i64) -> String {
        self.of(now.div_euclid(NONCE_LIFE_S))
    }

    /// Whether it is the newest or the one before. Two minutes at most lie between making and taking.
    #[must_use]
    pub fn takes(&self, nonce: &str, now: i64) -> bool {
        let Ok(bytes) = decode(nonce) else {
            return false;
        };
        let Some((period, tag)) = bytes.split_first_chunk::<8>() else {
            return false;
        };
        let period = i64::from_be_bytes(*period);
        let newest = now.div_euclid(NONCE_LIFE_S);
        tag.len() == TAG_BYTES
            && (period == newest || period == newest - 1)
            && self.of(period) == nonce
    }

    fn of(&self, period: i64) -> String {
        let mut message = NAME.to_vec();
        message.extend_from_slice(&period.to_be_bytes());
        let tag = hmac::sign(&self.0, &message);
        encode([&period.to_be_bytes(), &tag.as_ref()[..TAG_BYTES]].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_lives_for_two_periods_and_belongs_to_its_maker() {
        let (ours, theirs) = (Nonces::new(&[1; 32]), Nonces::new(&[2; 32]));
        let now = 1_800_000_030;
        let nonce = ours.newest(now);
        assert!(ours.takes(&nonce, now) && ours.takes(&nonce, now + NONCE_LIFE_S));
        assert!(!ours.takes(&nonce, now + 2 * NONCE_LIFE_S));
        assert!(!ours.takes(&nonce, now - NONCE_LIFE_S));
        assert!(!theirs.takes(&nonce, now));
        for wrong in ["", "AAAA", &encode([0; 24]), &format!("{nonce}A"), "%%"] {
            assert!(!ours.takes(wrong, now), "{wrong}");
        }
    }
}
