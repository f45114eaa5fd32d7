//! What only many verifiers at once, and servers that die, can get wrong: a log that forks, a bundle that is filed
//! twice, a receipt whose filing is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::super::rig::Rig;
use super::super::*;
use super::servers::{Postgres, are_here};
use super::{Site, in_a_province};
use crate::wallet::Access;

/// Every receipt stands in the log at its own place, is found again, and nothing is there beside them.
fn count(rig: &Rig, wallets: &Wallets, receipts: &[SignedReceipt]) -> (usize, usize) {
    let mut places = BTreeMap::new();
    let mut lost = 0;
    for receipt in receipts {
        let told = receipt.verify(&rig.key()).unwrap();
        log::check_receipt(&told, &rig.vkey()).unwrap();
        match wallets
            .bundle(&told.bundle)
            .unwrap()
            .map(|record| record.state)
        {
            Some(BundleState::Filed(kept)) if kept.to_json() == receipt.to_json() => {}
            _ => lost += 1,
        }
        let other = places.insert(told.log.index, told.bundle);
        assert!(
            other.is_none_or(|other| other == told.bundle),
            "the log forked"
        );
    }
    let fsck = wallets.fsck().unwrap();
    // What a broken line left with the S3 server is told, and is no fault.
    let findings: Vec<_> = fsck
        .findings
        .iter()
        .filter(|finding| !finding.starts_with("fsck.orphan_paper"))
        .collect();
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(fsck.leaves, fsck.entries);
    let filed: BTreeSet<_> = places.values().collect();
    let twice = fsck.entries as usize - filed.len();
    (lost, twice)
}

#[test]
fn two_verifiers_on_one_database_keep_one_log() {
    in_a_province(|| {
        let rig = Rig::new();
        let second = rig.open(&rig.place.path().join("second"), Access::Serve);
        let second = second.unwrap();
        let stores = [rig.store(), &second];
        let receipts = Mutex::new(Vec::new());
        // Each bundle goes to both at the same time; four citizens, so that wallets are shared too.
        let visits: Vec<_> = (0..24_u8)
            .map(|n| verified(n, &format!("03108500123{}", n % 4)))
            .collect();
        std::thread::scope(|scope| {
            for (store, half) in stores.iter().zip([0, 1]).flat_map(|pair| [pair, pair]) {
                let (visits, receipts) = (&visits, &receipts);
                scope.spawn(move || {
                    let order: Vec<_> = if half == 0 {
                        visits.iter().collect()
                    } else {
                        visits.iter().rev().collect()
                    };
                    for visit in order {
                        match store.file(visit, now()).unwrap() {
                            Filing::Filed(receipt) | Filing::FiledBefore(receipt) => {
                                receipts.lock().unwrap().push(receipt);
                            }
                            other => panic!("{other:?}"),
                        }
                    }
                });
            }
        });
        let receipts = receipts.into_inner().unwrap();
        assert_eq!(receipts.len(), 4 * visits.len());
        assert_eq!(count(&rig, &second, &receipts), (0, 0));
        assert_eq!(second.fsck().unwrap().leaves, 24);
        assert_eq!(
            second.checkpoint().unwrap(),
            rig.store().checkpoint().unwrap()
        );
        // A ticket counts once, whichever verifier it is shown to.
        let spent = Verified {
            ticket: visits[0].ticket,
            ..verified(99, "031085001239")
        };
        assert!(matches!(
            second.file(&spent, now()).unwrap(),
            Filing::TicketSpent
        ));
    });
}

#[test]
fn an_upload_is_finished_by_another_verifier_and_only_one_goes_on() {
    in_a_province(|| {
        let rig = Rig::new();
        let second = rig.open(&rig.place.path().join("second"), Access::Serve);
        let second = second.unwrap();
        let content = b"what the first verifier began the second ends";
        let digest = Sha256Digest::of(content);
        let length = content.len() as u64;
        let begun = rig
            .store()
            .begin_upload(&station(), &digest, length, QUOTA, now());
        let Begun::Started(id) = begun.unwrap() else {
            panic!()
        };
        let step = |store: &Wallets, upload: &Upload, bytes: &[u8]| {
            std::fs::write(&upload.file, bytes).unwrap();
            store.keep(upload).unwrap()
        };
        let one = rig.store().upload(id, &station()).unwrap().unwrap();
        assert_eq!(step(rig.store(), &one, &content[..10]), Kept::Held(10));
        // Both go on from the tenth byte; the one that is slower is told so.
        let one = rig.store().upload(id, &station()).unwrap().unwrap();
        let two = second.upload(id, &station()).unwrap().unwrap();
        assert_eq!((one.held, two.held), (10, 10));
        assert_eq!(step(&second, &two, &content[10..20]), Kept::Held(20));
        assert_eq!(step(rig.store(), &one, &content[10..15]), Kept::Overtaken);
        let two = second.upload(id, &station()).unwrap().unwrap();
        assert_eq!(step(&second, &two, &content[20..]), Kept::Held(length));
        assert_eq!(
            second.finish_upload(&two, &station(), now()).unwrap(),
            Finished::Stored
        );
        let mut read = Vec::new();
        let mut blob = rig.store().blobs().open(&digest).unwrap();
        std::io::Read::read_to_end(&mut blob, &mut read).unwrap();
        assert_eq!(read, content);
    });
}

