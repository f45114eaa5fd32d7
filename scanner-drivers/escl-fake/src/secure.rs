//! The self-signed certificate a printer makes for itself.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key.
#[derive(Clone)]
pub struct Certificate {
    pub(crate) config: Arc<ServerConfig>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
}

impl Certificate {
    /// A fresh one, for a name nobody can resolve.
    ///
    /// # Panics
    /// When the machine has no randomness.
    #[must_use]
    pub fn fresh() -> Self {
        let made = rcgen::generate_simple_self_signed(["make-believe.local".to_owned()])
            .expect("a name and a key make a certificate");
        let der = made.cert.der().to_vec();
        let fingerprint = hex::encode(ring::digest::digest(&ring::digest::SHA256, &der));
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())
            .expect("a key just made can be read");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows its own versions")
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(der)], key)
            .expect("certificate and key belong together");
        Self {
            config: Arc::new(config),
            fingerprint,
        }
    }
}
