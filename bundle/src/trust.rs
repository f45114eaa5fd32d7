//! Whom we believe: the authority that enrols desks and operators, and what its certificates say.
//!
//! A desk's certificate has the station's name as common name and `station` as organisational
//! unit; an operator's has the operator's name and role. Both hold a P-256 key and descend
//! from one of our roots.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage as Usage, anchor_from_trusted_cert, ring as algorithms};
use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::{CN, OU};
use x509_cert::der::{Decode as _, Tag, Tagged as _};
use x509_cert::ext::pkix::KeyUsage;

use crate::ids::{OperatorId, StationId};
use crate::manifest::Role;

/// The organisational unit of a desk's certificate.
pub const STATION_UNIT: &str = "station";

/// A certificate longer than this is refused before it is parsed.
const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// A trust file longer than this is refused.
const MAX_TRUST_FILE_BYTES: u64 = 1 << 20;

/// More roots than this are refused: someone named the wrong folder.
const MAX_ROOTS: usize = 256;

/// With what our authorities may sign certificates.
static CHAIN_ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
];

/// The roots under which desks and operators are enrolled.
#[derive(Clone)]
pub struct StationTrust {
    anchors: Vec<TrustAnchor<'static>>,
}

/// Why there is nothing to trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StationTrustError {
    /// The file or folder could not be read.
    #[error("the station trust cannot be read")]
    Unreadable(#[source] io::Error),
    /// A file that should hold root certificates does not.
    #[error("a station root certificate is malformed")]
    Malformed,
    /// Nothing in it.
    #[error("the station trust holds no certificate")]
    Empty,
    /// More than any list of ours has.
    #[error("the station trust holds too many certificates")]
    TooMany,
}

impl StationTrustError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "station_trust.unreadable",
            Self::Malformed => "station_trust.malformed",
            Self::Empty => "station_trust.empty",
            Self::TooMany => "station_trust.too_many",
        }
    }
}

/// A desk or a person, as the certificate names it and a trusted root confirms it. It says who
/// may sign, not that anything was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerIdentity {
    /// Who.
    pub id: OperatorId,
    /// As what.
    pub role: Role,
}

/// Why a certificate is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not an X.509 certificate we can read, or not one that may sign.
    #[error("the certificate is malformed or not for signing")]
    Malformed,
    /// No root of ours stands behind it.
    #[error("the certificate comes from no trusted root")]
    Untrusted,
    /// Too late.
    #[error("the certificate has expired")]
    Expired,
    /// Too early: a clock is wrong.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// A desk's where a person's is wanted, a person's where a desk's is, or a name that is none.
    #[error("the certificate names no station or no role")]
    WrongUnit,
}

impl CertificateError {
    /// The stable code of this failure, where no bundle is spoken of.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "certificate.malformed",
            Self::Untrusted => "certificate.untrusted",
            Self::Expired => "certificate.expired",
            Self::NotYetValid => "certificate.not_yet_valid",
            Self::WrongUnit => "certificate.wrong_unit",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::Untrusted,
        Self::Expired,
        Self::NotYetValid,
        Self::WrongUnit,
    ];
}

impl StationTrust {
    /// Reads the roots from a PEM file, or from every `.pem`, `.crt`, `.cer` and `.der` file of a folder.
    pub fn load(path: &Path) -> Result<Self, StationTrustError> {
        let mut roots = Vec::new();
        if fs::metadata(path)
            .map_err(StationTrustError::Unreadable)?
            .is_dir()
        {
            for entry in fs::read_dir(path).map_err(StationTrustError::Unreadable)? {
                let file = entry.map_err(StationTrustError::Unreadable)?.path();
                let kind = file
                    .extension()
                    .and_then(|e| e.to_str())
                    .unwrap_or_default();
                if matches!(kind, "pem" | "crt" | "cer" | "der") {
                    read_roots(&file, &mut roots)?;
                }
            }
        } else {
            read_roots(path, &mut roots)?;
        }
        Self::from_der(roots)
    }

