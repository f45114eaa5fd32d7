//! Erasure: a citizen's key, name, entries and papers go, and the log says that a wallet was erased.
//!
//! What stays names nobody: that these leaves are erased, that this bundle must not be filed again, that the ticket is
//! spent, and on whose word it was done. What the servers keep beside their tables (PostgreSQL's write-ahead log and
//! its archive, backups, versions of a bucket) goes by their own terms: set them no longer than the law allows.

use bundle::SignedReceipt;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use uuid::Uuid;

use super::database::End;
use super::filing::throw_away;
use super::{Province, journal, paper_object, signed, tree};
use crate::log;
use crate::wallet::{Act, Erased, StoreFailure, VaultError};

impl Province {
    pub(in crate::wallet) fn erase(
        &self,
        wallet: Uuid,
        act: Act<'_>,
        at: Timestamp,
    ) -> Result<Option<Erased>, StoreFailure> {
        let erased = self.run(
            self.database
                .transact(async |t| self.erase_rows(t, wallet, act, at).await),
        )?;
        let Some(mut erased) = erased else {
            return Ok(None);
        };
        erased.scrubbed = self.scrub()?;
        Ok(Some(erased))
    }

    async fn erase_rows(
        &self,
        transaction: &Transaction<'_>,
        wallet: Uuid,
        act: Act<'_>,
        at: Timestamp,
    ) -> Result<End<Option<Erased>>, StoreFailure> {
        // Who files for this citizen meanwhile waits here, finds the wallet gone, and makes a new one.
        let row = transaction
            .query_opt(
                "SELECT citizen_key FROM wallet WHERE id = $1 FOR UPDATE",
                &[&wallet],
            )
            .await?;
        let Some(row) = row else {
            return Ok(End::Undo(None));
        };
        let citizen: &[u8] = row.try_get(0)?;
        let rows = transaction
            .query(
                "SELECT bundle FROM entry WHERE citizen_key = $1 ORDER BY number",
                &[&citizen],
            )
            .await?;
        let bundles = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<Vec<&[u8]>, _>>()?;
        let documents = self.erase_objects(transaction, citizen, &bundles).await?;
        let leaves = self.erase_receipts(transaction, &bundles).await?;
        for sql in [
            "INSERT INTO erased_look (id, at, reader, purpose, looked)
             SELECT gen_random_uuid(), at, reader, purpose, looked FROM look WHERE citizen_key = $1",
            "DELETE FROM look WHERE citizen_key = $1",
            "DELETE FROM entry WHERE citizen_key = $1",
            "DELETE FROM wallet WHERE citizen_key = $1",
        ] {
            transaction.execute(sql, &[&citizen]).await?;
        }
        for sql in [
            "DELETE FROM visit WHERE bundle = ANY($1)",
            "DELETE FROM bundle_name WHERE bundle = ANY($1)",
        ] {
            transaction.execute(sql, &[&bundles]).await?;
        }

        let salt = crate::keys::random32().map_err(|_| VaultError)?;
        let act = log::ErasureAct {
            by: act.by,
            basis: act.basis,
            at,
            leaves: leaves.len() as u64,
        }
        .to_json();
        let leaf = log::erased_leaf(&salt, &act, leaves.len() as u64, at);
        let proof = tree::append(transaction, &leaf, &self.log).await?;
        transaction
            .execute(
                "INSERT INTO erasure (leaf, salt, act) VALUES ($1, $2, $3)",
                &[&signed(proof.index)?, &salt.as_slice(), &act],
            )
            .await?;
        transaction
            .execute(
                "INSERT INTO erased_leaf (n) SELECT * FROM unnest($1::bigint[])",
                &[&leaves],
            )
            .await?;
        journal::post(transaction, "erased", &bundles, at).await?;
        Ok(End::Keep(Some(Erased {
            leaf: proof.index,
            entries: u32::try_from(bundles.len()).unwrap_or(u32::MAX),
            documents: u32::try_from(documents).unwrap_or(u32::MAX),
            scrubbed: false,
        })))
    }

    /// Throws papers away, and the sealed copies where they were kept. Gives the number of papers.
    async fn erase_objects(
        &self,
        transaction: &Transaction<'_>,
        citizen: &[u8],
        bundles: &[&[u8]],
    ) -> Result<usize, StoreFailure> {
        let rows = transaction
            .query(
                "DELETE FROM document WHERE citizen_key = $1 RETURNING file",
                &[&citizen],
            )
            .await?;
        let mut trash = Vec::with_capacity(rows.len());
        for row in &rows {
            let file = bundle::Sha256Digest::from_bytes(super::bytes32(row.try_get(0)?)?);
            trash.push(paper_object(&file));
        }
        let sealed = transaction
            .query(
                "SELECT object FROM blob WHERE bundle = ANY($1) AND object IS NOT NULL FOR UPDATE",
                &[&bundles],
            )
            .await?;
        for row in &sealed {
            trash.push(row.try_get(0)?);
        }
        transaction
            .execute(
                "UPDATE blob SET object = NULL WHERE bundle = ANY($1)",
                &[&bundles],
            )
            .await?;
        throw_away(transaction, &trash).await?;
        Ok(rows.len())
    }

    /// Takes the receipts away, with the leaves' salts in them. Gives the leaves that have no entry any more.
    async fn erase_receipts(
        &self,
        transaction: &Transaction<'_>,
        bundles: &[&[u8]],
    ) -> Result<Vec<i64>, StoreFailure> {
        let rows = transaction
            .query(
                "SELECT receipt FROM bundle WHERE digest = ANY($1) ORDER BY digest FOR UPDATE",
                &[&bundles],
            )
            .await?;
        let mut leaves = Vec::with_capacity(rows.len());
        for row in &rows {
            let json: &[u8] = row.try_get(0)?;
            let receipt = SignedReceipt::from_json(json)
                .and_then(|receipt| receipt.verify(self.receipts.public_key()))
                .map_err(|_| StoreFailure::Row)?;
            leaves.push(signed(receipt.log.index)?);
        }
        transaction
            .execute(
                "UPDATE bundle SET receipt = NULL, codes = NULL, erased = true WHERE digest = ANY($1)",
                &[&bundles],
            )
            .await?;
        Ok(leaves)
    }

    /// Removes objects that were thrown away, then what deleted rows left in their tables' pages.
    pub(in crate::wallet) fn scrub(&self) -> Result<bool, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let rows = client.query("SELECT object FROM trash", &[]).await?;
            let trash = rows
                .iter()
                .map(|row| row.try_get(0))
                .collect::<Result<Vec<String>, _>>()?;
            for object in &trash {
                self.objects.remove(object).await?;
            }
            client
                .execute("DELETE FROM trash WHERE object = ANY($1)", &[&trash])
                .await?;
            // Reads only the pages that changed; indexes hold no keys and can wait for the server's own turn.
            client
                .batch_execute(
                    "VACUUM (INDEX_CLEANUP OFF, TRUNCATE OFF) wallet, entry, document, bundle, look",
                )
                .await?;
            // A reader that began before the erasure keeps the old rows alive until it ends.
            let row = client
                .query_one(
                    "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL",
                    &[],
                )
                .await?;
            Ok(row.try_get::<_, i64>(0)? == 0)
        })
    }
}
