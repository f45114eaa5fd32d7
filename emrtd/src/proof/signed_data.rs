//! A signed CMS message (RFC 5652 §5): its content, who signed it, and when.
//!
//! BER is taken as well as DER ([`super::ber`]). Which certificate the signature is checked with is
//! chosen one at a time: the certificate that fits is the one that is judged afterwards, and no
//! second one of the same name and number can take its place.

use std::borrow::Cow;

use jiff::Timestamp;
use openssl::hash::hash;

use super::algorithm::{Digest, Signature};
use super::ber::{self, BerError};
use super::certificate::{Certificate, trimmed};
use super::der::Der;
use super::name::Name;
use crate::lds::time;
use crate::tlv;

/// More certificates in one message than any issuer has reason for.
const MOST_CERTIFICATES: usize = 64;
/// Content type, digest, signing time and a few that nobody reads.
const MOST_ATTRIBUTES: usize = 32;
/// A signature of the longest key taken is 1 KB.
const MOST_SIGNATURE: usize = 4096;
const SIGNED_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const PLAIN_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
const CONTENT_TYPE: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
const SIGNING_TIME: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05];

/// A message whose signature holds under `signer`, who is not yet trusted.
pub(crate) struct SignedData {
    pub(crate) content: Vec<u8>,
    /// The value of the identifier.
    pub(crate) content_type: Vec<u8>,
    pub(crate) signer: Certificate,
    pub(crate) signed_at: Option<Timestamp>,
    /// The digest under the signature.
    pub(crate) digest: Digest,
    /// The certificates that came along, the signer's among them.
    pub(crate) certificates: Vec<Certificate>,
}

/// Why not.
#[derive(Clone, Debug)]
pub(crate) enum SignedDataError {
    Malformed,
    /// Bytes follow the message.
    Trailing,
    /// Digest or signature of a kind that is not known here.
    AlgorithmUnknown,
    SignerMissing,
    /// Whom the message names as its signer.
    BadSignature(Box<Certificate>),
}

impl SignedData {
    /// `others` are certificates that may have signed though the message does not carry them.
    pub(crate) fn verify<'a>(
        message: &[u8],
        others: impl Fn(&SignerName<'_>) -> Vec<&'a Certificate>,
    ) -> Result<Self, SignedDataError> {
        let der = ber::definite(message).map_err(|error| match error {
            BerError::Malformed => SignedDataError::Malformed,
            BerError::Trailing => SignedDataError::Trailing,
        })?;
        let message = Message::read(&der).ok_or(SignedDataError::Malformed)?;
        let certificates: Vec<Certificate> = message
            .certificates
            .iter()
            .filter_map(|raw| Certificate::from_der(raw))
            .collect();
        let others = others(&message.signer);
        let candidates: Vec<&Certificate> = certificates
            .iter()
            .chain(others)
            .filter(|certificate| message.signer.is(certificate))
            .take(MOST_CERTIFICATES)
            .collect();
        let first = *candidates.first().ok_or(SignedDataError::SignerMissing)?;
        let (Some(digest), Some(algorithm)) = (
            Digest::read(message.digest_algorithm),
            Signature::read(message.signature_algorithm),
        ) else {
            return Err(SignedDataError::AlgorithmUnknown);
        };
        let bad = || SignedDataError::BadSignature(Box::new(first.clone()));
        if !message.digest_fits(digest) {
            return Err(bad());
        }
        let signer = candidates
            .into_iter()
            .find(|signer| message.signed_by(signer, algorithm, digest))
            .ok_or_else(bad)?
            .clone();
        Ok(Self {
            content: message.content.to_vec(),
            content_type: message.content_type.to_vec(),
            signer,
            signed_at: message.signed_at,
            digest: algorithm.digest.unwrap_or(digest),
            certificates,
        })
    }
}

/// How the message names its signer.
pub(crate) enum SignerName<'a> {
    IssuerAndSerial { issuer: Name<'a>, serial: &'a [u8] },
    KeyId(&'a [u8]),
}

impl SignerName<'_> {
    pub(crate) fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::KeyId(id) => certificate.key_ids().iter().any(|known| known == id),
            // Some issuers write the name in another order than in the certificate (Malaysia).
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.serial() == *serial && certificate.issuer().key() == issuer.key()
            }
        }
    }
}

