//! The journal that the citizen reads and the outbox that others are told from.

use super::*;

#[test]
pub(super) fn the_journal_says_who_looked_at_what_and_what_for() {
    let mut rig = Rig::new();
    filed(
        rig.store()
            .file(&verified(1, "031085001234"), now())
            .unwrap(),
    );
    let at = now();
    let wallet = rig
        .store()
        .lookup("031085001234", "one-stop", "cấp đổi thẻ", at)
        .unwrap()
        .unwrap();
    let entry = rig
        .store()
        .entries(view(wallet, None, None), at)
        .unwrap()
        .unwrap()[0]
        .entry;
    rig.store()
        .document(view(wallet, Some(entry), Some(0)), at)
        .unwrap();
    // A look that finds nothing is a look all the same.
    rig.store()
        .document(view(wallet, Some(entry), Some(9)), at)
        .unwrap();
    rig.restart();

    let page = |after, limit| {
        rig.store()
            .views(view(wallet, None, None), after, limit, now())
            .unwrap()
            .unwrap()
    };
    let first = page(0, 2);
    assert_eq!(first.len(), 2);
    let line = &first[0];
    assert_eq!(
        (line.reader.as_str(), line.purpose.as_str(), line.looked),
        ("one-stop", "cấp đổi thẻ", Looked::ForWallet)
    );
    assert_eq!(line.at.as_millisecond(), at.as_millisecond());
    let rest = page(first[1].n, 100);
    let told: Vec<_> = rest
        .iter()
        .map(|line| (line.looked, line.entry, line.document))
        .collect();
    assert_eq!(
        told,
        [
            (Looked::AtDocument, Some(entry), Some(0)),
            (Looked::AtDocument, Some(entry), Some(9)),
            (Looked::AtJournal, None, None),
            (Looked::AtJournal, None, None),
        ]
    );
    assert!(rest.windows(2).all(|two| two[0].n < two[1].n));

    // There is no journal of a wallet that is not there, and guessing leaves no line.
    let nowhere = Uuid::now_v7();
    let store = rig.store();
    assert!(
        store
            .views(view(nowhere, None, None), 0, 9, at)
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .entries(view(nowhere, None, None), at)
            .unwrap()
            .is_none()
    );
}

#[test]
pub(super) fn every_filing_is_one_event_in_the_order_of_the_log() {
    let mut rig = Rig::new();
    let visits: Vec<_> = (0..5).map(|n| verified(n, "031085001234")).collect();
    for visit in &visits {
        filed(rig.store().file(visit, now()).unwrap());
        // Again, refused, and somebody else's refusal: no event.
        rig.store().file(visit, now()).unwrap();
        rig.store()
            .refuse(&visit.bundle, &station(), &["examine.face"], now())
            .unwrap();
    }
    let spent = Verified {
        ticket: visits[0].ticket,
        ..verified(9, "031085001234")
    };
    rig.store().file(&spent, now()).unwrap();
    rig.restart();

    let mut read = Vec::new();
    loop {
        let after = read.last().map_or(0, |event: &Event| event.n);
        let page = rig.store().events(after, 2).unwrap();
        if page.is_empty() {
            break;
        }
        read.extend(page);
    }
    let bundles: Vec<_> = read.iter().map(|event| event.bundle).collect();
    let filed: Vec<_> = visits.iter().map(|visit| visit.bundle).collect();
    assert_eq!(bundles, filed);
    assert!(read.iter().all(|event| event.kind == "filed"));
    assert!(read.windows(2).all(|two| two[0].n < two[1].n));
}
