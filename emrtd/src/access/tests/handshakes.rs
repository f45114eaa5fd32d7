//! Every way of opening a chip that the standard knows, the reader against the simulated chip; and
//! chips that cheat at each step of it.

use openssl::nid::Nid;

use super::*;
use crate::access::agreement::Agreement;
use crate::simulator::applet::tests::{CAN, key, memory, mrz};
use crate::simulator::{Applet, Faults, Memory};

const EC_CURVES: [(u8, Nid); 11] = [
    (8, Nid::X9_62_PRIME192V1),
    (9, Nid::BRAINPOOL_P192R1),
    (10, Nid::SECP224R1),
    (11, Nid::BRAINPOOL_P224R1),
    (12, Nid::X9_62_PRIME256V1),
    (13, Nid::BRAINPOOL_P256R1),
    (14, Nid::BRAINPOOL_P320R1),
    (15, Nid::SECP384R1),
    (16, Nid::BRAINPOOL_P384R1),
    (17, Nid::BRAINPOOL_P512R1),
    (18, Nid::SECP521R1),
];

fn can() -> AccessKey {
    AccessKey::Can(Can::new(CAN).unwrap())
}

fn pace_info(mapping: u8, cipher: u8, group: Option<u8>) -> Vec<u8> {
    let oid = [
        0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, mapping, cipher,
    ];
    let group = group.map_or_else(Vec::new, |group| tlv::encode(0x02, &[group]));
    tlv::encode_all(
        0x30,
        &[&tlv::encode(0x06, &oid), &tlv::encode(0x02, &[2]), &group],
    )
}

/// A chip that offers just these.
fn chip(infos: &[Vec<u8>]) -> Memory {
    let mut memory = memory();
    let card_access = tlv::encode(0x31, &infos.concat());
    memory.files.insert(0x011C, card_access);
    memory
}

fn open_with(memory: Memory, script: &str, key: &AccessKey) -> Result<Opened, AccessError> {
    let faults: Faults = script.parse().unwrap();
    let mut wire = Wire::new(Applet::with_memory(memory, faults));
    let mut rng = Fixed::endless(3);
    open(
        &mut wire,
        key,
        AccessPolicy { allow_bac: true },
        AnswerLength::Unknown,
        &mut rng,
    )
}

#[test]
fn every_mapping_group_and_cipher_opens_by_number_and_by_zone() {
    let mut opened = 0;
    for mapping in [1, 2, 3, 4, 6] {
        let groups: Vec<u8> = match mapping {
            1 | 3 => vec![0, 1, 2],
            _ => EC_CURVES.iter().map(|(id, _)| *id).collect(),
        };
        for group in groups {
            for cipher in 1..=4 {
                // No point for every number on P-224, no 3DES with chip authentication mapping.
                let barred = mapping == 4 && group == 10 || mapping == 6 && cipher == 1;
                for key_of_chip in [can(), AccessKey::Mrz(mrz())] {
                    let mut memory = chip(&[pace_info(mapping, cipher, Some(group))]);
                    if let Some((_, nid)) = EC_CURVES.iter().find(|(id, _)| *id == group) {
                        memory.chip_keys = vec![key(*nid)];
                    }
                    let spki = memory.chip_keys[0].public_key_to_der().unwrap();
                    let found = open_with(memory, "", &key_of_chip);
                    let case = format!("{mapping} {cipher} {group} {key_of_chip:?}");
                    if barred {
                        assert_eq!(found.unwrap_err(), AccessError::PaceUnsupported, "{case}");
                        continue;
                    }
                    let found = found.unwrap_or_else(|error| panic!("{case}: {error}"));
                    opened += 1;
                    let witness = found.mapping;
                    assert_eq!(witness.is_some(), mapping == 6, "{case}");
                    if let Some(witness) = witness {
                        assert!(crate::proof::mapping::fits(&witness, &spki), "{case}");
                    }
                }
            }
        }
    }
    assert_eq!(opened, 2 * (24 + 44 + 40 + 33));
}

