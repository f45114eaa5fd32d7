//! The rows of the log: leaves, the nodes above them, and the signed head, all moved in one transaction.
//!
//! One sequencer at a time, among all verifiers: whoever appends holds an advisory lock until its transaction ends.
//! Should the lock ever fail (a proxy between, another engine), the head is moved only from the size that was read,
//! and two leaves cannot have one number: the log stops before it forks.

use std::collections::BTreeMap;

use bundle::{LogProof, Sha256Digest};
use deadpool_postgres::{GenericClient, Transaction};
use tlog_tiles::{
    Hash, HashReader, prove_record, stored_hash_index, stored_hashes, sub_tree_index, tree_hash,
};

use super::{Province, bytes32, schema, signed, unsigned};
use crate::log::LogSigner;
use crate::wallet::{StoreFailure, Tile};

/// The sequencer's lock. Any number that no other lock has.
const LOG_LOCK: i64 = 0x6e69_656d_0002;

/// Height of a tile: 256 hashes wide. C2SP tlog-tiles §"Parameters"
const TILE_HEIGHT: u8 = 8;
const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// Nodes that were read beforehand; the log's own code asks for them without waiting.
#[derive(Default)]
pub(super) struct Nodes(pub(super) BTreeMap<u64, Hash>);

impl HashReader for Nodes {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes
            .iter()
            .map(|index| self.0.get(index).copied())
            .collect::<Option<_>>()
            .ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

impl Nodes {
    pub(super) async fn read(
        client: &impl GenericClient,
        indexes: &[u64],
    ) -> Result<Self, StoreFailure> {
        let wanted = indexes
            .iter()
            .map(|i| signed(*i))
            .collect::<Result<Vec<_>, _>>()?;
        let statement = client
            .prepare_cached("SELECT i, hash FROM node WHERE i = ANY($1)")
            .await?;
        let mut nodes = BTreeMap::new();
        for row in client.query(&statement, &[&wanted]).await? {
            nodes.insert(unsigned(row.try_get(0)?)?, Hash(bytes32(row.try_get(1)?)?));
        }
        Ok(Self(nodes))
    }
}

/// The roots of the whole subtrees that a tree of this size consists of: all that a new leaf needs to know.
pub(super) fn frontier(size: u64) -> Vec<u64> {
    if size == 0 {
        Vec::new()
    } else {
        sub_tree_index(0, size, Vec::new())
    }
}

/// Appends one leaf and signs the new head; returns the proof that the leaf is under it. Must come last in its
/// transaction: from here to its end nobody else appends.
pub(super) async fn append(
    transaction: &Transaction<'_>,
    leaf: &[u8],
    log: &LogSigner,
) -> Result<LogProof, StoreFailure> {
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOG_LOCK])
        .await?;
    let index = size_of_our_layout(transaction).await?;
    let mut nodes = Nodes::read(transaction, &frontier(index)).await?;
    let new = stored_hashes(index, leaf, &nodes).map_err(|_| StoreFailure::Log)?;
    let first = stored_hash_index(0, index);
    nodes.0.extend((first..).zip(new.iter().copied()));
    let tree_size = index + 1;
    let root = tree_hash(tree_size, &nodes).map_err(|_| StoreFailure::Log)?;
    let proof = prove_record(tree_size, index, &nodes).map_err(|_| StoreFailure::Log)?;
    let checkpoint = log.sign(tree_size, root);

    let statement = transaction
        .prepare_cached("INSERT INTO leaf (n, data) VALUES ($1, $2)")
        .await?;
    transaction
        .execute(&statement, &[&signed(index)?, &leaf])
        .await?;
    let indexes = (first..)
        .take(new.len())
        .map(signed)
        .collect::<Result<Vec<_>, _>>()?;
    let hashes: Vec<&[u8]> = new.iter().map(|hash| hash.0.as_slice()).collect();
    let statement = transaction
        .prepare_cached(
            "INSERT INTO node (i, hash) SELECT * FROM unnest($1::bigint[], $2::bytea[])",
        )
        .await?;
    transaction
        .execute(&statement, &[&indexes, &hashes])
        .await?;
    let statement = transaction
        .prepare_cached("UPDATE head SET size = $1, note = $2 WHERE size = $3")
        .await?;
    let moved = transaction
        .execute(
            &statement,
            &[&signed(tree_size)?, &checkpoint, &signed(index)?],
        )
        .await?;
    if moved != 1 {
        return Err(StoreFailure::Contention);
    }
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

/// The size of the log, unless a newer program has given the store another layout: then this one must write no more.
async fn size_of_our_layout(transaction: &Transaction<'_>) -> Result<u64, StoreFailure> {
    let statement = transaction
        .prepare_cached("SELECT head.size, layout.n FROM head, layout")
        .await?;
    let row = transaction.query_one(&statement, &[]).await?;
    if row.try_get::<_, i64>(1)? != schema::KNOWN {
        return Err(StoreFailure::Outdated);
    }
    unsigned(row.try_get(0)?)
}

pub(super) async fn size(client: &impl GenericClient) -> Result<u64, StoreFailure> {
    let statement = client.prepare_cached("SELECT size FROM head").await?;
    unsigned(client.query_one(&statement, &[]).await?.try_get(0)?)
}

/// The leaves from `start` up to but not including `end`.
pub(super) async fn leaves(
    client: &impl GenericClient,
    start: u64,
    end: u64,
) -> Result<BTreeMap<u64, Vec<u8>>, StoreFailure> {
    let statement = client
        .prepare_cached("SELECT n, data FROM leaf WHERE n >= $1 AND n < $2")
        .await?;
    let rows = client
        .query(&statement, &[&signed(start)?, &signed(end)?])
        .await?;
    rows.iter()
        .map(|row| Ok((unsigned(row.try_get(0)?)?, row.try_get(1)?)))
        .collect()
}

impl Province {
    pub(in crate::wallet) fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            // What is under the head never changes again, so that the reads need not be of one moment.
            let size = size(&client).await?;
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
            let Some(start) = index.checked_mul(TILE_WIDTH) else {
                return Ok(None);
            };
            let Some(end) = start.checked_add(width.into()) else {
                return Ok(None);
            };
            if width == 0 || u64::from(width) > TILE_WIDTH || end > nodes_there {
                return Ok(None);
            }
            match tile {
                Tile::Hashes { .. } => {
                    let indexes: Vec<u64> = (start..end)
                        .map(|n| stored_hash_index(level * TILE_HEIGHT, n))
                        .collect();
                    let nodes = Nodes::read(&client, &indexes).await?;
                    let hashes = nodes.read_hashes(&indexes).map_err(|_| StoreFailure::Log)?;
                    Ok(Some(hashes.iter().flat_map(|hash| hash.0).collect()))
                }
                Tile::Entries { .. } => {
                    let leaves = leaves(&client, start, end).await?;
                    entry_bundle(&leaves, start, end).map(Some)
                }
            }
        })
    }
}

/// Leaves one after the other, each behind its length. C2SP tlog-tiles §"Log Entries"
fn entry_bundle(
    leaves: &BTreeMap<u64, Vec<u8>>,
    start: u64,
    end: u64,
) -> Result<Vec<u8>, StoreFailure> {
    let mut out = Vec::new();
    for n in start..end {
        let leaf = leaves.get(&n).ok_or(StoreFailure::Log)?;
        let length = u16::try_from(leaf.len()).map_err(|_| StoreFailure::Log)?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(leaf);
    }
    Ok(out)
}
