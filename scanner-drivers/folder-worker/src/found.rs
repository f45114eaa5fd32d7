//! The files of the folder as they were seen so far, and what became of each.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use scanner_drivers::settings::FolderSettings;

use crate::entry::{State, is_passing, order};

/// A folder with more is somebody's archive, not a tray.
const MAX_ENTRIES: usize = 10_000;

/// What is known of one file.
pub(crate) struct Seen {
    pub(crate) state: State,
    /// Since when it has been so.
    pub(crate) since: Instant,
    pub(crate) fate: Fate,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not looked into in this state.
    Waiting,
    /// Looked into in this state, and its end was missing.
    Unfinished,
    /// Handed over, set aside, or taken before: nothing more is done with it in this state.
    Settled,
}

/// All of them.
pub(crate) struct Found<'a> {
    settings: &'a FolderSettings,
    begun: SystemTime,
    files: BTreeMap<OsString, Seen>,
    /// When anything last appeared or changed.
    pub(crate) last_change: Instant,
}

impl<'a> Found<'a> {
    pub(crate) fn new(settings: &'a FolderSettings) -> Self {
        Self {
            settings,
            begun: SystemTime::now(),
            files: BTreeMap::new(),
            last_change: Instant::now(),
        }
    }

    /// Looks at the folder. Gives the names that are seen for the first time and shall not be taken: links, and files
    /// older than this job allows.
    pub(crate) fn look(&mut self, folder: &Path) -> io::Result<Vec<(OsString, Refused)>> {
        let now = Instant::now();
        let mut refused = Vec::new();
        let mut there = BTreeMap::new();
        for entry in fs::read_dir(folder)?.take(MAX_ENTRIES) {
            let Ok(entry) = entry else { continue };
            let name = entry.file_name();
            let text = name.to_string_lossy();
            if is_passing(&text) {
                continue;
            }
            // Of the entry itself, not of what a link points to.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() {
                continue;
            }
            let state = State::of(&metadata);
            let seen = match self.files.remove(&name) {
                Some(seen) if seen.state == state => seen,
                before => {
                    let refusal = if !metadata.is_file() {
                        Some(Refused::NoFile)
                    } else if before.is_none() && self.is_old(&metadata) {
                        Some(Refused::Old)
                    } else {
                        None
                    };
                    let taken = self.settings.taken.contains(&state.stamp(&text));
                    let fate = if taken || refusal.is_some() {
                        Fate::Settled
                    } else {
                        self.last_change = now;
                        Fate::Waiting
                    };
                    if let Some(refusal) = refusal.filter(|_| !taken) {
                        refused.push((name.clone(), refusal));
                    }
                    Seen {
                        state,
                        since: now,
                        fate,
                    }
                }
            };
            there.insert(name, seen);
        }
        self.files = there;
        Ok(refused)
    }

    fn is_old(&self, metadata: &fs::Metadata) -> bool {
        if self.settings.max_age_s == 0 {
            return false;
        }
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        // A file server's clock may run ahead of ours: what seems to come from the future is new.
        self.begun
            .duration_since(modified)
            .is_ok_and(|age| age > Duration::from_secs(self.settings.max_age_s))
    }

    /// The files that have held still long enough to be looked into, in their order.
    pub(crate) fn ripe(&self) -> Vec<(OsString, State)> {
        let settle = Duration::from_millis(self.settings.settle_ms);
        let mut ripe: Vec<(OsString, State)> = self
            .files
            .iter()
            .filter(|(_, seen)| seen.fate == Fate::Waiting && seen.since.elapsed() >= settle)
            .map(|(name, seen)| (name.clone(), seen.state))
            .collect();
        ripe.sort_by(|one, two| {
            order(
                (&one.1, &one.0.to_string_lossy()),
                (&two.1, &two.0.to_string_lossy()),
            )
        });
        ripe
    }

    pub(crate) fn settle(&mut self, name: &OsString, fate: Fate) {
        if let Some(seen) = self.files.get_mut(name) {
            seen.fate = fate;
        }
    }

    /// Whether some file has not held still yet.
    pub(crate) fn is_growing(&self) -> bool {
        self.files.values().any(|seen| seen.fate == Fate::Waiting)
    }

    /// Those whose end is missing, or that never held still.
    pub(crate) fn unfinished(&self) -> Vec<OsString> {
        self.files
            .iter()
            .filter(|(_, seen)| seen.fate != Fate::Settled)
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// Why a file is not even looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Old,
    NoFile,
}
