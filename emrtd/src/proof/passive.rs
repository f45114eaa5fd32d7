//! Passive authentication: are these files, byte for byte, the ones the issuing state signed
//! (ICAO 9303-11 §5.1)? It does not show that the chip is the original.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use openssl::hash::hash;

use super::algorithm::{Digest, Signature};
use super::certificate::Certificate;
use super::chain::{self, Chain, Found, Moment};
use super::key;
use super::signed_data::{SignedData, SignedDataError};
use crate::lds::sod::{self, LDS_SECURITY_OBJECT, SecurityObject, SecurityObjectError};
use crate::lds::{DataGroup, LdsError, oid};
use crate::mrz::Mrz;
use crate::report::{
    ChainState, GroupState, PassiveReport, RevocationState, SignerFacts, SodState, Weakness,
};
use crate::tlv::TlvError;
use crate::trust::CscaTrust;

/// id-data of RFC 5652.
const PLAIN_DATA: &str = "1.2.840.113549.1.7.1";

/// The files to be judged.
pub(crate) struct Files<'a> {
    pub(crate) sod: &'a [u8],
    pub(crate) groups: &'a BTreeMap<DataGroup, Vec<u8>>,
    pub(crate) locked: &'a [DataGroup],
}

/// What DG1 says of the document itself.
#[derive(Clone, Copy)]
pub(crate) struct Zone<'a> {
    /// Three letters, or Germany's one.
    pub(crate) issuing_state: &'a str,
    /// "P", "ID", "AR".
    pub(crate) document_code: &'a str,
}

impl<'a> Zone<'a> {
    pub(crate) fn of(mrz: &'a Mrz) -> Self {
        let code = mrz.text().get(..2).unwrap_or_default();
        Self {
            issuing_state: mrz.issuing_state(),
            document_code: code.trim_end_matches('<'),
        }
    }
}

/// The facts. `zone` is what the machine-readable zone says, where it could be read.
pub(crate) fn check(
    files: &Files<'_>,
    trust: &CscaTrust,
    zone: Option<Zone<'_>>,
    at: Date,
) -> PassiveReport {
    let mut report = PassiveReport {
        sod: SodState::Malformed,
        chain: ChainState::NotChecked,
        revocation: RevocationState::NoList,
        signer: None,
        groups: groups(files, None),
        digest: None,
        lds_version: None,
        weak: Vec::new(),
    };
    let cms = match sod::cms(files.sod) {
        Ok(cms) => cms,
        Err(LdsError::Tlv(TlvError::Trailing { .. })) => {
            report.sod = SodState::Trailing;
            return report;
        }
        Err(_) => return report,
    };
    let signed = match SignedData::verify(cms, |name| trust.signers_named(name)) {
        Ok(signed) => signed,
        Err(error) => {
            report.sod = match error {
                SignedDataError::Malformed => SodState::Malformed,
                SignedDataError::Trailing => SodState::Trailing,
                SignedDataError::AlgorithmUnknown => SodState::AlgorithmUnknown,
                SignedDataError::SignerMissing => SodState::SignerMissing,
                SignedDataError::BadSignature(named) => {
                    // Whom it names, so that the operator can tell which issuer to ask.
                    report.signer = Some(facts(&named, None, &[]));
                    SodState::BadSignature
                }
            };
            return report;
        }
    };

    // From here on somebody signed it; who that is can be told even if what they signed is no list.
    let moment = Moment {
        signed_at: signed.signed_at,
        today: end_of(at),
    };
    let state = zone.map(|zone| zone.issuing_state);
    let chain = chain::build(&signed.signer, &signed.certificates, trust, moment, state);
    report.chain = chain.state;
    report.revocation = chain.revocation;
    report.signer = Some(facts(&signed.signer, signed.signed_at, &chain.path));
    report.weak = weaknesses(&signed, &chain, moment, zone);

    let of_type = |name| signed.content_type == oid::from_dots(name);
    let named = of_type(LDS_SECURITY_OBJECT);
    // China's older passports call the security object plain data.
    if !named && !of_type(PLAIN_DATA) {
        report.sod = SodState::OtherContent;
        return report;
    }
    let object = match SecurityObject::parse(&signed.content) {
        Ok(object) => object,
        Err(error) => {
            report.sod = match error {
                SecurityObjectError::Empty => SodState::ListEmpty,
                SecurityObjectError::TooMany => SodState::ListTooLong,
                SecurityObjectError::Twice { .. } => SodState::GroupTwice,
                SecurityObjectError::Malformed(_) if named => SodState::Malformed,
                SecurityObjectError::Malformed(_) => SodState::OtherContent,
            };
            return report;
        }
    };
    report.lds_version = object.lds_version.clone();
    let Some(digest) = Digest::from_dots(&object.digest_algorithm) else {
        report.sod = SodState::DigestUnknown;
        return report;
    };
    if object
        .digests
        .values()
        .any(|value| value.len() != digest.octets())
    {
        return report;
    }
    report.sod = SodState::Signed;
    report.digest = Some(digest.name().to_owned());
    report.groups = groups(files, Some((&object, digest)));
    if digest == Digest::Sha1 {
        report.weak.insert(0, Weakness::Sha1Digest);
    }
    if !named {
        report.weak.push(Weakness::ContentUnnamed);
    }
    report
}

