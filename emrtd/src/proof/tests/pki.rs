//! A small country of our own for chains: keys that change, links between them, signers and
//! revocation lists with every oddity that a test asks for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha1;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{
    X509, X509Builder, X509CrlBuilder, X509Extension, X509Name, X509NameBuilder, X509RevokedBuilder,
};

use crate::lds::DataGroup;
use crate::simulator::issuer::tests::sign_as;
use crate::tlv;

pub(crate) fn at(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

/// A key and the certificates that carry it.
pub(crate) struct Authority {
    pub(crate) key: PKey<Private>,
    pub(crate) name: X509Name,
    pub(crate) certificate: X509,
}

/// What a test wants to be odd.
pub(crate) struct Wanted<'a> {
    pub(crate) country: &'a str,
    pub(crate) common: &'a str,
    pub(crate) serial: u32,
    pub(crate) from: &'a str,
    pub(crate) until: &'a str,
    pub(crate) ca: bool,
    pub(crate) usage: Option<&'a str>,
    /// How the issuer is named: "id", "certificate", "wrong", "none".
    pub(crate) authority: &'a str,
    pub(crate) extensions: Vec<(&'a str, bool, Vec<u8>)>,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            country: "VN",
            common: "DS",
            serial: 77,
            from: "2024-01-01",
            until: "2034-01-01",
            ca: false,
            usage: Some("sign"),
            authority: "id",
            extensions: Vec::new(),
        }
    }
}

impl Wanted<'_> {
    pub(crate) fn authority() -> Self {
        Self {
            common: "CSCA",
            serial: 1,
            from: "2020-01-01",
            until: "2036-01-01",
            ca: true,
            usage: Some("issue"),
            ..Self::default()
        }
    }
}

pub(crate) fn key(explicit: bool) -> PKey<Private> {
    let mut group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
    if explicit {
        group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    }
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub(crate) fn name(country: &str, common: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_nid(Nid::COUNTRYNAME, country).unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common).unwrap();
    name.build()
}

fn key_id(key: &PKey<Private>) -> Vec<u8> {
    let info = key.public_key_to_der().unwrap();
    sha1(super::super::key::bits(&info).unwrap()).to_vec()
}

fn raw(builder: &mut X509Builder, id: &str, critical: bool, body: &[u8]) {
    let id = Asn1Object::from_str(id).unwrap();
    let body = Asn1OctetString::new_from_bytes(body).unwrap();
    let made = X509Extension::new_from_der(&id, critical, &body).unwrap();
    builder.append_extension(made).unwrap();
}

/// A certificate for `key`; issued by itself without `issuer`.
pub(crate) fn certify(
    key: &PKey<Private>,
    wanted: &Wanted<'_>,
    issuer: Option<&Authority>,
) -> X509 {
    let own = name(wanted.country, wanted.common);
    let time = |text: &str| Asn1Time::from_unix(at(text).as_second()).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(wanted.serial).unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&own).unwrap();
    builder
        .set_issuer_name(issuer.map_or(&own, |issuer| &issuer.name))
        .unwrap();
    builder.set_not_before(&time(wanted.from)).unwrap();
    builder.set_not_after(&time(wanted.until)).unwrap();
    builder.set_pubkey(key).unwrap();
    if wanted.ca {
        let constraints = BasicConstraints::new().critical().ca().pathlen(0).build();
        builder.append_extension(constraints.unwrap()).unwrap();
    }
    match wanted.usage {
        Some("issue") => {
            let usage = KeyUsage::new()
                .critical()
                .key_cert_sign()
                .crl_sign()
                .build();
            builder.append_extension(usage.unwrap()).unwrap();
        }
        Some("sign") => {
            let usage = KeyUsage::new().critical().digital_signature().build();
            builder.append_extension(usage.unwrap()).unwrap();
        }
        Some(_) => {
            let usage = KeyUsage::new().critical().key_encipherment().build();
            builder.append_extension(usage.unwrap()).unwrap();
        }
        None => {}
    }
    let signing = issuer.map_or(key, |issuer| &issuer.key);
    raw(
        &mut builder,
        "2.5.29.14",
        false,
        &tlv::encode(0x04, &key_id(key)),
    );
    let authority = match wanted.authority {
        "id" => Some(tlv::encode(0x80, &key_id(signing))),
        "wrong" => Some(tlv::encode(0x80, &[9; 20])),
        "certificate" => {
            let issuer = issuer.unwrap();
            let name = tlv::encode(0xA4, &issuer.name.to_der().unwrap());
            let serial = issuer.certificate.serial_number().to_bn().unwrap().to_vec();
            Some([tlv::encode(0xA1, &name), tlv::encode(0x82, &serial)].concat())
        }
        _ => None,
    };
    if let Some(body) = authority {
        raw(&mut builder, "2.5.29.35", false, &tlv::encode(0x30, &body));
    }
    for (id, critical, body) in &wanted.extensions {
        raw(&mut builder, id, *critical, body);
    }
    builder.sign(signing, MessageDigest::sha256()).unwrap();
    builder.build()
}

