//! A sum over every row, kept under a key: whoever edits the database without the key is found.
//!
//! Each row has a tag, HMAC of its table and columns. The sum of a table's tags modulo 2^256 lies encrypted in
//! the database, and triggers keep it up with every change, in the change's own transaction. A reader of the
//! file sees neither tags nor sums, so nothing can be left out, put in or put back to what it was and the sum
//! made to fit. What it does not find: the whole database put back to an earlier day. That the log's monitors
//! and witnesses find, once a leaf is missing.

use std::sync::Arc;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use zeroize::Zeroizing;

use crate::wallet::StoreFailure;
use crate::wallet::vault::SumKeys;

/// Every table but `sums` itself. The place in this list is part of each tag: append only.
const TABLES: [&str; 17] = [
    "ticket",
    "upload",
    "blob",
    "bundle",
    "wallet",
    "entry",
    "document",
    "look",
    "leaf",
    "node",
    "head",
    "erasure",
    "erased_leaf",
    "event",
    "cosigned",
    "cosignature",
    "litter",
];
const TAG: usize = 32;

/// Teaches a connection the function that the triggers call.
pub(super) fn register(connection: &Connection, keys: Arc<SumKeys>) -> rusqlite::Result<()> {
    // (sums, table, 1 or -1, columns…) → sums
    connection.create_scalar_function(
        "niem_sum",
        -1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS,
        move |context| {
            let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
                rusqlite::Error::UserFunctionError(error)
            };
            let mut sums = keys
                .open(context.get_raw(0).as_blob().map_err(|e| wrong(e.into()))?)
                .map_err(|e| wrong(e.into()))?;
            let table: u8 = context.get(1)?;
            let plus = context.get::<i64>(2)? == 1;
            let columns = (3..context.len()).map(|i| context.get_raw(i));
            let tag = keys.row(&row(table, columns));
            let place = usize::from(table) * TAG;
            let sum = sums
                .get_mut(place..place + TAG)
                .ok_or(rusqlite::Error::InvalidParameterCount(place, TAG))?;
            if plus {
                add(sum, &tag)
            } else {
                take(sum, &tag)
            }
            keys.seal(&sums).map_err(|e| wrong(e.into()))
        },
    )
}

/// Makes the triggers and sums up what is there.
pub(super) fn begin(connection: &Connection, keys: &SumKeys) -> Result<(), StoreFailure> {
    let sums = add_up(connection, keys)?;
    connection.execute_batch(&triggers(connection)?)?;
    connection.execute(
        "INSERT INTO sums VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET value = ?1",
        [keys.seal(&sums)?],
    )?;
    Ok(())
}

/// The triggers of every table, in SQL.
pub(super) fn triggers(connection: &Connection) -> rusqlite::Result<String> {
    let mut sql = String::new();
    for (i, table) in TABLES.into_iter().enumerate() {
        let columns = columns(connection, table)?;
        let list = |of: &str| {
            let named: Vec<String> = columns.iter().map(|name| format!("{of}.{name}")).collect();
            named.join(", ")
        };
        let (old, new) = (list("OLD"), list("NEW"));
        sql.push_str(&format!(
            "DROP TRIGGER IF EXISTS sum_more_{table}; DROP TRIGGER IF EXISTS sum_less_{table};
             DROP TRIGGER IF EXISTS sum_other_{table};
             CREATE TRIGGER sum_more_{table} AFTER INSERT ON {table} BEGIN
             UPDATE sums SET value = niem_sum(value, {i}, 1, {new}); END;
             CREATE TRIGGER sum_less_{table} AFTER DELETE ON {table} BEGIN
             UPDATE sums SET value = niem_sum(value, {i}, -1, {old}); END;
             CREATE TRIGGER sum_other_{table} AFTER UPDATE ON {table} BEGIN
             UPDATE sums SET value = niem_sum(niem_sum(value, {i}, -1, {old}), {i}, 1, {new}); END;\n"
        ));
    }
    Ok(sql)
}

