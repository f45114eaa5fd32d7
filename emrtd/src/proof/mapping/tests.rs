//! Chip authentication mapping as in ICAO 9303-11 appendix I.1, and everything that is not it.

use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can};
use crate::chip::{Chip, Collection};
use crate::evidence::{Challenge, ChipEvidence};
use crate::lds::DataGroup;
use crate::report::{CardAccessState, ChipReport, CloneCheck};
use crate::simulator::Applet;
use crate::simulator::issuer::tests::{issued_at, person, today, utopia};
use crate::simulator::issuer::{
    ActiveKeyKind, CardOptions, PaceMapping, PaceOptions, SpecimenCard, SpecimenIssuer,
};
use crate::vectors;

const CHALLENGE: Challenge = Challenge::new([9; 8]);

fn i1() -> (MappingWitness, Vec<u8>) {
    let vectors = vectors::icao();
    let get = |field: &str| vectors::bytes(&vectors["I1_pace_ecdh_cam_bp256_aes128"][field]);
    let group = EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap();
    let mut ctx = openssl::bn::BigNumContext::new().unwrap();
    let point = EcPoint::from_bytes(&group, &get("pk_ic"), &mut ctx).unwrap();
    let key = PKey::from_ec_key(EcKey::from_public_key(&group, &point).unwrap()).unwrap();
    let witness = MappingWitness {
        protocol: "0.4.0.127.0.7.2.2.4.6.2".to_owned(),
        parameter_id: 13,
        public_key: get("pk_map_ic"),
        data: get("ca_ic"),
    };
    (witness, key.public_key_to_der().unwrap())
}

#[test]
fn the_keys_are_tied_as_in_i1_and_by_nothing_else() {
    let (witness, key) = i1();
    assert!(fits(&witness, &key));
    let other = |change: &dyn Fn(&mut MappingWitness)| {
        let mut other = witness.clone();
        change(&mut other);
        fits(&other, &key)
    };
    assert!(!other(&|witness| witness.data[31] ^= 1));
    assert!(!other(&|witness| witness.data.clear()));
    assert!(!other(&|witness| witness.data = vec![0; 32]));
    assert!(!other(&|witness| witness.data.insert(0, 1)));
    assert!(!other(&|witness| witness.data.resize(5_000, 0)));
    assert!(!other(&|witness| witness.public_key[64] ^= 1));
    assert!(!other(&|witness| witness.public_key = vec![0]));
    assert!(!other(&|witness| witness.parameter_id = 12));
    let stranger = EcKey::generate(&EcGroup::from_curve_name(Nid::BRAINPOOL_P256R1).unwrap());
    let stranger = PKey::from_ec_key(stranger.unwrap()).unwrap();
    assert!(!fits(&witness, &stranger.public_key_to_der().unwrap()));
    assert!(!fits(&witness, &[]));
}

fn options() -> CardOptions {
    let mut options = CardOptions::cccd(issued_at());
    options.active = ActiveKeyKind::None;
    // For chip authentication mapping the key has the number of the parameters (§9.2.1).
    options.chip_keys[0].key_id = Some(13);
    options.pace.push(PaceOptions {
        mapping: PaceMapping::ChipAuthentication,
        ..PaceOptions::cccd()
    });
    options
}

fn issue(options: &CardOptions, seed: u64) -> SpecimenCard {
    let mut rng = Fixed::endless(seed);
    utopia().issue(&person(), options, &mut rng).unwrap()
}

fn read(card: &SpecimenCard, script: &str) -> Result<(ChipEvidence, u32), &'static str> {
    let applet = Applet::with_faults(card, script.parse().unwrap());
    let mut rng = Fixed::endless(7);
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let mut chip = Chip::new(applet)
        .open(&key, AccessPolicy::default(), &mut rng)
        .map_err(|(_, error)| error.code())?;
    let mut collection = Collection::new(&[DataGroup::Dg2, DataGroup::Dg3], CHALLENGE);
    let evidence = chip
        .collect(&mut collection, &mut rng, &mut |_| {})
        .map_err(|error| error.code())?;
    Ok((evidence, chip.traffic().apdus))
}

