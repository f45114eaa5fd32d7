//! Where a signer's key is said to lie: written into its certificate by whoever enrolled it.
//!
//! It stands as a certificate policy (RFC 5280 §4.2.1.4), so that `openssl x509 -text` shows it too. The arc
//! is the one set aside for documentation (RFC 5612); an authority of a country puts its own in its place.

use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::CertificatePolicies;

use crate::trust::parse;

/// 1.3.6.1.4.1.32473.1: below it 1 is a TPM, 2 a token, 3 a file.
const ARC: &str = "1.3.6.1.4.1.32473.1";

/// Where a private key lies, as far as its certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyStorage {
    /// In a TPM 2.0 that proved it when the key was enrolled.
    Tpm,
    /// On a PKCS#11 token, by the word of whoever enrolled it.
    Token,
    /// In a file: whoever copies the file has the key.
    File,
    /// The certificate does not say.
    Unstated,
}

impl KeyStorage {
    /// What a certificate (DER) says, unchecked: ask [`crate::StationTrust`] whether to believe it.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        let stated = parse(certificate).ok().and_then(|parsed| {
            let (_, policies) = parsed.tbs_certificate.get::<CertificatePolicies>().ok()??;
            policies.0.iter().find_map(|policy| {
                [Self::Tpm, Self::Token, Self::File]
                    .into_iter()
                    .find(|storage| storage.policy() == Some(policy.policy_identifier))
            })
        });
        stated.unwrap_or(Self::Unstated)
    }

    fn policy(self) -> Option<ObjectIdentifier> {
        let arc = ObjectIdentifier::new_unwrap(ARC);
        let last = match self {
            Self::Tpm => 1,
            Self::Token => 2,
            Self::File => 3,
            Self::Unstated => return None,
        };
        arc.push_arc(last).ok()
    }

    /// The value of the extension that says so, DER; none where nothing is said.
    #[must_use]
    pub fn to_policies(self) -> Option<Vec<u8>> {
        let oid = self.policy()?;
        let oid = oid.as_bytes();
        // SEQUENCE of one PolicyInformation with nothing but its identifier.
        let length = u8::try_from(oid.len()).ok()?;
        let mut der = vec![0x30, length + 4, 0x30, length + 2, 0x06, length];
        der.extend_from_slice(oid);
        Some(der)
    }
}
