//! The embedded store: SQLite for small records, content-addressed files for large ones, on one machine.
//!
//! `synchronous=FULL` with WAL: when a transaction returns, a power cut cannot undo it. One connection
//! writes, one reads; SQLite lets them work at the same time. Rows about what is only just arriving go in by a
//! third, which does not wait for the disk: nobody was promised anything for them, and the station sends again what
//! a power cut took (`settling.rs`).

mod cosigning;
mod erasing;
mod filing;
mod fsck;
mod journal;
mod reading;
mod schema;
mod settling;
mod sums;
mod tickets;
mod tree;
mod uploads;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bundle::ReceiptKey;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};

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
    /// Used only by whoever holds `writer`.
    arrivals: Mutex<Connection>,
    blobs: Cas,
    documents: Cas,
    uploads: PathBuf,
    keep_sealed: bool,
    vault: Vault,
    log: LogSigner,
    receipts: ReceiptKey,
    /// Held for as long as this store serves; the system lets go of it when the process ends.
    lock: Option<File>,
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
        let mut settled = true;
        let lock = if access == Access::Serve {
            let mut lock = settling::lock(root).map_err(StoreFailure::from)?;
            lock.try_lock().map_err(|_| OpenStoreError::InUse)?;
            settled = settling::was_settled(&mut lock).map_err(StoreFailure::from)?;
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
        let arrivals = connect(&database, &vault.sums())?;
        arrivals
            .pragma_update(None, "synchronous", "NORMAL")
            .map_err(StoreFailure::from)?;
        let store = Self {
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            arrivals: Mutex::new(arrivals),
            blobs,
            documents,
            uploads,
            keep_sealed,
            vault,
            log,
            receipts,
            lock,
        };
        let head = store.checkpoint()?;
        crate::log::read_checkpoint(head.as_bytes(), store.log.vkey())
            .map_err(|_| OpenStoreError::OtherLog)?;
        if access == Access::Serve {
            store.scrub()?;
            if !settled {
                store.settle()?;
            }
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

    /// Changes rows about what is arriving; nothing is changed where `work` comes to nothing. Unless `safe`, a power cut
    /// may undo them until the next transaction that is.
    fn arriving<T>(
        &self,
        safe: bool,
        work: impl FnOnce(&Transaction<'_>) -> Result<Option<T>, StoreFailure>,
    ) -> Result<Option<T>, StoreFailure> {
        let mut writer = self.writer();
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = if safe { &mut *writer } else { &mut *arrivals };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        if done.is_some() {
            transaction.commit()?;
        }
        Ok(done)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.leave_settled();
    }
}

/// Makes changes by a statement that is kept ready: SQLite takes longer to read one, with the triggers behind it, than
/// to run it.
fn run(
    connection: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(statement)?.execute(values)
}

/// One row, by a statement that is kept ready.
fn row<T>(
    connection: &Connection,
    question: &str,
    values: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.prepare_cached(question)?.query_row(values, read)
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
