//! What a certificate says, read without judging it (RFC 5280 §4.1, profiles of ICAO 9303-12 §7.1).
//!
//! Its fields are read by us from the bytes as they stand; OpenSSL is asked only for signatures, and
//! only once a key is wanted, so that a list of hundreds loads quickly.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Public};
use openssl::sha::sha256;

use super::algorithm::Signature;
use super::der::Der;
use super::key;
use super::memo::Memo;
use super::name::Name;
use crate::lds::time;

/// Longer than any certificate seen (3 KB) by far.
pub(crate) const MOST_OCTETS: usize = 64 * 1024;
const MOST_EXTENSIONS: usize = 64;

pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1D, 0x0E];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 0x23];
const USAGE_PERIOD: &[u8] = &[0x55, 0x1D, 0x10];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
/// id-icao-mrtd-security-extensions-documentTypeList, 2.23.136.1.1.6.2.
const DOCUMENT_TYPES: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x02];

/// The bits of KeyUsage that matter here (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: usize = 0;
const KEY_CERT_SIGN: usize = 5;

/// A certificate; cloning shares it.
#[derive(Clone)]
pub(crate) struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    to_be_signed: Range<usize>,
    signature: Range<usize>,
    serial: Range<usize>,
    inner_algorithm: Range<usize>,
    outer_algorithm: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    key_info: Range<usize>,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    extensions: Vec<Extension>,
    key: OnceLock<Option<PKey<Public>>>,
}

struct Extension {
    id: Range<usize>,
    critical: bool,
    value: Range<usize>,
}

/// How a certificate names the key that signed it.
#[derive(Default)]
pub(crate) struct AuthorityKey<'a> {
    pub(crate) id: Option<&'a [u8]>,
    /// Name and serial number of the issuer's own certificate.
    pub(crate) certificate: Option<(Name<'a>, &'a [u8])>,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({})", self.subject().readable())
    }
}

