//! A master list of our own (ICAO 9303-12 §9): the certificates that are trusted here, under one
//! signature, for other desks and verifiers.

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::hash::hash;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use thiserror::Error;

use super::CscaTrust;
use super::master_list::{MASTER_LIST, MasterList};
use super::pem;
use crate::lds::oid;
use crate::proof::certificate::Certificate;
use crate::tlv;

/// Why no list was made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    #[error("there is no certificate to export")]
    Nothing,
    #[error("the signer's certificate cannot be read")]
    NotACertificate,
    #[error("the signer's certificate is not issued for signing master lists")]
    SignerUnfit,
    #[error("the key cannot be read, or is not the certificate's")]
    KeyMismatch,
    #[error("OpenSSL refused: {0}")]
    Crypto(#[from] ErrorStack),
}

impl ExportError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "trust.empty",
            Self::NotACertificate => "trust.not_a_certificate",
            Self::SignerUnfit => "trust.list_signer_unfit",
            Self::KeyMismatch => "trust.key_mismatch",
            Self::Crypto(_) => "trust.export_crypto",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "trust.empty",
        "trust.not_a_certificate",
        "trust.list_signer_unfit",
        "trust.key_mismatch",
        "trust.export_crypto",
    ];
}

impl CscaTrust {
    /// Signs the pinned certificates as a CscaMasterList; those that nobody vouched for stay out.
    ///
    /// `key` is PKCS#8 or PEM; `certificate` is DER or PEM, the signer's first and then those above
    /// it, and has to be issued for this purpose (9303-12 §7.1.1 table 6).
    pub fn export(
        &self,
        key: &[u8],
        certificate: &[u8],
        at: Timestamp,
    ) -> Result<Vec<u8>, ExportError> {
        let key = PKey::private_key_from_pem(key)
            .or_else(|_| PKey::private_key_from_pkcs8(key))
            .map_err(|_| ExportError::KeyMismatch)?;
        let chain = pem::objects(certificate, "CERTIFICATE").ok_or(ExportError::NotACertificate)?;
        let signer = chain.first().and_then(|der| Certificate::from_der(der));
        let signer = signer.ok_or(ExportError::NotACertificate)?;
        if !signer.key().is_some_and(|public| public.public_eq(&key)) {
            return Err(ExportError::KeyMismatch);
        }
        let pinned = self.anchors.iter().filter(|anchor| anchor.pinned);
        let listed: Vec<&[u8]> = pinned.map(|anchor| anchor.certificate.der()).collect();
        if listed.is_empty() {
            return Err(ExportError::Nothing);
        }
        let list = sign(&listed, &key, &signer, &chain, at)?;
        let read = MasterList::open(&list).ok_or(ExportError::KeyMismatch)?;
        if !read.signer_is_fit() {
            return Err(ExportError::SignerUnfit);
        }
        Ok(list)
    }
}

fn sign(
    listed: &[&[u8]],
    key: &PKey<Private>,
    signer: &Certificate,
    chain: &[Vec<u8>],
    at: Timestamp,
) -> Result<Vec<u8>, ErrorStack> {
    let sequence = |parts: &[&[u8]]| tlv::encode_all(0x30, parts);
    let id = |dots: &str| tlv::encode(0x06, &oid::from_dots(dots));
    // X.690 §11.6: the members of a set in the order of their encodings.
    let set = |parts: &[&[u8]]| {
        let mut parts = parts.to_vec();
        parts.sort_unstable();
        tlv::encode_all(0x31, &parts)
    };
    let content = sequence(&[&tlv::encode(0x02, &[0]), &set(listed)]);
    // As strong as the key (9303-12 §4.4).
    let (digest, digest_id, ecdsa, rsa) = match (key.id() == Id::EC, key.bits()) {
        (true, 385..) => (
            MessageDigest::sha512(),
            "2.16.840.1.101.3.4.2.3",
            "1.2.840.10045.4.3.4",
            "",
        ),
        (true, 257..) => (
            MessageDigest::sha384(),
            "2.16.840.1.101.3.4.2.2",
            "1.2.840.10045.4.3.3",
            "",
        ),
        _ => (
            MessageDigest::sha256(),
            "2.16.840.1.101.3.4.2.1",
            "1.2.840.10045.4.3.2",
            "1.2.840.113549.1.1.11",
        ),
    };
    let attribute = |kind: &str, value: &[u8]| sequence(&[&id(kind), &tlv::encode(0x31, value)]);
    // RFC 5652 §11.3: two digits of the year until 2049.
    let time = at.strftime("%y%m%d%H%M%SZ").to_string();
    let attributes = [
        attribute("1.2.840.113549.1.9.3", &id(MASTER_LIST)),
        attribute(
            "1.2.840.113549.1.9.4",
            &tlv::encode(0x04, &hash(digest, &content)?),
        ),
        attribute("1.2.840.113549.1.9.5", &tlv::encode(0x17, time.as_bytes())),
    ];
    let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
    let attributes = set(&attributes);
    let signature = Signer::new(digest, key)?.sign_oneshot_to_vec(&attributes)?;
    let algorithm = if key.id() == Id::EC {
        sequence(&[&id(ecdsa)])
    } else {
        sequence(&[&id(rsa), &[0x05, 0x00]])
    };
    // The same set, tagged [0] (RFC 5652 §5.3).
    let mut tagged = attributes.clone();
    tagged[0] = 0xA0;
    let name = sequence(&[
        signer.issuer().raw(),
        &tlv::encode(0x02, signer.serial_value()),
    ]);
    let info = sequence(&[
        &tlv::encode(0x02, &[1]),
        &name,
        &sequence(&[&id(digest_id)]),
        &tagged,
        &algorithm,
        &tlv::encode(0x04, &signature),
    ]);
    let encapsulated = sequence(&[
        &id(MASTER_LIST),
        &tlv::encode(0xA0, &tlv::encode(0x04, &content)),
    ]);
    let data = sequence(&[
        &tlv::encode(0x02, &[3]),
        &tlv::encode(0x31, &sequence(&[&id(digest_id)])),
        &encapsulated,
        &tlv::encode(0xA0, &chain.concat()),
        &tlv::encode(0x31, &info),
    ]);
    Ok(sequence(&[
        &id("1.2.840.113549.1.7.2"),
        &tlv::encode(0xA0, &data),
    ]))
}
