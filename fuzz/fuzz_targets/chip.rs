//! A whole reading of a chip that lies: the bytes say at which answers, and how.
//!
//! Whatever it says, the reading ends, within the caps, and nothing false is believed; nor is a stranger's finger ever
//! taken for the holder's.
#![no_main]

use std::sync::{Arc, LazyLock};

use emrtd::chip::MAX_COMMANDS;
use emrtd::on_card::{InformationTemplate, LastTry, MinutiaeForm, Outcome, Place};
use emrtd::simulator::{Applet, CardFinger, CardFingers, Manner};
use emrtd::transport::{Transport, TransportError};
use emrtd::{AccessKey, AccessPolicy, Can, Chip, Collection};
use libfuzzer_sys::fuzz_target;
use niem_fuzz::{Dice, Specimen, WANTED, today};

static SPECIMEN: LazyLock<Specimen> = LazyLock::new(Specimen::new);

struct Liar<'a> {
    applet: Applet,
    script: &'a [u8],
    told: u32,
}

impl Transport for Liar<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.told += 1;
        let mut answer = self.applet.transmit(command)?;
        let Some((&[what, at, with], rest)) = self.script.split_first_chunk() else {
            return Ok(answer);
        };
        self.script = rest;
        let index = usize::from(at) % answer.len();
        match what & 0x0F {
            0 => answer[index] ^= with,
            1 => answer.truncate(index),
            2 => answer.extend([with; 3]),
            3 => return Ok(vec![0x6C, with]),
            4 => return Ok(vec![0x61, with]),
            5 => return Ok(vec![at, with]),
            6 => return Err(TransportError::CardLost),
            7 => answer[..].rotate_left(index),
            _ => {}
        }
        Ok(answer)
    }
}

/// One finger, compared by its bytes.
fn fingers() -> CardFingers {
    let same = |minutiae: &[u8]| Some(minutiae == [1; 36]);
    CardFingers {
        application: None,
        fingers: vec![CardFinger {
            template: InformationTemplate {
                reference: 0x96,
                position: 2,
                form: MinutiaeForm::Compact,
                parameters: Vec::new(),
            },
            comparer: Arc::new(same),
        }],
        tries: 3,
        manner: Manner::Honest,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let card = &SPECIMEN.card;
    let mut rng = Dice(7);
    let liar = Liar {
        applet: Applet::new(card).with_fingers(fingers()),
        script: bytes,
        told: 0,
    };
    let key = AccessKey::Can(Can::new(&card.can).expect("six digits"));
    let Ok(mut chip) = Chip::new(liar).open(&key, AccessPolicy::default(), &mut rng) else {
        return;
    };
    let mut collection = Collection::new(&WANTED, SPECIMEN.challenge);
    let read = chip.collect(&mut collection, &mut rng, &mut |_| {});
    assert!(chip.traffic().apdus <= MAX_COMMANDS);
    if let Ok(evidence) = read
        && let Ok(identity) = evidence.verify(&SPECIMEN.trust, &SPECIMEN.challenge, today())
    {
        assert_eq!(identity.sod_digest(), SPECIMEN.sod_digest);
    }
    let Ok(Some(offer)) = chip.fingers_on_card(&Place::default(), &mut rng) else {
        return;
    };
    for finger in offer.fingers() {
        let (stranger, tries) = ([7; 36], LastTry::MayBeUsed);
        let visit = &SPECIMEN.challenge;
        let said = chip.verify_finger(&offer, finger, &stranger, visit, tries, &mut rng);
        assert!(!matches!(said, Ok(Outcome::Matched(_))));
    }
    assert!(chip.traffic().apdus <= MAX_COMMANDS);
});
