//! Shows many states of the disk to a check, and counts.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::image::{Image, Loss};
use crate::journal::Journal;

/// How many states, and which.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Different states to show at most.
    pub states: usize,
    pub seed: u64,
}

impl Plan {
    /// As many as `NIEM_POWER_CUTS` says, else this many.
    #[must_use]
    pub fn of(states: usize, seed: u64) -> Self {
        let wanted = std::env::var("NIEM_POWER_CUTS")
            .ok()
            .and_then(|text| text.parse().ok());
        Self {
            states: wanted.unwrap_or(states),
            seed,
        }
    }
}

/// Opens one state of the disk; gets its folder and everything promised before the power went.
pub type Check<'a> = dyn FnMut(&Path, &[&str]) -> Result<(), String> + 'a;

/// What was found.
#[derive(Debug, Default)]
pub struct Tally {
    /// States shown, no two of them alike.
    pub states: usize,
    pub failures: Vec<Failure>,
}

/// A state in which something promised was not there, and how to make it again.
#[derive(Debug)]
pub struct Failure {
    pub after: usize,
    pub loss: Loss,
    pub found: String,
}

/// Rebuilds states of the disk and lets `check` open each. It gets the folder and everything that was promised before
/// the power went, and says what is missing.
///
/// The power goes after each operation in turn; when there is more to show than operations, each is taken again with
/// other losses.
///
/// # Panics
/// When a state cannot be laid down.
pub fn replay(journal: &Journal, plan: Plan, check: &mut Check<'_>) -> Tally {
    let mut chance = Chance::new(plan.seed);
    let mut seen = HashSet::new();
    let mut tally = Tally::default();
    let count = journal.ops.len();
    let place = scratch();
    // So many rounds without a new state mean that there are no more.
    let mut rounds = 0;
    while tally.states < plan.states && rounds < 24 {
        // A first round that is too long takes an even sample.
        let step = if rounds == 0 {
            (count / plan.states.max(1)).max(1)
        } else {
            1
        };
        let offset = chance.below(step as u64) as usize;
        for after in (offset..=count).step_by(step) {
            let loss = match rounds {
                0 => Loss::Dropped,
                1 | 2 => Loss::Torn(chance.draw()),
                3 => Loss::Kept,
                _ => Loss::Torn(chance.draw()),
            };
            if tally.states == plan.states {
                break;
            }
            // Half of each later round is left to chance, so that a small budget still reaches the end.
            if rounds > 0 && plan.states < count && chance.coin() {
                continue;
            }
            let said: Vec<&str> = journal.said_before(after).collect();
            let image = Image::after(journal, after, loss);
            if !seen.insert((image.fingerprint(), said.len())) {
                continue;
            }
            tally.states += 1;
            let folder = tempfile::tempdir_in(&place).expect("a folder for the state");
            image
                .lay_down(folder.path())
                .expect("the state is laid down");
            if let Err(found) = check(folder.path(), &said) {
                tally.failures.push(Failure { after, loss, found });
            }
        }
        rounds += 1;
    }
    tally
}

/// Memory where there is some to write into: the states are opened by code that syncs.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() && tempfile::tempdir_in(memory).is_ok() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    }
}
