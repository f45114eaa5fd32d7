//! The envelope: who sealed it, whether they still may, whether every blob is the one that was sealed.

use bundle::{BlobSource, Identities, OpenError, Opened, Statement, faulty_blobs};
use jiff::Timestamp;

use super::Examiner;
use super::checklist::{Fault, Report};
use super::parts::Parts;
use super::standing::{self, Who};

/// The checks that need decryption identities.
pub(super) const INSIDE: &[&str] = &["manifest", "operator.standing", "parts"];

const OUTSIDE: &[&str] = &["envelope", "station.standing"];

/// The outer signature and the station's certificate. `None` when nothing behind it can be believed.
pub(super) fn check_outside(
    examiner: &Examiner,
    envelope_json: &[u8],
    at: Timestamp,
    report: &mut Report,
) -> Option<Statement> {
    let Some(stations) = &examiner.stations else {
        report.not_checkable(OUTSIDE);
        report.not_checkable(&["blobs"]);
        return None;
    };
    let statement = match bundle::statement(envelope_json, stations, at) {
        Ok(statement) => statement,
        Err(error) => {
            report.checked("envelope", vec![fault(&error)]);
            report.not_checkable(&OUTSIDE[1..]);
            report.not_checkable(&["blobs"]);
            return None;
        }
    };
    check_sender(examiner, &statement, report);
    Some(statement)
}

/// What is left to ask of an envelope whose signature is good: whether the station still counts.
pub(super) fn check_sender(examiner: &Examiner, statement: &Statement, report: &mut Report) {
    report.checked("envelope", Vec::new());
    let suspended = is_among(
        &examiner.policy.suspended_stations,
        statement.station().as_str(),
    );
    let mut faults = fault_if(suspended, "examine.station_suspended");
    faults.extend(standing::check(
        examiner,
        Who::Station,
        statement.station().as_str(),
        statement.signer_certificate(),
        statement.created(),
    ));
    report.checked("station.standing", faults);
}

/// Every blob is there, as long as promised and what its name says.
pub(super) fn check_blobs(
    examiner: &Examiner,
    statement: &Statement,
    blobs: &dyn BlobSource,
    report: &mut Report,
) {
    let found = faulty_blobs(statement, blobs);
    tell_blobs(examiner, statement, &found, report);
}

/// Of what was found, what is wrong with blobs.
fn tell_blobs(
    examiner: &Examiner,
    statement: &Statement,
    found: &[OpenError],
    report: &mut Report,
) {
    let of_blobs = found.iter().filter(|error| error.is_of_the_blob());
    let mut faults: Vec<Fault> = of_blobs.map(fault).collect();
    let limit = examiner.policy.max_blob_bytes;
    for blob in statement.blobs().iter().filter(|blob| blob.size > limit) {
        faults.push(Fault::at(
            "examine.blob_too_large",
            format!("blob {}", blob.index),
        ));
    }
    report.checked("blobs", faults);
}

/// Opens the bundle: every blob, both inner signatures, the operator's certificate, every part's header and digest.
///
/// A blob that is opened is measured and hashed on the way, so that none is read twice for that.
pub(super) fn check_inside<'a>(
    examiner: &Examiner,
    statement: &Statement,
    blobs: &'a dyn BlobSource,
    identities: &'a Identities,
    at: Timestamp,
    report: &mut Report,
) -> Option<(Opened<'a>, Parts)> {
    let opened = examiner
        .stations
        .as_ref()
        .map(|stations| bundle::open_checked(statement.clone(), blobs, identities, stations, at));
    let opened = match opened {
        Some(Ok(opened)) => opened,
        Some(Err(error)) => {
            check_blobs(examiner, statement, blobs, report);
            report.checked("manifest", vec![fault(&error)]);
            report.not_checkable(&INSIDE[1..]);
            return None;
        }
        None => {
            check_blobs(examiner, statement, blobs, report);
            report.not_checkable(INSIDE);
            return None;
        }
    };
    let (parts, found) = Parts::read(&opened, examiner.policy.max_blob_bytes);
    tell_blobs(examiner, statement, &found, report);
    report.checked("manifest", Vec::new());
    let suspended = is_among(
        &examiner.policy.suspended_operators,
        opened.operator().id.as_str(),
    );
    let mut faults = fault_if(suspended, "examine.operator_suspended");
    let manifest = opened.manifest();
    faults.extend(standing::check(
        examiner,
        Who::Operator,
        opened.operator().id.as_str(),
        &manifest.signers.operator.0,
        manifest.sealed_at,
    ));
    report.checked("operator.standing", faults);
    // A part whose blob is not the one that was sealed is no good part either.
    report.checked("parts", found.iter().map(fault).collect());
    Some((opened, parts))
}

/// A fault found by the room that opens bundles, under its own code.
pub(super) fn fault(error: &OpenError) -> Fault {
    let place = match error {
        OpenError::BlobMissing { index }
        | OpenError::BlobUnreadable { index, .. }
        | OpenError::BlobSize { index }
        | OpenError::BlobAltered { index }
        | OpenError::WrongRecipient { index }
        | OpenError::SealBroken { index }
        | OpenError::HeaderMalformed { index }
        | OpenError::PartOfOtherBundle { index }
        | OpenError::PartOfOtherVisit { index }
        | OpenError::PartOutOfPlace { index }
        | OpenError::PartUnknown { index }
        | OpenError::PartTooLarge { index }
        | OpenError::PartSize { index }
        | OpenError::PartAltered { index } => Some(format!("blob {index}")),
        OpenError::ManifestDisagrees { field } => Some((*field).to_owned()),
        _ => None,
    };
    Fault {
        code: error.code(),
        place,
        may_be_retried: error.is_failure(),
    }
}

pub(super) fn fault_if(wrong: bool, code: &'static str) -> Vec<Fault> {
    if wrong {
        vec![Fault::new(code)]
    } else {
        Vec::new()
    }
}

pub(super) fn is_among(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other == name)
}
