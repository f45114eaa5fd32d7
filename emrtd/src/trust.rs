//! Which countries are believed: their certificates, document signers left out of a chip, and
//! revocation lists, from a directory that the operator keeps.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use openssl::x509::{X509, X509Crl};
use thiserror::Error;

use crate::proof::certificate::{self, fingerprint};

pub mod country;
mod master_list;

/// The largest file taken from a trust directory: the German master list is 0.9 MB.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
const MOST_FILES: usize = 10_000;

/// The certificates that a chain may end in.
#[derive(Default)]
pub struct CscaTrust {
    anchors: Vec<X509>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    signers: Vec<X509>,
    crls: Vec<X509Crl>,
    known: HashSet<[u8; 32]>,
    sources: Vec<TrustSource>,
}

impl std::fmt::Debug for CscaTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CscaTrust({} anchors, {} signers, {} revocation lists)",
            self.anchors.len(),
            self.signers.len(),
            self.crls.len()
        )
    }
}

/// What became of one file of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustSource {
    pub path: PathBuf,
    pub state: SourceState,
}

/// Taken, or why not. A bad file is reported and left out; the others still count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceState {
    Anchors {
        added: usize,
        known_already: usize,
    },
    /// A master list whose signature holds; `pinned` when its signer chains to a certificate that
    /// lies in the directory as a file of its own.
    MasterList {
        added: usize,
        known_already: usize,
        unreadable: usize,
        pinned: bool,
    },
    Signer,
    RevocationList,
    Unreadable {
        detail: String,
    },
    NotACertificate,
    BadMasterList,
    TooLarge,
}

/// Why there is nothing to trust.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrustError {
    #[error("the trust directory {path} cannot be read: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no country certificate was found in {path}")]
    Empty { path: PathBuf },
    #[error("certificate {index} cannot be read")]
    NotACertificate { index: usize },
}

impl TrustError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "trust.unreadable",
            Self::Empty { .. } => "trust.empty",
            Self::NotACertificate { .. } => "trust.not_a_certificate",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] =
        &["trust.unreadable", "trust.empty", "trust.not_a_certificate"];
}

impl CscaTrust {
    /// Takes every `.cer`, `.der`, `.pem`, `.crt`, `.crl` and `.ml` file of a directory (not of
    /// directories below it), in order of their names.
    pub fn load_dir(path: impl AsRef<Path>) -> Result<Self, TrustError> {
        let dir = path.as_ref();
        let unreadable = |source| TrustError::Unreadable {
            path: dir.to_owned(),
            source,
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(unreadable)?.take(MOST_FILES) {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.sort();
        let kind = |path: &Path| {
            let kind = path.extension()?.to_str()?.to_ascii_lowercase();
            Some(kind)
        };
        let mut trust = Self::default();
        // Master lists last: their signers are looked for among the loose certificates.
        for lists in [false, true] {
            for path in &files {
                let state = match kind(path).as_deref() {
                    Some("cer" | "der" | "pem" | "crt") if !lists => {
                        trust.take(path, Self::add_certificates)
                    }
                    Some("crl") if !lists => trust.take(path, Self::add_crl),
                    Some("ml") if lists => trust.take(path, Self::add_master_list),
                    _ => continue,
                };
                trust.sources.push(TrustSource {
                    path: path.clone(),
                    state,
                });
            }
        }
        if trust.anchors.is_empty() {
            return Err(TrustError::Empty {
                path: dir.to_owned(),
            });
        }
        Ok(trust)
    }

    /// Takes country certificates as DER.
    pub fn from_der<'a>(
        certificates: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        for (index, der) in certificates.into_iter().enumerate() {
            let certificate =
                X509::from_der(der).map_err(|_| TrustError::NotACertificate { index })?;
            trust.add_anchor(certificate);
        }
        Ok(trust)
    }

    /// How many different country certificates are trusted.
    pub fn len(&self) -> usize {
        self.anchors.len()
    }

    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// What became of each file, for the operator.
    pub fn sources(&self) -> &[TrustSource] {
        &self.sources
    }

    /// The two-letter countries that are trusted, with how many certificates each has.
    pub fn countries(&self) -> std::collections::BTreeMap<String, usize> {
        let mut countries = std::collections::BTreeMap::new();
        for anchor in &self.anchors {
            let country = certificate::country(anchor.subject_name()).unwrap_or_default();
            *countries.entry(country).or_default() += 1;
        }
        countries
    }

    pub(crate) fn anchors(&self) -> &[X509] {
        &self.anchors
    }

    /// The anchors whose key goes by this identifier.
    pub(crate) fn by_key_id(&self, id: &[u8]) -> impl Iterator<Item = &X509> {
        self.by_key_id
            .get(id)
            .into_iter()
            .flatten()
            .filter_map(|&index| self.anchors.get(index))
    }

    /// Document signers that lie in the directory.
    pub(crate) fn signers(&self) -> &[X509] {
        &self.signers
    }

    pub(crate) fn crls(&self) -> &[X509Crl] {
        &self.crls
    }

    fn take(&mut self, path: &Path, add: fn(&mut Self, &[u8]) -> SourceState) -> SourceState {
        let unreadable = |error: std::io::Error| SourceState::Unreadable {
            detail: error.to_string(),
        };
        let mut bytes = Vec::new();
        let read =
            fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => unreadable(error),
            Ok(length) if length as u64 > MOST_BYTES => SourceState::TooLarge,
            Ok(_) => add(self, &bytes),
        }
    }

