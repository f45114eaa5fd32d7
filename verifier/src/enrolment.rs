//! Enrolment over the network: a one-time code, or the key that is being replaced, and a TPM's own word
//! on where the new key lies.
//!
//! A key in a TPM takes two steps. What the TPM says is checked first; then it must open a challenge that only
//! this TPM can open, and only then is a certificate signed. Challenges live in memory and for minutes: a
//! restart costs a desk one more try, with the same code.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bundle::{KeyStorage, Sha256Digest, StationId};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{Context, SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde::Deserialize;
use tpm_attestation::{AttestError, Challenge, Evidence, MakerTrust};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::enroll::{Authority, EnrollError, Subject, is_name};
use crate::keys::{KeyFolder, KeysError};
use crate::roster::{Enrolled, Manner, Revocation, Revoked, Roster, RosterError};

/// How long a TPM may take to answer its challenge.
const PENDING: SignedDuration = SignedDuration::from_mins(5);
/// Challenges open at once. Only somebody with a right code or a desk's certificate opens one.
const MAX_PENDING: usize = 64;
/// After a renewal the key before it still counts for a day: a visit may be open with it.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// Why nobody was enrolled at the door.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolmentError {
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    #[error(transparent)]
    Attest(#[from] AttestError),
    #[error("keys that lie there are not enrolled here")]
    StorageNotAllowed,
    #[error("a key in a TPM comes with the TPM's word")]
    AttestationMissing,
    #[error("the challenge was not opened by the right TPM")]
    ProofWrong,
    #[error("there is no such enrolment, or it took too long")]
    NotPending,
    #[error("too many enrolments are open")]
    Busy,
    #[error("neither a code nor a desk's certificate was shown")]
    NobodyAsked,
}

impl EnrolmentError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Roster(error) => error.code(),
            Self::Enroll(error) => error.code(),
            Self::Attest(error) => error.code(),
            Self::StorageNotAllowed => "enroll.storage_not_allowed",
            Self::AttestationMissing => "enroll.attestation_missing",
            Self::ProofWrong => "enroll.proof_wrong",
            Self::NotPending => "enroll.not_pending",
            Self::Busy => "enroll.busy",
            Self::NobodyAsked => "enroll.nobody_asked",
        }
    }

    /// Whether asking again later may help.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Roster(error) => error.is_failure(),
            Self::Busy => true,
            Self::Attest(AttestError::MakersUnreadable)
            | Self::Enroll(EnrollError::Authority | EnrollError::Date) => true,
            _ => false,
        }
    }
}

/// Who wants to be enrolled.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    Station(String),
    Operator(String),
}

impl Asker {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Station(id) => ("station", id),
            Self::Operator(id) => ("operator", id),
        }
    }
}

/// What a desk sends about its key (`sealing_keys::tpm::Attestation`), base64 each.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    #[serde(with = "base64_bytes")]
    pub ek_certificate: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub ek_public: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub ak_public: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub key_public: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub certify_info: Vec<u8>,
    #[serde(with = "base64_bytes")]
    pub certify_signature: Vec<u8>,
}

/// A request for a certificate.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub subject: Asker,
    /// Left out by a desk that replaces its own key and shows the old one's certificate.
    #[serde(default)]
    pub code: Option<Zeroizing<String>>,
    /// PKCS#10, PEM.
    pub csr: String,
    pub storage: KeyStorage,
    #[serde(default)]
    pub attestation: Option<Attestation>,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// PEM.
    Enrolled(String),
    /// The TPM must open this.
    Challenged { id: String, challenge: Challenge },
}

/// By what right.
#[derive(Clone)]
enum Right {
    Code {
        kind: &'static str,
        id: String,
        code: Zeroizing<String>,
        by: String,
    },
    /// The certificate (SHA-256) that is being replaced.
    Renewal { old: String },
}

struct Pending {
    subject: Subject,
    csr: String,
    right: Right,
    proof_sha256: [u8; 32],
    since: Timestamp,
    /// Kept for a desk whose answer was lost on the way.
    certificate: Option<String>,
}

