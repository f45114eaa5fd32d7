//! `/v1/wallets`: looking into wallets, for readers whose token the settings know; every look is journaled.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bundle::EntryId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{App, Problem, blocking, body};
use crate::wallet::View;

const MAX_LOOKUP_BYTES: usize = 256;
/// A bearer token longer than this is none of ours.
const MAX_TOKEN_BYTES: usize = 512;

/// A request with a known reader's token; carries the reader's name.
pub(super) struct Reader(String);

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let refused = || {
            Problem::new(StatusCode::UNAUTHORIZED, "http.token")
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        };
        let value = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = value
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(refused)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(refused());
        }
        let digest = hex::encode(ring::digest::digest(
            &ring::digest::SHA256,
            token.as_bytes(),
        ));
        // Digests are compared, not tokens: how long a comparison takes tells nothing about a token.
        let reader = app
            .config
            .readers
            .iter()
            .find(|reader| reader.token_sha256.eq_ignore_ascii_case(&digest));
        reader
            .map(|reader| Self(reader.name.clone()))
            .ok_or_else(refused)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    personal_id: Zeroizing<String>,
}

pub(super) async fn lookup(
    State(app): State<Arc<App>>,
    Reader(reader): Reader,
    request: Body,
) -> Result<Json<Value>, Problem> {
    let Lookup { personal_id } = body::json(&app, request, MAX_LOOKUP_BYTES).await?;
    let wallet = blocking(&app, move |app| app.wallets.lookup(&personal_id))
        .await?
        .ok_or_else(not_found)?;
    tracing::info!(reader, %wallet, "wallet looked up");
    Ok(Json(json!({"wallet": wallet})))
}

pub(super) async fn entries(
    State(app): State<Arc<App>>,
    Reader(reader): Reader,
    Path(wallet): Path<String>,
) -> Result<Json<Value>, Problem> {
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entries = blocking(&app, move |app| {
        let view = View {
            reader: &reader,
            wallet,
            entry: None,
            document: None,
        };
        app.wallets.entries(view, Timestamp::now())
    });
    let entries = entries.await?.ok_or_else(not_found)?;
    Ok(Json(json!({"wallet": wallet, "entries": entries})))
}

pub(super) async fn document(
    State(app): State<Arc<App>>,
    Reader(reader): Reader,
    Path((wallet, entry, n)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entry: EntryId = entry.parse().map_err(|_| not_found())?;
    let n: u32 = n.parse().map_err(|_| not_found())?;
    let document = blocking(&app, move |app| {
        let view = View {
            reader: &reader,
            wallet,
            entry: Some(entry),
            document: Some(n),
        };
        app.wallets.document(view, Timestamp::now())
    });
    let document = document.await?.ok_or_else(not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, document.pdf.to_vec()).into_response())
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}
