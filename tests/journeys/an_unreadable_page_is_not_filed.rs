//! A page nobody can read stops the visit with its own code; nothing of it is kept.

use bundle::Role;
use station::desk::Step;
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

#[test]
fn only_the_bad_page_is_scanned_again() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let mut pages = script(&[&STATE.page("blurred.pnm"), &STATE.page("page-2.pnm")]);
    let good = STATE.page("page-1.pnm").to_str().unwrap().to_owned();
    pages.papers.scan[0].again = vec![[("filename".to_owned(), good)].into()];
    let (mut scanned, mut named) = (Vec::new(), Vec::new());
    let end = desk.watched_visit(&mut bench.devices, &pages, &mut |step| match step {
        Step::Page { number, .. } => scanned.push(number),
        Step::PageAgain {
            number,
            code,
            place,
        } => named.push((number, code, place.is_some())),
        _ => {}
    });
    let digest = end.digest().expect("a bundle");
    assert_eq!(
        named,
        [(1, "quality.blurred", true)],
        "which page, why and where"
    );
    assert_eq!(scanned, [1, 2, 1], "the second page stays as it was");
    let kinds: Vec<&str> = end.documents.iter().map(|paper| &*paper.kind).collect();
    assert_eq!(kinds, ["khai_sinh", "cu_tru"]);
    desk.push(digest).unwrap();
}