/// How often the server is killed under load.
const KILLS: u32 = 5;

#[test]
fn a_killed_database_server_loses_no_receipt_and_files_nothing_twice() {
    if !are_here() {
        return;
    }
    let mut server = Postgres::start();
    let mut rig = Rig::new_on(|place| Site::on(place, &server));
    rig.restart();
    let second = rig.open(&rig.place.path().join("second"), Access::Serve);
    let second = second.unwrap();
    let stores = [rig.store(), &second];
    let receipts = Mutex::new(Vec::new());
    let (stop, failures, next) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU8::new(0));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (store, receipts, stop, failures, next) =
                (stores[n % 2], &receipts, &stop, &failures, &next);
            scope.spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= 240 {
                        break;
                    }
                    let visit = verified(n, &format!("03108500123{}", n % 7));
                    // As a station does: again and again until there is a receipt.
                    loop {
                        match store.file(&visit, now()) {
                            Ok(Filing::Filed(receipt) | Filing::FiledBefore(receipt)) => {
                                receipts.lock().unwrap().push(receipt);
                                break;
                            }
                            Ok(other) => panic!("a dead server is no reason to refuse: {other:?}"),
                            Err(failure) => {
                                let code = failure.code();
                                assert!(
                                    ["store.database", "store.unsettled"].contains(&code),
                                    "{failure:?}"
                                );
                                failures.fetch_add(1, Ordering::SeqCst);
                                std::thread::sleep(Duration::from_millis(20));
                            }
                        }
                    }
                }
            });
        }
        for _ in 0..KILLS {
            let before = receipts.lock().unwrap().len();
            let patience = Instant::now();
            while receipts.lock().unwrap().len() < before + 10
                && patience.elapsed() < Duration::from_secs(60)
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            server.kill();
            server.resume();
        }
        stop.store(true, Ordering::SeqCst);
    });
    let receipts = receipts.into_inner().unwrap();
    assert!(receipts.len() >= 50, "only {} were filed", receipts.len());
    assert!(
        failures.load(Ordering::SeqCst) > 0,
        "no filing met a dead server"
    );
    let (lost, twice) = count(&rig, &second, &receipts);
    println!(
        "{} filed, {} failures met, {KILLS} kills: acknowledged but lost {lost}, filed twice {twice}",
        receipts.len(),
        failures.load(Ordering::SeqCst)
    );
    assert_eq!((lost, twice), (0, 0));
}

#[test]
fn a_server_that_is_away_is_a_failure_and_never_a_refusal() {
    if !are_here() {
        return;
    }
    let mut server = Postgres::start();
    let rig = Rig::new_on(|place| Site::on(place, &server));
    let visit = verified(1, "031085001234");
    server.kill();
    let code = |failure: Option<StoreFailure>| failure.unwrap().code();
    assert_eq!(
        code(rig.store().file(&visit, now()).err()),
        "store.database"
    );
    assert_eq!(
        code(rig.store().missing(&visit.blobs).err()),
        "store.database"
    );
    assert_eq!(code(rig.store().checkpoint().err()), "store.database");
    assert_eq!(
        code(rig.store().spent_by(visit.ticket).err()),
        "store.database"
    );
    let blob = rig.store().blobs().open(&visit.blobs[0]).err().unwrap();
    // "Not found" would be told as the station's fault.
    assert_ne!(blob.kind(), std::io::ErrorKind::NotFound);
    // The same store works on when the server is back: nothing has to be started again.
    server.resume();
    filed(rig.store().file(&visit, now()).unwrap());

    // Nor is the S3 server's absence a refusal; nothing of the filing stays.
    let mut rig = rig;
    let site = rig.province.as_mut().unwrap();
    site.s3.endpoint = "http://127.0.0.1:9".to_owned();
    let away = rig
        .open(&rig.place.path().join("away"), Access::Serve)
        .unwrap();
    let visit = verified(2, "031085001234");
    assert_eq!(code(away.file(&visit, now()).err()), "store.file");
    assert_eq!(away.spent_by(visit.ticket).unwrap(), None);
    assert_eq!(
        away.bundle(&visit.bundle).unwrap().map(|record| record.at),
        None
    );
}
