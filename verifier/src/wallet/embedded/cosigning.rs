//! Heads that witnesses have cosigned, and the proofs that lead to them.

use bundle::{BundleDigest, LogProof, Sha256Digest, SignedReceipt};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tlog_tiles::{prove_record, prove_tree};

use super::Embedded;
use super::tree::{self, Nodes};
use crate::wallet::{BundleState, Head, StoreFailure};

/// Cosigned heads that are kept. Older ones are of no more use: any later head covers what they covered.
const KEPT_HEADS: u32 = 8;

impl Embedded {
    pub(in crate::wallet) fn checkpoint(&self) -> Result<String, StoreFailure> {
        let reader = self.reader();
        let snapshot = reader.unchecked_transaction()?;
        let head = head(&snapshot)?;
        with_cosignatures(&snapshot, head)
    }

    pub(in crate::wallet) fn head(&self) -> Result<Head, StoreFailure> {
        head(&self.reader())
    }

    pub(in crate::wallet) fn consistency(
        &self,
        old: u64,
        new: u64,
    ) -> Result<Option<Vec<Sha256Digest>>, StoreFailure> {
        let reader = self.reader();
        let snapshot = reader.unchecked_transaction()?;
        if old > new || new > tree::size(&snapshot)? {
            return Ok(None);
        }
        if old == 0 {
            return Ok(Some(Vec::new()));
        }
        let nodes = Nodes::new(&snapshot);
        let proof = prove_tree(new, old, &nodes).map_err(|_| nodes.failure())?;
        Ok(Some(digests(&proof)))
    }

    pub(in crate::wallet) fn cosign(
        &self,
        head: &Head,
        witness: &str,
        line: &str,
    ) -> Result<(), StoreFailure> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let size = i64::try_from(head.size).map_err(|_| StoreFailure::Row)?;
        transaction.execute(
            "INSERT INTO cosigned (size, note) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![size, head.note],
        )?;
        transaction.execute(
            "INSERT INTO cosignature (size, witness, line) VALUES (?1, ?2, ?3)
             ON CONFLICT (size, witness) DO UPDATE SET line = ?3",
            params![size, witness, line],
        )?;
        let oldest: Option<i64> = transaction
            .query_row(
                "SELECT size FROM cosigned ORDER BY size DESC LIMIT 1 OFFSET ?1",
                [KEPT_HEADS - 1],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(oldest) = oldest {
            transaction.execute("DELETE FROM cosignature WHERE size < ?1", [oldest])?;
            transaction.execute("DELETE FROM cosigned WHERE size < ?1", [oldest])?;
        }
        transaction.commit()?;
        Ok(())
    }

    pub(in crate::wallet) fn proof(
        &self,
        bundle: &BundleDigest,
    ) -> Result<Option<LogProof>, StoreFailure> {
        let Some(receipt) = self.filed_receipt(bundle)? else {
            return Ok(None);
        };
        let receipt = receipt
            .verify(self.receipts.public_key())
            .map_err(|_| StoreFailure::Row)?;
        self.proof_at(receipt.log.index).map(Some)
    }

    pub(in crate::wallet) fn renewed(
        &self,
        bundle: &BundleDigest,
    ) -> Result<Option<SignedReceipt>, StoreFailure> {
        let Some(receipt) = self.filed_receipt(bundle)? else {
            return Ok(None);
        };
        let mut receipt = receipt
            .verify(self.receipts.public_key())
            .map_err(|_| StoreFailure::Row)?;
        receipt.log = self.proof_at(receipt.log.index)?;
        Ok(Some(SignedReceipt::issue(&receipt, &self.receipts)))
    }

    fn filed_receipt(&self, bundle: &BundleDigest) -> Result<Option<SignedReceipt>, StoreFailure> {
        Ok(self.bundle(bundle)?.and_then(|record| match record.state {
            BundleState::Filed(receipt) => Some(receipt),
            BundleState::Refused { .. } | BundleState::Erased => None,
        }))
    }

    fn proof_at(&self, index: u64) -> Result<LogProof, StoreFailure> {
        let reader = self.reader();
        let snapshot = reader.unchecked_transaction()?;
        let row = i64::try_from(index).map_err(|_| StoreFailure::Row)?;
        let best: Option<(i64, String)> = snapshot
            .query_row(
                "SELECT size, note FROM cosigned WHERE size > ?1
                 ORDER BY (SELECT count(*) FROM cosignature WHERE cosignature.size = cosigned.size) DESC,
                 size DESC LIMIT 1",
                [row],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let head = match best {
            Some((size, note)) => Head {
                size: u64::try_from(size).map_err(|_| StoreFailure::Row)?,
                note,
            },
            None => head(&snapshot)?,
        };
        let nodes = Nodes::new(&snapshot);
        let proof = prove_record(head.size, index, &nodes).map_err(|_| nodes.failure())?;
        Ok(LogProof {
            index,
            tree_size: head.size,
            inclusion: digests(&proof),
            checkpoint: with_cosignatures(&snapshot, head)?,
        })
    }
}

fn head(connection: &Connection) -> Result<Head, StoreFailure> {
    let (size, note): (i64, String) =
        connection.query_row("SELECT size, note FROM head", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Head {
        size: u64::try_from(size).map_err(|_| StoreFailure::Row)?,
        note,
    })
}

fn with_cosignatures(connection: &Connection, head: Head) -> Result<String, StoreFailure> {
    let size = i64::try_from(head.size).map_err(|_| StoreFailure::Row)?;
    let lines: Vec<String> = connection
        .prepare_cached("SELECT line FROM cosignature WHERE size = ?1 ORDER BY witness")?
        .query_map([size], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(head.note + &lines.concat())
}

fn digests(proof: &[tlog_tiles::Hash]) -> Vec<Sha256Digest> {
    proof
        .iter()
        .map(|hash| Sha256Digest::from_bytes(hash.0))
        .collect()
}
