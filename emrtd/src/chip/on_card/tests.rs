//! Fingers before cards that compare them: honest ones, odd ones, and ones that would say yes to anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::civil::date;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can};
use crate::chip::{Chip, Collection};
use crate::evidence::VerifiedIdentity;
use crate::lds::DataGroup;
use crate::on_card::MinutiaeForm;
use crate::simulator::issuer::tests::{issued_at, person, utopia};
use crate::simulator::issuer::{CardOptions, SpecimenCard};
use crate::simulator::{Applet, CardFinger, CardFingers, Faults, FingerComparer, Manner};
use crate::transport::TransportError;
use crate::trust::CscaTrust;

const VISIT: Challenge = Challenge::new([1; 8]);
const AID: [u8; 6] = [0xF0, 0x4D, 0x41, 0x55, 0x01, 0x02];

/// So many minutiae of five bytes each, like no other finger's.
fn finger(seed: u8, count: u8) -> Vec<u8> {
    let minutia = |i: u8| [seed, i, seed ^ i, i.wrapping_mul(7), seed.wrapping_add(i)];
    (0..count).flat_map(minutia).collect()
}

/// Of the same finger when two thirds of the minutiae are the enrolled ones; counts how often it was asked.
struct Shared {
    enrolled: Vec<u8>,
    asked: Arc<AtomicU32>,
}

impl FingerComparer for Shared {
    fn same_finger(&self, minutiae: &[u8]) -> Option<bool> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if !minutiae.len().is_multiple_of(5) || minutiae.len() < 60 {
            return None;
        }
        let known = |one: &&[u8]| self.enrolled.chunks(5).any(|other| other == *one);
        let alike = minutiae.chunks(5).filter(known).count();
        Some(alike * 3 >= minutiae.len() / 5 * 2)
    }
}

/// A right index of 40 minutiae (a long command) and a left index of 12.
fn fingers(application: Option<&[u8]>, manner: Manner) -> (CardFingers, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let one = |reference, position, enrolled| CardFinger {
        template: InformationTemplate {
            reference,
            position,
            form: MinutiaeForm::Normal,
            parameters: vec![0x81, 2, 12, 60],
        },
        comparer: Arc::new(Shared {
            enrolled,
            asked: Arc::clone(&asked),
        }),
    };
    let fingers = CardFingers {
        application: application.map(<[u8]>::to_vec),
        fingers: vec![one(0x96, 2, finger(1, 60)), one(0x97, 7, finger(2, 30))],
        tries: 3,
        manner,
    };
    (fingers, asked)
}

fn card(seed: u64) -> SpecimenCard {
    let options = CardOptions::cccd(issued_at());
    let card = utopia().issue(&person(), &options, &mut Fixed::endless(seed));
    card.unwrap()
}

fn unlocked<T: Transport>(card: &SpecimenCard, transport: T) -> SecureChip<T> {
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let chip = Chip::new(transport).open(&key, AccessPolicy::default(), &mut Fixed::endless(3));
    chip.map_err(|(_, error)| error).unwrap()
}

/// Reads the document as a visit does, so that the chip has proved its key.
fn read<T: Transport>(chip: &mut SecureChip<T>) -> VerifiedIdentity {
    let wanted = [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15];
    let mut collection = Collection::new(&wanted, VISIT);
    let evidence = chip
        .collect(&mut collection, &mut Fixed::endless(5), &mut |_| {})
        .unwrap();
    let trust = CscaTrust::from_der([&utopia().csca_der()[..]]).unwrap();
    evidence.verify(&trust, &VISIT, date(2026, 11, 1)).unwrap()
}

fn offer<T: Transport>(chip: &mut SecureChip<T>, application: Option<&[u8]>) -> Offer {
    let place = Place {
        application: application.map(<[u8]>::to_vec),
    };
    let offer = chip
        .fingers_on_card(&place, &mut Fixed::endless(6))
        .unwrap();
    offer.unwrap()
}

fn ask<T: Transport>(
    chip: &mut SecureChip<T>,
    offer: &Offer,
    which: usize,
    minutiae: &[u8],
    last_try: LastTry,
) -> Result<Outcome, OnCardError> {
    let finger = &offer.fingers()[which];
    chip.verify_finger(
        offer,
        finger,
        minutiae,
        &VISIT,
        last_try,
        &mut Fixed::endless(7),
    )
}

