//! The desk's end of a TLS connection, with the desk's key where it lies.

use std::fmt;
use std::sync::Arc;

use bundle::SealingKey;
use rustls::client::ResolvesClientCert;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ClientConfig, RootCertStore, SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::error::PlaceError;

/// A sealing key, lent to TLS for the proof that the desk holds it (RFC 8446 §4.4.3).
struct Lent(Arc<dyn SealingKey>);

impl SigningKey for Lent {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            .then(|| Box::new(Self(self.0.clone())) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Lent {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        // The code is all that is told: what a token says may name its owner.
        self.0
            .sign(message)
            .map_err(|error| rustls::Error::General(error.code().to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lent(..)")
    }
}

/// The one identity of this desk, whatever the server asks for.
#[derive(Debug)]
struct Desk(Arc<CertifiedKey>);

impl ResolvesClientCert for Desk {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        schemes
            .contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            .then(|| self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// TLS 1.3 to servers of this authority (PEM), with the desk's key as client identity; without a key
/// nobody is named, as at enrolment.
///
/// # Errors
/// [`PlaceError::Tls`] when the authority cannot be read.
pub fn client_config(
    ca_pem: &[u8],
    key: Option<Arc<dyn SealingKey>>,
) -> Result<ClientConfig, PlaceError> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(ca_pem) {
        let root = root.map_err(|_| PlaceError::Tls("ca"))?;
        roots.add(root).map_err(|_| PlaceError::Tls("ca"))?;
    }
    if roots.is_empty() {
        return Err(PlaceError::Tls("ca"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|_| PlaceError::Tls("version"))?
        .with_root_certificates(roots);
    Ok(match key {
        None => builder.with_no_client_auth(),
        Some(key) => {
            let chain = vec![CertificateDer::from(key.certificate().to_vec())];
            let identity = CertifiedKey::new(chain, Arc::new(Lent(key)));
            builder.with_client_cert_resolver(Arc::new(Desk(Arc::new(identity))))
        }
    })
}
