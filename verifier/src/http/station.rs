//! The station at the other end: an extractor that lets nobody else through.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use bundle::StationId;

use super::{App, Problem};
use crate::tls::Peer;

/// A request that came over a connection with a good station certificate, of a station in good standing.
#[derive(Debug, Clone)]
pub(super) struct Station(pub(super) StationId);

impl FromRequestParts<Arc<App>> for Station {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match parts.extensions.get::<Peer>() {
            Some(Peer::Station(id))
                if app
                    .config
                    .stations
                    .suspended
                    .iter()
                    .any(|name| name == id.as_str()) =>
            {
                Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "http.station_suspended",
                ))
            }
            Some(Peer::Station(id)) => Ok(Self(id.clone())),
            Some(Peer::Other) => Err(Problem::new(StatusCode::FORBIDDEN, "http.not_a_station")),
            Some(Peer::Nobody) | None => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "http.no_certificate",
            )),
        }
    }
}
