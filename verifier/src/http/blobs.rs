//! `/v1/blobs`: resumable uploads (tus 1.0.0: creation, termination) and the question whether a blob is here.
//!
//! `HEAD /v1/blobs/sha256:<hex>` asks for a blob; an upload has a UUID in its place. What has arrived is kept by the
//! store before it is acknowledged, and the digest is checked when the last byte is in. A power cut may take what has
//! arrived, small blobs whole, until the receipt; the station is told that they are missing and sends them again.

use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bundle::{Sha256Digest, StationId};
use jiff::Timestamp;
use tracing::Instrument as _;
use uuid::Uuid;

use super::body::Piece;
use super::station::Station;
use super::{App, Problem, blocking, body, once};
use crate::wallet::{Begun, Finished, Kept, Quota, StoreFailure, Upload};

// tus 1.0.0 §"Headers"
const TUS_VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSIONS: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");

/// Every answer to a tus request names the version.
type Tus = [(HeaderName, HeaderValue); 1];
const TUS: Tus = [(TUS_RESUMABLE, HeaderValue::from_static(TUS_VERSION))];

pub(super) async fn options(State(app): State<Arc<App>>) -> Response {
    let headers = [
        (TUS_VERSIONS, HeaderValue::from_static(TUS_VERSION)),
        (
            TUS_EXTENSION,
            HeaderValue::from_static("creation,termination"),
        ),
        (
            TUS_MAX_SIZE,
            HeaderValue::from(app.config.limits.max_blob_bytes),
        ),
    ];
    (StatusCode::NO_CONTENT, TUS, headers).into_response()
}

/// Creation: length and digest are known before the first byte.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Station(station): Station,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let length = number(&headers, &UPLOAD_LENGTH)?;
    let digest = metadata_digest(&headers)?;
    let (name, size) = (digest.to_string(), length.to_be_bytes());
    let same: [&[u8]; 3] = [b"blobs", name.as_bytes(), &size];
    let work = begin(&app, station.clone(), length, digest);
    once::only(&app, station.as_str(), &headers, &same, work).await
}

async fn begin(
    app: &Arc<App>,
    station: StationId,
    length: u64,
    digest: Sha256Digest,
) -> Result<Response, Problem> {
    let limits = &app.config.limits;
    if length == 0 {
        return Err(Problem::malformed());
    }
    if length > limits.max_blob_bytes {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "http.upload_too_large",
        ));
    }
    let quota = Quota {
        uploads: limits.max_unfinished_uploads,
        bytes: limits.max_unfiled_bytes,
    };
    let begun = blocking(app, move |app| {
        app.wallets
            .begin_upload(&station, &digest, length, quota, Timestamp::now())
    });
    match begun.await? {
        Begun::OverQuota => Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "http.quota")),
        Begun::Started(id) => {
            let location = HeaderValue::from_str(&format!("/v1/blobs/{id}"))
                .expect("a UUID is a header value");
            Ok((StatusCode::CREATED, TUS, [(header::LOCATION, location)]).into_response())
        }
    }
}

/// Whether a blob is here, or how far an upload has come.
pub(super) async fn head(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if let Some(digest) = name.strip_prefix("sha256:") {
        let digest: Sha256Digest = digest.parse().map_err(|_| not_found())?;
        let there = blocking(&app, move |app| app.wallets.has_blob(&digest)).await?;
        return if there {
            Ok(StatusCode::OK.into_response())
        } else {
            Err(not_found())
        };
    }
    let id = upload_id(&name)?;
    // Who asks wants to go on: an earlier connection that still writes must put down what it has first.
    let _claim = app.slots.claim(id).await?;
    let upload = find(&app, id, &station).await?;
    if upload.held == upload.length && !upload.finished {
        // The bytes came and the store failed before it had looked at them: now is the time, or the station would
        // take for sent what nobody has.
        finish(&app, upload.clone(), station.clone()).await?;
    }
    let headers = [
        (UPLOAD_OFFSET, HeaderValue::from(upload.held)),
        (UPLOAD_LENGTH, HeaderValue::from(upload.length)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, TUS, headers).into_response())
}

/// Appends to an upload.
pub(super) async fn patch(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(name): Path<String>,
    headers: HeaderMap,
    content: Body,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(b"application/offset+octet-stream") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "http.content_type",
        ));
    }
    let offset = number(&headers, &UPLOAD_OFFSET)?;
    let id = upload_id(&name)?;
    // On a task of its own: when the line breaks this handler is dropped, and what has arrived must still
    // be written down before anybody is told how far the upload has come.
    let written = tokio::spawn(
        async move { append(&app, &station, id, offset, content).await }.in_current_span(),
    )
    .await;
    let offset = written.unwrap_or_else(|_| Err(Problem::failure("http.internal")))?;
    Ok((
        StatusCode::NO_CONTENT,
        TUS,
        [(UPLOAD_OFFSET, HeaderValue::from(offset))],
    )
        .into_response())
}

/// Gives up an upload (tus termination).
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Station(station): Station,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    let id = upload_id(&name)?;
    let _claim = app.slots.claim(id).await?;
    let upload = find(&app, id, &station).await?;
    blocking(&app, move |app| app.wallets.drop_upload(&upload)).await?;
    Ok((StatusCode::NO_CONTENT, TUS).into_response())
}

