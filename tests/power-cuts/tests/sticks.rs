//! Bundles by USB stick: to another desk, to the verifier, and the receipts home; by two roads at once, and damaged.

use std::fs;
use std::path::Path;

use bundle::{BundleDigest, StationId};
use jiff::Timestamp;
use station::carry;
use station::courier::{CourierError, Outcome, Round};
use station::spool::{Spool, Standing};
use verifier::enroll::Subject;
use verifier::wallet::Access;

use crate::bad_lines::wait;
use crate::province::{Cards, Province, station};

fn desk(folder: &Path) -> (Province, Cards, Spool) {
    let (province, cards) = Province::found(folder);
    let spool = Spool::open(&province.path("spool")).unwrap();
    (province, cards, spool)
}

fn seal(province: &Province, cards: &Cards, spool: &Spool) -> BundleDigest {
    let ticket = province.tickets(1).remove(0);
    province.seal(spool, cards.prepare(ticket), 9_000)
}

fn outcomes(done: &[carry::Carried]) -> Vec<(&'static str, Option<&'static str>)> {
    done.iter().map(|one| (one.outcome, one.code)).collect()
}

/// Every file below a folder, by its path there.
fn listed(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
            found.push(
                entry
                    .path()
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
            );
        }
    }
    found
}

#[test]
fn another_desk_brings_what_it_cannot_open_and_the_receipt_comes_home() {
    let folder = tempfile::tempdir().unwrap();
    let stick = tempfile::tempdir().unwrap();
    let (province, cards, spool) = desk(folder.path());
    let first = seal(&province, &cards, &spool);
    let second = seal(&province, &cards, &spool);
    let done = carry::export(&spool, &station(), stick.path(), Timestamp::now()).unwrap();
    assert_eq!(outcomes(&done), [("copied", None); 2]);
    // Again is nothing new; a half-written blob is made whole.
    let blob = fs::read_dir(stick.path().join(first.to_string()).join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let whole = fs::read(blob.path()).unwrap();
    fs::write(blob.path(), &whole[..whole.len() / 2]).unwrap();
    let done = carry::export(&spool, &station(), stick.path(), Timestamp::now()).unwrap();
    assert_eq!(done.iter().filter(|one| one.outcome == "copied").count(), 1);
    assert_eq!(fs::read(blob.path()).unwrap(), whole);
    // Nothing that FAT cannot hold: no colon, no link, nothing but small letters, digits, dots and dashes.
    for path in listed(stick.path()) {
        let plain = path
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "./-".contains(c));
        assert!(plain, "{path}");
    }

    // Another desk of the province, with its own certificate and no way to open anything.
    let other = Spool::open(&province.path("other-spool")).unwrap();
    assert_eq!(
        outcomes(&carry::import(&other, stick.path()).unwrap()),
        [("copied", None); 2]
    );
    assert_eq!(
        outcomes(&carry::import(&other, stick.path()).unwrap()),
        [("there", None); 2]
    );
    assert_eq!(other.standing(first), Some(Standing::Carried));
    drop(other);
    let other = Spool::open(&province.path("other-spool")).unwrap();
    assert_eq!(other.carried().unwrap().len(), 2, "a restart keeps them");

    let running = verifier::serve(province.verifier(&province.path("data"))).unwrap();
    let carrier = second_desk(&province, running.addr().port());
    // Without the word that it is carried, it is a mistake of the settings.
    let mistaken = wait(carrier.deliver(&other.load(first).unwrap())).unwrap_err();
    assert!(
        matches!(mistaken, CourierError::NotAdmitted(403)),
        "{mistaken}"
    );
    let (key, mut filed) = (province.verifier_key(), 0);
    let mut round = Round {
        spool: &other,
        courier: &carrier,
        verifier: &key,
        now: &Timestamp::now,
        jitter: &mut || 0,
    };
    let told = &mut |_, standing: Standing, outcome: Outcome| {
        assert_eq!(standing, Standing::Carried);
        assert!(matches!(outcome, Outcome::Filed(..)), "{outcome:?}");
        filed += 1;
    };
    wait(round.run(true, told)).unwrap();
    assert_eq!((filed, other.carried().unwrap().len()), (2, 0));
    assert_eq!(
        outcomes(&carry::export_receipts(&other, stick.path()).unwrap()),
        [("copied", None); 2]
    );

    // The first bundle has come by the network too: the same receipt, and filed once.
    let own = wait(
        province
            .courier(running.addr().port())
            .deliver(&spool.load(first).unwrap()),
    )
    .unwrap();
    assert_eq!(own.to_json(), other.receipt(first).unwrap().to_json());
    // A forged receipt frees nothing; the true one frees its own bundle.
    let place = stick.path().join("receipts").join(format!("{second}.json"));
    let good = fs::read(&place).unwrap();
    fs::write(&place, own.to_json()).unwrap();
    let home = carry::import_receipts(&spool, &key, stick.path()).unwrap();
    assert!(
        home.iter()
            .any(|one| one.bundle == second && one.code == Some("spool.receipt")),
        "{home:?}"
    );
    assert_eq!(spool.waiting().unwrap(), [second]);
    fs::write(&place, good).unwrap();
    carry::import_receipts(&spool, &key, stick.path()).unwrap();
    assert!(spool.waiting().unwrap().is_empty());
    assert_eq!(spool.standing(second), Some(Standing::Filed));

    running.shutdown();
    let store =
        verifier::open_store(&province.verifier(&province.path("data")), Access::Inspect).unwrap();
    assert_eq!(store.fsck().unwrap().entries, 2);
}

