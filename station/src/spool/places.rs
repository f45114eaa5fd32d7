//! Where uploads were begun at the verifier, so that another process may go on with them. Only a
//! hint: the verifier says whether an upload is still known and how far it came, and what a power
//! cut takes of this is sent again.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use bundle::Sha256Digest;

/// No path of ours is longer.
const LONGEST_PLACE: u64 = 512;

/// One path a blob, in memory or as small files named by the blob.
#[derive(Debug, Default)]
pub struct UploadPlaces {
    folder: Option<PathBuf>,
    known: HashMap<Sha256Digest, String>,
}

impl UploadPlaces {
    /// Remembers for as long as it lives.
    #[must_use]
    pub fn forgetful() -> Self {
        Self::default()
    }

    /// Remembers in a folder, which is made when it is first needed.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
            known: HashMap::new(),
        }
    }

    pub(crate) fn of(&self, blob: &Sha256Digest) -> Option<String> {
        if let Some(place) = self.known.get(blob) {
            return Some(place.clone());
        }
        let path = self.folder.as_ref()?.join(blob.to_string());
        let small =
            fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST_PLACE);
        small.then(|| fs::read_to_string(path).ok())?
    }

    pub(crate) fn note(&mut self, blob: &Sha256Digest, place: &str) {
        self.known.insert(*blob, place.to_owned());
        if let Some(folder) = &self.folder {
            // Whatever fails here costs bytes on the line and nothing else.
            let half = folder.join(format!("{blob}.half"));
            let written = fs::create_dir_all(folder)
                .and_then(|()| fs::write(&half, place))
                .and_then(|()| fs::rename(&half, folder.join(blob.to_string())));
            if let Err(error) = written {
                tracing::debug!(%error, "the place of an upload could not be noted");
            }
        }
    }

    pub(crate) fn forget(&mut self, blob: &Sha256Digest) {
        self.known.remove(blob);
        if let Some(folder) = &self.folder {
            let _ = fs::remove_file(folder.join(blob.to_string()));
        }
    }
}
