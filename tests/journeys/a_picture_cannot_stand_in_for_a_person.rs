//! Whoever holds a picture or a film before the camera, or lets another sit in for a moment, is referred to a person.

use std::fs;
use std::path::Path;

use bundle::Role;
use station::desk::Step;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

/// Frames of the specimen's films, by who is on them and how they look, as the film of a camera.
fn film(folder: &Path, name: &str, from: &str, frames: u32) {
    for number in 0..frames {
        let frame = STATE
            .frames(from)
            .with_file_name(format!("{from}_{number:03}.jpg"));
        fs::copy(frame, folder.join(format!("{name}_{number:03}.jpg"))).unwrap();
    }
}

/// What the desk says of each attempt before this camera, and how the visit ends.
fn before(folder: &Path) -> (Vec<&'static str>, Closed) {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    bench.film(&folder.join("film_%03d.jpg"));
    let mut told = Vec::new();
    let end = desk.watched_visit(&mut bench.devices, &both_pages(), &mut |step| {
        if let Step::NotPresent { code, .. } = step {
            told.push(code);
        }
    });
    assert!(desk.spool.waiting().unwrap().is_empty());
    (told, end.closed)
}

fn referred() -> Closed {
    Closed::Stopped(Stop::refusal("person.presence_not_shown"))
}

#[test]
fn a_film_of_the_holder_that_does_not_turn_is_no_person() {
    let folder = tempfile::tempdir().unwrap();
    film(folder.path(), "film", "live", 8);
    let (told, closed) = before(folder.path());
    assert_eq!(told, ["presence.repeated_picture"; 3]);
    assert_eq!(closed, referred());
}

#[test]
fn another_person_who_turns_in_the_holders_place_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    film(folder.path(), "film", "live", 20);
    film(folder.path(), "film_left", "other_left", 12);
    film(folder.path(), "film_right", "other_right", 12);
    let (told, closed) = before(folder.path());
    let noticed = ["presence.other_person", "presence.jumped"];
    assert!(
        told.len() == 3 && told.iter().all(|code| noticed.contains(code)),
        "{told:?}"
    );
    assert_eq!(closed, referred());
}
