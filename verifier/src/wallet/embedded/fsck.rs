//! Reads the whole store back: every row against its sum, every leaf against the tree, every entry against its
//! leaf and receipt, every file against its name.
//!
//! Two nets, one over the other. The sums find any change made without the verifier's keys, in whatever table.
//! What can be recomputed is recomputed besides: it says where, and it holds against whoever has the keys.

use std::collections::BTreeSet;

use bundle::{EntryId, Receipt, Sha256Digest, SignedReceipt};
use rusqlite::{Connection, Transaction};
use tlog_tiles::{EMPTY_HASH, record_hash, stored_hash_index, tree_hash};

use super::tree::{self, Nodes};
use super::{Embedded, millis, parse, schema, sums};
use crate::log::{self, LeafKind};
use crate::wallet::cas::{Cas, digest_file};
use crate::wallet::vault::{CitizenKey, Purpose};
use crate::wallet::{Fsck, StoreFailure};

/// One row of an entry with what is needed to open it.
struct EntryRow {
    id: String,
    bundle: String,
    visit: String,
    station: String,
    filed_at: i64,
    receipt: Option<Vec<u8>>,
    citizen: [u8; 32],
    wrapped: Vec<u8>,
    record: Vec<u8>,
}

/// What the leaves of one kind must be answered by: an entry each, or a row that says that it is erased.
struct Leaves {
    filed: Vec<bool>,
    answered: Vec<bool>,
    erased_by_log: u64,
}

impl Embedded {
    pub(in crate::wallet) fn fsck(&self) -> Result<Fsck, StoreFailure> {
        let mut report = Fsck::default();
        let reader = self.reader();
        // One read transaction: everything as it was at one moment, though filing goes on.
        let snapshot = reader.unchecked_transaction()?;
        self.check_rows(&snapshot, &mut report)?;
        let mut leaves = self.check_tree(&snapshot, &mut report)?;
        let mut named = BTreeSet::new();
        for entry in entry_rows(&snapshot)? {
            report.entries += 1;
            self.check_entry(&snapshot, &entry, &mut named, &mut leaves, &mut report)?;
        }
        check_erasures(&snapshot, &mut leaves, &mut report)?;
        for (n, _) in leaves
            .filed
            .iter()
            .zip(&leaves.answered)
            .enumerate()
            .filter(|(_, (filed, answered))| **filed && !**answered)
        {
            report.findings.push(format!("fsck.leaf_unanswered {n}"));
        }
        self.check_files(&snapshot, &named, &mut report)?;
        Ok(report)
    }

    /// The database's own form, its layout, and the sum of each table.
    fn check_rows(
        &self,
        snapshot: &Transaction<'_>,
        report: &mut Fsck,
    ) -> Result<(), StoreFailure> {
        let sound: String =
            snapshot.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if sound != "ok" {
            report.findings.push("fsck.database".to_owned());
        }
        let blank = schema::blank()?;
        blank.execute_batch(&sums::triggers(&blank)?)?;
        if layout(snapshot)? != layout(&blank)? {
            report.findings.push("fsck.layout".to_owned());
        }
        for table in sums::altered(snapshot, &self.vault.sums())? {
            report.findings.push(format!("fsck.rows_altered {table}"));
        }
        Ok(())
    }

