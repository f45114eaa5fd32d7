//! The small certificate authorities of a verifier: who is a station, who is an operator, who is the server.
//!
//! A station's certificate says CN = its name and OU = "station"; an operator's says CN = their name and
//! OU = their role. The request's own wishes (names, usages, extensions) are ignored: only its key is taken,
//! after its signature has shown that the asker holds it.

use bundle::KeyStorage;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams,
    CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::access::Role;

/// Life of an authority. Its end is the end of everything below it.
const AUTHORITY_YEARS: i16 = 10;
/// Life of a station's and of the server's certificate.
const STATION_YEARS: i16 = 2;
/// Life of an operator's certificate: people change desks more often than desks change.
const OPERATOR_YEARS: i16 = 1;
/// id-ce-certificatePolicies (RFC 5280 §4.2.1.4).
const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];
/// A signing request for one P-256 key is below a kilobyte.
const MAX_CSR_BYTES: usize = 16 * 1024;

/// The organisational unit of the key that signs containers.
pub(crate) const EXPORT_UNIT: &str = "export";

/// For whom a certificate is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    Station { id: String },
    Operator { id: String, role: String },
}

impl Subject {
    /// `station` or `operator`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Station { .. } => "station",
            Self::Operator { .. } => "operator",
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Station { id } | Self::Operator { id, .. } => id,
        }
    }

    /// Whether its names have the form that certificates may bear.
    pub fn check(&self) -> Result<(), EnrollError> {
        if let Self::Operator { role, .. } = self {
            known_role(role)?;
        }
        if is_name(self.id()) {
            Ok(())
        } else {
            Err(EnrollError::Name)
        }
    }
}

/// 3 to 40 letters a-z, digits or hyphens.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (3..=40).contains(&name.len()) && name.bytes().all(allowed)
}

/// Why nobody was enrolled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    #[error("the signing request cannot be read, or its signature is not by its own key")]
    Request,
    #[error("the key is not on the curve P-256")]
    KeyKind,
    #[error("a name has 3 to 40 letters a-z, digits or hyphens")]
    Name,
    #[error("no such role")]
    Role,
    #[error("the authority's key or certificate cannot be used")]
    Authority,
    #[error("the date is outside the calendar")]
    Date,
}

impl EnrollError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request => "enroll.request",
            Self::KeyKind => "enroll.key_kind",
            Self::Name => "enroll.name",
            Self::Role => "enroll.role",
            Self::Authority => "enroll.authority",
            Self::Date => "enroll.date",
        }
    }
}

/// An authority that can sign certificates: its certificate and its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
}

impl Authority {
    /// Makes a new self-signed authority.
    pub fn create(name: &str, today: jiff::civil::Date) -> Result<Self, EnrollError> {
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| EnrollError::Authority)?;
        let mut params = blank(today, AUTHORITY_YEARS)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params
            .self_signed(&key)
            .map_err(|_| EnrollError::Authority)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        })
    }

    /// Reads an authority back from its two PEM texts.
    pub fn load(certificate_pem: &str, key_pem: &str) -> Result<Self, EnrollError> {
        let key = KeyPair::from_pem(key_pem).map_err(|_| EnrollError::Authority)?;
        let issuer =
            Issuer::from_ca_cert_pem(certificate_pem, key).map_err(|_| EnrollError::Authority)?;
        Ok(Self {
            issuer,
            certificate_pem: certificate_pem.to_owned(),
        })
    }

    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub(crate) fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
    }

    /// Signs a certificate for the key of a PKCS#10 request (PEM). Returns the certificate in PEM.
    pub fn enroll(
        &self,
        subject: &Subject,
        csr_pem: &str,
        today: jiff::civil::Date,
    ) -> Result<String, EnrollError> {
        self.enroll_stored(subject, csr_pem, KeyStorage::Unstated, today)
    }

    /// The same, and the certificate says where the key lies.
    pub fn enroll_stored(
        &self,
        subject: &Subject,
        csr_pem: &str,
        storage: KeyStorage,
        today: jiff::civil::Date,
    ) -> Result<String, EnrollError> {
        if csr_pem.len() > MAX_CSR_BYTES {
            return Err(EnrollError::Request);
        }
        let mut request =
            CertificateSigningRequestParams::from_pem(csr_pem).map_err(|_| EnrollError::Request)?;
        if request.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(EnrollError::KeyKind);
        }
        request.params = self.subject_params(subject, today)?;
        if let Some(policies) = storage.to_policies() {
            request
                .params
                .custom_extensions
                .push(CustomExtension::from_oid_content(
                    CERTIFICATE_POLICIES,
                    policies,
                ));
        }
        request
            .signed_by(&self.issuer)
            .map(|certificate| certificate.pem())
            .map_err(|_| EnrollError::Authority)
    }

    /// Makes a key and a certificate for a TLS server answering to `hosts`. Returns both in PEM.
    pub fn server(
        &self,
        hosts: &[String],
        today: jiff::civil::Date,
    ) -> Result<(String, Zeroizing<String>), EnrollError> {
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| EnrollError::Authority)?;
        let mut params = blank(today, STATION_YEARS)?;
        params.subject_alt_names = CertificateParams::new(hosts)
            .map_err(|_| EnrollError::Name)?
            .subject_alt_names;
        params
            .distinguished_name
            .push(DnType::CommonName, "niem-verifier");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate: Certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(|_| EnrollError::Authority)?;
        Ok((certificate.pem(), Zeroizing::new(key.serialize_pem())))
    }

    /// Makes a key and a certificate that signs containers and nothing else. Returns both in PEM.
    pub fn export(
        &self,
        today: jiff::civil::Date,
    ) -> Result<(String, Zeroizing<String>), EnrollError> {
        let key =
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| EnrollError::Authority)?;
        let mut params = blank(today, AUTHORITY_YEARS)?;
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "niem-verifier");
        // No station and no role: it opens no door and seals no bundle.
        name.push(DnType::OrganizationalUnitName, EXPORT_UNIT);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
        ];
        params.use_authority_key_identifier_extension = true;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(|_| EnrollError::Authority)?;
        Ok((certificate.pem(), Zeroizing::new(key.serialize_pem())))
    }

    fn subject_params(
        &self,
        subject: &Subject,
        today: jiff::civil::Date,
    ) -> Result<CertificateParams, EnrollError> {
        let (id, unit, years) = match subject {
            Subject::Station { id } => (id, "station", STATION_YEARS),
            Subject::Operator { id, role } => (id, known_role(role)?, OPERATOR_YEARS),
        };
        if !is_name(id) {
            return Err(EnrollError::Name);
        }
        let mut params = blank(today, years)?;
        params
            .distinguished_name
            .push(DnType::CommonName, id.as_str());
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, unit);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // Both kinds carry client authentication, which the chain check of a seal asks for; that an
        // operator is no station is told by OU alone, and every door looks at it.
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        Ok(params)
    }
}

