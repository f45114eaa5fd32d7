//! Filing: one transaction makes the entry, spends the ticket, appends to the log and keeps the receipt.
//!
//! Papers are encrypted and with the S3 server before the transaction begins; if it surely does not commit they are
//! removed again, and what a broken line leaves behind is found by `log fsck` as belonging to nobody.
//!
//! Every filing takes its rows in one order (bundle, ticket, visit, name, wallet, blobs, log), so that two never wait
//! for each other in a circle.

use bundle::{BundleDigest, EntryId, Receipt, Sha256Digest, SignedReceipt, StationId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::database::End;
use super::{Province, journal, millis, paper_object, signed, timestamp, tree};
use crate::examine::Verified;
use crate::log;
use crate::wallet::pages::{MOST_ENTRIES, Records};
use crate::wallet::vault::{CitizenKey, DataKey, Purpose};
use crate::wallet::{BundleRecord, BundleState, Filing, StoreFailure};

/// How often a filing starts again because the same citizen's first wallet was made meanwhile.
const ATTEMPTS: u32 = 4;

/// A wallet that is there, or one that this filing may make.
struct Wallet {
    id: Uuid,
    wrapped: Vec<u8>,
    key: DataKey,
    new: bool,
}

/// An entry with everything encrypted and its papers with the S3 server.
struct Prepared {
    entry: EntryId,
    record: Vec<u8>,
    papers: Vec<Sha256Digest>,
}

/// How the transaction ended.
enum Ended {
    Filing(Filing),
    /// Somebody else made the citizen's wallet since we looked.
    OtherWallet,
}

impl Province {
    pub(in crate::wallet) fn file(
        &self,
        verified: &Verified,
        at: Timestamp,
    ) -> Result<Filing, StoreFailure> {
        let citizen = self.vault.citizen(&verified.personal_id);
        self.run(async {
            for _ in 0..ATTEMPTS {
                let wallet = self.wallet_for(&citizen).await?;
                let prepared = self.prepare(verified, &wallet, at).await?;
                let ended = self
                    .commit(verified, &citizen, &wallet, &prepared, at)
                    .await;
                let kept = matches!(
                    ended,
                    Ok((Ended::Filing(Filing::Filed(_)), _)) | Err(StoreFailure::Unsettled)
                );
                if !kept {
                    self.discard(&prepared.papers).await;
                }
                if let (Ended::Filing(filing), trash) = ended? {
                    // What they held is in the wallet now; the sealed copy would outlive an erasure.
                    self.empty(&trash).await;
                    return Ok(filing);
                }
            }
            Err(StoreFailure::Contention)
        })
    }

    /// The records of the citizen's other entries, the newest first.
    pub(in crate::wallet) fn records_beside(
        &self,
        verified: &Verified,
    ) -> Result<Records, StoreFailure> {
        let citizen = self.vault.citizen(&verified.personal_id);
        self.run(async {
            let wallet = self.wallet_for(&citizen).await?;
            if wallet.new {
                return Ok(Vec::new());
            }
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT id, record FROM entry WHERE citizen_key = $1 AND bundle <> $2
                     ORDER BY number DESC LIMIT $3",
                )
                .await?;
            let (citizen, bundle) = (
                citizen.as_bytes().as_slice(),
                verified.bundle.as_bytes().as_slice(),
            );
            let rows = client
                .query(&statement, &[&citizen, &bundle, &i64::from(MOST_ENTRIES)])
                .await?;
            rows.iter()
                .map(|row| {
                    let entry = EntryId::from_uuid(row.try_get(0)?);
                    let record = wallet
                        .key
                        .decrypt(Purpose::Record(entry), row.try_get(1)?)?;
                    Ok((entry, record))
                })
                .collect()
        })
    }

    async fn wallet_for(&self, citizen: &CitizenKey) -> Result<Wallet, StoreFailure> {
        let client = self.database.client().await?;
        let statement = client
            .prepare_cached("SELECT id, data_key FROM wallet WHERE citizen_key = $1")
            .await?;
        if let Some(row) = client
            .query_opt(&statement, &[&citizen.as_bytes().as_slice()])
            .await?
        {
            let wrapped: Vec<u8> = row.try_get(1)?;
            let key = self.vault.unwrap(&wrapped, citizen)?;
            return Ok(Wallet {
                id: row.try_get(0)?,
                wrapped,
                key,
                new: false,
            });
        }
        let key = self.vault.new_data_key()?;
        let wrapped = self.vault.wrap(&key, citizen)?;
        Ok(Wallet {
            id: Uuid::now_v7(),
            wrapped,
            key,
            new: true,
        })
    }

    async fn prepare(
        &self,
        verified: &Verified,
        wallet: &Wallet,
        at: Timestamp,
    ) -> Result<Prepared, StoreFailure> {
        let entry = EntryId::at(at);
        let record = wallet
            .key
            .encrypt(Purpose::Record(entry), &verified.record)?;
        let mut papers = Vec::with_capacity(verified.documents.len());
        for (n, document) in (0..).zip(&verified.documents) {
            let sealed = wallet
                .key
                .encrypt(Purpose::Document(entry, n), &document.pdf)?;
            let digest = Sha256Digest::of(&sealed);
            papers.push(digest);
            if let Err(failure) = self
                .objects
                .put(&paper_object(&digest), sealed.into())
                .await
            {
                self.discard(&papers).await;
                return Err(failure);
            }
        }
        Ok(Prepared {
            entry,
            record,
            papers,
        })
    }

    /// The transaction, and the objects that belong to nobody once it is kept.
    async fn commit(
        &self,
        verified: &Verified,
        citizen: &CitizenKey,
        wallet: &Wallet,
        prepared: &Prepared,
        at: Timestamp,
    ) -> Result<(Ended, Vec<String>), StoreFailure> {
        let undone = |filing| Ok(End::Undo((Ended::Filing(filing), Vec::new())));
        let work = async |transaction: &Transaction<'_>| {
            match claim_bundle(transaction, verified, at).await? {
                BundleState::Filed(receipt) => return undone(Filing::FiledBefore(receipt)),
                BundleState::Erased => return undone(Filing::Erased),
                BundleState::Refused { .. } => {}
            }
            if !spend_ticket(transaction, verified).await? {
                return undone(Filing::TicketSpent);
            }
            if !claim_names(transaction, verified).await? {
                return undone(Filing::VisitFiled);
            }
            if !take_wallet(transaction, citizen, wallet).await? {
                return Ok(End::Undo((Ended::OtherWallet, Vec::new())));
            }
            insert_entry(transaction, verified, citizen, prepared, at).await?;
            let trash = self.note_blobs(transaction, verified, at).await?;
            let leaf = log::leaf(&verified.bundle, prepared.entry, &verified.station, at);
            let proof = tree::append(transaction, &leaf, &self.log).await?;
            let receipt = Receipt {
                bundle: verified.bundle,
                entry: prepared.entry,
                station: verified.station.clone(),
                visit: verified.visit,
                filed_at: at,
                log: proof,
            };
            let receipt = SignedReceipt::issue(&receipt, &self.receipts);
            keep_receipt(transaction, verified, &receipt, at).await?;
            let bundle = verified.bundle.as_bytes().as_slice();
            journal::post(transaction, "filed", &[bundle], at).await?;
            Ok(End::Keep((Ended::Filing(Filing::Filed(receipt)), trash)))
        };
        self.database.transact(work).await
    }

    /// Notes that these blobs need no second sending. Gives the objects that hold them, unless they are to be kept.
    async fn note_blobs(
        &self,
        transaction: &Transaction<'_>,
        verified: &Verified,
        at: Timestamp,
    ) -> Result<Vec<String>, StoreFailure> {
        let mut digests: Vec<&[u8]> = verified
            .blobs
            .iter()
            .map(|blob| blob.as_bytes().as_slice())
            .collect();
        digests.sort_unstable();
        digests.dedup();
        let bundle = verified.bundle.as_bytes().as_slice();
        let statement = transaction
            .prepare_cached(
                "SELECT object FROM blob WHERE digest = ANY($1) AND object IS NOT NULL ORDER BY digest FOR UPDATE",
            )
            .await?;
        let mut trash = Vec::new();
        for row in transaction.query(&statement, &[&digests]).await? {
            trash.push(row.try_get(0)?);
        }
        let statement = transaction
            .prepare_cached(
                "INSERT INTO blob (digest, station, size, stored_at, bundle)
                 SELECT digest, $2, 0, $3, $4 FROM unnest($1::bytea[]) AS digest ORDER BY digest
                 ON CONFLICT (digest) DO UPDATE SET bundle = excluded.bundle",
            )
            .await?;
        transaction
            .execute(
                &statement,
                &[&digests, &verified.station.as_str(), &millis(at), &bundle],
            )
            .await?;
        if self.keep_sealed || trash.is_empty() {
            return Ok(Vec::new());
        }
        transaction
            .execute(
                "UPDATE blob SET object = NULL WHERE digest = ANY($1)",
                &[&digests],
            )
            .await?;
        throw_away(transaction, &trash).await?;
        Ok(trash)
    }

    /// Removes papers of an entry that does not exist. What cannot be removed now is an orphan for `log fsck`.
    async fn discard(&self, papers: &[Sha256Digest]) {
        for paper in papers {
            if let Err(failure) = self.objects.remove(&paper_object(paper)).await {
                tracing::warn!(code = failure.code(), "a paper of no entry stays behind");
            }
        }
    }

    /// Removes objects that were thrown away; those that cannot be removed now go with the next sweep.
    pub(super) async fn empty(&self, trash: &[String]) {
        let removed = async {
            for object in trash {
                self.objects.remove(object).await?;
            }
            if !trash.is_empty() {
                let client = self.database.client().await?;
                client
                    .execute("DELETE FROM trash WHERE object = ANY($1)", &[&trash])
                    .await?;
            }
            Ok::<(), StoreFailure>(())
        };
        if let Err(failure) = removed.await {
            tracing::warn!(code = failure.code(), "sealed blobs wait to be removed");
        }
    }

    pub(in crate::wallet) fn refuse(
        &self,
        bundle: &BundleDigest,
        station: &StationId,
        codes: &[&str],
        at: Timestamp,
    ) -> Result<(), StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            client
                .execute(
                    "INSERT INTO bundle (digest, station, at, codes) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (digest) DO UPDATE SET at = excluded.at, codes = excluded.codes
                     WHERE bundle.receipt IS NULL AND NOT bundle.erased",
                    &[
                        &bundle.as_bytes().as_slice(),
                        &station.as_str(),
                        &millis(at),
                        &codes.join(" "),
                    ],
                )
                .await?;
            Ok(())
        })
    }

    pub(in crate::wallet) fn bundle(
        &self,
        digest: &BundleDigest,
    ) -> Result<Option<BundleRecord>, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT receipt, codes, erased, station, at FROM bundle WHERE digest = $1",
                )
                .await?;
            let Some(row) = client
                .query_opt(&statement, &[&digest.as_bytes().as_slice()])
                .await?
            else {
                return Ok(None);
            };
            let station: &str = row.try_get(3)?;
            Ok(Some(BundleRecord {
                station: station.parse().map_err(|_| StoreFailure::Row)?,
                state: state(&row)?,
                at: timestamp(row.try_get(4)?)?,
            }))
        })
    }
}