fn trust(issuer: &SpecimenIssuer) -> CscaTrust {
    let csca = issuer.csca_der();
    CscaTrust::from_der([&csca[..]]).unwrap()
}

fn report(evidence: &ChipEvidence) -> ChipReport {
    evidence.report(&trust(&utopia()), &CHALLENGE, today())
}

fn codes(report: &ChipReport) -> Vec<&'static str> {
    report.faults().iter().map(|fault| fault.code()).collect()
}

#[test]
fn a_chip_that_proves_its_key_while_opening_is_believed_without_chip_authentication() {
    let card = issue(&options(), 2);
    let (evidence, _) = read(&card, "").unwrap();
    assert!(evidence.chip_auth.is_none());
    assert_eq!(evidence.card_security, card.card_security);
    let json = serde_json::to_string(&evidence.leaving()).unwrap();
    let leaving: ChipEvidence = serde_json::from_str(&json).unwrap();
    for evidence in [&evidence, &leaving] {
        let report = report(evidence);
        assert_eq!(report.mapping, MappingState::Witnessed);
        assert_eq!(report.clone_check, CloneCheck::WitnessedByDesk);
        let security = report.card_security.unwrap();
        assert_eq!(security.signature, SodState::Signed);
        assert_eq!(security.chain, ChainState::Trusted);
        assert_eq!(security.keys_agree, Some(true));
        assert_eq!(codes(&report), [""; 0]);
        let stored = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<ChipReport>(&stored).unwrap(), report);
    }
}

/// The chip is opened again and again, and proves its key each time.
#[test]
fn a_session_that_ends_is_opened_by_the_same_proof() {
    let card = issue(&options(), 2);
    for script in [
        "plain-errors",
        "no-extended,refusal-ends-session",
        "max-le=200",
        "exact-le",
    ] {
        let (evidence, _) = read(&card, script).unwrap();
        let report = report(&evidence);
        assert_eq!(report.mapping, MappingState::Witnessed, "{script}");
        assert_eq!(codes(&report), [""; 0], "{script}");
    }
}

#[test]
fn a_copy_that_cannot_tie_the_keys_is_suspected() {
    let card = issue(&options(), 2);
    // Chip authentication does succeed here: what was promised within PACE still was not kept.
    let (evidence, _) = read(&card, "cam-wrong").unwrap();
    assert!(evidence.chip_auth.is_some());
    let found = report(&evidence);
    assert_eq!(found.mapping, MappingState::Contradicted);
    assert_eq!(codes(&found), ["chip.clone_suspected"]);
    // A thief with a key of his own.
    let thief = card.clone_with_other_keys(&mut Fixed::endless(9)).unwrap();
    let (evidence, _) = read(&thief, "refuse-ca").unwrap();
    let found = report(&evidence);
    assert_eq!(found.mapping, MappingState::Contradicted);
    assert_eq!(found.clone_check, CloneCheck::Unchecked);
    assert_eq!(codes(&found), ["chip.clone_suspected"]);
    assert_eq!(
        read(&card, "cam-missing").unwrap_err(),
        "card.mapping_unproven"
    );
    assert_eq!(
        read(&card, "cam-garbled").unwrap_err(),
        "card.mapping_unproven"
    );
}

/// Another chip's EF.CardSecurity is as well signed; DG14 says that it is another chip's.
#[test]
fn another_chips_key_is_no_proof_though_its_file_is_signed() {
    let card = issue(&options(), 2);
    let other = issue(&options(), 3);
    let mut mixed = card.clone();
    mixed.card_security.clone_from(&other.card_security);
    mixed.chip_keys.clone_from(&other.chip_keys);
    let (evidence, _) = read(&mixed, "refuse-ca").unwrap();
    let found = report(&evidence);
    assert_eq!(found.mapping, MappingState::KeyUnbound);
    assert_eq!(found.clone_check, CloneCheck::Unchecked);
    assert_eq!(found.card_security.unwrap().keys_agree, Some(false));
    assert_eq!(codes(&found), ["chip.clone_suspected"]);
}

