//! Whole reads of simulated chips: good ones, odd ones, broken ones and copies.

use std::collections::BTreeMap;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{Can, MrzKey};
use crate::evidence::ChipEvidence;
use crate::lds::DataGroup;
use crate::simulator::applet::tests::{CAN, dg14, key, memory, mrz};
use crate::simulator::{Applet, Faults, Memory};
use openssl::nid::Nid;

mod slipping;
mod specimen;

const WANTED: [DataGroup; 5] = [
    DataGroup::Dg2,
    DataGroup::Dg3,
    DataGroup::Dg13,
    DataGroup::Dg14,
    DataGroup::Dg15,
];

fn can() -> AccessKey {
    AccessKey::Can(Can::new(CAN).unwrap())
}

fn challenge() -> Challenge {
    Challenge::new([1, 2, 3, 4, 5, 6, 7, 8])
}

type Read = (Result<ChipEvidence, String>, Traffic);

fn read_with(memory: Memory, script: &str, key: &AccessKey, policy: AccessPolicy) -> Read {
    let faults: Faults = script.parse().unwrap();
    let chip = Chip::new(Applet::with_memory(memory, faults));
    let mut rng = Fixed::endless(42);
    match chip.open(key, policy, &mut rng) {
        Err((chip, error)) => (Err(error.code().to_owned()), chip.traffic()),
        Ok(mut chip) => {
            let result = chip.collect(
                &mut Collection::new(&WANTED, challenge()),
                &mut rng,
                &mut |_| {},
            );
            (
                result.map_err(|error| error.code().to_owned()),
                chip.traffic(),
            )
        }
    }
}

fn read(script: &str) -> Read {
    read_with(memory(), script, &can(), AccessPolicy::default())
}

/// Everything that a good chip has came back byte for byte.
#[track_caller]
fn complete(
    result: &Result<ChipEvidence, String>,
    files: &BTreeMap<u16, Vec<u8>>,
    but: &[DataGroup],
) {
    let evidence = result.as_ref().unwrap();
    assert_eq!(evidence.sod, files[&0x011D]);
    for (id, file) in files {
        if let Some(group) = DataGroup::from_number((id & 0xFF) as u8)
            && !but.contains(&group)
        {
            assert_eq!(evidence.groups.get(&group), Some(file), "{group}");
        }
    }
}

/// A memory whose files can be compared with what was read.
fn card() -> (Memory, BTreeMap<u16, Vec<u8>>) {
    let memory = memory();
    let files = memory.files.clone();
    (memory, files)
}

#[test]
fn a_good_chip_is_read_in_few_commands() {
    let (memory, files) = card();
    let (result, traffic) = read_with(memory, "", &can(), AccessPolicy::default());
    complete(&result, &files, &[DataGroup::Dg3]);
    let evidence = result.unwrap();
    assert_eq!(evidence.access, AccessProtocol::PaceCan);
    assert_eq!(evidence.card_access.as_ref(), Some(&files[&0x011C]));
    assert_eq!(evidence.locked, [DataGroup::Dg3]);
    assert_eq!(evidence.active.as_ref().unwrap().signature.len(), 64);
    let witness = evidence.chip_auth.as_ref().unwrap();
    assert_eq!(
        (&witness.protocol[..], witness.key_id),
        ("0.4.0.127.0.7.2.2.3.2.2", Some(1))
    );
    // EF.CardAccess, five of PACE, SELECT, nine files and proofs; DG3 is tried, and refused.
    assert_eq!(traffic.apdus, 17, "{traffic:?}");
}

#[test]
fn what_a_chip_could_bear_is_not_tried_again() {
    for script in [
        "max-le=1024",
        "no-extended",
        "no-sfi",
        "max-le=223",
        "exact-le",
        "",
    ] {
        let once = |habits: Habits| {
            let faults: Faults = script.parse().unwrap();
            let chip = Chip::new(Applet::with_memory(memory(), faults)).with_habits(habits);
            let mut rng = Fixed::endless(2);
            let chip = chip.open(&can(), AccessPolicy::default(), &mut rng);
            let mut chip = chip.map_err(|(_, error)| error).unwrap();
            let mut collection = Collection::new(&WANTED, challenge());
            let read = chip.collect(&mut collection, &mut rng, &mut |_| {});
            read.unwrap();
            (chip.habits(), chip.traffic().apdus)
        };
        let (habits, first) = once(Habits::default());
        let kept = serde_json::to_string(&habits).unwrap();
        let (again, second) = once(serde_json::from_str(&kept).unwrap());
        assert_eq!(again, habits, "{script}");
        assert!(second <= first, "{script}: {first} then {second}");
        if !["", "exact-le"].contains(&script) {
            assert!(second < first, "{script}: {first} then {second}");
        }
    }
}