/// What became of a bundle, from the columns receipt, codes and erased.
fn state(row: &Row) -> Result<BundleState, StoreFailure> {
    if row.try_get(2)? {
        return Ok(BundleState::Erased);
    }
    let (receipt, codes): (Option<&[u8]>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?);
    match receipt {
        Some(json) => SignedReceipt::from_json(json)
            .map(BundleState::Filed)
            .map_err(|_| StoreFailure::Row),
        None => Ok(BundleState::Refused {
            codes: codes
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        }),
    }
}

/// Takes the bundle's row, making it if need be, and says what became of it before. Who files the same bundle at the
/// same time waits here for the first to end.
async fn claim_bundle(
    transaction: &Transaction<'_>,
    verified: &Verified,
    at: Timestamp,
) -> Result<BundleState, StoreFailure> {
    let digest = verified.bundle.as_bytes().as_slice();
    let statement = transaction
        .prepare_cached(
            "INSERT INTO bundle (digest, station, at) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
        )
        .await?;
    transaction
        .execute(
            &statement,
            &[&digest, &verified.station.as_str(), &millis(at)],
        )
        .await?;
    let statement = transaction
        .prepare_cached("SELECT receipt, codes, erased FROM bundle WHERE digest = $1 FOR UPDATE")
        .await?;
    state(&transaction.query_one(&statement, &[&digest]).await?)
}

