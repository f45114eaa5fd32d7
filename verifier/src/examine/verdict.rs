//! What an examination may end in: `Verified`, the one thing that can be filed, or a refusal with every reason.

use bundle::{
    BundleDigest, BundleId, Grade, Opened, Sha256Digest, StationId, Ticket, TicketId, VisitId,
};
use emrtd::{ChipEvidence, ChipReport};
use jiff::Timestamp;
use serde::Serialize;
use zeroize::Zeroizing;

use super::behalf;
use super::checklist::Fault;
use super::chip::Holder;
use super::officials::IdentifiedBy;

/// The answer to a bundle.
#[derive(Debug)]
pub enum Verdict {
    Accepted(Box<Verified>),
    Refused(Refusal),
}

/// Why a bundle is not taken. Sending it again will not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub faults: Vec<Fault>,
}

/// A visit whose every check passed. Only an examination makes one, and only this can be filed.
///
/// It does not prove that the paper shown at the desk was genuine, nor (unless `clone_check` says so) that anybody but the
/// desk can be convinced that the chip was no copy; nor, where `identified_by` says that two officials knew the person,
/// that they looked well.
pub struct Verified {
    pub(crate) bundle: BundleDigest,
    pub(crate) bundle_id: BundleId,
    pub(crate) station: StationId,
    pub(crate) visit: VisitId,
    pub(crate) ticket: TicketId,
    pub(crate) ticket_expires_at: Timestamp,
    pub(crate) previous: Option<BundleDigest>,
    pub(crate) practice: bool,
    pub(crate) clone_check: &'static str,
    /// `machine` or `two_officials`: who found that the person was the holder.
    pub(crate) identified_by: &'static str,
    /// Of the person whose papers they are, and whose wallet.
    pub(crate) personal_id: Zeroizing<String>,
    /// Claims, chip evidence and its report as JSON: what the wallet keeps beside the papers.
    pub(crate) record: Zeroizing<Vec<u8>>,
    pub(crate) documents: Vec<VerifiedDocument>,
    pub(crate) blobs: Vec<Sha256Digest>,
}

/// One paper that passed.
pub struct VerifiedDocument {
    pub(crate) kind: String,
    /// From the rulebook, never from the desk: a title is not encrypted, so it may not hold a citizen's words.
    pub(crate) title: String,
    pub(crate) grade: Grade,
    pub(crate) pages: u32,
    pub(crate) pdf: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({})", self.bundle)
    }
}

#[derive(Serialize)]
struct Record<'a> {
    v: u8,
    manifest: &'a bundle::Manifest,
    evidence: &'a ChipEvidence,
    chip: &'a ChipReport,
}

/// Puts together what the checks left behind. Whether it may be filed is for the report to say.
pub(super) fn gather(
    opened: &Opened<'_>,
    ticket: &Ticket,
    holder: Holder,
    documents: Vec<VerifiedDocument>,
) -> Verified {
    let statement = opened.statement();
    let manifest = opened.manifest();
    let record = Record {
        v: 1,
        manifest,
        evidence: &holder.evidence,
        chip: &holder.report,
    };
    Verified {
        bundle: statement.digest(),
        bundle_id: statement.bundle_id(),
        station: statement.station().clone(),
        visit: statement.visit(),
        ticket: ticket.id,
        ticket_expires_at: ticket.expires_at,
        previous: statement.previous(),
        practice: manifest.practice,
        clone_check: holder.report.clone_check.as_str(),
        identified_by: IdentifiedBy::of(manifest).as_str(),
        record: Zeroizing::new(serde_json::to_vec(&record).expect("plain fields always serialise")),
        personal_id: Zeroizing::new(behalf::wallet_of(manifest, &holder).to_owned()),
        documents,
        blobs: statement.blobs().iter().map(|blob| blob.digest).collect(),
    }
}
