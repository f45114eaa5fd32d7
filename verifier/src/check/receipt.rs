//! A receipt: signed by the verifier, in the log, cosigned as the policy asks; beside its bundle or alone.

use bundle::{BundleDigest, Receipt, ReceiptError, SignedReceipt, Slip};
use jiff::Timestamp;
use serde::Serialize;

use super::{Checked, Trust, fault};
use crate::examine::Report;
use crate::log;

/// The checks that every receipt gets.
pub(super) const CHECKS: &[&str] = &["receipt.signature", "receipt.in_log"];

/// What a receipt says; it names no citizen.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptTold {
    pub entry: String,
    pub station: String,
    pub visit: String,
    pub filed_at: Timestamp,
    pub index: u64,
    pub tree_size: u64,
}

impl From<&Receipt> for ReceiptTold {
    fn from(receipt: &Receipt) -> Self {
        Self {
            entry: receipt.entry.to_string(),
            station: receipt.station.to_string(),
            visit: receipt.visit.to_string(),
            filed_at: receipt.filed_at,
            index: receipt.log.index,
            tree_size: receipt.log.tree_size,
        }
    }
}

/// Whether a file's content is a receipt, whole or in short.
pub(super) fn is_one(content: &[u8]) -> bool {
    let text = content.trim_ascii_start();
    text.starts_with(b"{") || Slip::is_one(text)
}

/// Checks a receipt without its bundle.
pub(super) fn alone(content: &[u8], trust: &Trust) -> Checked {
    let mut report = Report::default();
    let told = match read(content, trust) {
        Err(code) => {
            report.checked("receipt.form", vec![fault(code)]);
            report.not_checkable(CHECKS);
            None
        }
        Ok(signed) => {
            report.checked("receipt.form", Vec::new());
            match (signed, &trust.examiner.receipts) {
                (Some(signed), Some(key)) => judged(signed.verify(key), trust, &mut report),
                _ => {
                    report.not_checkable(CHECKS);
                    None
                }
            }
        }
    };
    Checked {
        bundle: told.as_ref().map(|receipt| receipt.bundle.to_string()),
        receipt: told.as_ref().map(ReceiptTold::from),
        ..Checked::new("receipt", report)
    }
}

/// The receipt; none where its short form is good and the key that would have signed it is not known.
fn read(content: &[u8], trust: &Trust) -> Result<Option<SignedReceipt>, &'static str> {
    if !Slip::is_one(content.trim_ascii_start()) {
        let signed = SignedReceipt::from_json(content);
        return signed.map(Some).map_err(|error| error.code());
    }
    let text = std::str::from_utf8(content.trim_ascii_start());
    let slip = Slip::read(text.unwrap_or_default()).map_err(|error| error.code())?;
    let key = trust.examiner.receipts.as_ref();
    Ok(key.map(|key| slip.signed(key)))
}

/// Returns when the receipt says the bundle was filed, once its signature is found good.
pub(super) fn of_bundle(
    content: &[u8],
    bundle: &BundleDigest,
    trust: &Trust,
    report: &mut Report,
) -> Option<Timestamp> {
    let Some(key) = &trust.examiner.receipts else {
        report.not_checkable(CHECKS);
        return None;
    };
    match read(content, trust) {
        Err(code) => {
            report.checked("receipt.signature", vec![fault(code)]);
            report.not_checkable(&CHECKS[1..]);
            None
        }
        Ok(signed) => {
            let receipt = signed?.verify_for(bundle, key);
            judged(receipt, trust, report).map(|receipt| receipt.filed_at)
        }
    }
}

/// Notes what was found; gives the receipt back when its signature is good.
fn judged(
    receipt: Result<Receipt, ReceiptError>,
    trust: &Trust,
    report: &mut Report,
) -> Option<Receipt> {
    let receipt = match receipt {
        Ok(receipt) => receipt,
        Err(error) => {
            report.checked("receipt.signature", vec![fault(error.code())]);
            report.not_checkable(&CHECKS[1..]);
            return None;
        }
    };
    report.checked("receipt.signature", Vec::new());
    let told = |found: Result<(), log::LogError>| {
        let wrong = found.err().map(|error| fault(error.code()));
        wrong.into_iter().collect()
    };
    match &trust.vkey {
        None => report.not_checkable(&CHECKS[1..]),
        Some(vkey) => report.checked("receipt.in_log", told(log::check_receipt(&receipt, vkey))),
    }
    if let Some(policy) = &trust.policy {
        let cosigned = policy.check(receipt.log.checkpoint.as_bytes());
        report.checked("receipt.cosigned", told(cosigned));
    }
    Some(receipt)
}