    /// Takes the roots from a PEM text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, StationTrustError> {
        let mut roots = Vec::new();
        add_roots(pem, &mut roots)?;
        Self::from_der(roots)
    }

    /// Takes the roots as DER.
    pub fn from_der(roots: impl IntoIterator<Item = Vec<u8>>) -> Result<Self, StationTrustError> {
        let mut anchors = Vec::new();
        for root in roots {
            if anchors.len() == MAX_ROOTS {
                return Err(StationTrustError::TooMany);
            }
            let der = CertificateDer::from(root);
            let anchor =
                anchor_from_trusted_cert(&der).map_err(|_| StationTrustError::Malformed)?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() {
            Err(StationTrustError::Empty)
        } else {
            Ok(Self { anchors })
        }
    }

    /// The desk that a certificate names, if the certificate stood at `at`.
    pub fn station(
        &self,
        certificate: &[u8],
        at: Timestamp,
    ) -> Result<StationId, CertificateError> {
        let (name, unit) = self.names(certificate, at)?;
        if unit != STATION_UNIT {
            return Err(CertificateError::WrongUnit);
        }
        StationId::new(name).map_err(|_| CertificateError::WrongUnit)
    }

    /// The person that a certificate names, if the certificate stood at `at`.
    pub fn operator(
        &self,
        certificate: &[u8],
        at: Timestamp,
    ) -> Result<SignerIdentity, CertificateError> {
        let (name, unit) = self.names(certificate, at)?;
        let role = Role::from_name(&unit).ok_or(CertificateError::WrongUnit)?;
        let id = OperatorId::new(name).map_err(|_| CertificateError::WrongUnit)?;
        Ok(SignerIdentity { id, role })
    }

    /// The person that a certificate names and the unit it gives, whether or not that is a role in visits.
    pub fn person(
        &self,
        certificate: &[u8],
        at: Timestamp,
    ) -> Result<(OperatorId, String), CertificateError> {
        let (name, unit) = self.names(certificate, at)?;
        if unit == STATION_UNIT {
            return Err(CertificateError::WrongUnit);
        }
        let id = OperatorId::new(name).map_err(|_| CertificateError::WrongUnit)?;
        Ok((id, unit))
    }

    /// As what a certificate of the authority names somebody who is neither desk nor person, if it stood at `at`.
    pub fn unit_of(&self, certificate: &[u8], at: Timestamp) -> Result<String, CertificateError> {
        self.names(certificate, at).map(|(_, unit)| unit)
    }

    /// Checks the chain first and reads the names after.
    fn names(
        &self,
        certificate: &[u8],
        at: Timestamp,
    ) -> Result<(String, String), CertificateError> {
        if certificate.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::Malformed);
        }
        let der = CertificateDer::from(certificate);
        let end = EndEntityCert::try_from(&der).map_err(|_| CertificateError::Malformed)?;
        // RFC 5280 §6.1. An extended key usage, where there is one, must allow client
        // authentication: the desk's certificate also opens its connection to the verifier.
        let usage = Usage::client_auth();
        let time = unix_time(at);
        end.verify_for_usage(
            CHAIN_ALGORITHMS,
            &self.anchors,
            &[],
            time,
            usage,
            None,
            None,
        )
        .map_err(|error| match error {
            webpki::Error::CertExpired { .. } => CertificateError::Expired,
            webpki::Error::CertNotValidYet { .. } => CertificateError::NotYetValid,
            webpki::Error::BadDer => CertificateError::Malformed,
            _ => CertificateError::Untrusted,
        })?;
        names(&parse(certificate)?)
    }
}

impl fmt::Debug for StationTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StationTrust({} roots)", self.anchors.len())
    }
}

/// Whether `signature` was made by the key in `certificate` over `message`. It says nothing about
/// whose certificate that is: ask [`StationTrust`].
pub(crate) fn has_signed(certificate: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let der = CertificateDer::from(certificate);
    let Ok(end) = EndEntityCert::try_from(&der) else {
        return false;
    };
    end.verify_signature(algorithms::ECDSA_P256_SHA256, message, signature)
        .is_ok()
}

