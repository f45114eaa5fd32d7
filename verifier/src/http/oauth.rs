//! `/v1/oauth/token` and the document that describes it: tokens for clients who prove their key (RFC 6749 §4.4,
//! RFC 7523, RFC 9449, RFC 8414). Its refusals have the form of RFC 6749 §5.2, with our code inside.

use std::collections::BTreeMap;
use std::sync::Arc;

use access_tokens::TokenError;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::{App, Problem, body, callers};
use crate::access::{AccessError, Issued, Scope, Wanted};

/// An assertion has 4 kB at most, and everything else is short.
const MAX_FORM_BYTES: usize = 16 * 1024;
/// More parameters than any grant has.
const MAX_PARAMETERS: usize = 16;
const FORM: &str = "application/x-www-form-urlencoded";
/// RFC 7523 §2.2
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) async fn token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let content = body::whole(&app, request, MAX_FORM_BYTES)
        .await
        .map_err(|problem| problem.in_oauth_form("invalid_request"))?;
    let content = Zeroizing::new(content);
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM)) {
        return Err(bad_request());
    }
    let form = parameters(&content).ok_or_else(bad_request)?;
    let of = |name: &str| form.get(name).map(|value| value.as_str());
    if of("grant_type").ok_or_else(bad_request)? != "client_credentials" {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "access.grant");
        return Err(problem.in_oauth_form("unsupported_grant_type"));
    }
    if of("client_assertion_type") != Some(JWT_BEARER) {
        return Err(bad_request());
    }
    let wanted =
        [of("client_assertion"), of("client_id"), of("scope")].map(|text| text.map(str::to_owned));
    let [Some(assertion), client, scope] = wanted else {
        return Err(bad_request());
    };
    let assertion = Zeroizing::new(assertion);
    let proof = callers::proof(&headers).map_err(refusal)?.to_owned();
    let keeping = app.clone();
    let span = tracing::Span::current();
    let work = tokio::task::spawn_blocking(move || {
        let wanted = Wanted {
            assertion: &assertion,
            client: client.as_deref(),
            scope: scope.as_deref(),
            proof: &proof,
        };
        span.in_scope(|| keeping.keeper.issue(wanted, Timestamp::now()))
    });
    let issued = work
        .await
        .map_err(|_| Problem::failure("http.internal"))?
        .map_err(refusal)?;
    Ok(answer(&issued))
}

fn answer(issued: &Issued) -> Response {
    let scopes: Vec<&str> = issued.scopes.iter().map(|scope| scope.as_str()).collect();
    let body = json!({
        "access_token": issued.token,
        "token_type": "DPoP",
        "expires_in": issued.expires_in_s,
        "scope": scopes.join(" "),
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body.to_string()).into_response()
}

/// Names and values of a form; none when one stands twice (RFC 6749 §3.2) or it is no form.
fn parameters(content: &[u8]) -> Option<BTreeMap<String, Zeroizing<String>>> {
    let text = std::str::from_utf8(content).ok()?;
    let mut form = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (unescaped(name)?, Zeroizing::new(unescaped(value)?));
        // RFC 6749 §3.1: a parameter without a value is one that was left out.
        if value.is_empty() {
            continue;
        }
        if form.len() >= MAX_PARAMETERS || form.insert(name, value).is_some() {
            return None;
        }
    }
    Some(form)
}

/// RFC 6749 appendix B
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn bad_request() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "access.request").in_oauth_form("invalid_request")
}

/// RFC 6749 §5.2, RFC 9449 §5 and §8
fn refusal(error: AccessError) -> Problem {
    let bad = |error_name| (StatusCode::BAD_REQUEST, error_name);
    let (status, name) = match &error {
        AccessError::Proof(TokenError::Nonce) => bad("use_dpop_nonce"),
        AccessError::Proof(_) | AccessError::ProofMissing => bad("invalid_dpop_proof"),
        AccessError::Role => bad("unauthorized_client"),
        AccessError::Scope => bad("invalid_scope"),
        AccessError::Token(_) | AccessError::ClientUnknown | AccessError::ClientSuspended => {
            (StatusCode::UNAUTHORIZED, "invalid_client")
        }
        AccessError::TooMany => {
            return Problem::new(StatusCode::TOO_MANY_REQUESTS, error.code())
                .header(header::RETRY_AFTER, RETRY_AFTER_S);
        }
        _ => {
            tracing::warn!(code = error.code(), "no token could be given");
            return Problem::failure(error.code());
        }
    };
    let problem = Problem::new(status, error.code()).in_oauth_form(name);
    if status == StatusCode::UNAUTHORIZED {
        // RFC 9110 §11.6.1: every 401 says how to come in.
        let challenge = axum::http::HeaderValue::from_static("DPoP algs=\"ES256 EdDSA\"");
        return problem.header(header::WWW_AUTHENTICATE, challenge);
    }
    problem
}

/// In a minute some of the assertions no longer count.
const RETRY_AFTER_S: u32 = 60;

/// RFC 8414 §2, RFC 9449 §5.1
pub(super) async fn metadata(State(app): State<Arc<App>>) -> Response {
    let issuer = app.keeper.issuer();
    let body = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}{}", crate::access::TOKEN_PATH),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": Scope::ALL,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "EdDSA"],
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA"],
        "service_documentation": format!("{issuer}/openapi.json"),
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_each_thing_once() {
        let form = parameters(b"a=1&b=x+y%2Fz&&c=").unwrap();
        assert_eq!(form["a"].as_str(), "1");
        assert_eq!(form["b"].as_str(), "x y/z");
        assert_eq!(form.len(), 2);
        let many: String = (0..17).map(|n| format!("p{n}=1&")).collect();
        for wrong in [
            "a=1&a=2",
            "a=1&%61=2",
            "a=%",
            "a=%4",
            "a=%zz",
            "a=%ff",
            &many,
        ] {
            assert!(parameters(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(parameters(b"\xff=1").is_none());
    }
}
