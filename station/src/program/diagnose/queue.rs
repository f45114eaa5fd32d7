//! What waits to be sent, counted from the files alone: a desk that serves holds its spool, and this may be asked beside it.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use screens::{Found, Section};
use station::config::Config;

/// Deeper than a bundle is.
const DEEPEST: u32 = 4;

#[derive(Default)]
struct Heap {
    count: u64,
    bytes: u64,
    oldest: Option<SystemTime>,
}

pub(super) fn section(config: &Config) -> Section {
    let spool = config.state_dir.join("spool");
    let [waiting, carried, refused] =
        ["waiting", "carried", "refused"].map(|name| heap(&spool.join(name)));
    let oldest = [waiting.oldest, carried.oldest].into_iter().flatten().min();
    let oldest = oldest.and_then(|at| Timestamp::try_from(at).ok());
    Section::new("diag.queue")
        .with("diag.waiting", Found::Count(waiting.count))
        .with("diag.carried", Found::Count(carried.count))
        .with("diag.refused", Found::Count(refused.count))
        .with("diag.oldest", oldest.into())
        .with(
            "diag.bytes",
            Found::Bytes(waiting.bytes + carried.bytes + refused.bytes),
        )
}

/// The bundles of one folder; each is a folder that appeared whole, when it was sealed.
fn heap(place: &Path) -> Heap {
    let mut heap = Heap::default();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let Ok(data) = entry.metadata() else { continue };
        if !data.is_dir() {
            continue;
        }
        heap.count += 1;
        heap.bytes += size(&entry.path(), DEEPEST);
        heap.oldest = [heap.oldest, data.modified().ok()]
            .into_iter()
            .flatten()
            .min();
    }
    heap
}

fn size(place: &Path, deep: u32) -> u64 {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() && deep > 0 => size(&entry.path(), deep - 1),
            Ok(data) if data.is_file() => data.len(),
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_counted_and_weighed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(heap(&folder.path().join("none")).count, 0);
        for name in ["one", "two"] {
            let blobs = folder.path().join(name).join("blobs");
            fs::create_dir_all(&blobs).unwrap();
            fs::write(blobs.join("a"), [0; 100]).unwrap();
            fs::write(folder.path().join(name).join("outer.dsse.json"), [0; 11]).unwrap();
        }
        fs::write(folder.path().join("stray"), [0; 7]).unwrap();
        let heap = heap(folder.path());
        assert_eq!((heap.count, heap.bytes), (2, 222));
        assert!(heap.oldest.is_some());
    }
}
