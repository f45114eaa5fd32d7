//! A mother brings her child's birth certificate with her own card: it is filed for the child and for nobody else.

use std::fs;
use std::path::{Path, PathBuf};

use bundle::Role;
use jiff::civil::{Date, date};
use station::desk::Step;
use station::script::{BehalfScript, Script};
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::paper::{PaperKind, PaperPerson, render_paper};
use tests::specimen::state::{NAME_VI, PERSONAL_ID};

use crate::{STATE, card, script};

const CHILD: &str = "031218004567";
const BORN: Date = date(2018, 5, 20);

/// The certificate on the glass, of a child whose mother is called this.
fn certificate(folder: &Path, mother: &str) -> PathBuf {
    let mut child = PaperPerson::specimen("LÊ VĂN THỬ", CHILD, BORN);
    mother.clone_into(&mut child.mother);
    let page = render_paper(PaperKind::KhaiSinh, &child);
    let mut bytes = format!("P6\n{} {}\n255\n", page.width(), page.height()).into_bytes();
    bytes.extend_from_slice(page.as_raw());
    let path = folder.join("khai-sinh.pnm");
    fs::write(&path, bytes).unwrap();
    path
}

fn for_child(page: &Path, number: &str, agrees: bool) -> Script {
    let mut script = script(&[page]);
    script.behalf = Some(BehalfScript::LegalRepresentative {
        number: number.to_owned(),
        born: BORN,
        agrees,
    });
    script
}

#[test]
fn with_the_mothers_card_and_the_certificate() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let folder = tempfile::tempdir().unwrap();
    let page = certificate(folder.path(), NAME_VI);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let mut asked = Vec::new();
    let end = desk.watched_visit(
        &mut bench.devices,
        &for_child(&page, CHILD, true),
        &mut |step| {
            if let Step::ChildAsked { agreed } = step {
                asked.push(agreed);
            }
        },
    );
    assert_eq!(asked, [true], "the child was asked, once");
    let Closed::Sealed(digest) = end.closed else {
        panic!("{:?}", end.closed)
    };
    assert!(end.set_aside.is_empty(), "the paper is the child's");
    desk.push(digest).unwrap();
    let entries = service.entries(CHILD);
    assert_eq!(entries[0]["brought_by"], "legal_representative");
    assert!(service.entries(PERSONAL_ID).is_empty(), "not the mother's");
    assert!(!service.log().contains(CHILD));
    for (path, bytes) in desk.everything_on_disk() {
        let found = bytes.windows(12).any(|window| window == CHILD.as_bytes());
        assert!(!found, "{} holds the child's number", path.display());
    }
}

#[test]
fn not_of_another_child_nor_by_somebody_elses_mother_nor_against_its_will() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(3);
    for (mother, number, agrees, code) in [
        // A slip of the hand, or another child.
        (NAME_VI, "031218004599", true, "behalf.paper_names_others"),
        ("PHẠM THỊ LAN", CHILD, true, "behalf.paper_names_others"),
        (NAME_VI, CHILD, false, "consent.refused_by_child"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let page = certificate(folder.path(), mother);
        let mut bench = Bench::set_up(&STATE, "live", card("card"));
        let end = desk.visit(&mut bench.devices, &for_child(&page, number, agrees));
        assert_eq!(end.closed, Closed::Stopped(Stop::refusal(code)), "{number}");
    }
    assert!(desk.spool.waiting().unwrap().is_empty());
}
