//! What can be read from outside: which desk sealed which blobs, when, for whom.
//!
//! The statement is an in-toto Statement v1 in a DSSE envelope. It names blobs by digest and
//! size and holds nothing about the citizen, so it may be checked and answered before
//! any blob has arrived and by someone who can decrypt none of them.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, EnvelopeError};
use crate::ids::{BundleDigest, BundleId, Sha256Digest, StationId, VisitId};
use crate::key::certificate_keyid;
use crate::manifest::CertificateBytes;
use crate::open::{OpenError, Signer};
use crate::part::MAX_MANIFEST_BLOB_BYTES;
use crate::trust::{self, StationTrust};

/// More blobs than this, the manifest's among them, are refused.
pub const MAX_BLOBS: usize = 512;

/// How a bundle may be sealed: which recipients, which algorithms. There is one policy so far.
pub const POLICY_VERSION: u32 = 1;

/// How far a desk's clock may be ahead of ours.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// The largest whole number that every JSON reader keeps exact (RFC 8259 §6).
const MAX_SIZE: u64 = (1 << 53) - 1;

/// More recipients than this are refused: there are the verifier's epoch and the recovery key.
pub(crate) const MAX_RECIPIENTS: usize = 8;

pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://niem.example/sealed-bundle/v1";

/// A statement whose signature and certificate are good. It proves that this desk sealed blobs
/// of these digests; not that they exist, nor what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    digest: BundleDigest,
    predicate: Predicate,
    blobs: Vec<BlobRef>,
}

/// One blob as the statement names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobRef {
    /// Its number; 0 is the manifest.
    pub index: u32,
    /// SHA-256 of the blob as it lies on disk.
    pub digest: Sha256Digest,
    /// Its length.
    pub size: u64,
}

impl Statement {
    /// The name nobody can forge.
    #[must_use]
    pub fn digest(&self) -> BundleDigest {
        self.digest
    }

    /// The bundle's own name.
    #[must_use]
    pub fn bundle_id(&self) -> BundleId {
        self.predicate.bundle_id
    }

    /// The desk that sealed, as its certificate names it.
    #[must_use]
    pub fn station(&self) -> &StationId {
        &self.predicate.station_id
    }

    /// The visit.
    #[must_use]
    pub fn visit(&self) -> VisitId {
        self.predicate.visit
    }

    /// Whether this was training.
    #[must_use]
    pub fn practice(&self) -> bool {
        self.predicate.practice
    }

    /// When the desk says it sealed.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.predicate.created
    }

    /// The bundle that this desk sealed before, none for its first.
    #[must_use]
    pub fn previous(&self) -> Option<BundleDigest> {
        self.predicate.prev_bundle_digest
    }

    /// To whom the blobs are said to be encrypted, as age recipients.
    #[must_use]
    pub fn recipients(&self) -> &[String] {
        &self.predicate.recipients
    }

    /// The blobs, by index.
    #[must_use]
    pub fn blobs(&self) -> &[BlobRef] {
        &self.blobs
    }

    /// The length of all blobs together.
    #[must_use]
    pub fn total_size(&self) -> u64 {
        self.blobs
            .iter()
            .fold(0, |sum, blob| sum.saturating_add(blob.size))
    }

    /// The desk's certificate, DER.
    #[must_use]
    pub fn signer_certificate(&self) -> &[u8] {
        &self.predicate.signer_certificate.0
    }
}

/// Checks the outer signature and the desk's certificate, which must stand at `at`. This is what
/// can be known before any blob is there.
pub fn statement(
    envelope_json: &[u8],
    stations: &StationTrust,
    at: Timestamp,
) -> Result<Statement, OpenError> {
    let (envelope, statement) = parse(envelope_json)?;
    let certificate = statement.signer_certificate();
    let station = stations
        .station(certificate, at)
        .map_err(|source| OpenError::Certificate {
            signer: Signer::Device,
            source,
        })?;
    let [_] = envelope.signatures.as_slice() else {
        return Err(OpenError::SignatureMissing);
    };
    let signature = envelope
        .signature_of(&certificate_keyid(certificate))
        .ok_or(OpenError::SignatureMissing)?;
    if !trust::has_signed(certificate, &envelope.pae(), signature) {
        return Err(OpenError::SignatureInvalid);
    }
    if station != *statement.station() {
        return Err(OpenError::StationMismatch);
    }
    let latest = at.checked_add(CLOCK_TOLERANCE).unwrap_or(Timestamp::MAX);
    if statement.created() > latest {
        return Err(OpenError::CreatedInFuture);
    }
    Ok(statement)
}

