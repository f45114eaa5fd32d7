//! The embedded store: SQLite for small records, content-addressed files for large ones, on one machine.
//!
//! `synchronous=FULL` with WAL: when a transaction returns, a power cut cannot undo it. One connection
//! writes, one reads; SQLite lets them work at the same time.

mod cosigning;
mod erasing;
mod filing;
mod fsck;
mod journal;
mod reading;
mod schema;
mod sums;
mod tickets;
mod tree;
mod uploads;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bundle::ReceiptKey;
use rusqlite::Connection;

use super::cas::{Cas, make_folder, sync_folder};
use super::vault::{SumKeys, Vault};
use super::{Access, OpenStoreError, StoreFailure};
use crate::keys::{KeyFolder, KeysError};
use crate::log::LogSigner;

/// How long a writer waits for another process (`log fsck`) to let go of the database.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// SQLite and files in one folder.
pub struct Embedded {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    blobs: Cas,
    documents: Cas,
    uploads: PathBuf,
    keep_sealed: bool,
    vault: Vault,
    log: LogSigner,
    receipts: ReceiptKey,
    /// Held for as long as this store serves; the system lets go of it when the process ends.
    _lock: Option<File>,
}

impl Embedded {
    /// Opens the store in `root`, making it when there is none.
    pub fn open(
        root: &Path,
        keys: &KeyFolder,
        keep_sealed: bool,
        access: Access,
    ) -> Result<Self, OpenStoreError> {
        let vault = Vault::load(keys)?;
        let log = LogSigner::load(keys)?;
        let path = keys.path("receipt.key.pem");
        let receipts = ReceiptKey::load(&path).map_err(|_| KeysError::Malformed { path })?;

        make_folder(root).map_err(StoreFailure::from)?;
        let uploads = root.join("uploads");
        std::fs::create_dir_all(&uploads).map_err(StoreFailure::from)?;
        let blobs = Cas::open(root.join("blobs")).map_err(StoreFailure::from)?;
        let documents = Cas::open(root.join("documents")).map_err(StoreFailure::from)?;
        let lock = if access == Access::Serve {
            let lock = File::create(root.join("verifier.lock")).map_err(StoreFailure::from)?;
            lock.try_lock().map_err(|_| OpenStoreError::InUse)?;
            blobs
                .sweep()
                .and_then(|()| documents.sweep())
                .map_err(StoreFailure::from)?;
            Some(lock)
        } else {
            None
        };
        sync_folder(root).map_err(StoreFailure::from)?;

        let database = root.join("verifier.sqlite");
        let mut writer = connect(&database, &vault.sums())?;
        schema::bring_up(&mut writer, &log, &vault.sums())?;
        let reader = connect(&database, &vault.sums())?;
        let store = Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            blobs,
            documents,
            uploads,
            keep_sealed,
            vault,
            log,
            receipts,
            _lock: lock,
        };
        let head = store.checkpoint()?;
        crate::log::read_checkpoint(head.as_bytes(), store.log.vkey())
            .map_err(|_| OpenStoreError::OtherLog)?;
        if access == Access::Serve {
            store.scrub()?;
        }
        Ok(store)
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back; the connection is sound.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl bundle::BlobSource for Embedded {
    fn open(
        &self,
        digest: &bundle::Sha256Digest,
    ) -> std::io::Result<Box<dyn std::io::Read + Send>> {
        self.blobs.open(digest)
    }
}

fn connect(database: &Path, sums: &Arc<SumKeys>) -> Result<Connection, StoreFailure> {
    let connection = Connection::open(database)?;
    sums::register(&connection, sums.clone())?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL, not NORMAL: in WAL mode only FULL syncs at every commit.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten, and nothing is put aside in a temporary file: an erased key must be gone.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Times are kept in milliseconds since 1970.
fn millis(at: jiff::Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Result<jiff::Timestamp, StoreFailure> {
    jiff::Timestamp::from_millisecond(millis).map_err(|_| StoreFailure::Row)
}

/// Reads a name back from its text.
fn parse<T: std::str::FromStr>(text: &str) -> Result<T, StoreFailure> {
    text.parse().map_err(|_| StoreFailure::Row)
}
