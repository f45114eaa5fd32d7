//! Sealing: parts and claims become one bundle that only the verifier can read.
//!
//! Order: parts are encrypted one after another; the manifest that lists them is signed by desk
//! and operator and encrypted too; the desk signs the statement over all blobs; the outer
//! envelope is written last, so a folder without one is no bundle.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use zeroize::{Zeroize as _, Zeroizing};

use crate::envelope::{Envelope, EnvelopeSignature};
use crate::file;
use crate::ids::{BundleDigest, BundleId, OperatorId, StationId};
use crate::key::{KeyError, SealingKey, certificate_keyid};
use crate::manifest::{
    CertificateBytes, Claims, MANIFEST_VERSION, Manifest, PartIndex, PartRecord, Role, Signers,
};
use crate::open::{MANIFEST_TYPE, Signer};
use crate::part::{self, Header, MAX_MANIFEST_BYTES};
use crate::recipients::Recipients;
use crate::sealed::{BLOBS_FOLDER, ENVELOPE_FILE, SealedBundle};
use crate::statement::{self, MAX_BLOBS, POLICY_VERSION, Predicate};
use crate::trust::{self, CertificateError, STATION_UNIT};

/// What is to be sealed.
pub struct Draft {
    /// The claims of the visit.
    pub manifest: Claims,
    /// The parts; the first gets [`PartIndex`] 1. At most 511.
    pub parts: Vec<Part>,
    /// The bundle that this desk sealed before: a missing link shows a bundle that was held back.
    pub previous: Option<BundleDigest>,
}

/// One part before sealing.
pub struct Part {
    /// Its name, unique in the bundle: 1 to 64 of `a`–`z`, `0`–`9`, `.`, `_` and `-`.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its content, read once to the end.
    pub content: Box<dyn Read + Send>,
}

/// Why nothing was sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The folder for the bundle holds something.
    #[error("the folder for the bundle is not empty")]
    TargetNotEmpty,
    /// The bundle could not be written.
    #[error("the bundle cannot be written")]
    Write(#[source] io::Error),
    /// The content of a part could not be read.
    #[error("the content of part {index} cannot be read")]
    PartUnreadable {
        /// Which.
        index: u32,
        /// Why.
        source: io::Error,
    },
    /// More than 511 parts.
    #[error("the draft has too many parts")]
    TooManyParts,
    /// A part's name or media type has not the form it must have, or a name comes twice.
    #[error("the name or the media type of part {index} is not allowed")]
    PartName {
        /// Which.
        index: u32,
    },
    /// The claims speak of a part that the draft does not have.
    #[error("the claims speak of part {index}, which is not there")]
    PartUnknown {
        /// Which.
        index: u32,
    },
    /// The claims are too long.
    #[error("the manifest would be longer than its limit")]
    ManifestTooLarge,
    /// The age library did not encrypt.
    #[error("the part was not encrypted")]
    NotEncrypted,
    /// A certificate cannot sign now.
    #[error("a certificate cannot be used for sealing: {source}")]
    Certificate {
        /// Whose.
        signer: Signer,
        /// Why.
        source: CertificateError,
    },
    /// The desk's certificate names another desk than the claims.
    #[error("the certificate of the desk names another desk")]
    OtherStation,
    /// The operator's certificate names another person or role than the claims.
    #[error("the certificate of the operator names another person or role")]
    OtherOperator,
    /// A key did not sign.
    #[error("a key did not sign: {source}")]
    Key {
        /// Whose.
        signer: Signer,
        /// Why.
        source: KeyError,
    },
    /// A key signed, but not as the certificate says.
    #[error("a certificate is for another key than the one that signs")]
    KeyOfOtherCertificate {
        /// Whose.
        signer: Signer,
    },
}

impl SealError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TargetNotEmpty => "seal.target_not_empty",
            Self::Write(_) => "seal.write",
            Self::PartUnreadable { .. } => "seal.part_unreadable",
            Self::TooManyParts => "seal.too_many_parts",
            Self::PartName { .. } => "seal.part_name",
            Self::PartUnknown { .. } => "seal.part_unknown",
            Self::ManifestTooLarge => "seal.manifest_too_large",
            Self::NotEncrypted => "seal.not_encrypted",
            Self::Certificate { signer, source } => match (signer, source) {
                (Signer::Device, CertificateError::Expired) => "seal.station_certificate_expired",
                (Signer::Device, CertificateError::NotYetValid) => {
                    "seal.station_certificate_not_yet_valid"
                }
                (Signer::Device, _) => "seal.station_certificate_unfit",
                (Signer::Operator, CertificateError::Expired) => {
                    "seal.operator_certificate_expired"
                }
                (Signer::Operator, CertificateError::NotYetValid) => {
                    "seal.operator_certificate_not_yet_valid"
                }
                (Signer::Operator, _) => "seal.operator_certificate_unfit",
            },
            Self::OtherStation => "seal.other_station",
            Self::OtherOperator => "seal.other_operator",
            Self::Key {
                signer: Signer::Device,
                ..
            } => "seal.station_key",
            Self::Key {
                signer: Signer::Operator,
                ..
            } => "seal.operator_key",
            Self::KeyOfOtherCertificate {
                signer: Signer::Device,
            } => "seal.station_key_of_other_certificate",
            Self::KeyOfOtherCertificate {
                signer: Signer::Operator,
            } => "seal.operator_key_of_other_certificate",
        }
    }
}

