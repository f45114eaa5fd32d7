//! Brings master lists, certificates and revocation lists into a trust directory: judged before they
//! are written, recorded in the manifest, written whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use openssl::sha::sha256;
use thiserror::Error;

use super::ldif::{self, Attribute};
use super::manifest::{self, Manifest, ManifestEntry, SourceKind};
use super::master_list::MasterList;
use super::{CscaTrust, MOST_BYTES, SourceState, TrustError, pem};
use crate::proof::certificate::Certificate;
use crate::proof::chain::{self, Validity};
use crate::proof::revocation::Crl;

/// How to import. The library has no clock: `at` comes from the station's.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions<'a> {
    /// The certificate, DER or PEM, that master lists have to chain to; without it they have to
    /// chain to one that the directory trusts already.
    pub pinned_by: Option<&'a [u8]>,
    /// Takes what nobody vouches for; the manifest says so, and so does every report.
    pub accept_unpinned: bool,
    /// Takes a list that is older than the one it replaces.
    pub force: bool,
    pub at: Timestamp,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub source: String,
    /// Entries that the manifest has now because of this file.
    pub entries: Vec<ManifestEntry>,
    /// Files of the directory that were replaced.
    pub replaced: Vec<String>,
    /// Parts that the directory had already.
    pub known_already: usize,
    /// Parts that were left out: code and number, when at least one part was taken.
    pub refused: BTreeMap<&'static str, usize>,
}

/// Why nothing of a file was taken; the directory is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error("{path} cannot be read: {source}")]
    FileUnreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is larger than a trust file may be")]
    TooLarge { path: PathBuf },
    #[error("{file} holds no certificate, master list or revocation list")]
    NothingFound { file: String },
    #[error("{file} is no master list, or its signature does not fit")]
    ListDamaged { file: String },
    #[error("{signer} may not sign master lists, or was not valid when it signed {file}")]
    ListSignerUnfit { file: String, signer: String },
    #[error("{signer}, who signed {file}, chains to no certificate that is trusted already")]
    ListUnpinned { file: String, signer: String },
    #[error("{file} is older than the list that it would replace")]
    ListOlder { file: String },
    #[error("{subject} links to no certificate that is trusted")]
    LinkUnanchored { subject: String },
    #[error("no trusted key signed the revocation list of {issuer}")]
    CrlUnbelieved { issuer: String },
    #[error("the revocation list of {issuer} is older than the one that it would replace")]
    CrlOlder { issuer: String },
    #[error("the trust directory {path} cannot be written: {source}")]
    NotWritten {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl ImportError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trust(error) => error.code(),
            Self::FileUnreadable { .. } => "trust.file_unreadable",
            Self::TooLarge { .. } => "trust.file_too_large",
            Self::NothingFound { .. } => "trust.nothing_found",
            Self::ListDamaged { .. } => "trust.list_damaged",
            Self::ListSignerUnfit { .. } => "trust.list_signer_unfit",
            Self::ListUnpinned { .. } => "trust.list_unpinned",
            Self::ListOlder { .. } => "trust.list_older",
            Self::LinkUnanchored { .. } => "trust.link_unanchored",
            Self::CrlUnbelieved { .. } => "trust.crl_unbelieved",
            Self::CrlOlder { .. } => "trust.crl_older",
            Self::NotWritten { .. } => "trust.not_written",
        }
    }

    /// Every code that [`code`](Self::code) can give, besides those of [`TrustError::CODES`].
    pub const CODES: &'static [&'static str] = &[
        "trust.file_unreadable",
        "trust.file_too_large",
        "trust.nothing_found",
        "trust.list_damaged",
        "trust.list_signer_unfit",
        "trust.list_unpinned",
        "trust.list_older",
        "trust.link_unanchored",
        "trust.crl_unbelieved",
        "trust.crl_older",
        "trust.not_written",
    ];
}

