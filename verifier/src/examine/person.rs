//! The person and the desk: real devices, given consent, and a living person who is the card's holder.

use bundle::{Liveness, Manifest, MatchClaim, MatchOutcome, Purpose};

use super::Examiner;
use super::checklist::{Fault, Report};
use super::chip::day_of;
use super::envelope::fault_if;
use super::officials::PRESENCE_NOT_SHOWN;
use super::presentations;
use crate::comparers::{self, Sample, Unfit};

pub(super) fn check(examiner: &Examiner, manifest: &Manifest, report: &mut Report) {
    report.checked("visit.devices", devices(examiner, manifest));
    report.checked("visit.consents", consents(manifest));
    report.checked("person.face", face(examiner, manifest));
    report.checked("person.presence", presence(manifest));
    report.checked("person.finger", finger(examiner, manifest));
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
    // Whoever acts for another agrees to another text: it is not their own wallet.
    let for_another = manifest
        .behalf
        .as_ref()
        .is_some_and(|behalf| behalf.subject().is_some());
    let file = match for_another {
        true => rulebook::consents::Purpose::FileForAnother,
        false => rulebook::consents::Purpose::File,
    };
    for (purpose, text, name) in [
        (
            Purpose::Identify,
            rulebook::consents::Purpose::Identify,
            "identify",
        ),
        (Purpose::File, file, "file"),
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

/// Attempts a desk gives before a person decides instead (`station/src/visit/await_person.rs`). The turns of the head
/// follow from the number, so that one without end would let a desk choose the turns that its film shows.
const ATTEMPTS: u32 = 3;

/// The face must match, or the machine must have left it to two officials: without either nobody is known to have stood at
/// the desk.
fn face(examiner: &Examiner, manifest: &Manifest) -> Vec<Fault> {
    let referred = !manifest.sightings.is_empty();
    match &manifest.face {
        MatchClaim::Compared { outcome, .. } if counts(*outcome, referred) => {
            means(examiner, Sample::Face, &manifest.face)
        }
        MatchClaim::NotDone { reason, .. } if referred && reason == PRESENCE_NOT_SHOWN => {
            Vec::new()
        }
        MatchClaim::Compared { .. } | MatchClaim::NotDone { .. } => {
            vec![Fault::new("examine.face")]
        }
    }
}

/// A match always; what the machine could not tell, where officials looked instead. Its no is nobody's to overturn.
fn counts(outcome: MatchOutcome, referred: bool) -> bool {
    match outcome {
        MatchOutcome::Match => true,
        MatchOutcome::Inconclusive => referred,
        MatchOutcome::NoMatch => false,
    }
}

/// The poses that were shown are those that this visit asked for in this attempt.
fn presence(manifest: &Manifest) -> Vec<Fault> {
    match &manifest.face {
        MatchClaim::Compared {
            presence: Some(shown),
            attempts,
            ..
        } => {
            let asked = bundle::poses(&manifest.ticket, manifest.visit, *attempts);
            let mut faults = fault_if(shown.poses != asked, "examine.presence");
            let referred = !manifest.sightings.is_empty();
            let opinion = shown.liveness.as_ref();
            let settled = opinion.is_none_or(|opinion| is_settled(opinion, referred));
            faults.extend(fault_if(!settled, "examine.liveness"));
            faults
        }
        MatchClaim::Compared { presence: None, .. } => {
            vec![Fault::new("examine.presence_missing")]
        }
        // No face was compared; what that means is for `face` to say.
        MatchClaim::NotDone { .. } => Vec::new(),
    }
}

/// Nets that tell a living face may doubt; then officials must have looked. Too few pictures are no opinion, and one that
/// says other than its score is none either.
fn is_settled(opinion: &Liveness, referred: bool) -> bool {
    const LEAST_FRAMES: u32 = 10;
    let doubts = opinion.score < opinion.threshold;
    opinion.frames >= LEAST_FRAMES && opinion.refer == doubts && (referred || !doubts)
}

/// The finger must match where it was compared, or the machine must have left it to two officials; worn fingers and locked
/// groups are said, with their reason.
fn finger(examiner: &Examiner, manifest: &Manifest) -> Vec<Fault> {
    let referred = !manifest.sightings.is_empty();
    let mut faults = match &manifest.finger {
        MatchClaim::Compared { outcome, .. } if counts(*outcome, referred) => {
            means(examiner, Sample::Finger, &manifest.finger)
        }
        MatchClaim::NotDone { reason, .. } if !reason.trim().is_empty() => Vec::new(),
        MatchClaim::Compared { .. } | MatchClaim::NotDone { .. } => {
            vec![Fault::new("examine.finger")]
        }
    };
    let fit = presentations::fit(&manifest.finger);
    faults.extend(fault_if(!fit, "examine.presentations"));
    faults
}

/// A comparison counts when it was made with a model we know, at its bar or above, in one of the attempts there are, and
/// its own score says what it claims.
fn means(examiner: &Examiner, sample: Sample, claim: &MatchClaim) -> Vec<Fault> {
    let (place, score_code) = match sample {
        Sample::Face => ("face", "examine.face_score"),
        Sample::Finger => ("finger", "examine.finger_score"),
    };
    let mut faults = Vec::new();
    match comparers::unfit(&examiner.policy.comparers, sample, claim) {
        None => {}
        Some(Unfit::ModelUnknown) => faults.push(Fault::at("examine.model_unknown", place)),
        Some(Unfit::ThresholdLow) => faults.push(Fault::at("examine.threshold_low", place)),
        Some(Unfit::OtherReference) => faults.push(Fault::at("examine.reference", place)),
        Some(Unfit::ScoreLow) => faults.push(Fault::new(score_code)),
    }
    // How often fingers were laid down, `presentations` says.
    if let MatchClaim::Compared { attempts, .. } = claim
        && sample == Sample::Face
        && !(1..=ATTEMPTS).contains(attempts)
    {
        faults.push(Fault::at("examine.attempts", place));
    }
    faults
}
