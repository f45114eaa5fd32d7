//! The person and the desk: real devices, given consent, and a living person who is the card's holder.

use bundle::{Manifest, MatchClaim, MatchOutcome, Purpose};

use super::Examiner;
use super::checklist::{Fault, Report};
use super::chip::day_of;

pub(super) fn check(examiner: &Examiner, manifest: &Manifest, report: &mut Report) {
    report.checked("visit.devices", devices(examiner, manifest));
    report.checked("visit.consents", consents(manifest));
    report.checked("person.face", face(&manifest.face));
    report.checked("person.presence", presence(manifest));
    report.checked("person.finger", finger(&manifest.finger));
}

fn devices(examiner: &Examiner, manifest: &Manifest) -> Vec<Fault> {
    if examiner.policy.accept_simulated {
        return Vec::new();
    }
    let simulated = manifest.devices.iter().filter(|device| device.simulated);
    let mut faults: Vec<Fault> = simulated
        .map(|device| Fault::at("examine.simulated_device", kind_name(device.kind)))
        .collect();
    if manifest.practice {
        faults.push(Fault::new("examine.practice"));
    }
    faults
}

fn kind_name(kind: bundle::DeviceKind) -> &'static str {
    match kind {
        bundle::DeviceKind::CardReader => "card_reader",
        bundle::DeviceKind::Camera => "camera",
        bundle::DeviceKind::FingerSensor => "finger_sensor",
        bundle::DeviceKind::Scanner => "scanner",
    }
}

/// Both purposes agreed to, each under a wording that was in use on that day.
// Luật 91/2025/QH15 Điều 9: consent is for each purpose, and provable.
fn consents(manifest: &Manifest) -> Vec<Fault> {
    let day = day_of(manifest);
    let mut faults = Vec::new();
    for (purpose, text, name) in [
        (
            Purpose::Identify,
            rulebook::consents::Purpose::Identify,
            "identify",
        ),
        (Purpose::File, rulebook::consents::Purpose::File, "file"),
    ] {
        match manifest
            .consents
            .iter()
            .find(|consent| consent.purpose == purpose)
        {
            None => faults.push(Fault::at("examine.consent_missing", name)),
            Some(consent)
                if rulebook::consents::shown(text, &consent.text_version, day).is_none() =>
            {
                faults.push(Fault::at("examine.consent_text", name));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The face must match: without it nobody is known to have stood at the desk.
fn face(claim: &MatchClaim) -> Vec<Fault> {
    match claim {
        MatchClaim::Compared {
            outcome: MatchOutcome::Match,
            ..
        } => score(claim, "examine.face_score"),
        MatchClaim::Compared { .. } | MatchClaim::NotDone { .. } => {
            vec![Fault::new("examine.face")]
        }
    }
}

/// The poses that were shown are those that this visit asked for in this attempt. Where none are claimed the desk did not
/// ask, as desks before this check.
fn presence(manifest: &Manifest) -> Vec<Fault> {
    match &manifest.face {
        MatchClaim::Compared {
            presence: Some(shown),
            attempts,
            ..
        } => {
            let asked = bundle::poses(&manifest.ticket, manifest.visit, *attempts);
            match shown.poses == asked {
                true => Vec::new(),
                false => vec![Fault::new("examine.presence")],
            }
        }
        _ => Vec::new(),
    }
}

/// The finger must match where it was compared; worn fingers and locked groups are said, with their reason.
fn finger(claim: &MatchClaim) -> Vec<Fault> {
    match claim {
        MatchClaim::Compared {
            outcome: MatchOutcome::Match,
            ..
        } => score(claim, "examine.finger_score"),
        MatchClaim::NotDone { reason } if !reason.trim().is_empty() => Vec::new(),
        MatchClaim::Compared { .. } | MatchClaim::NotDone { .. } => {
            vec![Fault::new("examine.finger")]
        }
    }
}

/// A claimed match whose own score is under its own threshold is none. The score has two decimals only.
fn score(claim: &MatchClaim, code: &'static str) -> Vec<Fault> {
    const ROUNDING: f64 = 0.005;
    match claim {
        MatchClaim::Compared {
            score, threshold, ..
        } if score.value() + ROUNDING >= *threshold => Vec::new(),
        _ => vec![Fault::new(code)],
    }
}
