//! The layouts of the province's database: each a step from the one before, each step one transaction.
//!
//! A step that was ever released is never edited. Verifiers of the release before may still be at work while a new
//! one takes its step: from then on they file nothing and say so, until they too are of the new release.
//!
//! The tables keep to what other engines of the same wire protocol offer: names are UUIDs or digests, never drawn
//! from a sequence; no foreign keys; what belongs to a citizen begins its key with `citizen_key`, so that it can be
//! spread over many servers by it.

use deadpool_postgres::Transaction;

use super::database::{Database, End};
use crate::log::LogSigner;
use crate::wallet::{Access, OpenStoreError, StoreFailure};

/// Two new verifiers may find an old database at once. Any number that no other lock has.
const LAYOUT_LOCK: i64 = 0x6e69_656d_0001;

/// Step `n` (from 0) leads from layout `n` to layout `n + 1`; layout 0 is an empty database.
const STEPS: [&str; 2] = [
"
CREATE TABLE ticket (
    id uuid PRIMARY KEY, station text NOT NULL, expires_at bigint NOT NULL, bundle bytea);
CREATE INDEX ticket_open ON ticket (station, expires_at) WHERE bundle IS NULL;
CREATE TABLE upload (
    id uuid PRIMARY KEY, station text NOT NULL, digest bytea NOT NULL, length bigint NOT NULL,
    started_at bigint NOT NULL, held bigint NOT NULL DEFAULT 0, finished boolean NOT NULL DEFAULT false);
CREATE INDEX upload_of ON upload (station, digest);
CREATE TABLE piece (
    upload uuid NOT NULL, start bigint NOT NULL, length bigint NOT NULL, object text NOT NULL,
    PRIMARY KEY (upload, start));
CREATE TABLE blob (
    digest bytea PRIMARY KEY, station text NOT NULL, size bigint NOT NULL, stored_at bigint NOT NULL,
    object text, bundle bytea);
CREATE INDEX blob_unfiled ON blob (station) WHERE bundle IS NULL;
CREATE TABLE trash (object text PRIMARY KEY);
CREATE TABLE bundle (
    digest bytea PRIMARY KEY, station text NOT NULL, at bigint NOT NULL, previous bytea, receipt bytea, codes text);
CREATE TABLE visit (id uuid PRIMARY KEY, bundle bytea NOT NULL);
CREATE TABLE bundle_name (id uuid PRIMARY KEY, bundle bytea NOT NULL);
CREATE TABLE wallet (citizen_key bytea PRIMARY KEY, id uuid NOT NULL, data_key bytea NOT NULL);
CREATE INDEX wallet_of ON wallet (id);
CREATE TABLE entry (
    citizen_key bytea NOT NULL, id uuid NOT NULL, number integer NOT NULL, bundle bytea NOT NULL,
    bundle_id uuid NOT NULL, visit uuid NOT NULL, station text NOT NULL, filed_at bigint NOT NULL,
    clone_check text NOT NULL, identified_by text NOT NULL, practice boolean NOT NULL, record bytea NOT NULL,
    PRIMARY KEY (citizen_key, id), UNIQUE (citizen_key, number));
CREATE TABLE document (
    citizen_key bytea NOT NULL, entry uuid NOT NULL, n integer NOT NULL, grade text NOT NULL, kind text NOT NULL,
    title text NOT NULL, pages integer NOT NULL, bytes bigint NOT NULL, file bytea NOT NULL,
    PRIMARY KEY (citizen_key, entry, n));
CREATE TABLE view (
    wallet uuid NOT NULL, id uuid NOT NULL, at bigint NOT NULL, reader text NOT NULL, entry uuid, document integer,
    PRIMARY KEY (wallet, id));
CREATE TABLE leaf (n bigint PRIMARY KEY, data bytea NOT NULL);
CREATE TABLE node (i bigint PRIMARY KEY, hash bytea NOT NULL);
CREATE TABLE head (one integer PRIMARY KEY CHECK (one = 1), size bigint NOT NULL, note text NOT NULL);
",
// Looks with their purpose, numbered wallet by wallet; erasure; the outbox; what witnesses have cosigned.
"
CREATE TABLE look (
    citizen_key bytea NOT NULL, n bigint NOT NULL, at bigint NOT NULL, reader text NOT NULL, purpose text NOT NULL,
    looked text NOT NULL, entry uuid, document integer, PRIMARY KEY (citizen_key, n));
INSERT INTO look (citizen_key, n, at, reader, purpose, looked, entry, document)
    SELECT citizen_key, row_number() OVER (PARTITION BY citizen_key ORDER BY at, view.id), at, reader, 'unstated',
    CASE WHEN document IS NULL THEN 'at_entries' ELSE 'at_document' END, entry, document
    FROM view JOIN wallet ON wallet.id = view.wallet;
DROP TABLE view;
CREATE TABLE erased_look (
    id uuid PRIMARY KEY, at bigint NOT NULL, reader text NOT NULL, purpose text NOT NULL, looked text NOT NULL);
ALTER TABLE bundle ADD COLUMN erased boolean NOT NULL DEFAULT false;
CREATE TABLE erasure (leaf bigint PRIMARY KEY, salt bytea NOT NULL, act text NOT NULL);
CREATE TABLE erased_leaf (n bigint PRIMARY KEY);
CREATE TABLE event (n bigint PRIMARY KEY, at bigint NOT NULL, kind text NOT NULL, bundle bytea NOT NULL);
INSERT INTO event (n, at, kind, bundle)
    SELECT row_number() OVER (ORDER BY at, digest), at, 'filed', digest FROM bundle WHERE receipt IS NOT NULL;
CREATE TABLE cosigned (size bigint PRIMARY KEY, note text NOT NULL);
CREATE TABLE cosignature (
    size bigint NOT NULL, witness text NOT NULL, line text NOT NULL, PRIMARY KEY (size, witness));
",
];

