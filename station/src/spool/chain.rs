//! The station's chain: the order in which its bundles were sealed, so that each can name the one
//! before it and the verifier can see a gap. One digest a line, synced before the bundle appears.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::BundleDigest;

use crate::durable::sync_folder;

fn path(root: &Path) -> PathBuf {
    root.join("chain.log")
}

/// All digests in order. A torn last line (power cut in the middle of a write) is not a digest
/// and is left out.
pub(super) fn read(root: &Path) -> io::Result<Vec<BundleDigest>> {
    match fs::read_to_string(path(root)) {
        Ok(text) => Ok(text.lines().filter_map(|line| line.parse().ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

pub(super) fn head(root: &Path) -> io::Result<Option<BundleDigest>> {
    Ok(read(root)?.last().copied())
}

pub(super) fn append(root: &Path, digest: BundleDigest) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path(root))?;
    file.write_all(format!("{digest}\n").as_bytes())?;
    file.sync_data()?;
    sync_folder(root)
}

/// Drops trailing lines whose bundle never appeared, and any torn line.
pub(super) fn repair(root: &Path, exists: impl Fn(BundleDigest) -> bool) -> io::Result<()> {
    let Ok(text) = fs::read_to_string(path(root)) else {
        return Ok(());
    };
    let mut kept = read(root)?;
    while kept.last().is_some_and(|digest| !exists(*digest)) {
        kept.pop();
    }
    let mut whole = String::new();
    for digest in &kept {
        whole.push_str(&format!("{digest}\n"));
    }
    if whole != text {
        let half = root.join("chain.half");
        let mut file = File::create(&half)?;
        file.write_all(whole.as_bytes())?;
        file.sync_data()?;
        fs::rename(&half, path(root))?;
        sync_folder(root)?;
    }
    Ok(())
}
