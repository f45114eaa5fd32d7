//! Who calls: token and proof out of the headers, the answers to those who are not let in, and what handlers may know
//! of those who are. The gate asks for every door that wants a token, so no handler can forget to.

use std::sync::Arc;

use access_tokens::TokenError;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;

use super::{App, Problem};
use crate::access::{self, AccessError, Caller, Known, Scope};
use crate::config::Watcher;
use crate::roster::MAX_PURPOSE_BYTES;

/// RFC 9449 §4.1
pub(super) const PROOF: HeaderName = HeaderName::from_static("dpop");
/// RFC 9449 §8
pub(super) const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// The header in which a caller says what a look is for.
const PURPOSE: &str = "niem-purpose";
/// What keys may sign with (RFC 9449 §7.1).
const ALGORITHMS: &str = "ES256 EdDSA";
/// A bearer token longer than this is none of ours.
const MAX_BEARER_BYTES: usize = 512;

/// The caller of a request to a door that wants a token.
pub(super) fn recognise(app: &App, request: &Request) -> Result<Caller, AccessError> {
    let shown =
        only(request.headers(), &header::AUTHORIZATION).map_err(|()| AccessError::Missing)?;
    let token = shown
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("DPoP"))
        .map(|(_, token)| token)
        .ok_or(AccessError::Missing)?;
    let proof = proof(request.headers())?;
    let request = access::Request {
        method: request.method().as_str(),
        path: request.uri().path(),
        token,
        proof,
    };
    app.keeper.recognise(request, Timestamp::now())
}

/// The one proof that came along.
pub(super) fn proof(headers: &HeaderMap) -> Result<&str, AccessError> {
    // RFC 9449 §4.3 point 1
    only(headers, &PROOF)
        .map_err(|()| AccessError::Proof(TokenError::Malformed))?
        .ok_or(AccessError::ProofMissing)
}

/// The text of a header that stands at most once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Lets a known caller through a door: its proof is used up, and the scope must be its own.
pub(super) fn admit(app: &App, caller: &Caller, scope: Scope) -> Result<(), Problem> {
    app.keeper
        .admit(caller, Timestamp::now())
        .map_err(|error| refusal(&error, scope))?;
    if caller.scopes.contains(&scope) {
        Ok(())
    } else {
        Err(refusal(&AccessError::Scope, scope))
    }
}

/// The answer to a caller who is not let in (RFC 6750 §3, RFC 9449 §7.1): 401 where another token or proof may help,
/// 403 where none will.
pub(super) fn refusal(error: &AccessError, scope: Scope) -> Problem {
    let code = error.code();
    let (status, told) = match error {
        AccessError::Missing => (StatusCode::UNAUTHORIZED, String::new()),
        AccessError::Token(_) | AccessError::ClientUnknown | AccessError::ClientSuspended => {
            (StatusCode::UNAUTHORIZED, told("invalid_token"))
        }
        AccessError::Proof(TokenError::Nonce) => (StatusCode::UNAUTHORIZED, told("use_dpop_nonce")),
        AccessError::Proof(_) | AccessError::ProofMissing => {
            (StatusCode::UNAUTHORIZED, told("invalid_dpop_proof"))
        }
        AccessError::Scope | AccessError::Role => (
            StatusCode::FORBIDDEN,
            format!(
                "{}, scope=\"{}\"",
                told("insufficient_scope"),
                scope.as_str()
            ),
        ),
        _ => return Problem::failure(code),
    };
    let challenge = format!("DPoP algs=\"{ALGORITHMS}\"{told}");
    let problem = Problem::new(status, code);
    match HeaderValue::from_str(&challenge) {
        Ok(challenge) => problem.header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

fn told(error: &str) -> String {
    format!(", error=\"{error}\"")
}

/// The watcher whose bearer token a request shows. Programs that scrape counts speak no DPoP, and counts name nobody.
pub(super) fn watcher<'a>(app: &'a App, headers: &HeaderMap) -> Option<&'a Watcher> {
    let token = only(headers, &header::AUTHORIZATION)
        .ok()??
        .strip_prefix("Bearer ")?;
    if token.len() > MAX_BEARER_BYTES {
        return None;
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
    let digest = hex::encode(digest);
    // Digests are compared, not tokens: how long a comparison takes tells nothing about a token.
    let mut watchers = app.config.watchers.iter();
    watchers.find(|watcher| watcher.token_sha256.eq_ignore_ascii_case(&digest))
}

/// What is answered to who is no watcher.
pub(super) fn no_watcher() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "http.token")
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// Who does something, in a handler behind a door that wants a token.
pub(super) struct Doer(pub(super) String);

impl FromRequestParts<Arc<App>> for Doer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        Ok(Self(caller(parts)?.client.clone()))
    }
}

/// Who looks, and what for: an integrator names one of its purposes, an official a reason.
pub(super) struct Looker {
    pub(super) name: String,
    pub(super) purpose: String,
}

impl FromRequestParts<Arc<App>> for Looker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let caller = caller(parts)?;
        let missing = || Problem::new(StatusCode::BAD_REQUEST, "access.purpose_missing");
        let said = parts.headers.get(PURPOSE).ok_or_else(missing)?;
        let purpose = std::str::from_utf8(said.as_bytes())
            .map_err(|_| Problem::malformed())?
            .trim();
        if purpose.is_empty() {
            return Err(missing());
        }
        if purpose.len() > MAX_PURPOSE_BYTES {
            return Err(Problem::malformed());
        }
        if let Known::Integrator { purposes } = &caller.known
            && !purposes.iter().any(|one| one == purpose)
        {
            return Err(Problem::new(StatusCode::FORBIDDEN, "access.purpose"));
        }
        Ok(Self {
            name: caller.client.clone(),
            purpose: purpose.to_owned(),
        })
    }
}

/// Put there by the gate; without one nobody is let in.
fn caller(parts: &Parts) -> Result<&Caller, Problem> {
    parts
        .extensions
        .get::<Caller>()
        .ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "access.missing"))
}
