//! Every failure code of this crate, in one list, for the handbook to be held against.

/// The codes of refusals, failures and findings; `docs/failures.md` explains each.
pub const CODES: &[&str] = &[
    "access.busy",
    "access.client_suspended",
    "access.client_unknown",
    "access.grant",
    "access.missing",
    "access.proof_missing",
    "access.purpose",
    "access.purpose_missing",
    "access.request",
    "access.role",
    "access.scope",
    "access.too_many",
    "ask.unreachable",
    "ask.usage",
    "check.container_disagrees",
    "check.container_files",
    "check.container_signer",
    "check.no_code",
    "check.picture",
    "check.too_large",
    "check.trust_empty",
    "check.unreadable",
    "enroll.attestation_missing",
    "enroll.authority",
    "enroll.busy",
    "enroll.code_expired",
    "enroll.code_locked",
    "enroll.code_used",
    "enroll.code_wrong",
    "enroll.date",
    "enroll.key_kind",
    "enroll.name",
    "enroll.nobody_asked",
    "enroll.not_pending",
    "enroll.proof_wrong",
    "enroll.request",
    "enroll.role",
    "enroll.storage_not_allowed",
    "examine.attempts",
    "examine.before_epoch",
    "examine.blob_too_large",
    "examine.bundle_erased",
    "examine.chain_backwards",
    "examine.chain_other_station",
    "examine.chip_claim",
    "examine.consent_missing",
    "examine.consent_text",
    "examine.consent_time",
    "examine.evidence_excess",
    "examine.evidence_malformed",
    "examine.face",
    "examine.face_score",
    "examine.finger",
    "examine.finger_score",
    "examine.grade_not_allowed",
    "examine.kind_unknown",
    "examine.liveness",
    "examine.model_unknown",
    "examine.name_time",
    "examine.no_papers",
    "examine.no_personal_id",
    "examine.official_revoked",
    "examine.official_suspended",
    "examine.operator_revoked",
    "examine.operator_suspended",
    "examine.pages_differ",
    "examine.pages_filed_before",
    "examine.pdf_malformed",
    "examine.practice",
    "examine.presence",
    "examine.presence_missing",
    "examine.presentations",
    "examine.reference",
    "examine.resolution",
    "examine.sheets_missing",
    "examine.sightings_unasked",
    "examine.signature_missing",
    "examine.signature_partial",
    "examine.simulated_device",
    "examine.station_revoked",
    "examine.station_suspended",
    "examine.threshold_low",
    "examine.ticket_other_station",
    "examine.ticket_spent",
    "examine.times",
    "examine.visit_filed",
    "examine.visit_too_long",
    "fsck.blob",
    "fsck.data_key",
    "fsck.database",
    "fsck.document_differs",
    "fsck.entry_not_in_log",
    "fsck.erased_too_many",
    "fsck.erasure_not_in_log",
    "fsck.head_other_tree",
    "fsck.head_unsigned",
    "fsck.layout",
    "fsck.leaf_altered",
    "fsck.leaf_malformed",
    "fsck.leaf_missing",
    "fsck.leaf_unanswered",
    "fsck.node_missing",
    "fsck.orphan_paper",
    "fsck.paper",
    "fsck.receipt_missing",
    "fsck.receipt_wrong",
    "fsck.record",
    "fsck.rows_altered",
    "http.blobs_missing",
    "http.body_broken",
    "http.body_timeout",
    "http.body_too_large",
    "http.content_type",
    "http.internal",
    "http.key_busy",
    "http.key_quota",
    "http.key_reused",
    "http.malformed",
    "http.method",
    "http.no_certificate",
    "http.not_a_station",
    "http.not_found",
    "http.offset",
    "http.quota",
    "http.rate",
    "http.refused",
    "http.station_revoked",
    "http.station_suspended",
    "http.ticket_quota",
    "http.token",
    "http.try_again",
    "http.tus_version",
    "http.upload_digest",
    "http.upload_locked",
    "http.upload_too_large",
    "http.wrong_station",
    "import.altered",
    "import.medium",
    "import.too_many",
    "keys.epoch_in_use",
    "keys.epoch_queued",
    "keys.epoch_unknown",
    "keys.exist_already",
    "keys.generate",
    "keys.log_name",
    "keys.malformed",
    "keys.unreadable",
    "keys.unwritable",
    "log.checkpoint",
    "log.not_included",
    "log.other_tree",
    "log.policy",
    "log.too_few_witnesses",
    "log.verifier_key",
    "log.witness_address",
    "log.witness_ahead",
    "log.witness_answer",
    "log.witness_refused",
    "log.witness_unreachable",
    "monitor.address",
    "monitor.authority",
    "monitor.budget",
    "monitor.erased_too_many",
    "monitor.fork",
    "monitor.leaf_altered",
    "monitor.leaf_malformed",
    "monitor.shrunk",
    "monitor.state",
    "monitor.tile_altered",
    "monitor.tile_missing",
    "monitor.too_long",
    "monitor.unreachable",
    "monitor.unsigned",
    "roster.disk",
    "roster.fingerprint",
    "roster.integrator",
    "roster.integrator_known",
    "roster.integrator_unknown",
    "roster.malformed",
    "roster.official_certificate",
    "store.contention",
    "store.database",
    "store.file",
    "store.forgetful",
    "store.in_use",
    "store.layout",
    "store.log",
    "store.not_built",
    "store.other_log",
    "store.outdated",
    "store.row",
    "store.settings",
    "store.unsettled",
    "store.vault",
    "verifier.config_issuer",
    "verifier.config_malformed",
    "verifier.config_store",
    "verifier.config_unreadable",
    "verifier.config_watcher_token",
    "verifier.config_zero_limit",
    "verifier.listen",
    "verifier.ready_file",
    "verifier.runtime",
    "wallet.act",
    "wallet.unknown",
    "witness.file",
    "witness.in_use",
    "witness.known_log",
    "witness.listen",
    "witness.state",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The first words of our codes.
    const ROOMS: [&str; 16] = [
        "access", "ask", "check", "enroll", "examine", "fsck", "http", "import", "keys", "log",
        "monitor", "roster", "store", "verifier", "wallet", "witness",
    ];

    /// Every text literal in the sources that begins like one of our codes. File names do so too; they end
    /// in a known extension.
    fn written(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if ["codes.rs", "contract.rs", "contract", "tests.rs"].contains(&name) {
                continue;
            }
            if path.is_dir() {
                written(&path, found);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("mod tests {").next().unwrap();
            for literal in code.split('"') {
                let word = literal.split(' ').next().unwrap();
                let Some((room, rest)) = word.split_once('.') else {
                    continue;
                };
                let plain =
                    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                if ROOMS.contains(&room)
                    && plain
                    && !["vkey", "sqlite", "lock", "key", "secret"].contains(&rest)
                {
                    found.insert(word.to_owned());
                }
            }
        }
    }

    #[test]
    fn the_list_is_what_the_sources_say() {
        let mut found = BTreeSet::new();
        written(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        let listed: BTreeSet<String> = CODES.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(listed.len(), CODES.len(), "a code stands twice");
        assert_eq!(found, listed);
    }
}
