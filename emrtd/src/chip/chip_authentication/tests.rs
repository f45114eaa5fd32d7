//! Sessions recorded with passports of four countries, byte for byte, and every kind of key.

use openssl::dh::Dh;
use openssl::ec::{Asn1Flag, EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use serde_json::Value;

use super::*;
use crate::access::AccessProtocol;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can};
use crate::chip::reading::Reach;
use crate::chip::{Chip, Habits};
use crate::lds::dg14;
use crate::lds::oid::from_dots;
use crate::proof::chip_authentication::is_spoken;
use crate::secure_messaging::Cipher;
use crate::simulator::applet::tests::{CAN, memory};
use crate::simulator::{Applet, Faults};
use crate::transport::TransportError;
use crate::vectors;
use crate::wire::Wire;

/// Answers as a recorded chip did, and only to the recorded commands.
struct Replay {
    exchanges: std::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    /// Refuse this many commands bare before the record begins.
    refusals: usize,
}

impl Transport for Replay {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.refusals > 0 {
            self.refusals -= 1;
            return Ok(vec![0x6D, 0x00]);
        }
        let (expected, answer) = self.exchanges.next().expect("no more was recorded");
        assert_eq!(hex::encode(command), hex::encode(expected));
        Ok(answer)
    }
}

impl<T: Transport> SecureChip<T> {
    /// A chip that was opened elsewhere; the session is still to be put on the wire.
    fn bare(transport: T, key: AccessKey) -> Self {
        Self {
            wire: Wire::new(transport),
            key,
            policy: AccessPolicy::default(),
            protocol: AccessProtocol::PaceCan,
            card_access: None,
            identity: Vec::new(),
            terminal_key: None,
            terminal_accepted: false,
            reach: Reach::new(&Habits::default(), None),
            shaken: false,
            mapping: None,
            card_security: None,
            dg14: None,
            newly_keyed: false,
        }
    }
}

fn open_chip<T: Transport>(transport: T, session: Session) -> SecureChip<T> {
    let can = AccessKey::Can(Can::new(CAN).unwrap());
    let mut chip = SecureChip::bare(transport, can);
    chip.wire.begin(session);
    chip
}

#[test]
fn recorded_passports_are_asked_and_believed_byte_for_byte() {
    let recorded: Value = serde_json::from_str(include_str!(
        "../../../tests/vectors/chip_authentication.json"
    ))
    .unwrap();
    for passport in recorded["sessions"].as_array().unwrap() {
        let issuer = passport["issuer"].as_str().unwrap();
        let bytes = |name: &str| vectors::bytes(&passport[name]);
        let cipher = match (passport["cipher"].as_str().unwrap(), bytes("ks_enc").len()) {
            ("tdes", _) => Cipher::TripleDes,
            (_, 16) => Cipher::Aes128,
            _ => Cipher::Aes256,
        };
        let exchanges = passport["exchanges"].as_array().unwrap().iter();
        let exchanges: Vec<_> = exchanges
            .map(|exchange| {
                (
                    vectors::bytes(&exchange["command"]),
                    vectors::bytes(&exchange["answer"]),
                )
            })
            .collect();
        // Malaysia's chip was asked for 3DES by MSE:Set AT, which comes second here.
        let refusals = usize::from(issuer == "MY");
        let counter = bytes("ssc")
            .iter()
            .fold(0, |sum: u128, octet| sum << 8 | u128::from(*octet))
            - 2 * refusals as u128;
        let session = Session::from_keys(cipher, bytes("ks_enc"), bytes("ks_mac"), counter);
        let replay = Replay {
            exchanges: exchanges.into_iter(),
            refusals,
        };
        let mut chip = open_chip(replay, session);
        let private = bytes("terminal_private").repeat(1 + refusals);
        let dg14 = bytes("dg14");
        let done = run(&mut chip, &dg14, &mut Fixed::bytes(private)).unwrap();
        let witness = done.unwrap().witness;
        let infos = SecurityInfos::from_dg14(&dg14).unwrap();
        assert!(
            infos.offers_key(&witness.protocol, witness.key_id),
            "{issuer}"
        );
        let (enc, mac) = chip.wire.session().unwrap().keys();
        assert_eq!(
            (enc, mac),
            (&*bytes("new_ks_enc"), &*bytes("new_ks_mac")),
            "{issuer}"
        );
        // The next answer comes under the new keys.
        let select = Command::new(0, 0xA4, 0x02, 0x0C).data(vec![0x01, 0x0E]);
        assert!(chip.send(&select).unwrap().status.is_ok(), "{issuer}");
    }
}

/// The ways to write a prime field's key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Writing {
    Pkcs3,
    X942,
}

