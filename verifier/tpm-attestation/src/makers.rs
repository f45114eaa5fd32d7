//! Which makers' TPMs are believed: the certificates that sign endorsement certificates.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring as algorithms};

use crate::AttestError;

/// An endorsement certificate is one to two kilobytes.
const MAX_CERTIFICATE_BYTES: usize = 8 * 1024;

/// tcg-kp-EKCertificate, 2.23.133.8.1, as DER writes it (EK Credential Profile §3.2.16).
const EK_CERTIFICATE: &[u8] = &[0x67, 0x81, 0x05, 0x08, 0x01];

/// With what makers sign.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
];

/// Makers' certificates. Without any, no TPM is believed.
#[derive(Clone, Default)]
pub struct MakerTrust(Vec<TrustAnchor<'static>>);

impl MakerTrust {
    /// Adds the certificates of a file, PEM or DER. An intermediate authority may stand in it too: whoever
    /// signs endorsement certificates is believed, and nobody above it is asked.
    ///
    /// # Errors
    /// [`AttestError::MakersUnreadable`] when there is none in it.
    pub fn add(&mut self, content: &[u8]) -> Result<(), AttestError> {
        let unreadable = AttestError::MakersUnreadable;
        let certificates: Vec<CertificateDer<'_>> = match content.first() {
            Some(0x30) => vec![CertificateDer::from(content)],
            _ => CertificateDer::pem_slice_iter(content)
                .collect::<Result<_, _>>()
                .map_err(|_| unreadable)?,
        };
        if certificates.is_empty() {
            return Err(unreadable);
        }
        for certificate in &certificates {
            let anchor = anchor_from_trusted_cert(certificate).map_err(|_| unreadable)?;
            self.0.push(anchor.to_owned());
        }
        Ok(())
    }

    /// Whether a maker stands behind this endorsement certificate.
    pub(crate) fn believes(&self, certificate: &[u8], at: UnixTime) -> Result<(), AttestError> {
        if certificate.len() > MAX_CERTIFICATE_BYTES {
            return Err(AttestError::Malformed("ek_certificate"));
        }
        let der = CertificateDer::from(certificate);
        let end =
            EndEntityCert::try_from(&der).map_err(|_| AttestError::Malformed("ek_certificate"))?;
        let usage = KeyUsage::required_if_present(EK_CERTIFICATE);
        end.verify_for_usage(ALGORITHMS, &self.0, &[], at, usage, None, None)
            .map(|_| ())
            .map_err(|_| AttestError::MakerUnknown)
    }
}
