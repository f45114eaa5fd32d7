//! Practice and real work share no folder: each folder of state says which of the two it holds, and is refused to the other.

use std::fs;
use std::io;
use std::path::Path;

use crate::durable::{make_folder, write_whole};

pub const CODES: &[&str] = &["store.disk", "store.other_kind"];

const FILE: &str = "store-kind";
const PRACTICE: &[u8] = b"practice\n";
const REAL: &[u8] = b"real\n";

/// Why this folder is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("the folder of state: {0}")]
    Disk(#[from] io::Error),
    #[error("the folder holds the other kind: practice and real work do not mix")]
    OtherKind,
}

impl StoreError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "store.disk",
            Self::OtherKind => "store.other_kind",
        }
    }
}

/// Whether this folder may be used; one that does not say what it holds may.
///
/// # Errors
/// [`StoreError`]. What cannot be read as a kind is taken for the other one.
pub fn check(folder: &Path, practice: bool) -> Result<bool, StoreError> {
    match fs::read(folder.join(FILE)) {
        Ok(said) if said == kind(practice) => Ok(true),
        Ok(_) => Err(StoreError::OtherKind),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Takes a folder for practice, or for real work, for good.
///
/// # Errors
/// [`StoreError`].
pub fn claim(folder: &Path, practice: bool) -> Result<(), StoreError> {
    if !check(folder, practice)? {
        make_folder(folder)?;
        write_whole(&folder.join(FILE), kind(practice))?;
    }
    Ok(())
}

fn kind(practice: bool) -> &'static [u8] {
    if practice { PRACTICE } else { REAL }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_of_one_kind_for_good() {
        for practice in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("state");
            assert!(!check(&place, practice).unwrap(), "nobody has it yet");
            claim(&place, practice).unwrap();
            claim(&place, practice).unwrap();
            let refused = claim(&place, !practice).unwrap_err();
            assert_eq!(refused.code(), "store.other_kind");
            fs::write(place.join(FILE), "perhaps").unwrap();
            assert!(matches!(
                check(&place, practice),
                Err(StoreError::OtherKind)
            ));
        }
    }
}