#[test]
fn a_copier_who_leaves_the_offer_out_is_found_out_by_the_signed_copy() {
    let card = issue(&options(), 2);
    let plain = CardOptions::cccd(issued_at());
    let mut stripped = card.clone();
    stripped.card_access = issue(&plain, 4).card_access;
    let (evidence, _) = read(&stripped, "").unwrap();
    let found = report(&evidence);
    assert_eq!(found.mapping, MappingState::Unwitnessed);
    assert_eq!(found.card_access, CardAccessState::Mismatch);
    assert_eq!(codes(&found), ["chip.access_downgraded"]);
    // The other way round: an offer that nobody signed.
    let mut added = issue(&plain, 4);
    added.card_access.clone_from(&card.card_access);
    let found = report(&read(&added, "").unwrap().0);
    assert_eq!(found.card_access, CardAccessState::Mismatch);
    assert_eq!(codes(&found), ["chip.access_downgraded"]);
    // And without stripping there is nothing to complain of.
    let found = report(&read(&issue(&plain, 4), "").unwrap().0);
    assert_eq!(found.card_access, CardAccessState::Match);
}

#[test]
fn card_security_is_judged_by_its_own_signature() {
    let card = issue(&options(), 2);
    let (evidence, _) = read(&card, "").unwrap();
    let judged = |file: &[u8], trust: &CscaTrust| {
        let infos = SecurityInfos::from_dg14(&evidence.groups[&DataGroup::Dg14]).unwrap();
        card_security(file, Some(&infos), trust, Some("UTO"), today()).report
    };
    let whole = card.card_security.clone().unwrap();
    let nobody = CscaTrust::default();
    assert_eq!(judged(&whole, &nobody).chain, ChainState::UnknownIssuer);
    let known = trust(&utopia());
    assert_eq!(judged(&whole, &known).chain, ChainState::Trusted);
    // EF.SOD is signed by the same hand, and is something else.
    let sod = crate::lds::sod::cms(card.sod()).unwrap();
    assert_eq!(judged(sod, &known).signature, SodState::Malformed);
    // The key inside, changed after signing.
    let mut forged = whole.clone();
    let spki = hex::decode("0607").unwrap();
    let at = forged.windows(2).position(|two| two == spki).unwrap();
    forged[at + 60] ^= 1;
    assert_ne!(judged(&forged, &known).signature, SodState::Signed);
    for end in (0..whole.len()).step_by(97) {
        assert_ne!(judged(&whole[..end], &known).signature, SodState::Signed);
    }
}

/// A list with this key, and what DG14 would be around it.
fn listed(keys: &[&[u8]]) -> SecurityInfos {
    let infos: Vec<Vec<u8>> = keys
        .iter()
        .map(|key| dg14::write_info("0.4.0.127.0.7.2.2.1.2", &[key]))
        .collect();
    SecurityInfos::from_dg14(&dg14::write(&infos)).unwrap()
}

fn stranger(nid: Nid) -> Vec<u8> {
    let key = EcKey::generate(&EcGroup::from_curve_name(nid).unwrap()).unwrap();
    PKey::from_ec_key(key).unwrap().public_key_to_der().unwrap()
}

