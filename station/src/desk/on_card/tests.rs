//! Specimen fingers before a practice card that compares them, over the whole road: chip opened and proved, minutiae
//! sent, the yes held against the document.

use std::path::Path;
use std::sync::Arc;

use emrtd::on_card::{LastTry, OnCardError, Outcome as Said, Place};
use emrtd::simulator::issuer::{CardOptions, IssuerOptions, SpecimenIssuer, SpecimenPerson};
use emrtd::simulator::{Applet, CardFinger, CardFingers, Manner};
use emrtd::{
    AccessKey, AccessPolicy, Can, Challenge, Chip, Collection, CscaTrust, DataGroup, SecureChip,
    Sex, VerifiedIdentity,
};
use jiff::civil::date;
use jiff::tz::TimeZone;
use models::FingerImage;
use rand_core::{OsRng, TryRngCore as _};

use super::*;

const VISIT: Challenge = Challenge::new([3; 8]);
const RIGHT_INDEX: u8 = 2;
const LEFT_INDEX: u8 = 7;

fn print(name: &str) -> Minutiae {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../specimen/fingers")
        .join(name);
    let picture = FingerImage::decode(&std::fs::read(path).unwrap(), 500).unwrap();
    Minutiae::extract(&picture).unwrap()
}

/// The holder's right index is the first specimen finger, the left index the other one. `parameters` is what the card
/// says of the minutiae it takes.
fn fingers(form: MinutiaeForm, parameters: &[u8]) -> CardFingers {
    let one = |reference, position, name| CardFinger {
        template: InformationTemplate {
            reference,
            position,
            form,
            parameters: parameters.to_vec(),
        },
        comparer: Arc::new(EnrolledFinger {
            print: print(name),
            form,
        }),
    };
    CardFingers {
        application: None,
        fingers: vec![
            one(0x96, RIGHT_INDEX, "p1_1.png"),
            one(0x97, LEFT_INDEX, "p2_1.png"),
        ],
        tries: 5,
        manner: Manner::Honest,
    }
}