/// What the attestation must speak of: this asker and this request, byte by byte.
#[must_use]
pub fn about(kind: &str, id: &str, csr_pem: &str) -> [u8; 32] {
    let mut hash = Context::new(&SHA256);
    for part in ["niem-enrol-v1", kind, id, csr_pem] {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.finish()
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}

/// The door's own books and keys.
pub struct Enroller {
    roster: Arc<Roster>,
    authority: Authority,
    makers: MakerTrust,
    allow: Vec<KeyStorage>,
    pending: Mutex<HashMap<String, Pending>>,
}

impl Enroller {
    /// Takes the authority from the key folder and the makers from the settings.
    pub fn open(config: &Config, roster: Arc<Roster>) -> Result<Self, KeysError> {
        let mut makers = MakerTrust::default();
        if let Some(folder) = &config.enrolment.tpm_makers {
            for path in crate::keys::certificate_files(folder)? {
                let content = std::fs::read(&path).map_err(|source| KeysError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                makers
                    .add(&content)
                    .map_err(|_| KeysError::Malformed { path })?;
            }
        }
        Ok(Self {
            roster,
            authority: KeyFolder::new(&config.keys).station_authority()?,
            makers,
            allow: config.enrolment.allow.clone(),
            pending: Mutex::default(),
        })
    }

    /// The first step. `peer` is the desk that the connection names, with its certificate.
    pub fn begin(
        &self,
        request: &Request,
        peer: Option<(&StationId, &str)>,
        now: Timestamp,
    ) -> Result<Step, EnrolmentError> {
        let (kind, id) = request.subject.parts();
        if !is_name(id) {
            return Err(EnrollError::Name.into());
        }
        if !self.allow.contains(&request.storage) {
            return Err(EnrolmentError::StorageNotAllowed);
        }
        let (subject, right) = match (&request.code, peer) {
            (Some(code), _) => {
                let (subject, by) = self.roster.try_code(kind, id, code, now)?;
                let right = Right::Code {
                    kind,
                    id: id.to_owned(),
                    code: code.clone(),
                    by,
                };
                (subject, right)
            }
            (None, Some((station, old))) if kind == "station" && station.as_str() == id => {
                let subject = Subject::Station { id: id.to_owned() };
                let old = old.to_owned();
                (subject, Right::Renewal { old })
            }
            _ => return Err(EnrolmentError::NobodyAsked),
        };
        let point = crate::enroll::request_point(&request.csr)?;
        if request.storage != KeyStorage::Tpm {
            return self
                .issue(&subject, &right, &request.csr, request.storage, now)
                .map(Step::Enrolled);
        }
        let told = request
            .attestation
            .as_ref()
            .ok_or(EnrolmentError::AttestationMissing)?;
        let evidence = Evidence {
            ek_certificate: &told.ek_certificate,
            ek_public: &told.ek_public,
            ak_public: &told.ak_public,
            key_public: &told.key_public,
            certify_info: &told.certify_info,
            certify_signature: &told.certify_signature,
        };
        let at = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            u64::try_from(now.as_second()).unwrap_or(0),
        ));
        let about = about(kind, id, &request.csr);
        let attested = tpm_attestation::check(&evidence, &self.makers, &about, &point, at)?;
        let random = SystemRandom::new();
        let mut secret = Zeroizing::new([0_u8; 32]);
        let mut name = [0_u8; 16];
        random
            .fill(&mut *secret)
            .and_then(|()| random.fill(&mut name))
            .map_err(|_| RosterError::Random)?;
        let challenge = attested.challenge(&secret, &random)?;
        let id = hex::encode(name);
        let pending = Pending {
            subject,
            csr: request.csr.clone(),
            right,
            proof_sha256: sha256(secret.as_slice()),
            since: now,
            certificate: None,
        };
        self.keep(id.clone(), pending, now)?;
        Ok(Step::Challenged { id, challenge })
    }

    /// The second step: what the TPM found in the challenge. Asked again, it gives the same certificate.
    pub fn prove(&self, id: &str, proof: &[u8], now: Timestamp) -> Result<String, EnrolmentError> {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, pending| now.duration_since(pending.since) < PENDING);
        let pending = all.get_mut(id).ok_or(EnrolmentError::NotPending)?;
        if sha256(proof) != pending.proof_sha256 {
            // One try: an honest TPM does not err.
            all.remove(id);
            return Err(EnrolmentError::ProofWrong);
        }
        if let Some(certificate) = &pending.certificate {
            return Ok(certificate.clone());
        }
        let (subject, right, csr) = (&pending.subject, &pending.right, &pending.csr);
        let certificate = self.issue(subject, right, csr, KeyStorage::Tpm, now)?;
        pending.certificate = Some(certificate.clone());
        Ok(certificate)
    }

    fn keep(&self, id: String, pending: Pending, now: Timestamp) -> Result<(), EnrolmentError> {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| {
            let same = other.subject == pending.subject;
            now.duration_since(other.since) < PENDING && !same
        });
        if all.len() >= MAX_PENDING {
            return Err(EnrolmentError::Busy);
        }
        all.insert(id, pending);
        Ok(())
    }

    fn issue(
        &self,
        subject: &Subject,
        right: &Right,
        csr: &str,
        storage: KeyStorage,
        now: Timestamp,
    ) -> Result<String, EnrolmentError> {
        let by = match right {
            Right::Code { kind, id, code, by } => {
                self.roster.use_code(kind, id, code, now)?;
                by.clone()
            }
            Right::Renewal { .. } => "renewal".to_owned(),
        };
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let certificate = self.authority.enroll_stored(subject, csr, storage, today)?;
        let key = keyid(&certificate)?;
        let enrolled = Enrolled {
            subject: subject.clone(),
            key: key.clone(),
            storage,
            enrolled_at: now,
            by,
        };
        self.roster.note(&enrolled, &certificate)?;
        if let Right::Renewal { old } = right {
            self.roster.revoke(Revocation {
                revoked: Revoked::Key(old.clone()),
                manner: Manner::Withdrawn,
                from: now.checked_add(OVERLAP).unwrap_or(Timestamp::MAX),
                recorded_at: now,
                by: "renewal".to_owned(),
                reason: format!("replaced by {key}"),
            })?;
        }
        tracing::info!(kind = subject.kind(), id = subject.id(), %key, ?storage, "enrolled");
        Ok(certificate)
    }
}

/// SHA-256 of a certificate's DER, as envelopes name it.
fn keyid(pem: &str) -> Result<String, EnrollError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| EnrollError::Authority)?;
    Ok(Sha256Digest::of(&der).to_string())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}

mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, de};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map_err(|_| de::Error::custom("base64"))
    }
}
