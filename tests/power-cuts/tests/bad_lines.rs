//! The courier over lines that break, to servers that are not ours, with bundles that fail.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use bundle::{BundleDigest, SealedBundle};
use jiff::Timestamp;
use station::courier::{Courier, CourierError, Credentials, Outcome, Round};
use station::spool::{Spool, Standing};
use verifier::KeyFolder;

use crate::province::{Cards, Province};
use crate::proxy::{Line, Relay};

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

struct House {
    province: Province,
    cards: Cards,
    spool: Spool,
    running: verifier::Running,
    _folder: tempfile::TempDir,
}

impl House {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (province, cards) = Province::found(folder.path());
        let spool = Spool::open(&province.path("spool")).unwrap();
        let running = verifier::serve(province.verifier(&province.path("data"))).unwrap();
        Self {
            province,
            cards,
            spool,
            running,
            _folder: folder,
        }
    }

    fn courier(&self) -> Courier {
        self.province.courier(self.running.addr().port())
    }

    fn seal(&self, paper_bytes: usize) -> BundleDigest {
        let ticket = self.province.tickets(1).remove(0);
        self.province
            .seal(&self.spool, self.cards.prepare(ticket), paper_bytes)
    }

    fn round(&self, courier: &Courier, only_due: bool) -> Vec<(BundleDigest, Outcome)> {
        let mut found = Vec::new();
        let verifier = self.province.verifier_key();
        let mut round = Round {
            spool: &self.spool,
            courier,
            verifier: &verifier,
            now: &Timestamp::now,
            jitter: &mut || 255,
        };
        let told = &mut |digest, _: Standing, outcome| found.push((digest, outcome));
        wait(round.run(only_due, told)).unwrap();
        found
    }
}

fn bundle_bytes(sealed: &SealedBundle) -> u64 {
    let blobs: u64 = sealed.blobs().iter().map(|blob| blob.size).sum();
    blobs + sealed.envelope_json().len() as u64
}

#[test]
fn over_a_line_that_breaks_every_second_hardly_more_than_the_bundle_is_sent() {
    let house = House::open();
    let line = Line {
        bytes_per_second: 1 << 20,
        breaks_every: Duration::from_secs(1),
    };
    let relay = Relay::to(house.running.addr().port(), line);
    let digest = house.seal(5 << 20);
    let sealed = house.spool.load(digest).unwrap();
    let bytes = bundle_bytes(&sealed);
    let receipt = wait(house.province.courier(relay.port).deliver(&sealed)).unwrap();
    receipt
        .verify_for(&digest, &house.province.verifier_key())
        .unwrap();
    let share = relay.sent() as f64 / bytes as f64;
    println!(
        "{bytes} bytes of bundle, {} sent, {} received, {} breaks: {share:.4} of the bundle",
        relay.sent(),
        relay.received(),
        relay.breaks()
    );
    assert!(
        relay.breaks() >= 4,
        "the line broke {} times",
        relay.breaks()
    );
    assert!(share <= 1.05, "{share:.4} of the bundle was sent");
}

