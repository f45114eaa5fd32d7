//! A signed CMS message (RFC 5652 §5): its content, who signed it, and when.
//!
//! OpenSSL checks the signature, over BER as well as DER. Which certificate it checks with is chosen
//! here, one at a time: the certificate that fits is the one that is judged afterwards, and no
//! second one of the same name and number can take its place.

use jiff::Timestamp;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::error::ErrorStack;
use openssl::stack::Stack;
use openssl::x509::X509;

use super::der::Der;
use crate::lds::time;
use crate::tlv;

/// More certificates in one message than any issuer has reason for.
const MOST_CERTIFICATES: usize = 16;
const SIGNED_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const PLAIN_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const CONTENT_TYPE: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
const SIGNING_TIME: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05];

/// A message whose signature holds under `signer`, who is not yet trusted.
pub(crate) struct SignedData {
    pub(crate) content: Vec<u8>,
    /// The value of the identifier.
    pub(crate) content_type: Option<Vec<u8>>,
    pub(crate) signer: X509,
    pub(crate) signed_at: Option<Timestamp>,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignedDataError {
    Malformed,
    SignerMissing,
    BadSignature,
}

impl SignedData {
    /// `others` are certificates that may have signed though the message does not carry them.
    pub(crate) fn verify(message: &[u8], others: &[X509]) -> Result<Self, SignedDataError> {
        let result = Self::verify_inner(message, others);
        // What OpenSSL thought of the candidates that did not fit is nobody's business later.
        let _ = ErrorStack::get();
        result
    }

    fn verify_inner(message: &[u8], others: &[X509]) -> Result<Self, SignedDataError> {
        // Written anew as DER, so that the strict reader can look inside.
        let der = CmsContentInfo::from_der(message)
            .and_then(|message| message.to_der())
            .map_err(|_| SignedDataError::Malformed)?;
        let parts = Parts::read(&der).ok_or(SignedDataError::Malformed)?;
        let inside: Vec<X509> = parts
            .certificates
            .iter()
            .filter_map(|raw| X509::from_der(raw).ok())
            .collect();
        let named = |certificate: &&X509| parts.names(certificate);
        let mut candidates = inside
            .iter()
            .filter(named)
            .chain(others.iter().filter(named))
            .peekable();
        if candidates.peek().is_none() {
            return Err(SignedDataError::SignerMissing);
        }
        for signer in candidates {
            let content = content_signed_by(message, signer).or_else(|| {
                // Some issuers write the signer's issuer in another order than the certificate does
                // (Malaysia). The name is outside the signature: put the certificate's there.
                content_signed_by(&parts.renamed(signer)?, signer)
            });
            if let Some(content) = content {
                return Ok(Self {
                    content,
                    content_type: Some(parts.content_type.to_vec()),
                    signer: signer.clone(),
                    signed_at: parts.signed_at,
                });
            }
        }
        Err(SignedDataError::BadSignature)
    }
}

/// The content, if this very certificate's key signed it.
fn content_signed_by(message: &[u8], signer: &X509) -> Option<Vec<u8>> {
    let mut only = Stack::new().ok()?;
    only.push(signer.clone()).ok()?;
    let mut content = Vec::new();
    // Chain building is ours: OpenSSL's refuses explicit curve parameters.
    let flags = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::NOINTERN | CMSOptions::BINARY;
    CmsContentInfo::from_der(message)
        .ok()?
        .verify(Some(&only), None, None, Some(&mut content), flags)
        .ok()?;
    Some(content)
}

/// The fields of the message that OpenSSL's bindings do not show.
struct Parts<'a> {
    /// Everything of SignedData before the set of signers.
    head: &'a [u8],
    /// Everything of SignerInfo after the signer's name.
    tail: &'a [u8],
    content_type: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: SignerName<'a>,
    signed_at: Option<Timestamp>,
}

