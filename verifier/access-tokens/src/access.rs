//! Access tokens: what this service said to a client, sealed so that only this service can have said it.
//!
//! To everybody else they are opaque. They are no JWTs, so that no code that reads JWTs ever reads one.

use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::{MAX_TOKEN_BYTES, TokenError, decode, encode};

/// How long a token counts: a thief has ten minutes, and needs the key besides.
pub const LIFE_S: i64 = 600;
/// The form, for the day when there is another.
const FORM: &str = "niem1";

/// What a token says. It proves what we said then; whether the client is in good standing now is asked anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// A name of its own, for the logs.
    pub id: String,
    pub client: String,
    /// By which of its keys or certificates the client was known.
    pub key: String,
    /// Thumbprint of the key that every proof beside this token must be by (RFC 9449 §6).
    pub bound_to: String,
    pub scopes: Vec<String>,
    pub until: i64,
}

/// The key that seals tokens.
pub struct AccessKey(hmac::Key);

impl AccessKey {
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token.
    #[must_use]
    pub fn seal(&self, access: &Access) -> String {
        let claims = serde_json::to_vec(access).unwrap_or_default();
        let message = format!("{FORM}.{}", encode(claims));
        let tag = hmac::sign(&self.0, message.as_bytes());
        format!("{message}.{}", encode(tag))
    }

    /// What a token says, if we sealed it and it has not expired.
    pub fn open(&self, token: &str, now: i64) -> Result<Access, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        let (message, tag) = token.rsplit_once('.').ok_or(TokenError::Altered)?;
        let tag = decode(tag).map_err(|_| TokenError::Altered)?;
        // In constant time, before anything of it is read.
        hmac::verify(&self.0, message.as_bytes(), &tag).map_err(|_| TokenError::Altered)?;
        let claims = message
            .strip_prefix(FORM)
            .and_then(|rest| rest.strip_prefix('.'))
            .ok_or(TokenError::Altered)?;
        let access: Access =
            serde_json::from_slice(&decode(claims)?).map_err(|_| TokenError::Altered)?;
        if access.until <= now {
            return Err(TokenError::Expired);
        }
        Ok(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_ours_whole_and_of_its_time() {
        let access = Access {
            id: "1".to_owned(),
            client: "soft".to_owned(),
            key: "k".to_owned(),
            bound_to: "t".to_owned(),
            scopes: vec!["wallets:read".to_owned()],
            until: 1000,
        };
        let key = AccessKey::new(&[7; 32]);
        let token = key.seal(&access);
        assert_eq!(key.open(&token, 999), Ok(access.clone()));
        assert_eq!(key.open(&token, 1000), Err(TokenError::Expired));
        assert_eq!(
            AccessKey::new(&[8; 32]).open(&token, 0),
            Err(TokenError::Altered)
        );
        // Every letter counts.
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(key.open(&other, 0), Err(TokenError::Altered), "{at}");
        }
        for wrong in ["", ".", "niem1", "niem1..", "niem1.e30."] {
            assert_eq!(key.open(wrong, 0), Err(TokenError::Altered), "{wrong}");
        }
        assert_eq!(
            key.open(&"x".repeat(MAX_TOKEN_BYTES + 1), 0),
            Err(TokenError::TooLarge)
        );
        // RFC 6750 §2.1: letters that a header may carry.
        assert!(
            token
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        );
    }
}
