//! One paper of a wallet as a container for courts and archives: the PDF, what the wallet says of it, and the receipt with
//! its proof, under one signature (ASiC-E, room `asic`).

use std::io::{Seek, Write};

use asic::{ContainerKey, WriteError, Writer};
use bundle::Sha256Digest;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

use crate::keys::{KeyFolder, KeysError};
use crate::wallet::{BundleState, DocumentView, EntryView, StoreFailure, View, Wallets};

/// The files of such a container.
pub(crate) const DOCUMENT: &str = "document.pdf";
pub(crate) const METADATA: &str = "metadata.json";
pub(crate) const RECEIPT: &str = "receipt.json";

/// Why no container was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreFailure),
    #[error(transparent)]
    Container(#[from] WriteError),
}

impl ExportError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(failure) => failure.code(),
            Self::Container(error) => error.code(),
        }
    }
}

/// What the wallet says of a paper. The citizen is named by the paper alone.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    pub(crate) v: u8,
    pub(crate) grade: String,
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) pages: u32,
    pub(crate) sha256: Sha256Digest,
    pub(crate) entry: bundle::EntryId,
    pub(crate) document: u32,
    pub(crate) bundle: bundle::BundleDigest,
    pub(crate) station: bundle::StationId,
    pub(crate) visit: bundle::VisitId,
    pub(crate) filed_at: Timestamp,
    pub(crate) clone_check: String,
    pub(crate) identified_by: String,
    pub(crate) brought_by: String,
    pub(crate) practice: bool,
}

impl Metadata {
    fn new(entry: &EntryView, document: &DocumentView, pdf: &[u8]) -> Self {
        Self {
            v: 1,
            grade: document.grade.clone(),
            kind: document.kind.clone(),
            title: document.title.clone(),
            pages: document.pages,
            sha256: Sha256Digest::of(pdf),
            entry: entry.entry,
            document: document.n,
            bundle: entry.bundle,
            station: entry.station.clone(),
            visit: entry.visit,
            filed_at: entry.filed_at,
            clone_check: entry.clone_check.clone(),
            identified_by: entry.identified_by.clone(),
            brought_by: entry.brought_by.clone(),
            practice: entry.practice,
        }
    }
}

/// The key that signs containers, with its certificate.
pub struct ExportKey {
    pair: EcdsaKeyPair,
    certificate: Vec<u8>,
}

impl ExportKey {
    /// Reads it; makes it when it is first asked for.
    pub fn load(keys: &KeyFolder, today: jiff::civil::Date) -> Result<Self, KeysError> {
        let (certificate, key) = keys.export_key(today)?;
        let malformed = || KeysError::Malformed {
            path: keys.path("export.key.pem"),
        };
        let certificate =
            CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|_| malformed())?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).map_err(|_| malformed())?;
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            key.secret_pkcs8_der(),
            &SystemRandom::new(),
        );
        Ok(Self {
            pair: pair.map_err(|_| malformed())?,
            certificate: certificate.to_vec(),
        })
    }
}

impl ContainerKey for ExportKey {
    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        signature.as_ref().try_into().ok()
    }
}

/// Writes one paper of one entry as a container. The look is journaled first; `None` when there is no such paper.
pub fn export<W: Write + Seek>(
    wallets: &Wallets,
    view: View<'_>,
    key: &ExportKey,
    out: W,
    at: Timestamp,
) -> Result<Option<W>, ExportError> {
    let of_wallet = View {
        entry: None,
        document: None,
        ..view
    };
    let entries = wallets.entries(of_wallet, at)?.unwrap_or_default();
    let entry = entries.iter().find(|entry| Some(entry.entry) == view.entry);
    let Some(entry) = entry else {
        return Ok(None);
    };
    let mut papers = entry.documents.iter();
    let Some(paper) = papers.find(|paper| Some(paper.n) == view.document) else {
        return Ok(None);
    };
    let Some(document) = wallets.document(view, at)? else {
        return Ok(None);
    };
    let Some(BundleState::Filed(receipt)) = wallets.bundle(&entry.bundle)?.map(|one| one.state)
    else {
        return Ok(None);
    };
    let metadata = Metadata::new(entry, paper, &document.pdf);
    let metadata = serde_json::to_vec_pretty(&metadata).expect("plain fields always serialise");
    let mut writer = Writer::new(out)?;
    writer.add(DOCUMENT, "application/pdf", &mut document.pdf.as_slice())?;
    writer.add(METADATA, "application/json", &mut metadata.as_slice())?;
    let receipt = receipt.to_json();
    writer.add(RECEIPT, "application/json", &mut receipt.as_slice())?;
    Ok(Some(writer.finish(key, at)?))
}
