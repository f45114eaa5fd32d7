//! The layouts of the database: each a step from the one before, each step one transaction.
//!
//! A step that was ever released is never edited: somebody's database has taken it. A change of the layout is a
//! new step at the end, and a frozen store of the layout before it in `wallet/contract/layouts` for the tests.

use rusqlite::{Connection, TransactionBehavior};

use super::sums;
use crate::log::LogSigner;
use crate::wallet::vault::SumKeys;
use crate::wallet::{OpenStoreError, StoreFailure};

/// Step `n` (from 0) leads from layout `n` to layout `n + 1`; layout 0 is an empty file.
const STEPS: [&str; 3] = [
    "
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
",
    // What was filed before somebody else could look, the machine had found.
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

/// Brings the database from whatever layout it has to the present one.
pub(super) fn bring_up(
    connection: &mut Connection,
    log: &LogSigner,
    sums: &SumKeys,
) -> Result<(), OpenStoreError> {
    let known = STEPS.len() as i64;
    while let Some(left) = step(connection, log, sums)? {
        if !(0..known).contains(&left) {
            return Err(OpenStoreError::Layout { found: left, known });
        }
    }
    Ok(())
}

/// Takes one step. Gives the layout that was left, or none when the present one was there already. A layout
/// nobody here knows is given back untouched.
fn step(
    connection: &mut Connection,
    log: &LogSigner,
    sums: &SumKeys,
) -> Result<Option<i64>, StoreFailure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found == STEPS.len() as i64 {
        return Ok(None);
    }
    let Some(step) = usize::try_from(found).ok().and_then(|n| STEPS.get(n)) else {
        return Ok(Some(found));
    };
    transaction.execute_batch(step)?;
    if found == 0 {
        let note = log.sign(0, tlog_tiles::EMPTY_HASH);
        transaction.execute("INSERT INTO head VALUES (1, 0, ?1)", [note])?;
    }
    if found + 1 == STEPS.len() as i64 {
        sums::begin(&transaction, sums)?;
    }
    // In the file's header, so it moves with the transaction.
    transaction.pragma_update(None, "user_version", found + 1)?;
    transaction.commit()?;
    Ok(Some(found))
}

/// The database as this program would make it, empty and in memory, to hold another against.
pub(super) fn blank() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    for step in STEPS {
        connection.execute_batch(step)?;
    }
    Ok(connection)
}
