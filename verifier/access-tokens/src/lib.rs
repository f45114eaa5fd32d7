//! Who asks, by a key: assertions (RFC 7523), proofs of possession (RFC 9449) and the access tokens between them.
//!
//! Everything is read from a stranger's bytes, so the reading is strict: one length for all, no member twice, no
//! header that we would have to trust, and the algorithm told by the key that was registered and never by the
//! message. What one side checks the other side makes in the same file. No clock, no randomness, no network: they
//! are passed in. Why this is not a JOSE library is told in ADR 13.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod assertion;
mod error;
mod json;
mod key;
mod nonce;
mod proof;
mod signed;
mod signer;

pub use access::{Access, AccessKey, LIFE_S};
pub use assertion::{ASSERTION_LIFE_S, Assertion, SKEW_S};
pub use error::{CODES, TokenError};
pub use key::PublicKey;
pub use nonce::{NONCE_LIFE_S, Nonces};
pub use proof::{Asked, PROOF_AGE_S, Proof};
pub use signed::{MAX_TOKEN_BYTES, Signed};
pub use signer::{SignerKey, SigningKey, fixed_signature};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// RFC 7515 §2: base64url, unpadded; one text for each sequence of bytes.
fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| TokenError::Malformed)
}

fn sha256(bytes: &[u8]) -> String {
    encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}