/// Falls silent for ever at the first command in extended form.
struct Touchy(Applet, bool);

impl Transport for Touchy {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.1 |= Command::parse(command).unwrap().extended;
        if self.1 {
            Err(TransportError::CardLost)
        } else {
            self.0.transmit(command)
        }
    }
}

#[test]
fn a_chip_that_cannot_bear_the_question_is_read_by_short_answers() {
    let (memory, files) = card();
    let touchy = Touchy(Applet::with_memory(memory, Faults::default()), false);
    let mut rng = Fixed::endless(1);
    let chip = Chip::new(touchy).with_habits(Habits::short_answers());
    let chip = chip.open(&can(), AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let read = chip.collect(
        &mut Collection::new(&WANTED, challenge()),
        &mut rng,
        &mut |_| {},
    );
    complete(
        &read.map_err(|error| error.to_string()),
        &files,
        &[DataGroup::Dg3],
    );
}

#[test]
fn every_honest_oddity_is_put_up_with() {
    for script in [
        "no-extended",
        "no-extended,refusal-ends-session",
        "no-extended,plain-errors",
        "max-le=1024",
        "max-le=1024,plain-errors",
        "max-le=223",
        "max-le=127",
        "max-le=64",
        "no-extended,max-le=127,plain-errors",
        "exact-le",
        "exact-le,no-extended",
        "exact-le,plain-errors",
        "no-sfi",
        "no-sfi,no-extended",
        "no-sfi,plain-errors",
        "mf-6d00",
        "mf-6d00,starts-in-document",
        "starts-in-document",
        "wants-parameter-id",
        "hates-parameter-id",
        "plain-errors",
        "no-sfi,no-extended,exact-le,plain-errors,hates-parameter-id,starts-in-document",
    ] {
        let (memory, files) = card();
        let (result, traffic) = read_with(memory, script, &can(), AccessPolicy::default());
        assert!(result.is_ok(), "{script}: {result:?} {traffic:?}");
        complete(&result, &files, &[DataGroup::Dg3]);
        let evidence = result.unwrap();
        assert!(
            evidence.active.is_some() && evidence.chip_auth.is_some(),
            "{script}"
        );
        assert_eq!(evidence.locked, [DataGroup::Dg3], "{script}");
        println!("{script}: {traffic:?}");
    }
}

#[test]
fn absent_groups_are_left_out_in_every_manner_of_saying_so() {
    for script in [
        "",
        "plain-errors",
        "no-sfi",
        "no-sfi,plain-errors",
        "no-extended,plain-errors",
    ] {
        let mut memory = memory();
        for id in [0x010D, 0x010E, 0x010F] {
            memory.files.remove(&id);
        }
        let files = memory.files.clone();
        let (result, _) = read_with(memory, script, &can(), AccessPolicy::default());
        complete(&result, &files, &[DataGroup::Dg3]);
        let evidence = result.unwrap();
        assert!(evidence.active.is_none() && evidence.chip_auth.is_none());
        assert_eq!(evidence.locked, [DataGroup::Dg3], "{script}");
        assert!(!evidence.groups.contains_key(&DataGroup::Dg13), "{script}");
    }
    let mut memory = memory();
    memory.files.remove(&0x0101);
    let (result, _) = read_with(memory, "", &can(), AccessPolicy::default());
    assert_eq!(result.unwrap_err(), "card.file_missing");
}

#[test]
fn a_card_taken_away_at_any_command_is_lost_and_nothing_else() {
    for script in ["", "no-extended"] {
        let (whole, traffic) = read(script);
        whole.unwrap();
        for at in 1..=traffic.apdus {
            let (result, seen) = read(&format!("drop={at},{script}"));
            assert_eq!(result.unwrap_err(), "card.removed", "{script} at {at}");
            assert_eq!(seen.apdus, at);
        }
    }
}

#[test]
fn a_wrong_mac_anywhere_ends_the_reading() {
    let (_, traffic) = read("");
    let opening = 8;
    for at in opening..=traffic.apdus {
        let (result, seen) = read(&format!("bad-mac={at}"));
        let code = result.unwrap_err();
        assert!(
            ["card.secure_messaging", "card.chip_authentication"].contains(&&code[..]),
            "{at}: {code}"
        );
        assert_eq!(seen.apdus, at, "nothing is sent after a bad MAC");
    }
}

#[test]
fn pace_that_fails_never_becomes_bac() {
    let allow = AccessPolicy { allow_bac: true };
    let mrz = AccessKey::Mrz(mrz());
    let (result, _) = read_with(memory(), "refuse-pace", &mrz, allow);
    assert_eq!(result.unwrap_err(), "card.access_refused");
    let other = AccessKey::Mrz(MrzKey::from_text("093047065", "930512", "330512").unwrap());
    let (result, _) = read_with(memory(), "", &other, allow);
    assert_eq!(result.unwrap_err(), "card.mrz_wrong");
    // PACE in a form that nobody knows is still PACE.
    let mut strange = memory();
    let card_access = strange.files.get_mut(&0x011C).unwrap();
    let at = card_access.len() - 8;
    assert_eq!(card_access[at - 1..=at + 1], [4, 2, 2]);
    card_access[at] = 5;
    let (result, _) = read_with(strange, "", &mrz, allow);
    assert_eq!(result.unwrap_err(), "card.pace_unsupported");
}

#[test]
fn bac_opens_an_old_chip_when_policy_allows_and_only_then() {
    let key = AccessKey::Mrz(mrz());
    let allow = AccessPolicy { allow_bac: true };
    for script in [
        "no-pace",
        "no-pace,no-extended",
        "no-pace,plain-errors,no-extended",
    ] {
        let (memory, files) = card();
        let (result, _) = read_with(memory, script, &key, allow);
        complete(&result, &files, &[DataGroup::Dg3]);
        assert_eq!(result.unwrap().access, AccessProtocol::Bac);
    }
    let (result, _) = read_with(memory(), "no-pace", &key, AccessPolicy::default());
    assert_eq!(result.unwrap_err(), "card.pace_not_offered");
    let (result, _) = read_with(memory(), "no-pace", &can(), allow);
    assert_eq!(result.unwrap_err(), "card.mrz_needed");
    let (result, _) = read_with(memory(), "no-pace,no-bac", &key, allow);
    assert_eq!(result.unwrap_err(), "card.access_refused");
}

#[test]
fn a_wrong_access_number_gives_the_chip_back_for_another_try() {
    let chip = Chip::new(Applet::with_memory(memory(), Faults::default()));
    let mut rng = Fixed::endless(1);
    let wrong = AccessKey::Can(Can::new("654321").unwrap());
    let Err((chip, error)) = chip.open(&wrong, AccessPolicy::default(), &mut rng) else {
        panic!()
    };
    assert_eq!(error.code(), "card.can_wrong");
    let chip = chip
        .open(&can(), AccessPolicy::default(), &mut rng)
        .map_err(|(_, error)| error);
    assert_eq!(chip.unwrap().access(), AccessProtocol::PaceCan);
}

#[test]
fn a_copy_without_the_chip_authentication_key_is_found_out() {
    let (result, _) = read("wrong-ca");
    assert_eq!(result.unwrap_err(), "card.chip_authentication");
    let (result, _) = read("refuse-ca");
    let evidence = result.unwrap();
    assert!(evidence.chip_auth.is_none() && evidence.active.is_some());
    for script in [
        "refuse-aa",
        "refuse-aa,plain-errors",
        "refuse-aa,refuse-ca,plain-errors,no-extended",
    ] {
        let (result, traffic) = read(script);
        assert!(result.unwrap().active.is_none(), "{script}");
        assert!(traffic.apdus < 160, "{script}: {traffic:?}");
    }
}

#[test]
fn chip_authentication_runs_on_every_curve_and_cipher() {
    for (nid, cipher, id) in [
        (Nid::X9_62_PRIME256V1, 1, None),
        (Nid::BRAINPOOL_P512R1, 4, Some(2)),
        (Nid::SECP521R1, 3, Some(0x41)),
        (Nid::SECP224R1, 2, None),
        (Nid::BRAINPOOL_P320R1, 1, Some(1)),
    ] {
        let mut memory = memory();
        let chip_key = key(nid);
        memory.files.insert(0x010E, dg14(&chip_key, cipher, id));
        memory.chip_keys = vec![chip_key];
        let (result, _) = read_with(memory, "no-extended", &can(), AccessPolicy::default());
        let evidence = result.unwrap();
        let witness = evidence.chip_auth.as_ref().unwrap();
        assert_eq!(witness.key_id, id.map(u64::from), "{nid:?} {cipher}");
        assert!(witness.protocol.ends_with(&format!(".{cipher}")));
    }
}

#[test]
fn pace_runs_on_every_standard_group_and_cipher() {
    for (mapping, cipher, group) in [
        (2, 1, 12),
        (2, 2, 10),
        (2, 3, 15),
        (2, 4, 17),
        (2, 4, 18),
        (2, 2, 11),
        (1, 2, 2),
        (1, 1, 0),
    ] {
        let oid = [
            0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, mapping, cipher,
        ];
        let number = |n: u8| crate::tlv::encode(0x02, &[n]);
        let info = [crate::tlv::encode(0x06, &oid), number(2), number(group)].concat();
        let mut memory = memory();
        let set = crate::tlv::encode(0x31, &crate::tlv::encode(0x30, &info));
        memory.files.insert(0x011C, set);
        let files = memory.files.clone();
        let (result, _) = read_with(memory, "", &AccessKey::Mrz(mrz()), AccessPolicy::default());
        assert!(result.is_ok(), "{mapping} {cipher} {group}: {result:?}");
        complete(&result, &files, &[DataGroup::Dg3]);
        assert_eq!(result.unwrap().access, AccessProtocol::PaceMrz);
    }
}

#[test]
fn files_beyond_the_even_offsets_are_read_to_the_last_byte() {
    for script in [
        "dg3-open",
        "dg3-open,no-extended",
        "dg3-open,max-le=1024",
        "dg3-open,exact-le,no-sfi",
    ] {
        for size in [32_700, 32_768, 32_769, 33_000, 65_530, 65_600, 100_003] {
            if size != 33_000 && script.contains(',') {
                continue;
            }
            let mut memory = memory();
            memory
                .files
                .insert(0x0103, crate::tlv::encode(0x63, &vec![0xA7; size]));
            let files = memory.files.clone();
            let (result, traffic) = read_with(memory, script, &can(), AccessPolicy::default());
            assert!(result.is_ok(), "{script} {size}: {result:?} {traffic:?}");
            complete(&result, &files, &[]);
        }
    }
}

#[test]
fn lengths_that_lie_are_refused() {
    let (result, traffic) = read("length-bomb");
    assert_eq!(result.unwrap_err(), "card.file_too_long");
    assert!(traffic.bytes_received < 10_000);
    let (result, _) = read("long-dg1");
    assert!(["card.file_malformed", "card.read_refused"].contains(&&result.unwrap_err()[..]));
}

/// Answers every command alike.
struct Parrot(Vec<u8>);

impl Transport for Parrot {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.0.clone())
    }
}

