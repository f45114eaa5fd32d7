//! Reads the whole store back: every leaf against the tree, every entry against its leaf and receipt, every paper.
//!
//! The log is read as of one moment, and page by page; other verifiers go on filing meanwhile.

use std::collections::BTreeSet;

use bundle::{EntryId, Receipt, Sha256Digest, SignedReceipt};
use deadpool_postgres::Transaction;
use tlog_tiles::{EMPTY_HASH, record_hash, stored_hash_count, stored_hash_index, tree_hash};
use uuid::Uuid;

use super::reading::small;
use super::tree::{self, Nodes, frontier};
use super::{Province, bytes32, millis};
use crate::log::{self, LeafKind};
use crate::wallet::vault::{CitizenKey, Purpose};
use crate::wallet::{Fsck, StoreFailure};

/// How many leaves or entries are read at a time.
const PAGE: u64 = 512;

/// One row of an entry with what is needed to open it.
struct EntryRow {
    id: Uuid,
    bundle: [u8; 32],
    visit: Uuid,
    station: String,
    filed_at: i64,
    receipt: Option<Vec<u8>>,
    citizen: [u8; 32],
    wrapped: Vec<u8>,
    record: Vec<u8>,
}

/// What the leaves of the log must be answered by: an entry each, or a row that says that it is erased.
#[derive(Default)]
struct Leaves {
    /// The leaves of filings that nothing has answered for yet.
    open: BTreeSet<u64>,
    erased_by_log: u64,
}

impl Province {
    pub(in crate::wallet) fn fsck(&self) -> Result<Fsck, StoreFailure> {
        self.run(async {
            // What lies there before the rows are read has its row by then, or nobody will make one.
            let stored = self.objects.list("papers").await?;
            let mut client = self.database.client().await?;
            let snapshot = client
                .build_transaction()
                .read_only(true)
                .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
                .start()
                .await?;
            // Reading everything takes longer than a statement of a service may.
            snapshot
                .batch_execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                .await?;
            let mut report = Fsck::default();
            let mut leaves = self.check_tree(&snapshot, &mut report).await?;
            let mut named = BTreeSet::new();
            let mut last = (Vec::new(), Uuid::nil());
            loop {
                let page = entry_rows(&snapshot, &last).await?;
                let Some(end) = page.last() else { break };
                last = (end.citizen.to_vec(), end.id);
                for entry in &page {
                    report.entries += 1;
                    self.check_entry(&snapshot, entry, &mut named, &mut leaves, &mut report)
                        .await?;
                }
            }
            check_erasures(&snapshot, &mut leaves, &mut report).await?;
            for n in &leaves.open {
                report.findings.push(format!("fsck.leaf_unanswered {n}"));
            }
            // An object that waits to be removed is nobody's orphan.
            for row in snapshot.query("SELECT object FROM trash", &[]).await? {
                let object: &str = row.try_get(0)?;
                let name = object.rsplit('/').next().unwrap_or_default();
                named.extend(name.parse::<Sha256Digest>().ok());
            }
            snapshot.rollback().await?;
            for file in stored {
                if file
                    .parse()
                    .is_ok_and(|file: Sha256Digest| !named.contains(&file))
                {
                    report.findings.push(format!("fsck.orphan_paper {file}"));
                }
            }
            Ok(report)
        })
    }

