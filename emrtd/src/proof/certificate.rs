//! What a certificate says, read without judging it.

use jiff::Timestamp;
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::sha::sha256;
use openssl::x509::{X509, X509KeyUsage, X509NameRef, X509Ref};

use crate::tlv::{self, Reader};

/// SHA-256 of the whole certificate.
pub(crate) fn fingerprint(certificate: &X509Ref) -> [u8; 32] {
    sha256(&certificate.to_der().unwrap_or_default())
}

/// The country of a name, upper case: issuers write "de" as well as "DE".
pub(crate) fn country(name: &X509NameRef) -> Option<String> {
    let entry = name.entries_by_nid(Nid::COUNTRYNAME).next()?;
    let text = std::str::from_utf8(entry.data().as_slice()).ok()?;
    Some(text.trim().to_ascii_uppercase())
}

/// A name for people: "CN=…, O=…, C=…".
pub(crate) fn readable(name: &X509NameRef) -> String {
    let parts: Vec<String> = name
        .entries()
        .filter_map(|entry| {
            let key = entry.object().nid().short_name().ok()?;
            let value = entry.data().to_string().ok()?;
            Some(format!("{key}={value}"))
        })
        .collect();
    parts.join(", ")
}

/// An ASN.1 time as ours.
pub(crate) fn timestamp(time: &Asn1TimeRef) -> Option<Timestamp> {
    let difference = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    let seconds = i64::from(difference.days) * 86_400 + i64::from(difference.secs);
    Timestamp::from_second(seconds).ok()
}

/// The identifiers by which others may name this key: the one it states, and the usual one.
pub(crate) fn key_ids(certificate: &X509Ref) -> Vec<Vec<u8>> {
    let stated = certificate
        .subject_key_id()
        .map(|id| id.as_slice().to_vec());
    // RFC 5280 §4.2.1.2 (1): SHA-1 of the key's bits, for those that state none.
    let usual = certificate.to_der().ok().and_then(|der| {
        let bits = public_key_bits(&der)?;
        Some(hash(MessageDigest::sha1(), bits).ok()?.to_vec())
    });
    let mut ids: Vec<Vec<u8>> = stated.into_iter().chain(usual).collect();
    ids.dedup();
    ids
}

/// May it issue others: the CA bit, or (before the bit was required) the usage alone.
pub(crate) fn may_issue(certificate: &X509Ref) -> bool {
    if is_ca(certificate) {
        return true;
    }
    certificate
        .key_usage()
        .is_some_and(|usage| usage.contains(X509KeyUsage::KEY_CERT_SIGN))
}

/// RFC 5280 §4.2.1.9.
pub(crate) fn is_ca(certificate: &X509Ref) -> bool {
    const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1D, 0x13];
    certificate
        .to_der()
        .ok()
        .and_then(|der| {
            let value = extension(&der, &BASIC_CONSTRAINTS)?;
            let flag = tlv::find(tlv::only(value, 0x30).ok()?, 0x01).ok()??;
            Some(flag.first().is_some_and(|&flag| flag != 0))
        })
        .unwrap_or(false)
}

/// Which of the anchors made this certificate's signature, going by its authority key identifier.
pub(crate) fn issuer_among<'a>(certificate: &X509Ref, anchors: &'a [X509]) -> Option<&'a X509> {
    anchors.iter().find(|anchor| signed_by(certificate, anchor))
}

/// Does the issuer's key fit the signature? Nothing else is judged.
pub(crate) fn signed_by(certificate: &X509Ref, issuer: &X509Ref) -> bool {
    issuer
        .public_key()
        .and_then(|key| certificate.verify(&key))
        .unwrap_or_else(|_| {
            // A key of another kind than the signature leaves its complaint behind.
            let _ = openssl::error::ErrorStack::get();
            false
        })
}

fn to_be_signed(der: &[u8]) -> Option<Reader<'_>> {
    let certificate = tlv::only(der, 0x30).ok()?;
    Some(Reader::new(Reader::new(certificate).expect(0x30).ok()?))
}

fn extension<'a>(der: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let mut fields = to_be_signed(der)?;
    while let Some(field) = fields.read().ok()? {
        if field.tag() != 0xA3 {
            continue;
        }
        let mut extensions = Reader::new(tlv::only(field.value(), 0x30).ok()?);
        while let Some(extension) = extensions.read().ok()? {
            let mut parts = extension.children();
            if parts.expect(0x06).ok()? == wanted {
                parts.optional(0x01).ok()?;
                return parts.expect(0x04).ok();
            }
        }
    }
    None
}

fn public_key_bits(der: &[u8]) -> Option<&[u8]> {
    let mut fields = to_be_signed(der)?;
    fields.optional(0xA0).ok()?;
    // serial, algorithm, issuer, validity, subject, key: RFC 5280 §4.1.
    fields.expect(0x02).ok()?;
    for _ in 0..4 {
        fields.expect(0x30).ok()?;
    }
    let bits = tlv::require(fields.expect(0x30).ok()?, 0x03).ok()?;
    bits.get(1..)
}
