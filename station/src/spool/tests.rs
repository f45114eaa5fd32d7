//! What the files tell after a power cut.

use std::fs;

use bundle::BundleDigest;

use super::{Spool, chain};

fn digest(name: &str) -> BundleDigest {
    BundleDigest::of(name.as_bytes())
}

#[test]
fn a_half_written_bundle_is_swept_and_its_line_in_the_chain_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    drop(Spool::open(root).unwrap());
    let (whole, lost) = (digest("whole"), digest("lost"));
    fs::create_dir(root.join("waiting").join(whole.to_string())).unwrap();
    chain::append(root, whole).unwrap();
    // The power went after the line was written and before the folder was renamed.
    chain::append(root, lost).unwrap();
    fs::create_dir_all(root.join("sealing/half/blobs")).unwrap();
    fs::write(root.join("sealing/half/blobs/x"), b"ciphertext").unwrap();

    let spool = Spool::open(root).unwrap();
    assert_eq!(spool.waiting().unwrap(), [whole]);
    assert_eq!(chain::head(root).unwrap(), Some(whole));
    assert_eq!(fs::read_dir(root.join("sealing")).unwrap().count(), 0);
}

#[test]
fn a_torn_last_line_is_no_digest() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    drop(Spool::open(root).unwrap());
    let whole = digest("whole");
    fs::create_dir(root.join("waiting").join(whole.to_string())).unwrap();
    fs::write(
        root.join("chain.log"),
        format!("{whole}\n{}", &digest("torn").to_string()[..20]),
    )
    .unwrap();
    drop(Spool::open(root).unwrap());
    assert_eq!(
        fs::read_to_string(root.join("chain.log")).unwrap(),
        format!("{whole}\n")
    );
}

#[test]
fn a_ruined_schedule_costs_no_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    drop(Spool::open(root).unwrap());
    let waiting = digest("waiting");
    fs::create_dir(root.join("waiting").join(waiting.to_string())).unwrap();
    chain::append(root, waiting).unwrap();
    fs::remove_dir_all(root.join("schedule")).unwrap();
    fs::write(root.join("schedule"), b"not a database").unwrap();

    let spool = Spool::open(root).unwrap();
    assert_eq!(spool.waiting().unwrap(), [waiting]);
    assert!(spool.schedule().is_due(waiting, jiff::Timestamp::now()));
}

#[test]
fn a_failed_push_waits_longer_each_time_and_never_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path()).unwrap();
    let (bundle, now) = (digest("bundle"), jiff::Timestamp::now());
    let waits = |asked, jitter| {
        spool.schedule().postpone(bundle, now, asked, jitter);
        spool.schedule().attempt(bundle).unwrap().due_at - now.as_second()
    };
    let spans: Vec<i64> = (0..20).map(|_| waits(None, 255)).collect();
    assert_eq!(spans[..7], [5, 10, 20, 40, 80, 160, 300]);
    assert_eq!(spans[19], 300);
    assert!(!spool.schedule().is_due(bundle, now));
    // Full jitter: the whole span may be drawn from, and something always.
    assert_eq!((waits(None, 0), waits(None, 127)), (1, 150));
    // Never sooner than the verifier asked for, and not all at that very second.
    let asked = Some(std::time::Duration::from_secs(600));
    assert_eq!((waits(asked, 0), waits(asked, 255)), (601, 900));
}

#[test]
fn two_stations_cannot_hold_one_spool() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Spool::open(folder.path()).unwrap();
    assert_eq!(
        Spool::open(folder.path()).err().unwrap().code(),
        "spool.in_use"
    );
}