#[test]
fn the_best_offer_is_taken_whatever_the_order() {
    let all = [
        pace_info(3, 4, Some(2)),
        pace_info(2, 1, Some(13)),
        pace_info(1, 2, Some(2)),
        pace_info(4, 4, Some(13)),
        pace_info(2, 2, Some(13)),
        pace_info(2, 4, Some(16)),
        pace_info(6, 2, Some(13)),
    ];
    // As the chip is asked, one after the other, when it refuses each.
    struct Refusing(Vec<(u8, u8)>);
    impl Transport for Refusing {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            assert_eq!(command[..4], [0x00, 0x22, 0xC1, 0xA4]);
            self.0.push((command[15], command[16]));
            Ok(vec![0x6A, 0x80])
        }
    }
    let set = tlv::encode(0x31, &all.concat());
    let infos = SecurityInfos::read(&set).unwrap();
    let mut wire = Wire::new(Refusing(Vec::new()));
    let refused = pace::run(&mut wire, &infos.pace, &can(), &mut Fixed::endless(1));
    assert!(matches!(refused, Err(AccessError::Refused { .. })));
    let mut asked = wire.into_transport().0;
    asked.dedup();
    assert_eq!(
        asked,
        [(6, 2), (2, 4), (2, 2), (4, 4), (1, 2), (3, 4), (2, 1)]
    );
}

/// EF.CardAccess may number its groups as it likes and spell them out.
#[test]
fn groups_of_the_chips_own_numbering_open_when_they_are_known() {
    let ec = hex::decode("06072A8648CE3D0201").unwrap();
    let domain = |oid: &str, id: &[u8]| {
        let algorithm = tlv::encode_all(0x30, &[&ec, &hex::decode(oid).unwrap()]);
        let protocol = hex::decode("060904007F000702020402").unwrap();
        tlv::encode_all(0x30, &[&protocol, &algorithm, id])
    };
    let number = tlv::encode(0x02, &[77]);
    let known = chip(&[
        pace_info(2, 2, Some(77)),
        domain("06082A8648CE3D030107", &number),
    ]);
    open_with(known, "", &can()).unwrap();
    let only = chip(&[pace_info(2, 2, None), domain("06082A8648CE3D030107", &[])]);
    open_with(only, "", &can()).unwrap();
    let own = chip(&[pace_info(2, 2, Some(77)), domain("06052B8104000A", &number)]);
    assert_eq!(
        open_with(own, "", &can()).unwrap_err(),
        AccessError::PaceUnsupported
    );
}

#[test]
fn a_chip_that_cheats_is_found_out_at_the_step_where_it_cheats() {
    let unfit = "card.access_key_unfit";
    let malformed = "card.access_malformed";
    let unproven = "card.chip_unproven";
    let key_faults = [
        ("pace-echo-key", unfit),
        ("pace-off-curve-key", unfit),
        ("pace-infinity-key", unfit),
        ("pace-echo-token", unproven),
        ("pace-wrong-token", unproven),
        ("pace-short-nonce", malformed),
        ("pace-malformed", malformed),
        ("pace-zero-nonce", malformed),
    ];
    let mapping_faults = [
        ("pace-echo", unfit),
        ("pace-off-curve", unfit),
        ("pace-infinity", unfit),
        ("pace-short-key", unfit),
        ("pace-small-subgroup", unfit),
    ];
    for (mapping, group) in [(1, 0), (1, 2), (2, 13), (2, 12), (3, 0), (4, 13), (6, 13)] {
        let integrated = matches!(mapping, 3 | 4);
        let faults = key_faults
            .iter()
            .chain(mapping_faults.iter().filter(|_| !integrated));
        for (fault, code) in faults {
            for cipher in [2, 4] {
                let memory = chip(&[pace_info(mapping, cipher, Some(group))]);
                let found = open_with(memory, fault, &can());
                let error = found.expect_err(fault);
                assert_eq!(error.code(), *code, "{mapping} {group} {fault}: {error}");
                assert!(AccessError::CODES.contains(code));
            }
        }
    }
    for fault in ["cam-missing", "cam-garbled"] {
        let memory = chip(&[pace_info(6, 2, Some(13))]);
        let error = open_with(memory, fault, &can()).unwrap_err();
        assert_eq!(error, AccessError::MappingUnproven, "{fault}");
    }
}

/// Somebody on the wire who changes what the desk says.
struct Between<F>(Applet, F);

impl<F: FnMut(&mut Vec<u8>)> Transport for Between<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut command = command.to_vec();
        self.1(&mut command);
        self.0.transmit(&command)
    }
}

