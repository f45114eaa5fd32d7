//! Two hundred `kill -9`s under load: whoever seals, the courier and the verifier, each a process of its own, each killed
//! at a moment that nobody chose. At the end everything promised is filed, once, under numbers used once.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bundle::{BundleDigest, SignedReceipt};
use jiff::Timestamp;
use power_cuts::Chance;
use station::spool::{Spool, Standing};
use verifier::wallet::{Access, BundleState, View};

use crate::province::{Cards, NUMBER, PURPOSE, Prepared, Province};
use crate::writer::{acknowledge, command, place};

const KILLS: usize = 200;
/// Visits that are ready; each takes part of a second of the verifier in a debug build.
const VISITS: usize = 240;
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that `cargo build --workspace --bins` put two folders above this test.
fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let found = own
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built; run `cargo build --workspace --bins`"))
}

#[test]
fn two_hundred_kills_lose_nothing_and_file_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (province, cards) = Province::found(folder.path());
    prepare(&province, &cards);
    let mut chance = Chance::new(2026);
    let mut house = House::open(&province);
    let (mut kills, mut promised) = ([0_usize; 3], Vec::new());
    // How long a courier takes here and today, so that it is killed in the middle and not before it began.
    let started = Instant::now();
    finished(house.push());
    let usual = started.elapsed();
    let moment = |chance: &mut Chance| usual.mul_f64(chance.below(1500) as f64 / 1000.0);
    while kills.iter().sum::<usize>() < KILLS {
        // The desk seals and is killed at it.
        let mut sealer = command("kills::seals_until_killed", folder.path());
        let sealer = sealer
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        kills[0] += 1;
        let wait = Duration::from_micros(chance.below(60_000));
        promised.extend(killed_after_promises(sealer, chance.below(4), wait));
        // The courier carries, and either it is killed or the verifier under its hands.
        let mut courier = house.push();
        if chance.coin() {
            kills[1] += 1;
            std::thread::sleep(moment(&mut chance));
            let _ = courier.kill();
            let _ = courier.wait();
        } else {
            std::thread::sleep(moment(&mut chance));
            kills[2] += 1;
            house.kill_and_start();
            finished(courier);
        }
    }
    // The morning after: everything that waits goes.
    let spool = Spool::open(&province.path("state/spool")).unwrap();
    let waited = spool.waiting().unwrap().len();
    drop(spool);
    for _ in 0..20 {
        finished(house.push());
        let spool = Spool::open(&province.path("state/spool")).unwrap();
        if spool.waiting().unwrap().is_empty() {
            break;
        }
    }
    house.stop();
    let sealed = everything_is_filed_once(&province, &promised);
    println!(
        "{} kills of who seals, {} of the courier, {} of the verifier; {} bundles promised, {sealed} sealed, {waited} \
         waited in the morning: lost 0, filed twice 0, numbers used twice 0",
        kills[0],
        kills[1],
        kills[2],
        promised
            .iter()
            .filter(|line| line.starts_with("sealed "))
            .count()
    );
    assert!(sealed >= 40, "only {sealed} bundles were under way");
}

/// Tickets in stock, and for each the visit that will be held with it.
fn prepare(province: &Province, cards: &Cards) {
    fs::create_dir_all(province.path("prepared")).unwrap();
    let tickets = province.tickets(VISITS);
    for ticket in &tickets {
        let id = ticket.verify(&province.verifier_key()).unwrap().id;
        let prepared = serde_json::to_vec(&cards.prepare(ticket.clone())).unwrap();
        fs::write(province.path(&format!("prepared/{id}")), prepared).unwrap();
    }
    let stock = province.stock(&province.path("state/tickets"));
    assert_eq!(stock.add(tickets, Timestamp::now()).unwrap(), VISITS);
}

#[test]
#[ignore = "the process that is killed"]
fn seals_until_killed() {
    let Some(place) = place() else { return };
    let province = Province(place);
    let Ok(spool) = Spool::open(&province.path("state/spool")) else {
        return;
    };
    let stock = province.stock(&province.path("state/tickets"));
    while let Ok(ticket) = stock.take(Timestamp::now()) {
        let id = ticket.verify(&province.verifier_key()).unwrap().id;
        acknowledge(&format!("used {id}"));
        let prepared = fs::read(province.path(&format!("prepared/{id}"))).unwrap();
        let prepared: Prepared = serde_json::from_slice(&prepared).unwrap();
        let digest = province.seal(&spool, prepared, 12_000);
        acknowledge(&format!("sealed {digest}"));
    }
}

/// Kills a sealer a moment after it has promised so much, and says what it had promised by then. A busy machine must not
/// turn every kill into one at the start.
fn killed_after_promises(mut child: Child, promises: u64, wait: Duration) -> Vec<String> {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let out = child.stdout.take().unwrap();
    let listener = std::thread::spawn({
        let heard = heard.clone();
        move || {
            let mut out = BufReader::new(out);
            let mut line = String::new();
            // A last line without its end was not heard by anybody.
            while out.read_line(&mut line).is_ok_and(|count| count > 0) && line.ends_with('\n') {
                if let Some(at) = line.find("ACK ") {
                    heard.lock().unwrap().push(line[at + 4..].trim().to_owned());
                }
                line.clear();
            }
        }
    });
    let started = Instant::now();
    while (heard.lock().unwrap().len() as u64) < promises
        && child.try_wait().unwrap().is_none()
        && started.elapsed() < PATIENCE
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(wait);
    let _ = child.kill();
    let _ = child.wait();
    listener.join().unwrap();
    std::mem::take(&mut heard.lock().unwrap())
}

