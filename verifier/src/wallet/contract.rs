//! What every store must do, whatever it is made of: the same suite runs over each.

mod altered;
mod cosigned;
mod erased;
mod judged;
mod layouts;
mod looked;
mod pages;
#[cfg(feature = "province")]
mod province;
mod rig;
mod sent;
#[cfg(feature = "province")]
#[path = "../../tests/http/servers.rs"]
mod servers;

use bundle::{BundleDigest, BundleId, Grade, Sha256Digest, StationId, TicketId, VisitId};
use jiff::Timestamp;
use zeroize::Zeroizing;

use self::rig::Rig;
use super::*;
use crate::examine::VerifiedDocument;
use crate::keys::KeyFolder;
use crate::log;

const QUOTA: Quota = Quota {
    uploads: 3,
    bytes: 1000,
};

fn now() -> Timestamp {
    Timestamp::now()
}

fn station() -> StationId {
    StationId::new("tram-01").unwrap()
}

/// A visit as an examination would leave it.
fn verified(seed: u8, personal_id: &str) -> Verified {
    Verified {
        bundle: BundleDigest::of(&[seed]),
        bundle_id: BundleId::at(now()),
        station: station(),
        visit: VisitId::at(now()),
        ticket: TicketId::at(now()),
        ticket_expires_at: now(),
        previous: None,
        practice: false,
        clone_check: "signed_by_chip",
        identified_by: "two_officials",
        personal_id: Zeroizing::new(personal_id.to_owned()),
        record: Zeroizing::new(b"{\"name\":\"NGUYEN VAN A\"}".to_vec()),
        documents: vec![VerifiedDocument {
            kind: "khai_sinh".to_owned(),
            title: "Giấy khai sinh".to_owned(),
            grade: Grade::G0,
            pages: 2,
            pdf: Zeroizing::new(format!("%PDF {seed} of {personal_id}").into_bytes()),
        }],
        blobs: vec![Sha256Digest::of(&[seed, 1])],
    }
}

fn filed(filing: Filing) -> SignedReceipt {
    match filing {
        Filing::Filed(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

fn view(wallet: Uuid, entry: Option<EntryId>, document: Option<u32>) -> View<'static> {
    View {
        reader: "desk",
        purpose: "test",
        wallet,
        entry,
        document,
    }
}

#[test]
fn filing_twice_gives_the_same_receipt_and_one_entry() {
    let mut rig = Rig::new();
    let visit = verified(1, "031085001234");
    let first = filed(rig.store().file(&visit, now()).unwrap());
    rig.restart();
    match rig.store().file(&visit, now()).unwrap() {
        Filing::FiledBefore(again) => assert_eq!(again.to_json(), first.to_json()),
        other => panic!("{other:?}"),
    }
    let wallet = rig
        .store()
        .lookup("031085001234", "desk", "test", now())
        .unwrap()
        .unwrap();
    let entries = rig
        .store()
        .entries(view(wallet, None, None), now())
        .unwrap()
        .unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].documents[0].grade, "g0");
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}

