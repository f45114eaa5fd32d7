//! The whole road of DG3: locked, opened by terminal authentication with the right to fingers, read in every form, and
//! believed or refused by passive authentication.

use jiff::civil::date;

use super::*;
use crate::evidence::{ChipEvidence, EvidenceError, VerifiedIdentity};
use crate::lds::dg3::{self, FingerRecord};
use crate::lds::{ImageFacts, ImageFormat};
use crate::simulator::issuer::SpecimenPerson;
use crate::trust::CscaTrust;

const VISIT: Challenge = Challenge::new([1; 8]);

/// Heads of 300 by 400 pixels; nothing here decodes a picture, and `mark` tells one from another.
fn pictures(mark: u8) -> Vec<(ImageFormat, Vec<u8>)> {
    let jpeg = b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x01\x90\x01\x2C\x01\x01\x11\x00";
    let wsq = b"\xFF\xA0\xFF\xA2\x00\x11\xFF\x00\x01\x90\x01\x2C\0\0\0\0\0\0\0\0\0";
    let mut jpeg2000 = b"\xFF\x4F\xFF\x51\x00\x29\x00\x00".to_vec();
    for number in [300u32, 400, 0, 0, 300, 400, 0, 0] {
        jpeg2000.extend(number.to_be_bytes());
    }
    jpeg2000.extend([0, 1, 7, 1, 1]);
    let mut pictures = vec![
        (ImageFormat::Jpeg, jpeg.to_vec()),
        (ImageFormat::Wsq, wsq.to_vec()),
        (ImageFormat::Jpeg2000, jpeg2000),
        // Bare pixels that begin like WSQ.
        (ImageFormat::Raw, vec![0xFF, 0xA0]),
    ];
    for (format, picture) in &mut pictures {
        match format {
            ImageFormat::Raw => picture.resize(300 * 400, mark),
            _ => picture.extend([mark; 40]),
        }
    }
    pictures
}

/// Both thumbs and both index fingers, each in another form.
fn hands(mark: u8) -> Vec<FingerRecord> {
    let with_position = [1, 2, 6, 7].into_iter().zip(pictures(mark));
    with_position
        .map(|(position, (format, picture))| {
            FingerRecord::new(position, (300, 400), 500, format, picture)
        })
        .collect()
}

fn passport(person: &SpecimenPerson, file: Vec<u8>, made: &SpecimenTerminals) -> SpecimenCard {
    let options = CardOptions {
        layout: Layout::Td3,
        terminal_authorities: vec![made.authority().clone()],
        further: [(DataGroup::Dg3, file)].into(),
        ..CardOptions::cccd(issued_at())
    };
    let card = utopia().issue(person, &options, &mut Fixed::endless(2));
    card.unwrap()
}

/// One reading as the desk does it, with or without a terminal's key.
fn read(card: &SpecimenCard, terminal: Option<&SpecimenTerminals>) -> ChipEvidence {
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let mut rng = Fixed::endless(3);
    let chip = Chip::new(Applet::new(card)).open(&key, AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let wanted = [
        DataGroup::Dg1,
        DataGroup::Dg3,
        DataGroup::Dg14,
        DataGroup::Dg15,
    ];
    let mut collection = Collection::new(&wanted, VISIT);
    if let Some(terminal) = terminal {
        collection = collection.with_terminal(Arc::new(terminal.terminal(&[]).unwrap()));
    }
    chip.collect(&mut collection, &mut rng, &mut |_| {})
        .unwrap()
}

fn believed(evidence: &ChipEvidence) -> Result<VerifiedIdentity, EvidenceError> {
    let trust = CscaTrust::from_der([&utopia().csca_der()[..]]).unwrap();
    evidence.verify(&trust, &VISIT, date(2026, 11, 1))
}

#[test]
fn fingers_of_every_form_come_through_the_lock_and_are_believed() {
    let made = terminals();
    let fingers = hands(0x11);
    for finger in &fingers[..3] {
        let facts = ImageFacts::of(finger.image()).unwrap();
        assert_eq!(
            (facts.format, facts.width, facts.height),
            (finger.format(), 300, 400)
        );
    }
    for file in [dg3::write(&fingers), dg3::write_39794(&fingers)] {
        let card = passport(&person(), file, &made);
        let identity = believed(&read(&card, Some(&made))).unwrap();
        assert!(identity.fingers() == fingers);
        assert!(!identity.report().withholds(DataGroup::Dg3));
        // Without the terminal the same card is believed, and has no fingers to show.
        let locked = believed(&read(&card, None)).unwrap();
        assert_eq!(locked.fingers().len(), 0);
        assert!(locked.report().withholds(DataGroup::Dg3));
    }
}

#[test]
fn the_right_to_irises_is_no_right_to_fingers() {
    for rights in [
        Rights {
            fingers: false,
            irises: true,
        },
        Rights::default(),
    ] {
        let options = TerminalsOptions {
            rights,
            ..TerminalsOptions::utopia(date(2024, 6, 1))
        };
        let made = SpecimenTerminals::new(&options, &mut Fixed::endless(7)).unwrap();
        let card = passport(&person(), dg3::write(&hands(0x11)), &made);
        let evidence = read(&card, Some(&made));
        assert_eq!(evidence.locked, [DataGroup::Dg3], "{rights:?}");
        assert_eq!(believed(&evidence).unwrap().fingers().len(), 0);
    }
}

#[test]
fn fingers_that_the_issuer_did_not_sign_are_refused() {
    let made = terminals();
    let fingers = hands(0x11);
    let card = passport(&person(), dg3::write(&fingers), &made);
    let other = hands(0x22);
    // The left index where the right one was, and the other way round.
    let mut exchanged = fingers.clone();
    exchanged.swap(1, 3);
    let exchanged: Vec<_> = [1, 2, 6, 7]
        .into_iter()
        .zip(&exchanged)
        .map(|(position, finger)| {
            let size = (finger.width(), finger.height());
            FingerRecord::new(
                position,
                size,
                500,
                finger.format(),
                finger.image().to_vec(),
            )
        })
        .collect();
    // One picture of another person in the holder's record.
    let mut one = fingers.clone();
    one[1] = other[1].clone();
    for (what, forged) in [
        ("another person's", dg3::write(&other)),
        ("fingers exchanged", dg3::write(&exchanged)),
        ("one picture exchanged", dg3::write(&one)),
        ("one finger left out", dg3::write(&fingers[..3])),
        ("the same in another form", dg3::write_39794(&fingers)),
    ] {
        // It is a file that reads well: nothing but the issuer's list tells.
        assert!(!dg3::read(&forged).unwrap().is_empty(), "{what}");
        let mut card = card.clone();
        card.files.insert(DataGroup::Dg3.file_id(), forged.clone());
        let refused = believed(&read(&card, Some(&made))).unwrap_err();
        assert_eq!(refused.code(), "chip.group_altered", "{what}");
        // The same when it is put into the evidence after an honest reading.
        card.files
            .insert(DataGroup::Dg3.file_id(), dg3::write(&fingers));
        let mut evidence = read(&card, Some(&made));
        believed(&evidence).unwrap();
        evidence.groups.insert(DataGroup::Dg3, forged);
        let refused = believed(&evidence).unwrap_err();
        assert_eq!(refused.code(), "chip.group_altered", "{what}");
    }
}
