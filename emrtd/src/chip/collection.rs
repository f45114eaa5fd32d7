//! What is to be read, and what has been read so far: it outlives the session and the card's
//! absence, so that a card that moved is gone on with where it stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroize;

use super::reading::File;
use super::{TerminalAccess, TerminalAuthError};
use crate::access::AccessProtocol;
use crate::evidence::{Challenge, ChipEvidence};
use crate::lds::DataGroup;
use crate::proof::terminal::Terminal;

/// What one short answer holds: joining on to less costs as much as reading it again.
const WORTH_KEEPING: usize = 256;

/// One reading of one card, begun or not.
///
/// EF.SOD, DG14, DG1 and DG15 are always read, as far as the chip has them: without them nothing
/// can be checked. Other groups only when wanted.
///
/// When [`SecureChip::collect`](super::SecureChip::collect) fails because the card was lost, open the
/// chip again and go on with the same collection: what was read is kept, and that it is the same
/// card is made sure of. `Debug` prints no content; wiped when dropped.
pub struct Collection {
    pub(super) order: Vec<DataGroup>,
    /// Where in `order` we are.
    pub(super) next: usize,
    pub(super) challenge: Challenge,
    pub(super) evidence: Option<ChipEvidence>,
    pub(super) partial: Option<Partial>,
    pub(super) com: bool,
    pub(super) terminal: Option<Arc<dyn Terminal>>,
    pub(super) terminal_access: Option<Result<TerminalAccess, TerminalAuthError>>,
}

/// The beginning of a file.
pub(super) struct Partial {
    file: &'static str,
    pub(super) content: Vec<u8>,
}

impl Collection {
    /// `challenge` is the question of active authentication.
    pub fn new(wanted: &[DataGroup], challenge: Challenge) -> Self {
        Self {
            order: order(wanted),
            next: 0,
            challenge,
            evidence: None,
            partial: None,
            com: false,
            terminal: None,
            terminal_access: None,
        }
    }

    /// Reads EF.COM as well: the chip's own list of its files, which nobody signed. It decides
    /// nothing; where it differs from the signed list, the report says so.
    #[must_use]
    pub fn with_com(mut self) -> Self {
        self.com = true;
        self
    }

    /// Proves to the chip, before DG3 or DG4 is asked for, that this terminal may read it
    /// (terminal authentication, BSI TR-03110-3 §B.3). A chip that does not accept it is read all the
    /// same, without these groups.
    #[must_use]
    pub fn with_terminal(mut self, terminal: Arc<dyn Terminal>) -> Self {
        self.terminal = Some(terminal);
        self
    }

    /// How the chip took the terminal; `None` when there was none, or nothing to open.
    pub fn terminal_access(&self) -> Option<&Result<TerminalAccess, TerminalAuthError>> {
        self.terminal_access.as_ref()
    }

    /// Something has been read that another session can build on.
    pub fn has_begun(&self) -> bool {
        self.evidence.is_some()
    }

    /// How many bytes of files are here already.
    pub fn bytes_read(&self) -> usize {
        let whole = self.evidence.as_ref().map_or(0, |evidence| {
            evidence.sod.len() + evidence.groups.values().map(Vec::len).sum::<usize>()
        });
        whole + self.partial.as_ref().map_or(0, |part| part.content.len())
    }

    /// What is here of this file, if it is worth joining on to.
    pub(super) fn take_partial(partial: &mut Option<Partial>, file: File) -> Option<Vec<u8>> {
        let mut found = partial.take_if(|part| part.file == file.name)?;
        (found.content.len() >= WORTH_KEEPING).then(|| std::mem::take(&mut found.content))
    }

    pub(super) fn keep_partial(partial: &mut Option<Partial>, file: File, content: Vec<u8>) {
        *partial = Some(Partial {
            file: file.name,
            content,
        });
    }
}

/// Evidence of which nothing but the lock is known yet.
pub(super) fn begun(access: AccessProtocol, card_access: Option<&[u8]>) -> ChipEvidence {
    ChipEvidence {
        sod: Vec::new(),
        groups: BTreeMap::new(),
        card_access: card_access.map(<[u8]>::to_vec),
        com: None,
        locked: Vec::new(),
        active: None,
        chip_auth: None,
        mapping: None,
        card_security: None,
        access,
    }
}

/// Does this security object seem to list the group? Looked for by the shape of an entry, in bytes
/// that nobody has checked yet: good enough to decide whether to ask twice, and for nothing else.
pub(super) fn mentions(sod: &[u8], group: DataGroup) -> bool {
    // DataGroupHash: the number, then the digest (ICAO 9303-10 §4.6.2.3).
    sod.windows(5).any(|window| {
        window[..4] == [0x02, 0x01, group.number(), 0x04]
            && matches!(window[4], 20 | 28 | 32 | 48 | 64)
    })
}

impl Drop for Partial {
    fn drop(&mut self) {
        self.content.zeroize();
    }
}

impl std::fmt::Debug for Collection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Collection({} of {} groups, {} bytes)",
            self.next,
            self.order.len(),
            self.bytes_read()
        )
    }
}

/// What proves most first; what may be locked last (ICAO 9303-10 §4.7, and see the module's head).
fn order(wanted: &[DataGroup]) -> Vec<DataGroup> {
    use DataGroup::{Dg1, Dg2, Dg3, Dg4, Dg13, Dg14, Dg15};
    let mut order = vec![Dg14, Dg1];
    let mut add = |group: DataGroup, asked: bool| {
        if asked && !order.contains(&group) {
            order.push(group);
        }
    };
    add(Dg13, wanted.contains(&Dg13));
    add(Dg15, true);
    for group in wanted {
        add(*group, !matches!(group, Dg2 | Dg3 | Dg4));
    }
    for group in [Dg2, Dg3, Dg4] {
        add(group, wanted.contains(&group));
    }
    order
}
