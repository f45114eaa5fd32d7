//! Every profile is read in-process and believed; cards that nobody could believe are told apart.

use jiff::civil::date;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can, MrzKey};
use crate::chip::{Chip, Collection};
use crate::evidence::{Challenge, ChipEvidence};
use crate::lds::dg14::{write as write_dg14, write_info, write_number};
use crate::mrz::{Layout as Zone, Mrz};
use crate::report::{ChipAuthState, CloneCheck};
use crate::simulator::issuer::Country;
use crate::simulator::issuer::tests::{issued_at, person, today, utopia};
use crate::simulator::{Applet, Faults};
use crate::trust::CscaTrust;

const QUESTION: Challenge = Challenge::new([3, 1, 4, 1, 5, 9, 2, 6]);

fn key(card: &SpecimenCard, by_mrz: bool) -> AccessKey {
    if by_mrz {
        AccessKey::Mrz(MrzKey::from_lines(&card.mrz_lines()).unwrap())
    } else {
        AccessKey::Can(Can::new(&card.can).unwrap())
    }
}

fn read(card: &SpecimenCard, by_mrz: bool, allow_bac: bool) -> ChipEvidence {
    let mut rng = Fixed::endless(5);
    let chip = Chip::new(Applet::with_faults(card, Faults::default()));
    let chip = chip.open(&key(card, by_mrz), AccessPolicy { allow_bac }, &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let mut collection = Collection::new(&DataGroup::ALL, QUESTION);
    chip.collect(&mut collection, &mut rng, &mut |_| {})
        .unwrap()
}

fn trust(issuer: &SpecimenIssuer) -> CscaTrust {
    let csca = issuer.csca_der();
    CscaTrust::from_der([&csca[..]]).unwrap()
}

fn made(profile: Profile) -> ProfileCard {
    let made = profile.make(&person(), None, issued_at(), &mut Fixed::endless(1));
    made.unwrap()
}

#[test]
fn every_profile_is_read_and_believed() {
    for profile in Profile::ALL {
        let made = made(profile);
        let expected = match profile {
            Profile::PassportEu | Profile::PassportCam | Profile::PassportDh | Profile::Eac => {
                CloneCheck::WitnessedByDesk
            }
            _ => CloneCheck::SignedByChip,
        };
        for by_mrz in [false, true] {
            if profile.needs_bac() && !by_mrz {
                continue;
            }
            let evidence = read(&made.card, by_mrz, profile.needs_bac());
            let identity = evidence.verify(&trust(&made.issuer), &QUESTION, today());
            let identity = identity.map_err(|error| error.codes()).unwrap();
            assert_eq!(identity.clone_check(), expected, "{profile}");
            for (group, file) in &evidence.groups {
                assert_eq!(Some(file.as_slice()), made.card.group(*group), "{profile}");
            }
            // DG3 stays locked on all of them to a desk without certificates.
            let fingers = profile != Profile::PassportBac;
            assert_eq!(
                evidence.locked.contains(&DataGroup::Dg3),
                fingers,
                "{profile}"
            );
        }
        // Saved and loaded, it is the same card.
        let again = SpecimenCard::from_json(&made.card.to_json()).unwrap();
        assert!(again == made.card);
        assert_eq!(made.terminals.is_some(), profile == Profile::Eac);
    }
}

#[test]
fn profiles_are_what_their_names_say() {
    let zone = |profile| Mrz::parse(&made(profile).card.mrz).unwrap().layout();
    assert_eq!(zone(Profile::Cccd2024), Zone::Td1);
    assert_eq!(zone(Profile::Td2), Zone::Td2);
    assert_eq!(zone(Profile::PassportEu), Zone::Td3);
    for profile in Profile::ALL {
        assert_eq!(profile.name().parse(), Ok(profile));
        assert_eq!(profile.to_string(), profile.name());
        assert!(profile.vietnamese() != profile.english());
    }
    let unknown = "library-card".parse::<Profile>().unwrap_err();
    assert!(unknown.to_string().contains("passport-bac"));
    // A passport without PACE has no EF.CardAccess and opens by BAC alone; another by PACE alone.
    assert!(made(Profile::PassportBac).card.card_access.is_none());
    let closed = made(Profile::PassportDh).card;
    let bac = Applet::with_faults(&closed, "no-pace".parse().unwrap());
    let mut rng = Fixed::endless(6);
    let policy = AccessPolicy { allow_bac: true };
    let opened = Chip::new(bac).open(&key(&closed, true), policy, &mut rng);
    assert!(opened.is_err());
    // The access number asked for is the one on the card; nonsense is none.
    let can = |can| Profile::Cccd.make(&person(), Some(can), issued_at(), &mut Fixed::endless(1));
    assert_eq!(can("246810").unwrap().card.can, "246810");
    assert_eq!(can("24681").unwrap_err().code(), "specimen.person");
}

#[test]
fn the_eac_profile_s_terminal_opens_its_fingers() {
    let made = made(Profile::Eac);
    let terminal = made.terminals.as_ref().unwrap().terminal(&[]).unwrap();
    let mut rng = Fixed::endless(5);
    let chip = Chip::new(Applet::new(&made.card));
    let chip = chip.open(&key(&made.card, false), AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let mut first = Collection::new(&[], QUESTION);
    chip.collect(&mut first, &mut rng, &mut |_| {}).unwrap();
    chip.authenticate_terminal(&terminal, &mut rng).unwrap();
    let mut second = Collection::new(&[DataGroup::Dg3], QUESTION);
    let evidence = chip.collect(&mut second, &mut rng, &mut |_| {}).unwrap();
    assert_eq!(
        evidence.groups[&DataGroup::Dg3],
        made.card.group(DataGroup::Dg3).unwrap()
    );
}

#[test]
fn every_kind_of_key_digest_and_group_makes_a_card_that_is_believed() {
    let issuer = utopia();
    let trust = trust(&issuer);
    let usual = CardOptions::cccd(issued_at());
    let mut all = Vec::new();
    for (index, curve) in Curve::ALL.into_iter().enumerate() {
        let forms = [
            GroupForm::Named,
            GroupForm::Explicit,
            GroupForm::Standardised,
        ];
        let pace = curve.parameter_id().map(|_| PaceOptions {
            mapping: PaceMapping::Generic,
            group: ChipGroup::Curve(curve),
            cipher: 1 + index as u8 % 4,
        });
        all.push(CardOptions {
            active: ActiveKeyKind::Ec {
                curve,
                explicit: index % 2 == 1,
            },
            active_form: AnswerForm {
                der: index % 3 == 0,
                ..Hash::ALL[index % 5].into()
            },
            chip_keys: vec![ChipKeyOptions {
                group: ChipGroup::Curve(curve),
                form: forms[index % 3],
                ciphers: vec![1 + index as u8 % 4],
                key_id: (index % 3 == 1).then_some(index as u64 * 60),
            }],
            pace: vec![pace.unwrap_or(PaceOptions::cccd())],
            digest: Hash::ALL[(index + 1) % 5],
            lds_version: [LdsVersion::V1_7, LdsVersion::V1_8][index % 2],
            ..usual.clone()
        });
    }
    for (field, bits) in Field::ALL.into_iter().zip([1024, 1536, 2048]) {
        all.push(CardOptions {
            layout: Layout::Td1,
            active: ActiveKeyKind::Rsa { bits },
            chip_keys: vec![
                ChipKeyOptions {
                    group: ChipGroup::Field(field),
                    form: match field {
                        Field::Modp1024 => GroupForm::Named,
                        Field::Modp2048Short => GroupForm::Explicit,
                        Field::Modp2048 => GroupForm::Standardised,
                    },
                    ciphers: vec![3],
                    key_id: Some(1),
                },
                ChipKeyOptions {
                    key_id: Some(2),
                    ciphers: vec![1],
                    ..ChipKeyOptions::cccd()
                },
            ],
            pace: vec![PaceOptions {
                mapping: PaceMapping::Generic,
                group: ChipGroup::Field(field),
                cipher: 4,
            }],
            ..usual.clone()
        });
    }
    for options in all {
        let card = issuer.issue(&person(), &options, &mut Fixed::endless(2));
        let card = card.unwrap();
        let evidence = read(&card, false, false);
        let identity = evidence.verify(&trust, &QUESTION, today());
        let identity = identity.map_err(|error| (error.codes(), options.clone()));
        assert_eq!(identity.unwrap().clone_check(), CloneCheck::SignedByChip);
        // Only the standardised groups are computed in; another is no copy.
        let report = evidence.report(&trust, &QUESTION, today());
        let expected = match options.chip_keys[0].group {
            ChipGroup::Curve(Curve::BrainpoolP160) => ChipAuthState::Unsupported,
            _ => ChipAuthState::Witnessed,
        };
        assert_eq!(report.chip_auth, expected, "{options:?}");
    }
}

#[test]
fn contradictory_wishes_are_refused() {
    let issuer = utopia();
    let pace = |mapping, group| PaceOptions {
        mapping,
        group,
        cipher: 2,
    };
    for pace in [
        pace(
            PaceMapping::ChipAuthentication,
            ChipGroup::Field(Field::Modp2048),
        ),
        pace(PaceMapping::Generic, ChipGroup::Curve(Curve::BrainpoolP160)),
    ] {
        let options = CardOptions {
            pace: vec![pace],
            ..CardOptions::cccd(issued_at())
        };
        let refused = issuer.issue(&person(), &options, &mut Fixed::endless(2));
        assert_eq!(refused.unwrap_err().code(), "specimen.options");
    }
}

/// A DG14 whose chip authentication nobody here speaks.
fn strange_dg14() -> Vec<u8> {
    let options = ChipKeyOptions::cccd();
    let (_, spki) = options.make(&mut Fixed::endless(9)).unwrap();
    let protocol = write_info("0.4.0.127.0.7.2.2.3.2.9", &[&write_number(1)]);
    write_dg14(&[write_info("0.4.0.127.0.7.2.2.1.2", &[&spki]), protocol])
}

#[test]
fn an_unknown_form_is_no_copy_and_no_proof() {
    let issuer = utopia();
    for (active, expected) in [
        (ActiveKeyKind::BRAINPOOL_256, Ok(CloneCheck::SignedByChip)),
        (ActiveKeyKind::None, Err(vec!["chip.clone_unchecked"])),
    ] {
        let options = CardOptions {
            active,
            layout: Layout::Td3,
            chip_keys: Vec::new(),
            further: [(DataGroup::Dg14, strange_dg14())].into(),
            ..CardOptions::cccd(issued_at())
        };
        let card = issuer.issue(&person(), &options, &mut Fixed::endless(2));
        let evidence = read(&card.unwrap(), false, false);
        let report = evidence.report(&trust(&issuer), &QUESTION, today());
        assert_eq!(report.chip_auth, ChipAuthState::Unsupported);
        let verdict = evidence.verify(&trust(&issuer), &QUESTION, today());
        let verdict = verdict
            .map(|identity| identity.clone_check())
            .map_err(|error| error.codes());
        assert_eq!(verdict, expected);
        let unchecked = report.clone_check == CloneCheck::Unchecked;
        assert_eq!(unchecked, expected.is_err());
    }
}

#[test]
fn what_the_issuer_left_unprotected_is_called_that_but_not_on_a_citizen_s_card() {
    let vietnam = IssuerOptions {
        country: Country {
            alpha_2: "VN".to_owned(),
            alpha_3: "VNM".to_owned(),
            name: "Vietnam (specimen)".to_owned(),
        },
        ..IssuerOptions::utopia(issued_at())
    };
    let vietnam = SpecimenIssuer::new(&vietnam, &mut Fixed::endless(4)).unwrap();
    let utopia = utopia();
    for (issuer, layout, expected) in [
        (&utopia, Layout::Td3, Ok(CloneCheck::NotOffered)),
        (&utopia, Layout::Cccd, Ok(CloneCheck::NotOffered)),
        (&vietnam, Layout::Td3, Ok(CloneCheck::NotOffered)),
        (&vietnam, Layout::Cccd, Err(vec!["chip.clone_unchecked"])),
    ] {
        let options = CardOptions {
            layout,
            active: ActiveKeyKind::None,
            chip_keys: Vec::new(),
            ..CardOptions::cccd(issued_at())
        };
        let card = issuer.issue(&person(), &options, &mut Fixed::endless(2));
        let evidence = read(&card.unwrap(), false, false);
        let verdict = evidence.verify(&trust(issuer), &QUESTION, today());
        let verdict = verdict
            .map(|identity| identity.clone_check())
            .map_err(|error| error.codes());
        assert_eq!(verdict, expected, "{layout:?}");
    }
    // The day matters to none of this.
    assert!(today() > date(2024, 7, 1));
}
