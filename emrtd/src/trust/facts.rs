//! What a trusted certificate says, for people and for programs that list them.

use serde::{Deserialize, Serialize};

use super::master_list::MasterList;
use super::{Anchor, CscaTrust, country, pem};
use crate::proof::certificate::Certificate;
use crate::proof::key;

/// One certificate of the trust directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrustedCertificate {
    /// Two letters, upper case.
    pub country: Option<String>,
    pub subject: String,
    pub issuer: String,
    /// Hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub sha256: String,
    /// "RSA" or "EC"; `None` for a key that is not used here.
    pub key: Option<String>,
    pub bits: Option<usize>,
    /// "brainpoolP512r1".
    pub curve: Option<String>,
    /// The curve's parameters are written out.
    pub explicit_curve: bool,
    /// Hexadecimal; `None` where the certificate states none.
    pub key_id: Option<String>,
    pub not_before: Option<jiff::Timestamp>,
    pub not_after: Option<jiff::Timestamp>,
    pub kind: CertificateKind,
    /// Somebody vouched for it, or for the list that it comes from.
    pub pinned: bool,
    /// The file's name; `None` for certificates that came from no directory.
    pub source: Option<String>,
}

/// Where in a chain a certificate can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CertificateKind {
    SelfSigned,
    /// A newer key, signed by an older one.
    Link,
    DocumentSigner,
}

impl CertificateKind {
    /// The word that JSON uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfSigned => "self_signed",
            Self::Link => "link",
            Self::DocumentSigner => "document_signer",
        }
    }
}

impl TrustedCertificate {
    /// What a certificate in DER says, trusted or not; `None` when it is none.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Some(Self::of(&Certificate::from_der(der)?, false, None))
    }

    pub(super) fn of(certificate: &Certificate, pinned: bool, source: Option<String>) -> Self {
        let facts = key::facts(certificate.key_info()).ok();
        let curve = facts.and_then(|facts| facts.curve);
        Self {
            country: certificate.subject().country(),
            subject: certificate.subject().readable(),
            issuer: certificate.issuer().readable(),
            serial: hex::encode(certificate.serial()),
            sha256: hex::encode(certificate.fingerprint()),
            key: facts.map(|facts| facts.kind.to_owned()),
            bits: facts.map(|facts| facts.bits),
            curve: curve.map(str::to_owned),
            explicit_curve: facts.is_some_and(|facts| facts.explicit),
            key_id: certificate.stated_key_id().map(hex::encode),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            kind: if certificate.is_self_signed() {
                CertificateKind::SelfSigned
            } else if certificate.may_issue() {
                CertificateKind::Link
            } else {
                CertificateKind::DocumentSigner
            },
            pinned,
            source,
        }
    }

    fn of_anchor(anchor: &Anchor) -> Self {
        let name = anchor.source.as_ref().and_then(|path| path.file_name());
        let source = name.map(|name| name.to_string_lossy().into_owned());
        Self::of(&anchor.certificate, anchor.pinned, source)
    }
}

impl CscaTrust {
    /// Every trusted country certificate, by country and age; of one country only, if asked (a
    /// territory's documents are its state's).
    pub fn certificates(&self, of: Option<&str>) -> Vec<TrustedCertificate> {
        let wanted = of.map(str::to_ascii_uppercase);
        let mut found: Vec<TrustedCertificate> = self
            .anchors
            .iter()
            .filter(|anchor| {
                wanted.as_deref().is_none_or(|wanted| {
                    let country = anchor.certificate.subject().country();
                    country.is_some_and(|country| country::same_state(&country, wanted))
                })
            })
            .map(TrustedCertificate::of_anchor)
            .collect();
        found.sort_by(|one, other| {
            (&one.country, one.not_before, &one.sha256).cmp(&(
                &other.country,
                other.not_before,
                &other.sha256,
            ))
        });
        found
    }

    /// The DER of the one trusted certificate whose SHA-256 begins so; `None` when none or several
    /// do.
    pub fn certificate(&self, sha256_prefix: &str) -> Option<(TrustedCertificate, Vec<u8>)> {
        let prefix = sha256_prefix.to_ascii_lowercase();
        let mut found = self.anchors.iter().filter(|anchor| {
            !prefix.is_empty() && hex::encode(anchor.certificate.fingerprint()).starts_with(&prefix)
        });
        let one = found.next()?;
        let der = one.certificate.der().to_vec();
        found
            .next()
            .is_none()
            .then(|| (TrustedCertificate::of_anchor(one), der))
    }
}

/// What the certificates of a file say, trusted or not: DER, PEM, or a master list whose signature
/// holds. Empty when it holds none.
pub fn read_certificates(bytes: &[u8]) -> Vec<TrustedCertificate> {
    let certificates: Vec<Certificate> = match MasterList::open(bytes) {
        Some(list) => list.certificates.into_iter().flatten().collect(),
        None => pem::objects(bytes, "CERTIFICATE")
            .unwrap_or_default()
            .iter()
            .filter_map(|der| Certificate::from_der(der))
            .collect(),
    };
    certificates
        .iter()
        .map(|certificate| TrustedCertificate::of(certificate, false, None))
        .collect()
}
