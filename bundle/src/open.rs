//! Opening: signatures, certificates, recipients, headers and digests, each with its own refusal.
//!
//! `open` reads the manifest; parts are read one by one afterwards, in constant memory. An
//! [`Opened`] says that desk and operator signed these claims and these parts for this visit. It
//! does not say that a claim is true.

use std::collections::HashSet;
use std::io;

use jiff::Timestamp;
use zeroize::{Zeroize as _, Zeroizing};

use crate::envelope::{Envelope, EnvelopeError};
use crate::key::certificate_keyid;
use crate::manifest::{MANIFEST_VERSION, Manifest, PartIndex, PartRecord};
use crate::part::{self, Content, Header, MAX_MANIFEST_BYTES};
use crate::recipients::Identities;
use crate::seal::{is_media_type, is_part_name};
use crate::sealed::{BlobSource, missing_or_unreadable};
use crate::statement::{BlobRef, Statement, statement};
use crate::trust::{self, SignerIdentity, StationTrust};

mod error;

pub use error::{OpenError, Signer};

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.niem.manifest.v1+json";

/// A bundle whose signatures are good and whose manifest is decrypted and agrees with the
/// statement outside. Parts are checked when they are read.
pub struct Opened<'a> {
    statement: Statement,
    manifest: Manifest,
    operator: SignerIdentity,
    blobs: &'a dyn BlobSource,
    identities: &'a Identities,
}

/// Opens a bundle. The certificates of desk and operator must stand at `at`: the moment of
/// arrival for a bundle that arrives, the moment on the receipt for one that was filed.
pub fn open<'a>(
    envelope_json: &[u8],
    blobs: &'a dyn BlobSource,
    identities: &'a Identities,
    stations: &StationTrust,
    at: Timestamp,
) -> Result<Opened<'a>, OpenError> {
    let statement = statement(envelope_json, stations, at)?;
    open_checked(statement, blobs, identities, stations, at)
}

/// The same from a statement that was checked against the same trust at the same moment.
pub fn open_checked<'a>(
    statement: Statement,
    blobs: &'a dyn BlobSource,
    identities: &'a Identities,
    stations: &StationTrust,
    at: Timestamp,
) -> Result<Opened<'a>, OpenError> {
    let mut envelope = manifest_envelope(&statement, blobs, identities)?;
    let manifest = parse_manifest(&envelope)?;
    let operator = check_signers(&envelope, &manifest, &statement, stations, at)?;
    envelope.payload.zeroize();
    check_agreement(&manifest, &statement)?;
    Ok(Opened {
        statement,
        manifest,
        operator,
        blobs,
        identities,
    })
}

impl Opened<'_> {
    /// What the desk and the operator claim.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What stands outside.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who signed beside the desk, as the certificate says.
    #[must_use]
    pub fn operator(&self) -> &SignerIdentity {
        &self.operator
    }

    /// The whole content of a part of at most `limit` bytes, with header, size and digest checked.
    pub fn part(&self, index: PartIndex, limit: u64) -> Result<Vec<u8>, OpenError> {
        let record = self.record(index)?;
        if record.size > limit {
            return Err(OpenError::PartTooLarge { index: index.0 });
        }
        // All at once, so that no half of it is left lying where a growing vector lay before.
        let blob = &self.statement.blobs()[index.0 as usize];
        let size = usize::try_from(record.size.min(blob.size)).unwrap_or_default();
        let mut content = Zeroizing::new(Vec::with_capacity(size));
        self.read_part(record, &mut *content)?;
        Ok(std::mem::take(&mut *content))
    }

    /// Writes the content of a part to `out` in constant memory. Unless this returns `Ok`, what
    /// was written must be thrown away: size and digest are known only at the end.
    pub fn copy_part(&self, index: PartIndex, out: &mut dyn io::Write) -> Result<u64, OpenError> {
        let record = self.record(index)?;
        self.read_part(record, out)?;
        Ok(record.size)
    }

    /// Reads every part through and returns each fault found. Constant memory.
    #[must_use]
    pub fn faulty_parts(&self) -> Vec<OpenError> {
        let parts = self.manifest.parts.iter();
        parts
            .filter_map(|record| self.read_part(record, &mut io::sink()).err())
            .collect()
    }

    fn record(&self, index: PartIndex) -> Result<&PartRecord, OpenError> {
        let place = (index.0 as usize)
            .checked_sub(1)
            .ok_or(OpenError::PartUnknown { index: index.0 })?;
        self.manifest
            .parts
            .get(place)
            .ok_or(OpenError::PartUnknown { index: index.0 })
    }

    fn read_part(&self, record: &PartRecord, out: &mut dyn io::Write) -> Result<(), OpenError> {
        let index = record.index.0;
        let blob = &self.statement.blobs()[index as usize];
        let found = read_blob(
            &self.statement,
            blob,
            self.blobs,
            self.identities,
            record.size,
            out,
        );
        let found = match found {
            // The limit was the size that the manifest gives.
            Err(OpenError::PartTooLarge { index }) => return Err(OpenError::PartSize { index }),
            other => other?,
        };
        if found.size != record.size {
            Err(OpenError::PartSize { index })
        } else if found.sha256 != record.sha256 {
            Err(OpenError::PartAltered { index })
        } else {
            Ok(())
        }
    }
}

impl std::fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.statement.digest())
    }
}