#[test]
fn the_simulated_chip_too_refuses_what_is_not_in_order() {
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 5] = [
        ("the nonce asked for as if it were the last", |command| {
            if command[1] == 0x86 {
                command[0] = 0;
            }
        }),
        ("the token as if more came", |command| {
            if command[..2] == [0, 0x86] {
                command[0] = 0x10;
            }
        }),
        ("no element of the group", |command| {
            if command.get(7) == Some(&0x81) {
                let last = command.len() - 2;
                command[last] ^= 1;
            }
        }),
        ("another tag around it", |command| {
            if command[1] == 0x86 && command.len() > 8 {
                command[5] = 0x7D;
            }
        }),
        ("another token", |command| {
            if command.get(7) == Some(&0x85) {
                command[10] ^= 1;
            }
        }),
    ];
    for (name, change) in changes {
        let applet = Applet::with_memory(chip(&[pace_info(2, 2, Some(13))]), Faults::default());
        let mut wire = Wire::new(Between(applet, change));
        let mut rng = Fixed::endless(3);
        let policy = AccessPolicy::default();
        assert!(
            open(&mut wire, &can(), policy, AnswerLength::Unknown, &mut rng).is_err(),
            "{name}"
        );
    }
    // Left alone, the same conversation opens.
    let applet = Applet::with_memory(chip(&[pace_info(2, 2, Some(13))]), Faults::default());
    let mut wire = Wire::new(Between(applet, |_: &mut Vec<u8>| {}));
    let mut rng = Fixed::endless(3);
    open(
        &mut wire,
        &can(),
        AccessPolicy::default(),
        AnswerLength::Unknown,
        &mut rng,
    )
    .unwrap();
}

/// TD1 as on the CCCD, TD1 and TD2 with a number too long for its field, TD3; by PACE and by BAC.
#[test]
fn every_size_of_zone_opens_both_locks() {
    let zones: [&[&str]; 5] = [
        &[
            "IDVNM0930470641001093047064<<2",
            "9305122M3305120VNM<<<<<<<<<<<6",
            "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
        ],
        &[
            "I<UTOD23145890<7349<<<<<<<<<<<",
            "3407127M9507122UTO<<<<<<<<<<<2",
            "STEVENSON<<PETER<JOHN<<<<<<<<<",
        ],
        &[
            "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
            "D231458907UTO7408122F1204159<<<<<<<6",
        ],
        &[
            "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
            "D23145890<UTO3407127M95071227349<<<8",
        ],
        &[
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
            "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
        ],
    ];
    for (index, lines) in zones.into_iter().enumerate() {
        let typed = MrzKey::from_lines(lines).unwrap_or_else(|error| panic!("{index}: {error}"));
        for script in ["", "no-pace"] {
            let mut memory = memory();
            memory.mrz = Some(typed.clone());
            let key = AccessKey::Mrz(typed.clone());
            let opened = open_with(memory, script, &key).unwrap();
            let expected = if script.is_empty() {
                AccessProtocol::PaceMrz
            } else {
                AccessProtocol::Bac
            };
            assert_eq!(opened.protocol, expected);
            // Another document's zone opens neither.
            let mut memory = chip(&[pace_info(2, 2, Some(13))]);
            memory.mrz = Some(MrzKey::from_text("X", "000101", "300101").unwrap());
            assert_eq!(
                open_with(memory, script, &key).unwrap_err().code(),
                "card.mrz_wrong"
            );
        }
    }
}

#[test]
fn all_groups_are_those_that_the_standard_numbers() {
    for id in 0..=40 {
        let known = matches!(id, 0..=2 | 8..=18);
        assert_eq!(Agreement::standard(id).is_ok(), known, "{id}");
    }
}

/// A chip whose answers are garbled now and then, by a wire or on purpose.
struct Garbled {
    chip: Applet,
    rng: Fixed,
    one_in: u32,
}

impl Transport for Garbled {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = self.chip.transmit(command)?;
        if self.rng.next_u32().is_multiple_of(self.one_in) {
            match self.rng.next_u32() % 4 {
                0 => answer.truncate(self.rng.next_u32() as usize % answer.len()),
                1 => answer.extend([0x90, 0x00]),
                _ => {
                    let at = self.rng.next_u32() as usize % answer.len();
                    answer[at] ^= 1 << (self.rng.next_u32() % 8);
                }
            }
        }
        Ok(answer)
    }
}