/// In a word, for comparison.
fn word(outcome: Result<Outcome, OnCardError>) -> String {
    match outcome {
        Ok(Outcome::Matched(_)) => "matched".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.code().to_owned(),
    }
}

const NO: &str = "NotMatched { tries_left: Some(2) }";

#[test]
fn the_holders_finger_is_matched_and_the_chip_can_be_read_on() {
    let card = card(2);
    for (application, script, manner) in [
        (None, "", Manner::Honest),
        (Some(&AID[..]), "", Manner::Honest),
        (None, "no-extended", Manner::Honest),
        (Some(&AID[..]), "", Manner::NoChaining),
        (None, "", Manner::EvenOnly),
    ] {
        let faults: Faults = script.parse().unwrap();
        let (fingers, asked) = fingers(application, manner);
        let applet = Applet::with_faults(&card, faults).with_fingers(fingers);
        let mut chip = unlocked(&card, applet);
        let identity = read(&mut chip);
        let offer = offer(&mut chip, application);
        assert_eq!(offer.fingers().len(), 2);
        assert_eq!(offer.fingers()[0].position, 2);
        assert_eq!(offer.fingers()[0].parameters, [0x81, 2, 12, 60]);
        // Longer than a command, and shorter.
        for (which, minutiae, position) in [(0, finger(1, 55), 2), (1, finger(2, 12), 7)] {
            let outcome = ask(&mut chip, &offer, which, &minutiae, LastTry::Keep).unwrap();
            let Outcome::Matched(matched) = outcome else {
                panic!("{script} {manner:?}: {outcome:?}");
            };
            assert_eq!(
                matched.verify(&identity, &VISIT).unwrap().position(),
                position
            );
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2, "{script} {manner:?}");
        assert_eq!(read(&mut chip).holder(), identity.holder());
    }
}

#[test]
fn a_wrong_finger_spends_a_try_and_the_last_one_is_kept() {
    let card = card(2);
    let (fingers, asked) = fingers(None, Manner::Honest);
    let mut chip = unlocked(&card, Applet::new(&card).with_fingers(fingers.clone()));
    read(&mut chip);
    let offered = offer(&mut chip, None);
    // Another person's finger, then the holder's other finger where this one was named.
    let mut said = |which, minutiae: &[u8], last_try| {
        word(ask(&mut chip, &offered, which, minutiae, last_try))
    };
    assert_eq!(said(0, &finger(9, 40), LastTry::Keep), NO);
    let one_left = "NotMatched { tries_left: Some(1) }";
    assert_eq!(said(0, &finger(2, 30), LastTry::Keep), one_left);
    let kept = "LastTryKept { tries_left: Some(1) }";
    assert_eq!(said(0, &finger(1, 55), LastTry::Keep), kept);
    assert_eq!(asked.load(Ordering::Relaxed), 2, "nothing was sent");
    // The other finger has its own tries.
    assert_eq!(said(1, &finger(1, 55), LastTry::Keep), NO);
    let none = "NotMatched { tries_left: Some(0) }";
    assert_eq!(said(0, &finger(9, 40), LastTry::MayBeUsed), none);
    assert_eq!(said(0, &finger(1, 55), LastTry::MayBeUsed), "Blocked");
    // Nor does it help to lay the card down again.
    let mut applet = chip.into_transport();
    applet.reset();
    let mut chip = unlocked(&card, applet);
    read(&mut chip);
    let again = ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::MayBeUsed);
    assert_eq!(word(again), "Blocked");
    // A match in between gives the tries back.
    let mut chip = unlocked(&card, Applet::new(&card).with_fingers(fingers));
    read(&mut chip);
    let mut said = |minutiae: &[u8]| word(ask(&mut chip, &offered, 0, minutiae, LastTry::Keep));
    assert_eq!(said(&finger(9, 40)), NO);
    assert_eq!(said(&finger(1, 55)), "matched");
    // Once it has said yes it does so before it compares: another session is needed.
    assert_eq!(said(&finger(9, 40)), "card.finger_says_yes");
}

