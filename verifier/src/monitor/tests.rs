//! A log in a folder, and everything that somebody could do to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bundle::{BundleDigest, EntryId, StationId};
use tlog_tiles::{HashReader, stored_hashes, tree_hash};

use super::*;
use crate::keys::KeyFolder;
use crate::log::{LogSigner, erased_leaf, leaf};

const ALL: u64 = 1 << 30;

struct Log {
    place: tempfile::TempDir,
    signer: LogSigner,
    leaves: Vec<Vec<u8>>,
}

struct Stored(Vec<Hash>);
use tlog_tiles::Hash;

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|i| self.0[*i as usize]).collect())
    }
}

fn a_leaf(branch: u8, n: usize) -> Vec<u8> {
    leaf(
        &BundleDigest::of(&[branch, 1]),
        EntryId::from_uuid(uuid::Uuid::from_u128(n as u128)),
        &StationId::new("tram-01").unwrap(),
        jiff::Timestamp::UNIX_EPOCH,
    )
}

impl Log {
    fn new(size: usize) -> Self {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path().join("keys"));
        let today = jiff::civil::date(2026, 1, 1);
        keys.init("niem.example/log", &["localhost".to_owned()], today)
            .unwrap();
        let signer = LogSigner::load(&keys).unwrap();
        let mut log = Self {
            place,
            signer,
            leaves: Vec::new(),
        };
        log.grow(0, size);
        log
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("log")
    }

    /// More leaves, and everything published anew.
    fn grow(&mut self, branch: u8, by: usize) {
        let from = self.leaves.len();
        self.leaves
            .extend((from..from + by).map(|n| a_leaf(branch, n)));
        self.publish();
    }

    fn publish(&self) {
        let _ = fs::remove_dir_all(self.folder());
        let size = self.leaves.len() as u64;
        let mut stored = Stored(Vec::new());
        for (n, leaf) in (0..).zip(&self.leaves) {
            let new = stored_hashes(n, leaf, &stored).unwrap();
            stored.0.extend(new);
        }
        for level in 0..8 {
            let count = size >> (8 * level);
            for tile in 0..count.div_ceil(256) {
                let width = width_of(tile, level, size);
                let data = tlog_tiles::Tile::new(8, level as u8, tile, width as u32, false)
                    .read_data(&stored)
                    .unwrap();
                self.write(&path(&level.to_string(), tile), width, &data);
                if level == 0 {
                    let first = tile as usize * 256;
                    let entries: Vec<u8> = self.leaves[first..first + width]
                        .iter()
                        .flat_map(|leaf| {
                            [&(leaf.len() as u16).to_be_bytes(), leaf.as_slice()].concat()
                        })
                        .collect();
                    self.write(&path("entries", tile), width, &entries);
                }
            }
        }
        let root = match size {
            0 => EMPTY_HASH,
            size => tree_hash(size, &stored).unwrap(),
        };
        fs::create_dir_all(self.folder()).unwrap();
        fs::write(
            self.folder().join("checkpoint"),
            self.signer.sign(size, root),
        )
        .unwrap();
    }

    fn write(&self, path: &str, width: usize, data: &[u8]) {
        let path = match width {
            256 => self.folder().join(path),
            width => self.folder().join(format!("{path}.p/{width}")),
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, data).unwrap();
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![self.folder()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        files
    }

    fn look(&self, state: &mut State) -> Result<Report, MonitorError> {
        let source = Source::open(self.folder().to_str().unwrap(), None, ALL).unwrap();
        follow(&source, self.signer.vkey(), state)
    }

    fn alarm(&self, state: &State) -> Alarm {
        let mut state = state.clone();
        let before = state.clone();
        let alarm = match self.look(&mut state) {
            Err(MonitorError::Alarm(alarm)) => alarm,
            other => panic!("{other:?}"),
        };
        // What was sound stays remembered, and the alarm comes again.
        assert_eq!(state.checked, before.checked);
        match self.look(&mut state) {
            Err(MonitorError::Alarm(again)) => assert_eq!(again, alarm),
            other => panic!("{other:?}"),
        }
        alarm
    }
}

