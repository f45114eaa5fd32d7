//! The examination: everything the desk claims is tried again here, and everything wrong is told at once.
//!
//! The same examiner serves the network and the desk of whoever checks a bundle offline; what it was not given
//! (decryption identities, the book of spent tickets) makes a check "not checkable", never "passed".

mod behalf;
mod checklist;
mod chip;
mod clock;
mod envelope;
mod officials;
mod papers;
mod parts;
mod pdf;
mod person;
mod presentations;
mod standing;
mod ticket;
mod verdict;

use std::sync::Arc;

use bundle::{
    BlobSource, BundleDigest, Identities, Opened, Statement, StationId, StationTrust, TicketId,
    VerifierPublicKey, VisitId,
};
use emrtd::trust::CscaTrust;
use jiff::{SignedDuration, Timestamp};

pub use checklist::{Check, Fault, Report, State};
pub use pdf::{PdfForm, form as pdf_form};
pub use verdict::{Refusal, Verdict, Verified, VerifiedDocument};

use self::parts::Parts;
use crate::comparers::Comparer;
use crate::roster::Roster;
use crate::wallet::{BundleRecord, BundleState, StoreFailure, Wallets};

/// What an examiner lets pass, beyond what can be computed.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Take simulated devices and practice visits (D15).
    pub accept_simulated: bool,
    /// How far a desk's clock may differ.
    pub clock_skew: SignedDuration,
    pub max_blob_bytes: u64,
    pub suspended_stations: Vec<String>,
    pub suspended_operators: Vec<String>,
    /// Who was revoked since, read anew whenever it changed.
    pub roster: Option<Arc<Roster>>,
    /// The verifier's later keys, and since when each is there to be sealed to.
    pub epochs: Vec<(String, Timestamp)>,
    /// With what desks may compare faces and fingers.
    pub comparers: Vec<Comparer>,
}

/// The books that only the verifier has.
pub trait Register {
    fn spent_by(&self, ticket: TicketId) -> Result<Option<BundleDigest>, StoreFailure>;
    fn filed_for(&self, visit: VisitId) -> Result<Option<BundleDigest>, StoreFailure>;
    /// Whose visit a filed bundle holds.
    fn filed_as(&self, bundle: &BundleDigest)
    -> Result<Option<(StationId, VisitId)>, StoreFailure>;
}

impl Register for Wallets {
    fn spent_by(&self, ticket: TicketId) -> Result<Option<BundleDigest>, StoreFailure> {
        Self::spent_by(self, ticket)
    }

    fn filed_for(&self, visit: VisitId) -> Result<Option<BundleDigest>, StoreFailure> {
        Self::filed_for(self, visit)
    }

    fn filed_as(
        &self,
        bundle: &BundleDigest,
    ) -> Result<Option<(StationId, VisitId)>, StoreFailure> {
        let Some(BundleRecord {
            station,
            state: BundleState::Filed(receipt),
            ..
        }) = self.bundle(bundle)?
        else {
            return Ok(None);
        };
        // Our own receipt, so its payload reads back.
        let said: bundle::Receipt =
            serde_json::from_slice(&receipt.envelope().payload).map_err(|_| StoreFailure::Row)?;
        Ok(Some((station, said.visit)))
    }
}

/// Trust and keys for an examination. What is missing makes checks not checkable.
pub struct Examiner {
    pub stations: Option<StationTrust>,
    pub csca: Option<CscaTrust>,
    /// The key that signs tickets and receipts.
    pub receipts: Option<VerifierPublicKey>,
    pub identities: Option<Identities>,
    /// Under whom officials' signatures on papers are believed.
    pub signers: pades::Roots,
    pub policy: Policy,
}

/// What an examination found. Holding one is no acceptance; ask for the verdict.
pub struct Examination {
    pub report: Report,
    verified: Option<Verified>,
}

impl Examination {
    /// Accepted only when every check passed; a check that could not be made is no acceptance.
    pub fn verdict(self) -> Verdict {
        match self.verified {
            Some(verified) if self.report.all_passed() => Verdict::Accepted(Box::new(verified)),
            _ => Verdict::Refused(Refusal {
                faults: self.report.faults(),
            }),
        }
    }
}

