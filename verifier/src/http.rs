//! The doors of the verifier. This room alone knows HTTP and JSON; the work is done behind it, on blocking threads.

pub(crate) mod blobs;
mod body;
mod bundles;
mod callers;
mod door;
mod doors;
mod enrolments;
mod events;
mod gate;
mod limits;
pub(crate) mod log;
mod metrics;
mod oauth;
mod once;
mod openapi;
mod problem;
mod schemas;
mod slots;
mod station;
mod tickets;
mod turns;
mod wallets;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware;
use bundle::SignedEpoch;
use tokio::sync::Mutex;

pub(crate) use gate::Address;
pub(crate) use limits::network;
pub(crate) use problem::Problem;

use crate::access::Keeper;
use crate::config::Config;
use crate::enrolment::Enroller;
use crate::examine::Examiner;
use crate::roster::Roster;
use crate::wallet::{StoreFailure, Wallets};

/// Filings of one bundle happen one after the other; different bundles rarely share a stripe.
const STRIPES: usize = 64;

/// What every door shares.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) wallets: Wallets,
    pub(crate) examiner: Examiner,
    slots: slots::Slots,
    stripes: Vec<Mutex<()>>,
    enroller: Enroller,
    roster: Arc<Roster>,
    epoch: SignedEpoch,
    turns: turns::Turns,
    limits: limits::Limits,
    once: once::Once,
    keeper: Keeper,
    pub(crate) metrics: metrics::Metrics,
}

impl App {
    pub(crate) fn new(
        config: Config,
        wallets: Wallets,
        examiner: Examiner,
        (enroller, roster, epoch): (Enroller, Arc<Roster>, SignedEpoch),
        keeper: Keeper,
    ) -> Self {
        Self {
            limits: limits::Limits::new(&config.rates),
            once: once::Once::new(&config.data),
            keeper,
            metrics: metrics::Metrics::default(),
            config,
            wallets,
            examiner,
            slots: slots::Slots::default(),
            stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(),
            enroller,
            roster,
            epoch,
            turns: turns::Turns::default(),
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
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(|| work(&app))).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(failure)) => {
            tracing::warn!(code = failure.code(), "the store failed");
            Err(Problem::failure(failure.code()))
        }
        Err(_) => Err(Problem::failure("http.internal")),
    }
}

/// Every door behind the gate.
pub(crate) fn router(app: Arc<App>) -> Router {
    doors::routes()
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn_with_state(app.clone(), gate::pass))
        .with_state(app)
}

/// Ready when the store answers.
async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    blocking(&app, |app| app.wallets.checkpoint()).await?;
    Ok("ready\n")
}
