//! The signing request (PKCS#10) that a key makes for itself, wherever it lies.

use rcgen::{CertificateParams, DnType, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};

use crate::certified::BareKey;
use crate::error::PlaceError;

/// Lends a key to the writer of requests.
struct Lent<'a>(&'a dyn BareKey);

impl PublicKeyData for Lent<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Lent<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0
            .sign(message)
            .map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// A request for a certificate under `name`, in PEM, signed by the key itself. The verifier takes only
/// the key from it; the name is for whoever looks into the file.
///
/// # Errors
/// When the key does not sign.
pub fn signing_request(key: &dyn BareKey, name: &str) -> Result<String, PlaceError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
        .serialize_request(&Lent(key))
        .and_then(|request| request.pem())
        .map_err(|_| {
            bundle::KeyError::Refused {
                detail: "the key did not sign its request".to_owned(),
            }
            .into()
        })
}