/// The courier of another desk of the same province.
fn second_desk(province: &Province, port: u16) -> station::courier::Courier {
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap();
    let subject = Subject::Station {
        id: "tram-02".to_owned(),
    };
    let authority = province.keys().station_authority().unwrap();
    let certificate = authority
        .enroll(&subject, &request, jiff::Zoned::now().date())
        .unwrap();
    station::courier::Courier::new(&station::courier::Credentials {
        url: &format!("https://localhost:{port}"),
        ca_pem: &fs::read(province.keys().public().join("server-ca.pem")).unwrap(),
        identity_pem: format!("{certificate}{}", key.serialize_pem()).as_bytes(),
    })
    .unwrap()
}

#[test]
fn the_verifier_imports_a_stick_once_and_tells_what_is_wrong_with_each_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let stick = tempfile::tempdir().unwrap();
    let (province, cards, spool) = desk(folder.path());
    let good = seal(&province, &cards, &spool);
    let ticket = province.tickets(1).remove(0);
    let first = province.seal(&spool, cards.prepare(ticket.clone()), 9_000);
    let twice = province.seal(&spool, cards.prepare(ticket), 9_000);
    let torn = seal(&province, &cards, &spool);
    carry::export(&spool, &station(), stick.path(), Timestamp::now()).unwrap();
    let blob = fs::read_dir(stick.path().join(torn.to_string()).join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let mut content = fs::read(blob.path()).unwrap();
    content[50] ^= 1;
    fs::write(blob.path(), content).unwrap();

    let config = province.verifier(&province.path("data"));
    let outcome = || -> Vec<(BundleDigest, &'static str, Vec<&'static str>)> {
        let done = verifier::import(stick.path(), &config, &Timestamp::now).unwrap();
        done.into_iter()
            .map(|one| (one.bundle, one.outcome, one.codes))
            .collect()
    };
    assert_eq!(
        outcome(),
        [
            (good, "filed", vec![]),
            (first, "filed", vec![]),
            (twice, "refused", vec!["examine.ticket_spent"]),
            (torn, "left", vec!["import.altered"]),
        ]
    );
    let receipt = |digest: BundleDigest| {
        fs::read(stick.path().join("receipts").join(format!("{digest}.json")))
    };
    let before = receipt(good).unwrap();
    assert!(
        receipt(twice).is_err()
            && stick
                .path()
                .join("refusals")
                .join(format!("{twice}.json"))
                .is_file()
    );
    // A second time changes nothing.
    let again = outcome();
    assert_eq!((again[0].1, again[1].1), ("filed_before", "filed_before"));
    assert_eq!(receipt(good).unwrap(), before);
    // By the network it is the same receipt; and while the store is served, nothing else may import into it.
    let running = verifier::serve(config.clone()).unwrap();
    let sent = wait(
        province
            .courier(running.addr().port())
            .deliver(&spool.load(good).unwrap()),
    )
    .unwrap();
    assert_eq!(sent.to_json(), before);
    let busy = verifier::import(stick.path(), &config, &Timestamp::now).unwrap_err();
    assert_eq!(busy.code(), "store.in_use");
    running.shutdown();
    // At home the receipts free what was filed, and the refused one waits: a refusal on a stick proves nothing.
    carry::import_receipts(&spool, &province.verifier_key(), stick.path()).unwrap();
    assert_eq!(spool.waiting().unwrap(), [twice, torn]);
}

#[test]
fn what_a_stranger_put_on_a_stick_is_left_there() {
    let folder = tempfile::tempdir().unwrap();
    let stick = tempfile::tempdir().unwrap();
    let (province, cards, spool) = desk(folder.path());
    let digest = seal(&province, &cards, &spool);
    carry::export(
        &spool,
        &StationId::new("tram-01").unwrap(),
        stick.path(),
        Timestamp::now(),
    )
    .unwrap();
    let other = Spool::open(&province.path("other-spool")).unwrap();
    // A link instead of a blob, a folder of another's name, an index that lies, files that are not ours.
    let blob = fs::read_dir(stick.path().join(digest.to_string()).join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let away = stick.path().join("away");
    fs::rename(blob.path(), &away).unwrap();
    std::os::unix::fs::symlink(&away, blob.path()).unwrap();
    let strange = BundleDigest::of(b"strange");
    fs::create_dir_all(stick.path().join(strange.to_string())).unwrap();
    fs::write(
        stick
            .path()
            .join(strange.to_string())
            .join("outer.dsse.json"),
        b"{",
    )
    .unwrap();
    fs::write(stick.path().join("index-x.json"), b"{\"v\":1}").unwrap();
    fs::write(stick.path().join("autorun.inf"), b"open=evil").unwrap();
    let done = carry::import(&other, stick.path()).unwrap();
    assert!(
        done.iter().all(|one| one.code == Some("carry.altered")),
        "{done:?}"
    );
    assert_eq!(done.len(), 2);
    assert!(other.carried().unwrap().is_empty());
    assert_eq!(
        fs::read_dir(province.path("other-spool/sealing"))
            .unwrap()
            .count(),
        0,
        "nothing half is kept"
    );
    // What the list names and is not there is told.
    fs::remove_dir_all(stick.path().join(digest.to_string())).unwrap();
    let done = carry::import(&other, stick.path()).unwrap();
    assert!(
        done.iter()
            .any(|one| one.bundle == digest && one.code == Some("carry.missing")),
        "{done:?}"
    );
}
