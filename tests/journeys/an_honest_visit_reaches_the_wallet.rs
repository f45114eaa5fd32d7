//! Desk to wallet: everything is proved, filed once, forgotten by the desk, and nobody's name is
//! left lying about.

use bundle::Role;
use station::spool::Standing;
use station::visit::Closed;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::{NAME_VI, OLD_ID, PERSONAL_ID};

use crate::{STATE, both_pages, card};

#[test]
fn from_the_card_on_the_reader_to_the_receipt() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(2);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));

    let end = desk.visit(&mut bench.devices, &both_pages());
    let Closed::Sealed(digest) = end.closed else {
        panic!("{:?}", end.closed)
    };
    assert_eq!(end.documents.len(), 2);
    assert!(
        end.documents
            .iter()
            .all(|document| document.grade == bundle::Grade::G1)
    );
    assert_eq!(desk.spool.standing(digest), Some(Standing::Waiting));

    let receipt = desk.push(digest).unwrap();
    assert_eq!(receipt.bundle, digest);
    assert_eq!(desk.spool.standing(digest), Some(Standing::Filed));
    assert!(desk.spool.waiting().unwrap().is_empty());

    let entries = service.entries(PERSONAL_ID);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["entry"], receipt.entry.to_string());
    assert!(
        service.entries("031190009999").is_empty(),
        "nobody else has a wallet"
    );

    // What must not be there.
    for text in [NAME_VI, "TRAN<<THI<MAU", PERSONAL_ID, OLD_ID] {
        assert!(
            !service.log().contains(text),
            "the verifier's log names the citizen"
        );
        for (path, bytes) in desk.everything_on_disk() {
            let found = bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes());
            assert!(!found, "{} holds {text}", path.display());
        }
    }
    for (path, bytes) in desk.everything_on_disk() {
        assert!(
            !bytes.starts_with(&[0xff, 0xd8, 0xff]) && !bytes.starts_with(b"%PDF"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_volunteer_makes_self_stored_images_only() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Volunteer);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let end = desk.visit(&mut bench.devices, &both_pages());
    let digest = end.digest().unwrap();
    assert!(
        end.documents
            .iter()
            .all(|document| document.grade == bundle::Grade::G0)
    );
    desk.push(digest).unwrap();
}
