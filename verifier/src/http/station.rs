//! The station at the other end: extractors that let nobody else through.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use bundle::StationId;
use jiff::Timestamp;

use super::{App, Problem};
use crate::tls::Peer;

/// A request that came over a connection with a good station certificate, of a station in good standing or of
/// one that was withdrawn: what it sealed before may still be brought.
#[derive(Debug, Clone)]
pub(super) struct Station(pub(super) StationId);

/// The same, of a station that may begin something new.
#[derive(Debug, Clone)]
pub(super) struct InService(pub(super) StationId);

impl FromRequestParts<Arc<App>> for Station {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<Peer>().unwrap_or(&Peer::Nobody);
        match peer {
            Peer::Station { id, .. } => {
                let suspended = &app.config.stations.suspended;
                if suspended.iter().any(|name| name == id.as_str()) {
                    return Err(Problem::new(
                        StatusCode::FORBIDDEN,
                        "http.station_suspended",
                    ));
                }
                refuse_compromised(app, peer)?;
                Ok(Self(id.clone()))
            }
            Peer::Other => Err(Problem::new(StatusCode::FORBIDDEN, "http.not_a_station")),
            Peer::Nobody => Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "http.no_certificate",
            )),
        }
    }
}

impl FromRequestParts<Arc<App>> for InService {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Station(station) = Station::from_request_parts(parts, app).await?;
        if let Some(Peer::Station { key, .. }) = parts.extensions.get::<Peer>() {
            let standing = app.roster.standing();
            let standing = standing.map_err(|error| Problem::failure(error.code()))?;
            if !standing.station_counts(station.as_str(), key, Timestamp::now()) {
                return Err(Problem::new(StatusCode::FORBIDDEN, "http.station_revoked"));
            }
        }
        Ok(Self(station))
    }
}

/// A key that somebody else may hold opens no door.
pub(super) fn refuse_compromised(app: &App, peer: &Peer) -> Result<(), Problem> {
    if let Peer::Station { id, key } = peer {
        let standing = app.roster.standing();
        let standing = standing.map_err(|error| Problem::failure(error.code()))?;
        if standing.station_is_compromised(id.as_str(), key) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "http.station_revoked"));
        }
    }
    Ok(())
}
