//! A card made of another card's files cannot sign the visit's challenge.

use bundle::Role;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

#[test]
fn all_files_right_and_the_keys_missing() {
    refused("copied", "chip.clone_suspected");
}

#[test]
fn all_files_right_and_keys_of_the_copiers_own() {
    // Chip authentication already tells: the key agreed upon is not the copy's.
    refused("copied-own-keys", "card.chip_authentication");
}

fn refused(copy: &'static str, code: &'static str) {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card(copy));
    let end = desk.visit(&mut bench.devices, &both_pages());
    assert_eq!(end.closed, Closed::Stopped(Stop::refusal(code)));
    assert!(desk.spool.waiting().unwrap().is_empty());
}