    fn add_certificates(&mut self, bytes: &[u8]) -> SourceState {
        let certificates = if bytes.starts_with(b"\x30") {
            X509::from_der(bytes).map(|certificate| vec![certificate])
        } else {
            X509::stack_from_pem(bytes)
        };
        let Ok(certificates) = certificates else {
            return SourceState::NotACertificate;
        };
        let (mut added, mut known_already, mut signers) = (0, 0, 0);
        for certificate in certificates {
            if !certificate::may_issue(&certificate) {
                signers += 1;
                self.signers.push(certificate);
            } else if self.add_anchor(certificate) {
                added += 1;
            } else {
                known_already += 1;
            }
        }
        match (added + known_already, signers) {
            (0, 0) => SourceState::NotACertificate,
            (0, _) => SourceState::Signer,
            _ => SourceState::Anchors {
                added,
                known_already,
            },
        }
    }

    fn add_crl(&mut self, bytes: &[u8]) -> SourceState {
        match X509Crl::from_der(bytes).or_else(|_| X509Crl::from_pem(bytes)) {
            Ok(crl) => {
                self.crls.push(crl);
                SourceState::RevocationList
            }
            Err(_) => SourceState::NotACertificate,
        }
    }

    fn add_master_list(&mut self, bytes: &[u8]) -> SourceState {
        let Some(list) = master_list::open(bytes) else {
            return SourceState::BadMasterList;
        };
        let pinned = certificate::issuer_among(&list.signer, &self.anchors).is_some();
        let (mut added, mut known_already, mut unreadable) = (0, 0, 0);
        for certificate in list.certificates {
            match certificate.map(|certificate| self.add_anchor(certificate)) {
                None => unreadable += 1,
                Some(true) => added += 1,
                Some(false) => known_already += 1,
            }
        }
        SourceState::MasterList {
            added,
            known_already,
            unreadable,
            pinned,
        }
    }

    /// False when it was there already.
    fn add_anchor(&mut self, certificate: X509) -> bool {
        if !self.known.insert(fingerprint(&certificate)) {
            return false;
        }
        let index = self.anchors.len();
        for id in certificate::key_ids(&certificate) {
            self.by_key_id.entry(id).or_default().push(index);
        }
        self.anchors.push(certificate);
        true
    }
}

#[cfg(test)]
mod tests;
