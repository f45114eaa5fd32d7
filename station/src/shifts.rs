//! The desk's own journal of shifts: who sat down when, in which role, for practice or for real, and when it ended. Of
//! citizens and visits it holds nothing.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bundle::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::write_whole;

const FILE: &str = "shifts.jsonl";

/// Some two years of four shifts a day, start and end.
const MOST_LINES: usize = 6000;
/// A file beyond this was not written here.
const MOST_BYTES: u64 = 4 << 20;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub at: Timestamp,
    pub event: Event,
    pub who: String,
    pub role: Role,
    pub practice: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Start,
    /// Somebody ended it.
    End,
    /// The desk locked because nobody touched it.
    Locked,
    /// The program or the power ended; `at` says when that was noticed.
    Interrupted,
}

/// A shift that was, from its start to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// The journal of one desk.
pub struct Shifts {
    file: PathBuf,
    practice: bool,
    running: Option<Note>,
    past: Option<Past>,
}

impl Shifts {
    /// Reads the journal; a shift that nobody ended is noted as interrupted.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn open(state: &Path, practice: bool, now: Timestamp) -> io::Result<Self> {
        let file = state.join(FILE);
        let size = fs::metadata(&file).map_or(0, |data| data.len());
        let text = match fs::read_to_string(&file) {
            Ok(text) if size <= MOST_BYTES => text,
            Ok(_) => String::new(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        // The last line may be torn by a power cut; it is left out.
        let mut notes: Vec<Note> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        if let Some(last) = notes.last().filter(|last| last.event == Event::Start) {
            notes.push(Note {
                at: now,
                event: Event::Interrupted,
                ..last.clone()
            });
        }
        let from = notes.len().saturating_sub(MOST_LINES);
        let lines: Vec<String> = notes[from..]
            .iter()
            .filter_map(|note| serde_json::to_string(note).ok())
            .collect();
        let whole = lines.iter().flat_map(|line| [line.as_str(), "\n"]);
        write_whole(&file, whole.collect::<String>().as_bytes())?;
        let past = match notes.as_slice() {
            [.., start, end] if start.event == Event::Start => Some(Past {
                from: start.at,
                until: end.at,
            }),
            _ => None,
        };
        Ok(Self {
            file,
            practice,
            running: None,
            past,
        })
    }

    /// The shift before.
    #[must_use]
    pub fn past(&self) -> Option<Past> {
        self.past
    }

    /// Somebody sat down; the shift before ended at the latest now.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn start(&mut self, who: &str, role: Role, now: Timestamp) -> io::Result<()> {
        let note = Note {
            at: now,
            event: Event::Start,
            who: who.to_owned(),
            role,
            practice: self.practice,
        };
        self.running = Some(note.clone());
        self.write(&note)
    }

    /// The shift is over.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn end(&mut self, event: Event, now: Timestamp) -> io::Result<()> {
        let Some(start) = self.running.take() else {
            return Ok(());
        };
        self.past = Some(Past {
            from: start.at,
            until: now,
        });
        self.write(&Note {
            at: now,
            event,
            ..start
        })
    }

    fn write(&self, note: &Note) -> io::Result<()> {
        let mut line = serde_json::to_vec(note)?;
        line.push(b'\n');
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.file)?;
        file.write_all(&line)?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i8) -> Timestamp {
        format!("2026-03-04T{hour:02}:00:00Z").parse().unwrap()
    }

    fn events(folder: &Path) -> Vec<(Event, bool)> {
        let text = fs::read_to_string(folder.join(FILE)).unwrap();
        let notes = text.lines().map(|line| {
            let note: Note = serde_json::from_str(line).unwrap();
            (note.event, note.practice)
        });
        notes.collect()
    }

    #[test]
    fn who_sat_down_and_rose_is_noted_and_a_power_cut_is_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let open = |hour| Shifts::open(folder.path(), true, at(hour)).unwrap();
        let mut shifts = open(1);
        assert_eq!(shifts.past(), None);
        shifts.start("can-bo-mau", Role::Clerk, at(1)).unwrap();
        shifts.end(Event::End, at(4)).unwrap();
        let past = Past {
            from: at(1),
            until: at(4),
        };
        assert_eq!(shifts.past(), Some(past));
        shifts.start("can-bo-mau", Role::Clerk, at(6)).unwrap();
        drop(shifts);
        // The power came back; the last line was torn.
        let file = folder.path().join(FILE);
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("{\"at\":\"2026-");
        fs::write(&file, text).unwrap();
        let mut shifts = open(9);
        let past = Past {
            from: at(6),
            until: at(9),
        };
        assert_eq!(shifts.past(), Some(past));
        shifts.end(Event::End, at(10)).unwrap();
        let expected = [
            (Event::Start, true),
            (Event::End, true),
            (Event::Start, true),
            (Event::Interrupted, true),
        ];
        assert_eq!(events(folder.path()), expected);
    }
}