impl Examiner {
    /// What the outside of a bundle says, or why it is not believed. Needs no blob.
    pub fn statement(&self, envelope_json: &[u8], at: Timestamp) -> Result<Statement, Vec<Fault>> {
        let mut report = Report::default();
        let statement = envelope::check_outside(self, envelope_json, at, &mut report);
        statement.ok_or_else(|| report.faults())
    }

    /// Examines a whole bundle as it stands at `at`.
    ///
    /// Fails only when the register fails; whatever is wrong with the bundle is in the report.
    pub fn examine(
        &self,
        envelope_json: &[u8],
        blobs: &dyn BlobSource,
        register: Option<&dyn Register>,
        at: Timestamp,
    ) -> Result<Examination, StoreFailure> {
        let mut report = Report::default();
        let Some(statement) = envelope::check_outside(self, envelope_json, at, &mut report) else {
            report.not_checkable(envelope::INSIDE);
            report.not_checkable(INNER_CHECKS);
            return Ok(Examination {
                report,
                verified: None,
            });
        };
        self.go_on(&statement, blobs, register, at, report)
    }

    /// The same for a bundle whose outside was checked at this very moment by [`Self::statement`].
    pub fn examine_further(
        &self,
        statement: &Statement,
        blobs: &dyn BlobSource,
        register: Option<&dyn Register>,
        at: Timestamp,
    ) -> Result<Examination, StoreFailure> {
        let mut report = Report::default();
        envelope::check_sender(self, statement, &mut report);
        self.go_on(statement, blobs, register, at, report)
    }

    fn go_on(
        &self,
        statement: &Statement,
        blobs: &dyn BlobSource,
        register: Option<&dyn Register>,
        at: Timestamp,
        mut report: Report,
    ) -> Result<Examination, StoreFailure> {
        let opened = match &self.identities {
            Some(identities) => {
                envelope::check_inside(self, statement, blobs, identities, at, &mut report)
            }
            None => {
                envelope::check_blobs(self, statement, blobs, &mut report);
                report.not_checkable(envelope::INSIDE);
                None
            }
        };
        let Some((opened, parts)) = opened else {
            report.not_checkable(INNER_CHECKS);
            return Ok(Examination {
                report,
                verified: None,
            });
        };
        let verified = self.inner(&opened, parts, register, at, &mut report)?;
        Ok(Examination { report, verified })
    }

    fn inner(
        &self,
        opened: &Opened<'_>,
        mut parts: Parts,
        register: Option<&dyn Register>,
        at: Timestamp,
        report: &mut Report,
    ) -> Result<Option<Verified>, StoreFailure> {
        let manifest = opened.manifest();
        let ticket = ticket::check(
            self,
            manifest,
            register,
            opened.statement().digest(),
            report,
        )?;
        let times = clock::Times {
            statement: opened.statement(),
            opened_at: manifest.opened_at,
            consents: manifest.consents.iter().map(|one| one.given_at).collect(),
        };
        clock::check(self, &times, register, report)?;
        let holder = chip::check(self, opened, &mut parts, report);
        person::check(self, manifest, report);
        officials::check(self, manifest, holder.as_ref(), at, report);
        behalf::check(manifest, holder.as_ref(), report);
        let papers = papers::check(self, opened, &mut parts, report);
        let (Some(ticket), Some(holder)) = (ticket, holder) else {
            return Ok(None);
        };
        Ok(Some(verdict::gather(opened, &ticket, holder, papers)))
    }
}

/// The checks that need the inside of a bundle, in the order in which they are told.
const INNER_CHECKS: &[&str] = &[
    "ticket.signature",
    "ticket.station",
    "ticket.time",
    "ticket.unused",
    "visit.unused",
    "visit.times",
    "station.chain",
    "chip.evidence",
    "chip.claims",
    "chip.personal_number",
    "visit.devices",
    "visit.consents",
    "person.face",
    "person.presence",
    "person.finger",
    "person.officials",
    "visit.behalf",
    "papers",
];
