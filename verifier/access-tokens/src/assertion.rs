//! Who the client is: a message that it signed for this service alone, good once and for minutes (RFC 7523 §3).

use serde_json::{Map, Value, json};

use crate::{PublicKey, Signed, SigningKey, TokenError, json, signed};

/// The longest that an assertion may count: as long as it must be remembered.
pub const ASSERTION_LIFE_S: i64 = 300;
/// How far clocks may be apart.
pub const SKEW_S: i64 = 60;
/// A UUID has 36 letters, the longest hash in hex 128.
pub(crate) const MAX_ID_BYTES: usize = 128;
/// RFC 7519 §5.1, and draft-ietf-oauth-rfc7523bis.
const KINDS: [Option<&str>; 3] = [None, Some("JWT"), Some("client-authentication+jwt")];

/// What an assertion by the registered key says. Whether it was used before is for the caller to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    pub id: String,
    /// From then on it counts no more, in seconds.
    pub until: i64,
}

impl Assertion {
    /// Whom it claims to come from: to find the key by, and nothing else.
    pub fn claimed_client<'a>(signed: &'a Signed<'_>) -> Result<&'a str, TokenError> {
        json::text(&signed.claims, "sub")
    }

    /// Whether the client with one of these keys made it for one of these `audiences`, and when.
    pub fn check(
        signed: &Signed<'_>,
        client: &str,
        keys: &[PublicKey],
        audiences: &[&str],
        now: i64,
    ) -> Result<(Self, usize), TokenError> {
        signed.is_kind(&KINDS)?;
        signed.brings_no_key(&[])?;
        let mut by = Err(TokenError::Signature);
        for (place, key) in keys.iter().enumerate() {
            match signed.is_by(key) {
                Ok(()) => {
                    by = Ok(place);
                    break;
                }
                // Of several keys one may be of the other kind.
                Err(error) if keys.len() == 1 => by = Err(error),
                Err(_) => {}
            }
        }
        let by = by?;
        let claims = &signed.claims;
        // RFC 7523 §3 points 1 and 2A
        if json::text(claims, "iss")? != client || json::text(claims, "sub")? != client {
            return Err(TokenError::Subject);
        }
        // One audience: with two, either service could play the client before the other.
        let audience = match claims.get("aud") {
            Some(Value::String(one)) => one.as_str(),
            Some(Value::Array(list)) if list.len() == 1 => {
                list[0].as_str().ok_or(TokenError::Malformed)?
            }
            Some(Value::Array(_)) => return Err(TokenError::Audience),
            _ => return Err(TokenError::Malformed),
        };
        if !audiences.contains(&audience) {
            return Err(TokenError::Audience);
        }
        let (from, until) = (json::seconds(claims, "iat")?, json::seconds(claims, "exp")?);
        let not_before = match claims.contains_key("nbf") {
            true => json::seconds(claims, "nbf")?,
            false => from,
        };
        if from.max(not_before) > now + SKEW_S {
            return Err(TokenError::FromFuture);
        }
        if until <= now - SKEW_S {
            return Err(TokenError::Expired);
        }
        if until <= from || until - from > ASSERTION_LIFE_S {
            return Err(TokenError::TooLongLived);
        }
        let id = id(claims)?;
        let until = until + SKEW_S;
        Ok((Self { id, until }, by))
    }

    /// An assertion for the service named `audience`.
    pub fn make(
        key: &dyn SigningKey,
        client: &str,
        audience: &str,
        id: &str,
        now: i64,
    ) -> Result<String, TokenError> {
        let claims = json!({
            "iss": client, "sub": client, "aud": audience, "jti": id, "iat": now, "exp": now + SKEW_S,
        });
        let mut header = Map::new();
        header.insert("typ".to_owned(), "JWT".into());
        header.insert("kid".to_owned(), key.public().thumbprint().into());
        signed::make(key, header, &claims)
    }
}

/// The name under which a message is remembered.
pub(crate) fn id(claims: &Map<String, Value>) -> Result<String, TokenError> {
    let id = json::text(claims, "jti")?;
    if !(1..=MAX_ID_BYTES).contains(&id.len()) {
        return Err(TokenError::Malformed);
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests;
