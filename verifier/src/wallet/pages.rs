//! Pages that were filed before: whether a paper of a visit was filed into the same wallet by an earlier one.
//!
//! The digests of pages lie in each entry's sealed record, under the citizen's own key, and nowhere else: the store says
//! nothing about them, no two wallets can be compared, and an erasure takes them along.

use std::collections::BTreeSet;

use bundle::{EntryId, Sha256Digest};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::StoreFailure;

/// So many entries are looked through, the newest first; a wallet of a lifetime has fewer.
pub(super) const MOST_ENTRIES: u32 = 500;

/// A paper all of whose pages were filed into this wallet before, pixel for pixel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiledBefore {
    /// Which paper of the visit, from 1.
    pub paper: u32,
    /// The earlier entry.
    pub entry: EntryId,
}

/// The pages of each paper of a visit.
pub(crate) type Papers = Vec<Vec<Sha256Digest>>;

/// Entries of one wallet with their records in clear.
pub(super) type Records = Vec<(EntryId, Zeroizing<Vec<u8>>)>;

/// As much of a record as is wanted here.
#[derive(Deserialize)]
struct Record {
    manifest: Manifest,
}

#[derive(Deserialize)]
struct Manifest {
    documents: Vec<Document>,
}

#[derive(Deserialize)]
struct Document {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    image_sha256: Sha256Digest,
}

/// The pages that a record speaks of.
pub(super) fn of_record(json: &[u8]) -> Result<Papers, StoreFailure> {
    let record: Record = serde_json::from_slice(json).map_err(|_| StoreFailure::Row)?;
    let documents = record.manifest.documents.into_iter();
    let pages = documents.map(|one| one.pages.into_iter().map(|page| page.image_sha256));
    Ok(pages.map(Iterator::collect).collect())
}

/// Which papers of a visit an earlier entry holds whole. Each earlier entry is told of once a paper at most.
pub(super) fn compare(new: &Papers, entry: EntryId, old: &Papers, found: &mut Vec<FiledBefore>) {
    for (paper, pages) in (1..).zip(new) {
        let wanted: BTreeSet<_> = pages.iter().collect();
        let holds = |old: &Vec<Sha256Digest>| {
            let there: BTreeSet<_> = old.iter().collect();
            wanted.is_subset(&there)
        };
        if !wanted.is_empty() && old.iter().any(holds) {
            found.push(FiledBefore { paper, entry });
        }
    }
}
