//! The specimen country's keys, certificates and revocation list (profiles of ICAO 9303-12 §7.1).

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{Asn1Flag, EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier,
};
use openssl::x509::{
    X509, X509Builder, X509CrlBuilder, X509Extension, X509Name, X509NameBuilder, X509RevokedBuilder,
};
use rand_core::CryptoRng;

use super::{IssuerOptions, days};
use crate::tlv;

/// A key whose secret comes from the caller's random source.
pub(super) fn ec_key(
    curve: Nid,
    explicit: bool,
    rng: &mut dyn CryptoRng,
) -> Result<PKey<Private>, ErrorStack> {
    let mut group = EcGroup::from_curve_name(curve)?;
    if explicit {
        group.set_asn1_flag(Asn1Flag::EXPLICIT_CURVE);
    } else {
        group.set_asn1_flag(Asn1Flag::NAMED_CURVE);
    }
    let mut context = BigNumContext::new()?;
    let mut order = BigNum::new()?;
    group.order(&mut order, &mut context)?;
    // FIPS 186-5 A.2.1: 64 bits more than the order, modulo (order - 1), plus one.
    let mut octets = vec![0; order.num_bytes() as usize + 8];
    rng.fill_bytes(&mut octets);
    let one = BigNum::from_u32(1)?;
    let mut least = BigNum::new()?;
    least.checked_sub(&order, &one)?;
    let mut rest = BigNum::new()?;
    rest.nnmod(&*BigNum::from_slice(&octets)?, &least, &mut context)?;
    let mut secret = BigNum::new_secure()?;
    secret.checked_add(&rest, &one)?;
    let mut public = EcPoint::new(&group)?;
    public.mul_generator2(&group, &secret, &mut context)?;
    PKey::from_ec_key(EcKey::from_private_components(&group, &secret, &public)?)
}

pub(super) fn csca(
    key: &PKey<Private>,
    digest: MessageDigest,
    options: &IssuerOptions,
    rng: &mut dyn CryptoRng,
) -> Result<X509, ErrorStack> {
    let name = name(options, "Specimen CSCA")?;
    let until = options.at + days(365 * 20);
    let mut builder = begin(&name, &name, key, (options.at, until), rng)?;
    builder.append_extension(BasicConstraints::new().critical().ca().pathlen(0).build()?)?;
    builder.append_extension(
        KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()?,
    )?;
    let id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(id)?;
    builder.append_extension(usage_period(options.at, options.at + days(365 * 5))?)?;
    builder.sign(key, digest)?;
    Ok(builder.build())
}

pub(super) fn document_signer(
    key: &PKey<Private>,
    csca: &X509,
    csca_key: &PKey<Private>,
    digest: MessageDigest,
    options: &IssuerOptions,
    rng: &mut dyn CryptoRng,
) -> Result<X509, ErrorStack> {
    let subject = name(options, "Specimen Document Signer 1")?;
    let until = options.at + options.signer_validity;
    let issuer = csca.subject_name().to_owned()?;
    let mut builder = begin(&subject, &issuer, key, (options.at, until), rng)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
    let context = builder.x509v3_context(Some(csca), None);
    let authority = AuthorityKeyIdentifier::new().keyid(true).build(&context)?;
    let id = SubjectKeyIdentifier::new().build(&context)?;
    builder.append_extension(authority)?;
    builder.append_extension(id)?;
    builder.append_extension(usage_period(options.at, until)?)?;
    // 9303-12 §7.1.1.6: which documents it signs.
    let types = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x02, &[0]),
            &tlv::encode(
                0x31,
                &[&b"I"[..], b"P", b"ID"]
                    .map(|kind| tlv::encode(0x13, kind))
                    .concat(),
            ),
        ],
    );
    builder.append_extension(extension("2.23.136.1.1.6.2", &types)?)?;
    builder.sign(csca_key, digest)?;
    Ok(builder.build())
}

pub(super) fn revocation_list(
    csca: &X509,
    csca_key: &PKey<Private>,
    revoked: &X509,
    at: Timestamp,
) -> Result<Vec<u8>, ErrorStack> {
    let mut builder = X509CrlBuilder::new()?;
    builder.set_issuer_name(csca.subject_name())?;
    builder.set_last_update(&*time(at)?)?;
    builder.set_next_update(&*time(at + days(90))?)?;
    let mut entry = X509RevokedBuilder::new()?;
    entry.set_serial_number(revoked.serial_number())?;
    entry.set_revocation_date(&*time(at)?)?;
    builder.add_revoked(entry.build())?;
    let key_id = csca.subject_key_id().map(|id| id.as_slice().to_vec());
    let key_id = tlv::encode(0x80, &key_id.unwrap_or_default());
    builder.append_extension(extension("2.5.29.35", &tlv::encode(0x30, &key_id))?)?;
    builder.append_extension(extension("2.5.29.20", &tlv::encode(0x02, &[1]))?)?;
    builder.sign(csca_key, MessageDigest::sha384())?;
    builder.build()?.to_der()
}

fn name(options: &IssuerOptions, common: &str) -> Result<X509Name, ErrorStack> {
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COUNTRYNAME, &options.country.alpha_2)?;
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, &options.country.name)?;
    name.append_entry_by_nid(Nid::COMMONNAME, common)?;
    Ok(name.build())
}

fn begin(
    subject: &X509Name,
    issuer: &X509Name,
    key: &PKey<Private>,
    (from, until): (Timestamp, Timestamp),
    rng: &mut dyn CryptoRng,
) -> Result<X509Builder, ErrorStack> {
    let mut serial = [0; 12];
    rng.fill_bytes(&mut serial);
    serial[0] = serial[0] & 0x7F | 0x01;
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let serial = BigNum::from_slice(&serial)?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_not_before(&*time(from)?)?;
    builder.set_not_after(&*time(until)?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

fn time(moment: Timestamp) -> Result<Asn1Time, ErrorStack> {
    Asn1Time::from_unix(moment.as_second())
}

/// RFC 3280 §4.2.1.4: how long the private key is used.
fn usage_period(from: Timestamp, until: Timestamp) -> Result<X509Extension, ErrorStack> {
    let text = |moment: Timestamp| moment.strftime("%Y%m%d%H%M%SZ").to_string();
    let body = tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x80, text(from).as_bytes()),
            &tlv::encode(0x81, text(until).as_bytes()),
        ],
    );
    extension("2.5.29.16", &body)
}

fn extension(id: &str, body: &[u8]) -> Result<X509Extension, ErrorStack> {
    let id = Asn1Object::from_str(id)?;
    X509Extension::new_from_der(&id, false, &*Asn1OctetString::new_from_bytes(body)?)
}
