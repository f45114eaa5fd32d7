//! The third road: where the machine could not tell, two officials looked, and both said that it is the holder.

use bundle::{Manifest, MatchClaim, MatchOutcome, Occasion, SightingError};
use jiff::Timestamp;

use super::Examiner;
use super::checklist::{Fault, Report};
use super::chip::Holder;
use super::envelope::{fault_if, is_among};
use super::standing::{self, Who};

const CHECK: &str = "person.officials";

/// Why a face was not compared at all that officials may look at instead (`station/src/visit/await_person.rs`).
pub(super) const PRESENCE_NOT_SHOWN: &str = "presence_not_shown";

/// Who found that the person is the holder, as the wallet tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdentifiedBy {
    Machine,
    TwoOfficials,
}

impl IdentifiedBy {
    /// What the claims say. Whether it is true is for the checks to find.
    pub(super) fn of(manifest: &Manifest) -> Self {
        match manifest.sightings.is_empty() {
            true => Self::Machine,
            false => Self::TwoOfficials,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::TwoOfficials => "two_officials",
        }
    }
}

/// Two sightings, by two people in standing, of this visit and this document, both of the holder.
pub(super) fn check(
    examiner: &Examiner,
    manifest: &Manifest,
    holder: Option<&Holder>,
    at: Timestamp,
    report: &mut Report,
) {
    if manifest.sightings.is_empty() {
        // Where the machine could not tell either, `person.face` and `person.finger` say so.
        report.checked(CHECK, Vec::new());
        return;
    }
    // The evidence says which document it is; without it there is nothing to hold a sighting against.
    let (Some(stations), Some(holder)) = (&examiner.stations, holder) else {
        report.not_checkable(&[CHECK]);
        return;
    };
    let mut faults = fault_if(!undecided(manifest), "examine.sightings_unasked");
    // Before any signature is looked at: a manifest has room for thousands.
    if manifest.sightings.len() != bundle::OFFICIALS {
        faults.push(Fault::new(SightingError::NotTwo.code()));
        report.checked(CHECK, faults);
        return;
    }
    let mut read = Vec::new();
    for (number, signed) in (1..).zip(&manifest.sightings) {
        let place = format!("sighting {number}");
        match signed.verify(stations, at) {
            Ok(sighting) => {
                let suspended = &examiner.policy.suspended_operators;
                if is_among(suspended, sighting.official.as_str()) {
                    faults.push(Fault::at("examine.official_suspended", place.clone()));
                }
                let revoked = standing::check(
                    examiner,
                    Who::Official,
                    sighting.official.as_str(),
                    &sighting.certificate.0,
                    sighting.seen_at,
                );
                faults.extend(revoked.map(|fault| Fault {
                    place: Some(place),
                    ..fault
                }));
                read.push(sighting);
            }
            Err(error) => faults.push(Fault::at(error.code(), place)),
        }
    }
    // A sighting that nobody signed is told as that, and not also as one too few.
    if read.len() == manifest.sightings.len() {
        let occasion = Occasion::of_manifest(manifest, &holder.evidence.sod);
        if let Err(found) = bundle::agreed(&read, &occasion, manifest.opened_at, manifest.sealed_at)
        {
            faults.extend(found.iter().map(|error| Fault::new(error.code())));
        }
    }
    report.checked(CHECK, faults);
}

/// Whether the machine left something for people to decide. After its clear no nobody is asked.
fn undecided(manifest: &Manifest) -> bool {
    let inconclusive = |claim: &MatchClaim| matches!(claim, MatchClaim::Compared { outcome, .. } if *outcome == MatchOutcome::Inconclusive);
    let doubted = matches!(
        &manifest.face,
        MatchClaim::Compared { presence: Some(shown), .. } if shown.liveness.as_ref().is_some_and(|nets| nets.refer)
    );
    let not_shown = matches!(
        &manifest.face,
        MatchClaim::NotDone { reason, .. } if reason == PRESENCE_NOT_SHOWN
    );
    not_shown || doubted || inconclusive(&manifest.face) || inconclusive(&manifest.finger)
}
