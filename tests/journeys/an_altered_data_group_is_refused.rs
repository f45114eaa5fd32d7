//! A chip whose DG1 is not the one the country signed.

use bundle::Role;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

#[test]
fn one_changed_letter_in_dg1() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("altered"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    assert_eq!(
        end.closed,
        Closed::Stopped(Stop::refusal("chip.group_altered"))
    );
    assert!(desk.spool.waiting().unwrap().is_empty());
}
