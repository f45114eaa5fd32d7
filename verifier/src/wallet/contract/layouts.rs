//! Databases of every earlier layout, frozen as the program of their day left them, brought to the present one: what
//! they hold is there, the log stands, and work goes on.
//!
//! `layouts/keys` opens all of them. Who changes a layout freezes the one before first:
//! `cargo test -p verifier --features province freeze -- --ignored`, on the commit before the change.

use std::path::{Path, PathBuf};

use super::rig::Rig;
use super::*;

/// What was filed in every frozen store: two citizens, three visits, and one look into the first wallet.
const CITIZENS: [(&str, usize); 2] = [("031085001234", 2), ("031185005678", 1)];

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wallet/contract/layouts")
}

/// Copies a folder and what is in it.
pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Fills a store with what [`check`] looks for.
pub(super) fn fill(store: &Wallets) {
    for (seed, number) in [(1, CITIZENS[0].0), (2, CITIZENS[1].0), (3, CITIZENS[0].0)] {
        filed(store.file(&verified(seed, number), now()).unwrap());
    }
    store
        .refuse(
            &BundleDigest::of(b"refused"),
            &station(),
            &["examine.face"],
            now(),
        )
        .unwrap();
}

/// The two looks that every frozen store remembers, from before a look had a purpose.
fn looks(rig: &Rig) -> Vec<(String, String, Looked)> {
    let store = rig.store();
    let wallets = CITIZENS.map(|(number, _)| store.lookup(number, "desk", "test", now()).unwrap());
    let lines = wallets.into_iter().flatten().flat_map(|wallet| {
        let lines = store.views(view(wallet, None, None), 0, 100, now());
        lines.unwrap().unwrap()
    });
    let old = lines.filter(|line| line.at < "2026-01-02T00:00:00Z".parse().unwrap());
    old.map(|line| (line.reader, line.purpose, line.looked))
        .collect()
}

/// Everything a frozen store held is there in the present layout, and it can be worked with.
pub(super) fn check(rig: &Rig) {
    let store = rig.store();
    assert_eq!(store.fsck().unwrap().findings, Vec::<String>::new());
    let looked = |looked| ("desk".to_owned(), "unstated".to_owned(), looked);
    let expected = [Looked::AtEntries, Looked::AtDocument].map(looked);
    assert_eq!(looks(rig), expected);
    for (number, count) in CITIZENS {
        let wallet = store
            .lookup(number, "desk", "test", now())
            .unwrap()
            .unwrap();
        let entries = store
            .entries(view(wallet, None, None), now())
            .unwrap()
            .unwrap();
        assert_eq!(entries.len(), count);
        for entry in &entries {
            let paper = view(wallet, Some(entry.entry), Some(0));
            let paper = store.document(paper, now()).unwrap().unwrap();
            assert!(paper.pdf.starts_with(b"%PDF "));
            assert!(paper.pdf.ends_with(number.as_bytes()));
            let record = store.bundle(&entry.bundle).unwrap().unwrap();
            let BundleState::Filed(receipt) = record.state else {
                panic!("{record:?}")
            };
            log::check_receipt(&receipt.verify(&rig.key()).unwrap(), &rig.vkey()).unwrap();
        }
        // Filing goes on behind what is there.
        filed(
            store
                .file(&verified(9 + count as u8, number), now())
                .unwrap(),
        );
        let entries = store
            .entries(view(wallet, None, None), now())
            .unwrap()
            .unwrap();
        assert_eq!(entries.last().unwrap().number as usize, count + 1);
    }
    let refused = store
        .bundle(&BundleDigest::of(b"refused"))
        .unwrap()
        .unwrap();
    assert!(matches!(refused.state, BundleState::Refused { codes } if codes == ["examine.face"]));
    // What was filed before there was an outbox is in it too.
    assert_eq!(store.events(0, 100).unwrap().len(), 5);
    let fsck = store.fsck().unwrap();
    assert_eq!(
        (fsck.leaves, fsck.entries, fsck.findings),
        (5, 5, Vec::new())
    );
}

