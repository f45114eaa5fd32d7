//! `/v1/events`: what was filed and erased, from the outbox, without a word about whom.
//!
//! Whoever follows keeps the cursor of the last event it has dealt with and asks for what comes after it; an answer that
//! got lost is asked for again (at least once). Events are never renumbered, so a cursor stands for ever.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{App, Problem, blocking};
use crate::wallet::Event;

/// Events in one answer, when nobody asks for fewer.
const EVENTS: u32 = 100;
/// So that nobody takes a cursor for a number and counts on.
const FORM: &[u8] = b"ev1:";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn events(
    State(app): State<Arc<App>>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(page) = page.map_err(|_| Problem::malformed())?;
    let after = match page.after.as_deref() {
        None | Some("") => 0,
        Some(text) => place(text).ok_or_else(Problem::malformed)?,
    };
    let limit = page.limit.unwrap_or(EVENTS).clamp(1, EVENTS);
    // One more than is told: it says whether there is more.
    let mut found = blocking(&app, move |app| app.wallets.events(after, limit + 1)).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = found.last().map_or(after, |last| last.n);
    let body = json!({
        "events": found.iter().map(told).collect::<Vec<_>>(),
        "next": cursor(next),
        "more": more,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body.to_string()).into_response())
}

fn told(event: &Event) -> Value {
    json!({
        "id": cursor(event.n),
        "type": format!("bundle.{}", event.kind),
        "at": event.at,
        "bundle": event.bundle,
    })
}

/// The name of an event's place.
fn cursor(n: u64) -> String {
    URL_SAFE_NO_PAD.encode([FORM, &n.to_be_bytes()].concat())
}

fn place(cursor: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let number = bytes.strip_prefix(FORM)?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        for n in [0, 1, 77, u64::MAX] {
            assert_eq!(place(&cursor(n)), Some(n));
        }
        // Written down by clients: it may never read otherwise.
        assert_eq!(cursor(5), "ZXYxOgAAAAAAAAAF");
        for wrong in [
            "",
            "5",
            "ZXYxOgAAAAAAAAAFAA",
            "ZXYyOgAAAAAAAAAF",
            "ZXYxOgAAAAAAAAAF=",
            "é",
        ] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
