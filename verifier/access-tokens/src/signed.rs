//! A signed message in its compact form (RFC 7515 §3.1), taken apart; nothing is believed yet.

use std::fmt;

use serde_json::{Map, Value};

use crate::{PublicKey, SigningKey, TokenError, decode, encode, json};

/// Longer than any honest one: an assertion has about 400 bytes, a proof about 600.
pub const MAX_TOKEN_BYTES: usize = 4 * 1024;
/// Where to find a key, or the key itself (RFC 7515 §4.1).
const KEYS: [&str; 6] = ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"];

/// Header, claims and signature. Its Debug prints nothing.
pub struct Signed<'a> {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    message: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Signed<'a> {
    /// Takes it apart, refusing what no honest client sends.
    pub fn read(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        let read = Self {
            message: &text.as_bytes()[..header.len() + 1 + claims.len()],
            header: json::object(&decode(header)?)?,
            claims: json::object(&decode(claims)?)?,
            signature: decode(signature)?,
        };
        // RFC 7515 §4.1.11
        if read.header.contains_key("crit") {
            return Err(TokenError::Critical);
        }
        Ok(read)
    }

    /// Refuses keys in the header, but for those named.
    pub(crate) fn brings_no_key(&self, but: &[&str]) -> Result<(), TokenError> {
        let own = KEYS
            .iter()
            .any(|name| self.header.contains_key(*name) && !but.contains(name));
        if own {
            Err(TokenError::HeaderKey)
        } else {
            Ok(())
        }
    }

    /// Refuses what was made for another purpose (RFC 8725 §3.11).
    pub(crate) fn is_kind(&self, kinds: &[Option<&str>]) -> Result<(), TokenError> {
        let kind = match self.header.get("typ") {
            None => None,
            Some(kind) => Some(kind.as_str().ok_or(TokenError::Malformed)?),
        };
        let same = |wanted: &Option<&str>| match (wanted, kind) {
            (None, None) => true,
            (Some(wanted), Some(kind)) => kind.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        kinds.iter().any(same).then_some(()).ok_or(TokenError::Kind)
    }

    /// Whether this key signed it.
    pub(crate) fn is_by(&self, key: &PublicKey) -> Result<(), TokenError> {
        let algorithm = json::text(&self.header, "alg")?;
        key.check(algorithm, self.message, &self.signature)
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed")
    }
}

/// Signs claims; the header's `alg` is the key's.
pub(crate) fn make(
    key: &dyn SigningKey,
    mut header: Map<String, Value>,
    claims: &Value,
) -> Result<String, TokenError> {
    header.insert("alg".to_owned(), key.public().algorithm().into());
    let message = format!(
        "{}.{}",
        encode(Value::Object(header).to_string()),
        encode(claims.to_string())
    );
    let signature = key.sign(message.as_bytes())?;
    Ok(format!("{message}.{}", encode(signature)))
}
