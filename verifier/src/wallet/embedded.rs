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
mod sums;
mod tickets;
mod tree;
mod uploads;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bundle::ReceiptKey;
use rusqlite::{Connection, TransactionBehavior};

use super::StoreFailure;
use super::cas::{Cas, make_folder, sync_folder};
use super::vault::{SumKeys, Vault};
use crate::keys::{KeyFolder, KeysError};
use crate::log::LogSigner;

/// The layout of the database; a change of it is a new number and a step from the old one.
const SCHEMA_VERSION: i64 = 3;

/// How long a writer waits for another process (`log fsck`) to let go of the database.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

/// Layout 1.
const SCHEMA: &str = "
CREATE TABLE ticket (
    id TEXT PRIMARY KEY, station TEXT NOT NULL, expires_at INTEGER NOT NULL,
    bundle TEXT) STRICT;
CREATE INDEX ticket_open ON ticket (station, expires_at) WHERE bundle IS NULL;
CREATE TABLE upload (
    id TEXT PRIMARY KEY, station TEXT NOT NULL, digest TEXT NOT NULL, length INTEGER NOT NULL,
    started_at INTEGER NOT NULL, finished INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX upload_of ON upload (station, digest);
CREATE TABLE blob (
    digest TEXT PRIMARY KEY, station TEXT NOT NULL, size INTEGER NOT NULL, stored_at INTEGER NOT NULL,
    bundle TEXT) STRICT;
CREATE INDEX blob_unfiled ON blob (station) WHERE bundle IS NULL;
CREATE TABLE bundle (
    digest TEXT PRIMARY KEY, station TEXT NOT NULL, at INTEGER NOT NULL, previous TEXT,
    receipt BLOB, codes TEXT) STRICT;
CREATE TABLE wallet (
    id TEXT PRIMARY KEY, citizen_key BLOB NOT NULL UNIQUE, data_key BLOB NOT NULL) STRICT;
CREATE TABLE entry (
    id TEXT PRIMARY KEY, wallet TEXT NOT NULL REFERENCES wallet (id), number INTEGER NOT NULL,
    bundle TEXT NOT NULL UNIQUE, bundle_id TEXT NOT NULL UNIQUE, visit TEXT NOT NULL UNIQUE,
    station TEXT NOT NULL, filed_at INTEGER NOT NULL, clone_check TEXT NOT NULL, practice INTEGER NOT NULL,
    record BLOB NOT NULL, UNIQUE (wallet, number)) STRICT;
CREATE TABLE document (
    entry TEXT NOT NULL REFERENCES entry (id), n INTEGER NOT NULL, grade TEXT NOT NULL, kind TEXT NOT NULL,
    title TEXT NOT NULL, pages INTEGER NOT NULL, bytes INTEGER NOT NULL, file TEXT NOT NULL UNIQUE,
    PRIMARY KEY (entry, n)) STRICT;
CREATE TABLE view (
    at INTEGER NOT NULL, reader TEXT NOT NULL, wallet TEXT NOT NULL, entry TEXT, document INTEGER) STRICT;
CREATE TABLE leaf (n INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE node (i INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
";

/// What each layout adds to the one before, from 2 on. What was filed before somebody else could, the machine had found.
const STEPS: [&str; 2] = [
    "ALTER TABLE entry ADD COLUMN identified_by TEXT NOT NULL DEFAULT 'machine'",
    "
CREATE TABLE look (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, reader TEXT NOT NULL, purpose TEXT NOT NULL,
    looked TEXT NOT NULL, wallet TEXT, entry TEXT, document INTEGER) STRICT;
INSERT INTO look (at, reader, purpose, looked, wallet, entry, document)
    SELECT at, reader, 'unstated', CASE WHEN document IS NULL THEN 'at_entries' ELSE 'at_document' END,
    wallet, entry, document FROM view ORDER BY rowid;
DROP TABLE view;
CREATE INDEX look_of ON look (wallet, n);
ALTER TABLE bundle ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
CREATE TABLE erasure (leaf INTEGER PRIMARY KEY, salt BLOB NOT NULL, act TEXT NOT NULL) STRICT;
CREATE TABLE erased_leaf (n INTEGER PRIMARY KEY) STRICT;
CREATE TABLE litter (file TEXT PRIMARY KEY, kind TEXT NOT NULL) STRICT;
CREATE TABLE event (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, bundle TEXT NOT NULL) STRICT;
INSERT INTO event (at, kind, bundle) SELECT at, 'filed', digest FROM bundle WHERE receipt IS NOT NULL ORDER BY at;
CREATE TABLE cosigned (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE cosignature (
    size INTEGER NOT NULL REFERENCES cosigned (size), witness TEXT NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (size, witness)) STRICT;
CREATE TABLE sums (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL) STRICT;
",
];

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

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To serve: alone with the folder.
    Serve,
    /// To look at it, perhaps beside a running service; nothing is tidied.
    Inspect,
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Store(#[from] StoreFailure),
    #[error("the database has layout {found}, this program knows {SCHEMA_VERSION}")]
    Layout { found: i64 },
    #[error("the log in the database was signed by another key than log.key.pem")]
    OtherLog,
    #[error("another service works on this store")]
    InUse,
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
        }
    }
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
        make_schema(&mut writer, &log, &vault.sums())?;
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

    pub(super) fn blobs(&self) -> &dyn bundle::BlobSource {
        &self.blobs
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        // A panic while the lock was held rolled its transaction back; the connection is sound.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
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

fn make_schema(
    connection: &mut Connection,
    log: &LogSigner,
    sums: &SumKeys,
) -> Result<(), OpenStoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreFailure::from)?;
    let found: i64 = transaction
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(StoreFailure::from)?;
    if !(0..=SCHEMA_VERSION).contains(&found) {
        return Err(OpenStoreError::Layout { found });
    }
    if found == 0 {
        let note = log.sign(0, tlog_tiles::EMPTY_HASH);
        transaction
            .execute_batch(SCHEMA)
            .and_then(|()| transaction.execute("INSERT INTO head VALUES (1, 0, ?1)", [note]))
            .map_err(StoreFailure::from)?;
    }
    if found < SCHEMA_VERSION {
        step_from(&transaction, found.max(1)).map_err(StoreFailure::from)?;
        sums::begin(&transaction, sums)?;
    }
    transaction.commit().map_err(StoreFailure::from)?;
    Ok(())
}

/// The database as this program would make it, empty and in memory, to hold another against.
fn blank() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    step_from(&connection, 1)?;
    Ok(connection)
}

/// Brings a database of an older layout to the present one.
fn step_from(transaction: &Connection, layout: i64) -> rusqlite::Result<()> {
    for (before, step) in (1..).zip(STEPS) {
        if before >= layout {
            transaction.execute_batch(step)?;
        }
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_the_first_layout_is_brought_to_the_present_one() {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(SCHEMA).unwrap();
        database
            .execute_batch(
                "INSERT INTO wallet VALUES ('w', x'00', x'00');
                 INSERT INTO entry VALUES ('e', 'w', 1, 'b', 'i', 'v', 's', 0, 'not_offered', 0, x'00');
                 INSERT INTO bundle VALUES ('b', 's', 0, NULL, x'00', NULL), ('c', 's', 0, NULL, NULL, 'x');
                 INSERT INTO view VALUES (7, 'r', 'w', 'e', 0);",
            )
            .unwrap();
        step_from(&database, 1).unwrap();
        let told = |what: &str| database.query_row(what, [], |row| row.get::<_, String>(0));
        assert_eq!(told("SELECT identified_by FROM entry").unwrap(), "machine");
        let layout: i64 = database
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .unwrap();
        assert_eq!(layout, 1 + STEPS.len() as i64);
        assert_eq!(layout, SCHEMA_VERSION);
        // The present layout takes no step.
        step_from(&database, SCHEMA_VERSION).unwrap();
        assert_eq!(
            told("SELECT looked || purpose || entry FROM look").unwrap(),
            "at_documentunstatede"
        );
        assert_eq!(told("SELECT kind || bundle FROM event").unwrap(), "filedb");
    }
}
