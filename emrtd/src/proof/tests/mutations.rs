//! A good security object, spoilt in every place: whatever was changed under the signature is never
//! believed, and whatever arrives, nothing panics.

use super::*;
use crate::lds::sod::SecurityObject;
use crate::report::EvidenceFault;

/// Where an object begins, its header's length, its value's length.
struct Node {
    at: usize,
    header: usize,
    length: usize,
    tag: u8,
}

fn nodes(bytes: &[u8], from: usize, to: usize, found: &mut Vec<Node>) {
    let mut at = from;
    while at < to {
        let tag = bytes[at];
        let first = bytes[at + 1];
        let (header, length) = if first < 0x80 {
            (2, usize::from(first))
        } else {
            let count = usize::from(first & 0x7F);
            let octets = &bytes[at + 2..at + 2 + count];
            let length = octets
                .iter()
                .fold(0, |sum, &octet| sum << 8 | usize::from(octet));
            (2 + count, length)
        };
        found.push(Node {
            at,
            header,
            length,
            tag,
        });
        if tag & 0x20 != 0 {
            nodes(bytes, at + header, at + header + length, found);
        }
        at += header + length;
    }
}

/// What the signature covers, directly or by digest, and the certificate that is judged.
pub(super) fn signed_parts(sod: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let data =
        crate::proof::signed_data::SignedData::verify(sod::cms(sod).unwrap(), |_| Vec::new());
    let data = data.unwrap_or_else(|_| panic!("the parts of a message that holds"));
    (data.content, data.signer.der().to_vec())
}

#[test]
fn nothing_that_was_changed_under_the_signature_is_believed() {
    let trust = trust(&utopia());
    let genuine = evidence(&card());
    let original = signed_parts(&genuine.sod);
    let sod = genuine.sod.clone();
    let mut all = Vec::new();
    nodes(&sod, 0, sod.len(), &mut all);
    assert!(all.len() > 100);
    let mut evidence = genuine.clone();
    let mut believed = 0;
    let mut tried = 0;
    let mut judge = |spoilt: Vec<u8>, what: &str| {
        tried += 1;
        evidence.sod = spoilt;
        let report = evidence.report(&trust, &CHALLENGE, today());
        if report.passive.faults().is_empty() {
            believed += 1;
            assert_eq!(signed_parts(&evidence.sod), original, "{what}");
            // And all the files still fit, under the same trusted signer.
            assert_eq!(report.passive.sod, SodState::Signed, "{what}");
            assert_eq!(report.passive.chain, ChainState::Trusted, "{what}");
        } else {
            // Told by a code of its own.
            assert!(
                report.passive.sod != SodState::Signed
                    || report.passive.chain != ChainState::Trusted
            );
        }
    };
    for node in &all {
        let end = node.at + node.header + node.length;
        let what = format!("object {:02X} at {}", node.tag, node.at);
        let spoilt = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = sod.clone();
            change(&mut bytes);
            bytes
        };
        judge(spoilt(&|bytes| bytes[node.at] ^= 0x01), &what);
        judge(spoilt(&|bytes| bytes[node.at] ^= 0x20), &what);
        judge(spoilt(&|bytes| bytes[node.at + 1] ^= 0x01), &what);
        judge(spoilt(&|bytes| bytes[node.at + 1] = 0x80), &what);
        judge(spoilt(&|bytes| bytes[node.at + 1] = 0x84), &what);
        judge(spoilt(&|bytes| drop(bytes.drain(node.at..end))), &what);
        judge(spoilt(&|bytes| bytes.insert(end, 0)), &what);
        judge(
            spoilt(&|bytes| {
                let copy = bytes[node.at..end].to_vec();
                drop(bytes.splice(end..end, copy));
            }),
            &what,
        );
        if node.length > 0 {
            judge(spoilt(&|bytes| bytes[end - 1] ^= 0x01), &what);
            judge(spoilt(&|bytes| _ = bytes.remove(end - 1)), &what);
            let fill = |value: u8| {
                let mut bytes = sod.clone();
                bytes[node.at + node.header..end].fill(value);
                bytes
            };
            if node.tag & 0x20 == 0 {
                judge(fill(0), &what);
                judge(fill(0xFF), &what);
            }
        }
    }
    for at in (0..sod.len()).step_by(4) {
        let mut bytes = sod.clone();
        bytes[at] ^= 0x80 >> (at % 8);
        judge(bytes, &format!("bit at {at}"));
    }
    assert!(tried > 1500, "{tried}");
    // Versions, digest algorithms named in advance, a NULL: outside the signature, and few.
    assert!(believed < 60, "{believed} of {tried}");
}

