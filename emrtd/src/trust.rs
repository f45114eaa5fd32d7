//! Which countries are believed: their certificates, document signers left out of a chip, and
//! revocation lists, from a directory that the operator keeps.
//!
//! A self-signed certificate that lies in the directory as a file of its own is trusted because
//! somebody put it there. A certificate from a master list is trusted because the list's signature
//! holds; it is *pinned* when the list's signer chains to a certificate that is trusted without it.
//! A link certificate in a file of its own is trusted only as far as it leads to one of these.
//!
//! Where the directory has a manifest ([`Manifest`]), only what the manifest names, unaltered, counts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::proof::certificate::Certificate;
use crate::proof::chain;
use crate::proof::revocation::Crl;
use crate::proof::signed_data::SignerName;

pub mod country;
mod export;
mod facts;
mod import;
mod ldif;
mod manifest;
mod master_list;
mod pem;

pub use export::ExportError;
pub use facts::{CertificateKind, TrustedCertificate, read_certificates};
pub use import::{ImportError, ImportOptions, Imported, import};
pub use manifest::{Manifest, ManifestEntry, SourceKind};
use master_list::MasterList;

/// The largest file taken from a trust directory: the German master list is 0.9 MB, the document
/// signers of all states some 60 MB.
const MOST_BYTES: u64 = 96 * 1024 * 1024;
const MOST_FILES: usize = 10_000;

/// The certificates that a chain may end in.
#[derive(Default)]
pub struct CscaTrust {
    anchors: Vec<Anchor>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    by_country: HashMap<String, Vec<usize>>,
    links: Vec<Certificate>,
    signers: Vec<Certificate>,
    signers_by_serial: HashMap<Vec<u8>, Vec<usize>>,
    signers_by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    crls: Vec<Crl>,
    crls_by_name: HashMap<Vec<u8>, Vec<usize>>,
    known: HashSet<[u8; 32]>,
    sources: Vec<TrustSource>,
}

/// A certificate that is trusted.
pub(crate) struct Anchor {
    pub(crate) certificate: Certificate,
    /// Somebody vouched for it, or for the list that it comes from.
    pub(crate) pinned: bool,
    /// The file it was first found in.
    source: Option<PathBuf>,
}

impl std::fmt::Debug for CscaTrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CscaTrust({} anchors, {} links, {} signers, {} revocation lists)",
            self.anchors.len(),
            self.links.len(),
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
    /// Link certificates; `followed` of them lead to a certificate that is trusted.
    Links {
        added: usize,
        followed: usize,
    },
    /// A master list whose signature holds. Its certificates are trusted either way; those of a
    /// list that is not `pinned` are flagged in every report.
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
    /// The manifest does not name it: left out.
    NotInManifest,
    /// Not the file that the manifest names: left out.
    Altered,
    /// The manifest names it, and it is not here.
    Missing,
}

impl SourceState {
    /// The word that JSON uses.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Anchors { .. } => "anchors",
            Self::Links { .. } => "links",
            Self::MasterList { .. } => "master_list",
            Self::Signer => "signers",
            Self::RevocationList => "revocation_list",
            Self::Unreadable { .. } => "unreadable",
            Self::NotACertificate => "not_a_certificate",
            Self::BadMasterList => "bad_master_list",
            Self::TooLarge => "too_large",
            Self::NotInManifest => "not_in_manifest",
            Self::Altered => "altered",
            Self::Missing => "missing",
        }
    }

    /// The file counts.
    pub fn is_taken(&self) -> bool {
        matches!(
            self,
            Self::Anchors { .. }
                | Self::Links { .. }
                | Self::MasterList { .. }
                | Self::Signer
                | Self::RevocationList
        )
    }
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
    #[error("the manifest {path} cannot be read: {detail}")]
    ManifestDamaged { path: PathBuf, detail: String },
}

impl TrustError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "trust.unreadable",
            Self::Empty { .. } => "trust.empty",
            Self::NotACertificate { .. } => "trust.not_a_certificate",
            Self::ManifestDamaged { .. } => "trust.manifest_damaged",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "trust.unreadable",
        "trust.empty",
        "trust.not_a_certificate",
        "trust.manifest_damaged",
    ];
}

impl CscaTrust {
    /// Takes every `.cer`, `.der`, `.pem`, `.crt`, `.crl` and `.ml` file of a directory (not of
    /// directories below it), in order of their names. Where there is a manifest, a file that it
    /// does not name, or that has another digest, is reported and left out.
    pub fn load_dir(path: impl AsRef<Path>) -> Result<Self, TrustError> {
        let trust = Self::load_dir_or_empty(path.as_ref())?;
        if trust.anchors.is_empty() {
            return Err(TrustError::Empty {
                path: path.as_ref().to_owned(),
            });
        }
        Ok(trust)
    }

