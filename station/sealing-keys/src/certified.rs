//! A key with the certificate that says whose it is; and the key before it has one.

use std::fmt;
use std::sync::Arc;

use bundle::{KeyError, SealingKey};
use x509_cert::der::Decode as _;

/// A P-256 key that signs where it lies. It has no name yet: that comes with its certificate.
pub trait BareKey: Send + Sync {
    /// The public point, uncompressed: 0x04, x, y (SEC 1 §2.3.3).
    fn point(&self) -> &[u8; 65];

    /// ECDSA over SHA-256 of `message`, as ASN.1 DER (RFC 3279 §2.2.3).
    ///
    /// # Errors
    /// When the place of the key does not answer or refuses.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// A key and its certificate, which belong together.
#[derive(Clone)]
pub struct CertifiedKey {
    key: Arc<dyn BareKey>,
    certificate: Vec<u8>,
}

impl CertifiedKey {
    /// Puts a key and its certificate (DER) together.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::CertificateOfOtherKey`].
    pub fn new(key: Arc<dyn BareKey>, certificate: Vec<u8>) -> Result<Self, KeyError> {
        let parsed =
            x509_cert::Certificate::from_der(&certificate).map_err(|_| KeyError::Malformed)?;
        let named = parsed
            .tbs_certificate
            .subject_public_key_info
            .subject_public_key
            .raw_bytes();
        if named != key.point() {
            return Err(KeyError::CertificateOfOtherKey);
        }
        Ok(Self { key, certificate })
    }
}

impl SealingKey for CertifiedKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(message)
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

impl fmt::Debug for CertifiedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertifiedKey(..)")
    }
}

/// A raw signature `r ‖ s` as the ASN.1 that certificates and envelopes use (RFC 3279 §2.2.3).
pub(crate) fn to_der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(72);
    for number in [r, s] {
        let number = match number.iter().position(|byte| *byte != 0) {
            Some(start) => &number[start..],
            None => &[0],
        };
        // X.690 §8.3: a number whose highest bit is set gets a zero in front, or it were negative.
        let padded = number[0] & 0x80 != 0;
        let length = number.len() + usize::from(padded);
        body.push(0x02);
        body.push(u8::try_from(length).expect("a P-256 number has at most 33 bytes"));
        if padded {
            body.push(0);
        }
        body.extend_from_slice(number);
    }
    let length = u8::try_from(body.len()).expect("two P-256 numbers have at most 70 bytes");
    [&[0x30, length], body.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_short_as_der_wants() {
        let mut high = [0_u8; 32];
        high[0] = 0x80;
        let mut low = [0_u8; 32];
        low[31] = 0x7f;
        let der = to_der(&high, &low);
        assert_eq!(&der[..5], [0x30, 38, 0x02, 33, 0]);
        assert_eq!(&der[37..], [0x02, 1, 0x7f]);
    }
}
