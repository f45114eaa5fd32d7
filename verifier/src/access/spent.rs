//! Assertions that were used: each is good once within its life, also across restarts.
//!
//! Kept in a small database of its own, like the answers under keys: what it holds is over after minutes.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, TransactionBehavior, params};

use crate::wallet::StoreFailure;

/// Assertions of one client that count at once: a token lasts ten minutes, so an honest client needs one or two.
const MAX_LIVE: u32 = 1_000;

/// Whether an assertion may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spending {
    First,
    Again,
    /// The client has used too many within five minutes.
    TooMany,
}

/// The memory on disk.
pub(super) struct Spent {
    file: PathBuf,
    /// Opened when the first assertion comes.
    database: Mutex<Option<Connection>>,
}

impl Spent {
    pub(super) fn new(data: &Path) -> Self {
        Self {
            file: data.join("assertions.sqlite"),
            database: Mutex::new(None),
        }
    }

    /// Uses an assertion up. When this says `First`, a power cut no longer makes it good again.
    pub(super) fn spend(
        &self,
        client: &str,
        id: &str,
        until: i64,
        now: i64,
    ) -> Result<Spending, StoreFailure> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match database.take() {
            Some(connection) => connection,
            None => open(&self.file)?,
        };
        let connection = database.insert(connection);
        let id = ring::digest::digest(&ring::digest::SHA256, id.as_bytes());
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM spent WHERE until <= ?1", [now])?;
        let known: bool = transaction.query_row(
            "SELECT count(*) > 0 FROM spent WHERE client = ?1 AND id = ?2",
            params![client, id.as_ref()],
            |row| row.get(0),
        )?;
        if known {
            return Ok(Spending::Again);
        }
        let live: u32 = transaction.query_row(
            "SELECT count(*) FROM spent WHERE client = ?1",
            [client],
            |row| row.get(0),
        )?;
        if live >= MAX_LIVE {
            return Ok(Spending::TooMany);
        }
        transaction.execute(
            "INSERT INTO spent (client, id, until) VALUES (?1, ?2, ?3)",
            params![client, id.as_ref(), until],
        )?;
        transaction.commit()?;
        Ok(Spending::First)
    }
}

fn open(file: &Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(file)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS spent (
             client TEXT NOT NULL, id BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (client, id)) STRICT;
         CREATE INDEX IF NOT EXISTS spent_by_time ON spent (until);",
    )?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_spent_once_even_across_a_restart_and_each_client_has_so_many() {
        let place = tempfile::tempdir().unwrap();
        let spent = Spent::new(place.path());
        assert_eq!(spent.spend("soft", "1", 100, 0).unwrap(), Spending::First);
        for _ in 0..10_000 {
            assert_eq!(spent.spend("soft", "1", 100, 0).unwrap(), Spending::Again);
        }
        assert_eq!(spent.spend("other", "1", 100, 0).unwrap(), Spending::First);
        drop(spent);
        let spent = Spent::new(place.path());
        assert_eq!(spent.spend("soft", "1", 100, 99).unwrap(), Spending::Again);
        spent
            .database
            .lock()
            .unwrap()
            .as_ref()
            .unwrap()
            .execute_batch("PRAGMA synchronous = OFF")
            .unwrap();
        for n in 2..=MAX_LIVE {
            let spending = spent.spend("soft", &n.to_string(), 100, 0).unwrap();
            assert_eq!(spending, Spending::First);
        }
        assert_eq!(
            spent.spend("soft", "new", 100, 0).unwrap(),
            Spending::TooMany
        );
        assert_eq!(
            spent.spend("other", "new", 100, 0).unwrap(),
            Spending::First
        );
        // Minutes later all of it is forgotten, and was refused as expired before it came here.
        assert_eq!(
            spent.spend("soft", "new", 300, 100).unwrap(),
            Spending::First
        );
    }
}
