//! The harness can fail: writers with a known fault are caught by it, and the right way of writing is not.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use power_cuts::{Check, Plan, Tally, replay};

use crate::writer::{acknowledge, can_watch, place, recorded};

/// Longer than a page, so that a write can be torn.
const CONTENT: &str = "what was promised. ";

fn content(n: usize) -> String {
    format!("{n} {}", CONTENT.repeat(500))
}

fn write(folder: &Path, n: usize, sync_file: bool, sync_folder: bool) {
    let half = folder.join(format!("{n}.half"));
    let mut file = File::create(&half).unwrap();
    file.write_all(content(n).as_bytes()).unwrap();
    if sync_file {
        file.sync_data().unwrap();
    }
    fs::rename(&half, folder.join(n.to_string())).unwrap();
    if sync_folder {
        File::open(folder).unwrap().sync_all().unwrap();
    }
    acknowledge(&n.to_string());
}

fn check(state: &Path, said: &[&str]) -> Result<(), String> {
    for n in said {
        let found = fs::read_to_string(state.join(n)).map_err(|error| format!("{n}: {error}"))?;
        if found != content(n.parse().unwrap()) {
            return Err(format!("{n} is not what was written"));
        }
    }
    Ok(())
}

/// `None` where no writer can be watched.
fn cuts(test: &str, check: &mut Check<'_>) -> Option<Tally> {
    if !can_watch() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let journal = recorded(test, folder.path(), folder.path());
    Some(replay(
        &journal,
        Plan {
            states: 120,
            seed: 1,
        },
        check,
    ))
}

#[test]
fn who_syncs_file_and_folder_loses_nothing() {
    let Some(tally) = cuts("broken_writers::writes_well", &mut check) else {
        return;
    };
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
    assert!(tally.states > 50, "{}", tally.states);
}

#[test]
fn a_rename_without_a_sync_before_it_is_caught() {
    let Some(tally) = cuts("broken_writers::forgets_the_file", &mut check) else {
        return;
    };
    let torn = tally
        .failures
        .iter()
        .any(|failure| failure.found.contains("is not what"));
    assert!(torn, "the name was safe and the content was not: {tally:?}");
}

#[test]
fn a_rename_without_a_sync_of_its_folder_is_caught() {
    let Some(tally) = cuts("broken_writers::forgets_the_folder", &mut check) else {
        return;
    };
    let gone = tally
        .failures
        .iter()
        .any(|failure| failure.found.contains("No such file"));
    assert!(gone, "the content was safe and the name was not: {tally:?}");
}

#[test]
fn what_sled_calls_flushed_is_caught() {
    let tally = cuts("broken_writers::trusts_sled", &mut |state, said| {
        let tree = sled::open(state.join("tree")).map_err(|error| error.to_string())?;
        match said
            .iter()
            .find(|key| !tree.contains_key(key).unwrap_or(false))
        {
            Some(key) => Err(format!("{key} is not there")),
            None => Ok(()),
        }
    });
    let Some(tally) = tally else { return };
    println!(
        "sled: {} states, {} of them lost something",
        tally.states,
        tally.failures.len()
    );
    assert!(
        !tally.failures.is_empty(),
        "sled 0.34 flushes without fsync"
    );
}

#[test]
#[ignore = "a writer that the tests above start"]
fn writes_well() {
    let Some(place) = place() else { return };
    (0..6).for_each(|n| write(&place, n, true, true));
}

#[test]
#[ignore = "a writer that the tests above start"]
fn forgets_the_file() {
    let Some(place) = place() else { return };
    (0..6).for_each(|n| write(&place, n, false, true));
}

#[test]
#[ignore = "a writer that the tests above start"]
fn forgets_the_folder() {
    let Some(place) = place() else { return };
    (0..6).for_each(|n| write(&place, n, true, false));
}

#[test]
#[ignore = "a writer that the tests above start"]
fn trusts_sled() {
    let Some(place) = place() else { return };
    let tree = sled::open(place.join("tree")).unwrap();
    for n in 0..6 {
        tree.insert(n.to_string(), content(n).as_bytes()).unwrap();
        tree.flush().unwrap();
        acknowledge(&n.to_string());
    }
}
