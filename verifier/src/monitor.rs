//! Following a log as a stranger does: with its public key, its address, and a memory of what it said before.
//!
//! Every leaf is read once, in order, and hashed; every tile is held against those hashes; the root that comes
//! out must be the one that the log has signed, and the tree that was seen last time must be the beginning of
//! this one. So a fork, a shorter log, an altered tile, an altered or dropped leaf are all found, by anybody.
//! Memory: one tile of leaves and the right edge of the tree, however long the log is.

mod edge;
mod source;
mod state;

use serde::Serialize;
use tlog_tiles::{
    Checkpoint, EMPTY_HASH, HashReader as _, TileHashReader, TileReader, check_tree, prove_tree,
    record_hash, stored_hash_index,
};

pub use source::{Source, SourceError};
pub use state::{Counts, State};

use crate::log::{LeafKind, MAX_LEAF_BYTES, read_checkpoint, read_leaf};
use edge::{TILE_WIDTH, TileOf};

/// A checkpoint with the cosignatures of a hundred witnesses.
const MAX_NOTE_BYTES: usize = 64 * 1024;
/// A tile of leaves, each behind its length.
const MAX_LEAVES_BYTES: usize = TILE_WIDTH * (2 + MAX_LEAF_BYTES);
const HASH: usize = 32;

/// What is wrong with the log. Final: asking again will not mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Alarm {
    #[error("the head is not signed by the log")]
    Unsigned,
    #[error("the log has {found} leaves and had {seen}")]
    Shrunk { seen: u64, found: u64 },
    #[error("the log shows another history than before")]
    Fork { seen: u64, found: u64 },
    #[error("tile {level}/{index} does not hold the hashes of its leaves")]
    TileAltered { level: u8, index: u64 },
    #[error("{path} is not there, though the head says so")]
    TileMissing { path: String },
    #[error("leaf {n} is not the one that the log has signed for")]
    LeafAltered { n: u64 },
    #[error("leaf {n} does not have the published form")]
    LeafMalformed { n: u64 },
    #[error("more entries are said to be erased than were filed")]
    ErasedTooMany,
}

impl Alarm {
    /// The stable code under which `docs/failures.md` explains this alarm.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "monitor.unsigned",
            Self::Shrunk { .. } => "monitor.shrunk",
            Self::Fork { .. } => "monitor.fork",
            Self::TileAltered { .. } => "monitor.tile_altered",
            Self::TileMissing { .. } => "monitor.tile_missing",
            Self::LeafAltered { .. } => "monitor.leaf_altered",
            Self::LeafMalformed { .. } => "monitor.leaf_malformed",
            Self::ErasedTooMany => "monitor.erased_too_many",
        }
    }
}

/// Why a look at the log did not end well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    #[error(transparent)]
    Alarm(#[from] Alarm),
    /// We could not tell.
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the state is of another log, or is not one that this monitor wrote")]
    State,
}

impl MonitorError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Alarm(alarm) => alarm.code(),
            Self::Source(error) => error.code(),
            Self::State => "monitor.state",
        }
    }
}

/// What a look at a sound log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub size: u64,
    /// How many leaves were new.
    pub new: u64,
    pub counts: Counts,
    /// The head, as it was served.
    pub checkpoint: String,
}

/// Looks at the log once. `state` is carried forward; after an alarm it is what was sound before, so that the
/// alarm comes again, and it still holds the head that the log must answer for.
pub fn follow(source: &Source, vkey: &str, state: &mut State) -> Result<Report, MonitorError> {
    let followed = Look { source, vkey }.follow(state);
    if matches!(followed, Err(MonitorError::Alarm(_))) {
        state.ahead = None;
    }
    followed
}

struct Look<'a> {
    source: &'a Source,
    vkey: &'a str,
}

