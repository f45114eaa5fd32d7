//! A shim between card and reader that answers "no such file": the portrait cannot be hidden, and
//! PACE cannot be talked away by hiding every file that names it.

use emrtd::simulator::issuer::SpecimenCard;
use emrtd::simulator::{Applet, Faults};
use emrtd::{AccessKey, AccessPolicy, Challenge, CscaTrust, DataGroup, MrzKey, Traffic};
use station::desk::{AccessSource, CardRead, Reading};
use station::devices::CardReader as _;
use station::devices::card_reader::SimulatedReader;
use tests::specimen::state::CAN;

use crate::STATE;

fn read(card: SpecimenCard, key: &AccessKey, allow_bac: bool) -> CardRead {
    let trust = CscaTrust::load_dir(STATE.csca()).unwrap();
    let mut reader =
        SimulatedReader::new(move || Some(Applet::with_faults(&card, Faults::default())));
    let reading = Reading {
        key,
        qr: None,
        policy: AccessPolicy { allow_bac },
        wanted: &[
            DataGroup::Dg1,
            DataGroup::Dg2,
            DataGroup::Dg13,
            DataGroup::Dg14,
            DataGroup::Dg15,
        ],
        challenge: &Challenge::new([7; 8]),
        com: false,
        terminal: None,
        trust: &trust,
        at: crate::today(),
    };
    let laid_down = reader.connect().unwrap();
    reading
        .of(laid_down, &mut reader, &mut Traffic::default(), &mut |_| ())
        .unwrap()
}

#[test]
fn a_hidden_portrait_is_noticed() {
    let key = AccessSource::Can(CAN).key().unwrap();
    assert_eq!(
        read(STATE.card("card").unwrap(), &key, false).withheld,
        None
    );
    for group in [DataGroup::Dg2, DataGroup::Dg13] {
        let mut card = STATE.card("card").unwrap();
        card.files.remove(&group.file_id());
        assert_eq!(read(card, &key, false).withheld, Some(group));
    }
}

#[test]
fn hiding_dg14_and_card_access_does_not_turn_pace_into_bac() {
    let mut card = STATE.card("card").unwrap();
    let lines: Vec<&str> = [0..30, 30..60, 60..90]
        .into_iter()
        .map(|line| &card.mrz[line])
        .collect();
    let key = AccessKey::Mrz(MrzKey::from_lines(&lines).unwrap());
    card.card_access = None;
    card.files.remove(&DataGroup::Dg14.file_id());
    let refused = read(card, &key, true).verdict.unwrap_err();
    assert!(
        refused.codes().contains(&"chip.access_downgraded"),
        "{:?}",
        refused.codes()
    );
}