    /// Recomputes every node from the leaves and compares the root with the signed head.
    fn check_tree(
        &self,
        snapshot: &Transaction<'_>,
        report: &mut Fsck,
    ) -> Result<Leaves, StoreFailure> {
        let size = tree::size(snapshot)?;
        let count: i64 = snapshot.query_row("SELECT count(*) FROM leaf", [], |row| row.get(0))?;
        report.leaves = size;
        // A head that says more than there is must not make us ask for memory.
        let there = usize::try_from(count).map_err(|_| StoreFailure::Row)?;
        let mut leaves = Leaves {
            filed: vec![false; there],
            answered: vec![false; there],
            erased_by_log: 0,
        };
        if size != count as u64 {
            report.findings.push(format!("fsck.leaf_missing {count}"));
        }
        let nodes = Nodes::new(snapshot);
        for n in 0..size.min(count as u64) {
            let Some(leaf) = tree::leaf(snapshot, n)? else {
                report.findings.push(format!("fsck.leaf_missing {n}"));
                continue;
            };
            match log::read_leaf(&leaf).map(|leaf| leaf.kind) {
                Some(LeafKind::Filed { .. }) => leaves.filed[n as usize] = true,
                Some(LeafKind::Erased { leaves: count }) => {
                    leaves.erased_by_log = leaves.erased_by_log.saturating_add(count);
                }
                _ => report.findings.push(format!("fsck.leaf_malformed {n}")),
            }
            // The nodes this leaf completes must be what its hash and the older nodes make.
            let Ok(made) = tlog_tiles::stored_hashes(n, &leaf, &nodes) else {
                report.findings.push(format!("fsck.node_missing {n}"));
                continue;
            };
            let first = stored_hash_index(0, n);
            let indexes: Vec<u64> = (first..).take(made.len()).collect();
            match tlog_tiles::HashReader::read_hashes(&nodes, &indexes) {
                Ok(stored) if stored == made => {}
                Ok(_) => report.findings.push(format!("fsck.leaf_altered {n}")),
                Err(_) => report.findings.push(format!("fsck.node_missing {n}")),
            }
        }
        let root = if size == 0 {
            Some(EMPTY_HASH)
        } else {
            tree_hash(size, &nodes).ok()
        };
        let note: String = snapshot.query_row("SELECT note FROM head", [], |row| row.get(0))?;
        match log::read_checkpoint(note.as_bytes(), self.log.vkey()) {
            Ok(head) if head.size() == size && Some(*head.hash()) == root => {}
            Ok(_) => report.findings.push("fsck.head_other_tree".to_owned()),
            Err(error) => report
                .findings
                .push(format!("fsck.head_unsigned {}", error.code())),
        }
        Ok(leaves)
    }

    fn check_entry(
        &self,
        snapshot: &Transaction<'_>,
        row: &EntryRow,
        named: &mut BTreeSet<Sha256Digest>,
        leaves: &mut Leaves,
        report: &mut Fsck,
    ) -> Result<(), StoreFailure> {
        let id = &row.id;
        let Ok(entry) = parse::<EntryId>(id) else {
            report.findings.push(format!("fsck.receipt_wrong {id}"));
            return Ok(());
        };
        let receipt = row
            .receipt
            .as_deref()
            .and_then(|json| SignedReceipt::from_json(json).ok());
        match receipt.and_then(|receipt| receipt.verify(self.receipts.public_key()).ok()) {
            None => report.findings.push(format!("fsck.receipt_missing {id}")),
            Some(receipt) => {
                if !says(&receipt, row) || log::check_receipt(&receipt, self.log.vkey()).is_err() {
                    report.findings.push(format!("fsck.receipt_wrong {id}"));
                }
                let leaf = log::leaf(
                    &receipt.bundle,
                    receipt.entry,
                    &receipt.station,
                    receipt.filed_at,
                );
                let index = receipt.log.index;
                let stored = tree::leaf(snapshot, index)?;
                let same = stored.is_some_and(|stored| record_hash(&stored) == record_hash(&leaf));
                let answered = usize::try_from(index)
                    .ok()
                    .and_then(|index| leaves.answered.get_mut(index));
                match answered {
                    Some(answered) if same && !*answered => *answered = true,
                    _ => report.findings.push(format!("fsck.entry_not_in_log {id}")),
                }
            }
        }
        // Names are taken down first: a paper whose key is spoilt still belongs to somebody.
        let papers: Vec<(u32, String)> = snapshot
            .prepare_cached("SELECT n, file FROM document WHERE entry = ?1")?
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let papers: Vec<(u32, Option<Sha256Digest>)> = papers
            .into_iter()
            .map(|(n, file)| (n, parse(&file).ok()))
            .collect();
        named.extend(papers.iter().filter_map(|(_, file)| *file));
        report.documents += papers.len() as u64;
        let Ok(key) = self
            .vault
            .unwrap(&row.wrapped, &CitizenKey::from_bytes(row.citizen))
        else {
            report.findings.push(format!("fsck.data_key {id}"));
            return Ok(());
        };
        match key.decrypt(Purpose::Record(entry), &row.record) {
            Err(_) => report.findings.push(format!("fsck.record {id}")),
            Ok(record) => check_documents(snapshot, id, &record, report)?,
        }
        for (n, file) in papers {
            let opens =
                file.is_some_and(|file| self.open_paper(&key, entry, n, &file.to_string()).is_ok());
            if !opens {
                report.findings.push(format!("fsck.paper {id} {n}"));
            }
        }
        Ok(())
    }