#[test]
fn a_card_that_says_yes_to_everything_is_not_believed() {
    let card = card(2);
    let (fingers, asked) = fingers(None, Manner::SaysYes);
    let mut chip = unlocked(&card, Applet::new(&card).with_fingers(fingers));
    read(&mut chip);
    let offered = offer(&mut chip, None);
    let said = ask(&mut chip, &offered, 0, &finger(9, 40), LastTry::MayBeUsed);
    assert_eq!(word(said), "card.finger_says_yes");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[test]
fn a_clever_liar_must_hold_the_documents_key() {
    // A card that lies only when minutiae come: its yes is worth what its key is.
    let liar = card(11);
    let honest = card(2);
    let (fingers, _) = fingers(None, Manner::SaysYesToMinutiae);
    let mut chip = unlocked(&liar, Applet::new(&liar).with_fingers(fingers.clone()));
    read(&mut chip);
    let offered = offer(&mut chip, None);
    let yes =
        |chip: &mut SecureChip<Applet>| match ask(chip, &offered, 0, &finger(9, 40), LastTry::Keep)
            .unwrap()
        {
            Outcome::Matched(matched) => matched,
            other => panic!("{other:?}"),
        };
    let matched = yes(&mut chip);
    let identity = read(&mut unlocked(&honest, Applet::new(&honest)));
    let refused = matched.verify(&identity, &VISIT).unwrap_err();
    assert_eq!(refused.code(), "card.finger_other_chip");
    // With the honest card's files but not its key the proof fails, and nothing is sent.
    let mut copy = honest.clone();
    copy.chip_keys = liar.chip_keys.clone();
    let mut chip = unlocked(&copy, Applet::new(&copy).with_fingers(fingers.clone()));
    let mut collection = Collection::new(&[DataGroup::Dg1, DataGroup::Dg14], VISIT);
    let read_copy = chip.collect(&mut collection, &mut Fixed::endless(5), &mut |_| {});
    assert_eq!(read_copy.unwrap_err().code(), "card.chip_authentication");
    // One that refuses chip authentication is never asked.
    let refuses = Applet::with_faults(&honest, "refuse-ca".parse().unwrap());
    let mut chip = unlocked(&honest, refuses.with_fingers(fingers));
    let said = ask(&mut chip, &offered, 0, &finger(9, 40), LastTry::MayBeUsed);
    assert_eq!(word(said), "card.finger_unbound");
}

#[test]
fn a_yes_of_yesterday_is_of_another_visit() {
    let card = card(2);
    let (fingers, _) = fingers(None, Manner::Honest);
    let mut chip = unlocked(&card, Applet::new(&card).with_fingers(fingers));
    let identity = read(&mut chip);
    let offered = offer(&mut chip, None);
    let said = ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::Keep).unwrap();
    let Outcome::Matched(matched) = said else {
        panic!("{said:?}");
    };
    let today = Challenge::new([2; 8]);
    let refused = matched.verify(&identity, &today).unwrap_err();
    assert_eq!(refused.code(), "card.finger_other_visit");
}

/// A wire that can answer every VERIFY with the last one's answer.
struct Replaying {
    applet: Applet,
    heard: Vec<Vec<u8>>,
    replay: bool,
}

impl Transport for Replaying {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let verify = matches!(command, [_, VERIFY | VERIFY_OBJECTS, ..]);
        if verify && self.replay {
            return Ok(self.heard.last().unwrap().clone());
        }
        let answer = self.applet.transmit(command)?;
        if verify {
            self.heard.push(answer.clone());
        }
        Ok(answer)
    }
}

#[test]
fn a_replayed_yes_is_no_answer() {
    let card = card(2);
    let (fingers, _) = fingers(None, Manner::Honest);
    let mut chip = unlocked(
        &card,
        Replaying {
            applet: Applet::new(&card).with_fingers(fingers),
            heard: Vec::new(),
            replay: false,
        },
    );
    read(&mut chip);
    let offered = offer(&mut chip, None);
    let yes = ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::Keep);
    assert_eq!(word(yes), "matched");
    let mut wire = chip.into_transport();
    wire.applet.reset();
    wire.replay = true;
    let mut chip = unlocked(&card, wire);
    read(&mut chip);
    let said = ask(&mut chip, &offered, 0, &finger(9, 40), LastTry::MayBeUsed);
    assert_eq!(word(said), "card.secure_messaging");
}

/// Somebody on the wire who answers each question for the tries with a bare word of his own.
struct Meddling(Applet, [u8; 2]);

impl Transport for Meddling {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        match command {
            [_, VERIFY, ..] => Ok(self.1.to_vec()),
            _ => self.0.transmit(command),
        }
    }
}

