//! The line is down: the bundle waits, a later push delivers it, and the same bundle delivered
//! twice is filed once.

use bundle::Role;
use station::courier::CourierError;
use station::spool::Standing;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::PERSONAL_ID;

use crate::{STATE, both_pages, card};

#[test]
fn it_waits_and_is_filed_once() {
    let mut service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    service.stop();

    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    let digest = end.digest().unwrap();
    assert!(matches!(desk.push(digest), Err(CourierError::Unreachable)));
    assert_eq!(desk.spool.standing(digest), Some(Standing::Waiting));

    service.start_again();
    let stick = tempfile::tempdir().unwrap();
    copy(&desk.spool.path_of(digest).unwrap(), stick.path());
    let first = desk.push(digest).unwrap();
    assert_eq!(desk.spool.standing(digest), Some(Standing::Filed));

    // The same bundle from a USB stick, after a restart of the verifier too.
    service.stop();
    service.start_again();
    let again = desk.deliver_again(stick.path()).unwrap();
    assert_eq!(again.verify(&desk.verifier_key).unwrap().entry, first.entry);
    assert_eq!(service.entries(PERSONAL_ID).len(), 1);
}

fn copy(from: &std::path::Path, into: &std::path::Path) {
    std::fs::create_dir_all(into).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = into.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}