/// Reads the form and checks no signature.
pub(crate) fn parse(envelope_json: &[u8]) -> Result<(Envelope, Statement), OpenError> {
    let envelope = Envelope::from_json(envelope_json).map_err(|error| match error {
        EnvelopeError::TooLarge => OpenError::EnvelopeTooLarge,
        EnvelopeError::Malformed => OpenError::EnvelopeMalformed,
    })?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(OpenError::EnvelopeType);
    }
    let version: Version =
        serde_json::from_slice(&envelope.payload).map_err(|_| OpenError::StatementMalformed)?;
    if version.kind != STATEMENT_TYPE || version.predicate_type != PREDICATE_TYPE {
        return Err(OpenError::VersionUnknown);
    }
    let wire: Wire =
        serde_json::from_slice(&envelope.payload).map_err(|_| OpenError::StatementMalformed)?;
    let statement = consistent(wire, BundleDigest::of(&envelope.payload))?;
    Ok((envelope, statement))
}

/// What the fields must say together.
fn consistent(wire: Wire, digest: BundleDigest) -> Result<Statement, OpenError> {
    let Wire {
        subject, predicate, ..
    } = wire;
    if subject.len() > MAX_BLOBS {
        return Err(OpenError::TooManyParts);
    }
    if predicate.policy_version != POLICY_VERSION {
        return Err(OpenError::VersionUnknown);
    }
    let mut seen = HashSet::new();
    let mut blobs = Vec::with_capacity(subject.len());
    if subject.is_empty() || subject.len() != predicate.sizes.len() {
        return Err(OpenError::StatementInconsistent);
    }
    for (index, (subject, size)) in (0..).zip(subject.iter().zip(&predicate.sizes)) {
        let digest = subject.digest.sha256;
        if subject.name != format!("blob-{index}")
            || *size == 0
            || *size > MAX_SIZE
            || !seen.insert(digest)
        {
            return Err(OpenError::StatementInconsistent);
        }
        blobs.push(BlobRef {
            index,
            digest,
            size: *size,
        });
    }
    if blobs[0].size > MAX_MANIFEST_BLOB_BYTES {
        return Err(OpenError::ManifestTooLarge);
    }
    if predicate.recipients.is_empty() || predicate.recipients.len() > MAX_RECIPIENTS {
        return Err(OpenError::StatementInconsistent);
    }
    Ok(Statement {
        digest,
        predicate,
        blobs,
    })
}

/// The payload of the outer envelope.
pub(crate) fn write(predicate: Predicate, blobs: &[Sha256Digest]) -> Vec<u8> {
    let subject = blobs
        .iter()
        .enumerate()
        .map(|(index, digest)| Subject {
            name: format!("blob-{index}"),
            digest: SubjectDigest { sha256: *digest },
        })
        .collect();
    let wire = Wire {
        kind: STATEMENT_TYPE.to_owned(),
        subject,
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate,
    };
    serde_json::to_vec(&wire).expect("plain fields always serialise")
}

/// Read first and alone, so that a newer bundle is called newer and not malformed.
#[derive(Deserialize)]
struct Version {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
}

/// in-toto Statement v1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    name: String,
    digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDigest {
    sha256: Sha256Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Predicate {
    pub(crate) bundle_id: BundleId,
    pub(crate) station_id: StationId,
    pub(crate) visit: VisitId,
    pub(crate) practice: bool,
    pub(crate) created: Timestamp,
    pub(crate) recipients: Vec<String>,
    pub(crate) sizes: Vec<u64>,
    // Compulsory, though it may be null: one way to write one thing.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) prev_bundle_digest: Option<BundleDigest>,
    pub(crate) signer_certificate: CertificateBytes,
    pub(crate) policy_version: u32,
}
