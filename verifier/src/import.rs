//! Bundles that come by stick: the same blobs, the same examination and the same filing as over the network, and the
//! receipts go back onto the stick. A bundle that came over the network too has its one receipt.
//!
//! ```text
//! STICK/<bundle digest>/outer.dsse.json, blobs/<digest>     what a desk's `spool export` wrote
//!       receipts/<digest>.json                              written here
//!       refusals/<digest>.json                              the codes, for people; no desk acts on them
//! ```

use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::sync::Arc;

use bundle::{BlobRef, BundleDigest, SealedBundle, SignedReceipt, Statement};
use jiff::Timestamp;
use serde::Serialize;

use crate::config::Config;
use crate::examine::{Examiner, Register, Verdict};
use crate::roster::Roster;
use crate::serve::{self, ServeError};
use crate::wallet::{Access, Begun, BundleState, Filing, Finished, Quota, StoreFailure, Wallets};

/// More bundles than a busy desk seals in a month: somebody named the wrong folder.
const MAX_BUNDLES: usize = 10_000;
/// A stick in the verifier's own hands is not held to a desk's share of the disk.
const NO_QUOTA: Quota = Quota {
    uploads: u32::MAX,
    bytes: u64::MAX / 2,
};

/// Why nothing could be imported, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("the medium cannot be read or written: {0}")]
    Medium(#[from] io::Error),
    #[error("the folder holds too many bundles")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl ImportError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Serve(error) => error.code(),
            Self::Medium(_) => "import.medium",
            Self::TooMany => "import.too_many",
            Self::Store(failure) => failure.code(),
        }
    }
}

/// What became of one bundle.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    pub bundle: BundleDigest,
    /// `filed`, `filed_before`, `refused`, or `left` where it could not be told.
    pub outcome: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<&'static str>,
}

/// Imports every bundle of a folder, in the order in which they were sealed. The store must not be served meanwhile.
pub fn import(
    from: &Path,
    config: &Config,
    now: &dyn Fn() -> Timestamp,
) -> Result<Vec<Imported>, ImportError> {
    let wallets = serve::open_store(config, Access::Serve).map_err(ServeError::from)?;
    let roster = Arc::new(Roster::open(&config.data).map_err(ServeError::from)?);
    let desk = Desk {
        examiner: serve::examiner(config, roster)?,
        wallets,
        max_blob_bytes: config.limits.max_blob_bytes,
        now,
    };
    let mut done = Vec::new();
    let mut found = Vec::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let Some(digest) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<BundleDigest>().ok())
        else {
            continue;
        };
        if found.len() + done.len() >= MAX_BUNDLES {
            return Err(ImportError::TooMany);
        }
        match SealedBundle::load(entry.path()) {
            Ok(sealed) if sealed.digest() == digest => found.push(sealed),
            Ok(_) => done.push(left(digest, "import.altered")),
            Err(error) => done.push(left(digest, error.code())),
        }
    }
    // A digest breaks the tie, so that the same stick is always read in the same order.
    found.sort_by_key(|sealed| (sealed.created(), sealed.digest()));
    for sealed in &found {
        let imported = desk.take(sealed, from)?;
        tracing::info!(bundle = %imported.bundle, outcome = imported.outcome, codes = ?imported.codes, "imported");
        done.push(imported);
    }
    Ok(done)
}

struct Desk<'a> {
    examiner: Examiner,
    wallets: Wallets,
    max_blob_bytes: u64,
    now: &'a dyn Fn() -> Timestamp,
}

