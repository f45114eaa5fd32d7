//! Times that cannot all be true are refused, each by its code; pages that were filed before are told and filed.

use bundle::{BundleDigest, Recipients, SealedBundle};
use jiff::{SignedDuration, Timestamp};
use verifier::epochs;

use crate::desk::{Desk, Visit};
use crate::rig::Rig;

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// The codes of the refusal, in order.
fn refused(desk: &Desk<'_>, sealed: &SealedBundle) -> Vec<String> {
    desk.upload_all(sealed);
    let answer = desk.post(sealed);
    assert_eq!(answer.status, 422, "{answer:?}");
    let faults = answer.json()["faults"].as_array().unwrap().clone();
    faults
        .iter()
        .map(|fault| fault["code"].as_str().unwrap().to_owned())
        .collect()
}

/// A visit of a desk whose clock is behind.
fn late(desk: &Desk<'_>, by: SignedDuration) -> Visit {
    let mut visit = desk.visit();
    visit.claims.opened_at = Timestamp::now() - by;
    for consent in &mut visit.claims.consents {
        consent.given_at = visit.claims.opened_at;
    }
    visit
}

#[test]
fn times_that_cannot_all_be_true_are_refused_at_once() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let now = Timestamp::now();

    let mut visit = desk.visit();
    visit.claims.consents[1].given_at = now - minutes(60);
    assert_eq!(refused(&desk, &desk.seal(visit)), ["examine.consent_time"]);
    let mut visit = desk.visit();
    visit.claims.consents[0].given_at = now + minutes(6);
    assert_eq!(refused(&desk, &desk.seal(visit)), ["examine.consent_time"]);

    // Sealed two minutes before it was opened.
    let sealed = desk.seal_at(desk.visit(), None, now - minutes(2));
    assert_eq!(refused(&desk, &sealed), ["examine.times"]);

    // The visit's name says today, all else yesterday.
    let mut visit = late(&desk, minutes(25 * 60));
    for consent in &mut visit.claims.consents {
        consent.given_at = now;
    }
    assert_eq!(
        refused(&desk, &desk.seal(visit)),
        [
            "ticket.not_yet_valid",
            "examine.visit_too_long",
            "examine.name_time"
        ]
    );
    // Within what clocks may differ nothing is said.
    let visit = late(&desk, minutes(4));
    assert_eq!(desk.send(visit).1.status, 201);
}

#[test]
fn a_bundle_sealed_to_a_key_that_was_not_there_yet_is_refused() {
    let mut rig = Rig::new("");
    epochs::rotate(&rig.keys, Timestamp::now()).unwrap();
    rig.restart();
    let newest = epochs::later(&rig.keys).unwrap().remove(0).0;
    let recovery = rig.recipients().names().remove(1);
    let list = rig.keys.public().join("recipients.txt");
    std::fs::write(&list, format!("{newest}\n{recovery}\n")).unwrap();
    assert_eq!(Recipients::load(&list).unwrap().names()[0], newest);
    let desk = Desk::new(&rig, "tram-01");
    assert_eq!(desk.send(desk.visit()).1.status, 201);
    let early = late(&desk, minutes(12));
    let sealed = desk.seal_at(early, None, Timestamp::now() - minutes(11));
    assert_eq!(
        refused(&desk, &sealed),
        [
            "ticket.not_yet_valid",
            "examine.name_time",
            "examine.before_epoch"
        ]
    );
}

#[test]
fn a_desks_chain_leads_forwards_and_stays_with_the_desk() {
    let rig = Rig::new("");
    let (desk, other) = (Desk::new(&rig, "tram-01"), Desk::new(&rig, "tram-02"));
    let (first, answer) = desk.send(desk.visit());
    assert_eq!(answer.status, 201);
    let after = |previous| desk.seal_at(desk.visit(), previous, Timestamp::now());

    // Honest: behind the first, behind one that is not here yet, and the first of all again.
    for previous in [
        Some(first.digest()),
        Some(BundleDigest::of(b"in the post")),
        None,
    ] {
        let sealed = after(previous);
        desk.upload_all(&sealed);
        assert_eq!(desk.post(&sealed).status, 201);
    }

    let back = late(&desk, minutes(21));
    let sealed = desk.seal_at(back, Some(first.digest()), Timestamp::now() - minutes(20));
    assert_eq!(
        refused(&desk, &sealed),
        [
            "ticket.not_yet_valid",
            "examine.name_time",
            "examine.chain_backwards"
        ]
    );
    let sealed = other.seal_at(other.visit(), Some(first.digest()), Timestamp::now());
    assert_eq!(refused(&other, &sealed), ["examine.chain_other_station"]);
}

#[test]
fn the_same_pages_of_the_same_owner_are_told_and_filed() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let (_, first) = desk.send(desk.visit());
    assert_eq!(
        (first.status, &first.json()["notices"]),
        (201, &serde_json::json!([]))
    );
    let (_, second) = desk.send(desk.visit());
    assert_eq!(second.status, 201);
    let told = serde_json::json!([{"code": "examine.pages_filed_before", "place": "paper 1",
        "entry": first.json()["entry"]}]);
    assert_eq!(second.json()["notices"], told);
    let mut visit = desk.visit();
    visit.claims.documents[0].pages[1].image_sha256 = bundle::Sha256Digest::of(b"a new page");
    let (_, third) = desk.send(visit);
    assert_eq!(
        (third.status, &third.json()["notices"]),
        (201, &serde_json::json!([]))
    );
}
