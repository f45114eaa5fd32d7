//! A page nobody can read stops the visit with its own code; nothing of it is kept.

use bundle::Role;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, card, script};

#[test]
fn the_second_page_moved_under_the_lens() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let pages = script(&[&STATE.page("page-1.pnm"), &STATE.page("blurred.pnm")]);
    let end = desk.visit(&mut bench.devices, &pages);
    assert_eq!(
        end.closed,
        Closed::Stopped(Stop::failure("paper.unreadable"))
    );
    assert!(desk.spool.waiting().unwrap().is_empty());
}
