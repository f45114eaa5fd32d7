//! Signs PDFs with keys it never sees, and checks the signatures of others (PAdES, ETSI EN 319 142-1).
//!
//! [`sign()`] appends one revision with a B-B signature and leaves every earlier byte alone; [`check()`] tells,
//! for each signature of any PDF, whether the bytes are the signed ones, who signed, where that
//! certificate's chain ends at a given time, and what was changed afterwards. It does not ask for
//! revocation and does not check time-stamps.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cades;
mod chain;
mod check;
mod document;
mod error;
mod inflate;
mod key;
mod later;
mod object;
mod oids;
mod sign;
mod text;
mod update;
mod verify;

pub use chain::{ChainState, RootError, Roots};
pub use check::{CheckError, DocMdp, Fault, Integrity, SignatureReport, Signer, check};
pub use document::LARGEST_PDF_BYTES;
pub use error::PdfError;
pub use key::{Algorithm, KeyError, SigningKey};
pub use later::LaterChanges;
pub use sign::{Appearance, SignError, SignOptions, sign};

/// Every failure code this crate can produce.
pub const CODES: &[&str] = &[
    "pades.altered",
    "pades.byte_range",
    "pades.certificate_expired",
    "pades.certificate_not_yet_valid",
    "pades.certificate_unbound",
    "pades.certificate_usage",
    "pades.changed_after",
    "pades.encrypted",
    "pades.field_name",
    "pades.issuer_unknown",
    "pades.key_locked",
    "pades.key_missing",
    "pades.key_refused",
    "pades.key_without_certificate",
    "pades.malformed",
    "pades.no_room",
    "pades.not_pdf",
    "pades.root_unreadable",
    "pades.signing_forbidden",
    "pades.structure",
    "pades.too_large",
    "pades.too_many_signatures",
    "pades.unsupported",
    "pades.wrong_signature",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_listed_and_in_the_handbook() {
        let at = PdfError::Structure { at: 0, what: "" };
        let mut codes = BTreeSet::from([RootError.code(), CheckError::TooManySignatures.code()]);
        codes.extend(
            [
                PdfError::NotPdf,
                PdfError::TooLarge,
                PdfError::Encrypted,
                at,
            ]
            .map(|e| e.code()),
        );
        codes.extend(
            [KeyError::Missing, KeyError::Locked, KeyError::Refused].map(|error| error.code()),
        );
        codes.extend(
            [
                SignError::Certificate,
                SignError::NoRoom,
                SignError::Forbidden,
                SignError::Field,
            ]
            .map(|error| error.code()),
        );
        let integrity = [
            Integrity::Altered,
            Integrity::WrongSignature,
            Integrity::CertificateUnbound,
            Integrity::BadByteRange,
            Integrity::Malformed,
            Integrity::Unsupported,
        ];
        codes.extend(integrity.map(|state| Fault::Integrity(state).code()));
        let chain = [
            ChainState::UnknownIssuer,
            ChainState::Expired,
            ChainState::NotYetValid,
            ChainState::WrongUsage,
        ];
        codes.extend(chain.map(|state| Fault::Chain(state).code()));
        codes.insert(Fault::ChangedAfter.code());
        assert_eq!(codes, CODES.iter().copied().collect());
        let handbook = include_str!("../../docs/failures.md");
        for code in CODES {
            assert!(
                handbook.contains(&format!("| {code} |")),
                "{code} is not in docs/failures.md"
            );
        }
    }
}