/// The public point of a request's key, after its signature has shown that the asker holds it.
pub(crate) fn request_point(csr_pem: &str) -> Result<Vec<u8>, EnrollError> {
    if csr_pem.len() > MAX_CSR_BYTES {
        return Err(EnrollError::Request);
    }
    let request =
        CertificateSigningRequestParams::from_pem(csr_pem).map_err(|_| EnrollError::Request)?;
    if request.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
        return Err(EnrollError::KeyKind);
    }
    Ok(request.public_key.der_bytes().to_vec())
}

/// Roles an operator's certificate may name.
fn known_role(role: &str) -> Result<&'static str, EnrollError> {
    Role::from_name(role)
        .map(Role::as_str)
        .ok_or(EnrollError::Role)
}

/// Parameters without a name, valid from yesterday (clocks differ) for some years.
fn blank(today: jiff::civil::Date, years: i16) -> Result<CertificateParams, EnrollError> {
    let from = today.yesterday().map_err(|_| EnrollError::Date)?;
    // A certificate made on 29 February ends on the 28th.
    let until = today
        .checked_add(jiff::Span::new().years(years))
        .map_err(|_| EnrollError::Date)?;
    let mut serial = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut serial)
        .map_err(|_| EnrollError::Authority)?;
    serial[0] &= 0x7f; // RFC 5280 §4.1.2.2: positive
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    for (moment, date) in [
        (&mut params.not_before, from),
        (&mut params.not_after, until),
    ] {
        let month = u8::try_from(date.month()).map_err(|_| EnrollError::Date)?;
        let day = u8::try_from(date.day()).map_err(|_| EnrollError::Date)?;
        *moment = rcgen::date_time_ymd(date.year().into(), month, day);
    }
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> jiff::civil::Date {
        jiff::civil::date(2026, 2, 28)
    }

    fn request(key: &KeyPair) -> String {
        let mut params = CertificateParams::default();
        // The asker wishes to be an authority; the wish must not come true.
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "somebody-else");
        params.serialize_request(key).unwrap().pem().unwrap()
    }

    fn decode(pem: &str) -> x509_cert::Certificate {
        use x509_cert::der::DecodePem;
        x509_cert::Certificate::from_pem(pem).unwrap()
    }

    #[test]
    fn a_station_gets_its_own_name_and_not_its_wishes() {
        let authority = Authority::create("CA", today()).unwrap();
        let reread = Authority::load(authority.certificate_pem(), &authority.key_pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let subject = Subject::Station {
            id: "tram-01".to_owned(),
        };
        let certificate = decode(&reread.enroll(&subject, &request(&key), today()).unwrap());
        assert_eq!(
            certificate.tbs_certificate.subject.to_string(),
            "OU=station,CN=tram-01"
        );
        let constraints: Option<(bool, x509_cert::ext::pkix::BasicConstraints)> =
            certificate.tbs_certificate.get().unwrap();
        assert!(constraints.is_none_or(|(_, c)| !c.ca));
        assert_eq!(certificate.tbs_certificate.issuer.to_string(), "CN=CA");
    }

    #[test]
    fn foreign_curves_bad_names_and_unknown_roles_are_refused() {
        let authority = Authority::create("CA", today()).unwrap();
        let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let station = |id: &str| Subject::Station { id: id.to_owned() };
        let code = |subject: &Subject, csr: &str| {
            authority.enroll(subject, csr, today()).unwrap_err().code()
        };
        assert_eq!(
            code(&station("tram-01"), &request(&p384)),
            "enroll.key_kind"
        );
        let csr = request(&KeyPair::generate().unwrap());
        for bad in ["", "ab", "Tram", "trạm-1", "a/../b", &"x".repeat(41)] {
            assert_eq!(code(&station(bad), &csr), "enroll.name");
        }
        let operator = Subject::Operator {
            id: "an.nguyen".to_owned(),
            role: "king".to_owned(),
        };
        assert_eq!(code(&operator, &csr), "enroll.role");
        assert_eq!(code(&station("tram-01"), "-----BEGIN"), "enroll.request");
    }
}