/// The common name and the organisational unit of a certificate, unchecked; and the certificate
/// must stand at `at`. For a desk, which signs with its own certificate and may have no roots.
pub(crate) fn own_names(
    certificate: &[u8],
    at: Timestamp,
) -> Result<(String, String), CertificateError> {
    let parsed = parse(certificate)?;
    let validity = parsed.tbs_certificate.validity;
    let at = unix_time(at).as_secs();
    if at < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotYetValid);
    }
    if at > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired);
    }
    names(&parsed)
}

/// From when until when a certificate stands, by its own word: a desk asks it of its own before a shift.
pub fn validity(certificate: &[u8]) -> Result<(Timestamp, Timestamp), CertificateError> {
    let validity = parse(certificate)?.tbs_certificate.validity;
    let at = |seconds: u64| {
        i64::try_from(seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(CertificateError::Malformed)
    };
    Ok((
        at(validity.not_before.to_unix_duration().as_secs())?,
        at(validity.not_after.to_unix_duration().as_secs())?,
    ))
}

/// The public key of a certificate, unchecked; none where it is no certificate.
pub(crate) fn public_key(certificate: &[u8]) -> Option<Vec<u8>> {
    let parsed = parse(certificate).ok()?;
    let key = parsed.tbs_certificate.subject_public_key_info;
    Some(key.subject_public_key.raw_bytes().to_vec())
}

pub(crate) fn parse(certificate: &[u8]) -> Result<Certificate, CertificateError> {
    if certificate.len() > MAX_CERTIFICATE_BYTES {
        return Err(CertificateError::Malformed);
    }
    Certificate::from_der(certificate).map_err(|_| CertificateError::Malformed)
}

fn names(certificate: &Certificate) -> Result<(String, String), CertificateError> {
    let tbs = &certificate.tbs_certificate;
    // RFC 5280 §4.2.1.3: where key usage is limited, it must allow signatures.
    let usage = tbs
        .get::<KeyUsage>()
        .map_err(|_| CertificateError::Malformed)?;
    if usage.is_some_and(|(_, usage)| !usage.digital_signature()) {
        return Err(CertificateError::Malformed);
    }
    let only = |wanted: ObjectIdentifier| {
        let mut found = tbs
            .subject
            .0
            .iter()
            .flat_map(|rdn| rdn.0.iter())
            .filter(|a| a.oid == wanted);
        let one = found.next().ok_or(CertificateError::WrongUnit)?;
        if found.next().is_some() {
            return Err(CertificateError::WrongUnit);
        }
        let text = match one.value.tag() {
            Tag::Utf8String => one
                .value
                .decode_as::<Utf8StringRef<'_>>()
                .map(|s| s.as_str().to_owned()),
            Tag::PrintableString => one
                .value
                .decode_as::<PrintableStringRef<'_>>()
                .map(|s| s.as_str().to_owned()),
            _ => return Err(CertificateError::WrongUnit),
        };
        text.map_err(|_| CertificateError::WrongUnit)
    };
    Ok((only(CN)?, only(OU)?))
}

fn unix_time(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(
        u64::try_from(at.as_second()).unwrap_or(0),
    ))
}

fn read_roots(path: &Path, into: &mut Vec<Vec<u8>>) -> Result<(), StationTrustError> {
    let content = crate::file::read_within(path, MAX_TRUST_FILE_BYTES)
        .map_err(StationTrustError::Unreadable)?;
    if content.first() == Some(&0x30) {
        into.push(content);
        return Ok(());
    }
    add_roots(&content, into)
}

fn add_roots(pem: &[u8], into: &mut Vec<Vec<u8>>) -> Result<(), StationTrustError> {
    let before = into.len();
    for root in CertificateDer::pem_slice_iter(pem) {
        into.push(root.map_err(|_| StationTrustError::Malformed)?.to_vec());
    }
    // A file without a certificate is a mistake to be told, not to be passed over.
    if into.len() == before {
        Err(StationTrustError::Empty)
    } else {
        Ok(())
    }
}
