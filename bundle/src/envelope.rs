//! A signed envelope (DSSE v1.0): some bytes, what kind of bytes they are, and who signed them.
//!
//! The signature covers the bytes themselves, so nothing has to be brought into a canonical form
//! before it can be checked. An `Envelope` by itself proves nothing: whoever holds one must still
//! check a signature over [`Envelope::pae`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An envelope longer than this is refused before it is parsed.
pub const MAX_ENVELOPE_BYTES: usize = 1 << 20;

/// More signatures than this are refused: a bundle has one outside and two inside.
const MAX_SIGNATURES: usize = 8;

/// Bytes, their type, and the signatures over both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// What the payload is, as a media type.
    pub payload_type: String,
    /// The signed bytes.
    #[serde(with = "base64_bytes")]
    pub payload: Vec<u8>,
    /// Who signed. Order has no meaning.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature over the PAE of an envelope.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// Which key is said to have signed. Not itself signed: a hint for finding the key.
    pub keyid: String,
    /// The signature.
    #[serde(with = "base64_bytes")]
    pub sig: Vec<u8>,
}

/// What was wrong with the outside of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// More bytes than the limit.
    #[error("the envelope is longer than its limit")]
    TooLarge,
    /// Not JSON, a field too many or too few, or not padded standard base64.
    #[error("the envelope is not a DSSE envelope")]
    Malformed,
}

impl EnvelopeError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "envelope.too_large",
            Self::Malformed => "envelope.malformed",
        }
    }
}

impl Envelope {
    /// An envelope that nobody has signed yet.
    #[must_use]
    pub fn unsigned(payload_type: &str, payload: Vec<u8>) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload,
            signatures: Vec::new(),
        }
    }

    /// Reads an envelope of at most [`MAX_ENVELOPE_BYTES`]. Unknown and repeated fields are refused.
    pub fn from_json(json: &[u8]) -> Result<Self, EnvelopeError> {
        Self::from_json_within(json, MAX_ENVELOPE_BYTES)
    }

    /// Reads an envelope of at most `limit` bytes.
    pub fn from_json_within(json: &[u8], limit: usize) -> Result<Self, EnvelopeError> {
        if json.len() > limit {
            return Err(EnvelopeError::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(json).map_err(|_| EnvelopeError::Malformed)?;
        if envelope.signatures.len() > MAX_SIGNATURES {
            return Err(EnvelopeError::Malformed);
        }
        Ok(envelope)
    }

    /// The envelope as JSON without spaces.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and base64 always serialise")
    }

    /// The bytes that are signed: the pre-authentication encoding.
    // DSSE v1.0 protocol.md, "Signature Definition":
    // "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body
    #[must_use]
    pub fn pae(&self) -> Vec<u8> {
        let head = format!(
            "DSSEv1 {} {} {} ",
            self.payload_type.len(),
            self.payload_type,
            self.payload.len()
        );
        let mut pae = Vec::with_capacity(head.len() + self.payload.len());
        pae.extend_from_slice(head.as_bytes());
        pae.extend_from_slice(&self.payload);
        pae
    }

    /// The one signature that names this key; none when no or several signatures do.
    #[must_use]
    pub fn signature_of(&self, keyid: &str) -> Option<&[u8]> {
        let mut found = self.signatures.iter().filter(|s| s.keyid == keyid);
        let first = found.next()?;
        if found.next().is_some() {
            None
        } else {
            Some(&first.sig)
        }
    }
}

/// Prints sizes: a payload may hold what must not reach a log.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("payload_type", &self.payload_type)
            .field("payload_bytes", &self.payload.len())
            .field("signatures", &self.signatures)
            .finish()
    }
}

impl fmt::Debug for EnvelopeSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeSignature")
            .field("keyid", &self.keyid)
            .finish_non_exhaustive()
    }
}

/// Bytes as padded standard base64 (RFC 4648 §4), the only spelling we read.
pub(crate) mod base64_bytes {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map_err(|_| de::Error::custom("not padded standard base64"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// The worked example of DSSE v1.0, protocol.md, "Test Vectors".
    #[test]
    fn pae_is_that_of_the_published_example() {
        let envelope = Envelope::unsigned("http://example.com/HelloWorld", b"hello world".to_vec());
        assert_eq!(
            envelope.pae(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn only_the_strict_form_is_read() {
        let good =
            r#"{"payloadType":"t","payload":"aGk=","signatures":[{"keyid":"k","sig":"AA=="}]}"#;
        let envelope = Envelope::from_json(good.as_bytes()).unwrap();
        assert_eq!(envelope.payload, b"hi");
        assert_eq!(envelope.to_json(), good.as_bytes());
        for bad in [
            good.replace(r#""payloadType":"t","#, ""),
            good.replace(
                r#""payloadType":"t","#,
                r#""payloadType":"t","payloadType":"u","#,
            ),
            good.replace(r#""payloadType":"t","#, r#""payloadType":"t","extra":1,"#),
            good.replace(r#""keyid":"k""#, r#""keyid":"k","cert":"x""#),
            good.replace("aGk=", "aGk"),
            good.replace("aGk=", "aG k="),
            good.replace("AA==", "_w=="),
            format!("{good} {{}}"),
        ] {
            assert_eq!(
                Envelope::from_json(bad.as_bytes()),
                Err(EnvelopeError::Malformed),
                "{bad}"
            );
        }
        let deep = "[".repeat(100_000);
        assert_eq!(
            Envelope::from_json(deep.as_bytes()),
            Err(EnvelopeError::Malformed)
        );
        assert_eq!(
            Envelope::from_json(&vec![b' '; MAX_ENVELOPE_BYTES + 1]),
            Err(EnvelopeError::TooLarge)
        );
    }

    #[test]
    fn a_key_named_twice_has_not_signed() {
        let mut envelope = Envelope::unsigned("t", Vec::new());
        envelope.signatures.push(EnvelopeSignature {
            keyid: "k".into(),
            sig: vec![1],
        });
        assert_eq!(envelope.signature_of("k"), Some(&[1][..]));
        envelope.signatures.push(EnvelopeSignature {
            keyid: "k".into(),
            sig: vec![2],
        });
        assert_eq!(envelope.signature_of("k"), None);
    }
}
