//! Every failure code that this crate can produce, for the failure catalogue.

/// One stable dotted code for each way in which reading or believing a chip can fail.
pub const CODES: &[&str] = &[
    // What is typed or scanned to open the chip.
    "card.can_malformed",
    "card.mrz_lines",
    "card.mrz_character",
    "card.mrz_check_digit",
    "card.document_number",
    "card.qr_malformed",
    // Reader and card.
    "card.removed",
    "card.reader_lost",
    "card.no_reader",
    "card.none",
    "card.busy",
    "card.service_missing",
    "card.silent",
    // Opening.
    "card.can_wrong",
    "card.mrz_wrong",
    "card.pace_not_offered",
    "card.mrz_needed",
    "card.pace_unsupported",
    "card.access_refused",
    "card.chip_unproven",
    "card.access_malformed",
    "card.access_key_unfit",
    "card.mapping_unproven",
    "card.secure_messaging",
    "card.no_document",
    "card.too_many_commands",
    "card.other_card",
    "card.several",
    "card.reader_hung",
    "card.too_slow",
    // Reading.
    "card.file_missing",
    "card.read_refused",
    "card.file_malformed",
    "card.file_too_long",
    "card.chip_authentication",
    "card.session_lost",
    // A finger that the card compares.
    "card.finger_unbound",
    "card.finger_template",
    "card.finger_says_yes",
    "card.finger_minutiae",
    "card.finger_data_refused",
    "card.finger_refused",
    "card.finger_other_visit",
    "card.finger_other_chip",
    // Believing.
    "chip.sod_malformed",
    "chip.sod_signature",
    "chip.sod_trailing",
    "chip.sod_algorithm_unknown",
    "chip.sod_other_content",
    "chip.sod_digest_unknown",
    "chip.sod_list_empty",
    "chip.sod_list_too_long",
    "chip.sod_group_twice",
    "chip.signer_missing",
    "chip.sod_of_another",
    "chip.expired_time_unknown",
    "chip.signed_in_future",
    "chip.issuer_not_valid",
    "chip.issuer_revoked",
    "chip.issuer_unknown",
    "chip.expired_at_signing",
    "chip.signer_not_yet_valid",
    "chip.signer_revoked",
    "chip.chain_broken",
    "chip.signer_unfit",
    "chip.country_mismatch",
    "chip.group_altered",
    "chip.group_unlisted",
    "chip.mrz_missing",
    "chip.mrz_malformed",
    "chip.clone_suspected",
    "chip.clone_unchecked",
    "chip.challenge_mismatch",
    "chip.access_downgraded",
    "chip.numbers_disagree",
    "chip.birth_disagrees",
    "chip.sex_disagrees",
    "chip.can_disagrees",
    "chip.zone_disagrees",
    "chip.qr_disagrees",
    "chip.file_malformed",
    // Worth a look.
    "chip.name_disagrees",
    "chip.expiry_disagrees",
    "chip.issue_disagrees",
    "chip.old_number_disagrees",
    "chip.details_disagree",
    "chip.number_irregular",
    "chip.list_disagrees",
    "chip.portrait_truncated",
    "chip.portrait_trailing",
    "chip.portrait_unusable",
    // Proving to the chip that this terminal may read fingers.
    "terminal.certificate_malformed",
    "terminal.certificate_other",
    "terminal.key_unreadable",
    "terminal.key_uncertified",
    "terminal.not_signed",
    "terminal.chip_not_authenticated",
    "terminal.authority_unnamed",
    "terminal.authority_unknown",
    "terminal.certificate_refused",
    "terminal.signature_refused",
    "terminal.refused",
    // The trust directory.
    "trust.unreadable",
    "trust.empty",
    "trust.not_a_certificate",
    "trust.manifest_damaged",
    "trust.file_unreadable",
    "trust.file_too_large",
    "trust.nothing_found",
    "trust.list_damaged",
    "trust.list_signer_unfit",
    "trust.list_unpinned",
    "trust.list_older",
    "trust.link_unanchored",
    "trust.crl_unbelieved",
    "trust.crl_older",
    "trust.not_written",
    "trust.key_mismatch",
    "trust.export_crypto",
    // The specimen issuer.
    "specimen.crypto",
    "specimen.person",
    "specimen.options",
    "specimen.not_saved",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CODES;
    use crate::access::{AccessError, AccessKeyError};
    use crate::card_qr::CardQrError;
    use crate::chip::{ReadError, TerminalAuthError};
    use crate::evidence::EvidenceError;
    use crate::on_card::OnCardError;
    use crate::proof::cv_certificate::CvCertificateError;
    use crate::proof::terminal::TerminalKeyError;
    use crate::report::{EvidenceFault, Notice};
    use crate::simulator::issuer::IssueError;
    use crate::transport::TransportError;
    use crate::trust::{ExportError, ImportError, TrustError};

    #[test]
    fn the_list_is_what_the_operations_say() {
        let operations = [
            AccessKeyError::CODES,
            CardQrError::CODES,
            TransportError::CODES,
            AccessError::CODES,
            ReadError::CODES,
            EvidenceFault::CODES,
            Notice::CODES,
            EvidenceError::CODES,
            TrustError::CODES,
            ImportError::CODES,
            ExportError::CODES,
            IssueError::CODES,
            CvCertificateError::CODES,
            TerminalKeyError::CODES,
            TerminalAuthError::CODES,
            OnCardError::CODES,
        ];
        let said: BTreeSet<_> = operations.into_iter().flatten().collect();
        let listed: BTreeSet<_> = CODES.iter().collect();
        assert_eq!(listed, said);
        assert_eq!(listed.len(), CODES.len(), "a code is listed twice");
    }
}
