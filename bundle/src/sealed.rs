//! A sealed bundle on disk: one folder with the outer envelope and the blobs.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::envelope::MAX_ENVELOPE_BYTES;
use crate::file;
use crate::ids::{BundleDigest, Sha256Digest};
use crate::open::OpenError;
use crate::statement::{self, BlobRef};

/// The outer envelope's file.
pub(crate) const ENVELOPE_FILE: &str = "outer.dsse.json";
/// The blobs' folder; each is named by its digest.
pub(crate) const BLOBS_FOLDER: &str = "blobs";

/// A folder that has the form of a bundle. It proves nothing: no signature has been checked.
#[derive(Debug)]
pub struct SealedBundle {
    dir: PathBuf,
    envelope_json: Vec<u8>,
    digest: BundleDigest,
    created: Timestamp,
    blobs: Vec<BlobRef>,
}

/// Where blobs can be fetched by digest. Whoever opens checks what comes out.
pub trait BlobSource {
    /// The blob from its beginning.
    fn open(&self, digest: &Sha256Digest) -> io::Result<Box<dyn Read + Send>>;
}

impl SealedBundle {
    /// Reads the envelope of a bundle folder and sees that each blob is there with its size.
    pub fn load(dir: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let dir = dir.into();
        let envelope_json = file::read_within(&dir.join(ENVELOPE_FILE), MAX_ENVELOPE_BYTES as u64)
            .map_err(|error| match error.kind() {
                io::ErrorKind::FileTooLarge => OpenError::EnvelopeTooLarge,
                _ => OpenError::Unreadable(error),
            })?;
        let (_, statement) = statement::parse(&envelope_json)?;
        let bundle = Self {
            envelope_json,
            digest: statement.digest(),
            created: statement.created(),
            blobs: statement.blobs().to_vec(),
            dir,
        };
        for blob in &bundle.blobs {
            let index = blob.index;
            match std::fs::metadata(bundle.blob_path(&blob.digest)) {
                Ok(found) if !found.is_file() || found.len() != blob.size => {
                    return Err(OpenError::BlobSize { index });
                }
                Ok(_) => {}
                Err(error) => return Err(missing_or_unreadable(index, error)),
            }
        }
        Ok(bundle)
    }

    /// The name nobody can forge.
    #[must_use]
    pub fn digest(&self) -> BundleDigest {
        self.digest
    }

    /// When it was sealed, by its own word, which nobody has checked here.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// The blobs, by index.
    #[must_use]
    pub fn blobs(&self) -> &[BlobRef] {
        &self.blobs
    }

    /// The outer envelope, as it is sent.
    #[must_use]
    pub fn envelope_json(&self) -> &[u8] {
        &self.envelope_json
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the blob of this digest lies.
    #[must_use]
    pub fn blob_path(&self, digest: &Sha256Digest) -> PathBuf {
        self.dir.join(BLOBS_FOLDER).join(digest.to_string())
    }

    pub(crate) fn just_sealed(
        dir: PathBuf,
        envelope_json: Vec<u8>,
        digest: BundleDigest,
        created: Timestamp,
        blobs: Vec<BlobRef>,
    ) -> Self {
        Self {
            dir,
            envelope_json,
            digest,
            created,
            blobs,
        }
    }
}

pub(crate) fn missing_or_unreadable(index: u32, source: io::Error) -> OpenError {
    match source.kind() {
        io::ErrorKind::NotFound => OpenError::BlobMissing { index },
        _ => OpenError::BlobUnreadable { index, source },
    }
}

impl BlobSource for SealedBundle {
    fn open(&self, digest: &Sha256Digest) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(file::open_regular(&self.blob_path(digest))?))
    }
}

/// A folder in which each file is named by its SHA-256 in lower-case hexadecimal.
impl BlobSource for &Path {
    fn open(&self, digest: &Sha256Digest) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(file::open_regular(
            &self.join(digest.to_string()),
        )?))
    }
}
