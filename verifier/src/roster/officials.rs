//! Officials: the certificates that the authority gave them, kept so that they need not show them again.

use std::path::PathBuf;
use std::sync::Arc;

use bundle::{KeyStorage, Sha256Digest, StationTrust};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use super::{Enrolled, Roster, RosterError, disk};
use crate::enroll::{Subject, is_name};

/// The newest certificates of one person: a token, its successor, and some to spare.
const MAX_CERTIFICATES: usize = 8;

/// Everything an official may be known by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Official {
    pub certificates: Vec<OfficialCertificate>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialCertificate {
    /// SHA-256 of it (DER), as `keyid` in envelopes.
    pub key: String,
    pub role: String,
    /// PEM.
    pub certificate: String,
}

impl Roster {
    /// Keeps the certificate that an official was just given.
    pub(super) fn keep_certificate(
        &self,
        enrolled: &Enrolled,
        certificate: &str,
    ) -> Result<(), RosterError> {
        let Subject::Operator { id, role } = &enrolled.subject else {
            return Ok(());
        };
        let path = self.official_path(id);
        let mut official: Official = disk::read_json(&path)?.unwrap_or_default();
        official
            .certificates
            .retain(|known| known.key != enrolled.key);
        official.certificates.push(OfficialCertificate {
            key: enrolled.key.clone(),
            role: role.clone(),
            certificate: certificate.to_owned(),
        });
        let surplus = official.certificates.len().saturating_sub(MAX_CERTIFICATES);
        official.certificates.drain(..surplus);
        disk::write_json(&path, &official)
    }

    /// Makes an official known whose certificate was signed on the command line. It must stand under the authority
    /// now; its name and role are read out of it.
    pub fn know_official(
        &self,
        certificate: &str,
        stations: &StationTrust,
        by: &str,
        now: Timestamp,
    ) -> Result<Enrolled, RosterError> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| RosterError::OfficialCertificate)?;
        let (id, role) = stations
            .person(&der, now)
            .map_err(|_| RosterError::OfficialCertificate)?;
        let subject = Subject::Operator {
            id: id.as_str().to_owned(),
            role,
        };
        subject
            .check()
            .map_err(|_| RosterError::OfficialCertificate)?;
        let enrolled = Enrolled {
            subject,
            key: Sha256Digest::of(&der).to_string(),
            storage: KeyStorage::Unstated,
            enrolled_at: now,
            by: by.to_owned(),
        };
        self.note(&enrolled, certificate)?;
        Ok(enrolled)
    }

    /// The official of this name as the file says at this moment. `id` may be a stranger's word.
    pub fn official(&self, id: &str) -> Result<Option<Arc<Official>>, RosterError> {
        if !is_name(id) {
            return Ok(None);
        }
        self.officials.read(&self.official_path(id))
    }

    fn official_path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("officials/{id}.json"))
    }
}