#[test]
fn a_growing_log_is_followed_from_where_it_was() {
    let mut log = Log::new(0);
    let mut state = State::default();
    assert_eq!(log.look(&mut state).unwrap().size, 0);
    let mut size = 0;
    for by in [1, 2, 252, 1, 1, 256, 300] {
        log.grow(0, by);
        size += by as u64;
        let report = log.look(&mut state).unwrap();
        assert_eq!((report.size, report.new), (size, by as u64));
        assert_eq!(report.counts.filed, size);
        let file = log.place.path().join("state");
        state.save(&file).unwrap();
        assert_eq!(State::load(&file).unwrap(), state);
        assert_eq!(log.look(&mut state).unwrap().new, 0, "nothing new");
    }
    let mut whole = State::default();
    assert_eq!(log.look(&mut whole).unwrap().new, size);
    assert_eq!(
        whole, state,
        "the same memory by one long way and by many short ones"
    );
    let mut again = state.clone().from_the_beginning();
    assert_eq!(log.look(&mut again).unwrap().new, size);
}

#[test]
fn a_change_of_any_file_raises_the_alarm() {
    let log = Log::new(600);
    let nothing = State::default();
    let files = log.files();
    // Checkpoint; three tiles each of leaves and their hashes; one of the second level.
    assert_eq!(files.len(), 8);
    for (path, content) in &files {
        let name = path.strip_prefix(log.folder()).unwrap().to_str().unwrap();
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut spoilt = content.clone();
            spoilt[at] ^= 1;
            fs::write(path, spoilt).unwrap();
            let alarm = log.alarm(&nothing);
            match name.split('/').nth(1) {
                None => assert_eq!(alarm, Alarm::Unsigned, "{at}"),
                Some("entries") => {
                    assert!(
                        matches!(alarm, Alarm::LeafAltered { .. }),
                        "{name} {at} {alarm:?}"
                    );
                }
                Some(_) => {
                    assert!(
                        matches!(alarm, Alarm::TileAltered { .. }),
                        "{name} {at} {alarm:?}"
                    );
                }
            }
        }
        fs::remove_file(path).unwrap();
        assert!(matches!(log.alarm(&nothing), Alarm::TileMissing { .. }));
        fs::write(path, &content[..content.len() - 1]).unwrap();
        log.alarm(&nothing);
        fs::write(path, content).unwrap();
    }
    let mut state = State::default();
    log.look(&mut state).unwrap();

    // The very leaf is named.
    let entries = log.folder().join("tile/entries/001");
    let content = fs::read(&entries).unwrap();
    let mut spoilt = content.clone();
    let length = 2 + log.leaves[0].len();
    spoilt[44 * length + 30] ^= 1;
    fs::write(&entries, &spoilt).unwrap();
    assert_eq!(log.alarm(&nothing), Alarm::LeafAltered { n: 300 });
    // One that was looked at before is looked at again when asked for.
    assert_eq!(
        log.alarm(&state.from_the_beginning()),
        Alarm::LeafAltered { n: 300 }
    );
    // A leaf is dropped, and those after it move up.
    let mut dropped = content.clone();
    dropped.drain(10 * length..11 * length);
    fs::write(&entries, dropped).unwrap();
    assert_eq!(log.alarm(&nothing), Alarm::LeafAltered { n: 511 });
    fs::write(&entries, content).unwrap();
    log.look(&mut State::default()).unwrap();
}

#[test]
fn another_history_signed_by_the_log_itself_is_a_fork() {
    let mut log = Log::new(300);
    let mut state = State::default();
    log.look(&mut state).unwrap();
    let honest = log.leaves.clone();

    log.leaves[7] = a_leaf(9, 7);
    log.publish();
    assert_eq!(
        log.alarm(&state),
        Alarm::Fork {
            seen: 300,
            found: 300
        }
    );
    // Longer, with the leaf altered; and with one dropped and others added.
    log.grow(0, 50);
    let fork = Alarm::Fork {
        seen: 300,
        found: 350,
    };
    assert_eq!(log.alarm(&state), fork);
    log.leaves = honest.clone();
    log.leaves.remove(150);
    log.grow(0, 51);
    assert_eq!(log.alarm(&state), fork);
    log.leaves.truncate(299);
    log.publish();
    assert_eq!(
        log.alarm(&state),
        Alarm::Shrunk {
            seen: 300,
            found: 299
        }
    );
    log.leaves = honest;
    log.grow(0, 50);
    log.look(&mut state).unwrap();
    assert_eq!(state.edge.size(), 350);

    let other = Log::new(350);
    assert!(matches!(
        follow(
            &Source::open(other.folder().to_str().unwrap(), None, ALL).unwrap(),
            log.signer.vkey(),
            &mut state
        ),
        Err(MonitorError::Alarm(Alarm::Unsigned))
    ));
}