enum SignerName<'a> {
    /// The value of the serial number's INTEGER. The issuer's name is compared by OpenSSL, which
    /// knows that the same name can be written in several ways.
    Serial(&'a [u8]),
    KeyId(&'a [u8]),
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut info = Der::new(Der::new(der).expect(0x30)?);
        if info.expect(0x06)? != SIGNED_DATA {
            return None;
        }
        let body = Der::new(info.expect(0xA0)?).expect(0x30)?;
        let mut data = Der::new(body);
        data.expect(0x02)?;
        data.expect(0x31)?;
        let content_type = Der::new(data.expect(0x30)?).expect(0x06)?;
        let mut certificates = Vec::new();
        if let Some(set) = data.optional(0xA0) {
            let mut set = Der::new(set);
            while !set.is_empty() {
                let certificate = set.next()?;
                if certificate.tag == 0x30 {
                    certificates.push(certificate.raw);
                }
                if certificates.len() > MOST_CERTIFICATES {
                    return None;
                }
            }
        }
        data.optional(0xA1);
        // ICAO 9303-10 §4.6.2.2: one signer.
        let head = &body[..body.len() - data.rest().len()];
        let mut signers = Der::new(data.expect(0x31)?);
        let mut signer = Der::new(signers.expect(0x30)?);
        if !signers.is_empty() {
            return None;
        }
        signer.expect(0x02)?;
        let name = signer.next()?;
        let name = match name.tag {
            0x30 => {
                let mut parts = Der::new(name.value);
                parts.expect(0x30)?;
                SignerName::Serial(parts.expect(0x02)?)
            }
            0x80 => SignerName::KeyId(name.value),
            _ => return None,
        };
        let tail = signer.rest();
        signer.expect(0x30)?;
        let attributes = signer.optional(0xA0);
        // RFC 5652 §5.3: whatever is not plain data is signed together with its type, §11.1.
        let type_signed = match attributes.map(signed_content_type) {
            Some(Some(kind)) => kind == content_type,
            Some(None) => false,
            None => content_type == PLAIN_DATA,
        };
        if !type_signed {
            return None;
        }
        Some(Self {
            head,
            tail,
            content_type,
            certificates,
            signer: name,
            signed_at: attributes.and_then(signing_time),
        })
    }

    /// The message with the signer's issuer written as in its certificate.
    fn renamed(&self, certificate: &X509) -> Option<Vec<u8>> {
        let SignerName::Serial(serial) = self.signer else {
            return None;
        };
        let issuer = certificate.issuer_name().to_der().ok()?;
        let name = tlv::encode_all(0x30, &[&issuer, &tlv::encode(0x02, serial)]);
        let info = tlv::encode_all(0x30, &[&tlv::encode(0x02, &[1]), &name, self.tail]);
        let data = tlv::encode_all(0x30, &[self.head, &tlv::encode(0x31, &info)]);
        let kind = tlv::encode(0x06, &SIGNED_DATA);
        Some(tlv::encode_all(0x30, &[&kind, &tlv::encode(0xA0, &data)]))
    }

    fn names(&self, certificate: &X509) -> bool {
        match self.signer {
            SignerName::KeyId(id) => certificate
                .subject_key_id()
                .is_some_and(|known| known.as_slice() == id),
            SignerName::Serial(serial) => certificate.serial_number().to_bn().is_ok_and(|number| {
                let octets = number.to_vec();
                let trimmed = serial.iter().position(|&octet| octet != 0);
                octets == serial[trimmed.unwrap_or(serial.len())..] || number.is_negative()
            }),
        }
    }
}

/// RFC 5652 §11.1.
fn signed_content_type(attributes: &[u8]) -> Option<&[u8]> {
    let mut attributes = Der::new(attributes);
    while !attributes.is_empty() {
        let mut parts = Der::new(attributes.expect(0x30)?);
        if parts.expect(0x06)? == CONTENT_TYPE {
            return Der::new(parts.expect(0x31)?).expect(0x06);
        }
    }
    None
}

/// RFC 5652 §11.3.
fn signing_time(attributes: &[u8]) -> Option<Timestamp> {
    let mut attributes = Der::new(attributes);
    while !attributes.is_empty() {
        let mut parts = Der::new(attributes.expect(0x30)?);
        if parts.expect(0x06)? == SIGNING_TIME {
            let value = Der::new(parts.expect(0x31)?).next()?;
            return time::read(u32::from(value.tag), value.value);
        }
    }
    None
}
