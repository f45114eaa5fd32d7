//! Whether to believe a scanner's certificate: only the very one that a person compared and wrote down.
//!
//! Printers sign their certificates themselves, so that no authority vouches for them. The first time, nothing is
//! scanned: the device is listed with the fingerprint it showed, for a person to compare with the device's own screen
//! and to write into the configuration. From then on that certificate and no other is accepted. There is no setting
//! that accepts any.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme,
};
use scanner_drivers::wire::Fault;

use crate::capabilities::plain_uuid;

/// The certificates a person wrote down, and the one the device showed last.
#[derive(Debug)]
pub(crate) struct Pins {
    /// By UUID or host, as [`key`] writes them.
    pinned: BTreeMap<String, String>,
    shown: Mutex<Option<String>>,
    provider: Arc<CryptoProvider>,
}

fn key(name: &str) -> String {
    plain_uuid(name)
}

fn fingerprint(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_hexdigit)
        .map(|digit| digit.to_ascii_lowercase())
        .collect()
}

impl Pins {
    /// `certificates` may write fingerprints with colons and in capitals, as other programs print them.
    pub(crate) fn new(certificates: &BTreeMap<String, String>) -> Arc<Self> {
        Arc::new(Self {
            pinned: certificates
                .iter()
                .map(|(name, shown)| (key(name), fingerprint(shown)))
                .collect(),
            shown: Mutex::new(None),
            provider: Arc::new(rustls::crypto::ring::default_provider()),
        })
    }

    /// A TLS that believes these certificates only.
    pub(crate) fn tls(self: &Arc<Self>) -> Result<ClientConfig, Fault> {
        Ok(
            ClientConfig::builder_with_provider(Arc::clone(&self.provider))
                .with_safe_default_protocol_versions()
                .map_err(|_| Fault::Unsupported)?
                .dangerous()
                .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
                .with_no_client_auth(),
        )
    }

    /// SHA-256 of the certificate the device showed, in hexadecimal.
    pub(crate) fn shown(&self) -> Option<String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.clone()
    }

    /// What is wrong with the certificate of a device that goes by these names; none when nothing is, or none was shown.
    pub(crate) fn fault(&self, names: &[&str]) -> Option<Fault> {
        let shown = self.shown()?;
        let known = names.iter().filter_map(|name| self.pinned.get(&key(name)));
        let mut known = known.peekable();
        if known.peek().is_some() {
            // Every name that is pinned must agree: another device's certificate is not this one's.
            return known
                .any(|pinned| *pinned != shown)
                .then_some(Fault::CertificateChanged);
        }
        (!self.is_pinned(&shown)).then_some(Fault::CertificateUnknown)
    }

    fn is_pinned(&self, shown: &str) -> bool {
        self.pinned.values().any(|pinned| pinned == shown)
    }
}

impl ServerCertVerifier for Pins {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = hex::encode(digest(&SHA256, certificate));
        let pinned = self.is_pinned(&shown);
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        if pinned {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// The certificate is not among those a person compared.
#[derive(Debug)]
struct NotPinned;

impl std::fmt::Display for NotPinned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("nobody compared this certificate")
    }
}

impl std::error::Error for NotPinned {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn unknown_changed_and_pinned_are_told_apart() {
        let pins = Pins::new(&BTreeMap::from([
            ("urn:uuid:ABC".to_owned(), "AA:BB:cc".to_owned()),
            ("192.0.2.9".to_owned(), "dd".to_owned()),
        ]));
        assert_eq!(pins.fault(&["abc"]), None, "nothing was shown yet");
        let show = |shown: &str| *pins.shown.lock().unwrap() = Some(shown.to_owned());
        show("aabbcc");
        assert_eq!(pins.fault(&["192.0.2.1", "abc"]), None);
        assert_eq!(
            pins.fault(&["192.0.2.9"]),
            Some(Fault::CertificateChanged),
            "another device's certificate"
        );
        show("ee");
        assert_eq!(pins.fault(&["abc"]), Some(Fault::CertificateChanged));
        assert_eq!(pins.fault(&["new"]), Some(Fault::CertificateUnknown));
    }
}
