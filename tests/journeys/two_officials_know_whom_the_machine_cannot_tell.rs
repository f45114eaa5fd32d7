//! Where the machine cannot tell, two officials look, each signs, and the wallet says who knew the citizen.

use std::fs;
use std::path::{Path, PathBuf};

use bundle::{MatchOutcome, Role};
use station::desk::{Official, Step};
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::PERSONAL_ID;

use crate::{STATE, both_pages, card};

/// The holder, who cannot turn the head.
fn still(folder: &Path) -> PathBuf {
    for number in 0..8 {
        let frame = format!("live_{number:03}.jpg");
        let from = STATE.frames("live").with_file_name(&frame);
        fs::copy(from, folder.join(format!("film_{number:03}.jpg"))).unwrap();
    }
    folder.join("film_%03d.jpg")
}

/// How a visit of somebody who cannot turn the head ends when these officials come.
fn visit(desk: &TestDesk, officials: &[Official]) -> (Vec<&'static str>, Closed) {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    bench.film(&still(folder.path()));
    let mut called = Vec::new();
    let end =
        desk.visit_with_officials(&mut bench.devices, &both_pages(), officials, &mut |step| {
            if let Step::OfficialsCalled { code } = step {
                called.push(code);
            }
        });
    (called, end.closed)
}

#[test]
fn two_officials_agree() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let officials = [
        desk.official(&service, "can-bo-hai", Role::Clerk, MatchOutcome::Match),
        desk.official(&service, "can-bo-ba", Role::Director, MatchOutcome::Match),
    ];
    let (called, closed) = visit(&desk, &officials);
    assert_eq!(called, ["person.presence_not_shown"]);
    let Closed::Sealed(digest) = closed else {
        panic!("{closed:?}")
    };
    desk.push(digest).unwrap();
    let entries = service.entries(PERSONAL_ID);
    assert_eq!(entries[0]["identified_by"], "two_officials");
    // Who they are is nobody's business on the way, nor in the log.
    assert!(!service.log().contains("can-bo-hai"));
}

#[test]
fn one_says_no_or_is_alone_or_has_no_say() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(4);
    let who = [
        ("can-bo-ba", Role::Clerk, MatchOutcome::NoMatch),
        ("can-bo-hai", Role::Clerk, MatchOutcome::Match),
        ("tinh-nguyen", Role::Volunteer, MatchOutcome::Match),
    ];
    let officials = who.map(|(id, role, finds)| desk.official(&service, id, role, finds));
    for (come, code) in [
        (&officials[..0], "person.presence_not_shown"),
        (&officials[1..2], "person.officials_missing"),
        (&officials[..2], "person.officials_disagree"),
        (&officials[1..], "person.official_role"),
    ] {
        let (called, closed) = visit(&desk, come);
        assert_eq!(called, ["person.presence_not_shown"]);
        assert_eq!(closed, Closed::Stopped(Stop::refusal(code)));
    }
    assert!(desk.spool.waiting().unwrap().is_empty());
}
