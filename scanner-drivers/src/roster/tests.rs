//! Scanners come, go, come back otherwise named, and a driver's failure makes nobody vanish.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use crate::roster::{HotPlug, Roster};
use crate::{Capabilities, Source};

fn scanner(id: &str, serial: &str) -> Capabilities {
    Capabilities {
        driver: "sane".into(),
        id: id.into(),
        vendor: "Maker".into(),
        model: "M1".into(),
        serial: (!serial.is_empty()).then(|| serial.into()),
        sources: vec![Source::Flatbed],
        ..Capabilities::default()
    }
}

#[test]
fn a_replugged_scanner_is_found_under_all_its_names() {
    let mut roster = Roster::default();
    let first = scanner("libusb:001:005", "77");
    assert_eq!(
        roster.merge("sane", vec![first.clone()]),
        [HotPlug::Appeared(first.clone())]
    );
    assert_eq!(
        roster.merge("sane", vec![]),
        [HotPlug::Vanished(first.clone())]
    );
    assert!(roster.find("libusb:001:005").is_none());
    let second = scanner("libusb:001:006", "77");
    assert_eq!(
        roster.merge("sane", vec![second.clone()]),
        [HotPlug::Returned {
            before: "libusb:001:005".into(),
            now: second
        }]
    );
    // Replugged again, so quickly that no look saw it gone.
    let third = scanner("libusb:001:007", "77");
    let events = roster.merge("sane", vec![third]);
    assert!(
        matches!(&events[..], [HotPlug::Returned { before, .. }] if before == "libusb:001:006")
    );
    for name in ["libusb:001:005", "libusb:001:006", "libusb:001:007"] {
        assert_eq!(
            roster.find(name).map(|known| known.id.as_str()),
            Some("libusb:001:007")
        );
    }
    assert!(roster.find("libusb:001:004").is_none());
}

#[test]
fn a_driver_that_fails_makes_nobody_vanish() {
    let mut roster = Roster::default();
    roster.merge("sane", vec![scanner("a", "1")]);
    assert_eq!(
        roster.fail("sane", "scan.worker_died"),
        [HotPlug::DriverFailed {
            driver: "sane",
            code: "scan.worker_died"
        }]
    );
    assert!(
        roster.fail("sane", "scan.worker_died").is_empty(),
        "told once"
    );
    assert_eq!(roster.present().len(), 1);
    assert_eq!(
        roster.merge("sane", vec![scanner("a", "1")]),
        [HotPlug::DriverWell { driver: "sane" }]
    );
    assert!(roster.ill().is_empty());
}

#[test]
fn drivers_do_not_disturb_each_other() {
    let mut roster = Roster::default();
    roster.merge("sane", vec![scanner("a", "1")]);
    let folder = Capabilities {
        driver: "folder".into(),
        ..scanner("/srv/scans", "")
    };
    assert_eq!(roster.merge("folder", vec![folder]).len(), 1);
    assert_eq!(roster.present().len(), 2);
    assert_eq!(roster.merge("folder", vec![]).len(), 1);
    assert_eq!(roster.present()[0].id, "a");
}

#[test]
fn a_busy_scanner_keeps_its_abilities_and_tells_its_trouble() {
    let mut roster = Roster::default();
    roster.merge("sane", vec![scanner("a", "1")]);
    let busy = Capabilities {
        driver: "sane".into(),
        id: "a".into(),
        trouble: Some("scan.device_busy".into()),
        ..Capabilities::default()
    };
    let events = roster.merge("sane", vec![busy]);
    assert!(
        matches!(&events[..], [HotPlug::Changed(now)] if now.trouble.is_some() && now.sources == [Source::Flatbed])
    );
    assert_eq!(
        roster.merge("sane", vec![scanner("a", "1")]),
        [HotPlug::Changed(scanner("a", "1"))]
    );
}

#[test]
fn the_empty_name_takes_a_scanner_that_works() {
    let mut roster = Roster::default();
    let broken = Capabilities {
        trouble: Some("scan.access_denied".into()),
        ..scanner("a", "1")
    };
    roster.merge("sane", vec![broken, scanner("b", "2")]);
    assert_eq!(roster.find("").unwrap().id, "b");
    assert_eq!(
        roster.find("sane/Maker/M1/serial=1").unwrap().id,
        "a",
        "a named one is taken as it is"
    );
}

#[test]
fn a_scanner_known_by_address_and_silent_is_not_there() {
    let mut roster = Roster::default();
    let silent = |id: &str| Capabilities {
        driver: "sane".into(),
        id: id.into(),
        trouble: Some("scan.not_found".into()),
        ..Capabilities::default()
    };
    roster.merge("sane", vec![scanner("a", "1"), silent("b")]);
    assert_eq!((roster.present().len(), roster.unreachable().len()), (1, 1));
    // It moved from the one address to the other.
    let events = roster.merge("sane", vec![silent("a"), scanner("b", "1")]);
    assert!(
        matches!(&events[..], [HotPlug::Returned { before, now }] if before == "a" && now.id == "b")
    );
    assert_eq!(roster.find("a").unwrap().id, "b");
}
