//! What can go wrong with a store: while it works, and when it is opened.

use super::vault::VaultError;
use crate::keys::KeysError;

/// The store could not tell or could not do; asking again may help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFailure {
    #[error("the database failed")]
    Database(#[from] rusqlite::Error),
    #[cfg(feature = "province")]
    #[error("the database server failed")]
    Server(#[from] tokio_postgres::Error),
    #[cfg(feature = "province")]
    #[error("the database server gave no connection")]
    Pool(#[from] deadpool_postgres::PoolError),
    #[error("a file could not be written or read")]
    File(#[from] std::io::Error),
    #[cfg(feature = "province")]
    #[error("the object store failed")]
    Objects(#[from] object_store::Error),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the log's rows do not make a tree")]
    Log,
    #[error("a stored row cannot be read back")]
    Row,
    #[error("another writer was always faster")]
    Contention,
    #[error("a newer program has changed the store; this one may write no more")]
    Outdated,
    /// It may have been kept: nothing that it names may be tidied away, and asking again tells.
    #[error("the database did not say whether it kept what it was given")]
    Unsettled,
}

impl StoreFailure {
    /// The stable code under which `docs/failures.md` explains this failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database(_) => "store.database",
            #[cfg(feature = "province")]
            Self::Server(_) | Self::Pool(_) => "store.database",
            Self::File(_) => "store.file",
            #[cfg(feature = "province")]
            Self::Objects(_) => "store.file",
            Self::Vault(_) => "store.vault",
            Self::Log => "store.log",
            Self::Row => "store.row",
            Self::Contention => "store.contention",
            Self::Outdated => "store.outdated",
            Self::Unsettled => "store.unsettled",
        }
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Store(#[from] StoreFailure),
    #[error("the database has layout {found}, this program knows {known}")]
    Layout { found: i64, known: i64 },
    #[error("the log in the database was signed by another key than log.key.pem")]
    OtherLog,
    #[error("another service works on this store")]
    InUse,
    #[error("this program was built without the store of kind \"postgres\"")]
    NotBuilt,
    #[error("the settings of the store cannot be used: {what}")]
    Settings { what: &'static str },
    #[error("the database server may forget what it acknowledged: {setting} is off")]
    Forgetful { setting: &'static str },
}

impl OpenStoreError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Store(failure) => failure.code(),
            Self::Layout { .. } => "store.layout",
            Self::OtherLog => "store.other_log",
            Self::InUse => "store.in_use",
            Self::NotBuilt => "store.not_built",
            Self::Settings { .. } => "store.settings",
            Self::Forgetful { .. } => "store.forgetful",
        }
    }
}
