//! Bundles by hand: onto a USB stick, off it at another desk or at the verifier, and the receipts
//! home the same way. What travels is sealed; whoever carries it can neither open nor change it.
//!
//! ```text
//! STICK/<bundle digest>/outer.dsse.json, blobs/<digest>
//!       index-<station>.json      what one desk put there: every file with size and digest
//!       receipts/<digest>.json    what the verifier answered
//! ```

use std::fs;
use std::path::Path;

use bundle::{
    BundleDigest, SealedBundle, Sha256Digest, SignedReceipt, StationId, VerifierPublicKey,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::spool::{CopyError, Spool, SpoolError, Standing, copy};

pub const CODES: &[&str] = &[
    "carry.disk",
    "carry.full",
    "carry.altered",
    "carry.missing",
    "carry.unknown",
    "carry.too_many",
];

const RECEIPTS: &str = "receipts";
/// More bundles than a busy desk seals in a month: somebody named the wrong folder.
const MAX_BUNDLES: usize = 10_000;
/// No receipt and no index of ours comes near this.
const MAX_RECEIPT_BYTES: u64 = 64 << 10;
const MAX_INDEX_BYTES: u64 = 64 << 20;

/// Why a stick could not be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarryError {
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("the folder holds too many bundles")]
    TooMany,
}

impl CarryError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Copy(error) => error.code(),
            Self::Spool(error) => error.code(),
            Self::TooMany => "carry.too_many",
        }
    }
}

impl From<std::io::Error> for CarryError {
    fn from(error: std::io::Error) -> Self {
        Self::Copy(error.into())
    }
}

/// What one desk put on the stick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    v: u8,
    station: StationId,
    written_at: Timestamp,
    files: Vec<IndexedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexedFile {
    bundle: BundleDigest,
    path: String,
    bytes: u64,
    sha256: Sha256Digest,
}

/// How it went for one bundle or one receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carried {
    pub bundle: BundleDigest,
    /// `copied`, `there` (nothing to do), or `left` with a code.
    pub outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

impl Carried {
    fn done(bundle: BundleDigest, new: bool) -> Self {
        Self {
            bundle,
            outcome: if new { "copied" } else { "there" },
            code: None,
        }
    }

    fn left(bundle: BundleDigest, code: &'static str) -> Self {
        Self {
            bundle,
            outcome: "left",
            code: Some(code),
        }
    }
}

/// Copies everything that waits onto the stick. It goes on waiting here: only a receipt lets go of
/// it. Interrupted, it goes on where it was.
///
/// # Errors
/// When the stick or the spool fails, or is full; what was copied before stays good.
pub fn export(
    spool: &Spool,
    station: &StationId,
    into: &Path,
    at: Timestamp,
) -> Result<Vec<Carried>, CarryError> {
    fs::create_dir_all(into)?;
    let mut done = Vec::new();
    let mut files = Vec::new();
    for digest in spool.waiting()?.into_iter().chain(spool.carried()?) {
        let sealed = spool.load(digest)?;
        let written = copy::bundle(&sealed, &into.join(digest.to_string()))?;
        done.push(Carried::done(digest, written > 0));
        let envelope = sealed.envelope_json();
        let mut note = |path: String, bytes, sha256| {
            files.push(IndexedFile {
                bundle: digest,
                path,
                bytes,
                sha256,
            });
        };
        note(
            format!("{digest}/{}", copy::ENVELOPE),
            envelope.len() as u64,
            Sha256Digest::of(envelope),
        );
        for blob in sealed.blobs() {
            let path = format!("{digest}/blobs/{}", blob.digest);
            note(path, blob.size, blob.digest);
        }
    }
    let index = Index {
        v: 1,
        station: station.clone(),
        written_at: at,
        files,
    };
    let json = serde_json::to_vec_pretty(&index).expect("plain fields always serialise");
    copy::write_small(&into.join(format!("index-{station}.json")), &json)?;
    copy::sync_folder(into)?;
    Ok(done)
}

/// Copies one bundle into a folder named by its digest.
///
/// # Errors
/// When it is not in the spool, or cannot be copied.
pub fn export_one(spool: &Spool, digest: BundleDigest, into: &Path) -> Result<(), CarryError> {
    fs::create_dir_all(into)?;
    let sealed = spool.load(digest)?;
    copy::bundle(&sealed, &into.join(digest.to_string()))?;
    Ok(())
}