impl Look<'_> {
    fn follow(&self, state: &mut State) -> Result<Report, MonitorError> {
        let remembered = |note: &Option<String>| match note {
            Some(note) => read_checkpoint(note.as_bytes(), self.vkey)
                .map(Some)
                .map_err(|_| MonitorError::State),
            None => Ok(None),
        };
        let checked = remembered(&state.checked)?;
        let seen = remembered(&state.seen)?;
        let under = checked
            .as_ref()
            .map_or((0, EMPTY_HASH), |head| (head.size(), *head.hash()));
        if (state.edge.size(), state.edge.root()) != under {
            return Err(MonitorError::State);
        }
        let note = self
            .source
            .fetch("checkpoint", MAX_NOTE_BYTES)?
            .ok_or_else(|| missing("checkpoint"))?;
        let head = read_checkpoint(&note, self.vkey).map_err(|_| Alarm::Unsigned)?;
        let note = String::from_utf8(note).map_err(|_| Alarm::Unsigned)?;
        for before in [&checked, &seen].into_iter().flatten() {
            let (seen, found) = (before.size(), head.size());
            if found < seen {
                return Err(Alarm::Shrunk { seen, found }.into());
            }
            if found == seen && head.hash() != before.hash() {
                return Err(Alarm::Fork { seen, found }.into());
            }
        }
        // From now on the log must answer for this head, whatever we find under it.
        let before = state.edge.size();
        state.seen = Some(note.clone());
        let (mut edge, mut counts) = match state.ahead.take() {
            Some((edge, counts)) if edge.size() <= head.size() => (edge, counts),
            _ => (state.edge.clone(), state.counts),
        };
        // Heads that must come out on the way: what was seen and not yet reached.
        let waypoint = seen.filter(|seen| seen.size() > before && seen.size() < head.size());
        let (mut broken, mut strange) = (None, None);
        while edge.size() < head.size() {
            let tile = edge.size() / TILE_WIDTH as u64;
            let leaves = match self.leaves(tile, head.size()) {
                Ok(leaves) => leaves,
                Err(error) => {
                    if !matches!(error, MonitorError::Alarm(_)) {
                        state.ahead = Some((edge, counts));
                    }
                    return Err(error);
                }
            };
            let skip = usize::try_from(edge.size() % TILE_WIDTH as u64).unwrap_or(0);
            let past = (edge.clone(), counts);
            for leaf in &leaves[skip..] {
                // Told at the end, when it is sure that the log has signed for it.
                if let Err(alarm) = count(leaf, edge.size(), &mut counts) {
                    strange.get_or_insert(alarm);
                }
                let compared = edge.push(record_hash(leaf), |tile| {
                    if !self.holds(&tile)? {
                        broken.get_or_insert((tile.level, tile.index));
                    }
                    Ok::<_, MonitorError>(())
                });
                if let Err(error) = compared {
                    // Go on from before this tile the next time.
                    state.ahead = Some(past);
                    return Err(error);
                }
                if waypoint
                    .as_ref()
                    .is_some_and(|way| way.size() == edge.size() && *way.hash() != edge.root())
                {
                    return Err(self
                        .diagnose(&head, waypoint.as_ref(), before, broken)?
                        .into());
                }
            }
        }
        if edge.root() != *head.hash() {
            return Err(self
                .diagnose(&head, checked.as_ref(), before, broken)?
                .into());
        }
        for tile in edge.unfinished() {
            if !self.holds(&tile)? {
                broken.get_or_insert((tile.level, tile.index));
            }
        }
        if let Some((level, index)) = broken {
            return Err(Alarm::TileAltered { level, index }.into());
        }
        if let Some(alarm) = strange {
            return Err(alarm.into());
        }
        let report = Report {
            size: head.size(),
            new: head.size() - before,
            counts,
            checkpoint: note.clone(),
        };
        *state = State {
            checked: Some(note),
            seen: None,
            edge,
            counts,
            ahead: None,
        };
        Ok(report)
    }

    /// The leaves of one tile, as far as the log has them.
    fn leaves(&self, tile: u64, size: u64) -> Result<Vec<Vec<u8>>, MonitorError> {
        let width = width_of(tile, 0, size);
        let path = path("entries", tile);
        let data = self.tile(&path, width, MAX_LEAVES_BYTES)?;
        let mut rest = data.as_slice();
        let mut leaves = Vec::with_capacity(width);
        let first = tile * TILE_WIDTH as u64;
        while leaves.len() < width {
            let n = first + leaves.len() as u64;
            let Some((length, after)) = rest.split_first_chunk::<2>() else {
                return Err(Alarm::LeafAltered { n }.into());
            };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((leaf, after)) = after.split_at_checked(length) else {
                return Err(Alarm::LeafAltered { n }.into());
            };
            leaves.push(leaf.to_vec());
            rest = after;
        }
        Ok(leaves)
    }

    /// Whether the log serves this tile as it must be.
    fn holds(&self, tile: &TileOf<'_>) -> Result<bool, MonitorError> {
        let path = path(&tile.level.to_string(), tile.index);
        let served = self.tile(&path, tile.hashes.len(), TILE_WIDTH * HASH)?;
        let (served, _) = served.as_chunks::<HASH>();
        Ok(served.len() >= tile.hashes.len()
            && served
                .iter()
                .zip(tile.hashes)
                .all(|(served, hash)| *served == hash.0))
    }

    /// An unfinished tile under its own name, or the finished one that has taken its place.
    fn tile(&self, path: &str, width: usize, longest: usize) -> Result<Vec<u8>, MonitorError> {
        if width < TILE_WIDTH {
            let unfinished = format!("{path}.p/{width}");
            if let Some(data) = self.source.fetch(&unfinished, longest)? {
                return Ok(data);
            }
        }
        Ok(self
            .source
            .fetch(path, longest)?
            .ok_or_else(|| missing(path))?)
    }

    /// The leaves do not make the signed root: says whose fault it is.
    ///
    /// The tiles may be whole though the leaves are not; then they prove themselves, and against them each leaf
    /// can be told right from wrong.
    fn diagnose(
        &self,
        head: &Checkpoint,
        before: Option<&Checkpoint>,
        from: u64,
        broken: Option<(u8, u64)>,
    ) -> Result<Alarm, MonitorError> {
        let tiles = Tiles {
            look: self,
            failure: std::cell::RefCell::new(None),
        };
        let proven = TileHashReader::new(head.size(), *head.hash(), &tiles);
        if let Some(before) = before.filter(|before| before.size() > 0) {
            match prove_tree(head.size(), before.size(), &proven) {
                Ok(proof) => {
                    let (new, old) = (*head.hash(), *before.hash());
                    if check_tree(&proof, head.size(), new, before.size(), old).is_err() {
                        return Ok(Alarm::Fork {
                            seen: before.size(),
                            found: head.size(),
                        });
                    }
                }
                Err(_) => return tiles.altered(broken),
            }
        }
        let mut n = from;
        while n < head.size() {
            let tile = n / TILE_WIDTH as u64;
            let leaves = self.leaves(tile, head.size())?;
            let first = tile * TILE_WIDTH as u64;
            let indexes: Vec<u64> = (first..first + leaves.len() as u64)
                .map(|n| stored_hash_index(0, n))
                .collect();
            let Ok(hashes) = proven.read_hashes(&indexes) else {
                return tiles.altered(broken);
            };
            for (leaf, (hash, at)) in leaves.iter().zip(hashes.iter().zip(first..)) {
                if at >= from && record_hash(leaf) != *hash {
                    return Ok(Alarm::LeafAltered { n: at });
                }
            }
            n = first + leaves.len() as u64;
        }
        // All is as it should be now, so some leaf was another when it was first read.
        Ok(Alarm::LeafAltered { n: from })
    }
}

