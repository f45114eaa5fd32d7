//! Erasure: the person is gone from the store, and the log still stands.

use super::*;
use crate::log::{LeafKind, read_leaf};

const ACT: Act<'static> = Act {
    by: "nv-0042",
    basis: "QD 12/2026",
};

fn wallet_of(rig: &Rig, personal_id: &str) -> Option<Uuid> {
    rig.store()
        .lookup(personal_id, "desk", "test", now())
        .unwrap()
}

#[test]
pub(super) fn an_erased_wallet_is_gone_and_the_log_says_so() {
    let mut rig = Rig::new();
    let visits: Vec<_> = (0..3).map(|n| verified(n, "031085001234")).collect();
    for visit in &visits {
        filed(rig.store().file(visit, now()).unwrap());
    }
    let other = filed(
        rig.store()
            .file(&verified(9, "031185005678"), now())
            .unwrap(),
    );
    let wallet = wallet_of(&rig, "031085001234").unwrap();
    let entry = rig
        .store()
        .entries(view(wallet, None, None), now())
        .unwrap()
        .unwrap()[0]
        .entry;
    let erased = rig.store().erase(wallet, ACT, now()).unwrap().unwrap();
    assert_eq!((erased.leaf, erased.entries, erased.documents), (4, 3, 3));
    assert!(erased.scrubbed);
    assert!(rig.store().erase(wallet, ACT, now()).unwrap().is_none());
    rig.restart();

    assert_eq!(wallet_of(&rig, "031085001234"), None);
    let gone = view(wallet, Some(entry), Some(0));
    assert!(rig.store().entries(gone, now()).unwrap().is_none());
    assert!(rig.store().document(gone, now()).unwrap().is_none());
    assert!(rig.store().views(gone, 0, 10, now()).unwrap().is_none());
    // What was filed is known as erased, and neither filed nor refused again.
    for visit in &visits {
        let state = || rig.store().bundle(&visit.bundle).unwrap().unwrap().state;
        assert!(matches!(state(), BundleState::Erased));
        assert!(matches!(
            rig.store().file(visit, now()).unwrap(),
            Filing::Erased
        ));
        rig.store()
            .refuse(&visit.bundle, &station(), &["examine.face"], now())
            .unwrap();
        assert!(matches!(state(), BundleState::Erased));
        assert_eq!(rig.store().renewed(&visit.bundle).unwrap(), None);
        assert_eq!(
            rig.store().spent_by(visit.ticket).unwrap(),
            Some(visit.bundle)
        );
    }
    // The log has every leaf, and one that says how many lost their entry.
    let tile = Tile::Entries { index: 0, width: 5 };
    let entries = rig.store().tile(tile).unwrap().unwrap();
    let last = entries.windows(2).rposition(|two| two == b"{\"").unwrap();
    assert_eq!(
        read_leaf(&entries[last..]).unwrap().kind,
        LeafKind::Erased { leaves: 3 }
    );
    log::check_receipt(&other.verify(&rig.key()).unwrap(), &rig.vkey()).unwrap();
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
    let events = rig.store().events(4, 100).unwrap();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|event| event.kind == "erased"));

    // The same person may come again, under a new key, and somebody else's things are untouched.
    filed(
        rig.store()
            .file(&verified(20, "031085001234"), now())
            .unwrap(),
    );
    assert_ne!(wallet_of(&rig, "031085001234"), Some(wallet));
    let there = wallet_of(&rig, "031185005678").unwrap();
    let entries = rig
        .store()
        .entries(view(there, None, None), now())
        .unwrap()
        .unwrap();
    let paper = view(there, Some(entries[0].entry), Some(0));
    assert!(rig.store().document(paper, now()).unwrap().is_some());
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}

#[test]
pub(super) fn a_filing_that_meets_an_erasure_makes_a_new_wallet() {
    let rig = Rig::new();
    filed(
        rig.store()
            .file(&verified(0, "031085001234"), now())
            .unwrap(),
    );
    let wallet = wallet_of(&rig, "031085001234").unwrap();
    std::thread::scope(|scope| {
        for n in 1..5 {
            let rig = &rig;
            scope.spawn(move || {
                filed(
                    rig.store()
                        .file(&verified(n, "031085001234"), now())
                        .unwrap(),
                )
            });
        }
        rig.store().erase(wallet, ACT, now()).unwrap().unwrap();
    });
    // Whoever came later lies in a new wallet, whoever came before is erased; nobody is in between.
    if let Some(again) = wallet_of(&rig, "031085001234") {
        assert_ne!(again, wallet);
        let entries = rig
            .store()
            .entries(view(again, None, None), now())
            .unwrap()
            .unwrap();
        for entry in entries {
            let paper = view(again, Some(entry.entry), Some(0));
            assert!(rig.store().document(paper, now()).unwrap().is_some());
        }
    }
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}
