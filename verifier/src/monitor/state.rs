//! What a monitor keeps between two looks: the head it has checked, and the right edge of the tree under it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tlog_tiles::Hash;

use super::edge::Edge;
use crate::witness::write_whole;

/// Two edges of eight levels in hexadecimal, two notes, and some numbers.
const MAX_STATE_BYTES: u64 = 1024 * 1024;

/// The monitor's memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The head under which every leaf was looked at.
    pub(super) checked: Option<String>,
    /// The newest head seen, where its leaves are not all looked at yet.
    pub(super) seen: Option<String>,
    /// As far as every leaf was looked at, under `checked`.
    pub(super) edge: Edge,
    pub(super) counts: Counts,
    /// As far as was read on the way to `seen`.
    pub(super) ahead: Option<(Edge, Counts)>,
}

/// What the leaves say, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Leaves of filings.
    pub filed: u64,
    /// Leaves of erasures.
    pub erasures: u64,
    /// Filings whose entries those erasures took away.
    pub erased: u64,
}

/// The state as it lies in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    v: u8,
    checked: Option<String>,
    seen: Option<String>,
    edge: WrittenEdge,
    counts: Counts,
    ahead: Option<(WrittenEdge, Counts)>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEdge {
    size: u64,
    /// One text of hexadecimal digits a level.
    levels: Vec<String>,
}

impl WrittenEdge {
    fn of(edge: &Edge) -> Self {
        Self {
            size: edge.size(),
            levels: edge
                .levels()
                .iter()
                .map(|hashes| hashes.iter().map(|hash| hex::encode(hash.0)).collect())
                .collect(),
        }
    }

    fn read(&self) -> Option<Edge> {
        let level = |text: &String| {
            let bytes = hex::decode(text).ok()?;
            let (hashes, rest) = bytes.as_chunks::<32>();
            rest.is_empty()
                .then(|| hashes.iter().map(|hash| Hash(*hash)).collect::<Vec<_>>())
        };
        Edge::new(
            self.size,
            self.levels.iter().map(level).collect::<Option<_>>()?,
        )
    }
}

impl State {
    /// The same memory, with every leaf to be looked at again from the first.
    #[must_use]
    pub fn from_the_beginning(self) -> Self {
        Self {
            seen: self.seen.or(self.checked),
            ..Self::default()
        }
    }

    /// Reads the state; a file that is not there is a monitor that has seen nothing yet.
    pub fn load(path: &Path) -> io::Result<Self> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "not a monitor's state");
        let text = match std::fs::metadata(path) {
            Ok(data) if data.len() > MAX_STATE_BYTES => return Err(broken()),
            Ok(_) => std::fs::read(path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let written: Written = serde_json::from_slice(&text).map_err(|_| broken())?;
        if written.v != 1 {
            return Err(broken());
        }
        let ahead = match &written.ahead {
            Some((edge, counts)) => Some((edge.read().ok_or_else(broken)?, *counts)),
            None => None,
        };
        Ok(Self {
            checked: written.checked,
            seen: written.seen,
            edge: written.edge.read().ok_or_else(broken)?,
            counts: written.counts,
            ahead,
        })
    }

    /// Writes the state whole or not at all.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let written = Written {
            v: 1,
            checked: self.checked.clone(),
            seen: self.seen.clone(),
            edge: WrittenEdge::of(&self.edge),
            counts: self.counts,
            ahead: self
                .ahead
                .as_ref()
                .map(|(edge, counts)| (WrittenEdge::of(edge), *counts)),
        };
        write_whole(path, &serde_json::to_vec(&written)?)
    }
}
