//! Copying sealed bundles between the spool and a folder such as a USB stick: resumable, every byte
//! checked against its digest on the way, and read back from the medium after the sync.
//!
//! Names, sizes and bytes are all that is asked of the medium: no links, no permissions, and names of
//! hexadecimal digits, so that FAT can hold them.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use bundle::{BlobRef, SealedBundle, Sha256Digest};
use ring::digest::{Context, SHA256};

/// The outer envelope's file in a bundle's folder (`docs/bundle-v1.md`).
pub(crate) const ENVELOPE: &str = "outer.dsse.json";
const BLOBS: &str = "blobs";
const PIECE_BYTES: usize = 256 << 10;

/// Why a bundle was not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    #[error("the medium failed: {0}")]
    Disk(#[from] io::Error),
    #[error("the medium is full")]
    Full,
    #[error("a file is not what its name says")]
    Altered,
}

impl CopyError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "carry.disk",
            Self::Full => "carry.full",
            Self::Altered => "carry.altered",
        }
    }
}

/// Copies a bundle. What lies there whole is left; the envelope comes last, so that a folder without
/// one is no bundle. Returns how many bytes were written.
pub(crate) fn bundle(sealed: &SealedBundle, into: &Path) -> Result<u64, CopyError> {
    fs::create_dir_all(into.join(BLOBS)).map_err(sorted)?;
    let mut written = 0;
    for BlobRef { digest, size, .. } in sealed.blobs() {
        let to = into.join(BLOBS).join(digest.to_string());
        written += file(&sealed.blob_path(digest), &to, *size, digest)?;
    }
    sync_folder(&into.join(BLOBS))?;
    let envelope = sealed.envelope_json();
    let to = into.join(ENVELOPE);
    if fs::read(&to).ok().as_deref() != Some(envelope) {
        write_small(&to, envelope)?;
        written += envelope.len() as u64;
    }
    sync_folder(into)?;
    if let Some(above) = into.parent() {
        sync_folder(above)?;
    }
    Ok(written)
}

/// Copies one file whose size and digest are known.
fn file(from: &Path, to: &Path, size: u64, digest: &Sha256Digest) -> Result<u64, CopyError> {
    if is(to, size, digest).unwrap_or(false) {
        return Ok(0);
    }
    // A link on a strange medium could lead anywhere.
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(CopyError::Altered);
    }
    let half = to.with_extension("part");
    let mut source = File::open(from)?.take(size + 1);
    let mut target = File::create(&half).map_err(sorted)?;
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0_u8; PIECE_BYTES];
    let mut copied = 0_u64;
    loop {
        let count = source.read(&mut piece)?;
        if count == 0 {
            break;
        }
        context.update(&piece[..count]);
        copied += count as u64;
        target.write_all(&piece[..count]).map_err(sorted)?;
    }
    if copied != size || context.finish().as_ref() != digest.as_bytes() {
        let _ = fs::remove_file(&half);
        return Err(CopyError::Altered);
    }
    target.sync_all().map_err(sorted)?;
    fs::rename(&half, to).map_err(sorted)?;
    if is(to, size, digest)? {
        Ok(size)
    } else {
        Err(CopyError::Altered)
    }
}

/// A small file of ours, written whole and read back.
pub(crate) fn write_small(to: &Path, content: &[u8]) -> Result<(), CopyError> {
    let half = to.with_extension("part");
    let mut target = File::create(&half).map_err(sorted)?;
    target.write_all(content).map_err(sorted)?;
    target.sync_all().map_err(sorted)?;
    fs::rename(&half, to).map_err(sorted)?;
    if is(to, content.len() as u64, &Sha256Digest::of(content))? {
        Ok(())
    } else {
        Err(CopyError::Altered)
    }
}

/// Whether the file on the medium is this one; asks the medium and not the memory before it.
fn is(path: &Path, size: u64, digest: &Sha256Digest) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() || found.len() != size {
        return Ok(false);
    }
    let mut file = File::open(path)?;
    // Advice only: where it is not taken, the check is of the memory.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0_u8; PIECE_BYTES];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(context.finish().as_ref() == digest.as_bytes()),
            count => context.update(&piece[..count]),
        }
    }
}

/// Some file systems of sticks cannot sync a folder and say so; there is no more to be done then.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), CopyError> {
    match File::open(folder)?.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other.map_err(sorted),
    }
}

fn sorted(error: io::Error) -> CopyError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => CopyError::Full,
        _ => CopyError::Disk(error),
    }
}
