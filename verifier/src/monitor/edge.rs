//! The right edge of a tree: all that is needed to go on counting leaves and to say the root at any time.
//!
//! It holds what the unfinished tiles hold: at most 255 hashes on each of eight levels, however long the log.

use tlog_tiles::{EMPTY_HASH, Hash, node_hash};

/// C2SP tlog-tiles §"Parameters": a tile is 256 hashes wide.
pub(crate) const TILE_WIDTH: usize = 256;

/// The unfinished tile of each level, the lowest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edge {
    levels: Vec<Vec<Hash>>,
    size: u64,
}

/// A tile that has just become full, or the unfinished one of a level.
pub(crate) struct TileOf<'a> {
    pub(crate) level: u8,
    pub(crate) index: u64,
    pub(crate) hashes: &'a [Hash],
}

impl Edge {
    /// From its size and the hashes of its unfinished tiles. `None` when they do not belong together.
    pub(crate) fn new(size: u64, levels: Vec<Vec<Hash>>) -> Option<Self> {
        let fits = levels.len() <= 8
            && levels.iter().enumerate().all(|(level, hashes)| {
                hashes.len() as u64 == (size >> (8 * level)) % TILE_WIDTH as u64
            })
            && (levels.len() == 8 || size >> (8 * levels.len()) == 0);
        fits.then_some(Self { levels, size })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn levels(&self) -> &[Vec<Hash>] {
        &self.levels
    }

    /// Adds a leaf and shows every tile that it completes.
    pub(crate) fn push<E>(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(TileOf<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.size += 1;
        let mut carried = leaf;
        for level in 0_u8.. {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::new());
            }
            self.levels[place].push(carried);
            if self.levels[place].len() < TILE_WIDTH {
                break;
            }
            let hashes = std::mem::take(&mut self.levels[place]);
            full(TileOf {
                level,
                index: (self.size >> (8 * (u32::from(level) + 1))) - 1,
                hashes: &hashes,
            })?;
            carried = root_of(&hashes);
        }
        Ok(())
    }

    /// The unfinished tiles, as they stand in a log of this size.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = TileOf<'_>> {
        (0_u8..)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, hashes)| TileOf {
                level,
                index: self.size >> (8 * (u32::from(level) + 1)),
                hashes,
            })
    }

    /// The root of the tree so far. RFC 6962 §2.1
    pub(crate) fn root(&self) -> Hash {
        // The tree is a row of full trees, the largest first; each joins all that stands right of it.
        let mut full_trees = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            for power in (0..8).rev() {
                if hashes.len() & (1 << power) != 0 {
                    let (tree, right) = rest.split_at(1 << power);
                    full_trees.push(root_of(tree));
                    rest = right;
                }
            }
        }
        full_trees
            .into_iter()
            .rev()
            .reduce(|right, left| node_hash(left, right))
            .unwrap_or(EMPTY_HASH)
    }
}

/// The root over a power of two of hashes.
fn root_of(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|two| node_hash(two[0], two[1])).collect();
    }
    row[0]
}

#[cfg(test)]
mod tests {
    use tlog_tiles::{HashReader, record_hash, stored_hashes, tree_hash};

    use super::*;

    struct Stored(Vec<Hash>);

    impl HashReader for Stored {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|i| self.0[*i as usize]).collect())
        }
    }

    #[test]
    fn the_root_and_the_tiles_are_those_of_the_tree() {
        let (mut edge, mut stored) = (Edge::default(), Stored(Vec::new()));
        assert_eq!(edge.root(), EMPTY_HASH);
        let mut seen = Vec::new();
        // Past the first tile of the second level.
        for n in 0..TILE_WIDTH as u64 * 258 + 3 {
            let leaf = n.to_be_bytes();
            let new = stored_hashes(n, &leaf, &stored).unwrap();
            stored.0.extend(new);
            let told = |tile: TileOf<'_>| {
                let path = tlog_tiles::Tile::new(8, tile.level, tile.index, 256, false);
                let data: Vec<u8> = tile.hashes.iter().flat_map(|hash| hash.0).collect();
                assert_eq!(path.read_data(&stored).unwrap(), data);
                seen.push((tile.level, tile.index));
                Ok::<_, ()>(())
            };
            edge.push(record_hash(&leaf), told).unwrap();
            if n < 600 || n.is_power_of_two() || n % 4093 == 0 || n > 65_535 && n < 65_540 {
                assert_eq!(edge.root(), tree_hash(n + 1, &stored).unwrap(), "{n}");
            }
        }
        assert_eq!(edge.root(), tree_hash(edge.size(), &stored).unwrap());
        assert_eq!(seen.iter().filter(|(level, _)| *level == 0).count(), 258);
        assert!(seen.contains(&(1, 0)));
        let unfinished: Vec<_> = edge
            .unfinished()
            .map(|tile| (tile.level, tile.index, tile.hashes.len()))
            .collect();
        assert_eq!(unfinished, [(0, 258, 3), (1, 1, 2), (2, 0, 1)]);
        let levels = edge.levels().to_vec();
        assert_eq!(Edge::new(edge.size(), levels.clone()), Some(edge.clone()));
        assert_eq!(Edge::new(edge.size() + 1, levels.clone()), None);
        assert_eq!(Edge::new(edge.size(), levels[..2].to_vec()), None);
    }
}
