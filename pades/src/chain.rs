//! From a signer's certificate up to a trusted root, at a given time (RFC 5280 §6.1, without the policy
//! tree, name constraints and revocation: what would need them is refused, not waved through).

use std::fmt;

use der::{Decode, DecodePem, Encode};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};

use crate::oids;
use crate::verify::verify;

/// Longest chain, root included.
const LONGEST_CHAIN: usize = 8;
/// Most signatures checked for one chain, so that many look-alike issuers cannot keep us busy.
const MOST_TRIES: u32 = 64;
/// Largest file of roots that is read, in bytes.
const LARGEST_ROOT_FILE: usize = 4 << 20;

/// The roots a caller trusts.
#[derive(Clone, Default)]
pub struct Roots(Vec<Certificate>);

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({})", self.0.len())
    }
}

/// Why roots could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trusted root is no X.509 certificate")]
pub struct RootError;

impl RootError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(&self) -> &'static str {
        "pades.root_unreadable"
    }
}

impl Roots {
    /// No roots at all: every chain ends at an unknown issuer.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds one root as DER, or one or several as PEM.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), RootError> {
        if bytes.len() > LARGEST_ROOT_FILE {
            return Err(RootError);
        }
        if bytes.first() == Some(&0x30) {
            self.0
                .push(Certificate::from_der(bytes).map_err(|_| RootError)?);
            return Ok(());
        }
        const END: &str = "-----END CERTIFICATE-----";
        let text = std::str::from_utf8(bytes).map_err(|_| RootError)?;
        let mut added = false;
        for part in text.split_inclusive(END) {
            let Some(start) = part.find("-----BEGIN CERTIFICATE-----") else {
                continue;
            };
            self.0
                .push(Certificate::from_pem(&part[start..]).map_err(|_| RootError)?);
            added = true;
        }
        if added { Ok(()) } else { Err(RootError) }
    }

    /// How many roots there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where a signer's chain ends. It says nothing about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainState {
    /// At a trusted root, every certificate valid at the time asked for.
    Trusted,
    /// At an issuer that is neither trusted nor sent along, or whose signature does not verify.
    UnknownIssuer,
    /// A certificate on the way had expired.
    Expired,
    /// A certificate on the way was not valid yet.
    NotYetValid,
    /// The signer's certificate may not sign documents, or one above it may not issue.
    WrongUsage,
}

/// Follows the chain of `signer` at `at`.
pub(crate) fn follow(
    signer: &Certificate,
    sent: &[Certificate],
    roots: &Roots,
    at: Timestamp,
) -> ChainState {
    // RFC 5280 §4.2.1.3; ETSI EN 319 412-2 §4.3.2: a signature of a person is nonRepudiation or
    // digitalSignature. A certificate without the extension may do everything.
    let may_sign = usage(signer).is_none_or(|usage| {
        usage.0.contains(KeyUsages::DigitalSignature) || usage.0.contains(KeyUsages::NonRepudiation)
    });
    if !may_sign || has_unknown_critical(signer) {
        return ChainState::WrongUsage;
    }
    let mut walk = Walk {
        sent,
        roots,
        at,
        tries_left: MOST_TRIES,
    };
    walk.up(signer, 0, LONGEST_CHAIN)
}

struct Walk<'a> {
    sent: &'a [Certificate],
    roots: &'a Roots,
    at: Timestamp,
    tries_left: u32,
}

impl Walk<'_> {
    /// `below` counts the issuing certificates under `certificate`, for the path length.
    fn up(&mut self, certificate: &Certificate, below: usize, length_left: usize) -> ChainState {
        if let Some(state) = out_of_time(certificate, self.at) {
            return state;
        }
        if self.roots.0.contains(certificate) {
            return ChainState::Trusted;
        }
        let Some(length_left) = length_left.checked_sub(1) else {
            return ChainState::UnknownIssuer;
        };
        // The nearest miss is told: "expired" helps more than "unknown".
        let mut nearest = ChainState::UnknownIssuer;
        let candidates = self.roots.0.iter().chain(self.sent);
        for issuer in candidates {
            if issuer.tbs_certificate.subject != certificate.tbs_certificate.issuer
                || issuer == certificate
            {
                continue;
            }
            let Some(tries_left) = self.tries_left.checked_sub(1) else {
                return ChainState::UnknownIssuer;
            };
            self.tries_left = tries_left;
            if !signed_by(certificate, issuer) {
                continue;
            }
            let state = if may_issue(issuer, below) {
                self.up(issuer, below + 1, length_left)
            } else {
                ChainState::WrongUsage
            };
            match state {
                ChainState::Trusted => return ChainState::Trusted,
                ChainState::UnknownIssuer => {}
                better => nearest = better,
            }
        }
        nearest
    }
}

fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    // RFC 5280 §4.1.1.2: both places must name the same algorithm.
    if certificate.signature_algorithm != certificate.tbs_certificate.signature {
        return false;
    }
    let (Ok(message), Some(signature)) = (
        certificate.tbs_certificate.to_der(),
        certificate.signature.as_bytes(),
    ) else {
        return false;
    };
    let key = &issuer.tbs_certificate.subject_public_key_info;
    verify(
        key,
        &certificate.signature_algorithm,
        None,
        &message,
        signature,
    )
    .is_ok()
}

// RFC 5280 §6.1.4 (k)–(n).
fn may_issue(issuer: &Certificate, below: usize) -> bool {
    let Ok(Some((_, constraints))) = issuer.tbs_certificate.get::<BasicConstraints>() else {
        return false;
    };
    constraints.ca
        && constraints
            .path_len_constraint
            .is_none_or(|most| below <= usize::from(most))
        && usage(issuer).is_none_or(|usage| usage.0.contains(KeyUsages::KeyCertSign))
        && !has_unknown_critical(issuer)
}

fn usage(certificate: &Certificate) -> Option<KeyUsage> {
    certificate
        .tbs_certificate
        .get::<KeyUsage>()
        .ok()
        .flatten()
        .map(|(_, usage)| usage)
}

/// RFC 5280 §4.2: a critical extension that is not understood refuses the certificate. Those listed are
/// either checked above or only narrow what we do not rely on.
fn has_unknown_critical(certificate: &Certificate) -> bool {
    let known = [
        oids::KEY_USAGE,
        oids::BASIC_CONSTRAINTS,
        oids::EXTENDED_KEY_USAGE,
        oids::CERTIFICATE_POLICIES,
    ];
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    extensions
        .into_iter()
        .any(|extension| extension.critical && !known.contains(&extension.extn_id))
}

fn out_of_time(certificate: &Certificate, at: Timestamp) -> Option<ChainState> {
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    let validity = certificate.tbs_certificate.validity;
    if at.as_second() < seconds(validity.not_before) {
        Some(ChainState::NotYetValid)
    } else if at.as_second() > seconds(validity.not_after) {
        Some(ChainState::Expired)
    } else {
        None
    }
}
