//! The file that stands for a key that lies elsewhere: how to find it again, and its certificate.
//!
//! For a TPM it holds the key itself, wrapped so that only that TPM can open it; for a token only the
//! key's id. Key and certificate lie in one file, written whole, so that a rotation is one rename.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::engine::general_purpose::STANDARD as BASE64;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use crate::error::PlaceError;

/// A record is some two kilobytes; more is none of ours.
const MAX_RECORD_BYTES: u64 = 64 * 1024;
const VERSION: u32 = 1;

/// An object of a TPM outside of it: its public part, and its private part encrypted by the TPM.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapped {
    /// TPMT_PUBLIC, base64.
    #[serde(with = "base64_bytes")]
    pub public: Vec<u8>,
    /// The buffer of TPM2B_PRIVATE, base64.
    #[serde(with = "base64_bytes")]
    pub private: Vec<u8>,
}

/// What is known of a key outside the place where it lies.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    version: u32,
    /// The key, where it lies in a TPM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpm: Option<Wrapped>,
    /// The key's id on its token (CKA_ID), hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key: Option<String>,
    /// PEM, once somebody has signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

impl KeyRecord {
    /// A fresh record of a key in a TPM.
    #[must_use]
    pub fn of_tpm(wrapped: Wrapped) -> Self {
        Self {
            version: VERSION,
            tpm: Some(wrapped),
            token_key: None,
            certificate: None,
        }
    }

    /// A fresh record of a key on a token.
    #[must_use]
    pub fn of_token(id: &[u8]) -> Self {
        Self {
            version: VERSION,
            tpm: None,
            token_key: Some(hex::encode(id)),
            certificate: None,
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// When the file is not there or is none.
    pub fn load(path: &Path) -> Result<Self, PlaceError> {
        let unreadable = bundle::KeyError::Unreadable;
        let size = fs::metadata(path).map_err(unreadable)?.len();
        if size > MAX_RECORD_BYTES {
            return Err(PlaceError::RecordMalformed(path.to_owned()));
        }
        let text = fs::read(path).map_err(unreadable)?;
        let record: Self = serde_json::from_slice(&text)
            .map_err(|_| PlaceError::RecordMalformed(path.to_owned()))?;
        if record.version != VERSION || record.tpm.is_some() == record.token_key.is_some() {
            return Err(PlaceError::RecordMalformed(path.to_owned()));
        }
        Ok(record)
    }

    /// Writes a record that must not exist yet: writing over one would lose a key.
    ///
    /// # Errors
    /// [`PlaceError::Exists`], [`PlaceError::Unwritable`].
    pub fn create(&self, path: &Path) -> Result<(), PlaceError> {
        if path.exists() {
            return Err(PlaceError::Exists(path.to_owned()));
        }
        self.replace(path)
    }

    /// Writes the record whole or not at all, over an older one.
    ///
    /// # Errors
    /// [`PlaceError::Unwritable`].
    pub fn replace(&self, path: &Path) -> Result<(), PlaceError> {
        let unwritable = |source| PlaceError::Unwritable {
            path: path.to_owned(),
            source,
        };
        let text = serde_json::to_vec_pretty(self).expect("a record has only texts in it");
        let folder = path.parent().filter(|folder| folder.as_os_str() != "");
        let folder = folder.unwrap_or(Path::new("."));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = folder.join(format!(".{name}.part"));
        let written = fs::create_dir_all(folder).and_then(|()| {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&unfinished, path)?;
            // A renamed file is safe only when its folder is on the disk too.
            fs::File::open(folder)?.sync_all()
        });
        written.map_err(unwritable)
    }

    /// The certificate as DER.
    ///
    /// # Errors
    /// [`PlaceError::NotEnrolled`] before there is one.
    pub fn certificate_der(&self) -> Result<Vec<u8>, PlaceError> {
        let pem = self.certificate.as_ref().ok_or(PlaceError::NotEnrolled)?;
        CertificateDer::from_pem_slice(pem.as_bytes())
            .map(|der| der.to_vec())
            .map_err(|_| bundle::KeyError::Malformed.into())
    }
}

impl fmt::Debug for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRecord(..)")
    }
}

mod base64_bytes {
    use super::BASE64;
    use base64::Engine as _;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text).map_err(|_| D::Error::custom("base64"))
    }
}
