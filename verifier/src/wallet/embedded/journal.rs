//! The journal of looks, which the citizen may read, and the outbox of events, which others are told of.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{Embedded, millis, parse, timestamp};
use crate::wallet::{Event, Looked, StoreFailure, View, Viewed};

/// At most this many lines are read at once, whatever is asked for.
const MOST_LINES: u32 = 1000;

impl Embedded {
    /// Writes down a look before it is granted. `false`, and nothing written, when there is no such wallet: a
    /// journal of guesses would only fill the disk.
    pub(super) fn journal(
        &self,
        looked: Looked,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<bool, StoreFailure> {
        let written = self.writer().execute(
            "INSERT INTO look (at, reader, purpose, looked, wallet, entry, document)
             SELECT ?1, ?2, ?3, ?4, id, ?6, ?7 FROM wallet WHERE id = ?5",
            params![
                millis(at),
                view.reader,
                view.purpose,
                looked.as_str(),
                view.wallet.to_string(),
                view.entry.map(|entry| entry.to_string()),
                view.document
            ],
        )?;
        Ok(written == 1)
    }

    pub(in crate::wallet) fn views(
        &self,
        view: View<'_>,
        after: u64,
        limit: u32,
        at: Timestamp,
    ) -> Result<Option<Vec<Viewed>>, StoreFailure> {
        if !self.journal(Looked::AtJournal, view, at)? {
            return Ok(None);
        }
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let reader = self.reader();
        let mut statement = reader.prepare_cached(
            "SELECT n, at, reader, purpose, looked, entry, document FROM look
             WHERE wallet = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
        )?;
        let mut rows = statement.query(params![
            view.wallet.to_string(),
            after,
            limit.min(MOST_LINES)
        ])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let entry: Option<String> = row.get(5)?;
            lines.push(Viewed {
                n: count(row.get(0)?)?,
                at: timestamp(row.get(1)?)?,
                reader: row.get(2)?,
                purpose: row.get(3)?,
                looked: parse(&row.get::<_, String>(4)?)?,
                entry: entry.as_deref().map(parse).transpose()?,
                document: row.get(6)?,
            });
        }
        Ok(Some(lines))
    }

    pub(in crate::wallet) fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreFailure> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let reader = self.reader();
        let mut statement = reader.prepare_cached(
            "SELECT n, at, kind, bundle FROM event WHERE n > ?1 ORDER BY n LIMIT ?2",
        )?;
        let mut rows = statement.query(params![after, limit.min(MOST_LINES)])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(Event {
                n: count(row.get(0)?)?,
                at: timestamp(row.get(1)?)?,
                kind: row.get(2)?,
                bundle: parse(&row.get::<_, String>(3)?)?,
            });
        }
        Ok(events)
    }
}

/// Puts an event into the outbox, in the transaction that makes it true. Rows are never deleted, so numbers
/// grow and none comes twice; one writer at a time, so no lower number appears after a higher one.
pub(super) fn post(
    transaction: &Transaction<'_>,
    kind: &str,
    bundle: &str,
    at: Timestamp,
) -> Result<(), StoreFailure> {
    transaction
        .prepare_cached("INSERT INTO event (at, kind, bundle) VALUES (?1, ?2, ?3)")?
        .execute(params![millis(at), kind, bundle])?;
    Ok(())
}

fn count(n: i64) -> Result<u64, StoreFailure> {
    u64::try_from(n).map_err(|_| StoreFailure::Row)
}
