//! `/v1/bundles`: the manifest comes last and commits; then the bundle is examined, filed, and answered for.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bundle::{BundleDigest, Sha256Digest, SignedReceipt, Statement, StationId};
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::problem::words;
use super::station::Station;
use super::{App, Problem, STRIPES, blocking, body};
use crate::examine::{Fault, Register, Verdict, Verified};
use crate::wallet::{BundleRecord, BundleState, FiledBefore, Filing};

/// Says that the station brings what another one sealed (a stick from a desk without network). The bundle speaks for
/// itself, so nothing else changes; without the word it is a mistake of the settings.
const CARRIED: HeaderName = HeaderName::from_static("niem-carried");

/// What examining and filing came to.
enum Outcome {
    Verified(Box<Verified>),
    Faults(Vec<Fault>),
}

pub(super) async fn post(
    State(app): State<Arc<App>>,
    Station(carrier): Station,
    headers: HeaderMap,
    request: Body,
) -> Result<Response, Problem> {
    let began = Instant::now();
    let envelope: Arc<[u8]> = body::whole(&app, request, app.config.limits.max_envelope_bytes)
        .await?
        .into();
    let at = Timestamp::now();
    let statement = read_statement(&app, &envelope, at).await?;
    if *statement.station() != carrier {
        if !headers.contains_key(CARRIED) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "http.wrong_station"));
        }
        tracing::info!(bundle = %statement.digest(), station = %statement.station(), %carrier, "a bundle is carried");
    }

    // On a task of its own: when the line breaks this handler is dropped, and a bundle that is examined must still be
    // filed, so that whoever asks again finds the receipt. On a line that breaks sooner than an examination ends,
    // nothing would ever be filed otherwise.
    let work =
        tokio::spawn(async move { take(&app, &statement, at, began).await }.in_current_span());
    work.await
        .unwrap_or_else(|_| Err(Problem::failure("http.internal")))
}

async fn take(
    app: &Arc<App>,
    statement: &Statement,
    at: Timestamp,
    began: Instant,
) -> Result<Response, Problem> {
    let (station, bundle) = (statement.station(), statement.digest());
    // Two posts of one bundle must not examine it side by side: the first may be tidying its blobs away.
    let _one_at_a_time = app.stripes[usize::from(bundle.as_bytes()[0]) % STRIPES]
        .lock()
        .await;
    let (known, missing) = known(app, statement).await?;
    match known {
        Some(BundleState::Filed(receipt)) => {
            tracing::info!(%bundle, visit = %statement.visit(), %station, outcome = "filed_before", "bundle");
            return filed(StatusCode::OK, &receipt, &[]);
        }
        Some(BundleState::Erased) => return Err(refusal(&[late_fault("examine.bundle_erased")])),
        Some(BundleState::Refused { .. }) | None => {}
    }
    refuse_missing(&missing)?;
    let outcome = examine(app, statement, at).await?;
    let result = match outcome {
        Outcome::Faults(faults) => Err(refused(app, statement, &faults, at).await?),
        Outcome::Verified(verified) => match file(app, verified).await? {
            (Filing::Filed(receipt), known) => filed(StatusCode::CREATED, &receipt, &known),
            (Filing::FiledBefore(receipt), known) => filed(StatusCode::OK, &receipt, &known),
            // Somebody else was faster between the examination and the filing.
            (Filing::TicketSpent, _) => {
                Err(refused(app, statement, &[late_fault("examine.ticket_spent")], at).await?)
            }
            (Filing::VisitFiled, _) => {
                Err(refused(app, statement, &[late_fault("examine.visit_filed")], at).await?)
            }
            (Filing::Erased, _) => Err(refusal(&[late_fault("examine.bundle_erased")])),
        },
    };
    let outcome = if result.is_ok() { "filed" } else { "refused" };
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%bundle, visit = %statement.visit(), %station, outcome, elapsed_ms, "bundle");
    result
}

pub(super) async fn status(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let (bundle, record) = find(&app, &digest, &station).await?;
    let (outcome, codes) = match record.state {
        BundleState::Filed(_) => ("filed", Vec::new()),
        BundleState::Refused { codes } => ("refused", codes),
        BundleState::Erased => ("erased", Vec::new()),
    };
    Ok(json_answer(
        StatusCode::OK,
        &json!({"bundle": bundle, "outcome": outcome, "at": record.at, "codes": codes}),
    ))
}

pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    match find(&app, &digest, &station).await?.1.state {
        BundleState::Filed(receipt) => Ok((
            [(header::CONTENT_TYPE, "application/json")],
            receipt.to_json(),
        )
            .into_response()),
        BundleState::Refused { .. } | BundleState::Erased => Err(not_found()),
    }
}

/// The same receipt with a newer proof: under a head that witnesses have cosigned, as soon as there is one.
pub(super) async fn renewed(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let (bundle, _) = find(&app, &digest, &station).await?;
    let receipt = blocking(&app, move |app| app.wallets.renewed(&bundle))
        .await?
        .ok_or_else(not_found)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, receipt.to_json()).into_response())
}

/// The outside of the bundle, or every reason not to believe it.
async fn read_statement(
    app: &Arc<App>,
    envelope: &Arc<[u8]>,
    at: Timestamp,
) -> Result<Statement, Problem> {
    let envelope = envelope.clone();
    let statement = blocking(app, move |app| Ok(app.examiner.statement(&envelope, at))).await?;
    statement.map_err(|faults| {
        tracing::info!(codes = ?codes(&faults), "an envelope was refused");
        refusal(&faults)
    })
}

