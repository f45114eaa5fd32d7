//! Whom a name belongs to, by which keys it is known, and what it may do at this moment.

use access_tokens::PublicKey;
use bundle::StationTrust;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_cert::der::{Decode as _, Encode as _};

use super::keeper::AccessError;
use super::{Role, Scope};
use crate::roster::{Official, Roster};

/// Before the names of officials, so that no integrator can be called like one.
pub(crate) const OFFICIAL: &str = "operator:";

/// A client in good standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    Integrator {
        purposes: Vec<String>,
    },
    /// An official gives the reason for each look in their own words.
    Official {
        role: Role,
    },
}

/// A key by which a client is known, and what it may do with it.
pub(super) struct Credential {
    /// The key's thumbprint, or the certificate's SHA-256.
    pub(super) name: String,
    pub(super) key: PublicKey,
    pub(super) scopes: Vec<Scope>,
    pub(super) known: Known,
}

/// Where clients are looked up.
pub(super) struct Clients<'a> {
    pub(super) roster: &'a Roster,
    pub(super) stations: &'a StationTrust,
    /// Officials whom the settings suspend.
    pub(super) suspended: &'a [String],
}

impl Clients<'_> {
    /// Every key by which this client is known now. None: there is no such client, or none of its keys stands.
    pub(super) fn credentials(
        &self,
        client: &str,
        now: Timestamp,
    ) -> Result<Vec<Credential>, AccessError> {
        match client.strip_prefix(OFFICIAL) {
            Some(id) => self.official(id, now),
            None => self.integrator(client),
        }
    }

    fn integrator(&self, name: &str) -> Result<Vec<Credential>, AccessError> {
        let integrator = self
            .roster
            .integrator(name)?
            .ok_or(AccessError::ClientUnknown)?;
        if integrator.suspended.is_some() {
            return Err(AccessError::ClientSuspended);
        }
        let key = PublicKey::from_jwk(&integrator.key)?;
        Ok(vec![Credential {
            name: key.thumbprint(),
            key,
            scopes: integrator.scopes.clone(),
            known: Known::Integrator {
                purposes: integrator.purposes.clone(),
            },
        }])
    }

    fn official(&self, id: &str, now: Timestamp) -> Result<Vec<Credential>, AccessError> {
        let official = self
            .roster
            .official(id)?
            .ok_or(AccessError::ClientUnknown)?;
        let standing = self.roster.standing()?;
        let suspended = self.suspended.iter().any(|name| name == id);
        let counts = |key: &str| !suspended && standing.operator_counts(id, key, now);
        let all = certificates(&official, id, self.stations, now);
        let (good, bad): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| counts(&one.name));
        match (good.is_empty(), bad.is_empty()) {
            (false, _) => Ok(good),
            (true, false) => Err(AccessError::ClientSuspended),
            (true, true) => Err(AccessError::ClientUnknown),
        }
    }
}

/// Those certificates that stand under the authority now and say what the roster says. The roster gives the role.
fn certificates(
    official: &Official,
    id: &str,
    stations: &StationTrust,
    now: Timestamp,
) -> Vec<Credential> {
    let read = |known: &crate::roster::OfficialCertificate| {
        let der = CertificateDer::from_pem_slice(known.certificate.as_bytes()).ok()?;
        let (name, unit) = stations.person(&der, now).ok()?;
        let role = Role::from_name(&known.role)?;
        if name.as_str() != id || unit != known.role {
            return None;
        }
        let certificate = x509_cert::Certificate::from_der(&der).ok()?;
        let spki = certificate.tbs_certificate.subject_public_key_info;
        Some(Credential {
            name: known.key.clone(),
            key: PublicKey::from_spki(&spki.to_der().ok()?).ok()?,
            scopes: role.scopes(),
            known: Known::Official { role },
        })
    };
    official.certificates.iter().filter_map(read).collect()
}
