//! The list of codes against the files that give them.

use std::collections::BTreeSet;

use super::CODES;

/// Every file in which an error says its code.
const SOURCES: &[&str] = &[
    include_str!("../duty.rs"),
    include_str!("../envelope.rs"),
    include_str!("../epoch.rs"),
    include_str!("../ids.rs"),
    include_str!("../key.rs"),
    include_str!("../open/error.rs"),
    include_str!("../receipt.rs"),
    include_str!("../seal.rs"),
    include_str!("../sighting.rs"),
    include_str!("../slip.rs"),
    include_str!("../ticket.rs"),
    include_str!("../trust.rs"),
];

#[test]
fn the_list_holds_every_code_and_no_other() {
    // Among all that stands between quotation marks, what looks like a code is one.
    let texts = SOURCES.iter().flat_map(|source| source.split('"').skip(1));
    let is_code = |text: &&str| {
        text.split_once('.').is_some_and(|(family, fault)| {
            [family, fault]
                .iter()
                .all(|s| !s.is_empty() && s.bytes().all(|b| b == b'_' || b.is_ascii_lowercase()))
        })
    };
    let found: BTreeSet<_> = texts.filter(is_code).collect();
    let listed: BTreeSet<_> = CODES.iter().copied().collect();
    assert_eq!(found, listed);
    assert_eq!(listed.len(), CODES.len(), "a code is listed twice");
    assert!(CODES.is_sorted());
}

#[test]
fn simple_errors_have_a_code_each() {
    let all = crate::TicketError::ALL.iter().map(crate::TicketError::code);
    let all = all.chain(
        crate::ReceiptError::ALL
            .iter()
            .map(crate::ReceiptError::code),
    );
    let all = all.chain(crate::IdError::ALL.iter().map(crate::IdError::code));
    let epochs = crate::EpochError::ALL.iter();
    let all = all.chain(epochs.map(crate::EpochError::code));
    let duties = crate::DutyError::ALL.iter();
    let all = all.chain(duties.map(crate::DutyError::code));
    let sightings = crate::SightingError::ALL.iter();
    let all = all.chain(sightings.map(crate::SightingError::code));
    let slips = crate::SlipError::ALL.iter();
    let all = all.chain(slips.map(crate::SlipError::code));
    let all: Vec<_> = all
        .chain(
            crate::CertificateError::ALL
                .iter()
                .map(crate::CertificateError::code),
        )
        .collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert!(all.iter().all(|code| CODES.contains(code)));
}
