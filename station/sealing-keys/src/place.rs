//! What the settings say of a key that lies in a TPM or on a token, and how it is opened there.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use crate::certified::{BareKey, CertifiedKey};
use crate::error::PlaceError;
use crate::pin::PinSource;
use crate::record::KeyRecord;
use crate::token::{TokenKey, TokenKeyName};
use crate::tpm::TpmKey;

/// The desk's own TPM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TpmPlace {
    /// How to speak to it: `device:/dev/tpmrm0`; in tests `swtpm:host=127.0.0.1,port=2321`.
    pub tcti: String,
    /// The file with the wrapped key and its certificate.
    pub record: PathBuf,
}

impl TpmPlace {
    /// Makes a key in the TPM and writes its record, without a certificate yet.
    ///
    /// # Errors
    /// See [`PlaceError`]; a record that is there is not touched.
    pub fn create(&self) -> Result<TpmKey, PlaceError> {
        if self.record.exists() {
            return Err(PlaceError::Exists(self.record.clone()));
        }
        let (key, wrapped) = TpmKey::create(&self.tcti)?;
        KeyRecord::of_tpm(wrapped).create(&self.record)?;
        Ok(key)
    }

    /// Opens the key, whether it has a certificate or not.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn bare(&self) -> Result<(TpmKey, KeyRecord), PlaceError> {
        let record = KeyRecord::load(&self.record)?;
        let wrapped = record
            .tpm
            .as_ref()
            .ok_or_else(|| PlaceError::RecordMalformed(self.record.clone()))?;
        Ok((TpmKey::open(&self.tcti, wrapped)?, record))
    }

    /// Opens the enrolled key.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn open(&self) -> Result<CertifiedKey, PlaceError> {
        let (key, record) = self.bare()?;
        certified(key, &record)
    }
}

/// A key on a PKCS#11 token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPlace {
    /// The maker's PKCS#11 module, e.g. `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// Where the PIN comes from: `prompt`, `env:NAME` or `fd:N`.
    pub pin: PinSource,
    /// The key's label on the token; left out where `record` says which key it is.
    #[serde(default)]
    pub key: Option<String>,
    /// The file with the key's id and certificate, for keys that this program made.
    #[serde(default)]
    pub record: Option<PathBuf>,
}

impl TokenPlace {
    /// Makes a key on the token and writes its record, without a certificate yet.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn create(&self, label: &str) -> Result<TokenKey, PlaceError> {
        let record = self.record.as_ref().ok_or(PlaceError::NotFound)?;
        if record.exists() {
            return Err(PlaceError::Exists(record.clone()));
        }
        let (key, id) = TokenKey::create(&self.module, &self.token, &self.pin, label)?;
        KeyRecord::of_token(&id).create(record)?;
        Ok(key)
    }

    /// Opens the key that the record names.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn bare(&self) -> Result<(TokenKey, KeyRecord), PlaceError> {
        let path = self.record.as_ref().ok_or(PlaceError::NotFound)?;
        let record = KeyRecord::load(path)?;
        let id = record
            .token_key
            .as_ref()
            .and_then(|id| hex::decode(id).ok())
            .ok_or_else(|| PlaceError::RecordMalformed(path.clone()))?;
        let name = TokenKeyName::Id(id);
        let key = TokenKey::open(&self.module, &self.token, &self.pin, &name)?;
        Ok((key, record))
    }

    /// Opens the key with its certificate: the record's, or the one that lies on the token beside it.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn open(&self) -> Result<CertifiedKey, PlaceError> {
        if self.record.is_some() {
            let (key, record) = self.bare()?;
            return certified(key, &record);
        }
        let name = match &self.key {
            Some(label) => TokenKeyName::Label(label.clone()),
            None => TokenKeyName::Only,
        };
        let key = TokenKey::open(&self.module, &self.token, &self.pin, &name)?;
        let certificate = key.certificate()?.ok_or(PlaceError::NotEnrolled)?;
        Ok(CertifiedKey::new(Arc::new(key), certificate)?)
    }
}

fn certified(key: impl BareKey + 'static, record: &KeyRecord) -> Result<CertifiedKey, PlaceError> {
    let certificate = record.certificate_der()?;
    Ok(CertifiedKey::new(Arc::new(key), certificate)?)
}