/// Whatever comes back, the chip is opened by the protocol or not at all.
#[test]
fn garbled_answers_neither_panic_nor_open_anything_else() {
    let (mut opened, mut refused) = (0, 0);
    for (mapping, group) in [(1, 0), (2, 13), (3, 0), (4, 13), (6, 13)] {
        for seed in 0..60 {
            let offer = pace_info(mapping, 2, Some(group));
            let mut memory = chip(&[offer]);
            memory.card_security = Some(tlv::encode(0x30, &[0xA5; 900]));
            let mut wire = Wire::new(Garbled {
                chip: Applet::with_memory(memory, Faults::default()),
                rng: Fixed::endless(seed),
                one_in: 12,
            });
            let policy = AccessPolicy { allow_bac: true };
            let mut rng = Fixed::endless(seed + 1_000);
            match open(&mut wire, &can(), policy, AnswerLength::Unknown, &mut rng) {
                Ok(found) => {
                    opened += 1;
                    assert_eq!(found.protocol, AccessProtocol::PaceCan);
                    assert_eq!(found.mapping.is_some(), mapping == 6);
                    // Sealed, it came whole or not at all.
                    if let Some(file) = found.card_security {
                        assert_eq!(file, tlv::encode(0x30, &[0xA5; 900]));
                    }
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(opened > 20 && refused > 20, "{opened} {refused}");
}

/// OpenSSL's ciphers in the cascade of ICAO 9303-11 §4.4.3.3.2, written down a second time: the
/// worked examples have AES-128 only.
#[test]
fn integrated_mapping_is_the_standards_cascade_with_every_cipher() {
    use openssl::bn::{BigNum, BigNumContext};
    use openssl::symm::{Cipher as Symmetric, Crypter, Mode};

    let encrypt = |cipher: Symmetric, key: &[u8], text: &[u8]| {
        let iv = vec![0; cipher.block_size()];
        let mut crypter = Crypter::new(cipher, Mode::Encrypt, key, Some(&iv)).unwrap();
        crypter.pad(false);
        let mut out = vec![0; text.len() + cipher.block_size()];
        let mut count = crypter.update(text, &mut out).unwrap();
        count += crypter.finalize(&mut out[count..]).unwrap();
        out.truncate(count);
        out
    };
    let short = [
        "a668892a7c41e3ca739f40b057d85904",
        "a4e136ac725f738b01c1f60217c188ad",
    ];
    let long = [
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
    ];
    let group = openssl::dh::Dh::get_2048_256().unwrap();
    let (p, q) = (group.prime_p(), group.prime_q().unwrap());
    let mut ctx = BigNumContext::new().unwrap();
    for (ours, theirs, key_length, constants) in [
        (Cipher::TripleDes, Symmetric::des_ede3_cbc(), 16, short),
        (Cipher::Aes128, Symmetric::aes_128_cbc(), 16, short),
        (Cipher::Aes192, Symmetric::aes_192_cbc(), 24, long),
        (Cipher::Aes256, Symmetric::aes_256_cbc(), 32, long),
    ] {
        let [c0, c1] = constants.map(|text| hex::decode(text).unwrap());
        let s: Vec<u8> = (1..=c0.len() as u8).collect();
        let t: Vec<u8> = (0..key_length as u8).map(|octet| octet ^ 0x5C).collect();
        // Two keys make three: the first one is used again.
        let key = |octets: &[u8]| {
            let mut key = octets[..key_length].to_vec();
            if ours == Cipher::TripleDes {
                key.extend_from_within(..8);
            }
            key
        };
        let mut next = encrypt(theirs, &key(&t), &s);
        let mut octets = Vec::new();
        while octets.len() * 8 < 2_048 + 64 {
            octets.extend(encrypt(theirs, &key(&next), &c1));
            next = encrypt(theirs, &key(&next), &c0);
        }
        let mut cofactor = BigNum::new().unwrap();
        let mut last = p.to_owned().unwrap();
        last.sub_word(1).unwrap();
        cofactor.checked_div(&last, q, &mut ctx).unwrap();
        let number = BigNum::from_slice(&octets).unwrap();
        let mut expected = BigNum::new().unwrap();
        expected.mod_exp(&number, &cofactor, p, &mut ctx).unwrap();
        // The generator itself is what the private number one makes.
        let mapped = Agreement::standard(2).unwrap();
        let mapped = mapped.integrated(ours, &s, &t).unwrap();
        let mut one = vec![0; 32];
        one[31] = 1;
        let generator = mapped.key_pair(&mut Fixed::bytes(one)).unwrap();
        assert_eq!(generator.public, expected.to_vec(), "{ours:?}");
    }
}