#[test]
fn another_process_goes_on_where_the_first_was_killed() {
    let house = House::open();
    let digest = house.seal(2 << 20);
    let sealed = house.spool.load(digest).unwrap();
    let line = Line {
        bytes_per_second: 2 << 20,
        breaks_every: Duration::from_secs(3600),
    };
    let relay = Relay::to(house.running.addr().port(), line);
    for _ in 0..3 {
        // Dropped in the middle of a piece, as when the process ends.
        let mut places = house.spool.upload_places();
        let courier = house.province.courier(relay.port);
        let killed = wait(async {
            tokio::time::timeout(
                Duration::from_millis(400),
                courier.bring(&sealed, &mut places, false),
            )
            .await
        });
        assert!(killed.is_err(), "killed before it was done");
    }
    let courier = house.province.courier(relay.port);
    wait(courier.bring(&sealed, &mut house.spool.upload_places(), false)).unwrap();
    let share = relay.sent() as f64 / bundle_bytes(&sealed) as f64;
    println!("after three kills {share:.4} of the bundle was sent");
    // What a killed process had handed to the system is sent once more each time, at most a socket's buffer.
    assert!(share <= 1.3, "{share:.4} of the bundle was sent");
    let left = fs::read_dir(house.province.path("spool/uploads"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "no hint outlives its upload");
}

#[test]
fn one_bundle_that_fails_holds_up_none_behind_it() {
    let house = House::open();
    let damaged = house.seal(5_000);
    let folder = house.spool.path_of(damaged).unwrap();
    let blob = fs::read_dir(folder.join("blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut content = fs::read(&blob).unwrap();
    content[100] ^= 1;
    fs::write(&blob, content).unwrap();
    // The same ticket twice: the second is refused for good.
    let ticket = house.province.tickets(1).remove(0);
    let first = house
        .province
        .seal(&house.spool, house.cards.prepare(ticket.clone()), 5_000);
    let second = house
        .province
        .seal(&house.spool, house.cards.prepare(ticket), 5_000);
    let last = house.seal(5_000);

    let found = house.round(&house.courier(), true);
    let order: Vec<BundleDigest> = found.iter().map(|(digest, _)| *digest).collect();
    assert_eq!(
        order,
        [damaged, first, second, last],
        "in the order of sealing"
    );
    assert!(
        matches!(&found[0].1, Outcome::Failed(CourierError::Answer(422))),
        "{:?}",
        found[0]
    );
    assert!(matches!(&found[1].1, Outcome::Filed(..)));
    let Outcome::Failed(CourierError::Refused(refusal)) = &found[2].1 else {
        panic!("{:?}", found[2])
    };
    assert_eq!(refusal.faults, ["examine.ticket_spent"]);
    assert!(matches!(&found[3].1, Outcome::Filed(..)));
    assert_eq!(house.spool.standing(second), Some(Standing::Refused));
    assert_eq!(house.spool.waiting().unwrap(), [damaged]);
    // It is not due again at once, and nobody else waits for it.
    assert!(house.round(&house.courier(), true).is_empty());
}

#[test]
fn each_cause_has_its_own_name() {
    let house = House::open();
    let digest = house.seal(1000);
    let sealed = house.spool.load(digest).unwrap();
    let code = |courier: &Courier| wait(courier.deliver(&sealed)).unwrap_err().code();
    let province = &house.province;
    let port = house.running.addr().port();

    // Nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    assert_eq!(code(&province.courier(closed)), "courier.unreachable");
    // Each connection breaks before anything gets through.
    let line = Line {
        bytes_per_second: 2_000,
        breaks_every: Duration::from_millis(100),
    };
    let relay = Relay::to(port, line);
    let found = code(&province.courier(relay.port));
    assert!(
        ["courier.unreachable", "courier.interrupted"].contains(&found),
        "{found}"
    );
    // Something else than TLS answers: a captive portal, say.
    assert_eq!(code(&province.courier(portal())), "courier.other_server");

    // Another authority's verifier, and a desk of another authority.
    let elsewhere = tempfile::tempdir().unwrap();
    let (other, _) = Province::found(elsewhere.path());
    assert_eq!(
        code(&courier(port, &other.keys(), elsewhere.path())),
        "courier.other_server"
    );
    assert_eq!(
        code(&courier(port, &province.keys(), elsewhere.path())),
        "courier.certificate_refused"
    );
    // An operator's certificate is good and no desk's.
    let operator = tempfile::tempdir().unwrap();
    for (from, to) in [
        ("operator.key.pem", "device.key.pem"),
        ("operator.cert.pem", "device.cert.pem"),
    ] {
        fs::copy(province.path(from), operator.path().join(to)).unwrap();
    }
    assert_eq!(
        code(&courier(port, &province.keys(), operator.path())),
        "courier.not_admitted"
    );

    // A server whose certificate has run out, or a desk whose clock has run ahead.
    let past = tempfile::tempdir().unwrap();
    let old = KeyFolder::new(past.path().join("keys"));
    old.init(
        "niem.example/old",
        &["localhost".to_owned()],
        jiff::civil::date(2001, 1, 1),
    )
    .unwrap();
    fs::create_dir(past.path().join("csca")).unwrap();
    fs::copy(
        province.path("csca/utopia.cer"),
        past.path().join("csca/utopia.cer"),
    )
    .unwrap();
    let running =
        verifier::serve(Province(past.path().to_owned()).verifier(&past.path().join("data")))
            .unwrap();
    let late = courier(running.addr().port(), &old, &province.0);
    assert_eq!(code(&late), "courier.server_certificate_time");

    // And the bundle still waits through all of it, and goes when the line is good.
    assert_eq!(house.spool.standing(digest), Some(Standing::Waiting));
    wait(house.courier().deliver(&sealed)).unwrap();
    // The verifier's clock is ours here; a desk compares before the first visit.
    let there = wait(house.courier().verifier_time())
        .unwrap()
        .expect("hyper says the date");
    assert!(
        (Timestamp::now() - there)
            .total(jiff::Unit::Second)
            .unwrap()
            .abs()
            < 5.0
    );
}

/// A courier that believes `keys`' authority and shows the certificate that lies in `own`.
fn courier(port: u16, keys: &KeyFolder, own: &Path) -> Courier {
    let mut identity = fs::read(own.join("device.cert.pem")).unwrap();
    identity.extend(fs::read(own.join("device.key.pem")).unwrap());
    Courier::new(&Credentials {
        url: &format!("https://localhost:{port}"),
        ca_pem: &fs::read(keys.public().join("server-ca.pem")).unwrap(),
        identity_pem: &identity,
    })
    .unwrap()
}

/// Answers everybody in plain HTTP.
fn portal() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut guest in listener.incoming().flatten().take(4) {
            let _ = guest.read(&mut [0; 1024]);
            let _ =
                guest.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n");
        }
    });
    port
}