/// Each group against the list; `None` when there is no list that could be believed.
fn groups(
    files: &Files<'_>,
    list: Option<(&SecurityObject, Digest)>,
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
                Some(signed) => match hash(digest.md(), file) {
                    Ok(found) if found.as_ref() == signed.as_slice() => GroupState::Match,
                    _ => GroupState::Mismatch,
                },
            },
        };
        states.insert(group, state);
    }
    states
}

fn weaknesses(
    signed: &SignedData,
    chain: &Chain,
    moment: Moment,
    zone: Option<Zone<'_>>,
) -> Vec<Weakness> {
    let signer = &signed.signer;
    let found = !chain.path.is_empty();
    let issued_with = Signature::read(signer.signature_algorithm());
    let (from, until) = signer.usage_period();
    let outside = signed.signed_at.is_some_and(|signed| {
        from.is_some_and(|from| signed < from) || until.is_some_and(|until| signed > until)
    });
    let expired_since = chain.state == ChainState::Trusted
        && signer.not_after().is_some_and(|until| until < moment.today);
    let types = signer.document_types();
    let listed = |zone: Zone<'_>| {
        // 9303-12 §7.1.1.6: the code of the zone, its second letter where that is fixed.
        types
            .iter()
            .any(|kind| !kind.is_empty() && zone.document_code.starts_with(kind.trim()))
    };
    let short = |certificate: &Certificate| {
        key::facts(certificate.key_info()).is_ok_and(key::KeyFacts::short)
    };
    let weak = [
        (signed.digest == Digest::Sha1, Weakness::Sha1Signature),
        (
            issued_with.is_some_and(|with| with.digest == Some(Digest::Sha1)),
            Weakness::Sha1Issuer,
        ),
        (
            short(signer) || chain.path.iter().any(short),
            Weakness::ShortKey,
        ),
        (signed.signed_at.is_none(), Weakness::NoSigningTime),
        (expired_since, Weakness::SignerExpiredSince),
        (outside, Weakness::OutsideUsagePeriod),
        (
            found && chain.found == Found::ByTrying,
            Weakness::NoAuthorityKeyId,
        ),
        (
            found && chain.found == Found::DespiteKeyId,
            Weakness::AuthorityKeyIdWrong,
        ),
        (found && !chain.pinned, Weakness::AnchorUnpinned),
        (
            !types.is_empty() && zone.is_some_and(|zone| !listed(zone)),
            Weakness::DocumentTypeUnlisted,
        ),
        (zone.is_none(), Weakness::CountryNotComparable),
    ];
    let weak = weak.into_iter().filter(|(is, _)| *is);
    weak.map(|(_, weakness)| weakness).collect()
}

fn facts(signer: &Certificate, signed_at: Option<Timestamp>, path: &[Certificate]) -> SignerFacts {
    let sha256 = |certificate: &Certificate| hex::encode(certificate.fingerprint());
    SignerFacts {
        country: signer.subject().country(),
        subject: signer.subject().readable(),
        issuer: signer.issuer().readable(),
        serial: hex::encode(signer.serial()),
        sha256: sha256(signer),
        not_before: signer.not_before(),
        not_after: signer.not_after(),
        signed_at,
        csca_sha256: path.last().map(sha256),
        links_sha256: path.iter().rev().skip(1).rev().map(sha256).collect(),
    }
}

/// The last second of a day: a certificate that begins or ends on it counts as valid.
pub(super) fn end_of(day: Date) -> Timestamp {
    day.at(23, 59, 59, 0)
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
        .unwrap_or(Timestamp::MAX)
}
