//! `POST /v1/tickets`: a batch of signed tickets for the station that asks.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bundle::{SignedTicket, StationId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::station::InService;
use super::{App, Problem, blocking, body, once};
use crate::wallet::Granted;

/// Tickets in one answer; about 700 bytes each.
const MAX_COUNT: u32 = 200;
const MAX_BODY_BYTES: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    count: u32,
}

#[derive(Serialize)]
pub(super) struct Batch {
    tickets: Vec<SignedTicket>,
}

pub(super) async fn draw(
    State(app): State<Arc<App>>,
    InService(station): InService,
    headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let wish = body::whole(&app, request, MAX_BODY_BYTES).await?;
    let work = async { grant(&app, &station, &wish).await.map(Json::into_response) };
    once::only(&app, station.as_str(), &headers, &[b"tickets", &wish], work).await
}

async fn grant(app: &Arc<App>, station: &StationId, wish: &[u8]) -> Result<Json<Batch>, Problem> {
    let Wish { count } = serde_json::from_slice(wish).map_err(|_| Problem::malformed())?;
    if !(1..=MAX_COUNT).contains(&count) {
        return Err(Problem::malformed());
    }
    let at = Timestamp::now();
    let life = SignedDuration::from_hours(app.config.limits.ticket_hours.into());
    let until = at
        .checked_add(life)
        .map_err(|_| Problem::failure("http.internal"))?;
    let max_open = app.config.limits.max_open_tickets;
    let name = station.clone();
    match blocking(app, move |app| {
        app.wallets.grant(&name, count, at, until, max_open)
    })
    .await?
    {
        Granted::Tickets(tickets) => {
            tracing::info!(%station, count, "tickets drawn");
            Ok(Json(Batch { tickets }))
        }
        Granted::TooMany { open } => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "http.ticket_quota",
        )
        .with("open", open.into())),
    }
}
