use std::collections::HashSet;

use super::*;
use crate::simulator::issuer::tests::{shared, utopia};

fn directory(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("emrtd-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn bad_files_are_reported_and_good_ones_count() {
    let dir = directory("trust");
    let issuer = utopia();
    fs::write(dir.join("a.der"), issuer.csca_der()).unwrap();
    fs::write(dir.join("b.PEM"), issuer.csca_pem()).unwrap();
    fs::write(dir.join("c.cer"), b"0\x03no").unwrap();
    fs::write(dir.join("d.ml"), b"nothing").unwrap();
    fs::write(dir.join("e.crt"), issuer.signer_der()).unwrap();
    fs::write(dir.join("readme.txt"), b"left alone").unwrap();
    fs::create_dir(dir.join("f.cer")).unwrap();
    let trust = CscaTrust::load_dir(&dir).unwrap();
    assert_eq!(trust.len(), 1);
    let states: Vec<_> = trust.sources().iter().map(|source| &source.state).collect();
    assert!(matches!(states[0], SourceState::Anchors { added: 1, .. }));
    let again = SourceState::Anchors {
        added: 0,
        known_already: 1,
    };
    assert_eq!(states[1], &again);
    assert_eq!(states[2], &SourceState::NotACertificate);
    assert_eq!(states[3], &SourceState::BadMasterList);
    assert_eq!(states[4], &SourceState::Signer);
    assert!(matches!(states[5], SourceState::Unreadable { .. }));
    assert_eq!(states.len(), 6);
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn nothing_to_trust_is_an_error() {
    let dir = directory("empty");
    assert_eq!(CscaTrust::load_dir(&dir).unwrap_err().code(), "trust.empty");
    fs::write(dir.join("a.cer"), b"rubbish").unwrap();
    assert_eq!(CscaTrust::load_dir(&dir).unwrap_err().code(), "trust.empty");
    let gone = CscaTrust::load_dir(dir.join("gone")).unwrap_err();
    assert_eq!(gone.code(), "trust.unreadable");
    let rubbish = CscaTrust::from_der([&b"rubbish"[..]]).unwrap_err();
    assert_eq!(rubbish.code(), "trust.not_a_certificate");
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn the_german_and_the_dutch_master_list_load_whole() {
    let Some(lists) = shared("masterlists") else {
        return;
    };
    let begun = std::time::Instant::now();
    let trust = CscaTrust::load_dir(&lists).unwrap();
    eprintln!(
        "{} anchors of {} countries in {:?}",
        trust.len(),
        trust.countries().len(),
        begun.elapsed()
    );
    let mut pinned_lists = 0;
    let mut in_lists = 0;
    for source in trust.sources() {
        eprintln!("{source:?}");
        match source.state {
            SourceState::MasterList {
                added,
                known_already,
                unreadable,
                pinned,
            } => {
                assert_eq!(unreadable, 0);
                assert!(pinned, "the list's signer chains to the root beside it");
                pinned_lists += 1;
                in_lists += added + known_already;
            }
            SourceState::Anchors { .. } => {}
            ref other => panic!("{}: {other:?}", source.path.display()),
        }
    }
    assert_eq!(pinned_lists, 2);
    // 588 and 411, of which 627 differ.
    assert_eq!(in_lists, 588 + 411);
    assert_eq!(trust.len(), 627);
    assert_eq!(trust.countries()["VN"], 1);
    let keys: HashSet<_> = trust
        .anchors
        .iter()
        .map(|anchor| anchor.certificate.fingerprint())
        .collect();
    assert_eq!(keys.len(), 627);
    // Every one of them has a key that this machine can use, explicit curve or not.
    for anchor in &trust.anchors {
        let certificate = &anchor.certificate;
        assert!(anchor.pinned && certificate.key().is_some());
        let id = certificate.key_ids();
        let mut same = trust.by_key_id(&id[0]);
        assert!(same.any(|found| found.certificate == *certificate));
    }
}

#[test]
fn a_damaged_master_list_is_no_list() {
    let Some(lists) = shared("masterlists") else {
        return;
    };
    let list = fs::read(lists.join("NL_ML_2026-07-22.ml")).unwrap();
    assert!(MasterList::open(&list).is_some());
    for position in (0..list.len()).step_by(list.len() / 40) {
        let mut altered = list.clone();
        altered[position] ^= 0x10;
        let truncated = &list[..position];
        assert!(MasterList::open(truncated).is_none());
        // Outside the signature stand certificates of the signer's chain.
        let _ = MasterList::open(&altered);
    }
    let mut altered = list.clone();
    altered[300_000] ^= 1;
    assert!(MasterList::open(&altered).is_none());
}

mod imports;