fn refuse_missing(missing: &[Sha256Digest]) -> Result<(), Problem> {
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.iter().map(ToString::to_string).collect::<Vec<_>>();
    Err(Problem::new(StatusCode::CONFLICT, "http.blobs_missing").with("missing", json!(missing)))
}

async fn examine(app: &Arc<App>, statement: &Statement, at: Timestamp) -> Result<Outcome, Problem> {
    let _turn = app.turns.take(statement.station()).await?;
    let statement = statement.clone();
    blocking(app, move |app| {
        let register: &dyn Register = &app.wallets;
        let blobs = app.wallets.blobs();
        let examination = app
            .examiner
            .examine_further(&statement, blobs, Some(register), at)?;
        Ok(match examination.verdict() {
            Verdict::Accepted(verified) => Outcome::Verified(verified),
            Verdict::Refused(refusal) => Outcome::Faults(refusal.faults),
        })
    })
    .await
}

/// Files, and says what of it lay in the wallet before.
async fn file(
    app: &Arc<App>,
    verified: Box<Verified>,
) -> Result<(Filing, Vec<FiledBefore>), Problem> {
    blocking(app, move |app| {
        let filing = app.wallets.file(&verified, Timestamp::now())?;
        // What is filed is filed: a notice that cannot be made keeps nobody from the receipt.
        let known = app.wallets.filed_before(&verified).unwrap_or_else(|error| {
            tracing::warn!(code = error.code(), bundle = %verified.bundle, "earlier pages were not looked for");
            Vec::new()
        });
        Ok((filing, known))
    })
    .await
}

/// Notes the refusal and makes the answer; a fault of ours is no refusal.
async fn refused(
    app: &Arc<App>,
    statement: &Statement,
    faults: &[Fault],
    at: Timestamp,
) -> Result<Problem, Problem> {
    let codes = codes(faults);
    let bundle = statement.digest();
    if faults.iter().any(|fault| fault.may_be_retried) {
        tracing::warn!(%bundle, ?codes, "a bundle could not be read");
        return Ok(Problem::failure("http.try_again"));
    }
    tracing::info!(%bundle, visit = %statement.visit(), ?codes, "a bundle was refused");
    let station = statement.station().clone();
    blocking(app, move |app| {
        app.wallets.refuse(&bundle, &station, &codes, at)
    })
    .await?;
    Ok(refusal(faults))
}

fn refusal(faults: &[Fault]) -> Problem {
    let told: Vec<Value> = faults
        .iter()
        .map(|fault| {
            let [vi, remedy_vi, en, remedy_en] = words(fault.code);
            json!({"code": fault.code, "place": fault.place, "vi": vi, "remedy_vi": remedy_vi, "en": en,
                "remedy_en": remedy_en})
        })
        .collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "http.refused")
        .with("faults", Value::Array(told))
        .for_faults(codes(faults))
}

fn codes(faults: &[Fault]) -> Vec<&'static str> {
    faults.iter().map(|fault| fault.code).collect()
}

fn late_fault(code: &'static str) -> Fault {
    Fault {
        code,
        place: None,
        may_be_retried: false,
    }
}

/// What became of this bundle before, and which of its blobs do not lie here.
async fn known(
    app: &Arc<App>,
    statement: &Statement,
) -> Result<(Option<BundleState>, Vec<Sha256Digest>), Problem> {
    let bundle = statement.digest();
    let digests: Vec<_> = statement.blobs().iter().map(|blob| blob.digest).collect();
    let (record, missing) = blocking(app, move |app| {
        Ok((app.wallets.bundle(&bundle)?, app.wallets.missing(&digests)?))
    })
    .await?;
    let state = record
        .filter(|record| record.station == *statement.station())
        .map(|record| record.state);
    Ok((state, missing))
}

/// A station sees its own bundles; those of others are not there.
async fn find(
    app: &Arc<App>,
    digest: &str,
    station: &StationId,
) -> Result<(BundleDigest, BundleRecord), Problem> {
    let bundle: BundleDigest = digest.parse().map_err(|_| not_found())?;
    let record = blocking(app, move |app| app.wallets.bundle(&bundle)).await?;
    let record = record
        .filter(|record| record.station == *station)
        .ok_or_else(not_found)?;
    Ok((bundle, record))
}

fn filed(
    status: StatusCode,
    receipt: &SignedReceipt,
    known: &[FiledBefore],
) -> Result<Response, Problem> {
    // Our own receipt, so its payload reads back.
    let said: bundle::Receipt = serde_json::from_slice(&receipt.envelope().payload)
        .map_err(|_| Problem::failure("store.row"))?;
    let notices: Vec<Value> = known
        .iter()
        .map(|one| {
            json!({"code": "examine.pages_filed_before", "place": format!("paper {}", one.paper), "entry": one.entry})
        })
        .collect();
    let answer = json!({"outcome": "filed", "bundle": said.bundle, "entry": said.entry, "receipt": receipt,
        "notices": notices});
    Ok(json_answer(status, &answer))
}

fn json_answer(status: StatusCode, answer: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, answer.to_string()).into_response()
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}
