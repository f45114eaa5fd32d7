//! That the token's own key makes this very request (DPoP, RFC 9449 §4).

use serde_json::{Map, Value, json};

use crate::assertion::{SKEW_S, id};
use crate::{PublicKey, Signed, SigningKey, TokenError, json, sha256, signed};

/// How old a proof may be; the nonce in it is not older than two minutes anyway.
pub const PROOF_AGE_S: i64 = 300;
/// RFC 9449 §4.2
const KIND: &str = "dpop+jwt";

/// The request beside which a proof stands.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// The whole address as the service knows itself; a query does not count.
    pub address: &'a str,
    /// The access token, at the doors that want one.
    pub token: Option<&'a str>,
}

/// What a proof for this request says. Whether its nonce is ours and whether it was used before is for the caller
/// to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Of the key that made it (RFC 7638).
    pub thumbprint: String,
    pub id: String,
    pub nonce: Option<String>,
}

impl Proof {
    /// RFC 9449 §4.3, but for the nonce and the memory.
    pub fn check(signed: &Signed<'_>, asked: Asked<'_>, now: i64) -> Result<Self, TokenError> {
        signed.is_kind(&[Some(KIND)])?;
        signed.brings_no_key(&["jwk"])?;
        let jwk = signed.header.get("jwk").and_then(Value::as_object);
        let key = PublicKey::from_jwk(jwk.ok_or(TokenError::Malformed)?)?;
        signed.is_by(&key)?;
        let claims = &signed.claims;
        if json::text(claims, "htm")? != asked.method {
            return Err(TokenError::OtherMethod);
        }
        if plain(json::text(claims, "htu")?) != plain(asked.address) {
            return Err(TokenError::OtherAddress);
        }
        let made = json::seconds(claims, "iat")?;
        if made > now + SKEW_S {
            return Err(TokenError::FromFuture);
        }
        if made < now - PROOF_AGE_S {
            return Err(TokenError::Expired);
        }
        if let Some(token) = asked.token
            && json::text(claims, "ath")? != sha256(token.as_bytes())
        {
            return Err(TokenError::OtherToken);
        }
        let nonce = match claims.contains_key("nonce") {
            true => Some(json::text(claims, "nonce")?.to_owned()),
            false => None,
        };
        Ok(Self {
            thumbprint: key.thumbprint(),
            id: id(claims)?,
            nonce,
        })
    }

    /// A proof for this request.
    pub fn make(
        key: &dyn SigningKey,
        asked: Asked<'_>,
        nonce: Option<&str>,
        id: &str,
        now: i64,
    ) -> Result<String, TokenError> {
        let (address, _) = asked.address.split_once('?').unwrap_or((asked.address, ""));
        let mut claims = json!({"jti": id, "htm": asked.method, "htu": address, "iat": now});
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = asked.token {
            claims["ath"] = sha256(token.as_bytes()).into();
        }
        let mut header = Map::new();
        header.insert("typ".to_owned(), KIND.into());
        header.insert("jwk".to_owned(), key.public().to_jwk());
        signed::make(key, header, &claims)
    }
}

/// An address in one form (RFC 3986 §6.2.2, §6.2.3), without query and fragment.
fn plain(address: &str) -> Option<(String, String)> {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let rest = address[..end].strip_prefix("https://").or_else(|| {
        let scheme = address.get(..8)?;
        scheme
            .eq_ignore_ascii_case("https://")
            .then(|| &address[8..end])
    })?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let authority = authority.strip_suffix(":443").unwrap_or(authority);
    Some((authority.to_ascii_lowercase(), unescaped(path)))
}

/// Letters that need no escaping unescaped, all other escapes in capitals.
fn unescaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 3);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                rest = &rest[at + 3..];
            }
            Some(byte) => {
                out.push_str(&format!("%{byte:02X}"));
                rest = &rest[at + 3..];
            }
            None => {
                out.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests;
