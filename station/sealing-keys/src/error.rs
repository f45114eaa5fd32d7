//! Why a key cannot be reached where it should lie.

use std::path::PathBuf;

use bundle::KeyError;

/// Every code of this crate's own; those of [`KeyError`] come on top.
pub const CODES: &[&str] = &[
    "key.exists",
    "key.file_not_allowed",
    "key.module",
    "key.not_enrolled",
    "key.not_found",
    "key.other_tpm",
    "key.pin_last_try",
    "key.pin_unavailable",
    "key.record_malformed",
    "key.tls",
    "key.tpm",
    "key.unwritable",
];

/// Why a key could not be opened, made or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// What any key can answer.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// D5: a key in a file needs plain words in the configuration.
    #[error("a key in a file is not allowed here")]
    FileNotAllowed,
    /// There is a key already; it is never written over.
    #[error("{0} holds a key already")]
    Exists(PathBuf),
    /// The record could not be written.
    #[error("{path} cannot be written")]
    Unwritable {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The file is not a key record of ours.
    #[error("{0} is no key record")]
    RecordMalformed(PathBuf),
    /// The key was made, but nobody has signed its certificate yet.
    #[error("the key has no certificate yet")]
    NotEnrolled,
    /// The wrapped key opens only in the TPM that made it.
    #[error("the key was made in another TPM, or its owner was cleared")]
    OtherTpm,
    /// The TPM answered something else than asked.
    #[error("the TPM: {0}")]
    Tpm(String),
    /// The token's driver cannot be used.
    #[error("the PKCS#11 module {path} cannot be used: {detail}")]
    Module { path: PathBuf, detail: String },
    /// The token is there, the key is not.
    #[error("the token holds no such key")]
    NotFound,
    /// The PIN could not be asked for.
    #[error("the PIN cannot be had from where the settings say")]
    PinUnavailable,
    /// One more wrong PIN would lock the token, and nobody is there to type it.
    #[error("one try is left before the token locks; only a person may use it")]
    PinLastTry,
    /// The identity for TLS could not be put together.
    #[error("the TLS identity cannot be used: {0}")]
    Tls(&'static str),
}

impl PlaceError {
    /// The stable code under which `docs/failures.md` explains this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::FileNotAllowed => "key.file_not_allowed",
            Self::Exists(_) => "key.exists",
            Self::Unwritable { .. } => "key.unwritable",
            Self::RecordMalformed(_) => "key.record_malformed",
            Self::NotEnrolled => "key.not_enrolled",
            Self::OtherTpm => "key.other_tpm",
            Self::Tpm(_) => "key.tpm",
            Self::Module { .. } => "key.module",
            Self::NotFound => "key.not_found",
            Self::PinUnavailable => "key.pin_unavailable",
            Self::PinLastTry => "key.pin_last_try",
            Self::Tls(_) => "key.tls",
        }
    }
}
