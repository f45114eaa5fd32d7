//! One file of the folder: what it is called, whether it holds still, and its bytes.

use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

/// The longest file that is looked into: a booklet of 500 pages in JPEG.
const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// What of a file changes while somebody writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) bytes: u64,
    pub(crate) modified: (i64, i64),
    inode: u64,
}

impl State {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// The name under which the desk remembers that this very file was taken; it does not tell the file's own.
    pub(crate) fn stamp(&self, name: &str) -> String {
        let (seconds, nanoseconds) = self.modified;
        let text = format!(
            "{}\0{seconds}\0{nanoseconds}\0{}\0{name}",
            self.bytes, self.inode
        );
        hex::encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
    }
}

/// Whether the name says that the file is not for us: hidden, or a name that programs give until they are done.
pub(crate) fn is_passing(name: &str) -> bool {
    const UNFINISHED: [&str; 10] = [
        "tmp",
        "temp",
        "part",
        "partial",
        "filepart",
        "crdownload",
        "download",
        "lock",
        "swp",
        "bak",
    ];
    let lower = name.to_lowercase();
    let ending = lower.rsplit_once('.').map(|(_, ending)| ending);
    name.starts_with('.')
        || name.starts_with("~$")
        || name.ends_with('~')
        || ending.is_some_and(|ending| UNFINISHED.contains(&ending))
}

/// Why a file could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It went, or changed while it was read: look again.
    Changed,
    Denied,
    TooLong,
    /// A link, a pipe, a device.
    NoFile,
}

/// The file's bytes, all of one state.
pub(crate) fn read(path: &Path, state: &State) -> Result<Vec<u8>, Unread> {
    // No link is followed, and a pipe that took the file's name does not hold us.
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    let file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => Unread::Denied,
        std::io::ErrorKind::NotFound => Unread::Changed,
        _ => Unread::NoFile,
    })?;
    let now = |file: &File| -> Result<State, Unread> {
        let metadata = file.metadata().map_err(|_| Unread::Changed)?;
        if metadata.is_file() {
            Ok(State::of(&metadata))
        } else {
            Err(Unread::NoFile)
        }
    };
    if now(&file)? != *state {
        return Err(Unread::Changed);
    }
    if state.bytes > MAX_FILE_BYTES {
        return Err(Unread::TooLong);
    }
    let mut bytes = Vec::with_capacity(state.bytes as usize);
    (&file)
        .take(state.bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| Unread::Changed)?;
    if bytes.len() as u64 != state.bytes || now(&file)? != *state {
        return Err(Unread::Changed);
    }
    Ok(bytes)
}

/// The order in which people see files: by time, and by name with numbers as numbers.
pub(crate) fn order(one: (&State, &str), two: (&State, &str)) -> Ordering {
    one.0
        .modified
        .cmp(&two.0.modified)
        .then_with(|| natural(one.1, two.1))
}

/// `scan2` before `scan10`.
fn natural(one: &str, two: &str) -> Ordering {
    let (mut left, mut right) = (one.chars().peekable(), two.chars().peekable());
    loop {
        match (left.peek().copied(), right.peek().copied()) {
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    let mut digits = String::new();
                    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                        digits.push(digit);
                    }
                    let bare = digits.trim_start_matches('0').to_owned();
                    (bare.len(), bare)
                };
                let ordering = number(&mut left).cmp(&number(&mut right));
                if ordering.is_ne() {
                    return ordering;
                }
            }
            (Some(a), Some(b)) if a == b => {
                left.next();
                right.next();
            }
            (a, b) => return a.cmp(&b).then_with(|| one.cmp(two)),
        }
    }
}

/// Moves a taken file out of the way, never onto another.
pub(crate) fn move_away(path: &Path, to: &Path) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for number in 0..1000 {
        let target: PathBuf = if number == 0 {
            to.join(&*name)
        } else {
            match name.rsplit_once('.') {
                Some((stem, ending)) => to.join(format!("{stem}-{number}.{ending}")),
                None => to.join(format!("{name}-{number}")),
            }
        };
        if target.symlink_metadata().is_err() {
            return std::fs::rename(path, target);
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_of_unfinished_files_are_passed_over() {
        for name in [
            ".scan.pdf.Xy12",
            "scan.pdf.part",
            "scan.tmp",
            "SCAN.TMP",
            "~$scan.pdf",
            "scan.pdf~",
            "scan.pdf.filepart",
        ] {
            assert!(is_passing(name), "{name}");
        }
        for name in ["scan.pdf", "scan", "part.pdf", "Tờ khai số 1.PDF"] {
            assert!(!is_passing(name), "{name}");
        }
    }

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = vec!["scan10.png", "scan2.png", "scan1.png", "scan02.png", "a"];
        names.sort_by(|one, two| natural(one, two));
        assert_eq!(
            names,
            ["a", "scan1.png", "scan02.png", "scan2.png", "scan10.png"]
        );
        let huge = "9".repeat(60);
        assert_eq!(natural(&huge, &format!("{huge}0")), Ordering::Less);
    }

    #[test]
    fn a_link_is_not_followed_and_a_pipe_does_not_hold_us() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"secret").unwrap();
        let state = State::of(&std::fs::metadata(&file).unwrap());
        assert_eq!(read(&file, &state).unwrap(), b"secret");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read(&link, &state), Err(Unread::NoFile));
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert_eq!(read(&pipe, &state), Err(Unread::NoFile));
        std::fs::write(&file, b"longer than before").unwrap();
        assert_eq!(read(&file, &state), Err(Unread::Changed));
    }

    #[test]
    fn a_moved_file_never_covers_another() {
        let folder = tempfile::tempdir().unwrap();
        let done = folder.path().join("done");
        std::fs::create_dir(&done).unwrap();
        for text in ["one", "two", "three"] {
            let file = folder.path().join("scan.png");
            std::fs::write(&file, text).unwrap();
            move_away(&file, &done).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(done.join(name)).unwrap();
        assert_eq!(
            ["scan.png", "scan-1.png", "scan-2.png"].map(read),
            ["one", "two", "three"]
        );
    }
}
