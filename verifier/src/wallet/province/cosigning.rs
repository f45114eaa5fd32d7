//! Heads that witnesses have cosigned, and the proofs that lead to them.

use bundle::{BundleDigest, LogProof, Receipt, Sha256Digest, SignedReceipt};
use deadpool_postgres::GenericClient;
use tlog_tiles::{Hash, HashReader, prove_record, prove_tree};

use super::database::End;
use super::tree::{self, Nodes};
use super::{Province, signed, unsigned};
use crate::wallet::{BundleState, Head, StoreFailure};

/// Cosigned heads that are kept. Older ones are of no more use: any later head covers what they covered.
const KEPT_HEADS: i64 = 8;

impl Province {
    pub(in crate::wallet) fn checkpoint(&self) -> Result<String, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            // One statement: a head and its own cosignatures, though the log grows meanwhile.
            let statement = client
                .prepare_cached(
                    "SELECT head.note || coalesce(string_agg(line, '' ORDER BY witness), '') FROM head
                     LEFT JOIN cosignature ON cosignature.size = head.size GROUP BY head.note",
                )
                .await?;
            Ok(client.query_one(&statement, &[]).await?.try_get(0)?)
        })
    }

    pub(in crate::wallet) fn head(&self) -> Result<Head, StoreFailure> {
        self.run(async { head(&self.database.client().await?).await })
    }

    pub(in crate::wallet) fn consistency(
        &self,
        old: u64,
        new: u64,
    ) -> Result<Option<Vec<Sha256Digest>>, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            if old > new || new > tree::size(&client).await? {
                return Ok(None);
            }
            if old == 0 {
                return Ok(Some(Vec::new()));
            }
            let proof = with_nodes(&client, |nodes| prove_tree(new, old, nodes)).await?;
            Ok(Some(digests(&proof)))
        })
    }

    pub(in crate::wallet) fn cosign(
        &self,
        head: &Head,
        witness: &str,
        line: &str,
    ) -> Result<(), StoreFailure> {
        let size = signed(head.size)?;
        self.run(self.database.transact(async |transaction| {
            transaction
                .execute(
                    "INSERT INTO cosigned (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    &[&size, &head.note],
                )
                .await?;
            transaction
                .execute(
                    "INSERT INTO cosignature (size, witness, line) VALUES ($1, $2, $3)
                     ON CONFLICT (size, witness) DO UPDATE SET line = excluded.line",
                    &[&size, &witness, &line],
                )
                .await?;
            let oldest = transaction
                .query_opt(
                    "SELECT size FROM cosigned ORDER BY size DESC LIMIT 1 OFFSET $1",
                    &[&(KEPT_HEADS - 1)],
                )
                .await?;
            if let Some(row) = oldest {
                let oldest: i64 = row.try_get(0)?;
                for sql in [
                    "DELETE FROM cosignature WHERE size < $1",
                    "DELETE FROM cosigned WHERE size < $1",
                ] {
                    transaction.execute(sql, &[&oldest]).await?;
                }
            }
            Ok(End::Keep(()))
        }))
    }

    pub(in crate::wallet) fn proof(
        &self,
        bundle: &BundleDigest,
    ) -> Result<Option<LogProof>, StoreFailure> {
        let Some(receipt) = self.filed_receipt(bundle)? else {
            return Ok(None);
        };
        self.proof_at(receipt.log.index).map(Some)
    }

    pub(in crate::wallet) fn renewed(
        &self,
        bundle: &BundleDigest,
    ) -> Result<Option<SignedReceipt>, StoreFailure> {
        let Some(mut receipt) = self.filed_receipt(bundle)? else {
            return Ok(None);
        };
        receipt.log = self.proof_at(receipt.log.index)?;
        Ok(Some(SignedReceipt::issue(&receipt, &self.receipts)))
    }

    fn filed_receipt(&self, bundle: &BundleDigest) -> Result<Option<Receipt>, StoreFailure> {
        match self.bundle(bundle)?.map(|record| record.state) {
            Some(BundleState::Filed(receipt)) => receipt
                .verify(self.receipts.public_key())
                .map(Some)
                .map_err(|_| StoreFailure::Row),
            Some(BundleState::Refused { .. } | BundleState::Erased) | None => Ok(None),
        }
    }

    fn proof_at(&self, index: u64) -> Result<LogProof, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT cosigned.size, note, string_agg(line, '' ORDER BY witness) FROM cosigned
                     JOIN cosignature ON cosignature.size = cosigned.size WHERE cosigned.size > $1
                     GROUP BY cosigned.size, note ORDER BY count(*) DESC, cosigned.size DESC LIMIT 1",
                )
                .await?;
            let (size, checkpoint) = match client.query_opt(&statement, &[&signed(index)?]).await? {
                Some(row) => {
                    let (note, lines): (&str, &str) = (row.try_get(1)?, row.try_get(2)?);
                    (unsigned(row.try_get(0)?)?, format!("{note}{lines}"))
                }
                None => {
                    let head = head(&client).await?;
                    (head.size, head.note)
                }
            };
            let proof = with_nodes(&client, |nodes| prove_record(size, index, nodes)).await?;
            Ok(LogProof {
                index,
                tree_size: size,
                inclusion: digests(&proof),
                checkpoint,
            })
        })
    }
}

async fn head(client: &impl GenericClient) -> Result<Head, StoreFailure> {
    let statement = client.prepare_cached("SELECT size, note FROM head").await?;
    let row = client.query_one(&statement, &[]).await?;
    Ok(Head {
        size: unsigned(row.try_get(0)?)?,
        note: row.try_get(1)?,
    })
}

/// Notes which nodes somebody asks for, and has none.
#[derive(Default)]
struct Asked(std::cell::RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Err(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// A reader of either kind, for a proof that is tried twice.
struct Either<'a>(&'a dyn HashReader);

impl HashReader for Either<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.0.read_hashes(indexes)
    }
}

/// Makes a proof: once to hear which nodes it takes (they are asked for all at once), then with them.
async fn with_nodes<T>(
    client: &impl GenericClient,
    prove: impl Fn(&Either<'_>) -> Result<T, tlog_tiles::Error>,
) -> Result<T, StoreFailure> {
    let asked = Asked::default();
    if let Ok(proof) = prove(&Either(&asked)) {
        // It takes none.
        return Ok(proof);
    }
    let nodes = Nodes::read(client, &asked.0.into_inner()).await?;
    prove(&Either(&nodes)).map_err(|_| StoreFailure::Log)
}

fn digests(proof: &[Hash]) -> Vec<Sha256Digest> {
    proof
        .iter()
        .map(|hash| Sha256Digest::from_bytes(hash.0))
        .collect()
}