/// Seals a draft into an empty folder, which is made if it is not there. When it fails it leaves
/// the folder empty.
///
/// Memory does not grow with the parts. When this returns, the folder, its entry in the folder
/// above and all that is in it are on the disk.
pub fn seal(
    draft: Draft,
    device: &dyn SealingKey,
    operator: &dyn SealingKey,
    to: &Recipients,
    into: &Path,
    at: Timestamp,
) -> Result<SealedBundle, SealError> {
    let Draft {
        manifest: claims,
        parts,
        previous,
    } = draft;
    check_parts(&claims, &parts)?;
    check_certificates(
        &claims.station,
        &claims.operator,
        claims.role,
        device,
        operator,
        at,
    )?;

    let target = Target::make(into)?;
    let bundle_id = BundleId::at(at);
    let visit = claims.visit;
    let mut records = Vec::with_capacity(parts.len());
    let mut blobs = Vec::with_capacity(parts.len() + 1);
    for (index, mut part) in (1..).zip(parts) {
        let header = Header {
            bundle: bundle_id,
            visit,
            index,
        };
        let (content, blob) = part::seal(header, &mut *part.content, to, &target.blobs)?;
        records.push(PartRecord {
            index: PartIndex(index),
            name: part.name,
            media_type: part.media_type,
            sha256: content.sha256,
            size: content.size,
            blob: blob.digest,
        });
        blobs.push(blob);
    }

    let predicate = Predicate {
        bundle_id,
        station_id: claims.station.clone(),
        visit,
        practice: claims.practice,
        created: at,
        recipients: to.names(),
        sizes: Vec::new(),
        prev_bundle_digest: previous,
        signer_certificate: CertificateBytes(device.certificate().to_vec()),
        policy_version: POLICY_VERSION,
    };
    let mut envelope = manifest_envelope(claims, bundle_id, at, records, device, operator)?;
    let json = Zeroizing::new(envelope.to_json());
    envelope.payload.zeroize();
    if json.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(SealError::ManifestTooLarge);
    }
    let header = Header {
        bundle: bundle_id,
        visit,
        index: 0,
    };
    let (_, blob) = part::seal(header, &mut json.as_slice(), to, &target.blobs)?;
    blobs.insert(0, blob);
    part::sync_blobs(&target.blobs, &blobs).map_err(SealError::Write)?;

    let predicate = Predicate {
        sizes: blobs.iter().map(|b| b.size).collect(),
        ..predicate
    };
    let digests: Vec<_> = blobs.iter().map(|b| b.digest).collect();
    let payload = statement::write(predicate, &digests);
    let digest = BundleDigest::of(&payload);
    let mut outer = Envelope::unsigned(statement::PAYLOAD_TYPE, payload);
    sign(&mut outer, device, Signer::Device)?;
    let json = outer.to_json();
    file::write_whole(into, ENVELOPE_FILE, &json).map_err(SealError::Write)?;
    if let Some(above) = into.parent() {
        // A relative name of one word has an empty parent, which means here.
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        file::sync_directory(above).map_err(SealError::Write)?;
    }
    target.keep();
    Ok(SealedBundle::just_sealed(
        into.to_path_buf(),
        json,
        digest,
        at,
        blobs,
    ))
}

/// Whether sealing would succeed as far as keys and certificates go: both sign a trial message.
/// To be asked before the first page is scanned, not after the citizen has gone.
pub fn preflight(
    station: &StationId,
    operator: &OperatorId,
    role: Role,
    device_key: &dyn SealingKey,
    operator_key: &dyn SealingKey,
    at: Timestamp,
) -> Result<(), SealError> {
    check_certificates(station, operator, role, device_key, operator_key, at)?;
    for (key, signer) in [
        (device_key, Signer::Device),
        (operator_key, Signer::Operator),
    ] {
        // The type keeps this signature from ever passing for one over a bundle.
        sign(
            &mut Envelope::unsigned("application/vnd.niem.preflight", Vec::new()),
            key,
            signer,
        )?;
    }
    Ok(())
}

