//! `/v1/wallets`: looking into wallets, every look journaled, and erasing one on a decision.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bundle::EntryId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::callers::{Doer, Looker};
use super::{App, Problem, blocking, body, once};
use crate::wallet::{Act, View};

const MAX_LOOKUP_BYTES: usize = 256;
const MAX_ERASURE_BYTES: usize = 2048;
/// Lines of the journal in one answer, when the reader does not ask for fewer.
const JOURNAL_LINES: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    personal_id: Zeroizing<String>,
}

pub(super) async fn lookup(
    State(app): State<Arc<App>>,
    looker: Looker,
    request: Body,
) -> Result<Json<Value>, Problem> {
    let Lookup { personal_id } = body::json(&app, request, MAX_LOOKUP_BYTES).await?;
    let Looker { name, purpose } = looker;
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
    looker: Looker,
    Path(wallet): Path<String>,
) -> Result<Json<Value>, Problem> {
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entries = blocking(&app, move |app| {
        let view = View {
            reader: &looker.name,
            purpose: &looker.purpose,
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
    looker: Looker,
    Path((wallet, entry, n)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let entry: EntryId = entry.parse().map_err(|_| not_found())?;
    let n: u32 = n.parse().map_err(|_| not_found())?;
    let document = blocking(&app, move |app| {
        let view = View {
            reader: &looker.name,
            purpose: &looker.purpose,
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
/// until then a data officer reads it out to them.
pub(super) async fn journal(
    State(app): State<Arc<App>>,
    looker: Looker,
    Path(wallet): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = page.map_err(|_| Problem::malformed())?;
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let limit = page.limit.unwrap_or(JOURNAL_LINES).clamp(1, JOURNAL_LINES);
    let views = blocking(&app, move |app| {
        let view = View {
            reader: &looker.name,
            purpose: &looker.purpose,
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

/// On what ground data are erased before their time.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ground {
    /// The citizen took the consent back.
    ConsentWithdrawn,
    /// What it was filed for is over.
    PurposeEnded,
    /// It should not have been filed: another person's, or without consent.
    FiledWrongly,
    /// A court or an authority decided so.
    Ordered,
}

impl Ground {
    fn as_str(self) -> &'static str {
        match self {
            Self::ConsentWithdrawn => "consent_withdrawn",
            Self::PurposeEnded => "purpose_ended",
            Self::FiledWrongly => "filed_wrongly",
            Self::Ordered => "ordered",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    ground: Ground,
    /// The decision or request by its number.
    basis: String,
    /// In the official's words; like the basis it may name no person.
    reason: String,
}

/// Erases a wallet as `niem-verifier wallet erase` does. Afterwards there is no such wallet; who asks again under the same
/// key hears the first answer.
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    Doer(by): Doer,
    Path(wallet): Path<String>,
    headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let content = body::whole(&app, request, MAX_ERASURE_BYTES).await?;
    let wallet: Uuid = wallet.parse().map_err(|_| not_found())?;
    let client = format!("client:{by}");
    let work = async {
        let asked: Erasure = serde_json::from_slice(&content).map_err(|_| Problem::malformed())?;
        if ![&asked.basis, &asked.reason]
            .into_iter()
            .all(|text| plain(text))
        {
            return Err(Problem::malformed());
        }
        let basis = format!(
            "{}; {}; {}",
            asked.ground.as_str(),
            asked.basis,
            asked.reason
        );
        let erased = blocking(&app, move |app| {
            let act = Act {
                by: &by,
                basis: &basis,
            };
            app.wallets.erase(wallet, act, Timestamp::now())
        });
        let erased = erased.await?.ok_or_else(not_found)?;
        tracing::info!(leaf = erased.leaf, "wallet erased");
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, json!({"erased": erased}).to_string()).into_response())
    };
    let same: [&[u8]; 3] = [b"erasure", wallet.as_bytes(), &content];
    once::only(&app, &client, &headers, &same, work).await
}

/// 1 to 100 letters on one line, as the command takes them.
fn plain(text: &str) -> bool {
    (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control)
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}