    /// Recomputes every node from the leaves and compares the root with the signed head.
    async fn check_tree(
        &self,
        snapshot: &Transaction<'_>,
        report: &mut Fsck,
    ) -> Result<Leaves, StoreFailure> {
        let size = tree::size(snapshot).await?;
        report.leaves = size;
        let mut answers = Leaves::default();
        for start in (0..size).step_by(PAGE as usize) {
            let end = size.min(start + PAGE);
            let leaves = tree::leaves(snapshot, start, end).await?;
            // The nodes these leaves make, and those they build upon.
            let mut indexes = frontier(start);
            indexes.extend(stored_hash_count(start)..stored_hash_count(end));
            let nodes = Nodes::read(snapshot, &indexes).await?;
            for n in start..end {
                let Some(leaf) = leaves.get(&n) else {
                    report.findings.push(format!("fsck.leaf_missing {n}"));
                    continue;
                };
                match log::read_leaf(leaf).map(|leaf| leaf.kind) {
                    Some(LeafKind::Filed { .. }) => {
                        answers.open.insert(n);
                    }
                    Some(LeafKind::Erased { leaves }) => {
                        answers.erased_by_log = answers.erased_by_log.saturating_add(leaves);
                    }
                    _ => report.findings.push(format!("fsck.leaf_malformed {n}")),
                }
                let first = stored_hash_index(0, n);
                let sound = tlog_tiles::stored_hashes(n, leaf, &nodes).is_ok_and(|made| {
                    (first..)
                        .zip(&made)
                        .all(|(i, hash)| nodes.0.get(&i) == Some(hash))
                });
                if !sound {
                    report.findings.push(format!("fsck.leaf_altered {n}"));
                }
            }
        }
        let root = if size == 0 {
            Some(EMPTY_HASH)
        } else {
            let nodes = Nodes::read(snapshot, &frontier(size)).await?;
            tree_hash(size, &nodes).ok()
        };
        let row = snapshot.query_one("SELECT note FROM head", &[]).await?;
        let note: &str = row.try_get(0)?;
        match log::read_checkpoint(note.as_bytes(), self.log.vkey()) {
            Ok(head) if head.size() == size && Some(*head.hash()) == root => {}
            Ok(_) => report.findings.push("fsck.head_other_tree".to_owned()),
            Err(error) => report
                .findings
                .push(format!("fsck.head_unsigned {}", error.code())),
        }
        Ok(answers)
    }

    async fn check_entry(
        &self,
        snapshot: &Transaction<'_>,
        row: &EntryRow,
        named: &mut BTreeSet<Sha256Digest>,
        leaves: &mut Leaves,
        report: &mut Fsck,
    ) -> Result<(), StoreFailure> {
        let entry = EntryId::from_uuid(row.id);
        let receipt = row
            .receipt
            .as_deref()
            .and_then(|json| SignedReceipt::from_json(json).ok());
        match receipt.and_then(|receipt| receipt.verify(self.receipts.public_key()).ok()) {
            None => report
                .findings
                .push(format!("fsck.receipt_missing {entry}")),
            Some(receipt) => {
                if !says(&receipt, row) || log::check_receipt(&receipt, self.log.vkey()).is_err() {
                    report.findings.push(format!("fsck.receipt_wrong {entry}"));
                }
                let leaf = log::leaf(
                    &receipt.bundle,
                    receipt.entry,
                    &receipt.station,
                    receipt.filed_at,
                );
                let index = receipt.log.index;
                let stored = tree::leaves(snapshot, index, index.saturating_add(1)).await?;
                let stored = stored.get(&index).map(|leaf| record_hash(leaf));
                // Two entries cannot answer for one leaf.
                if stored != Some(record_hash(&leaf)) || !leaves.open.remove(&index) {
                    report
                        .findings
                        .push(format!("fsck.entry_not_in_log {entry}"));
                }
            }
        }
        // Named before they are opened: the papers of a wallet whose key is lost are nobody's orphans.
        let papers = papers_of(snapshot, row).await?;
        named.extend(papers.iter().map(|(_, file)| *file));
        report.documents += papers.len() as u64;
        let Ok(key) = self
            .vault
            .unwrap(&row.wrapped, &CitizenKey::from_bytes(row.citizen))
        else {
            report.findings.push(format!("fsck.data_key {entry}"));
            return Ok(());
        };
        if key.decrypt(Purpose::Record(entry), &row.record).is_err() {
            report.findings.push(format!("fsck.record {entry}"));
        }
        for (n, file) in papers {
            if self.open_paper(&key, entry, n, &file).await.is_err() {
                report.findings.push(format!("fsck.paper {entry} {n}"));
            }
        }
        Ok(())
    }
}

