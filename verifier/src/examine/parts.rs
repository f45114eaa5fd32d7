//! The parts, each read once: what later checks look into is kept until they have, all else passes by.

use std::collections::BTreeMap;
use std::io;

use bundle::{OpenError, Opened, PartIndex};
use zeroize::Zeroizing;

use super::chip::MAX_EVIDENCE_BYTES;

/// What is kept of the parts. Its bytes are wiped with it.
#[derive(Default)]
pub(super) struct Parts(BTreeMap<PartIndex, Zeroizing<Vec<u8>>>);

impl Parts {
    /// Reads every part through. Returns what the claims speak of, up to `limit` bytes each, and each fault found.
    pub(super) fn read(opened: &Opened<'_>, limit: u64) -> (Self, Vec<OpenError>) {
        let manifest = opened.manifest();
        let (mut kept, mut faults) = (BTreeMap::new(), Vec::new());
        for record in &manifest.parts {
            let index = record.index;
            let is_evidence = index == manifest.chip.evidence && record.size <= MAX_EVIDENCE_BYTES;
            let is_paper = manifest.documents.iter().any(|paper| paper.pdf == index);
            let read = if is_evidence || is_paper && record.size <= limit {
                opened
                    .part(index, limit.max(MAX_EVIDENCE_BYTES))
                    .map(|content| {
                        kept.insert(index, Zeroizing::new(content));
                    })
            } else {
                opened.copy_part(index, &mut io::sink()).map(|_| ())
            };
            faults.extend(read.err());
        }
        (Self(kept), faults)
    }

    /// The content of a part of at most `limit` bytes. Whoever asks for one a second time, or for one that could not be
    /// read, has it read again, and hears what is wrong with it.
    pub(super) fn take(
        &mut self,
        opened: &Opened<'_>,
        index: PartIndex,
        limit: u64,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        match self.0.remove(&index) {
            Some(content) if content.len() as u64 <= limit => Ok(content),
            _ => opened.part(index, limit).map(Zeroizing::new),
        }
    }
}
