//! Refusing is a normal end: no card is touched and nothing is kept.

use bundle::Role;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages};

#[test]
fn one_of_two_purposes_refused() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", || {
        panic!("the card was asked for without consent")
    });
    let mut script = both_pages();
    script.consent.file = false;
    let end = desk.visit(&mut bench.devices, &script);
    assert_eq!(
        end.closed,
        Closed::Stopped(Stop::refusal("consent.refused"))
    );
    assert!(desk.spool.waiting().unwrap().is_empty());
}
