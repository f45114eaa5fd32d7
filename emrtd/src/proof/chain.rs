//! From a document signer to a country certificate: two links, built by key identifier, never by
//! name (ICAO 9303-12 §7; of the country certificates that share a name, many hold an older key).

use jiff::Timestamp;
use openssl::x509::{CrlStatus, X509, X509KeyUsage};

use super::certificate::{country, is_ca, signed_by, timestamp};
use crate::report::{ChainState, RevocationState};
use crate::trust::CscaTrust;

/// What building the chain brought.
pub(super) struct Chain {
    pub(super) state: ChainState,
    pub(super) revocation: RevocationState,
    pub(super) anchor: Option<X509>,
    /// The signer names no authority key, so every anchor's was tried.
    pub(super) searched: bool,
}

/// `moment` is when the signer signed, or the day of the check if it does not say.
pub(super) fn build(
    signer: &X509,
    trust: &CscaTrust,
    moment: Timestamp,
    today: Timestamp,
    mrz_country: Option<&str>,
) -> Chain {
    let mut chain = Chain {
        state: ChainState::UnknownIssuer,
        revocation: RevocationState::NoList,
        anchor: None,
        searched: signer.authority_key_id().is_none(),
    };
    let candidates: Vec<&X509> = match signer.authority_key_id() {
        Some(id) => trust.by_key_id(id.as_slice()).collect(),
        None => trust.anchors().iter().collect(),
    };
    let issuers: Vec<&X509> = candidates
        .iter()
        .copied()
        .filter(|anchor| signed_by(signer, anchor))
        .collect();
    // A key may stand in several certificates (self-signed and link, first and renewed): take one
    // that was valid when it issued this signer, if any was.
    let issued = timestamp(signer.not_before());
    let Some(&anchor) = issuers
        .iter()
        .find(|anchor| issued.is_some_and(|issued| valid(anchor, issued) == Validity::Valid))
        .or(issuers.first())
    else {
        if !candidates.is_empty() && !chain.searched {
            chain.state = ChainState::BadSignature;
        }
        return chain;
    };
    chain.anchor = Some(anchor.clone());
    chain.revocation = revocation(signer, anchor, trust, today);
    chain.state = judge(signer, anchor, moment, issued, mrz_country);
    if chain.state == ChainState::Trusted && chain.revocation == RevocationState::Revoked {
        chain.state = ChainState::Revoked;
    }
    chain
}

fn judge(
    signer: &X509,
    anchor: &X509,
    moment: Timestamp,
    issued: Option<Timestamp>,
    mrz_country: Option<&str>,
) -> ChainState {
    // 9303-12 §7.1: a document signer may sign, and may not issue.
    let may_sign = signer
        .key_usage()
        .is_none_or(|usage| usage.contains(X509KeyUsage::DIGITAL_SIGNATURE));
    let may_issue = anchor
        .key_usage()
        .is_none_or(|usage| usage.contains(X509KeyUsage::KEY_CERT_SIGN));
    if !may_sign || !may_issue || is_ca(signer) {
        return ChainState::Unfit;
    }
    let of_signer = country(signer.subject_name());
    let of_anchor = country(anchor.subject_name());
    if of_signer.is_none()
        || of_signer != of_anchor
        || mrz_country.is_some_and(|wanted| of_anchor.as_deref() != Some(wanted))
    {
        return ChainState::CountryMismatch;
    }
    let anchor_then = issued.map_or(Validity::Unreadable, |issued| valid(anchor, issued));
    for validity in [valid(signer, moment), anchor_then] {
        match validity {
            Validity::Valid => {}
            Validity::Over | Validity::Unreadable => return ChainState::ExpiredAtSigning,
            Validity::NotYet => return ChainState::NotYetValid,
        }
    }
    ChainState::Trusted
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Validity {
    NotYet,
    Valid,
    Over,
    Unreadable,
}

fn valid(certificate: &X509, moment: Timestamp) -> Validity {
    let from = timestamp(certificate.not_before());
    let until = timestamp(certificate.not_after());
    match (from, until) {
        (Some(from), _) if moment < from => Validity::NotYet,
        (_, Some(until)) if moment > until => Validity::Over,
        (Some(_), Some(_)) => Validity::Valid,
        _ => Validity::Unreadable,
    }
}

/// A list counts only under the very key that issued the signer.
fn revocation(
    signer: &X509,
    anchor: &X509,
    trust: &CscaTrust,
    today: Timestamp,
) -> RevocationState {
    let Ok(key) = anchor.public_key() else {
        return RevocationState::NoList;
    };
    let mut state = RevocationState::NoList;
    for crl in trust.crls() {
        if !crl.verify(&key).unwrap_or(false) {
            let _ = openssl::error::ErrorStack::get();
            continue;
        }
        if matches!(crl.get_by_cert(signer), CrlStatus::Revoked(_)) {
            return RevocationState::Revoked;
        }
        let fresh = crl
            .next_update()
            .and_then(timestamp)
            .is_some_and(|next| today <= next);
        if fresh {
            state = RevocationState::NotRevoked;
        } else if state == RevocationState::NoList {
            state = RevocationState::StaleList;
        }
    }
    state
}