#[test]
fn a_log_may_not_say_what_it_should_not() {
    let at = jiff::Timestamp::UNIX_EPOCH;
    let mut log = Log::new(3);
    log.leaves.push(erased_leaf(&[1; 32], "{}", 2, at));
    log.publish();
    let mut state = State::default();
    let counts = log.look(&mut state).unwrap().counts;
    assert_eq!((counts.filed, counts.erasures, counts.erased), (3, 1, 2));
    log.leaves.push(erased_leaf(&[2; 32], "{}", 2, at));
    log.publish();
    assert_eq!(log.alarm(&state), Alarm::ErasedTooMany);
    log.leaves.pop();
    log.leaves
        .push(br#"{"v":1,"name":"NGUYEN VAN A"}"#.to_vec());
    log.publish();
    assert_eq!(log.alarm(&state), Alarm::LeafMalformed { n: 4 });
}

#[test]
fn a_look_that_runs_out_of_bytes_goes_on_the_next_time() {
    let log = Log::new(1500);
    let mut whole = State::default();
    log.look(&mut whole).unwrap();
    let mut state = State::default();
    let mut looks = 0;
    let report = loop {
        looks += 1;
        assert!(looks < 20);
        let budget = 220_000;
        let source = Source::open(log.folder().to_str().unwrap(), None, budget).unwrap();
        match follow(&source, log.signer.vkey(), &mut state) {
            Ok(report) => break report,
            Err(error) => assert_eq!(error.code(), "monitor.budget"),
        }
        let file = log.place.path().join("state");
        state.save(&file).unwrap();
        state = State::load(&file).unwrap();
    };
    assert!(looks > 1, "the budget was too large to test anything");
    assert_eq!((report.size, report.counts.filed), (1500, 1500));
    assert_eq!(state, whole);

    // A log that was seen with 1500 leaves and not yet read to the end may not be shorter later.
    let mut state = State::default();
    let source = Source::open(log.folder().to_str().unwrap(), None, 220_000).unwrap();
    follow(&source, log.signer.vkey(), &mut state).unwrap_err();
    let mut shorter = log;
    shorter.leaves.pop();
    shorter.publish();
    assert!(matches!(
        shorter.look(&mut state),
        Err(MonitorError::Alarm(Alarm::Shrunk { .. }))
    ));
}

#[test]
fn a_state_of_something_else_is_not_believed() {
    let log = Log::new(5);
    let file = log.place.path().join("state");
    let mut state = State::default();
    log.look(&mut state).unwrap();
    state.save(&file).unwrap();
    let sound = fs::read_to_string(&file).unwrap();
    for spoilt in [
        String::new(),
        sound.replace("\"v\":1", "\"v\":2"),
        sound.replace("\"size\":5", "\"size\":6"),
        sound.replace("counts", "count"),
    ] {
        fs::write(&file, spoilt).unwrap();
        assert!(State::load(&file).is_err());
    }
    // A hash of the edge that is another: nothing may be built on it.
    let level = sound.find("levels\":[\"").unwrap() + 10;
    let mut other = sound.clone().into_bytes();
    other[level] = if other[level] == b'0' { b'1' } else { b'0' };
    fs::write(&file, other).unwrap();
    let mut edited = State::load(&file).unwrap();
    assert_eq!(log.look(&mut edited).unwrap_err().code(), "monitor.state");
    let mut foreign = state.clone();
    assert_eq!(
        Log::new(5).look(&mut foreign).unwrap_err().code(),
        "monitor.state"
    );
}