fn says(receipt: &Receipt, row: &EntryRow) -> bool {
    receipt.entry.uuid() == row.id
        && *receipt.bundle.as_bytes() == row.bundle
        && receipt.visit.uuid() == row.visit
        && receipt.station.as_str() == row.station
        && millis(receipt.filed_at) == row.filed_at
}

/// Every leaf said to be erased has lost its entry, and as many are said so as the log itself tells.
async fn check_erasures(
    snapshot: &Transaction<'_>,
    leaves: &mut Leaves,
    report: &mut Fsck,
) -> Result<(), StoreFailure> {
    #[derive(serde::Deserialize)]
    struct Act {
        at: jiff::Timestamp,
        leaves: u64,
    }
    for row in snapshot
        .query("SELECT leaf, salt, act FROM erasure ORDER BY leaf", &[])
        .await?
    {
        let (n, act): (i64, &str) = (row.try_get(0)?, row.try_get(2)?);
        let place = u64::try_from(n).unwrap_or(u64::MAX);
        let stored = tree::leaves(snapshot, place, place.saturating_add(1)).await;
        let told = serde_json::from_str::<Act>(act).ok();
        let made = told
            .zip(bytes32(row.try_get(1)?).ok())
            .map(|(told, salt)| log::erased_leaf(&salt, act, told.leaves, told.at));
        if made.is_none() || stored.ok().and_then(|mut leaves| leaves.remove(&place)) != made {
            report.findings.push(format!("fsck.erasure_not_in_log {n}"));
        }
    }
    let mut count = 0;
    for row in snapshot
        .query("SELECT n FROM erased_leaf ORDER BY n", &[])
        .await?
    {
        let n: i64 = row.try_get(0)?;
        count += 1;
        if !u64::try_from(n).is_ok_and(|n| leaves.open.remove(&n)) {
            report.findings.push(format!("fsck.erased_too_many {n}"));
        }
    }
    if count != leaves.erased_by_log {
        report
            .findings
            .push(format!("fsck.erased_too_many {count}"));
    }
    Ok(())
}

/// The next page of entries behind the last one that was read.
async fn entry_rows(
    snapshot: &Transaction<'_>,
    last: &(Vec<u8>, Uuid),
) -> Result<Vec<EntryRow>, StoreFailure> {
    let statement = snapshot
        .prepare_cached(
            "SELECT entry.id, bundle.receipt, entry.citizen_key, wallet.data_key, entry.record, entry.bundle,
             entry.visit, entry.station, entry.filed_at FROM entry
             JOIN wallet ON wallet.citizen_key = entry.citizen_key
             LEFT JOIN bundle ON bundle.digest = entry.bundle
             WHERE (entry.citizen_key, entry.id) > ($1, $2)
             ORDER BY entry.citizen_key, entry.id LIMIT $3",
        )
        .await?;
    let rows = snapshot
        .query(&statement, &[&last.0, &last.1, &(PAGE as i64)])
        .await?;
    rows.iter()
        .map(|row| {
            Ok(EntryRow {
                id: row.try_get(0)?,
                receipt: row.try_get(1)?,
                citizen: bytes32(row.try_get(2)?)?,
                wrapped: row.try_get(3)?,
                record: row.try_get(4)?,
                bundle: bytes32(row.try_get(5)?)?,
                visit: row.try_get(6)?,
                station: row.try_get(7)?,
                filed_at: row.try_get(8)?,
            })
        })
        .collect()
}

async fn papers_of(
    snapshot: &Transaction<'_>,
    row: &EntryRow,
) -> Result<Vec<(u32, Sha256Digest)>, StoreFailure> {
    let statement = snapshot
        .prepare_cached(
            "SELECT n, file FROM document WHERE citizen_key = $1 AND entry = $2 ORDER BY n",
        )
        .await?;
    let rows = snapshot
        .query(&statement, &[&row.citizen.as_slice(), &row.id])
        .await?;
    rows.iter()
        .map(|row| {
            let file = Sha256Digest::from_bytes(bytes32(row.try_get(1)?)?);
            Ok((small(row.try_get(0)?)?, file))
        })
        .collect()
}
