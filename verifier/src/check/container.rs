//! A container of a wallet's export: its own signature, who made it, and whether what is in it belongs together.

use bundle::{Sha256Digest, StationTrust};
use jiff::Timestamp;

use super::{Checked, Trust, check_pdf, fault, receipt};
use crate::enroll::EXPORT_UNIT;
use crate::examine::Report;
use crate::export::{DOCUMENT, METADATA, Metadata, RECEIPT};

/// A zip's first file.
pub(super) fn is_one(content: &[u8]) -> bool {
    content.starts_with(b"PK\x03\x04")
}

pub(super) fn check(content: &[u8], trust: &Trust, now: Timestamp) -> Checked {
    let mut report = Report::default();
    let container = match asic::read(content) {
        Ok(container) => container,
        Err(error) => {
            report.checked("container.signature", vec![fault(error.code())]);
            report.not_checkable(&["container.signer", "container.contents"]);
            return Checked::new("container", report);
        }
    };
    report.checked("container.signature", Vec::new());
    match &trust.examiner.stations {
        None => report.not_checkable(&["container.signer"]),
        Some(authority) => {
            let known = signed_by_export(authority, &container.certificate, container.signed_at);
            let wrong = (!known).then(|| fault("check.container_signer"));
            report.checked("container.signer", wrong.into_iter().collect());
        }
    }
    let files = (
        container.file(DOCUMENT),
        container.file(METADATA),
        container.file(RECEIPT),
    );
    let (Some(pdf), Some(metadata), Some(signed)) = files else {
        report.checked("container.contents", vec![fault("check.container_files")]);
        return Checked::new("container", report);
    };
    let receipt = receipt::alone(signed, trust);
    let wrong = match serde_json::from_slice::<Metadata>(metadata) {
        Err(_) => true,
        Ok(told) => {
            let other = receipt.receipt.as_ref().is_some_and(|receipt| {
                receipt.entry != told.entry.to_string()
                    || receipt.visit != told.visit.to_string()
                    || receipt.station != told.station.as_str()
                    || receipt.filed_at.as_millisecond() != told.filed_at.as_millisecond()
            });
            let other_bundle = receipt.bundle.as_ref();
            let other_bundle = other_bundle.is_some_and(|one| *one != told.bundle.to_string());
            told.v != 1 || told.sha256 != Sha256Digest::of(pdf) || other || other_bundle
        }
    };
    let wrong = wrong.then(|| fault("check.container_disagrees"));
    report.checked("container.contents", wrong.into_iter().collect());
    report.checks.extend(receipt.report.checks);
    let pdf = check_pdf(pdf, &trust.examiner.signers, now);
    report.checks.extend(pdf.report.checks);
    Checked {
        bundle: receipt.bundle,
        receipt: receipt.receipt,
        pages: pdf.pages,
        ..Checked::new("container", report)
    }
}

/// Whether the authority has certified this key for containers, and it counted when it signed.
fn signed_by_export(authority: &StationTrust, certificate: &[u8], at: Timestamp) -> bool {
    authority
        .unit_of(certificate, at)
        .is_ok_and(|unit| unit == EXPORT_UNIT)
}