impl Certificate {
    /// Reads the fields; `None` when these bytes are no certificate, or are more than one.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        if der.len() > MOST_OCTETS {
            return None;
        }
        let at = |part: &[u8]| {
            let from = part.as_ptr() as usize - der.as_ptr() as usize;
            from..from + part.len()
        };
        let mut whole = Der::new(der);
        let mut certificate = Der::new(whole.expect(0x30)?);
        let to_be_signed = certificate.next().filter(|object| object.tag == 0x30)?;
        let mut fields = Der::new(to_be_signed.value);
        let outer_algorithm = certificate.next().filter(|object| object.tag == 0x30)?.raw;
        // Whole octets: how many bits of the last are unused is outside the signature.
        let signature = certificate.expect(0x03)?.strip_prefix(&[0])?;
        if !whole.is_empty() || !certificate.is_empty() {
            return None;
        }
        fields.optional(0xA0);
        let serial = fields.expect(0x02)?;
        let inner_algorithm = fields.next().filter(|object| object.tag == 0x30)?.raw;
        let issuer = fields.next().filter(|object| object.tag == 0x30)?.raw;
        let mut validity = Der::new(fields.expect(0x30)?);
        let mut moment = || {
            let object = validity.next()?;
            Some(time::read(u32::from(object.tag), object.value))
        };
        let (not_before, not_after) = (moment()?, moment()?);
        let subject = fields.next().filter(|object| object.tag == 0x30)?.raw;
        let key_info = fields.next().filter(|object| object.tag == 0x30)?.raw;
        fields.optional(0x81).or(fields.optional(0xA1));
        fields.optional(0x82).or(fields.optional(0xA2));
        let mut extensions = Vec::new();
        if let Some(list) = fields.optional(0xA3) {
            let mut list = Der::new(Der::new(list).expect(0x30)?);
            while !list.is_empty() {
                let mut parts = Der::new(list.expect(0x30)?);
                let id = at(parts.expect(0x06)?);
                let critical = parts.optional(0x01).is_some_and(|flag| flag != [0]);
                let value = at(parts.expect(0x04)?);
                extensions.push(Extension {
                    id,
                    critical,
                    value,
                });
                if extensions.len() > MOST_EXTENSIONS {
                    return None;
                }
            }
        }
        Some(Self(Arc::new(Inner {
            to_be_signed: at(to_be_signed.raw),
            signature: at(signature),
            serial: at(serial),
            inner_algorithm: at(inner_algorithm),
            outer_algorithm: at(outer_algorithm),
            issuer: at(issuer),
            subject: at(subject),
            key_info: at(key_info),
            not_before,
            not_after,
            extensions,
            key: OnceLock::new(),
            der: der.into(),
        })))
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.0.der
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        &self.0.der[range.clone()]
    }

    /// SHA-256 of the whole certificate.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        sha256(self.der())
    }

    /// As it stands, for writing it again.
    pub(crate) fn serial_value(&self) -> &[u8] {
        self.part(&self.0.serial)
    }

    /// Without leading zeros.
    pub(crate) fn serial(&self) -> &[u8] {
        trimmed(self.part(&self.0.serial))
    }

    pub(crate) fn issuer(&self) -> Name<'_> {
        Name::new(self.part(&self.0.issuer))
    }

    pub(crate) fn subject(&self) -> Name<'_> {
        Name::new(self.part(&self.0.subject))
    }

    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        self.0.not_before
    }

    pub(crate) fn not_after(&self) -> Option<Timestamp> {
        self.0.not_after
    }

    /// SubjectPublicKeyInfo.
    pub(crate) fn key_info(&self) -> &[u8] {
        self.part(&self.0.key_info)
    }

    /// AlgorithmIdentifier of the signature on it.
    pub(crate) fn signature_algorithm(&self) -> &[u8] {
        self.part(&self.0.outer_algorithm)
    }

    /// The value of an extension, which stands at most once (RFC 5280 §4.2).
    pub(crate) fn extension(&self, id: &[u8]) -> Option<&[u8]> {
        let mut found = self
            .0
            .extensions
            .iter()
            .filter(|extension| self.part(&extension.id) == id);
        let first = found.next()?;
        found.next().is_none().then(|| self.part(&first.value))
    }

    /// RFC 5280 §4.2: whoever does not know a critical extension must not use the certificate.
    pub(crate) fn has_unknown_critical(&self) -> bool {
        /// What RFC 5280 and 9303-12 §7.1 define; policies and alternative names restrict nothing
        /// that is judged here.
        const KNOWN: &[&[u8]] = &[
            BASIC_CONSTRAINTS,
            KEY_USAGE,
            EXTENDED_KEY_USAGE,
            SUBJECT_KEY_ID,
            AUTHORITY_KEY_ID,
            USAGE_PERIOD,
            SUBJECT_ALT_NAME,
            DOCUMENT_TYPES,
            &[0x55, 0x1D, 0x12],
            &[0x55, 0x1D, 0x1F],
            &[0x55, 0x1D, 0x20],
            // id-icao-mrtd-security-extensions-nameChange, 2.23.136.1.1.6.1.
            &[0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x01],
        ];
        self.0
            .extensions
            .iter()
            .any(|extension| extension.critical && !KNOWN.contains(&self.part(&extension.id)))
    }

    pub(crate) fn stated_key_id(&self) -> Option<&[u8]> {
        let mut value = Der::new(self.extension(SUBJECT_KEY_ID)?);
        value.expect(0x04)
    }

    /// The identifiers by which others may name this key: the one it states, and the usual one.
    pub(crate) fn key_ids(&self) -> Vec<Vec<u8>> {
        let stated = self.stated_key_id().map(<[u8]>::to_vec);
        // RFC 5280 §4.2.1.2 (1): SHA-1 of the key's bits, for those that state none.
        let usual = key::bits(self.key_info())
            .and_then(|bits| Some(hash(MessageDigest::sha1(), bits).ok()?.to_vec()));
        let mut ids: Vec<Vec<u8>> = stated.into_iter().chain(usual).collect();
        ids.dedup();
        ids
    }

    /// RFC 5280 §4.2.1.1.
    pub(crate) fn authority_key(&self) -> AuthorityKey<'_> {
        self.extension(AUTHORITY_KEY_ID)
            .and_then(authority_key)
            .unwrap_or_default()
    }

    /// RFC 5280 §4.2.1.9.
    pub(crate) fn is_ca(&self) -> bool {
        let flag = |value| Der::new(Der::new(value).expect(0x30)?).optional(0x01);
        self.extension(BASIC_CONSTRAINTS)
            .and_then(flag)
            .is_some_and(|flag| flag.iter().any(|&octet| octet != 0))
    }

    fn usage(&self, bit: usize) -> Option<bool> {
        let bits = Der::new(self.extension(KEY_USAGE)?).expect(0x03)?;
        let octet = bits.get(1 + bit / 8).copied().unwrap_or(0);
        Some(octet & (0x80 >> (bit % 8)) != 0)
    }

    /// May it issue others: the CA bit, or (before the bit was required) the usage alone.
    pub(crate) fn may_issue(&self) -> bool {
        self.is_ca() || self.usage(KEY_CERT_SIGN) == Some(true)
    }

    /// Does its key usage, if stated, allow to sign certificates?
    pub(crate) fn usage_allows_issuing(&self) -> bool {
        self.usage(KEY_CERT_SIGN).unwrap_or(true)
    }

    /// Does its key usage, if stated, allow to sign documents?
    pub(crate) fn usage_allows_signing(&self) -> bool {
        self.usage(DIGITAL_SIGNATURE).unwrap_or(true)
    }

    /// Is this purpose among the stated ones? `None` when none is stated.
    pub(crate) fn purpose(&self, id: &[u8]) -> Option<bool> {
        let mut list = Der::new(Der::new(self.extension(EXTENDED_KEY_USAGE)?).expect(0x30)?);
        while let Some(purpose) = list.next() {
            if purpose.value == id {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Purposes are stated, and all of them are other ones than signing documents: of the network
    /// (RFC 5280 §4.2.1.12), or of lists, deviations and later entries (9303-12 §7.1).
    pub(crate) fn is_for_other_purposes(&self) -> bool {
        // id-kp, 1.3.6.1.5.5.7.3; id-icao-mrtd-security, 2.23.136.1.1.
        const OTHERS: [&[u8]; 2] = [
            &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03],
            &[0x67, 0x81, 0x08, 0x01, 0x01],
        ];
        let list = self
            .extension(EXTENDED_KEY_USAGE)
            .and_then(|value| Der::new(value).expect(0x30));
        let Some(mut list) = list.map(Der::new) else {
            return false;
        };
        let mut others = 0;
        while let Some(purpose) = list.next() {
            if !OTHERS.iter().any(|other| purpose.value.starts_with(other)) {
                return false;
            }
            others += 1;
        }
        others > 0
    }

    /// From and until when the private key may sign (RFC 3280 §4.2.1.4).
    pub(crate) fn usage_period(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let Some(body) = self
            .extension(USAGE_PERIOD)
            .and_then(|value| Der::new(value).expect(0x30))
        else {
            return (None, None);
        };
        let mut body = Der::new(body);
        let mut moment = |tag| body.optional(tag).and_then(|value| time::read(0x18, value));
        (moment(0x80), moment(0x81))
    }

    /// The document codes it signs, "P" or "ID" (9303-12 §7.1.1.6); empty when it does not say.
    pub(crate) fn document_types(&self) -> Vec<String> {
        let mut types = Vec::new();
        let list = self.extension(DOCUMENT_TYPES).and_then(|value| {
            let mut body = Der::new(Der::new(value).expect(0x30)?);
            body.expect(0x02)?;
            body.expect(0x31)
        });
        let mut list = Der::new(list.unwrap_or_default());
        while let Some(kind) = list.next() {
            types.push(String::from_utf8_lossy(kind.value).into_owned());
            if types.len() > 32 {
                break;
            }
        }
        types
    }

    /// The three-letter codes that 9303-12 §7.1.1.2 wants among the alternative names, as L.
    pub(crate) fn stated_states(&self) -> Vec<String> {
        let mut states = Vec::new();
        let names = self
            .extension(SUBJECT_ALT_NAME)
            .and_then(|value| Der::new(value).expect(0x30));
        let mut names = Der::new(names.unwrap_or_default());
        while let Some(name) = names.next() {
            if name.tag == 0xA4 {
                states.extend(Name::new(name.value).localities());
            }
            if states.len() > 32 {
                break;
            }
        }
        states
    }

    /// The key, if it is of a kind and size that may be used here at all.
    pub(crate) fn key(&self) -> Option<&PKey<Public>> {
        static KEYS: Memo<PKey<Public>> = Memo::new();
        let read = || {
            let info = self.key_info();
            KEYS.of(&[info], || key::usable(info).ok())
        };
        self.0.key.get_or_init(read).as_ref()
    }

    /// Issued by itself: the same name, and its own key identifier or else its own signature.
    pub(crate) fn is_self_signed(&self) -> bool {
        if self.issuer().key() != self.subject().key() {
            return false;
        }
        // Some issuers compute the two identifiers in different ways: then the signature tells.
        let named = self
            .authority_key()
            .id
            .is_some_and(|id| self.key_ids().iter().any(|own| own == id));
        named || self.signed_by(self)
    }

    /// Does the issuer's key fit the signature? Nothing else is judged.
    pub(crate) fn signed_by(&self, issuer: &Self) -> bool {
        // RFC 5280 §4.1.1.2: both say the same.
        if self.part(&self.0.inner_algorithm) != self.signature_algorithm() {
            return false;
        }
        let (Some(algorithm), Some(key)) =
            (Signature::read(self.signature_algorithm()), issuer.key())
        else {
            return false;
        };
        static GOOD: Memo<()> = Memo::new();
        let message = self.part(&self.0.to_be_signed);
        let signature = self.part(&self.0.signature);
        let pieces = [
            self.signature_algorithm(),
            message,
            signature,
            issuer.key_info(),
        ];
        let good = || algorithm.verify(key, None, message, signature);
        GOOD.of(&pieces, || good().then_some(())).is_some()
    }
}

/// AuthorityKeyIdentifier, RFC 5280 §4.2.1.1.
pub(crate) fn authority_key(value: &[u8]) -> Option<AuthorityKey<'_>> {
    let mut body = Der::new(Der::new(value).expect(0x30)?);
    let id = body.optional(0x80);
    let names = body.optional(0xA1);
    let serial = body.optional(0x82).map(trimmed);
    // GeneralNames; the one that is a name in a directory stands in [4].
    let name = names.and_then(|names| {
        let mut names = Der::new(names);
        std::iter::from_fn(|| names.next())
            .find(|name| name.tag == 0xA4)
            .map(|name| Name::new(name.value))
    });
    Some(AuthorityKey {
        id,
        certificate: name.zip(serial),
    })
}

/// An INTEGER's octets without leading zeros.
pub(crate) fn trimmed(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
    &octets[zeros..]
}
