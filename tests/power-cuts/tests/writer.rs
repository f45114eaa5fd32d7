//! A writer is this test program started once more, with one of its ignored tests: the real code in a process of its
//! own, which may be watched, killed and started again.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use power_cuts::{Barrier, Check, Journal, Plan, Tally, record, replay, strace_is_here};

const PLACE: &str = "NIEM_WRITER_PLACE";

/// The command that starts the writer `test` (its path in this program) over a place.
pub(crate) fn command(test: &str, place: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(PLACE, place)
        .env("RUST_BACKTRACE", "0");
    command
}

/// Where this writer works; `None` when somebody runs the ignored tests by hand.
pub(crate) fn place() -> Option<PathBuf> {
    std::env::var_os(PLACE).map(PathBuf::from)
}

/// Whether a writer can be watched here. Where the judges are required it must be.
pub(crate) fn can_watch() -> bool {
    let there = strace_is_here();
    assert!(
        there || std::env::var_os("NIEM_JUDGES").is_none(),
        "strace is not installed, or may not watch a child"
    );
    if !there {
        println!("NOT CHECKED: strace is not here");
    }
    there
}

/// Promises something: from here on it must be there.
pub(crate) fn acknowledge(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ACK {line}").unwrap();
    out.flush().unwrap();
}

/// Records a writer over `root`.
pub(crate) fn recorded(test: &str, place: &Path, root: &Path) -> Journal {
    let (journal, output) = record(root, &command(test, place)).unwrap();
    assert!(
        journal.said().count() > 0,
        "the writer promised nothing:\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    journal
}

/// The checks must be able to fail: with barriers that do nothing the same writer loses what it promised.
pub(crate) fn misses_barriers(journal: Journal, check: &mut Check<'_>) {
    // The second time fewer barriers are left, and then none.
    let mut journal = journal;
    for barrier in [Barrier::Folders, Barrier::Files] {
        journal = journal.without_barriers(barrier);
        let tally = replay(
            &journal,
            Plan {
                states: 60,
                seed: 3,
            },
            check,
        );
        assert!(
            !tally.failures.is_empty(),
            "without {barrier:?} nothing was missed"
        );
    }
}

/// No state may have lost anything, and there were enough of them.
pub(crate) fn sound(what: &str, tally: &Tally, least: usize) {
    println!(
        "{what}: {} states, {} of them lost something",
        tally.states,
        tally.failures.len()
    );
    let first: Vec<_> = tally.failures.iter().take(5).collect();
    assert!(
        tally.failures.is_empty(),
        "{what}: {} of {} states: {first:#?}",
        tally.failures.len(),
        tally.states
    );
    assert!(
        tally.states >= least,
        "{what}: only {} different states",
        tally.states
    );
}