    /// The same, where nothing to trust yet is no mistake.
    pub(crate) fn load_dir_or_empty(dir: &Path) -> Result<Self, TrustError> {
        let unreadable = |source| TrustError::Unreadable {
            path: dir.to_owned(),
            source,
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(dir).map_err(unreadable)?.take(MOST_FILES) {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.sort();
        let manifest = Manifest::of(dir)?;
        let mut trust = Self::default();
        let mut lists = Vec::new();
        for path in files {
            let Some(kind) = SourceKind::of(&path) else {
                continue;
            };
            let state = match read(&path, manifest.as_ref()) {
                Err(state) => state,
                Ok((bytes, _)) if kind == SourceKind::Certificates => {
                    trust.add_certificates(&bytes, &path)
                }
                Ok((bytes, _)) if kind == SourceKind::RevocationLists => trust.add_crls(&bytes),
                // Master lists last: their signers are looked for among the others.
                Ok((bytes, pinned)) => match MasterList::open(&bytes) {
                    Some(list) if list.signer_is_fit() => {
                        lists.push((path, list, pinned));
                        continue;
                    }
                    _ => SourceState::BadMasterList,
                },
            };
            trust.sources.push(TrustSource { path, state });
        }
        trust.add_master_lists(lists);
        trust.count_followed_links();
        for missing in manifest.iter().flat_map(|manifest| manifest.missing(dir)) {
            trust.sources.push(TrustSource {
                path: missing,
                state: SourceState::Missing,
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
                Certificate::from_der(der).ok_or(TrustError::NotACertificate { index })?;
            trust.add_anchor(certificate, true, None);
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

    /// How many of the trusted certificates nobody vouched for: they come from a master list whose
    /// signer chains to nothing that is trusted without it.
    pub fn unpinned(&self) -> usize {
        self.anchors.iter().filter(|anchor| !anchor.pinned).count()
    }

    /// How many document signers lie in the directory, and how many revocation lists.
    pub fn besides(&self) -> (usize, usize) {
        (self.signers.len(), self.crls.len())
    }

    /// The two-letter countries that are trusted, with how many certificates each has.
    pub fn countries(&self) -> BTreeMap<String, usize> {
        let mut countries = BTreeMap::new();
        for anchor in &self.anchors {
            let country = anchor.certificate.subject().country().unwrap_or_default();
            *countries.entry(country).or_default() += 1;
        }
        countries
    }

    fn at<'a>(
        &'a self,
        index: &'a HashMap<Vec<u8>, Vec<usize>>,
        key: &[u8],
    ) -> impl Iterator<Item = &'a Anchor> + use<'a> {
        let found = index.get(key).into_iter().flatten();
        found.filter_map(|&index| self.anchors.get(index))
    }

    /// The anchors whose key goes by this identifier.
    pub(crate) fn by_key_id(&self, id: &[u8]) -> impl Iterator<Item = &Anchor> + use<'_> {
        self.at(&self.by_key_id, id)
    }

    /// The anchors of this name ([`crate::proof::name::Name::key`]).
    pub(crate) fn by_name(&self, name: &[u8]) -> impl Iterator<Item = &Anchor> + use<'_> {
        self.at(&self.by_name, name)
    }

    /// The anchors of this country's state.
    pub(crate) fn of_country(&self, alpha_2: &str) -> impl Iterator<Item = &Anchor> {
        let found = self.by_country.get(country::state(alpha_2));
        let found = found.into_iter().flatten();
        found.filter_map(|&index| self.anchors.get(index))
    }

    /// Link certificates, trusted only as far as they lead.
    pub(crate) fn links(&self) -> &[Certificate] {
        &self.links
    }

    /// Document signers of the directory that a message may mean.
    pub(crate) fn signers_named(&self, name: &SignerName<'_>) -> Vec<&Certificate> {
        let found = match name {
            SignerName::KeyId(id) => self.signers_by_key_id.get(*id),
            SignerName::IssuerAndSerial { serial, .. } => self.signers_by_serial.get(*serial),
        };
        let found = found.into_iter().flatten();
        found
            .filter_map(|&index| self.signers.get(index))
            .filter(|signer| name.is(signer))
            .collect()
    }

    /// Revocation lists under this name.
    pub(crate) fn crls_named(&self, name: &[u8]) -> impl Iterator<Item = &Crl> + use<'_> {
        let found = self.crls_by_name.get(name).into_iter().flatten();
        found.filter_map(|&index| self.crls.get(index))
    }

    fn add_certificates(&mut self, bytes: &[u8], path: &Path) -> SourceState {
        let read = |der: &Vec<u8>| Certificate::from_der(der);
        let Some(certificates) = pem::objects(bytes, "CERTIFICATE")
            .and_then(|objects| objects.iter().map(read).collect::<Option<Vec<_>>>())
        else {
            return SourceState::NotACertificate;
        };
        let (mut added, mut known_already, mut links, mut signers) = (0, 0, 0, 0);
        for certificate in certificates {
            if !certificate.may_issue() {
                signers += 1;
                self.add_signer(certificate);
            } else if !certificate.is_self_signed() {
                links += 1;
                self.links.push(certificate);
            } else if self.add_anchor(certificate, true, Some(path)) {
                added += 1;
            } else {
                known_already += 1;
            }
        }
        match (added + known_already, links, signers) {
            (0, 0, 0) => SourceState::NotACertificate,
            (0, 0, _) => SourceState::Signer,
            (0, links, _) => SourceState::Links {
                added: links,
                followed: 0,
            },
            _ => SourceState::Anchors {
                added,
                known_already,
            },
        }
    }

    fn add_crls(&mut self, bytes: &[u8]) -> SourceState {
        let read = |der: &Vec<u8>| Crl::from_der(der);
        let Some(crls) = pem::objects(bytes, "X509 CRL")
            .and_then(|objects| objects.iter().map(read).collect::<Option<Vec<_>>>())
        else {
            return SourceState::NotACertificate;
        };
        for crl in crls {
            let index = self.crls.len();
            let named = self.crls_by_name.entry(crl.issuer().key());
            named.or_default().push(index);
            self.crls.push(crl);
        }
        SourceState::RevocationList
    }

    /// A list may vouch for another: those whose signer is trusted come first, until no other is.
    fn add_master_lists(&mut self, mut lists: Vec<(PathBuf, MasterList, Option<bool>)>) {
        let mut vouched = true;
        while !lists.is_empty() {
            let next = lists.iter().position(|(_, list, recorded)| {
                recorded.unwrap_or_else(|| {
                    chain::reaches(&list.signer, &list.links(), self)
                        .is_some_and(|anchor| anchor.pinned)
                })
            });
            vouched &= next.is_some();
            let (path, list, _) = lists.remove(next.unwrap_or(0));
            let (mut added, mut known_already, mut unreadable) = (0, 0, 0);
            for certificate in list.certificates {
                let Some(certificate) = certificate else {
                    unreadable += 1;
                    continue;
                };
                if self.add_anchor(certificate, vouched, Some(&path)) {
                    added += 1;
                } else {
                    known_already += 1;
                }
            }
            let state = SourceState::MasterList {
                added,
                known_already,
                unreadable,
                pinned: vouched,
            };
            self.sources.push(TrustSource { path, state });
        }
    }

    /// Which links lead anywhere is known only once everything is here.
    fn count_followed_links(&mut self) {
        let mut sources = std::mem::take(&mut self.sources);
        for source in &mut sources {
            if let SourceState::Links { followed, .. } = &mut source.state {
                let certificates = fs::read(&source.path)
                    .ok()
                    .and_then(|bytes| pem::objects(&bytes, "CERTIFICATE"))
                    .unwrap_or_default();
                *followed = certificates
                    .iter()
                    .filter_map(|der| Certificate::from_der(der))
                    .filter(|link| link.may_issue() && chain::reaches(link, &[], self).is_some())
                    .count();
            }
        }
        self.sources = sources;
    }

    fn add_signer(&mut self, signer: Certificate) {
        let index = self.signers.len();
        let serial = signer.serial().to_vec();
        self.signers_by_serial
            .entry(serial)
            .or_default()
            .push(index);
        for id in signer.key_ids() {
            self.signers_by_key_id.entry(id).or_default().push(index);
        }
        self.signers.push(signer);
    }

    /// False when it was there already.
    fn add_anchor(
        &mut self,
        certificate: Certificate,
        pinned: bool,
        source: Option<&Path>,
    ) -> bool {
        if !self.known.insert(certificate.fingerprint()) {
            return false;
        }
        let index = self.anchors.len();
        for id in certificate.key_ids() {
            self.by_key_id.entry(id).or_default().push(index);
        }
        let subject = certificate.subject();
        self.by_name.entry(subject.key()).or_default().push(index);
        let alpha_2 = subject.country().unwrap_or_default();
        let state = country::state(&alpha_2).to_owned();
        self.by_country.entry(state).or_default().push(index);
        self.anchors.push(Anchor {
            certificate,
            pinned,
            source: source.map(Path::to_owned),
        });
        true
    }
}

/// A file's bytes, and whether the manifest says that somebody vouched for it.
fn read(path: &Path, manifest: Option<&Manifest>) -> Result<(Vec<u8>, Option<bool>), SourceState> {
    let mut bytes = Vec::new();
    let length = fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| SourceState::Unreadable {
            detail: error.to_string(),
        })?;
    if length as u64 > MOST_BYTES {
        return Err(SourceState::TooLarge);
    }
    let Some(manifest) = manifest else {
        return Ok((bytes, None));
    };
    let entry = manifest.entry(path).ok_or(SourceState::NotInManifest)?;
    if entry.sha256 != hex::encode(openssl::sha::sha256(&bytes)) {
        return Err(SourceState::Altered);
    }
    Ok((bytes, Some(entry.pinned)))
}

#[cfg(test)]
mod tests;
