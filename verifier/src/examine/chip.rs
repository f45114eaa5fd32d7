//! The chip: the evidence is verified here again, with the same code as at the desk, over the challenge that
//! follows from ticket and visit (D1), and the desk's summary must say what the evidence says.

use bundle::{Manifest, Opened};
use emrtd::{Challenge, ChipEvidence, ChipReport, DataGroup};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use zeroize::Zeroizing;

use super::Examiner;
use super::checklist::{Fault, Report};
use super::envelope::{fault, fault_if};
use super::parts::Parts;

/// DG1, DG14, DG15 and a security object fit many times into this.
pub(super) const MAX_EVIDENCE_BYTES: u64 = 1024 * 1024;

/// Groups that may leave the desk (D3).
const MAY_LEAVE: [DataGroup; 3] = [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15];

/// A believed identity, and what it was believed from.
pub(super) struct Holder {
    pub(super) personal_id: Zeroizing<String>,
    /// As the zone on the card writes it.
    pub(super) name: Zeroizing<String>,
    pub(super) evidence: ChipEvidence,
    pub(super) report: ChipReport,
}

/// Returns the holder when the evidence is believed and names a personal number.
pub(super) fn check(
    examiner: &Examiner,
    opened: &Opened<'_>,
    parts: &mut Parts,
    report: &mut Report,
) -> Option<Holder> {
    let manifest = opened.manifest();
    let evidence = match read_evidence(opened, parts) {
        Ok(evidence) => evidence,
        Err(fault) => {
            report.checked("chip.evidence", vec![fault]);
            report.not_checkable(&["chip.claims", "chip.personal_number"]);
            return None;
        }
    };
    let excess = evidence
        .groups
        .keys()
        .filter(|group| !MAY_LEAVE.contains(group));
    let mut faults: Vec<Fault> = excess
        .map(|group| Fault::at("examine.evidence_excess", group.to_string()))
        .collect();
    let Some(csca) = &examiner.csca else {
        if faults.is_empty() {
            report.not_checkable(&["chip.evidence"]);
        } else {
            report.checked("chip.evidence", faults);
        }
        report.not_checkable(&["chip.claims", "chip.personal_number"]);
        return None;
    };
    let challenge = Challenge::new(bundle::challenge(&manifest.ticket, manifest.visit));
    let day = day_of(manifest);
    // Once: both the facts and the belief come of one look at the signatures.
    let identity = evidence.verify(csca, &challenge, day);
    let chip = match &identity {
        Ok(identity) => identity.report().clone(),
        Err(error) => error.report().clone(),
    };
    faults.extend(chip.faults().into_iter().map(|fault| match fault {
        emrtd::EvidenceFault::GroupAltered { group }
        | emrtd::EvidenceFault::GroupUnlisted { group } => {
            Fault::at(fault.code(), group.to_string())
        }
        _ => Fault::new(fault.code()),
    }));
    let believed = faults.is_empty();
    report.checked("chip.evidence", faults);
    if believed {
        let claims_hold = manifest.chip.clone_check == chip.clone_check.as_str()
            && manifest.chip.access == chip.access.as_str();
        report.checked("chip.claims", fault_if(!claims_hold, "examine.chip_claim"));
    } else {
        // A summary of evidence that is not believed says nothing of its own.
        report.not_checkable(&["chip.claims"]);
    }

    let Ok(identity) = identity else {
        report.not_checkable(&["chip.personal_number"]);
        return None;
    };
    let personal_id = identity
        .holder()
        .personal_id
        .as_ref()
        .map(|id| Zeroizing::new(id.expose().to_owned()));
    report.checked(
        "chip.personal_number",
        fault_if(personal_id.is_none(), "examine.no_personal_id"),
    );
    let name = Zeroizing::new(identity.holder().name.to_string());
    Some(Holder {
        personal_id: personal_id?,
        name,
        evidence,
        report: chip,
    })
}

fn read_evidence(opened: &Opened<'_>, parts: &mut Parts) -> Result<ChipEvidence, Fault> {
    let part = parts
        .take(opened, opened.manifest().chip.evidence, MAX_EVIDENCE_BYTES)
        .map_err(|error| fault(&error))?;
    serde_json::from_slice(&part).map_err(|_| Fault::new("examine.evidence_malformed"))
}

/// The day of the visit where the desk stands: Việt Nam keeps one time, UTC+7, all year.
pub(super) fn day_of(manifest: &Manifest) -> Date {
    manifest
        .opened_at
        .to_zoned(TimeZone::fixed(Offset::constant(7)))
        .date()
}
