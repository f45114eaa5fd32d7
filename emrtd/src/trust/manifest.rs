//! `trust.json`: what was imported into a trust directory, from where, when, and who vouched for it.
//!
//! It pins each file by digest. It is not signed: whoever may write the directory may write it too,
//! so it guards against accidents and leftovers, and tells the operator what happened.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrustError;

/// The manifest's file name.
pub(super) const NAME: &str = "trust.json";
/// Ten thousand entries of half a kilobyte.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// What a file of a trust directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SourceKind {
    Certificates,
    MasterList,
    RevocationLists,
}

impl SourceKind {
    /// By the ending of its name; `None` for what a trust directory does not read.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "cer" | "der" | "pem" | "crt" => Some(Self::Certificates),
            "ml" => Some(Self::MasterList),
            "crl" => Some(Self::RevocationLists),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::MasterList => "master_list",
            Self::RevocationLists => "revocation_lists",
        }
    }
}

/// One imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Its name in the directory.
    pub file: String,
    pub kind: SourceKind,
    /// SHA-256 of the file in the directory, hexadecimal.
    pub sha256: String,
    /// The name of the file it was imported from.
    pub source: String,
    /// SHA-256 of that file, hexadecimal.
    pub source_sha256: String,
    /// From the station's clock.
    pub imported_at: jiff::Timestamp,
    /// Somebody vouched for it.
    pub pinned: bool,
    /// SHA-256 of the trusted certificate that its signer chains to, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned_by: Option<String>,
    /// Who signed it; of a revocation list its issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// When it was signed; of a revocation list when it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<jiff::Timestamp>,
    /// How many certificates or revocation lists it holds.
    pub count: usize,
    /// Certificates of it that cannot be read.
    #[serde(default)]
    pub unreadable: usize,
}

/// Everything that was imported into a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of this format: 1.
    pub version: u32,
    /// Counts the imports, so that two copies of a directory can be told apart.
    pub revision: u64,
    pub entries: Vec<ManifestEntry>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            version: 1,
            revision: 0,
            entries: Vec::new(),
        }
    }
}

impl Manifest {
    /// The manifest of a directory; `None` where there is none.
    pub fn of(dir: &Path) -> Result<Option<Self>, TrustError> {
        let path = dir.join(NAME);
        let damaged = |detail: String| TrustError::ManifestDamaged {
            path: path.clone(),
            detail,
        };
        let length = match fs::metadata(&path) {
            Ok(data) => data.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(damaged(error.to_string())),
        };
        if length > MOST_BYTES {
            return Err(damaged(format!("{length} bytes are too many")));
        }
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let read: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if read.version != 1 {
            return Err(damaged(format!("version {}", read.version)));
        }
        Ok(Some(read))
    }

    pub(super) fn entry(&self, path: &Path) -> Option<&ManifestEntry> {
        let name = path.file_name()?.to_str()?;
        self.entries.iter().find(|entry| entry.file == name)
    }

    pub(super) fn missing(&self, dir: &Path) -> Vec<PathBuf> {
        let files = self.entries.iter().map(|entry| dir.join(&entry.file));
        files.filter(|path| !path.exists()).collect()
    }

    pub(super) fn write(&self, dir: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        write_whole(dir, NAME, &text)
    }
}

/// Whole or not at all: a temporary file, synced, then renamed.
pub(super) fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = dir.join(format!(".{name}.part"));
    let mut file = fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, dir.join(name))?;
    fs::File::open(dir)?.sync_all()
}
