//! The journal of looks, which the citizen may read, and the outbox of events, which others are told of.

use bundle::{BundleDigest, EntryId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::database::End;
use super::reading::small;
use super::{Province, bytes32, millis, signed, timestamp, unsigned};
use crate::wallet::vault::CitizenKey;
use crate::wallet::{Event, Looked, StoreFailure, View, Viewed};

/// At most this many lines are read at once, whatever is asked for.
const MOST_LINES: u32 = 1000;

/// A wallet that was looked at: whose, and its wrapped key.
pub(super) struct Opened {
    pub(super) citizen: CitizenKey,
    pub(super) wrapped: Vec<u8>,
}

impl Province {
    /// Writes down a look before it is granted. None, and nothing written, when there is no such wallet: a journal
    /// of guesses would only fill the disk.
    pub(super) async fn journal(
        &self,
        looked: Looked,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Opened>, StoreFailure> {
        self.database
            .transact(async |transaction| {
                // The wallet's row is held, so that lines are numbered one after the other.
                let statement = transaction
                    .prepare_cached(
                        "SELECT citizen_key, data_key FROM wallet WHERE id = $1 FOR UPDATE",
                    )
                    .await?;
                let Some(row) = transaction.query_opt(&statement, &[&view.wallet]).await? else {
                    return Ok(End::Undo(None));
                };
                let citizen = CitizenKey::from_bytes(bytes32(row.try_get(0)?)?);
                let document = view.document.map(|n| i32::try_from(n).unwrap_or(i32::MAX));
                let statement = transaction
                    .prepare_cached(
                        "INSERT INTO look (citizen_key, n, at, reader, purpose, looked, entry, document)
                         SELECT $1, coalesce(max(n), 0) + 1, $2, $3, $4, $5, $6, $7 FROM look WHERE citizen_key = $1",
                    )
                    .await?;
                transaction
                    .execute(
                        &statement,
                        &[
                            &citizen.as_bytes().as_slice(),
                            &millis(at),
                            &view.reader,
                            &view.purpose,
                            &looked.as_str(),
                            &view.entry.map(|entry| entry.uuid()),
                            &document,
                        ],
                    )
                    .await?;
                Ok(End::Keep(Some(Opened {
                    citizen,
                    wrapped: row.try_get(1)?,
                })))
            })
            .await
    }

    pub(in crate::wallet) fn views(
        &self,
        view: View<'_>,
        after: u64,
        limit: u32,
        at: Timestamp,
    ) -> Result<Option<Vec<Viewed>>, StoreFailure> {
        self.run(async {
            let Some(opened) = self.journal(Looked::AtJournal, view, at).await? else {
                return Ok(None);
            };
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT n, at, reader, purpose, looked, entry, document FROM look
                     WHERE citizen_key = $1 AND n > $2 ORDER BY n LIMIT $3",
                )
                .await?;
            let limit = i64::from(limit.min(MOST_LINES));
            let rows = client
                .query(
                    &statement,
                    &[&opened.citizen.as_bytes().as_slice(), &after, &limit],
                )
                .await?;
            let mut lines = Vec::with_capacity(rows.len());
            for row in rows {
                let looked: &str = row.try_get(4)?;
                let entry: Option<uuid::Uuid> = row.try_get(5)?;
                let document: Option<i32> = row.try_get(6)?;
                lines.push(Viewed {
                    n: unsigned(row.try_get(0)?)?,
                    at: timestamp(row.try_get(1)?)?,
                    reader: row.try_get(2)?,
                    purpose: row.try_get(3)?,
                    looked: looked.parse().map_err(|()| StoreFailure::Row)?,
                    entry: entry.map(EntryId::from_uuid),
                    document: document.map(small).transpose()?,
                });
            }
            Ok(Some(lines))
        })
    }

    pub(in crate::wallet) fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreFailure> {
        self.run(async {
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT n, at, kind, bundle FROM event WHERE n > $1 ORDER BY n LIMIT $2",
                )
                .await?;
            let limit = i64::from(limit.min(MOST_LINES));
            let rows = client.query(&statement, &[&after, &limit]).await?;
            rows.iter()
                .map(|row| {
                    Ok(Event {
                        n: unsigned(row.try_get(0)?)?,
                        at: timestamp(row.try_get(1)?)?,
                        kind: row.try_get(2)?,
                        bundle: BundleDigest::from_bytes(bytes32(row.try_get(3)?)?),
                    })
                })
                .collect()
        })
    }
}

/// Puts events into the outbox, in the transaction that makes them true. Whoever calls has appended to the log in
/// the same transaction: as only one may at a time, no lower number appears after a higher one. Rows are never
/// deleted, so none comes twice.
pub(super) async fn post(
    transaction: &Transaction<'_>,
    kind: &str,
    bundles: &[&[u8]],
    at: Timestamp,
) -> Result<(), StoreFailure> {
    let statement = transaction
        .prepare_cached("SELECT coalesce(max(n), 0) FROM event")
        .await?;
    let last = unsigned(transaction.query_one(&statement, &[]).await?.try_get(0)?)?;
    let statement = transaction
        .prepare_cached("INSERT INTO event (n, at, kind, bundle) VALUES ($1, $2, $3, $4)")
        .await?;
    for (n, bundle) in (last + 1..).zip(bundles) {
        transaction
            .execute(&statement, &[&signed(n)?, &millis(at), &kind, bundle])
            .await?;
    }
    Ok(())
}