fn finished(mut child: Child) {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the courier does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The verifier's process and the desk's settings for it.
struct House<'a> {
    province: &'a Province,
    serving: Option<Child>,
    port: u16,
}

impl<'a> House<'a> {
    fn open(province: &'a Province) -> Self {
        let mut house = Self {
            province,
            serving: None,
            port: 0,
        };
        house.start();
        let at = |name: &str| province.path(name);
        let public = province.keys().public();
        let settings = format!(
            "station = \"tram-01\"\nstate_dir = {:?}\n[verifier]\nurl = \"https://localhost:{}\"\nca = {:?}\n\
             receipt_key = {:?}\nrecipients = {:?}\n[keys]\ndevice_key = {:?}\ndevice_cert = {:?}\n\
             insecure_file_key = true\n[trust]\ncsca = {:?}\n[camera]\nsource = \"0\"\n[scanner]\n\
             [models]\ndir = \"models\"\ntessdata = \"tessdata\"\n",
            at("state"),
            house.port,
            public.join("server-ca.pem"),
            public.join("receipt.pub.pem"),
            public.join("recipients.txt"),
            at("device.key.pem"),
            at("device.cert.pem"),
            at("csca"),
        );
        fs::write(at("station.toml"), settings).unwrap();
        house
    }

    fn start(&mut self) {
        let (settings, ready) = (
            self.province.path("verifier.toml"),
            self.province.path("ready"),
        );
        let text = format!(
            "listen = '127.0.0.1:{}'\ndata = 'data'\nkeys = 'keys'\ncsca_trust = 'csca'\n",
            self.port
        );
        fs::write(&settings, text).unwrap();
        let _ = fs::remove_file(&ready);
        let mut program = Command::new(built("niem-verifier"));
        program
            .arg("serve")
            .arg("--config")
            .arg(settings)
            .arg("--ready-file")
            .arg(&ready);
        self.serving = Some(
            program
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        self.port = listening(&ready);
    }

    fn stop(&mut self) {
        if let Some(mut serving) = self.serving.take() {
            let _ = serving.kill();
            let _ = serving.wait();
        }
    }

    fn kill_and_start(&mut self) {
        self.stop();
        self.start();
    }

    /// The courier's own program, over everything that waits.
    fn push(&self) -> Child {
        Command::new(built("niem-station"))
            .args(["--json", "spool", "push", "--config"])
            .arg(self.province.path("station.toml"))
            .env("OMP_THREAD_LIMIT", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }
}

impl Drop for House<'_> {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listening(ready: &Path) -> u16 {
    let started = Instant::now();
    while !ready.is_file() {
        assert!(
            started.elapsed() < PATIENCE,
            "the verifier does not come up"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let address = fs::read_to_string(ready).unwrap();
    address.trim().rsplit(':').next().unwrap().parse().unwrap()
}

/// Both sides' books agree with each other and with what was promised.
fn everything_is_filed_once(province: &Province, promised: &[String]) -> usize {
    let told = |verb: &'static str| -> Vec<&str> {
        promised
            .iter()
            .filter_map(move |line| line.strip_prefix(verb)?.strip_prefix(' '))
            .collect()
    };
    let used = told("used");
    assert_eq!(
        used.iter().collect::<BTreeSet<_>>().len(),
        used.len(),
        "a ticket was used twice"
    );
    let spool = Spool::open(&province.path("state/spool")).unwrap();
    assert!(spool.waiting().unwrap().is_empty() && spool.refused().unwrap().is_empty());
    let chain = fs::read_to_string(province.path("state/spool/chain.log")).unwrap();
    let chain: Vec<&str> = chain.lines().collect();
    for name in told("sealed") {
        assert!(
            chain.contains(&name),
            "promised and not in the chain: {name}"
        );
    }
    let config = province.verifier(&province.path("data"));
    let store = verifier::open_store(&config, Access::Serve).unwrap();
    let mut entries = BTreeSet::new();
    for name in &chain {
        let digest: BundleDigest = name.parse().unwrap();
        assert_eq!(spool.standing(digest), Some(Standing::Filed), "{name}");
        let receipt: SignedReceipt = spool.receipt(digest).unwrap();
        let read = receipt
            .verify_for(&digest, &province.verifier_key())
            .unwrap();
        verifier::log::check_receipt(&read, &province.vkey()).unwrap();
        assert!(entries.insert(read.entry), "one entry for two bundles");
        let record = store
            .bundle(&digest)
            .unwrap()
            .expect("the verifier knows it");
        let BundleState::Filed(kept) = record.state else {
            panic!("{name} is not filed")
        };
        assert_eq!(
            kept.to_json(),
            receipt.to_json(),
            "both sides hold the same receipt"
        );
    }
    let report = store.fsck().unwrap();
    let wrong: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| !finding.starts_with("fsck.orphan_paper"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        (report.entries, report.leaves),
        (chain.len() as u64, chain.len() as u64)
    );
    let wallet = store
        .lookup(NUMBER, "test", PURPOSE, Timestamp::now())
        .unwrap()
        .expect("the wallet");
    let view = View {
        reader: "test",
        purpose: PURPOSE,
        wallet,
        entry: None,
        document: None,
    };
    let listed = store.entries(view, Timestamp::now()).unwrap().unwrap();
    let numbers: Vec<u64> = listed.iter().map(|entry| entry.number.into()).collect();
    assert_eq!(
        numbers,
        (1..=chain.len() as u64).collect::<Vec<_>>(),
        "each number once"
    );
    chain.len()
}