#[test]
fn what_somebody_on_the_wire_says_is_not_believed() {
    let card = card(2);
    let (fingers, asked) = fingers(None, Manner::Honest);
    for (said, word_of_it) in [
        // Many tries, so that the last one be spent.
        ([0x63, 0xCF], "LastTryKept { tries_left: None }"),
        ([0x90, 0x00], "card.secure_messaging"),
    ] {
        let applet = Applet::new(&card).with_fingers(fingers.clone());
        let mut chip = unlocked(&card, Meddling(applet, said));
        read(&mut chip);
        let offered = offer(&mut chip, None);
        let outcome = ask(&mut chip, &offered, 0, &finger(9, 40), LastTry::Keep);
        assert_eq!(word(outcome), word_of_it);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    // A card whose errors are bare by nature does not tell its tries: it is asked only by who is told to.
    let plain = Applet::with_faults(&card, "plain-errors".parse().unwrap());
    let mut chip = unlocked(&card, plain.with_fingers(fingers));
    let identity = read(&mut chip);
    let offered = offer(&mut chip, None);
    let kept = ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::Keep);
    assert_eq!(word(kept), "LastTryKept { tries_left: None }");
    let outcome = ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::MayBeUsed).unwrap();
    let Outcome::Matched(matched) = outcome else {
        panic!("{outcome:?}");
    };
    matched.verify(&identity, &VISIT).unwrap();
}

#[test]
fn odd_cards_get_their_own_words() {
    let card = card(2);
    for (manner, minutiae, said) in [
        (Manner::Unusable, finger(1, 55), "card.finger_refused"),
        (
            Manner::RefusesData,
            finger(1, 55),
            "card.finger_data_refused",
        ),
        // Too few for this card, and more than any card takes.
        (Manner::Honest, finger(1, 3), "card.finger_data_refused"),
        (Manner::Honest, vec![0; 1_276], "card.finger_minutiae"),
        (Manner::Honest, vec![], "card.finger_minutiae"),
        (
            Manner::HidesTries,
            finger(1, 55),
            "LastTryKept { tries_left: None }",
        ),
    ] {
        let (fingers, _) = fingers(Some(&AID), manner);
        let mut chip = unlocked(&card, Applet::new(&card).with_fingers(fingers));
        read(&mut chip);
        let offered = offer(&mut chip, Some(&AID));
        let outcome = ask(&mut chip, &offered, 0, &minutiae, LastTry::Keep);
        assert_eq!(word(outcome), said, "{manner:?}");
        // None of these has cost a try.
        if manner == Manner::Honest {
            let honest = ask(&mut chip, &offered, 0, &finger(9, 40), LastTry::Keep);
            assert_eq!(word(honest), NO);
        }
        // And the document can be read on.
        read(&mut chip);
    }
    // Cards without such a thing.
    let place = Place {
        application: Some(AID.to_vec()),
    };
    for script in ["", "plain-errors"] {
        let plain = Applet::with_faults(&card, script.parse().unwrap());
        let mut chip = unlocked(&card, plain);
        read(&mut chip);
        for place in [&place, &Place::default()] {
            let offer = chip.fingers_on_card(place, &mut Fixed::endless(6));
            assert_eq!(offer, Ok(None), "{script}");
        }
        read(&mut chip);
    }
}

/// Taken away for good when so many commands more have come.
struct Lost(Applet, Arc<AtomicU32>);

impl Transport for Lost {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let left = self.1.load(Ordering::Relaxed);
        if left == 0 {
            return Err(TransportError::CardLost);
        }
        self.1.store(left - 1, Ordering::Relaxed);
        self.0.transmit(command)
    }
}

#[test]
fn a_card_that_is_lost_on_the_way_is_asked_at_most_once() {
    let card = card(2);
    let (mut spent, mut matched) = (0, false);
    for commands in 0.. {
        let (fingers, asked) = fingers(Some(&AID), Manner::Honest);
        let applet = Applet::new(&card).with_fingers(fingers);
        let left = Arc::new(AtomicU32::new(u32::MAX));
        let mut chip = unlocked(&card, Lost(applet, Arc::clone(&left)));
        read(&mut chip);
        let offered = offer(&mut chip, Some(&AID));
        left.store(commands, Ordering::Relaxed);
        let said = word(ask(&mut chip, &offered, 0, &finger(1, 55), LastTry::Keep));
        spent = asked.load(Ordering::Relaxed);
        assert!(spent <= 1);
        match &said[..] {
            "matched" => {
                matched = true;
                break;
            }
            lost => assert_eq!(lost, "card.removed", "{commands}"),
        }
    }
    assert!(matched && spent == 1);
}
