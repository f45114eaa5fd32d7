//! Passive authentication: are these files, byte for byte, the ones the issuing state signed
//! (ICAO 9303-11 §5.1)? It does not show that the chip is the original.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::x509::X509;

use super::certificate::{country, fingerprint, readable, timestamp};
use super::chain;
use super::signed_data::{SignedData, SignedDataError};
use crate::lds::sod::{self, LDS_SECURITY_OBJECT, SecurityObject};
use crate::lds::{DataGroup, oid};
use crate::report::{
    ChainState, GroupState, PassiveReport, RevocationState, SignerFacts, SodState, Weakness,
};
use crate::trust::CscaTrust;

/// id-data of RFC 5652.
const PLAIN_DATA: &str = "1.2.840.113549.1.7.1";

/// The files to be judged.
pub(crate) struct Files<'a> {
    pub(crate) sod: &'a [u8],
    pub(crate) groups: &'a BTreeMap<DataGroup, Vec<u8>>,
    pub(crate) locked: &'a [DataGroup],
}

/// The facts. `mrz_country` is the alpha-2 of the issuing state in DG1, where it is known.
pub(crate) fn check(
    files: &Files<'_>,
    trust: &CscaTrust,
    mrz_country: Option<&str>,
    at: Date,
) -> PassiveReport {
    let mut report = PassiveReport {
        sod: SodState::Malformed,
        chain: ChainState::NotChecked,
        revocation: RevocationState::NoList,
        signer: None,
        groups: groups(files, None),
        digest: None,
        weak: Vec::new(),
    };
    let signed = sod::cms(files.sod)
        .map_err(|_| SignedDataError::Malformed)
        .and_then(|cms| SignedData::verify(cms, trust.signers()));
    let signed = match signed {
        Ok(signed) => signed,
        Err(error) => {
            report.sod = match error {
                SignedDataError::Malformed => SodState::Malformed,
                SignedDataError::SignerMissing => SodState::SignerMissing,
                SignedDataError::BadSignature => SodState::BadSignature,
            };
            return report;
        }
    };
    let of_type = |name| signed.content_type.as_deref() == Some(oid::from_dots(name).as_slice());
    let named = of_type(LDS_SECURITY_OBJECT);
    // China's older passports call the security object plain data.
    if !named && !of_type(PLAIN_DATA) {
        return report;
    }
    let Ok(object) = SecurityObject::parse(&signed.content) else {
        return report;
    };
    let Some((name, digest)) = digest(&object.digest_algorithm) else {
        return report;
    };
    report.sod = SodState::Signed;
    report.digest = Some(name.to_owned());
    report.groups = groups(files, Some((&object, digest)));

    let today = end_of(at);
    let moment = signed.signed_at.unwrap_or(today);
    let chain = chain::build(&signed.signer, trust, moment, today, mrz_country);
    report.chain = match chain.state {
        // Signed on a day that has not come: the issuer's clock, or somebody's forgery.
        ChainState::Trusted if moment > today => ChainState::NotYetValid,
        state => state,
    };
    report.revocation = chain.revocation;
    report.weak = weaknesses(&signed, name);
    if chain.searched && chain.anchor.is_some() {
        report.weak.push(Weakness::NoAuthorityKeyId);
    }
    if !named {
        report.weak.push(Weakness::ContentUnnamed);
    }
    if mrz_country.is_none() {
        report.weak.push(Weakness::CountryNotComparable);
    }
    report.signer = Some(facts(&signed, chain.anchor.as_ref()));
    report
}

/// Each group against the list; `None` when there is no list that could be believed.
fn groups(
    files: &Files<'_>,
    list: Option<(&SecurityObject, MessageDigest)>,
) -> BTreeMap<DataGroup, GroupState> {
    let mut states = BTreeMap::new();
    if let Some((object, _)) = list {
        for &group in object.digests.keys() {
            states.insert(group, GroupState::NotRead);
        }
    }
    for &group in files.locked {
        states.insert(group, GroupState::Locked);
    }
    for (&group, file) in files.groups {
        let state = match list {
            None => GroupState::NotChecked,
            Some((object, digest)) => match object.digests.get(&group) {
                None => GroupState::NotInSod,
                // Over the bytes as read: an encoding repaired is an encoding unsigned.
                Some(signed) => match hash(digest, file) {
                    Ok(found) if found.as_ref() == signed.as_slice() => GroupState::Match,
                    _ => GroupState::Mismatch,
                },
            },
        };
        states.insert(group, state);
    }
    states
}

/// The digests of 9303-10 §4.6.2.3, with SHA-1 for documents of the first years.
fn digest(algorithm: &str) -> Option<(&'static str, MessageDigest)> {
    Some(match algorithm {
        "1.3.14.3.2.26" => ("sha1", MessageDigest::sha1()),
        "2.16.840.1.101.3.4.2.1" => ("sha256", MessageDigest::sha256()),
        "2.16.840.1.101.3.4.2.2" => ("sha384", MessageDigest::sha384()),
        "2.16.840.1.101.3.4.2.3" => ("sha512", MessageDigest::sha512()),
        "2.16.840.1.101.3.4.2.4" => ("sha224", MessageDigest::sha224()),
        _ => return None,
    })
}

fn weaknesses(signed: &SignedData, digest: &str) -> Vec<Weakness> {
    let mut weak = Vec::new();
    if digest == "sha1" {
        weak.push(Weakness::Sha1Digest);
    }
    let algorithm = signed.signer.signature_algorithm().object().nid();
    if [Nid::SHA1WITHRSAENCRYPTION, Nid::ECDSA_WITH_SHA1].contains(&algorithm) {
        weak.push(Weakness::Sha1Signature);
    }
    if let Ok(key) = signed.signer.public_key() {
        let short = if key.rsa().is_ok() {
            key.bits() < 2048
        } else {
            key.bits() < 224
        };
        let _ = openssl::error::ErrorStack::get();
        if short {
            weak.push(Weakness::ShortKey);
        }
    }
    if signed.signed_at.is_none() {
        weak.push(Weakness::NoSigningTime);
    }
    weak
}

fn facts(signed: &SignedData, anchor: Option<&X509>) -> SignerFacts {
    let signer = &signed.signer;
    SignerFacts {
        country: country(signer.subject_name()),
        subject: readable(signer.subject_name()),
        issuer: readable(signer.issuer_name()),
        serial: signer
            .serial_number()
            .to_bn()
            .map(|number| hex::encode(number.to_vec()))
            .unwrap_or_default(),
        sha256: hex::encode(fingerprint(signer)),
        not_before: timestamp(signer.not_before()),
        not_after: timestamp(signer.not_after()),
        signed_at: signed.signed_at,
        csca_sha256: anchor.map(|anchor| hex::encode(fingerprint(anchor))),
    }
}

/// The last second of a day: a certificate that begins or ends on it counts as valid.
pub(super) fn end_of(day: Date) -> Timestamp {
    day.at(23, 59, 59, 0)
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .unwrap_or(Timestamp::MAX)
}