#[test]
fn nonsense_from_the_chip_neither_panics_nor_goes_on_for_ever() {
    let mut rng = Fixed::endless(3);
    for answer in [
        "",
        "90",
        "9000",
        "6100",
        "616161616100",
        "31829000",
        "31049000",
        "6C05",
        "7C009000",
        "310030009000",
        "6A82",
        "FF",
        "7C0280006100",
    ] {
        let answer = hex::decode(answer).unwrap();
        for key in [can(), AccessKey::Mrz(mrz())] {
            let chip = Chip::new(Parrot(answer.clone()));
            let Err((chip, _)) = chip.open(&key, AccessPolicy { allow_bac: true }, &mut rng) else {
                panic!("a parrot was believed")
            };
            assert!(chip.traffic().apdus <= MAX_COMMANDS);
        }
    }
}

/// Passes everything on, with one byte changed at one answer.
struct Garbler {
    applet: Applet,
    at: u32,
    seed: u64,
}

impl Transport for Garbler {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = self.applet.transmit(command)?;
        if self.applet.commands() == self.at {
            let index = (self.seed as usize) % answer.len();
            answer[index] ^= (self.seed >> 8) as u8 | 1;
        }
        Ok(answer)
    }
}

#[test]
fn a_garbled_answer_never_changes_what_was_read() {
    for at in 1..=18 {
        for seed in (0..6).map(|n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16) {
            let (memory, files) = card();
            let applet = Applet::with_memory(memory, Faults::default());
            let mut rng = Fixed::endless(seed);
            let chip = Chip::new(Garbler { applet, at, seed });
            let Ok(mut chip) = chip.open(&can(), AccessPolicy::default(), &mut rng) else {
                continue;
            };
            if let Ok(evidence) = chip.collect(
                &mut Collection::new(&WANTED, challenge()),
                &mut rng,
                &mut |_| {},
            ) {
                for (group, content) in &evidence.groups {
                    assert_eq!(Some(content), files.get(&group.file_id()));
                }
                assert_eq!(evidence.sod, files[&0x011D]);
            }
        }
    }
}
