//! Pages that were filed before: told within one wallet, and gone with it.

use super::*;

/// A visit with these papers, each of these pages.
fn visit(seed: u8, personal_id: &str, papers: &[&[u8]]) -> Verified {
    let pages = |paper: &&[u8]| {
        let digests = paper.iter().map(|page| Sha256Digest::of(&[*page]));
        digests
            .map(|digest| serde_json::json!({"image_sha256": digest}))
            .collect::<Vec<_>>()
    };
    let documents: Vec<_> = papers
        .iter()
        .map(|paper| serde_json::json!({"pages": pages(paper)}))
        .collect();
    let record = serde_json::json!({"manifest": {"documents": documents}}).to_string();
    Verified {
        record: Zeroizing::new(record.into_bytes()),
        ..verified(seed, personal_id)
    }
}

#[test]
pub(super) fn pages_filed_before_are_told_within_one_wallet_and_gone_with_it() {
    const A: &str = "031085001234";
    const B: &str = "031185005678";
    let rig = Rig::new();
    let told = |visit: &Verified| {
        let found = rig.store().filed_before(visit).unwrap();
        let found = found.into_iter().map(|one| (one.paper, one.entry));
        found.collect::<Vec<_>>()
    };
    let file = |visit: &Verified| {
        let receipt = filed(rig.store().file(visit, now()).unwrap());
        receipt.verify(&rig.key()).unwrap().entry
    };
    let first = visit(1, A, &[&[1, 2], &[3]]);
    assert_eq!(told(&first), []);
    let one = file(&first);
    // Its own entry is none before it.
    assert_eq!(told(&first), []);
    // Another citizen's, some of the pages, pages of two papers, and no pages at all.
    assert_eq!(told(&visit(2, B, &[&[1, 2]])), []);
    assert_eq!(told(&visit(3, A, &[&[1, 4], &[2, 3], &[]])), []);
    let again = visit(4, A, &[&[9], &[2, 1], &[3]]);
    assert_eq!(told(&again), [(2, one), (3, one)]);
    let two = file(&again);
    assert_eq!(told(&visit(5, A, &[&[3, 3]])), [(1, two), (1, one)]);

    let wallet = rig
        .store()
        .lookup(A, "desk", "test", now())
        .unwrap()
        .unwrap();
    let act = Act {
        by: "nv-0042",
        basis: "QD 1",
    };
    rig.store().erase(wallet, act, now()).unwrap().unwrap();
    assert_eq!(told(&visit(6, A, &[&[3]])), []);
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}
