//! `/v1/enrolments`: a desk or a person becomes known. `/v1/epoch`: which key bundles are sealed to.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::station::{Station, refuse_compromised};
use super::{App, Problem, body};
use crate::enrolment::{EnrolmentError, Request, Step};
use crate::roster::RosterError;
use crate::tls::Peer;

/// A request with its attestation is some eight kilobytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
const MAX_PROOF_BYTES: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    /// What the TPM found in the challenge, base64.
    proof: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    /// The oldest epoch that a waiting bundle of this desk needs.
    oldest: u32,
}

pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Extension(peer): Extension<Peer>,
    request: Body,
) -> Result<Response, Problem> {
    let request: Request = body::json(&app, request, MAX_BODY_BYTES).await?;
    // A key that somebody else may hold renews nothing; a code may still make a new one.
    if request.code.is_none() {
        refuse_compromised(&app, &peer)?;
    }
    let step = working(&app, move |app| {
        let desk = match &peer {
            Peer::Station { id, key } => Some((id, key.as_str())),
            Peer::Nobody | Peer::Other => None,
        };
        app.enroller.begin(&request, desk, Timestamp::now())
    });
    match step.await? {
        Step::Enrolled(certificate) => Ok(enrolled(&certificate)),
        Step::Challenged { id, challenge } => Ok((
            StatusCode::ACCEPTED,
            Json(json!({
                "enrolment": id,
                "credential": BASE64.encode(challenge.credential),
                "secret": BASE64.encode(challenge.secret),
            })),
        )
            .into_response()),
    }
}

pub(super) async fn prove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    request: Body,
) -> Result<Response, Problem> {
    let Proof { proof } = body::json(&app, request, MAX_PROOF_BYTES).await?;
    let proof = BASE64
        .decode(proof.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| Problem::malformed())?;
    let certificate = working(&app, move |app| {
        app.enroller.prove(&id, &proof, Timestamp::now())
    });
    Ok(enrolled(&certificate.await?))
}

/// The signed notice, for anybody.
pub(super) async fn epoch(State(app): State<Arc<App>>) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        app.epoch.to_json(),
    )
        .into_response()
}

/// A desk says that its queue has passed an epoch.
pub(super) async fn passed(
    State(app): State<Arc<App>>,
    Station(station): Station,
    request: Body,
) -> Result<StatusCode, Problem> {
    let Queue { oldest } = body::json(&app, request, MAX_PROOF_BYTES).await?;
    working(&app, move |app| {
        let now = Timestamp::now();
        Ok(app.roster.note_epoch(station.as_str(), oldest, now)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn enrolled(certificate: &str) -> Response {
    (
        StatusCode::CREATED,
        Json(json!({ "certificate": certificate })),
    )
        .into_response()
}

/// Disks and signatures are waited for away from the threads that serve the network.
async fn working<T, F>(app: &Arc<App>, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, EnrolmentError> + Send + 'static,
{
    let app = app.clone();
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(|| work(&app))).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::warn!(code = error.code(), "nobody was enrolled");
            Err(problem(&error))
        }
        Err(_) => Err(Problem::failure("http.internal")),
    }
}

fn problem(error: &EnrolmentError) -> Problem {
    if error.is_failure() {
        return Problem::failure(error.code());
    }
    let status = match error {
        EnrolmentError::Roster(
            RosterError::CodeWrong
            | RosterError::CodeLocked
            | RosterError::CodeExpired
            | RosterError::CodeUsed,
        )
        | EnrolmentError::NobodyAsked => StatusCode::FORBIDDEN,
        EnrolmentError::NotPending => StatusCode::NOT_FOUND,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.code())
}
