//! A night without network and the morning with it: visits go on while tickets last, the desk is killed and started again
//! in between, and in the morning every visit is filed once, in the order of sealing, against its receipt.

use bundle::Role;
use jiff::Timestamp;
use station::courier::{CourierError, Outcome};
use station::preflight::{Facts, Preflight, StopRules};
use station::spool::Standing;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::PERSONAL_ID;

use crate::{STATE, both_pages, card};

/// What the desk finds before a visit, with its line down.
fn looked(desk: &TestDesk, now: Timestamp) -> Preflight {
    let facts = Facts {
        last_signed: desk.spool.last_filed().max(desk.tickets.last_issued()),
        verifier: Some(Err("courier.unreachable")),
        spool_writable: desk.spool.probe().is_ok(),
        waiting: desk.spool.waiting().unwrap().len(),
        oldest_waiting: desk.spool.oldest(),
        tickets: desk.tickets.len().unwrap(),
        ..Facts::default()
    };
    Preflight::judge(&facts, &StopRules::default(), now)
}

#[test]
fn everything_that_was_sealed_is_filed_once_in_the_morning() {
    let mut service = Service::start(&STATE.csca(), Takes::Simulated);
    let mut desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(2);
    service.stop();

    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let mut sealed = Vec::new();
    for _ in 0..2 {
        let before = looked(&desk, Timestamp::now());
        assert!(before.stops().is_none(), "{before:?}");
        let end = desk.visit(&mut bench.devices, &both_pages());
        sealed.push(end.digest().unwrap());
        // Tried once and found nobody: it waits, and the next visit is not held up.
        let tried = desk.push_all(true);
        let nobody =
            |outcome: &Outcome| matches!(outcome, Outcome::Failed(CourierError::Unreachable));
        assert!(
            tried.iter().all(|(_, outcome)| nobody(outcome)),
            "{tried:?}"
        );
        // The desk goes dark in the night, without a farewell.
        desk = desk.started_again();
        assert_eq!(
            desk.spool.waiting().unwrap(),
            sealed,
            "in the order of sealing"
        );
    }

    // No ticket is left and none can be fetched: the shift ends before a citizen is asked for anything.
    assert_eq!(
        looked(&desk, Timestamp::now()).stops().unwrap().code,
        "ticket.none_left"
    );

    service.start_again();
    desk.fetch_tickets(1);
    // A desk whose clock has fallen back since is stopped, by what the verifier signed and without asking it.
    let yesterday = Timestamp::now() - jiff::SignedDuration::from_hours(24);
    assert_eq!(
        looked(&desk, yesterday).stops().unwrap().code,
        "preflight.clock_behind"
    );
    let morning = desk.push_all(false);
    let order: Vec<_> = morning.iter().map(|(digest, _)| *digest).collect();
    assert_eq!(order, sealed, "the oldest first");
    assert!(
        morning
            .iter()
            .all(|(_, outcome)| matches!(outcome, Outcome::Filed(..))),
        "{morning:?}"
    );
    for digest in &sealed {
        assert_eq!(desk.spool.standing(*digest), Some(Standing::Filed));
    }
    assert!(
        desk.push_all(false).is_empty(),
        "nothing is left to deliver"
    );
    assert_eq!(service.entries(PERSONAL_ID).len(), 2, "each visit once");
}