#[test]
fn every_receipt_stands_in_the_log_and_the_head_grows() {
    let rig = Rig::new();
    for n in 0..20 {
        let receipt = filed(
            rig.store()
                .file(&verified(n, "031085001234"), now())
                .unwrap(),
        );
        let receipt = receipt.verify(&rig.key()).unwrap();
        assert_eq!(receipt.log.index, u64::from(n));
        log::check_receipt(&receipt, &rig.vkey()).unwrap();
        // The same proof must not do for another bundle.
        let mut other = receipt.clone();
        other.bundle = BundleDigest::of(b"other");
        assert_eq!(
            log::check_receipt(&other, &rig.vkey()),
            Err(log::LogError::NotIncluded)
        );
    }
    let head = rig.store().checkpoint().unwrap();
    assert_eq!(
        log::read_checkpoint(head.as_bytes(), &rig.vkey())
            .unwrap()
            .size(),
        20
    );
    // The tile holds what the leaves say, and none is served that is not there yet.
    let entries = rig
        .store()
        .tile(Tile::Entries {
            index: 0,
            width: 20,
        })
        .unwrap()
        .unwrap();
    let first = &entries[2..2 + usize::from(u16::from_be_bytes([entries[0], entries[1]]))];
    let hashes = rig
        .store()
        .tile(Tile::Hashes {
            level: 0,
            index: 0,
            width: 20,
        })
        .unwrap()
        .unwrap();
    assert_eq!(hashes[..32], tlog_tiles::record_hash(first).0);
    assert!(
        rig.store()
            .tile(Tile::Hashes {
                level: 0,
                index: 0,
                width: 21
            })
            .unwrap()
            .is_none()
    );
    assert!(
        rig.store()
            .tile(Tile::Hashes {
                level: 1,
                index: 0,
                width: 1
            })
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_ticket_and_a_visit_are_used_once() {
    let rig = Rig::new();
    let first = verified(1, "031085001234");
    filed(rig.store().file(&first, now()).unwrap());
    assert_eq!(
        rig.store().spent_by(first.ticket).unwrap(),
        Some(first.bundle)
    );
    assert_eq!(
        rig.store().filed_for(first.visit).unwrap(),
        Some(first.bundle)
    );

    let same_ticket = Verified {
        ticket: first.ticket,
        ..verified(2, "031085001234")
    };
    assert!(matches!(
        rig.store().file(&same_ticket, now()).unwrap(),
        Filing::TicketSpent
    ));
    let same_visit = Verified {
        visit: first.visit,
        ..verified(3, "031085001234")
    };
    assert!(matches!(
        rig.store().file(&same_visit, now()).unwrap(),
        Filing::VisitFiled
    ));
    let same_name = Verified {
        bundle_id: first.bundle_id,
        ..verified(4, "031085001234")
    };
    assert!(matches!(
        rig.store().file(&same_name, now()).unwrap(),
        Filing::VisitFiled
    ));
    // What was refused left neither a spent ticket nor a paper nor a leaf.
    assert_eq!(rig.store().spent_by(same_visit.ticket).unwrap(), None);
    let fsck = rig.store().fsck().unwrap();
    assert_eq!(
        (fsck.leaves, fsck.documents, fsck.findings),
        (1, 1, Vec::new())
    );
}

#[test]
fn parallel_filings_of_one_bundle_and_of_one_new_citizen_agree() {
    let rig = Rig::new();
    let same = verified(0, "031085001234");
    let others: Vec<_> = (1..5).map(|n| verified(n, "031085001234")).collect();
    let receipts = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| match rig.store().file(&same, now()).unwrap() {
                Filing::Filed(receipt) | Filing::FiledBefore(receipt) => {
                    receipts.lock().unwrap().push(receipt.to_json());
                }
                other => panic!("{other:?}"),
            });
        }
        for other in &others {
            scope.spawn(|| filed(rig.store().file(other, now()).unwrap()));
        }
    });
    let receipts = receipts.into_inner().unwrap();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    let wallet = rig
        .store()
        .lookup("031085001234", "desk", "test", now())
        .unwrap()
        .unwrap();
    let entries = rig
        .store()
        .entries(view(wallet, None, None), now())
        .unwrap()
        .unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry.number).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}

#[test]
fn a_wallet_shows_its_own_papers_and_notes_every_look() {
    let rig = Rig::new();
    filed(
        rig.store()
            .file(&verified(1, "031085001234"), now())
            .unwrap(),
    );
    filed(
        rig.store()
            .file(&verified(2, "031185005678"), now())
            .unwrap(),
    );
    let one = rig
        .store()
        .lookup("031085001234", "desk", "test", now())
        .unwrap()
        .unwrap();
    let two = rig
        .store()
        .lookup("031185005678", "desk", "test", now())
        .unwrap()
        .unwrap();
    assert_eq!(
        rig.store()
            .lookup("031085009999", "desk", "test", now())
            .unwrap(),
        None
    );

    let entry = rig
        .store()
        .entries(view(one, None, None), now())
        .unwrap()
        .unwrap()[0]
        .entry;
    let paper = rig
        .store()
        .document(view(one, Some(entry), Some(0)), now())
        .unwrap()
        .unwrap();
    assert_eq!(&**paper.pdf, b"%PDF 1 of 031085001234");
    // Another's wallet does not open this entry, and there is no second paper.
    assert!(
        rig.store()
            .document(view(two, Some(entry), Some(0)), now())
            .unwrap()
            .is_none()
    );
    assert!(
        rig.store()
            .document(view(one, Some(entry), Some(1)), now())
            .unwrap()
            .is_none()
    );
    // Every look stands in the wallet's own journal, the question for the wallet and this one too.
    let looks = |wallet| {
        let lines = rig
            .store()
            .views(view(wallet, None, None), 0, 100, now())
            .unwrap()
            .unwrap();
        lines.iter().map(|line| line.looked).collect::<Vec<_>>()
    };
    use Looked::{AtDocument, AtEntries, AtJournal, ForWallet};
    assert_eq!(
        looks(one),
        [ForWallet, AtEntries, AtDocument, AtDocument, AtJournal]
    );
    assert_eq!(looks(two), [ForWallet, AtDocument, AtJournal]);
}