/// Imports files, each whole or not at all, in the given order; the first that brings nothing ends
/// it, and those before it stay.
///
/// Takes master lists (`.ml`), certificates and revocation lists (DER or PEM, also several in one
/// file) and LDIF of the ICAO directory; what a file is, is told by its content. A directory that
/// holds files but no manifest keeps them: they are entered as found.
pub fn import(
    dir: &Path,
    files: &[PathBuf],
    options: &ImportOptions<'_>,
) -> Result<Vec<Imported>, ImportError> {
    let not_written = |source| ImportError::NotWritten {
        path: dir.to_owned(),
        source,
    };
    fs::create_dir_all(dir).map_err(not_written)?;
    let mut done = Vec::new();
    for path in files {
        let bytes = read(path)?;
        let trust = CscaTrust::load_dir_or_empty(dir)?;
        let manifest = match Manifest::of(dir)? {
            Some(manifest) => manifest,
            None => adopt(dir, &trust, options.at).map_err(not_written)?,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut import = Import {
            options,
            source: name.into_owned(),
            source_sha256: hex::encode(sha256(&bytes)),
            trust,
            manifest,
            writes: Vec::new(),
            done: Imported {
                source: path.display().to_string(),
                entries: Vec::new(),
                replaced: Vec::new(),
                known_already: 0,
                refused: BTreeMap::new(),
            },
        };
        import.take(&bytes)?;
        done.push(import.write(dir).map_err(not_written)?);
    }
    Ok(done)
}

fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    let unreadable = |source| ImportError::FileUnreadable {
        path: path.to_owned(),
        source,
    };
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > MOST_BYTES {
        return Err(ImportError::TooLarge {
            path: path.to_owned(),
        });
    }
    fs::read(path).map_err(unreadable)
}

/// A manifest for what lies in the directory already.
fn adopt(dir: &Path, trust: &CscaTrust, at: Timestamp) -> std::io::Result<Manifest> {
    let mut manifest = Manifest::default();
    for source in trust.sources() {
        let (Some(kind), Some(name)) = (
            SourceKind::of(&source.path),
            source.path.file_name().and_then(|name| name.to_str()),
        ) else {
            continue;
        };
        let (count, pinned) = match source.state {
            SourceState::MasterList {
                added,
                known_already,
                pinned,
                ..
            } => (added + known_already, pinned),
            SourceState::Anchors {
                added,
                known_already,
            } => (added + known_already, true),
            _ if source.state.is_taken() => (1, true),
            _ => continue,
        };
        let digest = hex::encode(sha256(&fs::read(dir.join(name))?));
        manifest.entries.push(ManifestEntry {
            file: name.to_owned(),
            kind,
            sha256: digest.clone(),
            source: name.to_owned(),
            source_sha256: digest,
            imported_at: at,
            pinned,
            pinned_by: None,
            signer: None,
            signed_at: None,
            count,
            unreadable: 0,
        });
    }
    Ok(manifest)
}

struct Import<'a> {
    options: &'a ImportOptions<'a>,
    source: String,
    source_sha256: String,
    trust: CscaTrust,
    manifest: Manifest,
    writes: Vec<(String, Vec<u8>)>,
    done: Imported,
}

