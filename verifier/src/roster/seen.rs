//! Files that are read again only when they changed.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;

use super::{Mark, RosterError, disk, mark};

/// What each file said when it was last read. Holds no more than there are files.
pub(super) struct Seen<T>(Mutex<HashMap<PathBuf, (Mark, Arc<T>)>>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Seen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seen")
    }
}

impl<T: DeserializeOwned> Seen<T> {
    /// What the file says now; none where there is none.
    pub(super) fn read(&self, path: &Path) -> Result<Option<Arc<T>>, RosterError> {
        let mark = mark(path)?;
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mark.is_none() {
            seen.remove(path);
            return Ok(None);
        }
        if let Some((known, content)) = seen.get(path)
            && *known == mark
        {
            return Ok(Some(content.clone()));
        }
        let Some(content) = disk::read_json::<T>(path)?.map(Arc::new) else {
            return Ok(None);
        };
        seen.insert(path.to_owned(), (mark, content.clone()));
        Ok(Some(content))
    }
}
