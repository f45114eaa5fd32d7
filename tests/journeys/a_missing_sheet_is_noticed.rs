//! Sheets are counted by hand, and the count is held against what was scanned: of the visit, and of each paper that was
//! counted. Nothing is sealed that is not whole.

use bundle::Role;
use station::script::Script;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, card, script};

#[test]
fn neither_a_back_nor_the_same_sheet_again_stands_for_a_sheet_that_is_missing() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(3);
    let (one, two) = (STATE.page("page-1.pnm"), STATE.page("page-2.pnm"));
    let stopped = |script: &Script| {
        let mut bench = Bench::set_up(&STATE, "live", card("card"));
        desk.visit(&mut bench.devices, script).closed
    };
    let missing = Closed::Stopped(Stop::failure("paper.count_mismatch"));

    // Three images for three sheets; but two of them are of the second paper, and the first has two sheets. The third
    // looks like the first, and is none the less another paper's page: the operator says so.
    let mut counted = script(&[&one, &two, &one]);
    for (scan, same_paper) in counted.papers.scan.iter_mut().zip([false, false, true]) {
        scan.same_paper = Some(same_paper);
    }
    counted.papers.scan[0].sheets = Some(2);
    assert_eq!(stopped(&counted), missing);

    // Two images for two sheets, of the same sheet.
    assert_eq!(stopped(&script(&[&one, &one])), missing);
    assert!(desk.spool.waiting().unwrap().is_empty());

    // The same count, honestly scanned, is sealed and stands the verifier's own count of each paper.
    let mut whole = script(&[&one, &two]);
    for scan in &mut whole.papers.scan {
        (scan.same_paper, scan.sheets) = (Some(false), Some(1));
    }
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let end = desk.visit(&mut bench.devices, &whole);
    desk.push(end.digest().expect("a bundle")).unwrap();
}