#[test]
fn each_fault_of_the_list_has_its_own_code() {
    use openssl::x509::X509;
    let issuer = utopia();
    let signer = X509::from_der(&issuer.signer_der()).unwrap();
    let genuine = evidence(&card());
    let entry = |number: u8, octets: usize| {
        let body = [
            tlv::encode(0x02, &[number]),
            tlv::encode(0x04, &vec![7; octets]),
        ];
        tlv::encode(0x30, &body.concat())
    };
    let list = |version: u8, algorithm: &str, entries: Vec<Vec<u8>>, tail: &[u8]| {
        let id = tlv::encode(0x06, &crate::lds::oid::from_dots(algorithm));
        tlv::encode_all(
            0x30,
            &[
                &tlv::encode(0x02, &[version]),
                &tlv::encode(0x30, &id),
                &tlv::encode(0x30, &entries.concat()),
                tail,
            ],
        )
    };
    const SHA_256: &str = "2.16.840.1.101.3.4.2.1";
    let versions = tlv::encode_all(
        0x30,
        &[&tlv::encode(0x13, b"0108"), &tlv::encode(0x13, b"040000")],
    );
    let one = || vec![entry(1, 32)];
    let cases = [
        (
            "an empty list",
            list(0, SHA_256, vec![], &[]),
            "chip.sod_list_empty",
        ),
        (
            "a group twice",
            list(0, SHA_256, vec![entry(1, 32), entry(1, 32)], &[]),
            "chip.sod_group_twice",
        ),
        (
            "more than sixteen",
            list(
                0,
                SHA_256,
                (1..=17).map(|number| entry(number, 32)).collect(),
                &[],
            ),
            "chip.sod_list_too_long",
        ),
        (
            "group seventeen",
            list(0, SHA_256, vec![entry(17, 32)], &[]),
            "chip.sod_malformed",
        ),
        (
            "an unknown digest",
            list(0, "1.2.643.7.1.1.2.2", one(), &[]),
            "chip.sod_digest_unknown",
        ),
        (
            "MD5",
            list(0, "1.2.840.113549.2.5", one(), &[]),
            "chip.sod_digest_unknown",
        ),
        (
            "a digest cut short",
            list(0, SHA_256, vec![entry(1, 31)], &[]),
            "chip.sod_malformed",
        ),
        (
            "version 2",
            list(2, SHA_256, one(), &[]),
            "chip.sod_malformed",
        ),
        (
            "version 1 without its fields",
            list(1, SHA_256, one(), &[]),
            "chip.sod_malformed",
        ),
        (
            "something after the list",
            list(0, SHA_256, one(), &[0x05, 0x00]),
            "chip.sod_malformed",
        ),
        // Well formed, and of nobody's files.
        (
            "LDS 1.8",
            list(1, SHA_256, one(), &versions),
            "chip.group_altered",
        ),
    ];
    for (case, content, expected) in cases {
        let mut evidence = genuine.clone();
        evidence.groups.retain(|group, _| *group == DataGroup::Dg1);
        evidence.sod = crate::simulator::issuer::tests::sign_content(&content, &issuer, &signer);
        let report = evidence.report(&trust(&issuer), &CHALLENGE, today());
        let faults = report.passive.faults();
        assert_eq!(faults[0].code(), expected, "{case}");
        // Who signed it is told all the same.
        assert_eq!(report.passive.chain, ChainState::Trusted, "{case}");
        assert!(report.passive.signer.is_some());
        if case == "LDS 1.8" {
            assert_eq!(report.passive.lds_version.as_deref(), Some("0108"));
        }
    }
    assert!(SecurityObject::parse(&list(1, SHA_256, one(), &versions)).is_ok());
}

#[test]
fn what_follows_the_security_object_and_whose_it_is_are_told() {
    let judge = |sod: Vec<u8>| {
        let mut evidence = evidence(&card());
        evidence.sod = sod;
        let report = evidence.report(&trust(&utopia()), &CHALLENGE, today());
        report.passive.faults()[0]
    };
    let good = evidence(&card()).sod.clone();
    assert_eq!(
        judge([&good[..], &[0]].concat()),
        EvidenceFault::SodTrailing
    );
    let cms = sod::cms(&good).unwrap();
    let inside = sod::write(&[cms, &[0x05, 0x00]].concat());
    assert_eq!(judge(inside), EvidenceFault::SodTrailing);
    assert_eq!(judge(vec![0x77, 0x00]), EvidenceFault::SodMalformed);
    // Another person's card of the same country.
    let mut other = person();
    other.portrait[20] ^= 1;
    other.name_vi = "Trần Văn Bình".to_owned();
    other.fingers.truncate(1);
    let options = CardOptions::cccd(issued_at());
    let other = utopia().issue(&other, &options, &mut Steady(9)).unwrap();
    let mut mixed = evidence(&card());
    mixed.sod = other.sod().to_vec();
    let codes = verify(&mixed).unwrap_err().codes();
    assert_eq!(codes[0], "chip.sod_of_another");
    assert!(codes.contains(&"chip.group_altered"));
}
