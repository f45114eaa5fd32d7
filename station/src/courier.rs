//! Carries sealed bundles to the verifier: blobs first, resumable by digest (tus 1.0), the
//! manifest last (D8). What it believes comes from the verifier's answers alone, and it depends
//! on no other exchange.
//!
//! On a line that breaks every second it goes on where the verifier says it stands, for as long as
//! something gets through each time; only then does the bundle wait, longer each time.

mod error;
mod round;

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bundle::{BlobRef, BundleDigest, SealedBundle, Sha256Digest, SignedReceipt, SignedTicket};
use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode, Url};
use serde::Deserialize;

pub use error::{CODES, CourierError, Refusal};
pub use round::{Outcome, Round};

use crate::spool::UploadPlaces;
use error::{admitted, broken};

/// Bytes sent in one PATCH: at 20 kbit/s one still ends within [`ANSWER_TIMEOUT`].
const CHUNK_BYTES: u64 = 256 << 10;
/// A ward's line may be slow; it must still be alive.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// An answer larger than this is not one of ours.
const ANSWER_BYTES: usize = 1 << 20;
/// Attempts in a row that found nobody, until the bundle waits. A connection kept open from before
/// may have died with the verifier that held it, so that one says nothing yet.
const DEAD_ATTEMPTS: u32 = 2;
/// Attempts in a row that broke and got nothing through. An answer may take longer than the line
/// holds; the verifier goes on meanwhile, and the next attempt finds it ready.
const IDLE_ATTEMPTS: u32 = 5;
/// Says that a bundle of another desk is brought, not sent by mistake.
const CARRIED: &str = "niem-carried";

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
    #[serde(default)]
    notices: Vec<Notice>,
}

/// What the verifier adds to a receipt: work is done, and somebody should know.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Notice {
    pub code: String,
    /// Which paper it is about, in the verifier's words: `paper 1` is the first.
    #[serde(default)]
    pub place: Option<String>,
}

impl Notice {
    /// The paper it is about, counted from 1.
    #[must_use]
    pub fn paper(&self) -> Option<usize> {
        self.place.as_deref()?.strip_prefix("paper ")?.parse().ok()
    }
}

/// A bundle that was filed.
#[derive(Debug)]
pub struct Delivered {
    pub receipt: SignedReceipt,
    pub notices: Vec<Notice>,
}

/// How the verifier is, by its own word.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// What time it is there, to the second; none when it does not say.
    pub time: Option<Timestamp>,
    /// Its store answers too; without it nothing is filed.
    pub ready: bool,
    /// How long both answers took.
    pub took: Duration,
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

/// How far one delivery has come, by the verifier's own word.
#[derive(Default)]
struct Progress {
    /// Blobs that lie there.
    there: HashSet<Sha256Digest>,
    /// Grows with everything the verifier said it has.
    acknowledged: u64,
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

