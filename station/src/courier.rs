//! Carries sealed bundles to the verifier: blobs first, resumable by digest (tus 1.0), the
//! manifest last (D8). What it believes comes from the verifier's answers alone, and it depends
//! on no other exchange.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bundle::{BlobRef, BundleDigest, SealedBundle, SignedReceipt, SignedTicket};
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;

/// Every code the courier can answer with.
pub const CODES: &[&str] = &[
    "courier.unreachable",
    "courier.busy",
    "courier.refused",
    "courier.answer",
    "courier.disk",
    "courier.setup",
    "courier.not_admitted",
];

/// Bytes sent in one PATCH: on a line that breaks every second little is sent twice.
const CHUNK_BYTES: u64 = 1 << 20;
/// A ward's line may be slow; it must still be alive.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// An answer larger than this is not one of ours.
const ANSWER_BYTES: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CourierError {
    #[error("the verifier does not answer")]
    Unreachable,
    #[error("the verifier asks to come back later (HTTP {0})")]
    Busy(u16),
    #[error("the verifier does not admit this station (HTTP {0})")]
    NotAdmitted(u16),
    #[error("the verifier refuses the bundle")]
    Refused(Refusal),
    #[error("the verifier's answer cannot be understood (HTTP {0})")]
    Answer(u16),
    #[error("the bundle cannot be read from disk: {0}")]
    Disk(#[from] std::io::Error),
    #[error("the courier's keys or address cannot be used: {0}")]
    Setup(&'static str),
}

impl CourierError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "courier.unreachable",
            Self::Busy(_) => "courier.busy",
            Self::NotAdmitted(_) => "courier.not_admitted",
            Self::Refused(_) => "courier.refused",
            Self::Answer(_) => "courier.answer",
            Self::Disk(_) => "courier.disk",
            Self::Setup(_) => "courier.setup",
        }
    }

    /// Whether the same bundle may be accepted at a later time.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// The verifier's problem document (RFC 9457) with every fault it found.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub document: Vec<u8>,
    /// Stable codes of the faults, in the verifier's order.
    pub faults: Vec<String>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(default)]
    missing: Vec<String>,
}

#[derive(Deserialize)]
struct Fault {
    code: String,
}

#[derive(Deserialize)]
struct Filed {
    receipt: serde_json::Value,
}

#[derive(Deserialize)]
struct Tickets {
    tickets: Vec<serde_json::Value>,
}

/// What the courier needs to be let in: the verifier's address and CA, and the station's own
/// TLS certificate and key (PEM).
pub struct Credentials<'a> {
    pub url: &'a str,
    pub ca_pem: &'a [u8],
    pub identity_pem: &'a [u8],
}

pub struct Courier {
    http: Client,
    base: Url,
}

impl Courier {
    /// # Errors
    /// [`CourierError::Setup`] when the address or a key cannot be used.
    pub fn new(credentials: &Credentials<'_>) -> Result<Self, CourierError> {
        // Harmless when some other part of the process installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut base = Url::parse(credentials.url).map_err(|_| CourierError::Setup("url"))?;
        if base.scheme() != "https" {
            return Err(CourierError::Setup("url must be https"));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let ca = reqwest::Certificate::from_pem(credentials.ca_pem)
            .map_err(|_| CourierError::Setup("ca"))?;
        let identity = reqwest::Identity::from_pem(credentials.identity_pem)
            .map_err(|_| CourierError::Setup("identity"))?;
        let http = Client::builder()
            .tls_certs_only([ca])
            .identity(identity)
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|_| CourierError::Setup("client"))?;
        Ok(Self { http, base })
    }

    /// Fetches tickets ahead of a shift.
    ///
    /// # Errors
    /// See [`CourierError`].
    pub async fn tickets(&self, count: u32) -> Result<Vec<SignedTicket>, CourierError> {
        let request = self
            .http
            .post(self.url("v1/tickets")?)
            .json(&serde_json::json!({ "count": count }));
        let answer = admitted(request.send().await)?;
        let status = answer.status();
        if status != StatusCode::OK {
            return Err(CourierError::Answer(status.as_u16()));
        }
        let tickets: Tickets = parse(status, &body(answer).await?)?;
        tickets
            .tickets
            .iter()
            .map(|ticket| {
                SignedTicket::from_json(ticket.to_string().as_bytes())
                    .map_err(|_| CourierError::Answer(200))
            })
            .collect()
    }

    /// Delivers one bundle and brings its receipt back. Safe to repeat: what already lies at the
    /// verifier is not sent again, and a bundle that is already filed answers with its receipt.
    ///
    /// # Errors
    /// See [`CourierError`]; all but `Refused` leave the bundle waiting.
    pub async fn deliver(&self, sealed: &SealedBundle) -> Result<SignedReceipt, CourierError> {
        match self.deliver_once(sealed).await {
            // A connection kept open from before may have died with the verifier that held it;
            // a fresh one tells whether the line is really down.
            Err(CourierError::Unreachable) => self.deliver_once(sealed).await,
            delivered => delivered,
        }
    }

    async fn deliver_once(&self, sealed: &SealedBundle) -> Result<SignedReceipt, CourierError> {
        for blob in sealed.blobs() {
            self.send_blob(sealed.dir(), blob).await?;
        }
        let mut answer = self.post_manifest(sealed).await?;
        if answer.0 == StatusCode::CONFLICT {
            // The verifier lost or expired some blobs between our question and the manifest.
            let problem: Problem = parse(answer.0, &answer.1)?;
            for blob in sealed.blobs() {
                if problem
                    .missing
                    .iter()
                    .any(|missing| *missing == blob.digest.to_string())
                {
                    self.send_blob(sealed.dir(), blob).await?;
                }
            }
            answer = self.post_manifest(sealed).await?;
        }
        match answer.0 {
            StatusCode::OK | StatusCode::CREATED => {
                let filed: Filed = parse(answer.0, &answer.1)?;
                SignedReceipt::from_json(filed.receipt.to_string().as_bytes())
                    .map_err(|_| CourierError::Answer(answer.0.as_u16()))
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                let problem: Problem = parse(answer.0, &answer.1)?;
                let faults = problem.faults.into_iter().map(|fault| fault.code).collect();
                Err(CourierError::Refused(Refusal {
                    document: answer.1,
                    faults,
                }))
            }
            other => Err(CourierError::Answer(other.as_u16())),
        }
    }

