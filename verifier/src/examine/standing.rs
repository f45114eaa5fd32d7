//! Whether desk, operator and officials still count: the roster's word, beside the settings' own.

use bundle::Sha256Digest;
use jiff::Timestamp;

use super::Examiner;
use super::checklist::Fault;

const STATION: &str = "examine.station_revoked";
const OPERATOR: &str = "examine.operator_revoked";
const OFFICIAL: &str = "examine.official_revoked";

/// Who signed.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Station,
    Operator,
    Official,
}

/// Whether this signer, by this certificate, counted at the moment that the seal names.
pub(super) fn check(
    examiner: &Examiner,
    who: Who,
    name: &str,
    certificate: &[u8],
    signed_at: Timestamp,
) -> Option<Fault> {
    let roster = examiner.policy.roster.as_ref()?;
    let standing = match roster.standing() {
        Ok(standing) => standing,
        // Without the list nobody knows: the bundle keeps waiting, and is not refused.
        Err(error) => {
            tracing::warn!(code = error.code(), "the roster cannot be read");
            return Some(Fault {
                may_be_retried: true,
                ..Fault::new(error.code())
            });
        }
    };
    let key = Sha256Digest::of(certificate).to_string();
    let (counts, code) = match who {
        Who::Station => (standing.station_counts(name, &key, signed_at), STATION),
        Who::Operator => (standing.operator_counts(name, &key, signed_at), OPERATOR),
        Who::Official => (standing.operator_counts(name, &key, signed_at), OFFICIAL),
    };
    (!counts).then(|| Fault::new(code))
}