    /// Every file is named by a row and is what its name says. An upload under way is neither: its bytes are
    /// looked at when it ends.
    fn check_files(
        &self,
        snapshot: &Transaction<'_>,
        named: &BTreeSet<Sha256Digest>,
        report: &mut Fsck,
    ) -> Result<(), StoreFailure> {
        for file in self.documents.list()? {
            if !named.contains(&file) && !is_litter(snapshot, &file)? {
                report.findings.push(format!("fsck.orphan_paper {file}"));
            }
        }
        let kept: Vec<(String, bool)> = snapshot
            .prepare_cached("SELECT digest, bundle IS NULL FROM blob ORDER BY digest")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut rows = BTreeSet::new();
        for (digest, waiting) in kept {
            let Ok(digest) = parse(&digest) else {
                report.findings.push(format!("fsck.blob {digest}"));
                continue;
            };
            rows.insert(digest);
            // A filed blob may be gone; one that waits for its bundle must be there.
            if !whole(&self.blobs, &digest).is_some_and(|whole| whole)
                && (waiting || self.blobs.contains(&digest))
            {
                report.findings.push(format!("fsck.blob {digest}"));
            }
        }
        for digest in self.blobs.list()? {
            // A finished upload whose row a power cut forgot is a blob too.
            if !rows.contains(&digest) && whole(&self.blobs, &digest) != Some(true) {
                report.findings.push(format!("fsck.blob {digest}"));
            }
        }
        Ok(())
    }
}

/// What a paper is said to be worth must be what its desk sealed; whoever has the database and its keys cannot
/// raise a grade without opening and sealing the record anew.
fn check_documents(
    snapshot: &Transaction<'_>,
    id: &str,
    record: &[u8],
    report: &mut Fsck,
) -> Result<(), StoreFailure> {
    #[derive(serde::Deserialize)]
    struct Record {
        manifest: Manifest,
    }
    #[derive(serde::Deserialize)]
    struct Manifest {
        documents: Vec<Sealed>,
    }
    #[derive(serde::Deserialize)]
    struct Sealed {
        grade: String,
        kind: String,
    }
    // A record of another form holds nothing to compare with; it is still sealed.
    let Ok(record) = serde_json::from_slice::<Record>(record) else {
        return Ok(());
    };
    let sealed = record.manifest.documents;
    let rows: Vec<(u32, String, String)> = snapshot
        .prepare_cached("SELECT n, grade, kind FROM document WHERE entry = ?1 ORDER BY n")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    if rows.len() != sealed.len() {
        report.findings.push(format!("fsck.document_differs {id}"));
    }
    for (n, grade, kind) in rows {
        let same = sealed
            .get(n as usize)
            .is_some_and(|sealed| sealed.grade == grade && sealed.kind == kind);
        if !same {
            report
                .findings
                .push(format!("fsck.document_differs {id} {n}"));
        }
    }
    Ok(())
}

