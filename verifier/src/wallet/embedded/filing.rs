//! Filing: one transaction makes the entry, spends the ticket, appends to the log and keeps the receipt.
//!
//! Papers are encrypted and on disk before the transaction begins; if it surely does not commit they are removed
//! again, and what a power cut leaves behind is found by `log fsck` as belonging to nobody.

use bundle::{BundleDigest, EntryId, Receipt, Sha256Digest, SignedReceipt, StationId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::{Embedded, journal, millis, parse, row, run, timestamp, tree};
use crate::examine::Verified;
use crate::log;
use crate::wallet::pages::{MOST_ENTRIES, Records};
use crate::wallet::vault::{CitizenKey, DataKey, Purpose};
use crate::wallet::{BundleRecord, BundleState, Filing, StoreFailure};

/// How often a filing starts again because the same citizen's first wallet was made meanwhile.
const ATTEMPTS: u32 = 4;

/// A wallet that is there, or one that this filing will make.
struct Wallet {
    id: Uuid,
    wrapped: Vec<u8>,
    key: DataKey,
    new: bool,
}

/// An entry with everything encrypted and its papers on disk.
struct Prepared {
    entry: EntryId,
    record: Vec<u8>,
    papers: Vec<Sha256Digest>,
}

impl Embedded {
    pub(in crate::wallet) fn file(
        &self,
        verified: &Verified,
        at: Timestamp,
    ) -> Result<Filing, StoreFailure> {
        let citizen = self.vault.citizen(&verified.personal_id);
        for _ in 0..ATTEMPTS {
            let wallet = self.wallet_for(&citizen)?;
            let prepared = self.prepare(verified, &wallet, at)?;
            let outcome = self.commit(verified, &citizen, &wallet, &prepared, at);
            if !matches!(
                outcome,
                Ok(Some(Filing::Filed(_))) | Err(StoreFailure::Unsettled)
            ) {
                for paper in &prepared.papers {
                    self.documents.remove(paper)?;
                }
            }
            if let Some(filing) = outcome? {
                if !self.keep_sealed && matches!(filing, Filing::Filed(_)) {
                    // What they held is in the wallet now; the sealed copy would outlive an erasure.
                    for blob in &verified.blobs {
                        self.blobs.remove(blob)?;
                    }
                }
                return Ok(filing);
            }
        }
        Err(StoreFailure::Contention)
    }

    fn wallet_for(&self, citizen: &CitizenKey) -> Result<Wallet, StoreFailure> {
        let found: Option<(String, Vec<u8>)> = find_wallet(&self.reader(), citizen)?;
        match found {
            Some((id, wrapped)) => {
                let key = self.vault.unwrap(&wrapped, citizen)?;
                Ok(Wallet {
                    id: parse(&id)?,
                    wrapped,
                    key,
                    new: false,
                })
            }
            None => {
                let key = self.vault.new_data_key()?;
                let wrapped = self.vault.wrap(&key, citizen)?;
                Ok(Wallet {
                    id: Uuid::now_v7(),
                    wrapped,
                    key,
                    new: true,
                })
            }
        }
    }

    fn prepare(
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
            papers.push(self.documents.put(&sealed)?);
        }
        Ok(Prepared {
            entry,
            record,
            papers,
        })
    }

    /// The transaction. `None` when somebody else made the citizen's wallet since we looked.
    fn commit(
        &self,
        verified: &Verified,
        citizen: &CitizenKey,
        wallet: &Wallet,
        prepared: &Prepared,
        at: Timestamp,
    ) -> Result<Option<Filing>, StoreFailure> {
        if self.keep_sealed {
            // They arrived unsynced, and nobody sends them again once they are filed.
            for blob in verified
                .blobs
                .iter()
                .filter(|blob| self.blobs.contains(blob))
            {
                self.blobs.sync(blob)?;
            }
        }
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match known(&transaction, &verified.bundle)? {
            Some(BundleState::Filed(receipt)) => return Ok(Some(Filing::FiledBefore(receipt))),
            Some(BundleState::Erased) => return Ok(Some(Filing::Erased)),
            Some(BundleState::Refused { .. }) | None => {}
        }
        let there = find_wallet(&transaction, citizen)?;
        match &there {
            Some((_, wrapped)) if *wrapped == wallet.wrapped => {}
            None if wallet.new => {
                run(
                    &transaction,
                    "INSERT INTO wallet (id, citizen_key, data_key) VALUES (?1, ?2, ?3)",
                    params![wallet.id.to_string(), citizen.as_bytes(), wallet.wrapped],
                )?;
            }
            _ => return Ok(None),
        }
        if !spend_ticket(&transaction, verified)? {
            return Ok(Some(Filing::TicketSpent));
        }
        let taken: bool = row(
            &transaction,
            "SELECT EXISTS (SELECT 1 FROM entry WHERE visit = ?1 OR bundle_id = ?2)",
            params![verified.visit.to_string(), verified.bundle_id.to_string()],
            |row| row.get(0),
        )?;
        if taken {
            return Ok(Some(Filing::VisitFiled));
        }
        insert_entry(&transaction, verified, wallet, prepared, at)?;
        let leaf = log::leaf(&verified.bundle, prepared.entry, &verified.station, at);
        let proof = tree::append(&transaction, &leaf, &self.log)?;
        let receipt = Receipt {
            bundle: verified.bundle,
            entry: prepared.entry,
            station: verified.station.clone(),
            visit: verified.visit,
            filed_at: at,
            log: proof,
        };
        let receipt = SignedReceipt::issue(&receipt, &self.receipts);
        run(&transaction, "INSERT INTO bundle (digest, station, at, previous, receipt) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (digest) DO UPDATE SET at = ?3, previous = ?4, receipt = ?5, codes = NULL",
            params![
                verified.bundle.to_string(),
                verified.station.as_str(),
                millis(at),
                verified.previous.map(|previous| previous.to_string()),
                receipt.to_json(),
            ],
        )?;
        for blob in &verified.blobs {
            run(&transaction, "INSERT INTO blob (digest, station, size, stored_at, bundle) VALUES (?1, ?2, 0, ?3, ?4)
                 ON CONFLICT (digest) DO UPDATE SET bundle = ?4",
                params![blob.to_string(), verified.station.as_str(), millis(at), verified.bundle.to_string()],
            )?;
        }
        journal::post(&transaction, "filed", &verified.bundle.to_string(), at)?;
        // A disk that fails here may or may not have the transaction: its papers must stay.
        transaction.commit().map_err(|_| StoreFailure::Unsettled)?;
        Ok(Some(Filing::Filed(receipt)))
    }

    /// The records of the citizen's other entries, the newest first.
    pub(in crate::wallet) fn records_beside(
        &self,
        verified: &Verified,
    ) -> Result<Records, StoreFailure> {
        let citizen = self.vault.citizen(&verified.personal_id);
        let reader = self.reader();
        let Some((wallet, wrapped)) = find_wallet(&reader, &citizen)? else {
            return Ok(Vec::new());
        };
        let key = self.vault.unwrap(&wrapped, &citizen)?;
        let mut statement = reader.prepare_cached(
            "SELECT id, record FROM entry WHERE wallet = ?1 AND bundle <> ?2 ORDER BY number DESC LIMIT ?3",
        )?;
        let mut rows =
            statement.query(params![wallet, verified.bundle.to_string(), MOST_ENTRIES])?;
        let mut records = Vec::new();
        while let Some(row) = rows.next()? {
            let entry: EntryId = parse(&row.get::<_, String>(0)?)?;
            let sealed: Vec<u8> = row.get(1)?;
            records.push((entry, key.decrypt(Purpose::Record(entry), &sealed)?));
        }
        Ok(records)
    }

    pub(in crate::wallet) fn refuse(
        &self,
        bundle: &BundleDigest,
        station: &StationId,
        codes: &[&str],
        at: Timestamp,
    ) -> Result<(), StoreFailure> {
        self.writer().execute(
            "INSERT INTO bundle (digest, station, at, codes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (digest) DO UPDATE SET at = ?3, codes = ?4 WHERE receipt IS NULL AND erased = 0",
            params![
                bundle.to_string(),
                station.as_str(),
                millis(at),
                codes.join(" ")
            ],
        )?;
        Ok(())
    }

    pub(in crate::wallet) fn bundle(
        &self,
        digest: &BundleDigest,
    ) -> Result<Option<BundleRecord>, StoreFailure> {
        find_bundle(&self.reader(), digest)
    }
}