impl Import<'_> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let (mut lists, mut certificates, mut crls) = (Vec::new(), Vec::new(), Vec::new());
        if ldif::is(bytes) {
            let (values, damaged) = ldif::values(bytes);
            if damaged > 0 {
                self.done.refused.insert("trust.nothing_found", damaged);
            }
            for (attribute, value) in values {
                match attribute {
                    Attribute::MasterList => lists.push(value),
                    Attribute::Certificate => certificates.push(value),
                    Attribute::RevocationList => crls.push(value),
                }
            }
        } else if is_signed_data(bytes) {
            lists.push(bytes.to_vec());
        } else {
            let all = pem::objects(bytes, "CERTIFICATE").unwrap_or_default();
            let pem_crls = match bytes.first() {
                Some(0x30) => None,
                _ => pem::objects(bytes, "X509 CRL"),
            };
            for object in all {
                match Certificate::from_der(&object) {
                    Some(_) => certificates.push(object),
                    None => crls.push(object),
                }
            }
            crls.extend(pem_crls.unwrap_or_default());
        }
        let mut refusals = Vec::new();
        for list in lists {
            refusals.extend(self.list(&list).err());
        }
        refusals.extend(self.certificates(&certificates));
        for crl in crls {
            refusals.extend(self.crl(&crl).err());
        }
        for refusal in &refusals {
            *self.done.refused.entry(refusal.code()).or_default() += 1;
        }
        if self.done.entries.is_empty() && self.done.known_already == 0 {
            return Err(refusals
                .into_iter()
                .next()
                .unwrap_or_else(|| ImportError::NothingFound {
                    file: self.source.clone(),
                }));
        }
        Ok(())
    }

    fn list(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let file = self.source.clone();
        let list =
            MasterList::open(bytes).ok_or(ImportError::ListDamaged { file: file.clone() })?;
        let signer = list.signer.subject().readable();
        // Valid when it signed; a list from tomorrow is none.
        let moment = list.signed_at.unwrap_or(self.options.at);
        let late = chain::valid(&list.signer, moment) != Validity::Valid;
        if !list.signer_is_fit() || late || moment > self.options.at {
            return Err(ImportError::ListSignerUnfit { file, signer });
        }
        let pinned_by = self.vouched(&list)?;
        if pinned_by.is_none() && !self.options.accept_unpinned {
            return Err(ImportError::ListUnpinned { file, signer });
        }
        let country = list.signer.subject().country().unwrap_or_default();
        let digest = hex::encode(sha256(bytes));
        let same = |entry: &&ManifestEntry| {
            entry.kind == SourceKind::MasterList
                && (entry.file.split('-').next() == Some(&country)
                    || entry.signer.as_ref() == Some(&signer))
        };
        let held: Vec<ManifestEntry> = self.manifest.entries.iter().filter(same).cloned().collect();
        if held
            .iter()
            .any(|entry| entry.sha256 == digest && (entry.pinned || pinned_by.is_none()))
        {
            self.done.known_already += 1;
            return Ok(());
        }
        // A list without a time cannot be shown to be newer.
        let older = held
            .iter()
            .any(|entry| match (entry.signed_at, list.signed_at) {
                (Some(held), Some(signed)) => signed < held,
                (held, _) => held.is_some(),
            });
        if older && !self.options.force {
            return Err(ImportError::ListOlder { file });
        }
        self.replace(held);
        let unreadable = list
            .certificates
            .iter()
            .filter(|read| read.is_none())
            .count();
        self.enter(
            bytes.to_vec(),
            ManifestEntry {
                file: format!("{country}-{}.ml", &digest[..16]),
                kind: SourceKind::MasterList,
                pinned: pinned_by.is_some(),
                pinned_by,
                signer: Some(signer),
                signed_at: list.signed_at,
                count: list.certificates.len() - unreadable,
                unreadable,
                ..self.entry(digest)
            },
        );
        Ok(())
    }

    /// SHA-256 of the certificate that vouches for a list's signer.
    fn vouched(&self, list: &MasterList) -> Result<Option<String>, ImportError> {
        let by = |trust: &CscaTrust| {
            chain::reaches(&list.signer, &list.links(), trust)
                .filter(|anchor| anchor.pinned)
                .map(|anchor| hex::encode(anchor.certificate.fingerprint()))
        };
        let Some(pin) = self.options.pinned_by else {
            return Ok(by(&self.trust));
        };
        let pins = pem::objects(pin, "CERTIFICATE").unwrap_or_default();
        let only = CscaTrust::from_der(pins.iter().map(Vec::as_slice))?;
        Ok(by(&only))
    }

    fn certificates(&mut self, objects: &[Vec<u8>]) -> Vec<ImportError> {
        let mut refusals = Vec::new();
        let mut taken: Vec<Certificate> = Vec::new();
        let mut links = Vec::new();
        // The directory as it will be, so that a link beside its old key is followed.
        let mut after = CscaTrust::default();
        for anchor in &self.trust.anchors {
            after.add_anchor(anchor.certificate.clone(), anchor.pinned, None);
        }
        after.links = self.trust.links.clone();
        for object in objects {
            let Some(certificate) = Certificate::from_der(object) else {
                refusals.push(ImportError::NothingFound {
                    file: self.source.clone(),
                });
                continue;
            };
            let held = match (certificate.may_issue(), certificate.is_self_signed()) {
                (false, _) => self.trust.signers.contains(&certificate),
                (true, false) => self.trust.links.contains(&certificate),
                (true, true) => {
                    self.trust.known.contains(&certificate.fingerprint())
                        || !after.add_anchor(certificate.clone(), true, None)
                }
            };
            if held || taken.contains(&certificate) && objects.len() < 1000 {
                self.done.known_already += 1;
            } else if certificate.may_issue() && !certificate.is_self_signed() {
                links.push(certificate);
            } else {
                taken.push(certificate);
            }
        }
        after.links.extend(links.iter().cloned());
        for link in links {
            if chain::reaches(&link, &[], &after).is_some() || self.options.accept_unpinned {
                taken.push(link);
            } else {
                let subject = link.subject().readable();
                refusals.push(ImportError::LinkUnanchored { subject });
            }
        }
        if taken.is_empty() {
            return refusals;
        }
        let mut text = String::new();
        for certificate in &taken {
            pem::write(&mut text, certificate.der(), "CERTIFICATE");
        }
        let digest = hex::encode(sha256(text.as_bytes()));
        let entry = ManifestEntry {
            file: format!("certificates-{}.pem", &digest[..16]),
            kind: SourceKind::Certificates,
            // Whoever imports a certificate by hand vouches for it.
            pinned: true,
            count: taken.len(),
            ..self.entry(digest)
        };
        self.enter(text.into_bytes(), entry);
        refusals
    }

    fn crl(&mut self, der: &[u8]) -> Result<(), ImportError> {
        let crl = Crl::from_der(der).ok_or_else(|| ImportError::NothingFound {
            file: self.source.clone(),
        })?;
        let issuer = crl.issuer().readable();
        let believed = crl.believed(None, &self.trust);
        if !believed && !self.options.accept_unpinned {
            return Err(ImportError::CrlUnbelieved { issuer });
        }
        let digest = hex::encode(sha256(der));
        // Two keys of one name may each have a list.
        let signer = match crl.key_id() {
            Some(id) => format!("{issuer} [{}]", hex::encode(id)),
            None => issuer.clone(),
        };
        let same = |entry: &&ManifestEntry| entry.signer.as_ref() == Some(&signer);
        let held: Vec<ManifestEntry> = self.manifest.entries.iter().filter(same).cloned().collect();
        if held.iter().any(|entry| entry.sha256 == digest) {
            self.done.known_already += 1;
            return Ok(());
        }
        let older = |entry: &ManifestEntry| entry.signed_at.is_some_and(|at| crl.this_update < at);
        if held.iter().any(older) && !self.options.force {
            return Err(ImportError::CrlOlder { issuer });
        }
        self.replace(held);
        let country = crl.issuer().country().unwrap_or_default();
        let entry = ManifestEntry {
            file: format!("{country}-{}.crl", &digest[..16]),
            kind: SourceKind::RevocationLists,
            pinned: believed,
            signer: Some(signer),
            signed_at: Some(crl.this_update),
            count: crl.len(),
            ..self.entry(digest)
        };
        self.enter(der.to_vec(), entry);
        Ok(())
    }

    fn entry(&self, digest: String) -> ManifestEntry {
        ManifestEntry {
            file: String::new(),
            kind: SourceKind::Certificates,
            sha256: digest,
            source: self.source.clone(),
            source_sha256: self.source_sha256.clone(),
            imported_at: self.options.at,
            pinned: false,
            pinned_by: None,
            signer: None,
            signed_at: None,
            count: 0,
            unreadable: 0,
        }
    }

    fn replace(&mut self, held: Vec<ManifestEntry>) {
        self.manifest.entries.retain(|entry| !held.contains(entry));
        self.done.entries.retain(|entry| !held.contains(entry));
        self.writes
            .retain(|(name, _)| held.iter().all(|entry| entry.file != *name));
        self.done
            .replaced
            .extend(held.into_iter().map(|entry| entry.file));
    }

    fn enter(&mut self, bytes: Vec<u8>, entry: ManifestEntry) {
        self.done.replaced.retain(|file| *file != entry.file);
        self.writes.push((entry.file.clone(), bytes));
        self.manifest.entries.push(entry.clone());
        self.done.entries.push(entry);
    }

    /// New files first, then the manifest that names them, then the old files go: whenever the
    /// power fails, the manifest names files that are there.
    fn write(mut self, dir: &Path) -> std::io::Result<Imported> {
        if self.writes.is_empty() {
            return Ok(self.done);
        }
        for (name, bytes) in &self.writes {
            manifest::write_whole(dir, name, bytes)?;
        }
        self.manifest.revision += 1;
        self.manifest.write(dir)?;
        for old in &self.done.replaced {
            fs::remove_file(dir.join(old))?;
        }
        Ok(self.done)
    }
}

/// ContentInfo of a CMS message, with any length.
fn is_signed_data(bytes: &[u8]) -> bool {
    const OID: [u8; 11] = [
        0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02,
    ];
    bytes.first() == Some(&0x30) && bytes.iter().take(8).count() == 8 && {
        let head = &bytes[..bytes.len().min(24)];
        head.windows(OID.len()).take(8).any(|part| part == OID)
    }
}
