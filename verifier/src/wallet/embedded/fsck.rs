//! Reads the whole store back: every leaf against the tree, every entry against its leaf and receipt, every paper.

use std::collections::BTreeSet;

use bundle::{EntryId, Sha256Digest, SignedReceipt};
use tlog_tiles::{EMPTY_HASH, record_hash, stored_hash_index, tree_hash};

use super::tree::{self, Nodes};
use super::{Embedded, parse};
use crate::log;
use crate::wallet::vault::{CitizenKey, Purpose};
use crate::wallet::{Fsck, StoreFailure};

/// One row of an entry with what is needed to open it.
struct EntryRow {
    id: String,
    receipt: Option<Vec<u8>>,
    citizen: [u8; 32],
    wrapped: Vec<u8>,
    record: Vec<u8>,
}

impl Embedded {
    pub(in crate::wallet) fn fsck(&self) -> Result<Fsck, StoreFailure> {
        let mut report = Fsck::default();
        self.check_tree(&mut report)?;
        let mut named = BTreeSet::new();
        for entry in self.entry_rows()? {
            report.entries += 1;
            self.check_entry(&entry, &mut named, &mut report)?;
        }
        for file in self.documents.list()? {
            if !named.contains(&file) {
                report.findings.push(format!("fsck.orphan_paper {file}"));
            }
        }
        Ok(report)
    }

    /// Recomputes every node from the leaves and compares the root with the signed head.
    fn check_tree(&self, report: &mut Fsck) -> Result<(), StoreFailure> {
        let reader = self.reader();
        let snapshot = reader.unchecked_transaction()?;
        let size = tree::size(&snapshot)?;
        report.leaves = size;
        let nodes = Nodes::new(&snapshot);
        for n in 0..size {
            let Some(leaf) = tree::leaf(&snapshot, n)? else {
                report.findings.push(format!("fsck.leaf_missing {n}"));
                continue;
            };
            // The nodes this leaf completes must be what its hash and the older nodes make.
            let made = tlog_tiles::stored_hashes(n, &leaf, &nodes).map_err(|_| nodes.failure())?;
            let first = stored_hash_index(0, n);
            let indexes: Vec<u64> = (first..).take(made.len()).collect();
            let stored = tlog_tiles::HashReader::read_hashes(&nodes, &indexes)
                .map_err(|_| nodes.failure())?;
            if made != stored {
                report.findings.push(format!("fsck.leaf_altered {n}"));
            }
        }
        let root = if size == 0 {
            EMPTY_HASH
        } else {
            tree_hash(size, &nodes).map_err(|_| nodes.failure())?
        };
        let note: String = snapshot.query_row("SELECT note FROM head", [], |row| row.get(0))?;
        match log::read_checkpoint(note.as_bytes(), self.log.vkey()) {
            Ok(head) if head.size() == size && *head.hash() == root => {}
            Ok(_) => report.findings.push("fsck.head_other_tree".to_owned()),
            Err(error) => report
                .findings
                .push(format!("fsck.head_unsigned {}", error.code())),
        }
        Ok(())
    }

    fn entry_rows(&self) -> Result<Vec<EntryRow>, StoreFailure> {
        let reader = self.reader();
        let mut statement = reader.prepare(
            "SELECT entry.id, bundle.receipt, wallet.citizen_key, wallet.data_key, entry.record FROM entry
             JOIN wallet ON wallet.id = entry.wallet LEFT JOIN bundle ON bundle.digest = entry.bundle
             ORDER BY entry.filed_at",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(EntryRow {
                id: row.get(0)?,
                receipt: row.get(1)?,
                citizen: row.get(2)?,
                wrapped: row.get(3)?,
                record: row.get(4)?,
            })
        })?;
        rows.collect::<Result<_, _>>().map_err(StoreFailure::from)
    }

    fn check_entry(
        &self,
        row: &EntryRow,
        named: &mut BTreeSet<Sha256Digest>,
        report: &mut Fsck,
    ) -> Result<(), StoreFailure> {
        let id = &row.id;
        let entry: EntryId = parse(id)?;
        let receipt = row
            .receipt
            .as_deref()
            .and_then(|json| SignedReceipt::from_json(json).ok());
        match receipt.and_then(|receipt| receipt.verify(self.receipts.public_key()).ok()) {
            None => report.findings.push(format!("fsck.receipt_missing {id}")),
            Some(receipt) => {
                if receipt.entry != entry || log::check_receipt(&receipt, self.log.vkey()).is_err()
                {
                    report.findings.push(format!("fsck.receipt_wrong {id}"));
                }
                let leaf = log::leaf(
                    &receipt.bundle,
                    receipt.entry,
                    &receipt.station,
                    receipt.filed_at,
                );
                let stored = tree::leaf(&self.reader(), receipt.log.index)?;
                if stored.is_none_or(|stored| record_hash(&stored) != record_hash(&leaf)) {
                    report.findings.push(format!("fsck.entry_not_in_log {id}"));
                }
            }
        }
        let Ok(key) = self
            .vault
            .unwrap(&row.wrapped, &CitizenKey::from_bytes(row.citizen))
        else {
            report.findings.push(format!("fsck.data_key {id}"));
            return Ok(());
        };
        if key.decrypt(Purpose::Record(entry), &row.record).is_err() {
            report.findings.push(format!("fsck.record {id}"));
        }
        let papers: Vec<(u32, String)> = self
            .reader()
            .prepare_cached("SELECT n, file FROM document WHERE entry = ?1")?
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (n, file) in papers {
            report.documents += 1;
            named.insert(parse(&file)?);
            if self.open_paper(&key, entry, n, &file).is_err() {
                report.findings.push(format!("fsck.paper {id} {n}"));
            }
        }
        Ok(())
    }
}