    /// Asks for the receipt of a bundle filed earlier; `None` when the verifier does not have it.
    ///
    /// # Errors
    /// See [`CourierError`].
    pub async fn receipt(
        &self,
        digest: BundleDigest,
    ) -> Result<Option<SignedReceipt>, CourierError> {
        let answer = admitted(
            self.http
                .get(self.url(&format!("v1/bundles/{digest}/receipt"))?)
                .send()
                .await,
        )?;
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            status if status == StatusCode::OK => SignedReceipt::from_json(&body(answer).await?)
                .map(Some)
                .map_err(|_| CourierError::Answer(200)),
            status => Err(CourierError::Answer(status.as_u16())),
        }
    }

    async fn post_manifest(
        &self,
        sealed: &SealedBundle,
    ) -> Result<(StatusCode, Vec<u8>), CourierError> {
        let request = self
            .http
            .post(self.url("v1/bundles")?)
            .header("content-type", "application/json")
            .body(sealed.envelope_json().to_vec());
        let answer = admitted(request.send().await)?;
        Ok((answer.status(), body(answer).await?))
    }

    async fn send_blob(&self, bundle: &Path, blob: &BlobRef) -> Result<(), CourierError> {
        let known = admitted(
            self.http
                .head(self.url(&format!("v1/blobs/sha256:{}", blob.digest))?)
                .send()
                .await,
        )?;
        match known.status() {
            status if status.is_success() => return Ok(()),
            StatusCode::NOT_FOUND => {}
            status => return Err(CourierError::Answer(status.as_u16())),
        }
        let digest = BASE64.encode(blob.digest.to_string());
        let created = admitted(
            self.http
                .post(self.url("v1/blobs")?)
                .header("tus-resumable", "1.0.0")
                .header("upload-length", blob.size)
                .header("upload-metadata", format!("sha256 {digest}"))
                .send()
                .await,
        )?;
        if created.status() != StatusCode::CREATED {
            return Err(CourierError::Answer(created.status().as_u16()));
        }
        let place = created
            .headers()
            .get("location")
            .and_then(|location| location.to_str().ok())
            .and_then(|location| self.base.join(location).ok())
            // The blob goes to the verifier we know, whatever a Location header says.
            .filter(|place| place.origin() == self.base.origin())
            .ok_or(CourierError::Answer(201))?;
        let mut file = File::open(bundle.join("blobs").join(blob.digest.to_string()))?;
        let mut offset = self.offset(&place).await?;
        while offset < blob.size {
            file.seek(SeekFrom::Start(offset))?;
            let mut chunk = Vec::new();
            file.by_ref()
                .take(CHUNK_BYTES.min(blob.size - offset))
                .read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                return Err(CourierError::Disk(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let answer = admitted(
                self.http
                    .patch(place.clone())
                    .header("tus-resumable", "1.0.0")
                    .header("upload-offset", offset)
                    .header("content-type", "application/offset+octet-stream")
                    .body(chunk)
                    .send()
                    .await,
            )?;
            let reached = upload_offset(&answer);
            match (answer.status(), reached) {
                (StatusCode::NO_CONTENT, Some(reached)) if reached > offset => offset = reached,
                // Somebody else (an earlier try of ours) moved the offset: ask where it stands.
                (StatusCode::CONFLICT, _) => offset = self.offset(&place).await?,
                (status, _) => return Err(CourierError::Answer(status.as_u16())),
            }
        }
        Ok(())
    }

    async fn offset(&self, place: &Url) -> Result<u64, CourierError> {
        let answer = admitted(
            self.http
                .head(place.clone())
                .header("tus-resumable", "1.0.0")
                .send()
                .await,
        )?;
        upload_offset(&answer).ok_or(CourierError::Answer(answer.status().as_u16()))
    }

    fn url(&self, path: &str) -> Result<Url, CourierError> {
        self.base.join(path).map_err(|_| CourierError::Setup("url"))
    }
}

fn upload_offset(answer: &Response) -> Option<u64> {
    answer
        .headers()
        .get("upload-offset")?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Sorts out the answers that say nothing about the bundle.
fn admitted(answer: Result<Response, reqwest::Error>) -> Result<Response, CourierError> {
    let answer = answer.map_err(|_| CourierError::Unreachable)?;
    match answer.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(CourierError::NotAdmitted(answer.status().as_u16()))
        }
        StatusCode::TOO_MANY_REQUESTS => Err(CourierError::Busy(answer.status().as_u16())),
        status if status.is_server_error() => Err(CourierError::Busy(status.as_u16())),
        _ => Ok(answer),
    }
}

async fn body(mut answer: Response) -> Result<Vec<u8>, CourierError> {
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|_| CourierError::Unreachable)?
    {
        if bytes.len() + chunk.len() > ANSWER_BYTES {
            return Err(CourierError::Answer(status));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn parse<T: for<'de> Deserialize<'de>>(
    status: StatusCode,
    bytes: &[u8],
) -> Result<T, CourierError> {
    serde_json::from_slice(bytes).map_err(|_| CourierError::Answer(status.as_u16()))
}
