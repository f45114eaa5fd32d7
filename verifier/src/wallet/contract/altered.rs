//! Somebody with the disk and without the keys: whatever they change is found, and what is erased they do not find.
//!
//! For the embedded store: it edits SQLite rows and files behind its back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::*;

/// A store that was used in every way there is, closed, in one database file.
struct Used {
    rig: Rig,
    unfinished: PathBuf,
}

fn used() -> Used {
    let mut rig = Rig::new();
    let until = now()
        .checked_add(jiff::SignedDuration::from_hours(1))
        .unwrap();
    rig.store().grant(&station(), 3, now(), until, 9).unwrap();
    for n in 0..4 {
        let visit = Verified {
            blobs: vec![rig.upload(&[n; 40])],
            previous: Some(BundleDigest::of(&[n, n])),
            ..verified(n, ["031085001234", "031185005678"][usize::from(n % 2)])
        };
        filed(rig.store().file(&visit, now()).unwrap());
    }
    rig.upload(b"waits for its bundle");
    let digest = Sha256Digest::of(b"half sent");
    let begun = rig
        .store()
        .begin_upload(&station(), &digest, 9, QUOTA, now());
    let Begun::Started(id) = begun.unwrap() else {
        panic!()
    };
    let unfinished = rig.store().upload(id, &station()).unwrap().unwrap().file;
    std::fs::write(&unfinished, b"half").unwrap();
    rig.store()
        .refuse(
            &BundleDigest::of(b"no"),
            &station(),
            &["examine.face"],
            now(),
        )
        .unwrap();
    let wallet = |id| {
        rig.store()
            .lookup(id, "desk", "test", now())
            .unwrap()
            .unwrap()
    };
    let one = wallet("031085001234");
    let entries = rig
        .store()
        .entries(view(one, None, None), now())
        .unwrap()
        .unwrap();
    rig.store()
        .document(view(one, Some(entries[0].entry), Some(0)), now())
        .unwrap();
    let act = Act {
        by: "nv-0042",
        basis: "QD 12/2026",
    };
    rig.store()
        .erase(wallet("031185005678"), act, now())
        .unwrap()
        .unwrap();
    let head = rig.store().head().unwrap();
    rig.store()
        .cosign(&head, "one", "— one AAAAAAA=\n")
        .unwrap();
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
    assert!(rig.store().scrub().unwrap());
    rig.wallets = None;
    Used { rig, unfinished }
}

impl Used {
    fn data(&self) -> PathBuf {
        self.rig.place.path().join("data")
    }

    fn database(&self) -> PathBuf {
        self.data().join("verifier.sqlite")
    }

    /// What looking at the store finds. A store that does not even open has found it too.
    fn findings(&self) -> Vec<String> {
        match Embedded::open(&self.data(), &self.rig.keys, false, Access::Inspect) {
            Err(error) => vec![error.code().to_owned()],
            Ok(store) => match Wallets::Embedded(store).fsck() {
                Ok(report) => report.findings,
                Err(failure) => vec![failure.code().to_owned()],
            },
        }
    }

    /// Lets `edit` loose on the database, asks what is found, and puts the database back.
    fn with_edit(&self, edit: impl FnOnce(&Connection)) -> Vec<String> {
        let sound = std::fs::read(self.database()).unwrap();
        let connection = Connection::open(self.database()).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = off; PRAGMA ignore_check_constraints = on;")
            .unwrap();
        // Without its function no trigger fires; a careful hand takes them away and puts them back.
        let triggers: Vec<(String, String)> = connection
            .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (name, _) in &triggers {
            connection
                .execute_batch(&format!("DROP TRIGGER {name}"))
                .unwrap();
        }
        edit(&connection);
        for (_, sql) in &triggers {
            connection.execute_batch(sql).unwrap();
        }
        connection.close().unwrap();
        let findings = self.findings();
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.database().display()));
        }
        std::fs::write(self.database(), sound).unwrap();
        findings
    }

    fn read<T: rusqlite::types::FromSql>(&self, sql: &str) -> Vec<T> {
        let connection = Connection::open(self.database()).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }
}