/// Where DG14 has no key at all, the signed EF.CardSecurity stands in for it, and an unsigned one
/// does not.
#[test]
fn without_a_key_in_dg14_a_trusted_card_security_decides() {
    let (witness, key) = i1();
    let file = |keys: &[&[u8]], chain| CardSecurity {
        report: CardSecurityReport {
            signature: SodState::Signed,
            chain,
            revocation: RevocationState::NoList,
            keys_agree: None,
        },
        infos: listed(keys),
    };
    let (same_curve, other_curve) = (
        stranger(Nid::BRAINPOOL_P256R1),
        stranger(Nid::BRAINPOOL_P384R1),
    );
    let trusted = file(&[&other_curve, &key], ChainState::Trusted);
    let unknown = file(&[&key], ChainState::UnknownIssuer);
    let wrong = file(&[&same_curve], ChainState::Trusted);
    let beside = file(&[&other_curve], ChainState::Trusted);
    let empty = SecurityInfos::default();
    let with_key = listed(&[&key]);
    let others = listed(&[&same_curve]);
    use MappingState::{Contradicted, KeyUnbound, KeyUnsigned, Witnessed};
    for (dg14, security, expected) in [
        (None, Some(&trusted), Witnessed),
        (Some(&empty), Some(&trusted), Witnessed),
        (Some(&empty), Some(&unknown), KeyUnsigned),
        (Some(&empty), Some(&wrong), Contradicted),
        (Some(&empty), Some(&beside), KeyUnsigned),
        (Some(&empty), None, KeyUnsigned),
        (None, None, KeyUnsigned),
        (Some(&with_key), None, Witnessed),
        (Some(&with_key), Some(&wrong), Witnessed),
        (Some(&others), Some(&trusted), KeyUnbound),
        (Some(&others), Some(&unknown), KeyUnsigned),
        (Some(&others), None, Contradicted),
    ] {
        assert_eq!(state(Some(&witness), dg14, security), expected);
    }
    let generic = MappingWitness {
        protocol: "0.4.0.127.0.7.2.2.4.2.2".to_owned(),
        ..witness.clone()
    };
    assert_eq!(
        state(Some(&generic), Some(&with_key), Some(&trusted)),
        Contradicted
    );
}

/// A chip with this mapping and nothing else needs no DG14 (§9.2.11): EF.CardSecurity then holds the
/// key, and the copy of EF.CardAccess.
#[test]
fn a_chip_without_dg14_is_believed_by_its_card_security() {
    let card = issue(&options(), 2);
    let (mut evidence, _) = read(&card, "").unwrap();
    evidence.groups.remove(&DataGroup::Dg14);
    let judge = |evidence: &ChipEvidence| {
        let found = report(evidence);
        (found.mapping, found.card_access, found.clone_check)
    };
    let whole = judge(&evidence);
    assert_eq!(
        whole,
        (
            MappingState::Witnessed,
            CardAccessState::Match,
            CloneCheck::WitnessedByDesk
        )
    );
    let plain = issue(&CardOptions::cccd(issued_at()), 4);
    evidence.card_access.clone_from(&plain.card_access);
    assert_eq!(judge(&evidence).1, CardAccessState::Mismatch);
}

/// Once the length of answers is known for such chips, EF.CardSecurity takes one command, and the
/// mapping saves one in all.
#[test]
fn mapping_costs_less_than_chip_authentication_once_the_chip_is_known() {
    let count = |card: &SpecimenCard| {
        let mut habits = None;
        let mut counts = Vec::new();
        for _ in 0..2 {
            let applet = Applet::with_faults(card, crate::simulator::Faults::default());
            let mut rng = Fixed::endless(7);
            let key = AccessKey::Can(Can::new(&card.can).unwrap());
            let mut chip = Chip::new(applet);
            if let Some(habits) = habits.take() {
                chip = chip.with_habits(habits);
            }
            let opened = chip.open(&key, AccessPolicy::default(), &mut rng);
            let mut chip = opened.map_err(|(_, error)| error).unwrap();
            let mut collection = Collection::new(&[DataGroup::Dg2], CHALLENGE);
            let evidence = chip
                .collect(&mut collection, &mut rng, &mut |_| {})
                .unwrap();
            assert_eq!(codes(&report(&evidence)), [""; 0]);
            habits = Some(chip.habits());
            counts.push(chip.traffic().apdus);
        }
        counts
    };
    let mut plain = options();
    plain.pace.truncate(1);
    let (with, without) = (count(&issue(&options(), 2)), count(&issue(&plain, 2)));
    eprintln!("commands with mapping {with:?}, without {without:?}");
    assert!(with[1] < without[1], "{with:?} {without:?}");
}
