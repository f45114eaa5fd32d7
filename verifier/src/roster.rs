//! Who belongs to this verifier: one-time codes, enrolled keys, and whose word no longer counts.
//!
//! ```text
//! data/roster/
//!   codes/station-ID.json  operator-ID.json    one-time codes, as hashes
//!   enrolled/<sha256 of the certificate>.json  every certificate that the door has handed out
//!   epochs/<station>.json                      the oldest epoch that a desk still has bundles for
//!   integrators/<name>.json                    programs of others: key, scopes, purposes
//!   officials/<id>.json                        the certificates by which officials ask for tokens
//!   standing.json                              revocations; read anew whenever it changed
//! ```
//!
//! Each file is written whole: beside, synced, renamed. The commands and the service write under one lock,
//! so a code that two desks type at once enrols one of them.

mod codes;
mod disk;
mod epochs;
mod integrators;
mod officials;
mod seen;
mod standing;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bundle::KeyStorage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use codes::{CODE_HOURS, NewCode};
pub(crate) use integrators::MAX_PURPOSE_BYTES;
pub use integrators::{Integrator, Suspension};
pub use officials::{Official, OfficialCertificate};
pub use standing::{Manner, Revocation, Revoked, Standing};

use crate::enroll::Subject;

/// Why the roster could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    #[error("{path} cannot be read or written")]
    Disk {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is not what its name says")]
    Malformed { path: PathBuf },
    #[error("there is no such code, or it is another one")]
    CodeWrong,
    #[error("the code has been tried too often")]
    CodeLocked,
    #[error("the code has expired")]
    CodeExpired,
    #[error("the code has been used")]
    CodeUsed,
    #[error("the system gave no random numbers")]
    Random,
    #[error("this cannot be registered: {what}")]
    Integrator { what: &'static str },
    #[error("an integrator of this name is registered already")]
    IntegratorKnown,
    #[error("no integrator of this name is registered")]
    IntegratorUnknown,
    #[error("this is no certificate of an official under the authority")]
    OfficialCertificate,
}

impl RosterError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk { .. } => "roster.disk",
            Self::Malformed { .. } => "roster.malformed",
            Self::CodeWrong => "enroll.code_wrong",
            Self::CodeLocked => "enroll.code_locked",
            Self::CodeExpired => "enroll.code_expired",
            Self::CodeUsed => "enroll.code_used",
            Self::Random => "keys.generate",
            Self::Integrator { .. } => "roster.integrator",
            Self::IntegratorKnown => "roster.integrator_known",
            Self::IntegratorUnknown => "roster.integrator_unknown",
            Self::OfficialCertificate => "roster.official_certificate",
        }
    }

    /// Whether asking again later may help.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Disk { .. } | Self::Malformed { .. } | Self::Random
        )
    }
}

/// A certificate that was handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    pub subject: Subject,
    /// SHA-256 of the certificate (DER), as `keyid` in envelopes.
    pub key: String,
    /// Where the private key lies.
    pub storage: KeyStorage,
    pub enrolled_at: Timestamp,
    /// Who gave the code, or `renewal`.
    pub by: String,
}

/// The folder above. Cheap to ask: what changed on disk is seen, what did not is not read again.
#[derive(Debug)]
pub struct Roster {
    folder: PathBuf,
    read: Mutex<Option<(Mark, Arc<Standing>)>>,
    integrators: seen::Seen<Integrator>,
    officials: seen::Seen<Official>,
}

/// By what a changed file is known: it is replaced by a rename, so at least the inode is another.
type Mark = Option<(u64, u64, SystemTime)>;

impl Roster {
    /// The roster in a verifier's data folder.
    pub fn open(data: &Path) -> Result<Self, RosterError> {
        let roster = Self::at(data.join("roster"));
        for folder in ["codes", "enrolled", "epochs", "integrators", "officials"] {
            disk::make_folder(&roster.folder.join(folder))?;
        }
        Ok(roster)
    }

    /// A folder that is only read, such as what a verifier hands to whoever checks offline.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            read: Mutex::new(None),
            integrators: seen::Seen::default(),
            officials: seen::Seen::default(),
        }
    }

    /// Whose word no longer counts, as the file says at this moment.
    pub fn standing(&self) -> Result<Arc<Standing>, RosterError> {
        let path = self.folder.join("standing.json");
        let mark = mark(&path)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, standing)) = &*read
            && *known == mark
        {
            return Ok(standing.clone());
        }
        let standing = Arc::new(Standing::load(&path)?);
        *read = Some((mark, standing.clone()));
        Ok(standing)
    }

    /// Adds a revocation. It is in force for the next bundle and the next connection.
    pub fn revoke(&self, revocation: Revocation) -> Result<(), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        let path = self.folder.join("standing.json");
        let mut standing = Standing::load(&path)?;
        standing.add(revocation);
        disk::write_json(&path, &standing)
    }

    /// Notes a certificate (PEM) that is about to be handed out.
    pub fn note(&self, enrolled: &Enrolled, certificate: &str) -> Result<(), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        self.keep_certificate(enrolled, certificate)?;
        let path = self.folder.join(format!("enrolled/{}.json", enrolled.key));
        disk::write_json(&path, enrolled)
    }

    /// Every certificate that was handed out, the oldest first.
    pub fn enrolled(&self) -> Result<Vec<Enrolled>, RosterError> {
        let mut all: Vec<Enrolled> = disk::read_all(&self.folder.join("enrolled"))?;
        all.sort_by_key(|enrolled| enrolled.enrolled_at);
        Ok(all)
    }
}

fn mark(path: &Path) -> Result<Mark, RosterError> {
    use std::os::unix::fs::MetadataExt as _;
    let fault = |source| RosterError::Disk {
        path: path.to_owned(),
        source,
    };
    match fs::metadata(path) {
        Ok(about) => {
            let changed = about.modified().map_err(fault)?;
            Ok(Some((about.ino(), about.len(), changed)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

#[cfg(test)]
mod tests;