/// The layout this program works with.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

/// Brings the database from whatever layout it has to the present one. Whoever only looks changes nothing.
pub(super) async fn bring_up(
    database: &Database,
    log: &LogSigner,
    access: Access,
) -> Result<(), OpenStoreError> {
    let known = KNOWN;
    if access == Access::Inspect {
        let found = database
            .transact(async |t| Ok(End::Undo(layout(t).await?)))
            .await?;
        return if found == known {
            Ok(())
        } else {
            Err(OpenStoreError::Layout { found, known })
        };
    }
    while let Some(left) = database.transact(async |t| step(t, log).await).await? {
        if !(0..known).contains(&left) {
            return Err(OpenStoreError::Layout { found: left, known });
        }
    }
    Ok(())
}

/// Takes one step. Gives the layout that was left, or none when the present one was there already. A layout
/// nobody here knows is given back untouched.
async fn step(
    transaction: &Transaction<'_>,
    log: &LogSigner,
) -> Result<End<Option<i64>>, StoreFailure> {
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LAYOUT_LOCK])
        .await?;
    let found = layout(transaction).await?;
    if found == KNOWN {
        return Ok(End::Undo(None));
    }
    let Some(step) = usize::try_from(found).ok().and_then(|n| STEPS.get(n)) else {
        return Ok(End::Undo(Some(found)));
    };
    if found == 0 {
        transaction
            .batch_execute(
                "CREATE TABLE layout (one integer PRIMARY KEY CHECK (one = 1), n bigint NOT NULL);
                 INSERT INTO layout VALUES (1, 0);",
            )
            .await?;
    }
    transaction.batch_execute(step).await?;
    if found == 0 {
        let note = log.sign(0, tlog_tiles::EMPTY_HASH);
        transaction
            .execute("INSERT INTO head VALUES (1, 0, $1)", &[&note])
            .await?;
    }
    transaction
        .execute("UPDATE layout SET n = $1", &[&(found + 1)])
        .await?;
    Ok(End::Keep(Some(found)))
}

async fn layout(transaction: &Transaction<'_>) -> Result<i64, StoreFailure> {
    let there: bool = transaction
        .query_one("SELECT to_regclass('layout') IS NOT NULL", &[])
        .await?
        .try_get(0)?;
    if !there {
        return Ok(0);
    }
    let row = transaction.query_one("SELECT n FROM layout", &[]).await?;
    Ok(row.try_get(0)?)
}