/// The frozen stores of one kind, by layout.
fn frozen(kind: &str) -> Vec<(i64, PathBuf)> {
    let mut found: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_prefix(kind)?.to_owned();
            Some((name.strip_prefix('-')?.parse().ok()?, path))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn an_embedded_store_of_every_earlier_layout_is_brought_to_the_present_one() {
    let present = Rig::new().layout();
    let frozen = frozen("embedded");
    let layouts: Vec<i64> = frozen.iter().map(|(layout, _)| *layout).collect();
    assert_eq!(
        layouts,
        (1..present).collect::<Vec<_>>(),
        "a layout is not frozen"
    );
    for (layout, path) in frozen {
        let rig = Rig::thawed(|place| {
            copy(&path, &place.join("data"));
            let sql = std::fs::read_to_string(path.join("verifier.sql")).unwrap();
            let database = rusqlite::Connection::open(place.join("data/verifier.sqlite")).unwrap();
            database.execute_batch(&sql).unwrap();
            database
                .pragma_update(None, "user_version", layout)
                .unwrap();
        });
        assert_eq!(rig.layout(), present);
        check(&rig);
    }
}

#[test]
pub(super) fn a_store_of_a_later_layout_is_left_alone() {
    let mut rig = Rig::new();
    let later = rig.layout() + 1;
    rig.wallets = None;
    rig.edit(
        &format!("PRAGMA user_version = {later}"),
        &format!("UPDATE layout SET n = {later}"),
    );
    for access in [Access::Serve, Access::Inspect] {
        let refused = rig
            .open(&rig.place.path().join("data"), access)
            .err()
            .unwrap();
        assert_eq!(refused.code(), "store.layout");
    }
    assert_eq!(rig.layout(), later);
}

/// Writes the present layout down for the tests of the next one. Run on purpose, by whoever changes it.
#[test]
#[ignore = "writes into the source tree"]
fn freeze_the_embedded_store() {
    let mut rig = Rig::thawed(|_| {});
    fill(rig.store());
    let to = folder().join(format!("embedded-{}", rig.layout()));
    rig.wallets = None;
    copy(
        &rig.place.path().join("data/documents"),
        &to.join("documents"),
    );
    let database = rig.place.path().join("data/verifier.sqlite");
    let database = rusqlite::Connection::open(database).unwrap();
    std::fs::write(to.join("verifier.sql"), dump(&database)).unwrap();
}

#[cfg(feature = "province")]
#[test]
fn a_province_of_every_earlier_layout_is_brought_to_the_present_one() {
    if !servers::are_here() {
        return;
    }
    let new = Rig::thawed_in_a_province("");
    let present = new.layout();
    let frozen = frozen("province");
    let layouts: Vec<i64> = frozen.iter().map(|(layout, _)| *layout).collect();
    assert_eq!(
        layouts,
        (1..present).collect::<Vec<_>>(),
        "a layout is not frozen"
    );
    for (layout, path) in frozen {
        let sql = std::fs::read_to_string(path.join("verifier.sql")).unwrap();
        assert!(sql.contains(&format!("INSERT INTO public.layout VALUES (1, {layout})")));
        let rig = Rig::thawed_in_a_province(&sql);
        assert_eq!(rig.layout(), present);
        let Wallets::Province(store) = rig.store() else {
            panic!()
        };
        for paper in std::fs::read_dir(path.join("papers")).unwrap() {
            let paper = paper.unwrap();
            let name = paper.file_name().into_string().unwrap().parse().unwrap();
            store.lay_paper(&name, std::fs::read(paper.path()).unwrap());
        }
        check(&rig);
    }
}

/// A verifier of the release before, which has not yet noticed that another has brought the store to a new layout.
#[cfg(feature = "province")]
#[test]
fn a_verifier_that_a_newer_one_has_overtaken_files_nothing() {
    if !servers::are_here() {
        return;
    }
    let rig = Rig::thawed_in_a_province("");
    let visit = verified(1, "031085001234");
    rig.edit("", "UPDATE layout SET n = n + 1");
    let failure = rig.store().file(&visit, now()).err().unwrap();
    assert_eq!(failure.code(), "store.outdated");
    rig.edit("", "UPDATE layout SET n = n - 1");
    filed(rig.store().file(&visit, now()).unwrap());
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}

#[cfg(feature = "province")]
#[test]
#[ignore = "writes into the source tree"]
fn freeze_the_province() {
    let rig = Rig::thawed_in_a_province("");
    fill(rig.store());
    let to = folder().join(format!("province-{}", rig.layout()));
    std::fs::create_dir_all(to.join("papers")).unwrap();
    std::fs::write(
        to.join("verifier.sql"),
        rig.province.as_ref().unwrap().dump(),
    )
    .unwrap();
    let Wallets::Province(store) = rig.store() else {
        panic!()
    };
    for (name, content) in store.papers() {
        std::fs::write(to.join("papers").join(name), content).unwrap();
    }
}

/// A database as SQL text.
fn dump(database: &rusqlite::Connection) -> String {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let of_kind = |kind: &str| {
        texts(&format!(
            "SELECT sql FROM sqlite_master WHERE type = '{kind}' AND sql IS NOT NULL"
        ))
    };
    let mut lines = of_kind("table");
    for table in texts("SELECT name FROM sqlite_master WHERE type = 'table'") {
        let columns = texts(&format!(
            "SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')"
        ));
        let row = columns.join(" || ', ' || ");
        lines.extend(texts(&format!(
            "SELECT 'INSERT INTO {table} VALUES (' || {row} || ')' FROM {table}"
        )));
    }
    lines.extend(of_kind("index"));
    lines.extend(of_kind("trigger"));
    lines.iter().map(|line| format!("{line};\n")).collect()
}
