//! Every answer of the protocol, and a memory that no order of events makes sign two histories.

use tlog_tiles::{HashReader, prove_tree, stored_hash_index, stored_hashes, tree_hash};

use super::*;
use crate::keys::KeyFolder;
use crate::log::LogSigner;

/// A log in memory, with its leaves named by a letter: two letters make a fork.
struct Log {
    signer: LogSigner,
    hashes: Vec<Hash>,
    size: u64,
}

impl HashReader for Log {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|i| self.hashes[*i as usize]).collect())
    }
}

impl Log {
    fn new(keys: &KeyFolder) -> Self {
        Self {
            signer: LogSigner::load(keys).unwrap(),
            hashes: Vec::new(),
            size: 0,
        }
    }

    fn grow(&mut self, letter: char, by: u64) {
        for _ in 0..by {
            let leaf = format!("{letter}{}", self.size);
            let new = stored_hashes(self.size, leaf.as_bytes(), self).unwrap();
            assert_eq!(stored_hash_index(0, self.size), self.hashes.len() as u64);
            self.hashes.extend(new);
            self.size += 1;
        }
    }

    fn note(&self) -> String {
        let root = match self.size {
            0 => EMPTY_HASH,
            size => tree_hash(size, self).unwrap(),
        };
        self.signer.sign(self.size, root)
    }

    fn request(&self, old: u64) -> String {
        let proof = match old {
            0 => Vec::new(),
            old => prove_tree(self.size, old, self).unwrap(),
        };
        let lines: String = proof
            .iter()
            .map(|hash| format!("{}\n", BASE64.encode(hash.0)))
            .collect();
        format!("old {old}\n{lines}\n{}", self.note())
    }
}

struct Rig {
    place: tempfile::TempDir,
    keys: KeyFolder,
}

fn rig() -> Rig {
    let place = tempfile::tempdir().unwrap();
    let keys = KeyFolder::new(place.path().join("keys"));
    let today = jiff::civil::date(2026, 1, 1);
    keys.init("niem.example/log", &["localhost".to_owned()], today)
        .unwrap();
    Witness::init(&place.path().join("w"), "witness.example/w1").unwrap();
    let rig = Rig { place, keys };
    let vkey = rig.keys.text("public/log.vkey").unwrap().to_string();
    Witness::follow(&rig.folder(), &vkey).unwrap();
    rig
}

impl Rig {
    fn folder(&self) -> PathBuf {
        self.place.path().join("w")
    }

    fn open(&self) -> Witness {
        Witness::open(&self.folder()).unwrap()
    }

    fn state(&self) -> PathBuf {
        log_folder(&self.folder(), "niem.example/log").join("last")
    }
}

#[test]
fn a_growing_log_is_cosigned_and_everything_else_is_refused_as_the_protocol_says() {
    let rig = rig();
    let witness = rig.open();
    let mut log = Log::new(&rig.keys);
    log.grow('a', 3);
    let ask = |request: &str| witness.add_checkpoint(request.as_bytes(), 1_700_000_000);

    let first = ask(&log.request(0));
    assert_eq!(first.status, 200, "{first:?}");
    let cosigner = witness.cosigner();
    let note = log.note() + &first.body;
    assert_eq!(
        cosigner.cosigned(note.as_bytes()),
        Some((first.body.clone(), 1_700_000_000))
    );
    // The same head again is cosigned again, from where it stands.
    assert_eq!(ask(&log.request(3)).status, 200);

    let stale = ask(&log.request(0));
    assert_eq!(
        (stale.status, stale.content_type, stale.body.as_str()),
        (409, "text/x.tlog.size", "3\n")
    );
    log.grow('a', 5);
    assert_eq!(ask(&log.request(2)).status, 409);
    let good = log.request(3);
    // A proof that lacks a hash, has one too many, or has another.
    let lines: Vec<&str> = good.split('\n').collect();
    let mut short = lines.clone();
    short.remove(1);
    let mut long = lines.clone();
    long.insert(1, lines[1]);
    let other = good.replacen(lines[1], &BASE64.encode([7; 32]), 1);
    for bad in [short.join("\n"), long.join("\n"), other] {
        assert_eq!(ask(&bad).status, 422, "{bad}");
    }
    // Nothing of that was taken down.
    assert_eq!(ask(&good).status, 200);
    assert_eq!(ask(&good).body, "8\n");

    // A proof from nothing is no proof at all.
    let mut fresh = Log::new(&rig.keys);
    fresh.grow('b', 8);
    assert_eq!(
        ask(&fresh.request(8)).status,
        409,
        "another tree of that size"
    );
    fresh.grow('b', 1);
    assert_eq!(ask(&fresh.request(8)).status, 422, "a fork");
    assert_eq!(
        fs::read_dir(rig.state().with_file_name("evidence"))
            .unwrap()
            .count(),
        3,
        "the head that came with spoilt proofs, and the two of the fork"
    );
}

