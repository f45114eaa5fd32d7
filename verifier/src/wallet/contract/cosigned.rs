//! Heads on their way to witnesses, and the proofs that lead to them.

use tlog_tiles::{Hash, check_tree};

use super::*;

fn grow(rig: &Rig, from: u8, to: u8) -> Vec<SignedReceipt> {
    (from..to)
        .map(|n| {
            filed(
                rig.store()
                    .file(&verified(n, "031085001234"), now())
                    .unwrap(),
            )
        })
        .collect()
}

#[test]
pub(super) fn any_two_heads_of_the_log_are_consistent() {
    let rig = Rig::new();
    let mut heads = vec![rig.store().head().unwrap()];
    for n in 0..9 {
        grow(&rig, n, n + 1);
        heads.push(rig.store().head().unwrap());
    }
    let root = |head: &Head| {
        *log::read_checkpoint(head.note.as_bytes(), &rig.vkey())
            .unwrap()
            .hash()
    };
    for old in &heads {
        for new in heads.iter().filter(|new| new.size >= old.size) {
            let proof = rig
                .store()
                .consistency(old.size, new.size)
                .unwrap()
                .unwrap();
            if old.size == 0 {
                assert!(proof.is_empty());
                continue;
            }
            let proof = proof.iter().map(|hash| Hash(*hash.as_bytes())).collect();
            check_tree(&proof, new.size, root(new), old.size, root(old)).unwrap();
        }
    }
    assert_eq!(rig.store().consistency(3, 2).unwrap(), None);
    assert_eq!(rig.store().consistency(3, 10).unwrap(), None);
}

#[test]
pub(super) fn cosignatures_stand_under_their_head_and_renew_receipts() {
    let mut rig = Rig::new();
    let receipts = grow(&rig, 0, 3);
    let head = rig.store().head().unwrap();
    assert_eq!(rig.store().checkpoint().unwrap(), head.note);
    let line = |name: &str, bytes: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!("— {name} {text}\n")
    };
    let (one, two) = (line("one", &[1; 76]), line("two", &[2; 76]));
    rig.store().cosign(&head, "two", &two).unwrap();
    rig.store()
        .cosign(&head, "one", &line("one", &[9; 76]))
        .unwrap();
    rig.store().cosign(&head, "one", &one).unwrap();
    let cosigned = format!("{}{one}{two}", head.note);
    rig.restart();
    assert_eq!(rig.store().checkpoint().unwrap(), cosigned);

    // The log grows; its newest head has no cosignatures yet, but the old leaves have.
    let later = grow(&rig, 3, 6);
    assert!(!rig.store().checkpoint().unwrap().contains("— one"));
    for receipt in &receipts {
        let first = receipt.verify(&rig.key()).unwrap();
        let renewed = rig.store().renewed(&first.bundle).unwrap().unwrap();
        let renewed = renewed.verify_for(&first.bundle, &rig.key()).unwrap();
        assert_eq!(renewed.log.checkpoint, cosigned);
        log::check_receipt(&renewed, &rig.vkey()).unwrap();
        assert_eq!(
            (
                renewed.entry,
                renewed.visit,
                renewed.filed_at,
                renewed.log.index
            ),
            (first.entry, first.visit, first.filed_at, first.log.index)
        );
        assert_eq!(rig.store().proof(&first.bundle).unwrap(), Some(renewed.log));
    }
    let last = later[2].verify(&rig.key()).unwrap();
    let renewed = rig.store().renewed(&last.bundle).unwrap().unwrap();
    let renewed = renewed.verify(&rig.key()).unwrap();
    assert_eq!(renewed.log.checkpoint, rig.store().checkpoint().unwrap());
    log::check_receipt(&renewed, &rig.vkey()).unwrap();
    assert_eq!(
        rig.store().renewed(&BundleDigest::of(b"none")).unwrap(),
        None
    );

    // Old heads are let go of; the one with more cosignatures wins while it is kept.
    for n in 6..20 {
        grow(&rig, n, n + 1);
        let head = rig.store().head().unwrap();
        rig.store().cosign(&head, "one", &one).unwrap();
    }
    let first = receipts[0].verify(&rig.key()).unwrap();
    let renewed = rig.store().renewed(&first.bundle).unwrap().unwrap();
    assert_eq!(renewed.verify(&rig.key()).unwrap().log.tree_size, 20);
    assert_eq!(rig.store().fsck().unwrap().findings, Vec::<String>::new());
}
