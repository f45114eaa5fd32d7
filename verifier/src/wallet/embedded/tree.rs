//! The rows of the log: leaves, the nodes above them, and the signed head, all moved in one transaction.

use std::cell::RefCell;

use bundle::{LogProof, Sha256Digest};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tlog_tiles::{Hash, HashReader, prove_record, stored_hash_index, stored_hashes, tree_hash};

use super::{Embedded, run};
use crate::log::LogSigner;
use crate::wallet::{StoreFailure, Tile};

/// Height of a tile: 256 hashes wide. C2SP tlog-tiles §"Parameters"
const TILE_HEIGHT: u8 = 8;
pub(super) const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Reads nodes from the database; a database failure is kept aside, since the trait has no room for it.
pub(super) struct Nodes<'a> {
    connection: &'a Connection,
    failure: RefCell<Option<rusqlite::Error>>,
}

impl<'a> Nodes<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            failure: RefCell::new(None),
        }
    }

    /// Turns the log's error into ours, giving the database's own when there was one.
    pub(super) fn failure(&self) -> StoreFailure {
        self.failure
            .borrow_mut()
            .take()
            .map_or(StoreFailure::Log, StoreFailure::Database)
    }

    fn read(&self, index: u64) -> rusqlite::Result<Hash> {
        let index = i64::try_from(index).map_err(|_| rusqlite::Error::QueryReturnedNoRows)?;
        self.connection
            .prepare_cached("SELECT hash FROM node WHERE i = ?1")?
            .query_row([index], |row| row.get::<_, [u8; 32]>(0))
            .map(Hash)
    }
}

impl HashReader for Nodes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes
            .iter()
            .map(|index| {
                self.read(*index).map_err(|error| {
                    self.failure.replace(Some(error));
                    tlog_tiles::Error::IndexesNotInTree
                })
            })
            .collect()
    }
}

/// Appends one leaf and signs the new head; returns the proof that the leaf is under it.
pub(super) fn append(
    transaction: &Transaction<'_>,
    leaf: &[u8],
    log: &LogSigner,
) -> Result<LogProof, StoreFailure> {
    let index = size(transaction)?;
    let nodes = Nodes::new(transaction);
    let new = stored_hashes(index, leaf, &nodes).map_err(|_| nodes.failure())?;
    run(
        transaction,
        "INSERT INTO leaf (n, data) VALUES (?1, ?2)",
        params![row(index)?, leaf],
    )?;
    let first = stored_hash_index(0, index);
    for (i, hash) in (first..).zip(&new) {
        transaction
            .prepare_cached("INSERT INTO node (i, hash) VALUES (?1, ?2)")?
            .execute(params![row(i)?, hash.0])?;
    }
    let tree_size = index + 1;
    let root = tree_hash(tree_size, &nodes).map_err(|_| nodes.failure())?;
    let proof = prove_record(tree_size, index, &nodes).map_err(|_| nodes.failure())?;
    let checkpoint = log.sign(tree_size, root);
    run(
        transaction,
        "UPDATE head SET size = ?1, note = ?2",
        params![row(tree_size)?, checkpoint],
    )?;
    let inclusion = proof
        .iter()
        .map(|hash| Sha256Digest::from_bytes(hash.0))
        .collect();
    Ok(LogProof {
        index,
        tree_size,
        inclusion,
        checkpoint,
    })
}

pub(super) fn size(connection: &Connection) -> Result<u64, StoreFailure> {
    let size: i64 = super::row(connection, "SELECT size FROM head", [], |row| row.get(0))?;
    u64::try_from(size).map_err(|_| StoreFailure::Row)
}

pub(super) fn row(n: u64) -> Result<i64, StoreFailure> {
    i64::try_from(n).map_err(|_| StoreFailure::Row)
}

impl Embedded {
    pub(in crate::wallet) fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreFailure> {
        let reader = self.reader();
        // One read transaction: head and nodes of the same moment.
        let snapshot = reader.unchecked_transaction()?;
        let size = size(&snapshot)?;
        let (level, index, width) = match tile {
            Tile::Hashes {
                level,
                index,
                width,
            } => (level, index, width),
            Tile::Entries { index, width } => (0, index, width),
        };
        // How many nodes the tree has on the tile's own level.
        let nodes_there = size
            .checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
            .unwrap_or(0);
        let Some(end) = index
            .checked_mul(TILE_WIDTH)
            .and_then(|start| start.checked_add(width.into()))
        else {
            return Ok(None);
        };
        if width == 0 || u64::from(width) > TILE_WIDTH || end > nodes_there {
            return Ok(None);
        }
        match tile {
            Tile::Hashes { .. } => {
                let nodes = Nodes::new(&snapshot);
                let tile = tlog_tiles::Tile::new(TILE_HEIGHT, level, index, width, false);
                tile.read_data(&nodes)
                    .map(Some)
                    .map_err(|_| nodes.failure())
            }
            Tile::Entries { .. } => entry_bundle(&snapshot, index * TILE_WIDTH, end).map(Some),
        }
    }
}

/// Leaves one after the other, each behind its length. C2SP tlog-tiles §"Log Entries"
fn entry_bundle(connection: &Connection, start: u64, end: u64) -> Result<Vec<u8>, StoreFailure> {
    let mut out = Vec::new();
    for n in start..end {
        let leaf = leaf(connection, n)?.ok_or(StoreFailure::Log)?;
        let length = u16::try_from(leaf.len()).map_err(|_| StoreFailure::Log)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&leaf);
    }
    Ok(out)
}

pub(super) fn leaf(connection: &Connection, n: u64) -> Result<Option<Vec<u8>>, StoreFailure> {
    Ok(connection
        .prepare_cached("SELECT data FROM leaf WHERE n = ?1")?
        .query_row([row(n)?], |row| row.get(0))
        .optional()?)
}
