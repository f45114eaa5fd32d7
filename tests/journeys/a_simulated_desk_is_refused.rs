//! A real verifier takes nothing from simulated devices, and files nothing of it.

use bundle::Role;
use station::courier::CourierError;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::PERSONAL_ID;

use crate::{STATE, both_pages, card};

#[test]
fn a_verifier_without_accept_simulated() {
    let service = Service::start(&STATE.csca(), Takes::RealOnly);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    let error = desk.push(end.digest().unwrap()).unwrap_err();
    let CourierError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert!(
        refusal
            .faults
            .iter()
            .any(|code| code == "examine.simulated_device"),
        "{:?}",
        refusal.faults
    );
    assert!(
        refusal.faults.iter().any(|code| code == "examine.practice"),
        "every fault at once: {:?}",
        refusal.faults
    );
    assert!(service.entries(PERSONAL_ID).is_empty());
}

#[test]
fn a_country_that_the_verifier_does_not_trust() {
    let other = tempfile::tempdir().unwrap();
    let stranger = tests::specimen::state::State::make(other.path()).unwrap();
    let service = Service::start(&stranger.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    let error = desk.push(end.digest().unwrap()).unwrap_err();
    let CourierError::Refused(refusal) = error else {
        panic!("{error}")
    };
    assert!(
        refusal
            .faults
            .iter()
            .any(|code| code == "chip.issuer_unknown"),
        "{:?}",
        refusal.faults
    );
    assert!(service.entries(PERSONAL_ID).is_empty());
}