struct Message<'a> {
    content: &'a [u8],
    content_type: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: SignerName<'a>,
    digest_algorithm: &'a [u8],
    /// The value of the set.
    attributes: Option<&'a [u8]>,
    message_digest: Option<&'a [u8]>,
    signed_at: Option<Timestamp>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Message<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut info = Der::new(Der::new(der).expect(0x30)?);
        if info.expect(0x06)? != SIGNED_DATA {
            return None;
        }
        let mut explicit = Der::new(info.expect(0xA0)?);
        let mut data = Der::new(explicit.expect(0x30)?);
        // RFC 5652 §5.1: versions 1, 3, 4 and 5.
        if !matches!(data.expect(0x02)?, [1 | 3 | 4 | 5]) {
            return None;
        }
        let named_digests = data.expect(0x31)?;
        let mut encapsulated = Der::new(data.expect(0x30)?);
        let content_type = encapsulated.expect(0x06)?;
        let mut content = Der::new(encapsulated.expect(0xA0)?);
        let octets = content.expect(0x04)?;
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
        let mut signers = Der::new(data.expect(0x31)?);
        let mut signer = Der::new(signers.expect(0x30)?);
        let ends = [&info, &explicit, &data, &encapsulated, &content, &signers];
        if ends.iter().any(|end| !end.is_empty()) || !matches!(signer.expect(0x02)?, [1 | 3]) {
            return None;
        }
        let name = signer.next()?;
        let name = match name.tag {
            0x30 => {
                let mut parts = Der::new(name.value);
                let issuer = Name::new(parts.next()?.raw);
                let serial = trimmed(parts.expect(0x02)?);
                SignerName::IssuerAndSerial { issuer, serial }
            }
            0x80 => SignerName::KeyId(name.value),
            _ => return None,
        };
        let sequence = |object: super::der::Object<'a>| (object.tag == 0x30).then_some(object.raw);
        let digest_algorithm = sequence(signer.next()?)?;
        // RFC 5652 §5.1: the digests of all signers stand at the head, for reading in one pass. Where
        // any stand there, this one has to.
        let mut named_digests = Der::new(named_digests);
        let mut named = named_digests.is_empty();
        let id = |algorithm| Der::new(Der::new(algorithm).expect(0x30)?).expect(0x06);
        while !named_digests.is_empty() {
            named |= id(named_digests.next()?.raw) == id(digest_algorithm);
        }
        if !named {
            return None;
        }
        let attributes = signer.optional(0xA0);
        let signature_algorithm = sequence(signer.next()?)?;
        let signature = signer.expect(0x04)?;
        signer.optional(0xA1);
        if !signer.is_empty() || signature.len() > MOST_SIGNATURE {
            return None;
        }
        let (mut message_digest, mut signed_at) = (None, None);
        match attributes {
            Some(attributes) => {
                let kind = Der::new(attribute(attributes, &CONTENT_TYPE)??).expect(0x06)?;
                message_digest =
                    Some(Der::new(attribute(attributes, &MESSAGE_DIGEST)??).expect(0x04)?);
                // RFC 5652 §11.1.
                if kind != content_type {
                    return None;
                }
                if let Some(value) = attribute(attributes, &SIGNING_TIME)? {
                    let value = Der::new(value).next()?;
                    signed_at = time::read(u32::from(value.tag), value.value);
                }
            }
            // RFC 5652 §5.3: whatever is not plain data is signed together with its type.
            None if content_type == PLAIN_DATA => {}
            None => return None,
        }
        Some(Self {
            content: octets,
            content_type,
            certificates,
            signer: name,
            digest_algorithm,
            attributes,
            message_digest,
            signed_at,
            signature_algorithm,
            signature,
        })
    }

    /// RFC 5652 §5.6: the signed attributes name the content by its digest.
    fn digest_fits(&self, digest: Digest) -> bool {
        let Some(stated) = self.message_digest else {
            return true;
        };
        hash(digest.md(), self.content).is_ok_and(|found| found.as_ref() == stated)
    }

    fn signed_by(&self, signer: &Certificate, algorithm: Signature, digest: Digest) -> bool {
        let Some(key) = signer.key() else {
            return false;
        };
        // RFC 5652 §5.4: not the content but the attributes, as a set in DER. They are tried as the
        // issuer wrote them and, where that was not DER, in the order that DER wants.
        let messages: Vec<Cow<'_, [u8]>> = match self.attributes {
            None => vec![Cow::Borrowed(self.content)],
            Some(attributes) => {
                let written = tlv::encode(0x31, attributes);
                match sorted(attributes).filter(|sorted| *sorted != written) {
                    Some(sorted) => vec![Cow::Owned(written), Cow::Owned(sorted)],
                    None => vec![Cow::Owned(written)],
                }
            }
        };
        // Where the signature's name carries one digest and the message another (some issuers do
        // not mind), either may have been meant.
        let other = algorithm.with(digest);
        let alike = algorithm.digest.is_none_or(|named| named == digest);
        messages.iter().any(|message| {
            algorithm.verify(key, Some(digest), message, self.signature)
                || !alike && other.verify(key, None, message, self.signature)
        })
    }
}

/// The one value of a signed attribute: `Some(None)` when there is no such attribute, `None` when it
/// is written twice or has not one value (RFC 5652 §11).
fn attribute<'a>(attributes: &'a [u8], id: &[u8]) -> Option<Option<&'a [u8]>> {
    let mut list = Der::new(attributes);
    let mut found = None;
    for _ in 0..MOST_ATTRIBUTES {
        if list.is_empty() {
            return Some(found);
        }
        let mut parts = Der::new(list.expect(0x30)?);
        if parts.expect(0x06)? == id {
            let mut values = Der::new(parts.expect(0x31)?);
            let value = values.next()?.raw;
            if !values.is_empty() || found.replace(value).is_some() {
                return None;
            }
        }
    }
    None
}

/// The set in the order of DER (X.690 §11.6).
fn sorted(attributes: &[u8]) -> Option<Vec<u8>> {
    let mut list = Der::new(attributes);
    let mut parts = Vec::new();
    while !list.is_empty() {
        parts.push(list.next()?.raw);
    }
    parts.sort_unstable();
    Some(tlv::encode(0x31, &parts.concat()))
}
