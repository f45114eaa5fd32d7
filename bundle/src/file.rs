//! Reading and writing files so that a stranger's file cannot exhaust us and a power cut cannot
//! halve ours.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The whole of a regular file that may hold at most `limit` bytes.
pub(crate) fn read_within(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_regular(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "the file is longer than its limit",
        ));
    }
    Ok(content)
}

/// Opens a regular file. Anything else is refused first, for opening a pipe would wait for ever.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    File::open(path)
}

/// Writes a file whole or not at all: beside it, synced, then renamed.
pub(crate) fn write_whole(directory: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let unfinished = directory.join(format!(".{name}.part"));
    let mut file = File::create_new(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, directory.join(name))?;
    sync_directory(directory)
}

/// A renamed file is safe only when its directory is on the disk too.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