#[test]
fn strangers_and_nonsense_are_refused() {
    let rig = rig();
    let witness = rig.open();
    let mut log = Log::new(&rig.keys);
    log.grow('a', 2);
    let ask = |request: &[u8]| witness.add_checkpoint(request, 1).status;
    let good = log.request(0);

    let other = KeyFolder::new(rig.place.path().join("other"));
    let today = jiff::civil::date(2026, 1, 1);
    other
        .init("niem.example/other", &["localhost".to_owned()], today)
        .unwrap();
    let mut unknown = Log::new(&other);
    unknown.grow('a', 1);
    assert_eq!(ask(unknown.request(0).as_bytes()), 404);
    let same_name = KeyFolder::new(rig.place.path().join("same"));
    same_name
        .init("niem.example/log", &["localhost".to_owned()], today)
        .unwrap();
    let mut impostor = Log::new(&same_name);
    impostor.grow('a', 1);
    assert_eq!(ask(impostor.request(0).as_bytes()), 403);
    assert_eq!(
        ask(good.replacen("\n2\n", "\n3\n", 1).as_bytes()),
        403,
        "an edited head"
    );

    assert_eq!(ask(good.replacen("old 0", "old 3", 1).as_bytes()), 400);
    for nonsense in [
        String::new(),
        "old 0\n".to_owned(),
        good.replacen("old 0", "old 00", 1),
        good.replacen("old 0", "old -1", 1),
        good.replacen("old 0", "old", 1),
        good.replacen("old 0\n", "old 0\r\n", 1),
        good.replacen("old 0\n", "old 0\nAAAA\n", 1),
        good.replacen("old 0\n", "old 99999999999999999999\n", 1),
        good.replacen(
            "old 0\n",
            &format!(
                "old 0\n{}",
                format!("{}\n", BASE64.encode([1; 32])).repeat(64)
            ),
            1,
        ),
        good.trim_end().to_owned(),
        format!("{good}{}", " ".repeat(MAX_REQUEST_BYTES)),
    ] {
        assert_eq!(ask(nonsense.as_bytes()), 400, "{nonsense:.80}");
    }
    assert_eq!(ask(&[0xff; 50]), 400);
    assert_eq!(
        ask(good
            .replacen(
                "old 0\n",
                &format!("old 0\n{}\n", BASE64.encode([1; 32])),
                1
            )
            .as_bytes()),
        422,
        "a proof where none is due"
    );
    assert_eq!(ask(good.as_bytes()), 200, "and the witness still works");
}

#[test]
fn a_restart_forgets_nothing_and_a_lost_memory_does_not_start() {
    let rig = rig();
    let mut log = Log::new(&rig.keys);
    log.grow('a', 3);
    let witness = rig.open();
    assert_eq!(
        Witness::open(&rig.folder()).err().unwrap().code(),
        "witness.in_use"
    );
    assert_eq!(
        witness.add_checkpoint(log.request(0).as_bytes(), 1).status,
        200
    );
    drop(witness);

    let mut fork = Log::new(&rig.keys);
    fork.grow('b', 4);
    let witness = rig.open();
    assert_eq!(
        witness.add_checkpoint(fork.request(0).as_bytes(), 1).status,
        409
    );
    assert_eq!(
        witness.add_checkpoint(fork.request(3).as_bytes(), 1).status,
        422
    );
    log.grow('a', 1);
    assert_eq!(
        witness.add_checkpoint(log.request(3).as_bytes(), 1).status,
        200
    );
    drop(witness);

    // A half-written file beside is nothing; the file itself lost, cut or empty is a lost memory.
    fs::write(rig.state().with_extension("new"), b"half").unwrap();
    assert_eq!(rig.open().logs(), 1);
    let sound = fs::read(rig.state()).unwrap();
    for spoilt in [&b""[..], &sound[..sound.len() / 2], b"nothing cosigned yet"] {
        fs::write(rig.state(), spoilt).unwrap();
        assert_eq!(
            Witness::open(&rig.folder()).err().unwrap().code(),
            "witness.state"
        );
    }
    fs::remove_file(rig.state()).unwrap();
    assert_eq!(
        Witness::open(&rig.folder()).err().unwrap().code(),
        "witness.state"
    );
    let vkey = rig.keys.text("public/log.vkey").unwrap();
    assert_eq!(
        Witness::follow(&rig.folder(), &vkey).err().unwrap().code(),
        "witness.known_log"
    );
}

#[test]
fn two_at_once_never_get_two_histories() {
    let rig = rig();
    let witness = rig.open();
    let mut base = Log::new(&rig.keys);
    base.grow('a', 3);
    assert_eq!(
        witness.add_checkpoint(base.request(0).as_bytes(), 1).status,
        200
    );
    let branch = |letter: char| {
        let mut log = Log::new(&rig.keys);
        log.grow('a', 3);
        log.grow(letter, 2);
        log.request(3)
    };
    for round in 0..20 {
        let requests = ['x', 'y', 'z'].map(branch);
        let granted: usize = std::thread::scope(|scope| {
            let asked: Vec<_> = requests
                .iter()
                .map(|request| {
                    let witness = &witness;
                    scope.spawn(move || witness.add_checkpoint(request.as_bytes(), 1).status)
                })
                .collect();
            asked
                .into_iter()
                .map(|thread| usize::from(thread.join().unwrap() == 200))
                .sum()
        });
        assert_eq!(granted, usize::from(round == 0), "round {round}");
    }
}