/// Whether a stored file is what its name says; `None` when it is not there.
fn whole(cas: &Cas, digest: &Sha256Digest) -> Option<bool> {
    if !cas.contains(digest) {
        return None;
    }
    Some(digest_file(&cas.path(digest)).is_ok_and(|found| found == *digest))
}

fn says(receipt: &Receipt, row: &EntryRow) -> bool {
    receipt.entry.to_string() == row.id
        && receipt.bundle.to_string() == row.bundle
        && receipt.visit.to_string() == row.visit
        && receipt.station.as_str() == row.station
        && millis(receipt.filed_at) == row.filed_at
}

fn is_litter(connection: &Connection, file: &Sha256Digest) -> Result<bool, StoreFailure> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM litter WHERE file = ?1)")?
        .query_row([file.to_string()], |row| row.get(0))?)
}

/// Tables, indexes and triggers, as SQLite remembers that they were made.
fn layout(connection: &Connection) -> Result<Vec<(String, Option<String>)>, StoreFailure> {
    Ok(connection
        .prepare("SELECT type || ' ' || name, sql FROM sqlite_master ORDER BY 1")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?)
}

/// Every leaf said to be erased has lost its entry, and as many are said so as the log itself tells.
fn check_erasures(
    snapshot: &Transaction<'_>,
    leaves: &mut Leaves,
    report: &mut Fsck,
) -> Result<(), StoreFailure> {
    let mut statement = snapshot.prepare_cached("SELECT leaf, salt, act FROM erasure")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let n: i64 = row.get(0)?;
        let salt: Option<[u8; 32]> = row.get(1).ok();
        let act: String = row.get(2)?;
        if !act_stands(snapshot, n, salt, &act)? {
            report.findings.push(format!("fsck.erasure_not_in_log {n}"));
        }
    }
    let mut count = 0;
    let mut statement = snapshot.prepare_cached("SELECT n FROM erased_leaf ORDER BY n")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let n: i64 = row.get(0)?;
        count += 1;
        let place = usize::try_from(n).unwrap_or(usize::MAX);
        match leaves.answered.get_mut(place) {
            Some(answered) if leaves.filed[place] && !*answered => *answered = true,
            _ => report.findings.push(format!("fsck.erased_too_many {n}")),
        }
    }
    if count != leaves.erased_by_log {
        report
            .findings
            .push(format!("fsck.erased_too_many {count}"));
    }
    Ok(())
}

fn act_stands(
    snapshot: &Transaction<'_>,
    n: i64,
    salt: Option<[u8; 32]>,
    act: &str,
) -> Result<bool, StoreFailure> {
    #[derive(serde::Deserialize)]
    struct Act {
        at: jiff::Timestamp,
        leaves: u64,
    }
    let (Ok(n), Some(salt), Ok(told)) = (u64::try_from(n), salt, serde_json::from_str::<Act>(act))
    else {
        return Ok(false);
    };
    let leaf = log::erased_leaf(&salt, act, told.leaves, told.at);
    Ok(tree::leaf(snapshot, n)?.is_some_and(|stored| stored == leaf))
}

fn entry_rows(snapshot: &Transaction<'_>) -> Result<Vec<EntryRow>, StoreFailure> {
    let mut statement = snapshot.prepare(
        "SELECT entry.id, entry.bundle, entry.visit, entry.station, entry.filed_at, bundle.receipt,
         wallet.citizen_key, wallet.data_key, entry.record FROM entry
         JOIN wallet ON wallet.id = entry.wallet LEFT JOIN bundle ON bundle.digest = entry.bundle
         ORDER BY entry.filed_at",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(EntryRow {
            id: row.get(0)?,
            bundle: row.get(1)?,
            visit: row.get(2)?,
            station: row.get(3)?,
            filed_at: row.get(4)?,
            receipt: row.get(5)?,
            citizen: row.get(6)?,
            wrapped: row.get(7)?,
            record: row.get(8)?,
        })
    })?;
    rows.collect::<Result<_, _>>().map_err(StoreFailure::from)
}