/// Marks the ticket as used by this bundle. A ticket this database does not know (it was signed before a
/// restore from backup) is noted now, so that it too works only once.
async fn spend_ticket(
    transaction: &Transaction<'_>,
    verified: &Verified,
) -> Result<bool, StoreFailure> {
    let statement = transaction
        .prepare_cached(
            "INSERT INTO ticket (id, station, expires_at, bundle) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET bundle = excluded.bundle WHERE ticket.bundle IS NULL",
        )
        .await?;
    let changed = transaction
        .execute(
            &statement,
            &[
                &verified.ticket.uuid(),
                &verified.station.as_str(),
                &millis(verified.ticket_expires_at),
                &verified.bundle.as_bytes().as_slice(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Visit and bundle name are used once, each in a table of its own: no engine that spreads entries over servers by
/// citizen could keep them unique there.
async fn claim_names(
    transaction: &Transaction<'_>,
    verified: &Verified,
) -> Result<bool, StoreFailure> {
    let bundle = verified.bundle.as_bytes().as_slice();
    for (sql, id) in [
        (
            "INSERT INTO visit (id, bundle) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            verified.visit.uuid(),
        ),
        (
            "INSERT INTO bundle_name (id, bundle) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            verified.bundle_id.uuid(),
        ),
    ] {
        let statement = transaction.prepare_cached(sql).await?;
        if transaction.execute(&statement, &[&id, &bundle]).await? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes the citizen's wallet, making it if need be. False when its key is not the one things were encrypted under.
/// Whoever files for the same citizen waits here, so that entries are numbered without a gap.
async fn take_wallet(
    transaction: &Transaction<'_>,
    citizen: &CitizenKey,
    wallet: &Wallet,
) -> Result<bool, StoreFailure> {
    let citizen = citizen.as_bytes().as_slice();
    // One that was there and is erased meanwhile must not come back with its old key.
    if wallet.new {
        let statement = transaction
            .prepare_cached(
                "INSERT INTO wallet (citizen_key, id, data_key) VALUES ($1, $2, $3)
             ON CONFLICT (citizen_key) DO NOTHING",
            )
            .await?;
        transaction
            .execute(&statement, &[&citizen, &wallet.id, &wallet.wrapped])
            .await?;
    }
    let statement = transaction
        .prepare_cached("SELECT data_key FROM wallet WHERE citizen_key = $1 FOR UPDATE")
        .await?;
    // Gone again: somebody erased the wallet that was in the way of ours.
    let row = transaction.query_opt(&statement, &[&citizen]).await?;
    let wrapped: Option<&[u8]> = row.as_ref().map(|row| row.try_get(0)).transpose()?;
    Ok(wrapped == Some(wallet.wrapped.as_slice()))
}

async fn insert_entry(
    transaction: &Transaction<'_>,
    verified: &Verified,
    citizen: &CitizenKey,
    prepared: &Prepared,
    at: Timestamp,
) -> Result<(), StoreFailure> {
    let citizen = citizen.as_bytes().as_slice();
    let statement = transaction
        .prepare_cached(
            "INSERT INTO entry (citizen_key, id, number, bundle, bundle_id, visit, station, filed_at, clone_check,
             identified_by, practice, record)
             SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11
             FROM entry WHERE citizen_key = $1",
        )
        .await?;
    transaction
        .execute(
            &statement,
            &[
                &citizen,
                &prepared.entry.uuid(),
                &verified.bundle.as_bytes().as_slice(),
                &verified.bundle_id.uuid(),
                &verified.visit.uuid(),
                &verified.station.as_str(),
                &millis(at),
                &verified.clone_check,
                &verified.identified_by,
                &verified.practice,
                &prepared.record,
            ],
        )
        .await?;
    let statement = transaction
        .prepare_cached(
            "INSERT INTO document (citizen_key, entry, n, grade, kind, title, pages, bytes, file)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    for ((n, document), file) in (0_i32..).zip(&verified.documents).zip(&prepared.papers) {
        let pages = i32::try_from(document.pages).map_err(|_| StoreFailure::Row)?;
        transaction
            .execute(
                &statement,
                &[
                    &citizen,
                    &prepared.entry.uuid(),
                    &n,
                    &document.grade.as_str(),
                    &document.kind,
                    &document.title,
                    &pages,
                    &signed(document.pdf.len() as u64)?,
                    &file.as_bytes().as_slice(),
                ],
            )
            .await?;
    }
    Ok(())
}

async fn keep_receipt(
    transaction: &Transaction<'_>,
    verified: &Verified,
    receipt: &SignedReceipt,
    at: Timestamp,
) -> Result<(), StoreFailure> {
    let previous = verified.previous.as_ref().map(|p| p.as_bytes().as_slice());
    let statement = transaction
        .prepare_cached(
            "UPDATE bundle SET at = $2, previous = $3, receipt = $4, codes = NULL WHERE digest = $1",
        )
        .await?;
    transaction
        .execute(
            &statement,
            &[
                &verified.bundle.as_bytes().as_slice(),
                &millis(at),
                &previous,
                &receipt.to_json(),
            ],
        )
        .await?;
    Ok(())
}

/// Notes objects as to be removed, in the transaction that makes them nobody's.
pub(super) async fn throw_away(
    transaction: &Transaction<'_>,
    objects: &[String],
) -> Result<(), StoreFailure> {
    transaction
        .execute(
            "INSERT INTO trash (object) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING",
            &[&objects],
        )
        .await?;
    Ok(())
}

impl Province {
    /// Where the bytes of a blob lie, if they do.
    pub(super) async fn blob_object(
        &self,
        digest: &Sha256Digest,
    ) -> Result<Option<String>, StoreFailure> {
        let client = self.database.client().await?;
        let statement = client
            .prepare_cached("SELECT object FROM blob WHERE digest = $1")
            .await?;
        let row = client
            .query_opt(&statement, &[&digest.as_bytes().as_slice()])
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }
}