fn ec(nid: Nid, flag: Asn1Flag) -> PKey<Private> {
    let mut group = EcGroup::from_curve_name(nid).unwrap();
    group.set_asn1_flag(flag);
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn dh(parameters: Dh<openssl::pkey::Params>) -> PKey<Private> {
    PKey::from_dh(parameters.generate_key().unwrap()).unwrap()
}

fn dh_spki(key: &PKey<Private>, writing: Writing) -> Vec<u8> {
    let key = key.dh().unwrap();
    let number = |number: &openssl::bn::BigNumRef| {
        let mut octets = number.to_vec();
        if octets[0] & 0x80 != 0 {
            octets.insert(0, 0);
        }
        tlv::encode(0x02, &octets)
    };
    let (oid, parameters) = match writing {
        Writing::Pkcs3 => (
            "1.2.840.113549.1.3.1",
            [number(key.prime_p()), number(key.generator())].concat(),
        ),
        Writing::X942 => (
            "1.2.840.10046.2.1",
            [
                number(key.prime_p()),
                number(key.generator()),
                number(key.prime_q().unwrap()),
            ]
            .concat(),
        ),
    };
    let algorithm = [
        tlv::encode(0x06, &from_dots(oid)),
        tlv::encode(0x30, &parameters),
    ];
    let bits = [vec![0], number(key.public_key())].concat();
    tlv::encode_all(
        0x30,
        &[
            &tlv::encode(0x30, &algorithm.concat()),
            &tlv::encode(0x03, &bits),
        ],
    )
}

fn key_info(curve: bool, spki: &[u8], id: Option<u8>) -> Vec<u8> {
    let id = id.map_or_else(Vec::new, |id| dg14::write_number(u64::from(id)));
    dg14::write_info(
        if curve {
            "0.4.0.127.0.7.2.2.1.2"
        } else {
            "0.4.0.127.0.7.2.2.1.1"
        },
        &[spki, &id],
    )
}

fn protocol_info(curve: bool, cipher: u8, id: Option<u8>) -> Vec<u8> {
    let id = id.map_or_else(Vec::new, |id| dg14::write_number(u64::from(id)));
    let oid = format!("0.4.0.127.0.7.2.2.3.{}.{cipher}", 1 + u8::from(curve));
    dg14::write_info(&oid, &[&dg14::write_number(1), &id])
}

fn chip_with(infos: &[Vec<u8>], keys: Vec<PKey<Private>>, script: &str) -> SecureChip<Applet> {
    let mut memory = memory();
    memory.files.insert(0x010E, dg14::write(infos));
    memory.chip_keys = keys;
    let faults: Faults = script.parse().unwrap();
    let chip = Chip::new(Applet::with_memory(memory, faults));
    let can = AccessKey::Can(Can::new(CAN).unwrap());
    chip.open(&can, AccessPolicy::default(), &mut Fixed::endless(5))
        .map_err(|(_, error)| error)
        .unwrap()
}

/// Runs chip authentication and one more command; which protocol and key it was.
fn authenticate(
    infos: &[Vec<u8>],
    keys: Vec<PKey<Private>>,
    script: &str,
) -> Option<(String, Option<u64>)> {
    let mut chip = chip_with(infos, keys, script);
    let mut rng = Fixed::endless(6);
    let dg14 = dg14::write(infos);
    let done = run(&mut chip, &dg14, &mut rng).unwrap()?;
    chip.newly_keyed = true;
    let read = Command::new(0, 0xB0, 0x81, 0).le(16);
    let answer = chip.send(&read).expect("the chip knows the new keys");
    assert_eq!(answer.data.len(), 16);
    Some((done.witness.protocol, done.witness.key_id))
}

#[test]
fn every_curve_goes_with_every_cipher_named_and_explicit() {
    for (index, nid) in [
        Nid::X9_62_PRIME192V1,
        Nid::SECP224R1,
        Nid::X9_62_PRIME256V1,
        Nid::SECP384R1,
        Nid::SECP521R1,
        Nid::BRAINPOOL_P192R1,
        Nid::BRAINPOOL_P224R1,
        Nid::BRAINPOOL_P256R1,
        Nid::BRAINPOOL_P320R1,
        Nid::BRAINPOOL_P384R1,
        Nid::BRAINPOOL_P512R1,
    ]
    .into_iter()
    .enumerate()
    {
        for flag in [Asn1Flag::NAMED_CURVE, Asn1Flag::EXPLICIT_CURVE] {
            for cipher in 1..=4 {
                let key = ec(nid, flag);
                let id = (index % 2 == 0).then_some(0xC3);
                let infos = [
                    key_info(true, &key.public_key_to_der().unwrap(), id),
                    protocol_info(true, cipher, id),
                ];
                let (protocol, seen) = authenticate(&infos, vec![key], "").unwrap();
                assert_eq!(protocol, format!("0.4.0.127.0.7.2.2.3.2.{cipher}"));
                assert_eq!(seen, id.map(u64::from));
            }
        }
    }
}

#[test]
fn prime_fields_go_with_every_cipher_however_the_key_is_written() {
    type Parameters = fn() -> Result<Dh<openssl::pkey::Params>, openssl::error::ErrorStack>;
    for parameters in [
        Dh::get_1024_160 as Parameters,
        Dh::get_2048_224,
        Dh::get_2048_256,
    ] {
        let key = dh(parameters().unwrap());
        for writing in [Writing::Pkcs3, Writing::X942] {
            for cipher in 1..=4 {
                let infos = [
                    key_info(false, &dh_spki(&key, writing), None),
                    protocol_info(false, cipher, None),
                ];
                let (protocol, _) = authenticate(&infos, vec![key.clone()], "").unwrap();
                assert_eq!(
                    protocol,
                    format!("0.4.0.127.0.7.2.2.3.1.{cipher}"),
                    "{writing:?}"
                );
            }
        }
    }
}

#[test]
fn of_several_keys_the_best_is_asked_by_its_number() {
    let (old, new) = (
        ec(Nid::X9_62_PRIME256V1, Asn1Flag::NAMED_CURVE),
        ec(Nid::BRAINPOOL_P384R1, Asn1Flag::NAMED_CURVE),
    );
    let field = dh(Dh::get_2048_256().unwrap());
    let spki = |key: &PKey<Private>| key.public_key_to_der().unwrap();
    let infos = [
        key_info(false, &dh_spki(&field, Writing::X942), Some(9)),
        key_info(true, &spki(&old), Some(1)),
        key_info(true, &spki(&new), Some(2)),
        protocol_info(false, 4, Some(9)),
        protocol_info(true, 1, Some(1)),
        protocol_info(true, 4, Some(2)),
    ];
    let keys = || vec![field.clone(), old.clone(), new.clone()];
    let best = authenticate(&infos, keys(), "").unwrap();
    assert_eq!(best, ("0.4.0.127.0.7.2.2.3.2.4".to_owned(), Some(2)));
    // Without a protocol of its own the key numbered 2 is one for 3DES.
    let best = authenticate(&infos[..5], keys(), "").unwrap();
    assert_eq!(best, ("0.4.0.127.0.7.2.2.3.1.4".to_owned(), Some(9)));
}

#[test]
fn a_key_alone_means_3des_and_a_protocol_alone_means_nothing() {
    let key = ec(Nid::BRAINPOOL_P256R1, Asn1Flag::EXPLICIT_CURVE);
    let alone = [key_info(true, &key.public_key_to_der().unwrap(), None)];
    let (protocol, _) = authenticate(&alone, vec![key.clone()], "").unwrap();
    assert_eq!(protocol, "0.4.0.127.0.7.2.2.3.2.1");
    let infos = [protocol_info(true, 2, None)];
    assert_eq!(authenticate(&infos, vec![key.clone()], ""), None);
    let read = SecurityInfos::from_dg14(&dg14::write(&infos)).unwrap();
    assert!(!read.offers_chip_authentication() && !is_spoken(&read));
    // The prime field's info says nothing about the curve's key.
    let other = [alone[0].clone(), protocol_info(false, 2, None)];
    let (protocol, _) = authenticate(&other, vec![key], "").unwrap();
    assert_eq!(protocol, "0.4.0.127.0.7.2.2.3.2.1");
}

#[test]
fn a_form_unknown_here_is_offered_but_not_spoken() {
    let key = ec(Nid::SECP256K1, Asn1Flag::NAMED_CURVE);
    let spki = key.public_key_to_der().unwrap();
    let at = spki.len() - 60;
    let mut garbled = spki.clone();
    garbled[at] ^= 0x55;
    for infos in [
        // A point that is on no curve.
        vec![key_info(true, &garbled, None), protocol_info(true, 2, None)],
        // A cipher that nobody has defined yet.
        vec![key_info(true, &spki, None), protocol_info(true, 9, None)],
        // Version 2 runs in another order, by another document.
        vec![
            key_info(true, &spki, None),
            dg14::write_info("0.4.0.127.0.7.2.2.3.2.2", &[&dg14::write_number(2)]),
        ],
        // A prime field that is none.
        vec![key_info(false, &spki, None)],
    ] {
        assert_eq!(authenticate(&infos, vec![key.clone()], ""), None);
        let read = SecurityInfos::from_dg14(&dg14::write(&infos)).unwrap();
        assert!(read.offers_chip_authentication() && !is_spoken(&read));
    }
}

#[test]
fn a_refusal_is_no_witness_and_a_wrong_key_is_found_out() {
    let key = ec(Nid::BRAINPOOL_P256R1, Asn1Flag::NAMED_CURVE);
    for cipher in [1, 2] {
        let infos = [
            key_info(true, &key.public_key_to_der().unwrap(), None),
            protocol_info(true, cipher, None),
        ];
        for script in ["refuse-ca", "refuse-ca,plain-errors"] {
            assert_eq!(authenticate(&infos, vec![key.clone()], script), None);
        }
        let mut chip = chip_with(&infos, vec![key.clone()], "wrong-ca");
        let done = run(&mut chip, &dg14::write(&infos), &mut Fixed::endless(6)).unwrap();
        assert!(done.is_some());
        chip.newly_keyed = true;
        let read = Command::new(0, 0xB0, 0x81, 0).le(16);
        assert_eq!(chip.send(&read), Err(ReadError::ChipAuthentication));
    }
}