fn other(value: Value, salt: i64) -> Value {
    match value {
        Value::Null => Value::Text("x".to_owned()),
        Value::Integer(n) => Value::Integer(n + 1000 + salt),
        Value::Real(n) => Value::Real(n + 1.0),
        Value::Text(mut text) => {
            let last = text.pop().unwrap_or('0');
            text.push(if last == '0' { '1' } else { '0' });
            Value::Text(text)
        }
        Value::Blob(mut bytes) => {
            match bytes.last_mut() {
                Some(last) => *last ^= 1,
                None => bytes.push(1),
            }
            Value::Blob(bytes)
        }
    }
}

#[test]
fn an_edit_of_any_column_of_any_table_is_found() {
    let used = used();
    assert_eq!(used.findings(), Vec::<String>::new());
    assert_eq!(used.with_edit(|_| ()), Vec::<String>::new());
    let tables: Vec<String> = used.read(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    assert_eq!(tables.len(), 18);
    let (mut edits, mut empty) = (0, Vec::new());
    for table in &tables {
        let rows: Vec<i64> = used.read(&format!("SELECT rowid FROM {table} ORDER BY rowid"));
        let Some((first, last)) = rows.first().zip(rows.last()) else {
            empty.push(table.as_str());
            continue;
        };
        let columns: Vec<String> =
            used.read(&format!("SELECT name FROM pragma_table_info('{table}')"));
        for (column, row) in columns.iter().map(|column| (column, last)) {
            let of = format!("{column} FROM {table} WHERE rowid = {row}");
            let value = used.read::<Value>(&format!("SELECT {of}")).remove(0);
            // A column that may hold nothing may be of any kind; numbers are tried before text.
            let tries = match value {
                Value::Null => vec![
                    Value::Integer(7),
                    Value::Text("x".into()),
                    Value::Blob(vec![7]),
                ],
                value => vec![other(value, *row)],
            };
            let findings = used.with_edit(|connection| {
                let sql = format!("UPDATE {table} SET {column} = ?1 WHERE rowid = {row}");
                let done = tries
                    .iter()
                    .any(|value| connection.execute(&sql, [value]) == Ok(1));
                assert!(done, "{table}.{column} could not be edited");
            });
            assert!(!findings.is_empty(), "{table}.{column} of row {row}");
            edits += 1;
        }
        for row in [first, last] {
            let findings = used.with_edit(|connection| {
                let sql = format!("DELETE FROM {table} WHERE rowid = {row}");
                assert_eq!(connection.execute(&sql, []), Ok(1));
            });
            assert!(!findings.is_empty(), "{table} without row {row}");
        }
    }
    assert!(edits > 60, "{edits}");
    assert_eq!(empty, ["litter"], "what every table holds is edited");
    let planted = used.with_edit(|connection| {
        connection
            .execute("INSERT INTO litter VALUES ('aa', 'document')", [])
            .unwrap();
    });
    assert_eq!(planted, ["fsck.rows_altered litter"]);
}

#[test]
fn what_hides_an_edit_is_found_itself() {
    let used = used();
    let sums: Vec<Vec<u8>> = used.read("SELECT value FROM sums");
    // An older sum does not open as the present one, and no trigger may be missing or other.
    let row = used.with_edit(|connection| {
        connection
            .execute_batch("UPDATE document SET grade = 'g3'")
            .unwrap();
        connection
            .execute("UPDATE sums SET value = ?1", [&sums[0]])
            .unwrap();
    });
    assert_eq!(row, ["fsck.rows_altered document"]);
    for edit in [
        "DROP INDEX look_of",
        "CREATE TABLE mine (x)",
        "CREATE TRIGGER mine AFTER INSERT ON entry BEGIN SELECT 1; END",
    ] {
        let found = used.with_edit(|connection| connection.execute_batch(edit).unwrap());
        assert_eq!(found, ["fsck.layout"], "{edit}");
    }
    let older = used.with_edit(|connection| {
        connection.execute_batch("PRAGMA user_version = 2").unwrap();
    });
    assert_eq!(older, ["store.database"]);
    // Two papers of one wallet change places.
    let swapped = used.with_edit(|connection| {
        connection
            .execute_batch(
                "CREATE TEMP TABLE two AS SELECT rowid AS r, file FROM document;
                 UPDATE document SET file = 'x' || rowid;
                 UPDATE document SET file = (SELECT file FROM two WHERE r <> document.rowid)",
            )
            .unwrap();
    });
    assert_eq!(
        swapped
            .iter()
            .filter(|finding| finding.starts_with("fsck.paper "))
            .count(),
        2,
        "{swapped:?}"
    );
    // An entry that disappears as if it had been erased.
    let erased = used.with_edit(|connection| {
        connection
            .execute_batch(
                "INSERT INTO erased_leaf SELECT 0; UPDATE bundle SET erased = 1, receipt = NULL
                 WHERE digest = (SELECT bundle FROM entry ORDER BY number LIMIT 1);
                 DELETE FROM document WHERE entry = (SELECT id FROM entry ORDER BY number LIMIT 1);
                 DELETE FROM entry WHERE number = 1",
            )
            .unwrap();
    });
    assert!(
        erased.contains(&"fsck.erased_too_many 3".to_owned()),
        "{erased:?}"
    );
}

/// Every row of every table, as text.
fn dump(database: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = Connection::open(database)?;
    let mut lines = Vec::new();
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values: Vec<Value> = (0..columns)
                .map(|column| row.get(column))
                .collect::<Result<_, _>>()?;
            lines.push(format!("{table} {values:?}"));
        }
    }
    Ok(lines)
}

