//! Signs the list of digests: EF.SOD as a real document signer makes it (ICAO 9303-10 §4.6.2), and
//! whatever else a document signer signs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::X509;

use super::LdsVersion;
use crate::lds::sod::{self, LDS_SECURITY_OBJECT, SecurityObject};
use crate::lds::{DataGroup, oid};
use crate::proof::active::Hash;
use crate::tlv;

const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF_1: &str = "1.2.840.113549.1.1.8";

/// Who signs, how and when.
#[derive(Clone, Copy)]
pub(super) struct Signature<'a> {
    pub(super) signer: &'a X509,
    pub(super) key: &'a PKey<Private>,
    /// RSA by PSS rather than PKCS #1 v1.5.
    pub(super) pss: bool,
    pub(super) digest: Hash,
    /// Without a time, as many states sign.
    pub(super) at: Option<Timestamp>,
}

/// EF.SOD over these groups.
pub(super) fn sign(
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    version: LdsVersion,
    signature: &Signature<'_>,
) -> Result<Vec<u8>, ErrorStack> {
    let content = list(groups, version, signature.digest)?;
    let message = sign_content(LDS_SECURITY_OBJECT, &content, signature)?;
    Ok(sod::write(&message))
}

/// LDSSecurityObject, ICAO 9303-10 §4.6.2.3.
fn list(
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    version: LdsVersion,
    digest: Hash,
) -> Result<Vec<u8>, ErrorStack> {
    let mut digests = BTreeMap::new();
    for (&group, file) in groups {
        digests.insert(group, digest.of(&[file])?);
    }
    let object = SecurityObject {
        digest_algorithm: identifier_of(digest).to_owned(),
        digests,
        lds_version: (version == LdsVersion::V1_8).then(|| version.digits().to_owned()),
    };
    Ok(object.write())
}

/// A message of any kind, signed as a document signer signs (RFC 5652 §5).
pub(super) fn sign_content(
    kind: &str,
    content: &[u8],
    signature: &Signature<'_>,
) -> Result<Vec<u8>, ErrorStack> {
    let Signature {
        signer, digest, at, ..
    } = *signature;
    let hash = identifier_of(digest);
    let attributes = attributes(kind, &digest.of(&[content])?, at);
    let value = value(&tlv::encode(0x31, &attributes), signature)?;
    // RFC 5652 §5.3.
    let info = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x02, &[1]),
            &issuer_and_serial(signer)?,
            &algorithm(hash, &[]),
            &tlv::encode(0xA0, &attributes),
            &signature_algorithm(signature),
            &tlv::encode(0x04, &value),
        ],
    );
    let encapsulated = tlv::encode_all(
        0x30,
        &[
            &identifier(kind),
            &tlv::encode(0xA0, &tlv::encode(0x04, content)),
        ],
    );
    let data = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x02, &[3]),
            &tlv::encode(0x31, &algorithm(hash, &[])),
            &encapsulated,
            &tlv::encode(0xA0, &signer.to_der()?),
            &tlv::encode(0x31, &info),
        ],
    );
    Ok(tlv::encode_all(
        0x30,
        &[
            &identifier("1.2.840.113549.1.7.2"),
            &tlv::encode(0xA0, &data),
        ],
    ))
}

/// Content type, digest and signing time, in the order of DER.
fn attributes(kind: &str, digest: &[u8], at: Option<Timestamp>) -> Vec<u8> {
    let attribute = |id: &str, value: &[u8]| {
        tlv::encode_all(0x30, &[&identifier(id), &tlv::encode(0x31, value)])
    };
    let time = at.map(|at| at.strftime("%y%m%d%H%M%SZ").to_string());
    let mut attributes = vec![
        attribute("1.2.840.113549.1.9.3", &identifier(kind)),
        attribute("1.2.840.113549.1.9.4", &tlv::encode(0x04, digest)),
    ];
    attributes.extend(
        time.map(|time| attribute("1.2.840.113549.1.9.5", &tlv::encode(0x17, time.as_bytes()))),
    );
    attributes.sort();
    attributes.concat()
}

fn value(message: &[u8], signature: &Signature<'_>) -> Result<Vec<u8>, ErrorStack> {
    let digest = signature.digest.digest();
    let mut signer = Signer::new(digest, signature.key)?;
    if signature.pss {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_mgf1_md(digest)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    signer.sign_oneshot_to_vec(message)
}

fn signature_algorithm(signature: &Signature<'_>) -> Vec<u8> {
    if signature.pss {
        // RFC 4055 §3.1.
        let hash = algorithm(identifier_of(signature.digest), &[]);
        let salt = signature.digest.digest().size() as u8;
        let parameters = tlv::encode_all(
            0x30,
            &[
                &tlv::encode(0xA0, &hash),
                &tlv::encode(0xA1, &algorithm(MGF_1, &hash)),
                &tlv::encode(0xA2, &tlv::encode(0x02, &[salt])),
            ],
        );
        return algorithm(RSA_PSS, &parameters);
    }
    if signature.key.id() == Id::RSA {
        // RFC 8017 §A.2.4, with NULL for parameters.
        let id = match signature.digest {
            Hash::Sha1 => "1.2.840.113549.1.1.5",
            Hash::Sha224 => "1.2.840.113549.1.1.14",
            Hash::Sha256 => "1.2.840.113549.1.1.11",
            Hash::Sha384 => "1.2.840.113549.1.1.12",
            Hash::Sha512 => "1.2.840.113549.1.1.13",
        };
        return algorithm(id, &[0x05, 0x00]);
    }
    // RFC 5758 §3.2.
    let id = match signature.digest {
        Hash::Sha1 => "1.2.840.10045.4.1",
        Hash::Sha224 => "1.2.840.10045.4.3.1",
        Hash::Sha256 => "1.2.840.10045.4.3.2",
        Hash::Sha384 => "1.2.840.10045.4.3.3",
        Hash::Sha512 => "1.2.840.10045.4.3.4",
    };
    algorithm(id, &[])
}

/// RFC 5754 §2.
fn identifier_of(digest: Hash) -> &'static str {
    match digest {
        Hash::Sha1 => "1.3.14.3.2.26",
        Hash::Sha224 => "2.16.840.1.101.3.4.2.4",
        Hash::Sha256 => "2.16.840.1.101.3.4.2.1",
        Hash::Sha384 => "2.16.840.1.101.3.4.2.2",
        Hash::Sha512 => "2.16.840.1.101.3.4.2.3",
    }
}

fn issuer_and_serial(signer: &X509) -> Result<Vec<u8>, ErrorStack> {
    let mut serial = signer.serial_number().to_bn()?.to_vec();
    if serial.first().is_some_and(|octet| octet & 0x80 != 0) {
        serial.insert(0, 0);
    }
    Ok(tlv::encode_all(
        0x30,
        &[&signer.issuer_name().to_der()?, &tlv::encode(0x02, &serial)],
    ))
}

fn algorithm(id: &str, parameters: &[u8]) -> Vec<u8> {
    tlv::encode_all(0x30, &[&identifier(id), parameters])
}

fn identifier(id: &str) -> Vec<u8> {
    tlv::encode(0x06, &oid::from_dots(id))
}