impl Desk<'_> {
    fn take(&self, sealed: &SealedBundle, from: &Path) -> Result<Imported, ImportError> {
        let (digest, at) = (sealed.digest(), (self.now)());
        if let Some(record) = self.wallets.bundle(&digest)?
            && let BundleState::Filed(receipt) = record.state
        {
            return answered(from, digest, "filed_before", &receipt);
        }
        let statement = match self.examiner.statement(sealed.envelope_json(), at) {
            Ok(statement) => statement,
            Err(faults) => {
                return refused(
                    from,
                    digest,
                    faults.iter().map(|fault| fault.code).collect(),
                );
            }
        };
        for blob in sealed.blobs() {
            // One that is too large is refused by the examination, which needs not read it for that.
            if blob.size <= self.max_blob_bytes
                && let Some(code) = self.bring_in(sealed, blob, &statement)?
            {
                return Ok(left(digest, code));
            }
        }
        let register: &dyn Register = &self.wallets;
        let examination = self.examiner.examine(
            sealed.envelope_json(),
            self.wallets.blobs(),
            Some(register),
            (self.now)(),
        )?;
        let faults = match examination.verdict() {
            Verdict::Accepted(verified) => match self.wallets.file(&verified, (self.now)())? {
                Filing::Filed(receipt) => return answered(from, digest, "filed", &receipt),
                Filing::FiledBefore(receipt) => {
                    return answered(from, digest, "filed_before", &receipt);
                }
                Filing::TicketSpent => vec!["examine.ticket_spent"],
                Filing::VisitFiled => vec!["examine.visit_filed"],
                // What is known of it stays as it is.
                Filing::Erased => return refused(from, digest, vec!["examine.bundle_erased"]),
            },
            Verdict::Refused(refusal)
                if refusal.faults.iter().any(|fault| fault.may_be_retried) =>
            {
                return Ok(left(digest, "http.try_again"));
            }
            Verdict::Refused(refusal) => refusal.faults.iter().map(|fault| fault.code).collect(),
        };
        self.wallets
            .refuse(&digest, statement.station(), &faults, (self.now)())?;
        refused(from, digest, faults)
    }

    /// Brings one blob into the store by the road of an upload. A code when the stick's bytes are not the blob.
    fn bring_in(
        &self,
        sealed: &SealedBundle,
        blob: &BlobRef,
        statement: &Statement,
    ) -> Result<Option<&'static str>, ImportError> {
        if self.wallets.missing(&[blob.digest])?.is_empty() {
            return Ok(None);
        }
        let station = statement.station();
        let begun =
            self.wallets
                .begin_upload(station, &blob.digest, blob.size, NO_QUOTA, (self.now)())?;
        let Begun::Started(id) = begun else {
            return Ok(Some("http.quota"));
        };
        let Some(upload) = self.wallets.upload(id, station)? else {
            return Ok(Some("store.row"));
        };
        // A link on a strange medium could lead anywhere; the digest would tell, but nothing is read through it.
        let path = sealed.blob_path(&blob.digest);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Ok(Some("import.altered"));
        }
        let mut target = File::create(&upload.file).map_err(StoreFailure::from)?;
        let mut source = File::open(&path)?.take(blob.size + 1);
        let mut piece = vec![0_u8; 256 << 10];
        loop {
            let count = source.read(&mut piece)?;
            if count == 0 {
                break;
            }
            target
                .write_all(&piece[..count])
                .map_err(StoreFailure::from)?;
        }
        target.sync_data().map_err(StoreFailure::from)?;
        match self.wallets.finish_upload(&upload, station, (self.now)())? {
            Finished::Stored => Ok(None),
            Finished::DigestWrong => Ok(Some("import.altered")),
        }
    }
}

fn left(bundle: BundleDigest, code: &'static str) -> Imported {
    Imported {
        bundle,
        outcome: "left",
        codes: vec![code],
    }
}

fn answered(
    from: &Path,
    bundle: BundleDigest,
    outcome: &'static str,
    receipt: &SignedReceipt,
) -> Result<Imported, ImportError> {
    write(&from.join("receipts"), bundle, &receipt.to_json())?;
    Ok(Imported {
        bundle,
        outcome,
        codes: Vec::new(),
    })
}

fn refused(
    from: &Path,
    bundle: BundleDigest,
    codes: Vec<&'static str>,
) -> Result<Imported, ImportError> {
    let told = serde_json::json!({ "bundle": bundle, "outcome": "refused", "codes": codes });
    write(&from.join("refusals"), bundle, told.to_string().as_bytes())?;
    Ok(Imported {
        bundle,
        outcome: "refused",
        codes,
    })
}

/// Whole or not at all. Some sticks' file systems cannot sync a folder, and say so.
fn write(folder: &Path, bundle: BundleDigest, content: &[u8]) -> Result<(), ImportError> {
    fs::create_dir_all(folder)?;
    let half = folder.join(format!("{bundle}.part"));
    let mut file = File::create(&half)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&half, folder.join(format!("{bundle}.json")))?;
    match File::open(folder)?.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => Ok(other?),
    }
}
