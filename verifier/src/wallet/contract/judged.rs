//! The tiles of a store before those who know nothing of it: Go's sumdb, and our own monitor.

use std::path::Path;

use super::*;
use crate::monitor::{Source, State, follow};

#[path = "../../../tests/judge/program.rs"]
mod program;

/// Everything the store serves of its log, in a folder as any web server would serve it.
fn export(store: &Wallets, size: u64, folder: &Path) {
    let write = |path: String, content: Vec<u8>| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write(
        "checkpoint".to_owned(),
        store.checkpoint().unwrap().into_bytes(),
    );
    for level in 0_u8..8 {
        let count = size >> (8 * level);
        for index in 0..count.div_ceil(256) {
            let width = (count - index * 256).min(256) as u32;
            let name = match width {
                256 => format!("{index:03}"),
                width => format!("{index:03}.p/{width}"),
            };
            let hashes = Tile::Hashes {
                level,
                index,
                width,
            };
            write(
                format!("tile/{level}/{name}"),
                store.tile(hashes).unwrap().unwrap(),
            );
            if level == 0 {
                let entries = Tile::Entries { index, width };
                write(
                    format!("tile/entries/{name}"),
                    store.tile(entries).unwrap().unwrap(),
                );
            }
        }
    }
}

#[test]
fn the_log_of_a_store_is_good_before_strangers() {
    let rig = Rig::new();
    let vkey = rig.vkey();
    let mut receipts = Vec::new();
    let mut old = String::new();
    let size = 300_u64;
    for n in 0..size {
        let visit = Verified {
            bundle: BundleDigest::of(&n.to_be_bytes()),
            documents: Vec::new(),
            ..verified(1, &format!("0310850{:05}", n % 50))
        };
        let receipt = filed(rig.store().file(&visit, now()).unwrap());
        let receipt = receipt.verify(&rig.key()).unwrap();
        let leaf = log::leaf(
            &receipt.bundle,
            receipt.entry,
            &receipt.station,
            receipt.filed_at,
        );
        if n == 130 {
            old = receipt.log.checkpoint.clone();
        }
        receipts.push(serde_json::json!({
            "index": receipt.log.index, "tree_size": receipt.log.tree_size,
            "inclusion": receipt.log.inclusion, "checkpoint": receipt.log.checkpoint,
            "leaf": hex::encode(leaf),
        }));
    }
    // An erased wallet is a leaf like others.
    let wallet = rig.store().lookup("031085000007", "desk", "test", now());
    let act = Act {
        by: "nv-0042",
        basis: "QD 12/2026",
    };
    rig.store()
        .erase(wallet.unwrap().unwrap(), act, now())
        .unwrap()
        .unwrap();
    let folder = rig.place.path().join("log");
    export(rig.store(), size + 1, &folder);
    let place = folder.to_str().unwrap();

    let source = Source::open(place, None, 1 << 30).unwrap();
    let report = follow(&source, &vkey, &mut State::default()).unwrap();
    let counts = report.counts;
    assert_eq!((counts.filed, counts.erasures, counts.erased), (300, 1, 6));

    let input = serde_json::json!({"old": old, "witnesses": [], "receipts": receipts});
    let Some(said) = program::judged_good(place, &vkey, None, &input) else {
        return;
    };
    assert_eq!(said, "301 leaves, 300 receipts, 0 cosignatures");
    // One letter of one leaf.
    let tile = folder.join("tile/entries/000");
    let sound = std::fs::read(&tile).unwrap();
    let mut altered = sound.clone();
    let name = |bytes: &[u8]| bytes.starts_with(b"tram-01");
    let at = (0..sound.len()).filter(|at| name(&sound[*at..])).nth(99);
    altered[at.unwrap()] ^= 1;
    std::fs::write(&tile, altered).unwrap();
    let none = serde_json::json!({"old": "", "witnesses": [], "receipts": []});
    assert_eq!(
        program::judged_bad(place, &vkey, None, &none).unwrap(),
        "leaf 99: invalid transparency proof"
    );
    std::fs::write(&tile, sound).unwrap();
    let hashes = folder.join("tile/0/000");
    let mut altered = std::fs::read(&hashes).unwrap();
    altered[77] ^= 1;
    std::fs::write(&hashes, altered).unwrap();
    program::judged_bad(place, &vkey, None, &none).unwrap();
}
