//! The card is pulled away at every single APDU of a reading: each time the same calm code, no
//! bundle, and the next visit works.

use bundle::Role;
use emrtd::simulator::Faults;
use emrtd::{AccessPolicy, Challenge, CscaTrust, DataGroup, Traffic};
use station::desk::{AccessSource, Reading};
use station::devices::CardReader as _;
use station::devices::card_reader::SimulatedReader;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::CAN;

use crate::{STATE, both_pages};

fn read(faults: Faults, comes_back: bool, traffic: &mut Traffic) -> Result<(), &'static str> {
    let trust = CscaTrust::load_dir(STATE.csca()).unwrap();
    let reading = Reading {
        key: &AccessSource::Can(CAN).key().unwrap(),
        qr: None,
        policy: AccessPolicy { allow_bac: false },
        wanted: &[
            DataGroup::Dg1,
            DataGroup::Dg2,
            DataGroup::Dg13,
            DataGroup::Dg14,
            DataGroup::Dg15,
            DataGroup::Dg3,
        ],
        challenge: &Challenge::new([7; 8]),
        com: false,
        terminal: None,
        trust: &trust,
        at: crate::today(),
    };
    // Laid down once; what comes after it is the caller's.
    let mut cards = vec![Faults::default(), faults];
    if !comes_back {
        cards.remove(0);
    }
    let mut reader = SimulatedReader::new(move || Some(STATE.chip("card", cards.pop()?).unwrap()));
    let card = reader.connect().unwrap();
    match reading.of(card, &mut reader, traffic, &mut |_| ()) {
        Ok(read) => read.verdict.map(|_| ()).map_err(|error| error.code()),
        Err(error) => Err(error.code()),
    }
}

fn pulled_at(apdu: u32) -> Faults {
    Faults {
        drop_at: Some(apdu),
        ..Faults::default()
    }
}

#[test]
fn at_every_apdu_of_the_reading() {
    let mut whole = Traffic::default();
    read(Faults::default(), false, &mut whole).unwrap();
    assert!(whole.apdus > 10, "{whole:?}");
    for apdu in 1..=whole.apdus {
        let mut traffic = Traffic::default();
        assert_eq!(
            read(pulled_at(apdu), false, &mut traffic),
            Err("card.removed"),
            "pulled at APDU {apdu}"
        );
        // The same card laid down again is gone on with: what was read is not read twice.
        let mut traffic = Traffic::default();
        read(pulled_at(apdu), true, &mut traffic).unwrap();
        assert!(
            traffic.apdus <= whole.apdus + 12,
            "{traffic:?} when pulled at APDU {apdu}"
        );
    }
}

#[test]
fn the_visit_asks_for_the_card_again_and_goes_on() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(2);
    // Pulled twice in the middle, then held still: three tries are enough.
    let mut laid_down = 0;
    let mut bench = Bench::set_up(&STATE, "live", move || {
        laid_down += 1;
        let faults = if laid_down < 3 {
            pulled_at(9)
        } else {
            Faults::default()
        };
        Some(STATE.chip("card", faults).unwrap())
    });
    assert!(
        desk.visit(&mut bench.devices, &both_pages())
            .digest()
            .is_some()
    );
    drop(bench);

    let waiting = desk.spool.waiting().unwrap().len();
    let mut bench = Bench::set_up(&STATE, "live", || {
        Some(STATE.chip("card", pulled_at(9)).unwrap())
    });
    let end = desk.visit(&mut bench.devices, &both_pages());
    assert_eq!(end.closed, Closed::Stopped(Stop::failure("card.removed")));
    assert_eq!(
        desk.spool.waiting().unwrap().len(),
        waiting,
        "a visit without a card sealed something"
    );
}