    /// Speaks to the verifier at `url` over this TLS: its roots, and the desk's key as client identity,
    /// wherever that lies (`sealing_keys::tls`).
    ///
    /// # Errors
    /// [`CourierError::Setup`] when the address cannot be used.
    pub fn with_tls(url: &str, tls: rustls::ClientConfig) -> Result<Self, CourierError> {
        let mut base = Url::parse(url).map_err(|_| CourierError::Setup("url"))?;
        if base.scheme() != "https" {
            return Err(CourierError::Setup("url must be https"));
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
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

    /// What time it is at the verifier, to the second; `None` when it does not say.
    ///
    /// # Errors
    /// See [`CourierError`].
    pub async fn verifier_time(&self) -> Result<Option<Timestamp>, CourierError> {
        Ok(dated(&self.alive().await?))
    }

    /// Whether the verifier answers, whether it could file, and how quickly.
    ///
    /// # Errors
    /// See [`CourierError`]: nobody answers, or somebody else.
    pub async fn health(&self) -> Result<Health, CourierError> {
        let began = Instant::now();
        let time = dated(&self.alive().await?);
        let asked = self.http.get(self.url("readyz")?).send().await;
        // Too many questions are no sign of ill health; everything else but a yes is.
        let ready = asked.is_ok_and(|answer| {
            answer.status().is_success() || answer.status() == StatusCode::TOO_MANY_REQUESTS
        });
        Ok(Health {
            time,
            ready,
            took: began.elapsed(),
        })
    }

    async fn alive(&self) -> Result<Response, CourierError> {
        let answer = self.http.head(self.url("healthz")?).send().await;
        answer.map_err(broken)
    }

    /// Delivers one bundle and brings its receipt back. Safe to repeat: what already lies at the
    /// verifier is not sent again, and a bundle that is already filed answers with its receipt.
    ///
    /// # Errors
    /// See [`CourierError`]; all but `Refused` leave the bundle waiting.
    pub async fn deliver(&self, sealed: &SealedBundle) -> Result<SignedReceipt, CourierError> {
        let mut places = UploadPlaces::forgetful();
        let delivered = self.bring(sealed, &mut places, false).await?;
        Ok(delivered.receipt)
    }

    /// The same, going on with uploads that an earlier process began; `carried` for a bundle that
    /// another desk sealed.
    ///
    /// # Errors
    /// See [`CourierError`].
    pub async fn bring(
        &self,
        sealed: &SealedBundle,
        places: &mut UploadPlaces,
        carried: bool,
    ) -> Result<Delivered, CourierError> {
        let mut progress = Progress::default();
        let mut idle = 0;
        loop {
            let before = progress.acknowledged;
            let tried = self.attempt(sealed, places, carried, &mut progress).await;
            match tried {
                Err(error) if error.is_of_the_line() => {
                    idle = if progress.acknowledged > before {
                        0
                    } else {
                        idle + 1
                    };
                    let patience = match error {
                        CourierError::Unreachable => DEAD_ATTEMPTS,
                        _ => IDLE_ATTEMPTS,
                    };
                    if idle >= patience {
                        return Err(error);
                    }
                }
                ended => return ended,
            }
        }
    }

    async fn attempt(
        &self,
        sealed: &SealedBundle,
        places: &mut UploadPlaces,
        carried: bool,
        progress: &mut Progress,
    ) -> Result<Delivered, CourierError> {
        for blob in sealed.blobs() {
            self.send_blob(sealed.dir(), blob, places, progress).await?;
        }
        let mut answer = self.post_manifest(sealed, carried).await?;
        if answer.0 == StatusCode::CONFLICT {
            // The verifier lost or expired some blobs between our question and the manifest.
            let problem: Problem = parse(answer.0, &answer.1)?;
            for blob in sealed.blobs() {
                if problem
                    .missing
                    .iter()
                    .any(|missing| *missing == blob.digest.to_string())
                {
                    progress.there.remove(&blob.digest);
                    self.send_blob(sealed.dir(), blob, places, progress).await?;
                }
            }
            answer = self.post_manifest(sealed, carried).await?;
        }
        match answer.0 {
            StatusCode::OK | StatusCode::CREATED => {
                let filed: Filed = parse(answer.0, &answer.1)?;
                let receipt = SignedReceipt::from_json(filed.receipt.to_string().as_bytes())
                    .map_err(|_| CourierError::Answer(answer.0.as_u16()))?;
                Ok(Delivered {
                    receipt,
                    notices: filed.notices,
                })
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
        carried: bool,
    ) -> Result<(StatusCode, Vec<u8>), CourierError> {
        let mut request = self
            .http
            .post(self.url("v1/bundles")?)
            .header("content-type", "application/json")
            .body(sealed.envelope_json().to_vec());
        if carried {
            request = request.header(CARRIED, "1");
        }
        let answer = admitted(request.send().await)?;
        Ok((answer.status(), body(answer).await?))
    }

    async fn send_blob(
        &self,
        bundle: &Path,
        blob: &BlobRef,
        places: &mut UploadPlaces,
        progress: &mut Progress,
    ) -> Result<(), CourierError> {
        if progress.there.contains(&blob.digest) {
            return Ok(());
        }
        // An upload we began before is asked first: it says how far it came, done or not.
        let begun = places.of(&blob.digest).and_then(|place| self.ours(&place));
        let (place, mut offset) = match begun {
            Some(place) => match self.offset(&place).await? {
                Some(offset) => (place, offset),
                None => self.begin_unless_there(blob, places, progress).await?,
            },
            None => self.begin_unless_there(blob, places, progress).await?,
        };
        progress.acknowledged += offset;
        let mut file = File::open(bundle.join("blobs").join(blob.digest.to_string()))?;
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
                (StatusCode::NO_CONTENT, Some(reached)) if reached > offset => {
                    progress.acknowledged += reached - offset;
                    offset = reached;
                }
                // Somebody else (an earlier try of ours) moved the offset: ask where it stands.
                (StatusCode::CONFLICT, _) => {
                    let stands = self.offset(&place).await?;
                    offset = stands.ok_or(CourierError::Answer(404))?;
                }
                (status, _) => {
                    places.forget(&blob.digest);
                    return Err(CourierError::Answer(status.as_u16()));
                }
            }
        }
        places.forget(&blob.digest);
        progress.there.insert(blob.digest);
        Ok(())
    }

    /// A new upload, at offset 0; or no upload at all where the blob lies there already, which is
    /// told as an upload that has reached its end.
    async fn begin_unless_there(
        &self,
        blob: &BlobRef,
        places: &mut UploadPlaces,
        progress: &mut Progress,
    ) -> Result<(Url, u64), CourierError> {
        places.forget(&blob.digest);
        let by_name = self.url(&format!("v1/blobs/sha256:{}", blob.digest))?;
        let known = admitted(self.http.head(by_name.clone()).send().await)?;
        match known.status() {
            status if status.is_success() => return Ok((by_name, blob.size)),
            StatusCode::NOT_FOUND => progress.acknowledged += 1,
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
            .and_then(|location| self.ours(location))
            .ok_or(CourierError::Answer(201))?;
        places.note(&blob.digest, place.path());
        Ok((place, 0))
    }

    /// The blob goes to the verifier we know, whatever a Location header or a file says.
    fn ours(&self, location: &str) -> Option<Url> {
        self.base
            .join(location)
            .ok()
            .filter(|place| place.origin() == self.base.origin())
    }

    /// How far an upload has come; `None` when the verifier knows nothing of it.
    async fn offset(&self, place: &Url) -> Result<Option<u64>, CourierError> {
        let answer = admitted(
            self.http
                .head(place.clone())
                .header("tus-resumable", "1.0.0")
                .send()
                .await,
        )?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        upload_offset(&answer)
            .map(Some)
            .ok_or(CourierError::Answer(answer.status().as_u16()))
    }

    fn url(&self, path: &str) -> Result<Url, CourierError> {
        self.base.join(path).map_err(|_| CourierError::Setup("url"))
    }
}

/// The time that an answer carries.
fn dated(answer: &Response) -> Option<Timestamp> {
    let date = answer.headers().get("date")?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(date.timestamp())
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

async fn body(mut answer: Response) -> Result<Vec<u8>, CourierError> {
    let status = answer.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(broken)? {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_and_an_older_verifier_sends_none() {
        let answer = br#"{"outcome":"filed","receipt":{},"notices":[
            {"code":"examine.pages_filed_before","place":"paper 2","entry":"e"},{"code":"new.word"}]}"#;
        let filed: Filed = parse(StatusCode::CREATED, answer).unwrap();
        let told: Vec<_> = filed
            .notices
            .iter()
            .map(|notice| (notice.code.as_str(), notice.paper()))
            .collect();
        let expected = [("examine.pages_filed_before", Some(2)), ("new.word", None)];
        assert_eq!(told, expected);
        let older: Filed = parse(StatusCode::OK, br#"{"receipt":{}}"#).unwrap();
        assert!(older.notices.is_empty());
    }
}
