//! The doors of the verifier. This room alone knows HTTP and JSON; the work is done behind it, on blocking threads.

mod blobs;
mod body;
mod bundles;
mod enrolments;
mod log;
mod problem;
mod slots;
mod station;
mod tickets;
mod wallets;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use bundle::SignedEpoch;
use tokio::sync::{Mutex, Semaphore};

pub(crate) use problem::Problem;

use crate::config::Config;
use crate::enrolment::Enroller;
use crate::examine::Examiner;
use crate::roster::Roster;
use crate::wallet::{StoreFailure, Wallets};

/// Filings of one bundle happen one after the other; different bundles rarely share a stripe.
const STRIPES: usize = 64;
/// Examinations at once: each keeps a core busy and holds a bundle's papers in memory.
const EXAMINATIONS: usize = 2;

/// What every door shares.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) wallets: Wallets,
    pub(crate) examiner: Examiner,
    slots: slots::Slots,
    stripes: Vec<Mutex<()>>,
    examinations: Semaphore,
    enroller: Enroller,
    roster: Arc<Roster>,
    epoch: SignedEpoch,
}

impl App {
    pub(crate) fn new(
        config: Config,
        wallets: Wallets,
        examiner: Examiner,
        (enroller, roster, epoch): (Enroller, Arc<Roster>, SignedEpoch),
    ) -> Self {
        Self {
            config,
            wallets,
            examiner,
            slots: slots::Slots::default(),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            examinations: Semaphore::new(EXAMINATIONS),
            enroller,
            roster,
            epoch,
        }
    }
}

/// Runs work on the store away from the threads that serve the network.
async fn blocking<T, F>(app: &Arc<App>, work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, StoreFailure> + Send + 'static,
{
    let app = app.clone();
    match tokio::task::spawn_blocking(move || work(&app)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(failure)) => {
            tracing::warn!(code = failure.code(), "the store failed");
            Err(Problem::failure(failure.code()))
        }
        Err(_) => Err(Problem::failure("http.internal")),
    }
}

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/enrolments", post(enrolments::begin))
        .route("/v1/enrolments/{id}", post(enrolments::prove))
        .route("/v1/epoch", get(enrolments::epoch).post(enrolments::passed))
        .route("/v1/tickets", post(tickets::draw))
        .route("/v1/blobs", post(blobs::create).options(blobs::options))
        .route(
            "/v1/blobs/{name}",
            get(problem::not_found)
                .head(blobs::head)
                .patch(blobs::patch)
                .delete(blobs::remove),
        )
        .route("/v1/bundles", post(bundles::post))
        .route("/v1/bundles/{digest}", get(bundles::status))
        .route("/v1/bundles/{digest}/receipt", get(bundles::receipt))
        .route(
            "/v1/bundles/{digest}/receipt/renewed",
            get(bundles::renewed),
        )
        .route("/v1/wallets/lookup", post(wallets::lookup))
        .route("/v1/wallets/{wallet}/entries", get(wallets::entries))
        .route(
            "/v1/wallets/{wallet}/entries/{entry}/documents/{n}",
            get(wallets::document),
        )
        .route("/v1/wallets/{wallet}/journal", get(wallets::journal))
        .route("/log/checkpoint", get(log::checkpoint))
        .route("/log/tile/{*path}", get(log::tile))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .with_state(app)
}

/// Ready when the store answers.
async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    blocking(&app, |app| app.wallets.checkpoint()).await?;
    Ok("ready\n")
}
