//! Erasure: a citizen's key, name, entries and papers go, and the log says that a wallet was erased.
//!
//! What stays names nobody: that these leaves are erased, that this bundle must not be filed again, that the
//! ticket is spent, and on whose word it was done. The entry's name goes too, and with it the salt of its leaf:
//! nobody who has only the store can say what that leaf was about (ADR 10).

use bundle::SignedReceipt;
use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{Embedded, journal, parse, tree};
use crate::log;
use crate::wallet::{Act, Erased, StoreFailure};

impl Embedded {
    pub(in crate::wallet) fn erase(
        &self,
        wallet: Uuid,
        act: Act<'_>,
        at: Timestamp,
    ) -> Result<Option<Erased>, StoreFailure> {
        let Some(mut erased) = self.erase_rows(&wallet.to_string(), act, at)? else {
            return Ok(None);
        };
        erased.scrubbed = self.scrub()?;
        Ok(Some(erased))
    }

    fn erase_rows(
        &self,
        wallet: &str,
        act: Act<'_>,
        at: Timestamp,
    ) -> Result<Option<Erased>, StoreFailure> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Referring rows go first.
        let bundles: Vec<String> = column(
            &transaction,
            "SELECT bundle FROM entry WHERE wallet = ?1 ORDER BY number",
            wallet,
        )?;
        transaction.execute(
            "INSERT OR IGNORE INTO litter (file, kind) SELECT file, 'document' FROM document
             WHERE entry IN (SELECT id FROM entry WHERE wallet = ?1)",
            [wallet],
        )?;
        let documents = transaction.execute(
            "DELETE FROM document WHERE entry IN (SELECT id FROM entry WHERE wallet = ?1)",
            [wallet],
        )?;
        // Who looked stays, for the reader's sake; at whose wallet does not.
        transaction.execute(
            "UPDATE look SET wallet = NULL, entry = NULL, document = NULL WHERE wallet = ?1",
            [wallet],
        )?;
        let entries = transaction.execute("DELETE FROM entry WHERE wallet = ?1", [wallet])?;
        if transaction.execute("DELETE FROM wallet WHERE id = ?1", [wallet])? == 0 {
            return Ok(None);
        }
        for bundle in &bundles {
            self.erase_bundle(&transaction, bundle, at)?;
        }
        let salt = crate::keys::random32().map_err(|_| crate::wallet::VaultError)?;
        let act = log::ErasureAct {
            by: act.by,
            basis: act.basis,
            at,
            leaves: bundles.len() as u64,
        }
        .to_json();
        let leaf = log::erased_leaf(&salt, &act, bundles.len() as u64, at);
        let proof = tree::append(&transaction, &leaf, &self.log)?;
        transaction.execute(
            "INSERT INTO erasure (leaf, salt, act) VALUES (?1, ?2, ?3)",
            params![tree::row(proof.index)?, salt.as_slice(), act],
        )?;
        transaction.commit()?;
        Ok(Some(Erased {
            leaf: proof.index,
            entries: u32::try_from(entries).unwrap_or(u32::MAX),
            documents: u32::try_from(documents).unwrap_or(u32::MAX),
            scrubbed: false,
        }))
    }

    /// Takes the receipt away, with the leaf's salt in it, and remembers that this leaf has no entry any more.
    fn erase_bundle(
        &self,
        transaction: &Transaction<'_>,
        bundle: &str,
        at: Timestamp,
    ) -> Result<(), StoreFailure> {
        let receipt: Vec<u8> = transaction.query_row(
            "SELECT receipt FROM bundle WHERE digest = ?1",
            [bundle],
            |row| row.get(0),
        )?;
        let receipt = SignedReceipt::from_json(&receipt)
            .and_then(|receipt| receipt.verify(self.receipts.public_key()))
            .map_err(|_| StoreFailure::Row)?;
        transaction.execute(
            "UPDATE bundle SET receipt = NULL, codes = NULL, erased = 1 WHERE digest = ?1",
            [bundle],
        )?;
        transaction.execute(
            "INSERT INTO erased_leaf (n) VALUES (?1)",
            [tree::row(receipt.log.index)?],
        )?;
        // The sealed copies, where they were kept.
        transaction.execute(
            "INSERT OR IGNORE INTO litter (file, kind) SELECT digest, 'blob' FROM blob WHERE bundle = ?1",
            [bundle],
        )?;
        journal::post(transaction, "erased", bundle, at)
    }

    /// Removes files that nothing names any more, then whatever deleted rows left in the write-ahead log.
    pub(in crate::wallet) fn scrub(&self) -> Result<bool, StoreFailure> {
        let litter: Vec<(String, String)> = self
            .reader()
            .prepare_cached("SELECT file, kind FROM litter")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (file, kind) in &litter {
            let cas = if kind == "blob" {
                &self.blobs
            } else {
                &self.documents
            };
            cas.remove(&parse(file)?)?;
        }
        let writer = self.writer();
        for (file, _) in &litter {
            writer.execute("DELETE FROM litter WHERE file = ?1", [file])?;
        }
        // The log file of the database still holds the pages as they were.
        let busy: i64 =
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

fn column(
    transaction: &Transaction<'_>,
    sql: &str,
    parameter: &str,
) -> Result<Vec<String>, StoreFailure> {
    Ok(transaction
        .prepare_cached(sql)?
        .query_map([parameter], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}