/// Takes the stick's bundles into this desk's spool, to be couriered for the desks that sealed them.
/// One that is damaged or missing is told and does not keep the others from coming.
///
/// # Errors
/// When the folder cannot be read, or this desk's disk fails or is full.
pub fn import(spool: &Spool, from: &Path) -> Result<Vec<Carried>, CarryError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if let Some(digest) = name
            .to_str()
            .and_then(|name| name.parse::<BundleDigest>().ok())
        {
            found.push(digest);
        }
        if found.len() > MAX_BUNDLES {
            return Err(CarryError::TooMany);
        }
    }
    found.sort();
    let mut done = Vec::new();
    for digest in &found {
        done.push(take_one(spool, &from.join(digest.to_string()), *digest)?);
    }
    // An index tells of a bundle that should be here and is not.
    for indexed in indexes(from)?.iter().flat_map(|index| &index.files) {
        let known = done.iter().any(|carried| carried.bundle == indexed.bundle);
        if !known && spool.standing(indexed.bundle).is_none() {
            done.push(Carried::left(indexed.bundle, "carry.missing"));
        }
    }
    Ok(done)
}

fn take_one(spool: &Spool, folder: &Path, digest: BundleDigest) -> Result<Carried, CarryError> {
    let sealed = match SealedBundle::load(folder) {
        Ok(sealed) if sealed.digest() == digest => sealed,
        _ => return Ok(Carried::left(digest, "carry.altered")),
    };
    match spool.carry(&sealed) {
        Ok(new) => Ok(Carried::done(digest, new)),
        Err(SpoolError::Copy(CopyError::Altered)) => Ok(Carried::left(digest, "carry.altered")),
        Err(error) => Err(error.into()),
    }
}

fn indexes(from: &Path) -> Result<Vec<Index>, CarryError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let ours = name
            .to_str()
            .is_some_and(|name| name.starts_with("index-") && name.ends_with(".json"));
        if !ours || found.len() > MAX_BUNDLES {
            continue;
        }
        // Only a list of what to look for: one that cannot be read tells nothing.
        if let Some(index) = small(&entry.path(), MAX_INDEX_BYTES)
            .and_then(|json| serde_json::from_slice::<Index>(&json).ok())
        {
            found.push(index);
        }
    }
    Ok(found)
}

/// Puts the receipts this desk holds for the stick's bundles onto it, for the desks they came from.
///
/// # Errors
/// When the stick fails or is full.
pub fn export_receipts(spool: &Spool, into: &Path) -> Result<Vec<Carried>, CarryError> {
    let mut done = Vec::new();
    for entry in fs::read_dir(into)? {
        let name = entry?.file_name();
        let Some(digest) = name
            .to_str()
            .and_then(|name| name.parse::<BundleDigest>().ok())
        else {
            continue;
        };
        let Some(receipt) = spool.receipt(digest) else {
            continue;
        };
        fs::create_dir_all(into.join(RECEIPTS))?;
        let path = into.join(RECEIPTS).join(format!("{digest}.json"));
        let json = receipt.to_json();
        let there = small(&path, MAX_RECEIPT_BYTES).is_some_and(|found| found == json);
        if !there {
            copy::write_small(&path, &json)?;
        }
        done.push(Carried::done(digest, !there));
    }
    if !done.is_empty() {
        copy::sync_folder(&into.join(RECEIPTS))?;
        copy::sync_folder(into)?;
    }
    Ok(done)
}

/// Takes the stick's receipts: each lets go of its own bundle, and of nothing else, and only under
/// the verifier's key.
///
/// # Errors
/// When the folder cannot be read or this desk's disk fails.
pub fn import_receipts(
    spool: &Spool,
    verifier: &VerifierPublicKey,
    from: &Path,
) -> Result<Vec<Carried>, CarryError> {
    let folder = from.join(RECEIPTS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut done = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let Some(digest) = name.and_then(|name| name.parse::<BundleDigest>().ok()) else {
            continue;
        };
        if done.len() > MAX_BUNDLES {
            return Err(CarryError::TooMany);
        }
        done.push(match spool.standing(digest) {
            Some(Standing::Filed) => Carried::done(digest, false),
            Some(_) => {
                let receipt = small(&path, MAX_RECEIPT_BYTES)
                    .and_then(|json| SignedReceipt::from_json(&json).ok());
                match receipt.map(|receipt| spool.forget(digest, &receipt, verifier)) {
                    Some(Ok(_)) => Carried::done(digest, true),
                    Some(Err(SpoolError::Disk(error))) => return Err(error.into()),
                    _ => Carried::left(digest, "spool.receipt"),
                }
            }
            // Another desk's: it has its own stick to read.
            None => Carried::left(digest, "carry.unknown"),
        });
    }
    Ok(done)
}

/// A regular file of at most so many bytes.
fn small(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let found = fs::symlink_metadata(path).ok()?;
    (found.is_file() && found.len() <= limit).then(|| fs::read(path).ok())?
}