#[test]
fn nothing_personal_lies_on_disk_in_clear() {
    let rig = Rig::new();
    filed(
        rig.store()
            .file(&verified(1, "031085001234"), now())
            .unwrap(),
    );
    let mut folders = rig.folders();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let content = std::fs::read(&path).unwrap();
            seen += content.len();
            for secret in [b"031085001234".as_slice(), b"NGUYEN VAN A", b"%PDF"] {
                let found = content.windows(secret.len()).any(|window| window == secret);
                assert!(
                    !found,
                    "{} holds {}",
                    path.display(),
                    String::from_utf8_lossy(secret)
                );
            }
        }
    }
    assert!(seen > 4096, "the store was looked through");
}

#[test]
fn an_edited_leaf_and_an_edited_paper_are_found() {
    let rig = Rig::new();
    for n in 0..3 {
        filed(
            rig.store()
                .file(&verified(n, "031085001234"), now())
                .unwrap(),
        );
    }
    rig.edit(
        "DROP TRIGGER sum_other_leaf; UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), 'filed', 'f1led') AS BLOB) WHERE n = 1",
        "UPDATE leaf SET data = overlay(data placing 'f1led' from position('filed'::bytea in data)) WHERE n = 1",
    );
    rig.spoil_a_paper();
    let findings = rig.store().fsck().unwrap().findings;
    assert!(
        findings
            .iter()
            .any(|finding| finding == "fsck.leaf_altered 1"),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|finding| finding.starts_with("fsck.entry_not_in_log")),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .any(|finding| finding.starts_with("fsck.paper ")),
        "{findings:?}"
    );
}

#[test]
fn a_filed_bundle_stays_filed_and_its_blobs_need_no_second_sending() {
    let rig = Rig::new();
    let blob = rig.upload(b"sealed");
    let visit = Verified {
        blobs: vec![blob],
        ..verified(1, "031085001234")
    };
    rig.store()
        .refuse(&visit.bundle, &station(), &["examine.face"], now())
        .unwrap();
    let state = rig.store().bundle(&visit.bundle).unwrap().unwrap().state;
    assert!(matches!(state, BundleState::Refused { codes } if codes == ["examine.face"]));

    filed(rig.store().file(&visit, now()).unwrap());
    rig.store()
        .refuse(&visit.bundle, &station(), &["examine.face"], now())
        .unwrap();
    let record = rig.store().bundle(&visit.bundle).unwrap().unwrap();
    assert!(matches!(record.state, BundleState::Filed(_)));
    assert_eq!(record.station, station());
    assert!(rig.store().has_blob(&blob).unwrap());
    assert_eq!(
        rig.store().missing(&[blob]).unwrap(),
        [blob],
        "the sealed bytes themselves are gone"
    );
}

#[test]
fn two_services_cannot_share_a_folder() {
    let rig = Rig::new();
    let data = rig.place.path().join("data");
    let second = Embedded::open(&data, &rig.keys, false, Access::Serve)
        .err()
        .unwrap();
    assert_eq!(second.code(), "store.in_use");
    assert!(Embedded::open(&data, &rig.keys, false, Access::Inspect).is_ok());

    // And a log is continued by its own key only.
    let keys = KeyFolder::new(rig.place.path().join("other"));
    keys.init(
        "niem.example/test",
        &["localhost".to_owned()],
        jiff::civil::date(2026, 1, 1),
    )
    .unwrap();
    let other = Embedded::open(&data, &keys, false, Access::Inspect)
        .err()
        .unwrap();
    assert_eq!(other.code(), "store.other_log");
}