#[test]
fn a_flipped_byte_of_any_file_is_found_or_changes_nothing() {
    let used = used();
    let sound = std::fs::read(used.database()).unwrap();
    let rows = dump(&used.database()).unwrap();
    let (mut found, mut harmless) = (0, 0);
    // 97 and the page size have no common divisor: every part of a page is hit sooner or later.
    for at in (0..sound.len()).step_by(4096 / 8 + 97) {
        let mut spoilt = sound.clone();
        spoilt[at] ^= 0x10;
        std::fs::write(used.database(), spoilt).unwrap();
        if used.findings().is_empty() {
            assert_eq!(dump(&used.database()).unwrap(), rows, "byte {at}");
            harmless += 1;
        } else {
            found += 1;
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", used.database().display()));
        }
    }
    std::fs::write(used.database(), &sound).unwrap();
    assert!(found > 30, "{found} found, {harmless} harmless");

    let mut files = BTreeMap::new();
    let mut folders = vec![used.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path != used.database() && path != used.data().join("verifier.lock") {
                files.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    // Two papers that are not erased, a blob that waits, and half an upload.
    assert_eq!(files.len(), 4, "{files:?}");
    for (path, content) in &files {
        let mut spoilt = content.clone();
        spoilt[0] ^= 1;
        std::fs::write(path, spoilt).unwrap();
        let edited = used.findings();
        std::fs::remove_file(path).unwrap();
        let removed = used.findings();
        std::fs::write(path, content).unwrap();
        let matters = *path != used.unfinished;
        assert_eq!(
            (!edited.is_empty(), !removed.is_empty()),
            (matters, matters),
            "{}: {edited:?}, {removed:?}",
            path.display()
        );
    }
    // An upload under way is looked at when it ends, and may be begun again at any time.
    let mut rig = used.rig;
    rig.restart();
    let id = used.unfinished.file_name().unwrap().to_str().unwrap();
    let upload = rig
        .store()
        .upload(id.parse().unwrap(), &station())
        .unwrap()
        .unwrap();
    std::fs::write(&upload.file, b"half sEnt").unwrap();
    assert_eq!(
        rig.store()
            .finish_upload(&upload, &station(), now())
            .unwrap(),
        Finished::DigestWrong
    );
}

#[test]
fn nothing_of_an_erased_wallet_is_left_on_the_disk() {
    let mut rig = Rig::new();
    rig.wallets = None;
    let data = rig.place.path().join("data");
    let open = |rig: &Rig| {
        // The sealed copies are kept here, so that an erasure has to find them.
        Wallets::Embedded(Embedded::open(&data, &rig.keys, true, Access::Serve).unwrap())
    };
    rig.wallets = Some(open(&rig));
    // Enough wallets for the trees of the tables to grow, split and be joined again.
    let people: Vec<String> = (0..120).map(|n| format!("0310850{n:05}")).collect();
    let mut receipts = Vec::new();
    for (n, person) in (0_u8..).zip(&people) {
        let visit = Verified {
            blobs: vec![rig.upload(&[n, 1, 2, 3])],
            record: Zeroizing::new(vec![n; 700]),
            ..verified(n, person)
        };
        receipts.push(filed(rig.store().file(&visit, now()).unwrap()));
    }
    let mut traces: Vec<Vec<u8>> = Vec::new();
    let mut files = Vec::new();
    let mut wallets = Vec::new();
    for (person, receipt) in people.iter().zip(&receipts).step_by(2) {
        let wallet = rig
            .store()
            .lookup(person, "desk", "test", now())
            .unwrap()
            .unwrap();
        let database = Connection::open(data.join("verifier.sqlite")).unwrap();
        let one = |column: &str, table: &str| -> Vec<u8> {
            let sql = format!("SELECT CAST({column} AS BLOB) FROM {table}");
            database
                .query_row(&sql, [wallet.to_string()], |row| row.get(0))
                .unwrap()
        };
        let entry = "entry WHERE wallet = ?1";
        traces.push(one("data_key", "wallet WHERE id = ?1"));
        traces.push(one("citizen_key", "wallet WHERE id = ?1"));
        traces.push(one("id", "wallet WHERE id = ?1"));
        traces.push(one("id", entry));
        traces.push(one("visit", entry));
        traces.push(one("record", entry)[..200].to_vec());
        // Of the receipt, its signature.
        let json = receipt.to_json();
        traces.push(json[json.len() - 70..json.len() - 10].to_vec());
        let of = "document JOIN entry ON entry.id = document.entry WHERE wallet = ?1";
        traces.push(one("file", of));
        let name = String::from_utf8(one("file", of)).unwrap();
        files.push(data.join("documents").join(&name[..2]).join(&name));
        let name = String::from_utf8(one(
            "(SELECT digest FROM blob WHERE blob.bundle = entry.bundle)",
            entry,
        ))
        .unwrap();
        files.push(data.join("blobs").join(&name[..2]).join(&name));
        wallets.push(wallet);
    }
    assert!(files.iter().all(|file| file.exists()));
    let act = Act {
        by: "nv-0042",
        basis: "QD 12/2026",
    };
    for wallet in wallets {
        let erased = rig.store().erase(wallet, act, now()).unwrap().unwrap();
        assert!(erased.scrubbed);
    }
    // By eight bytes that are nobody else's, and then the whole.
    let place = |trace: &[u8]| {
        if trace.len() > 64 {
            trace.len() / 2
        } else {
            trace.len() - 8
        }
    };
    let left = |traces: &[Vec<u8>]| {
        let middles: BTreeMap<&[u8], &Vec<u8>> = traces
            .iter()
            .map(|trace| (&trace[place(trace)..][..8], trace))
            .collect();
        assert_eq!(middles.len(), traces.len());
        let mut found = Vec::new();
        for name in ["verifier.sqlite", "verifier.sqlite-wal"] {
            let content = std::fs::read(data.join(name)).unwrap_or_default();
            for (at, window) in content.windows(8).enumerate() {
                if let Some(trace) = middles.get(window)
                    && let Some(start) = at.checked_sub(place(trace))
                    && content[start..].starts_with(trace)
                {
                    found.push((name, start));
                }
            }
        }
        found
    };
    // While the service runs, and after it has ended.
    assert_eq!(left(&traces), Vec::new());
    assert!(files.iter().all(|file| !file.exists()));
    rig.wallets = None;
    assert_eq!(left(&traces), Vec::new());
    rig.wallets = Some(open(&rig));
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
    // The search itself works: those who stayed are found by it.
    let stayed = Connection::open(data.join("verifier.sqlite"))
        .unwrap()
        .query_row("SELECT data_key FROM wallet LIMIT 1", [], |row| row.get(0))
        .unwrap();
    rig.store().scrub().unwrap();
    assert_eq!(left(&[stayed]).len(), 1);
}
