//! Signs the list of digests: EF.SOD as a real document signer makes it (ICAO 9303-10 §4.6.2).

use std::collections::BTreeMap;

use jiff::Timestamp;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Signer};
use openssl::x509::X509;

use crate::lds::sod::{self, LDS_SECURITY_OBJECT, SecurityObject};
use crate::lds::{DataGroup, oid};
use crate::tlv;

const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
const ECDSA_WITH_SHA_256: &str = "1.2.840.10045.4.3.2";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF_1: &str = "1.2.840.113549.1.1.8";
const SALT_OCTETS: u8 = 32;

pub(super) fn sign(
    groups: &BTreeMap<DataGroup, Vec<u8>>,
    signer: &X509,
    key: &PKey<Private>,
    pss: bool,
    at: Timestamp,
) -> Result<Vec<u8>, ErrorStack> {
    let object = SecurityObject {
        digest_algorithm: SHA_256.to_owned(),
        digests: groups
            .iter()
            .map(|(&group, file)| (group, sha256(file).to_vec()))
            .collect(),
        lds_version: None,
    };
    let content = object.write();
    let message = sign_content(LDS_SECURITY_OBJECT, &content, signer, key, pss, Some(at))?;
    Ok(sod::write(&message))
}

/// A message of any kind, signed as a document signer signs (RFC 5652 §5); without a time, as many
/// states do.
pub(super) fn sign_content(
    kind: &str,
    content: &[u8],
    signer: &X509,
    key: &PKey<Private>,
    pss: bool,
    at: Option<Timestamp>,
) -> Result<Vec<u8>, ErrorStack> {
    let attributes = attributes(kind, content, at);
    let signature = signature(&tlv::encode(0x31, &attributes), key, pss)?;
    // RFC 5652 §5.3.
    let info = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x02, &[1]),
            &issuer_and_serial(signer)?,
            &algorithm(SHA_256, &[]),
            &tlv::encode(0xA0, &attributes),
            &signature_algorithm(pss),
            &tlv::encode(0x04, &signature),
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
            &tlv::encode(0x31, &algorithm(SHA_256, &[])),
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
fn attributes(kind: &str, content: &[u8], at: Option<Timestamp>) -> Vec<u8> {
    let attribute = |id: &str, value: &[u8]| {
        tlv::encode_all(0x30, &[&identifier(id), &tlv::encode(0x31, value)])
    };
    let time = at.map(|at| at.strftime("%y%m%d%H%M%SZ").to_string());
    let mut attributes = vec![
        attribute("1.2.840.113549.1.9.3", &identifier(kind)),
        attribute("1.2.840.113549.1.9.4", &tlv::encode(0x04, &sha256(content))),
    ];
    attributes.extend(
        time.map(|time| attribute("1.2.840.113549.1.9.5", &tlv::encode(0x17, time.as_bytes()))),
    );
    attributes.sort();
    attributes.concat()
}

fn signature(message: &[u8], key: &PKey<Private>, pss: bool) -> Result<Vec<u8>, ErrorStack> {
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    if pss {
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(i32::from(SALT_OCTETS)))?;
    }
    signer.sign_oneshot_to_vec(message)
}

fn signature_algorithm(pss: bool) -> Vec<u8> {
    if !pss {
        return algorithm(ECDSA_WITH_SHA_256, &[]);
    }
    // RFC 4055 §3.1.
    let hash = algorithm(SHA_256, &[]);
    let parameters = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0xA0, &hash),
            &tlv::encode(0xA1, &algorithm(MGF_1, &hash)),
            &tlv::encode(0xA2, &tlv::encode(0x02, &[SALT_OCTETS])),
        ],
    );
    algorithm(RSA_PSS, &parameters)
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