/// Tiles as the log serves them, for a reader that checks them against the head.
struct Tiles<'a> {
    look: &'a Look<'a>,
    failure: std::cell::RefCell<Option<MonitorError>>,
}

impl Tiles<'_> {
    /// The tiles do not prove themselves, or could not be had.
    fn altered(&self, broken: Option<(u8, u64)>) -> Result<Alarm, MonitorError> {
        match self.failure.take() {
            Some(MonitorError::Alarm(alarm)) => Ok(alarm),
            Some(error) => Err(error),
            None => {
                let (level, index) = broken.unwrap_or_default();
                Ok(Alarm::TileAltered { level, index })
            }
        }
    }
}

impl TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let mut data = Vec::with_capacity(tiles.len());
        for tile in tiles {
            let width = tile.width() as usize;
            let path = path(&tile.level().to_string(), tile.level_index());
            match self.look.tile(&path, width, TILE_WIDTH * HASH) {
                Ok(mut served) => {
                    served.resize(width * HASH, 0);
                    data.push(served);
                }
                Err(error) => {
                    self.failure.replace(Some(error));
                    return Err(tlog_tiles::Error::IndexesNotInTree);
                }
            }
        }
        Ok(data)
    }

    fn save_tiles(&self, _tiles: &[tlog_tiles::Tile], _data: &[Vec<u8>]) {}
}

fn count(leaf: &[u8], n: u64, counts: &mut Counts) -> Result<(), Alarm> {
    match read_leaf(leaf).map(|leaf| leaf.kind) {
        Some(LeafKind::Filed { .. }) => counts.filed += 1,
        Some(LeafKind::Erased { leaves }) => {
            counts.erasures += 1;
            counts.erased = counts.erased.saturating_add(leaves);
            if counts.erased > counts.filed {
                return Err(Alarm::ErasedTooMany);
            }
        }
        None => return Err(Alarm::LeafMalformed { n }),
    }
    Ok(())
}

/// How many hashes a tile of a level has in a log of this size.
fn width_of(tile: u64, level: u32, size: u64) -> usize {
    let there = (size >> (8 * level)).saturating_sub(tile * TILE_WIDTH as u64);
    usize::try_from(there).map_or(TILE_WIDTH, |there| there.min(TILE_WIDTH))
}

/// `tile/<level>/x001/x234/067`. C2SP tlog-tiles §"Merkle Tree"
fn path(level: &str, index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    format!("tile/{level}/{path}")
}

fn missing(path: &str) -> Alarm {
    Alarm::TileMissing {
        path: path.to_owned(),
    }
}

#[cfg(test)]
mod tests;