impl Authority {
    pub(crate) fn new(wanted: &Wanted<'_>) -> Self {
        let key = key(true);
        Self {
            certificate: certify(&key, wanted, None),
            name: name(wanted.country, wanted.common),
            key,
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }

    /// Signs another authority's key.
    pub(crate) fn link(&self, newer: &Self, wanted: &Wanted<'_>) -> Vec<u8> {
        certify(&newer.key, wanted, Some(self)).to_der().unwrap()
    }

    /// A security object over one group, signed by a new signer of this authority.
    pub(crate) fn document(&self, wanted: &Wanted<'_>, signed_at: &str) -> (Vec<u8>, X509) {
        let key = key(true);
        let signer = certify(&key, wanted, Some(self));
        (sign_as(&files(), &signer, &key, at(signed_at)), signer)
    }

    /// A revocation list that names these serial numbers.
    pub(crate) fn revoke(
        &self,
        under: &X509Name,
        serials: &[u32],
        (from, until): (&str, &str),
        extensions: &[(&str, bool, Vec<u8>)],
    ) -> Vec<u8> {
        let time = |text: &str| Asn1Time::from_unix(at(text).as_second()).unwrap();
        let mut builder = X509CrlBuilder::new().unwrap();
        builder.set_issuer_name(under).unwrap();
        builder.set_last_update(&time(from)).unwrap();
        builder.set_next_update(&time(until)).unwrap();
        for &serial in serials {
            let mut entry = X509RevokedBuilder::new().unwrap();
            let serial = BigNum::from_u32(serial).unwrap();
            let serial = Asn1Integer::from_bn(&serial).unwrap();
            entry.set_serial_number(&serial).unwrap();
            entry.set_revocation_date(&time(from)).unwrap();
            builder.add_revoked(entry.build()).unwrap();
        }
        let own = tlv::encode(0x30, &tlv::encode(0x80, &key_id(&self.key)));
        let always = [
            ("2.5.29.35", false, own),
            ("2.5.29.20", false, tlv::encode(0x02, &[1])),
        ];
        for (id, critical, body) in always.iter().chain(extensions) {
            let id = Asn1Object::from_str(id).unwrap();
            let body = Asn1OctetString::new_from_bytes(body).unwrap();
            let made = X509Extension::new_from_der(&id, *critical, &body).unwrap();
            builder.append_extension(made).unwrap();
        }
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        builder.build().unwrap().to_der().unwrap()
    }
}

/// The one file that these documents have; what the zone says is given to the judge directly.
pub(crate) fn files() -> BTreeMap<DataGroup, Vec<u8>> {
    BTreeMap::from([(DataGroup::Dg11, vec![0x6B, 0])])
}