/// A specimen card with these fingers, opened and read, and who it says it is of.
fn visit(fingers: CardFingers) -> (SecureChip<Applet>, VerifiedIdentity) {
    let mut rng = OsRng.unwrap_err();
    let today = date(2026, 11, 1);
    let moment = today.to_zoned(TimeZone::UTC).unwrap().timestamp();
    let issuer = SpecimenIssuer::new(&IssuerOptions::utopia(moment), &mut rng).unwrap();
    let mut person = SpecimenPerson::new(
        "001090004721",
        "Nguyễn Văn Mẫu",
        date(1990, 3, 15),
        Sex::Male,
        date(2026, 1, 5),
    );
    person.portrait = vec![
        0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 1, 64, 0, 240, 1, 1, 17, 0, 0xFF, 0xD9,
    ];
    let card = issuer
        .issue(&person, &CardOptions::cccd(moment), &mut rng)
        .unwrap();
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let chip = Chip::new(Applet::new(&card).with_fingers(fingers));
    let chip = chip.open(&key, AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let wanted = [
        DataGroup::Dg1,
        DataGroup::Dg2,
        DataGroup::Dg13,
        DataGroup::Dg14,
        DataGroup::Dg15,
    ];
    let mut collection = Collection::new(&wanted, VISIT);
    let evidence = chip
        .collect(&mut collection, &mut rng, &mut |_| {})
        .unwrap();
    let trust = CscaTrust::from_der([&issuer.csca_der()[..]]).unwrap();
    let identity = evidence.verify(&trust, &VISIT, today).unwrap();
    (chip, identity)
}

/// Sends these bytes for the finger at this position.
fn say(chip: &mut SecureChip<Applet>, position: u8, minutiae: &[u8]) -> Result<Said, OnCardError> {
    let mut rng = OsRng.unwrap_err();
    let offer = chip.fingers_on_card(&Place::default(), &mut rng)?.unwrap();
    let finger = offer
        .fingers()
        .iter()
        .find(|one| one.position == position)
        .unwrap();
    chip.verify_finger(&offer, finger, minutiae, &VISIT, LastTry::Keep, &mut rng)
}

fn wanted(fingers: &CardFingers, position: u8) -> InformationTemplate {
    let mut templates = fingers.fingers.iter().map(|one| one.template.clone());
    templates.find(|one| one.position == position).unwrap()
}

/// Ten to forty minutiae by x, then y (19794-2); sixty at most in any order; nothing said at all.
const WISHES: [&[u8]; 3] = [
    &[0x81, 2, 10, 40, 0x82, 1, 0x05],
    &[0x81, 2, 12, 60, 0x82, 1, 0x00],
    &[],
];

#[test]
fn the_holders_finger_is_known_in_every_form_the_card_may_want() {
    let live = print("p1_2.png");
    for form in [MinutiaeForm::Normal, MinutiaeForm::Compact] {
        for wishes in WISHES {
            let fingers = fingers(form, wishes);
            let sent = minutiae_for(&wanted(&fingers, RIGHT_INDEX), &live).unwrap();
            let (mut chip, identity) = visit(fingers);
            let said = say(&mut chip, RIGHT_INDEX, &sent).unwrap();
            let Said::Matched(matched) = said else {
                panic!("{form:?} {wishes:?}: {said:?}");
            };
            let matched = matched.verify(&identity, &VISIT).unwrap();
            assert_eq!(matched.position(), RIGHT_INDEX);
        }
    }
}

#[test]
fn a_wrong_finger_is_not_known_and_neither_is_the_right_one_under_a_wrong_name() {
    let fingers = fingers(MinutiaeForm::Compact, WISHES[1]);
    let (right, left) = (wanted(&fingers, RIGHT_INDEX), wanted(&fingers, LEFT_INDEX));
    let (mut chip, _) = visit(fingers);
    // The holder's left finger where the right one was asked for: to the card it is as anybody's.
    let other = minutiae_for(&right, &print("p2_1.png")).unwrap();
    let mut no = |position, sent: &[u8], left| match say(&mut chip, position, sent).unwrap() {
        Said::NotMatched { tries_left } => assert_eq!(tries_left, Some(left)),
        said => panic!("{said:?}"),
    };
    no(RIGHT_INDEX, &other, 4);
    // The right one where the left was asked for.
    let live = print("p1_2.png");
    let sent = minutiae_for(&left, &live).unwrap();
    no(LEFT_INDEX, &sent, 4);
    // The right finger with its places turned over, and with its directions given to other places.
    let mirrored: Vec<u8> = sent
        .chunks(3)
        .flat_map(|one| [one[1], one[0], one[2]])
        .collect();
    no(RIGHT_INDEX, &mirrored, 3);
    let count = sent.len() / 3;
    let exchanged: Vec<u8> = (0..count)
        .flat_map(|i| {
            [
                sent[3 * i],
                sent[3 * i + 1],
                sent[3 * ((i + count / 2) % count) + 2],
            ]
        })
        .collect();
    no(RIGHT_INDEX, &exchanged, 2);
    // Each under its own name.
    for (position, name) in [(LEFT_INDEX, "p2_1.png"), (RIGHT_INDEX, "p1_2.png")] {
        let sent = minutiae_for(&right, &print(name)).unwrap();
        let said = say(&mut chip, position, &sent).unwrap();
        assert!(matches!(said, Said::Matched(_)), "{name}: {said:?}");
    }
}

#[test]
fn wishes_that_cannot_be_met_are_said_before_anything_is_sent() {
    let live = print("p1_2.png");
    for (wishes, code) in [
        // By angle, more at least than at most, more than there are.
        (&[0x82, 1, 0x0D][..], "finger_record.order"),
        (&[0x81, 2, 60, 12], "finger_record.value"),
        (&[0x81, 2, 250, 255], "finger_record.too_few_minutiae"),
    ] {
        let fingers = fingers(MinutiaeForm::Compact, wishes);
        let refused = minutiae_for(&wanted(&fingers, RIGHT_INDEX), &live).unwrap_err();
        assert_eq!(refused.code(), code);
    }
    // Bytes that are no minutiae cost no try.
    let (mut chip, _) = visit(fingers(MinutiaeForm::Compact, &[]));
    for bytes in [&[1, 2, 3, 4][..], &[7; 9], &[0xFF; 60]] {
        let refused = say(&mut chip, RIGHT_INDEX, bytes).unwrap_err();
        assert_eq!(refused.code(), "card.finger_data_refused");
    }
}
