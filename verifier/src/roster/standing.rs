//! Whose word no longer counts, and from when.
//!
//! A desk, a person or a single certificate is taken out in one of two manners. *Withdrawn*: it was in honest
//! hands until a moment, so what says it was sealed before that moment stands, also when it arrives later.
//! *Compromised*: somebody else may hold the key and can write any time into a seal, so nothing counts any
//! more that has not been filed yet, whatever time it bears; what was filed before has its receipt and is
//! looked through by people.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RosterError, disk};

/// In which manner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    Withdrawn,
    Compromised,
}

/// Who or what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    Station(String),
    Operator(String),
    /// SHA-256 of a certificate (DER), as `keyid` in envelopes.
    Key(String),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    pub revoked: Revoked,
    pub manner: Manner,
    /// What was sealed at this moment or later does not stand. May lie ahead.
    pub from: Timestamp,
    pub recorded_at: Timestamp,
    /// Who decided, and why.
    pub by: String,
    pub reason: String,
}

/// The list, as it lay on disk when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    revocations: Vec<Revocation>,
}

impl Standing {
    /// Reads the list; without a file nobody is revoked.
    pub(super) fn load(path: &Path) -> Result<Self, RosterError> {
        Ok(disk::read_json(path)?.unwrap_or_default())
    }

    pub(super) fn add(&mut self, revocation: Revocation) {
        self.revocations.push(revocation);
    }

    /// Everything on the list, as it was recorded.
    pub fn revocations(&self) -> &[Revocation] {
        &self.revocations
    }

    /// Whether a seal of this desk, by this certificate, at this moment, counts.
    pub fn station_counts(&self, station: &str, key: &str, sealed_at: Timestamp) -> bool {
        self.counts(
            key,
            sealed_at,
            |revoked| matches!(revoked, Revoked::Station(name) if name == station),
        )
    }

    /// Whether a signature of this person, by this certificate, at this moment, counts.
    pub fn operator_counts(&self, operator: &str, key: &str, signed_at: Timestamp) -> bool {
        self.counts(
            key,
            signed_at,
            |revoked| matches!(revoked, Revoked::Operator(name) if name == operator),
        )
    }

    fn counts(&self, key: &str, at: Timestamp, named: impl Fn(&Revoked) -> bool) -> bool {
        !self.revocations.iter().any(|revocation| {
            let meant = named(&revocation.revoked)
                || matches!(&revocation.revoked, Revoked::Key(revoked) if revoked == key);
            meant && (revocation.manner == Manner::Compromised || at >= revocation.from)
        })
    }

    /// Whether somebody else may hold the key of this desk: then no door opens.
    pub fn station_is_compromised(&self, station: &str, key: &str) -> bool {
        // Whatever was withdrawn still counts at the beginning of time.
        !self.station_counts(station, key, Timestamp::MIN)
    }
}