/// Reads every blob and compares size and digest: what can be checked without a decryption key.
/// Returns each fault found.
#[must_use]
pub fn faulty_blobs(statement: &Statement, blobs: &dyn BlobSource) -> Vec<OpenError> {
    let check = |blob: &BlobRef| match blobs.open(&blob.digest) {
        Ok(source) => part::check_blob(blob, source),
        Err(error) => Err(missing_or_unreadable(blob.index, error)),
    };
    statement
        .blobs()
        .iter()
        .filter_map(|blob| check(blob).err())
        .collect()
}

fn read_blob(
    statement: &Statement,
    blob: &BlobRef,
    blobs: &dyn BlobSource,
    identities: &Identities,
    limit: u64,
    out: &mut dyn io::Write,
) -> Result<Content, OpenError> {
    let header = Header {
        bundle: statement.bundle_id(),
        visit: statement.visit(),
        index: blob.index,
    };
    let source = blobs
        .open(&blob.digest)
        .map_err(|error| missing_or_unreadable(blob.index, error))?;
    part::open(header, blob, source, identities, limit, out)
}

fn manifest_envelope(
    statement: &Statement,
    blobs: &dyn BlobSource,
    identities: &Identities,
) -> Result<Envelope, OpenError> {
    let blob = &statement.blobs()[0];
    let mut json = Zeroizing::new(Vec::new());
    read_blob(
        statement,
        blob,
        blobs,
        identities,
        MAX_MANIFEST_BYTES,
        &mut *json,
    )
    .map_err(|error| match error {
        OpenError::PartTooLarge { .. } => OpenError::ManifestTooLarge,
        other => other,
    })?;
    Envelope::from_json_within(&json, json.len()).map_err(|error| match error {
        EnvelopeError::TooLarge => OpenError::ManifestTooLarge,
        EnvelopeError::Malformed => OpenError::ManifestMalformed,
    })
}

fn parse_manifest(envelope: &Envelope) -> Result<Manifest, OpenError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: u32,
    }
    if envelope.payload_type != MANIFEST_TYPE {
        return Err(OpenError::ManifestMalformed);
    }
    let found: Version =
        serde_json::from_slice(&envelope.payload).map_err(|_| OpenError::ManifestMalformed)?;
    if found.version != MANIFEST_VERSION {
        return Err(OpenError::VersionUnknown);
    }
    serde_json::from_slice(&envelope.payload).map_err(|_| OpenError::ManifestMalformed)
}

/// The desk of the statement and a person with a role, both over the same bytes.
fn check_signers(
    envelope: &Envelope,
    manifest: &Manifest,
    statement: &Statement,
    stations: &StationTrust,
    at: Timestamp,
) -> Result<SignerIdentity, OpenError> {
    // Its chain was checked when the statement was.
    let device = &manifest.signers.device.0;
    if device != statement.signer_certificate() {
        return Err(OpenError::DeviceDiffers);
    }
    let pae = envelope.pae();
    let signature = envelope
        .signature_of(&certificate_keyid(device))
        .ok_or(OpenError::DeviceMissing)?;
    if !trust::has_signed(device, &pae, signature) {
        return Err(OpenError::DeviceSignature);
    }
    let certificate = &manifest.signers.operator.0;
    let operator = stations
        .operator(certificate, at)
        .map_err(|source| OpenError::Certificate {
            signer: Signer::Operator,
            source,
        })?;
    let signature = envelope
        .signature_of(&certificate_keyid(certificate))
        .ok_or(OpenError::OperatorMissing)?;
    if !trust::has_signed(certificate, &pae, signature) {
        return Err(OpenError::OperatorSignature);
    }
    if envelope.signatures.len() != 2 {
        return Err(OpenError::ManifestMalformed);
    }
    if operator.id != manifest.operator {
        return Err(OpenError::OperatorMismatch);
    }
    if operator.role != manifest.role {
        return Err(OpenError::RoleMismatch);
    }
    Ok(operator)
}

/// What is said both inside and outside must be the same.
fn check_agreement(manifest: &Manifest, statement: &Statement) -> Result<(), OpenError> {
    let disagrees = |field| Err(OpenError::ManifestDisagrees { field });
    if manifest.bundle_id != statement.bundle_id() {
        return disagrees("bundle_id");
    }
    if manifest.visit != statement.visit() {
        return disagrees("visit");
    }
    if manifest.station != *statement.station() {
        return disagrees("station");
    }
    if manifest.practice != statement.practice() {
        return disagrees("practice");
    }
    if manifest.sealed_at != statement.created() {
        return disagrees("sealed_at");
    }
    let parts = manifest.parts.iter().map(|part| (part.index.0, part.blob));
    if !parts.eq(statement.blobs()[1..]
        .iter()
        .map(|blob| (blob.index, blob.digest)))
    {
        return disagrees("parts");
    }
    let mut names = HashSet::new();
    for part in &manifest.parts {
        if !is_part_name(&part.name)
            || !is_media_type(&part.media_type)
            || !names.insert(&part.name)
        {
            return Err(OpenError::ManifestMalformed);
        }
    }
    let exists =
        |index: PartIndex| index != PartIndex::MANIFEST && index.0 as usize <= manifest.parts.len();
    match manifest.part_references().find(|index| !exists(*index)) {
        Some(index) => Err(OpenError::PartUnknown { index: index.0 }),
        None => Ok(()),
    }
}