fn find_wallet(
    connection: &Connection,
    citizen: &CitizenKey,
) -> Result<Option<(String, Vec<u8>)>, StoreFailure> {
    Ok(row(
        connection,
        "SELECT id, data_key FROM wallet WHERE citizen_key = ?1",
        [citizen.as_bytes()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
    .optional()?)
}

fn known(
    connection: &Connection,
    bundle: &BundleDigest,
) -> Result<Option<BundleState>, StoreFailure> {
    Ok(find_bundle(connection, bundle)?.map(|record| record.state))
}

fn find_bundle(
    connection: &Connection,
    digest: &BundleDigest,
) -> Result<Option<BundleRecord>, StoreFailure> {
    type Row = (String, i64, Option<Vec<u8>>, Option<String>, bool);
    let found: Option<Row> = row(
        connection,
        "SELECT station, at, receipt, codes, erased FROM bundle WHERE digest = ?1",
        [digest.to_string()],
        |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        },
    )
    .optional()?;
    let Some((station, at, receipt, codes, erased)) = found else {
        return Ok(None);
    };
    let state = match receipt {
        _ if erased => BundleState::Erased,
        Some(json) => {
            BundleState::Filed(SignedReceipt::from_json(&json).map_err(|_| StoreFailure::Row)?)
        }
        None => BundleState::Refused {
            codes: codes
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        },
    };
    Ok(Some(BundleRecord {
        station: parse(&station)?,
        state,
        at: timestamp(at)?,
    }))
}

/// Marks the ticket as used by this bundle. A ticket this database does not know (it was signed before a
/// restore from backup) is noted now, so that it too works only once.
fn spend_ticket(transaction: &Transaction<'_>, verified: &Verified) -> Result<bool, StoreFailure> {
    let changed = run(
        transaction,
        "INSERT INTO ticket (id, station, expires_at, bundle) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET bundle = ?4 WHERE bundle IS NULL",
        params![
            verified.ticket.to_string(),
            verified.station.as_str(),
            millis(verified.ticket_expires_at),
            verified.bundle.to_string()
        ],
    )?;
    Ok(changed == 1)
}

fn insert_entry(
    transaction: &Transaction<'_>,
    verified: &Verified,
    wallet: &Wallet,
    prepared: &Prepared,
    at: Timestamp,
) -> Result<(), StoreFailure> {
    let number: u32 = row(
        transaction,
        "SELECT coalesce(max(number), 0) + 1 FROM entry WHERE wallet = ?1",
        [wallet.id.to_string()],
        |row| row.get(0),
    )?;
    run(transaction, "INSERT INTO entry (id, wallet, number, bundle, bundle_id, visit, station, filed_at, clone_check, practice,
         record, identified_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            prepared.entry.to_string(),
            wallet.id.to_string(),
            number,
            verified.bundle.to_string(),
            verified.bundle_id.to_string(),
            verified.visit.to_string(),
            verified.station.as_str(),
            millis(at),
            verified.clone_check,
            verified.practice,
            prepared.record,
            verified.identified_by,
        ],
    )?;
    for ((n, document), file) in (0_u32..).zip(&verified.documents).zip(&prepared.papers) {
        run(
            transaction,
            "INSERT INTO document (entry, n, grade, kind, title, pages, bytes, file)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                prepared.entry.to_string(),
                n,
                document.grade.as_str(),
                document.kind,
                document.title,
                document.pages,
                i64::try_from(document.pdf.len()).map_err(|_| StoreFailure::Row)?,
                file.to_string(),
            ],
        )?;
    }
    Ok(())
}
