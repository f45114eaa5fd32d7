//! The roster's files: small, JSON, written whole or not at all, by one writer at a time.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RosterError;

/// A list of ten thousand revocations stays below this.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

fn fault(path: &Path) -> impl Fn(std::io::Error) -> RosterError {
    move |source| RosterError::Disk {
        path: path.to_owned(),
        source,
    }
}

pub(super) fn make_folder(path: &Path) -> Result<(), RosterError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(fault(path))
}

/// Waits for its turn; it ends when the value is dropped, or with the process.
pub(super) fn lock(folder: &Path) -> Result<File, RosterError> {
    make_folder(folder)?;
    let path = folder.join("lock");
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(fault(&path))?;
    file.lock().map_err(fault(&path))?;
    Ok(file)
}

/// What the file says; none where there is no file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RosterError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(path)(error)),
    };
    let mut content = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut content)
        .map_err(fault(path))?;
    let malformed = || RosterError::Malformed {
        path: path.to_owned(),
    };
    if content.len() as u64 > MAX_FILE_BYTES {
        return Err(malformed());
    }
    serde_json::from_slice(&content)
        .map(Some)
        .map_err(|_| malformed())
}

pub(super) fn read_all<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, RosterError> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault(folder))? {
        let path = entry.map_err(fault(folder))?.path();
        if path.extension().is_some_and(|ending| ending == "json")
            && let Some(content) = read_json(&path)?
        {
            all.push(content);
        }
    }
    Ok(all)
}

/// Beside, synced, renamed, and the folder synced: after a power cut it is the old file or the new one.
pub(super) fn write_json<T: Serialize>(path: &Path, content: &T) -> Result<(), RosterError> {
    let text = serde_json::to_vec_pretty(content).map_err(|_| RosterError::Malformed {
        path: path.to_owned(),
    })?;
    let unfinished = path.with_extension("part");
    let written = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    })();
    written.map_err(fault(path))
}