fn check_parts(claims: &Claims, parts: &[Part]) -> Result<(), SealError> {
    if parts.len() >= MAX_BLOBS {
        return Err(SealError::TooManyParts);
    }
    let mut names = HashSet::new();
    for (index, part) in (1..).zip(parts) {
        if !is_part_name(&part.name)
            || !is_media_type(&part.media_type)
            || !names.insert(part.name.as_str())
        {
            return Err(SealError::PartName { index });
        }
    }
    let exists = |index: PartIndex| index != PartIndex::MANIFEST && index.0 as usize <= parts.len();
    match claims.part_references().find(|index| !exists(*index)) {
        Some(index) => Err(SealError::PartUnknown { index: index.0 }),
        None => Ok(()),
    }
}

pub(crate) fn is_part_name(name: &str) -> bool {
    let plain = |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('.')
}

pub(crate) fn is_media_type(text: &str) -> bool {
    (3..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic())
        && text.contains('/')
}

fn check_certificates(
    station: &StationId,
    operator: &OperatorId,
    role: Role,
    device_key: &dyn SealingKey,
    operator_key: &dyn SealingKey,
    at: Timestamp,
) -> Result<(), SealError> {
    let names = |key: &dyn SealingKey, signer| {
        trust::own_names(key.certificate(), at)
            .map_err(|source| SealError::Certificate { signer, source })
    };
    let (name, unit) = names(device_key, Signer::Device)?;
    if name != station.as_str() || unit != STATION_UNIT {
        return Err(SealError::OtherStation);
    }
    let (name, unit) = names(operator_key, Signer::Operator)?;
    if name != operator.as_str() || unit != role.as_str() {
        return Err(SealError::OtherOperator);
    }
    Ok(())
}

fn manifest_envelope(
    claims: Claims,
    bundle_id: BundleId,
    sealed_at: Timestamp,
    parts: Vec<PartRecord>,
    device: &dyn SealingKey,
    operator: &dyn SealingKey,
) -> Result<Envelope, SealError> {
    let manifest = Manifest {
        version: MANIFEST_VERSION,
        bundle_id,
        visit: claims.visit,
        station: claims.station,
        ticket: claims.ticket,
        operator: claims.operator,
        role: claims.role,
        practice: claims.practice,
        opened_at: claims.opened_at,
        sealed_at,
        devices: claims.devices,
        consents: claims.consents,
        behalf: claims.behalf,
        chip: claims.chip,
        face: claims.face,
        finger: claims.finger,
        sightings: claims.sightings,
        documents: claims.documents,
        parts,
        signers: Signers {
            device: CertificateBytes(device.certificate().to_vec()),
            operator: CertificateBytes(operator.certificate().to_vec()),
        },
    };
    let payload = serde_json::to_vec(&manifest).expect("plain fields always serialise");
    let mut envelope = Envelope::unsigned(MANIFEST_TYPE, payload);
    sign(&mut envelope, device, Signer::Device)?;
    sign(&mut envelope, operator, Signer::Operator)?;
    Ok(envelope)
}

/// Signs, and checks at once that the certificate in hand fits: a token may hold another key.
fn sign(envelope: &mut Envelope, key: &dyn SealingKey, signer: Signer) -> Result<(), SealError> {
    let pae = envelope.pae();
    let sig = key
        .sign(&pae)
        .map_err(|source| SealError::Key { signer, source })?;
    if !trust::has_signed(key.certificate(), &pae, &sig) {
        return Err(SealError::KeyOfOtherCertificate { signer });
    }
    envelope.signatures.push(EnvelopeSignature {
        keyid: certificate_keyid(key.certificate()),
        sig,
    });
    Ok(())
}

/// The folder while it is being filled. Dropped before [`Target::keep`], it empties the folder.
struct Target {
    blobs: PathBuf,
    keep: bool,
}

impl Target {
    fn make(into: &Path) -> Result<Self, SealError> {
        fs::create_dir_all(into).map_err(SealError::Write)?;
        if fs::read_dir(into)
            .map_err(SealError::Write)?
            .next()
            .is_some()
        {
            return Err(SealError::TargetNotEmpty);
        }
        let blobs = into.join(BLOBS_FOLDER);
        fs::create_dir(&blobs).map_err(SealError::Write)?;
        Ok(Self { blobs, keep: false })
    }

    fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if !self.keep {
            // Whoever called hears of the first fault; a second one here would hide it.
            let _ = fs::remove_dir_all(&self.blobs);
            if let Some(into) = self.blobs.parent() {
                let _ = fs::remove_file(into.join(ENVELOPE_FILE));
                let _ = fs::remove_file(into.join(format!(".{ENVELOPE_FILE}.part")));
            }
        }
    }
}