/// The tables whose rows do not make the sum that was kept; every table when the sums themselves were touched.
pub(super) fn altered(
    connection: &Connection,
    keys: &SumKeys,
) -> Result<Vec<&'static str>, StoreFailure> {
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT value FROM sums", [], |row| row.get(0))
        .optional()?;
    let kept = sealed
        .and_then(|sealed| keys.open(&sealed).ok())
        .unwrap_or_default();
    let found = add_up(connection, keys)?;
    Ok(TABLES
        .into_iter()
        .enumerate()
        .filter(|(i, _)| {
            let place = i * TAG..(i + 1) * TAG;
            kept.get(place.clone()) != found.get(place)
        })
        .map(|(_, table)| table)
        .collect())
}

fn add_up(connection: &Connection, keys: &SumKeys) -> Result<Zeroizing<Vec<u8>>, StoreFailure> {
    let mut sums = Zeroizing::new(vec![0; TABLES.len() * TAG]);
    for ((i, table), sum) in (0..).zip(TABLES).zip(sums.chunks_exact_mut(TAG)) {
        let columns = columns(connection, table)?;
        let mut statement =
            connection.prepare(&format!("SELECT {} FROM {table}", columns.join(", ")))?;
        let mut rows = statement.query([])?;
        while let Some(found) = rows.next()? {
            let values: Vec<ValueRef<'_>> = (0..columns.len())
                .map(|column| found.get_ref(column))
                .collect::<Result<_, _>>()?;
            add(sum, &keys.row(&row(i, values.into_iter())));
        }
    }
    Ok(sums)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?
        .query_map([table], |row| row.get(0))?
        .collect()
}

/// One row as it is tagged: no two rows have the same bytes.
fn row<'a>(table: u8, columns: impl Iterator<Item = ValueRef<'a>>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(vec![table]);
    for value in columns {
        let real;
        let (kind, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(n) => {
                real = n.to_be_bytes();
                (1, &real)
            }
            ValueRef::Real(n) => {
                real = n.to_bits().to_be_bytes();
                (2, &real)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        out.push(kind);
        out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

/// Little-endian addition modulo 2^256.
fn add(sum: &mut [u8], tag: &[u8; TAG]) {
    let mut carry = 0;
    for (a, b) in sum.iter_mut().zip(tag) {
        let total = u16::from(*a) + u16::from(*b) + carry;
        *a = total.to_le_bytes()[0];
        carry = total >> 8;
    }
}

fn take(sum: &mut [u8], tag: &[u8; TAG]) {
    let mut borrow = 0;
    for (a, b) in sum.iter_mut().zip(tag) {
        let total = 256 + u16::from(*a) - u16::from(*b) - borrow;
        *a = total.to_le_bytes()[0];
        borrow = 1 - (total >> 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_and_taken_leaves_nothing() {
        let (one, two) = ([0xff; TAG], [0x81; TAG]);
        let mut sum = [0; TAG];
        add(&mut sum, &one);
        add(&mut sum, &two);
        add(&mut sum, &two);
        assert_ne!(sum, [0; TAG]);
        take(&mut sum, &two);
        take(&mut sum, &one);
        assert_eq!(sum, two);
        take(&mut sum, &two);
        assert_eq!(sum, [0; TAG]);
        take(&mut sum, &two);
        add(&mut sum, &two);
        assert_eq!(sum, [0; TAG]);
    }

    #[test]
    fn rows_that_read_alike_have_different_bytes() {
        let rows = [
            row(1, [ValueRef::Text(b"ab"), ValueRef::Text(b"c")].into_iter()),
            row(1, [ValueRef::Text(b"a"), ValueRef::Text(b"bc")].into_iter()),
            row(1, [ValueRef::Blob(b"ab"), ValueRef::Text(b"c")].into_iter()),
            row(2, [ValueRef::Text(b"ab"), ValueRef::Text(b"c")].into_iter()),
            row(1, [ValueRef::Null, ValueRef::Text(b"")].into_iter()),
            row(1, [ValueRef::Text(b""), ValueRef::Null].into_iter()),
        ];
        for (i, one) in rows.iter().enumerate() {
            assert!(rows[i + 1..].iter().all(|other| **other != **one));
        }
    }
}
