//! A genuine card in the wrong hands: three attempts, then a person decides, not a lower bar.

use bundle::Role;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

#[test]
fn somebody_else_sits_before_the_camera() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "other", card("card"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    assert_eq!(
        end.closed,
        Closed::Stopped(Stop::refusal("person.face_no_match"))
    );
    assert!(desk.spool.waiting().unwrap().is_empty());
}
