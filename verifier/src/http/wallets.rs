//! `/v1/wallets`: looking into wallets, for readers whose token the settings know; every look is journaled.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bundle::EntryId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{App, Problem, blocking, body};
use crate::config::{self, Scope};
use crate::wallet::View;

const MAX_LOOKUP_BYTES: usize = 256;
/// A bearer token longer than this is none of ours.
const MAX_TOKEN_BYTES: usize = 512;

/// A purpose longer than this is an essay.
const MAX_PURPOSE_BYTES: usize = 200;
/// The header in which a reader says what a look is for.
const PURPOSE: &str = "niem-purpose";
/// Lines of the journal in one answer, when the reader does not ask for fewer.
const JOURNAL_LINES: u32 = 100;

/// A request with a known reader's token; carries who asks and what for.
pub(super) struct Reader {
    name: String,
    purpose: String,
    scopes: Vec<Scope>,
}

impl Reader {
    pub(super) fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            Ok(())
        } else {
            Err(Problem::new(StatusCode::FORBIDDEN, "http.scope"))
        }
    }
}

/// The reader whose token a request shows.
pub(super) fn reader<'a>(app: &'a App, headers: &HeaderMap) -> Option<&'a config::Reader> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let token = value.strip_prefix("Bearer ")?;
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let digest = hex::encode(ring::digest::digest(
        &ring::digest::SHA256,
        token.as_bytes(),
    ));
    // Digests are compared, not tokens: how long a comparison takes tells nothing about a token.
    app.config
        .readers
        .iter()
        .find(|reader| reader.token_sha256.eq_ignore_ascii_case(&digest))
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let refused = || {
            Problem::new(StatusCode::UNAUTHORIZED, "http.token")
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
        };
        let reader = reader(app, &parts.headers).ok_or_else(refused)?;
        let purpose = match parts.headers.get(PURPOSE) {
            None => reader.purpose.clone(),
            Some(value) => std::str::from_utf8(value.as_bytes())
                .ok()
                .filter(|text| (1..=MAX_PURPOSE_BYTES).contains(&text.len()))
                .ok_or_else(Problem::malformed)?
                .to_owned(),
        };
        Ok(Self {
            name: reader.name.clone(),
            purpose,
            scopes: reader.scopes.clone(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    personal_id: Zeroizing<String>,
}

pub(super) async fn lookup(
    State(app): State<Arc<App>>,
    reader: Reader,
    request: Body,
) -> Result<Json<Value>, Problem> {
    reader.may(Scope::Lookup)?;
    let Lookup { personal_id } = body::json(&app, request, MAX_LOOKUP_BYTES).await?;
    let Reader { name, purpose, .. } = reader;
    let wallet = blocking(&app, move |app| {
        app.wallets
            .lookup(&personal_id, &name, &purpose, Timestamp::now())
    });
    let wallet = wallet.await?.ok_or_else(not_found)?;
    // No name of a wallet stands in a log: the journal is where looks are written.
    tracing::info!("wallet looked up");
    Ok(Json(json!({"wallet": wallet})))
}

pub(super) async fn entries(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(wallet): Path<String>,
) -> Result<Json<Value>, Problem> {
    reader.may(Scope::Entries)?;
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entries = blocking(&app, move |app| {
        let view = View {
            reader: &reader.name,
            purpose: &reader.purpose,
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
    reader: Reader,
    Path((wallet, entry, n)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    reader.may(Scope::Documents)?;
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entry: EntryId = entry.parse().map_err(|_| not_found())?;
    let n: u32 = n.parse().map_err(|_| not_found())?;
    let document = blocking(&app, move |app| {
        let view = View {
            reader: &reader.name,
            purpose: &reader.purpose,
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

/// Where to read on, and how much.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    after: u64,
    limit: Option<u32>,
}

/// Who looked into this wallet, when, at what, and what for. The citizen's own sign-in comes with the wallet;
/// until then an official with this scope reads it out to them.
pub(super) async fn journal(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(wallet): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    reader.may(Scope::Journal)?;
    let Query(page) = page.map_err(|_| Problem::malformed())?;
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let limit = page.limit.unwrap_or(JOURNAL_LINES).clamp(1, JOURNAL_LINES);
    let views = blocking(&app, move |app| {
        let view = View {
            reader: &reader.name,
            purpose: &reader.purpose,
            wallet,
            entry: None,
            document: None,
        };
        app.wallets.views(view, page.after, limit, Timestamp::now())
    });
    let views = views.await?.ok_or_else(not_found)?;
    let next = views.last().map(|last| last.n);
    let body = json!({"wallet": wallet, "looks": views, "next": next});
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body.to_string()).into_response())
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}