async fn append(
    app: &Arc<App>,
    station: &StationId,
    id: Uuid,
    offset: u64,
    mut content: Body,
) -> Result<u64, Problem> {
    let claim = app.slots.claim(id).await?;
    let upload = find(app, id, station).await?;
    let held = upload.held;
    if offset != held {
        return Err(Problem::new(StatusCode::CONFLICT, "http.offset").header(UPLOAD_OFFSET, held));
    }
    if upload.finished {
        return Ok(held);
    }
    let mut gathering = Gathering::of(&upload);
    let mut waiting = Vec::new();
    let mut total = held;
    let ended = loop {
        let piece = tokio::select! {
            biased;
            () = claim.wanted() => Piece::Broken,
            piece = body::next(&mut content, body::idle(app)) => piece,
        };
        match piece {
            Piece::Data(data) if total + data.len() as u64 > upload.length => {
                break Err(Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "http.upload_too_large",
                ));
            }
            Piece::Data(data) => {
                total += data.len() as u64;
                if waiting.capacity() == 0 {
                    let rest = usize::try_from(upload.length - total).unwrap_or(usize::MAX);
                    waiting.reserve(
                        rest.saturating_add(data.len())
                            .min(GATHERED_BYTES + data.len()),
                    );
                }
                waiting.extend_from_slice(&data);
                if waiting.len() > GATHERED_BYTES {
                    let write = move |_: &App| {
                        let written = gathering.write(&waiting)?;
                        waiting.clear();
                        Ok((written, waiting))
                    };
                    (gathering, waiting) = blocking(app, write).await?;
                }
            }
            Piece::End => break Ok(()),
            Piece::Broken => break Err(Problem::new(StatusCode::BAD_REQUEST, "http.body_broken")),
            Piece::TooSlow => {
                break Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "http.body_timeout",
                ));
            }
        }
    };
    // However it ended, what is here is kept before anybody hears of it.
    let (station, complete) = (station.clone(), ended.is_ok() && total == upload.length);
    let kept = blocking(app, move |app| {
        drop(gathering.write(&waiting)?);
        let kept = app.wallets.keep(&upload)?;
        if kept == Kept::Overtaken || !complete {
            return Ok((kept, None));
        }
        let finished = app
            .wallets
            .finish_upload(&upload, &station, Timestamp::now())?;
        Ok((kept, Some(finished)))
    });
    let (kept, finished) = kept.await?;
    if kept == Kept::Overtaken {
        return Err(Problem::new(StatusCode::CONFLICT, "http.offset"));
    }
    ended?;
    finished.map_or(Ok(()), stored)?;
    Ok(total)
}

/// Bytes of one upload that are written at once: each writing is a turn on another thread.
const GATHERED_BYTES: usize = 256 << 10;

/// The file in which a request's bytes are gathered.
struct Gathering {
    path: std::path::PathBuf,
    /// Open once something was written.
    file: Option<std::fs::File>,
    at: u64,
}

impl Gathering {
    fn of(upload: &Upload) -> Self {
        Self {
            path: upload.file.clone(),
            file: None,
            at: upload.in_file,
        }
    }

    /// Writes on, over whatever a request that failed has left there.
    fn write(mut self, bytes: &[u8]) -> Result<Self, StoreFailure> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = std::fs::OpenOptions::new()
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(&self.path)?;
                file.set_len(self.at)?;
                file
            }
        };
        file.write_all_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        self.file = Some(file);
        Ok(self)
    }
}

async fn finish(app: &Arc<App>, upload: Upload, station: StationId) -> Result<(), Problem> {
    let done = blocking(app, move |app| {
        app.wallets
            .finish_upload(&upload, &station, Timestamp::now())
    });
    stored(done.await?)
}

fn stored(finished: Finished) -> Result<(), Problem> {
    match finished {
        Finished::Stored => Ok(()),
        Finished::DigestWrong => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "http.upload_digest",
        )),
    }
}

async fn find(app: &Arc<App>, id: Uuid, station: &StationId) -> Result<Upload, Problem> {
    let station = station.clone();
    blocking(app, move |app| app.wallets.upload(id, &station))
        .await?
        .ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}

fn upload_id(name: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(name).map_err(|_| not_found())
}

fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    if headers
        .get(TUS_RESUMABLE)
        .is_some_and(|version| version == TUS_VERSION)
    {
        return Ok(());
    }
    // tus 1.0.0: 412, and the versions that are spoken here.
    Err(
        Problem::new(StatusCode::PRECONDITION_FAILED, "http.tus_version")
            .header(TUS_VERSIONS, HeaderValue::from_static(TUS_VERSION)),
    )
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let text = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(Problem::malformed)?;
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::malformed());
    }
    text.parse().map_err(|_| Problem::malformed())
}

/// The digest in `Upload-Metadata: sha256 <base64 of 64 hex digits>[,…]`.
fn metadata_digest(headers: &HeaderMap) -> Result<Sha256Digest, Problem> {
    let text = headers
        .get(UPLOAD_METADATA)
        .and_then(|value| value.to_str().ok());
    text.and_then(upload_digest).ok_or_else(Problem::malformed)
}

/// The digest in the value of `Upload-Metadata`.
// tus 1.0.0 "Creation", Upload-Metadata
pub fn upload_digest(text: &str) -> Option<Sha256Digest> {
    let mut pairs = text
        .split(',')
        .filter_map(|pair| pair.trim().split_once(' '));
    let (_, value) = pairs.find(|(key, _)| *key == "sha256")?;
    let value = BASE64.decode(value.trim()).ok()?;
    String::from_utf8(value).ok()?.parse().ok()
}
