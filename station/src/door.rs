//! The verifier's other doors, as a desk uses them: enrolment and the notice of its encryption key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bundle::SignedEpoch;
use reqwest::{Client, Method, Response, StatusCode, Url};
use sealing_keys::tpm::{Attestation, Challenge};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub const CODES: &[&str] = &[
    "door.unreachable",
    "door.answer",
    "door.refused",
    "door.address",
];

/// An answer larger than this is not one of ours.
const ANSWER_BYTES: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    #[error("the verifier does not answer")]
    Unreachable,
    #[error("the verifier's answer cannot be understood (HTTP {0})")]
    Answer(u16),
    /// With the verifier's own code, where this desk's handbook has it.
    #[error("the verifier refuses")]
    Refused(&'static str),
    #[error("the verifier's address cannot be used")]
    Address,
}

impl DoorError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "door.unreachable",
            Self::Answer(_) => "door.answer",
            Self::Refused(code) => code,
            Self::Address => "door.address",
        }
    }
}

/// The verifier, over one TLS configuration.
pub struct Door {
    http: Client,
    base: Url,
}

/// What a desk asks to be enrolled with.
pub struct Wish<'a> {
    /// `station` or `operator`, and the name.
    pub kind: &'a str,
    pub id: &'a str,
    /// Left out where the desk shows the certificate that it replaces.
    pub code: Option<&'a str>,
    pub csr: &'a str,
    /// `tpm`, `token` or `file`.
    pub storage: &'a str,
    pub attestation: Option<&'a Attestation>,
}

/// What comes next.
pub enum Step {
    /// PEM.
    Enrolled(String),
    Challenged {
        id: String,
        challenge: Challenge,
    },
}

#[derive(Deserialize)]
struct Certificate {
    certificate: String,
}

#[derive(Deserialize)]
struct Challenged {
    enrolment: String,
    credential: String,
    secret: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Door {
    /// # Errors
    /// [`DoorError::Address`].
    pub fn new(url: &str, tls: rustls::ClientConfig) -> Result<Self, DoorError> {
        let mut base = Url::parse(url).map_err(|_| DoorError::Address)?;
        if base.scheme() != "https" {
            return Err(DoorError::Address);
        }
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| DoorError::Address)?;
        Ok(Self { http, base })
    }

    /// Asks for a certificate.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn enrol(&self, wish: &Wish<'_>) -> Result<Step, DoorError> {
        let mut document = json!({
            "subject": { wish.kind: wish.id },
            "csr": wish.csr,
            "storage": wish.storage,
        });
        if let Some(code) = wish.code {
            document["code"] = json!(code);
        }
        if let Some(told) = wish.attestation {
            document["attestation"] = json!({
                "ek_certificate": BASE64.encode(&told.ek_certificate),
                "ek_public": BASE64.encode(&told.ek_public),
                "ak_public": BASE64.encode(&told.ak_public),
                "key_public": BASE64.encode(&told.key_public),
                "certify_info": BASE64.encode(&told.certify_info),
                "certify_signature": BASE64.encode(&told.certify_signature),
            });
        }
        let (status, body) = self.post("v1/enrolments", &document).await?;
        if status != StatusCode::ACCEPTED {
            let Certificate { certificate } = parse(status, &body)?;
            return Ok(Step::Enrolled(certificate));
        }
        let told: Challenged = parse(status, &body)?;
        let decode = |text: String| {
            BASE64
                .decode(text)
                .map_err(|_| DoorError::Answer(status.as_u16()))
        };
        Ok(Step::Challenged {
            challenge: Challenge {
                credential: decode(told.credential)?,
                secret: decode(told.secret)?,
            },
            id: told.enrolment,
        })
    }

    /// Answers a challenge with what the TPM found in it. Returns the certificate, PEM.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn prove(&self, id: &str, found: &[u8]) -> Result<String, DoorError> {
        // The id comes from outside and goes into an address.
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(DoorError::Answer(202));
        }
        let document = json!({ "proof": BASE64.encode(found) });
        let (status, body) = self.post(&format!("v1/enrolments/{id}"), &document).await?;
        let Certificate { certificate } = parse(status, &body)?;
        Ok(certificate)
    }

    /// The notice of the key that bundles are sealed to. Its signature is not checked yet.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn epoch(&self) -> Result<SignedEpoch, DoorError> {
        let (status, body) = self.ask(Method::GET, "v1/epoch", None).await?;
        SignedEpoch::from_json(&body).map_err(|_| DoorError::Answer(status.as_u16()))
    }

    /// Says that nothing that waits here needs an epoch before this one.
    ///
    /// # Errors
    /// See [`DoorError`].
    pub async fn passed(&self, epoch: u32) -> Result<(), DoorError> {
        self.post("v1/epoch", &json!({ "oldest": epoch }))
            .await
            .map(|_| ())
    }

    async fn post(&self, path: &str, document: &Value) -> Result<(StatusCode, Vec<u8>), DoorError> {
        self.ask(Method::POST, path, Some(document.to_string()))
            .await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        document: Option<String>,
    ) -> Result<(StatusCode, Vec<u8>), DoorError> {
        let url = self.base.join(path).map_err(|_| DoorError::Address)?;
        let mut request = self.http.request(method, url);
        if let Some(document) = document {
            request = request
                .header("content-type", "application/json")
                .body(document);
        }
        let answer = request.send().await.map_err(|_| DoorError::Unreachable)?;
        let status = answer.status();
        let body = whole(answer).await?;
        if status.is_success() {
            return Ok((status, body));
        }
        let Problem { code } = parse(status, &body)?;
        // A code of a newer verifier has no words here.
        Err(
            rulebook::failures::text(&code).map_or(DoorError::Refused("door.refused"), |text| {
                DoorError::Refused(&text.code)
            }),
        )
    }
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, DoorError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| DoorError::Unreachable)? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(DoorError::Answer(answer.status().as_u16()));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn parse<T: for<'de> Deserialize<'de>>(status: StatusCode, body: &[u8]) -> Result<T, DoorError> {
    serde_json::from_slice(body).map_err(|_| DoorError::Answer(status.as_u16()))
}
