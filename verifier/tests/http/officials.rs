//! Two officials stand for a comparison that the machine could not make: two people, in standing, of this visit, who agree.

use bundle::{
    DeviceKind, MatchClaim, MatchOutcome, Occasion, OperatorId, Role, Seen, SightingReason,
    SignedSighting,
};
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Desk, NUMBER, Visit, face, finger};
use crate::rig::{Rig, Signer};

/// An official of the authority that enrols operators.
struct Official {
    id: &'static str,
    role: Role,
    signer: Signer,
}

fn official(rig: &Rig, id: &'static str, role: Role) -> Official {
    let signer = rig.operator(id, role.as_str());
    Official { id, role, signer }
}

fn occasion(visit: &Visit) -> Occasion {
    Occasion::of_claims(&visit.claims, &visit.evidence.sod)
}

impl Official {
    fn seen(&self, outcome: MatchOutcome) -> Seen {
        Seen {
            official: OperatorId::new(self.id).unwrap(),
            role: self.role,
            outcome,
            reason: SightingReason::AgedPortrait,
            at: Timestamp::now(),
        }
    }

    /// What this official saw, over the official's own signature.
    fn saw(&self, visit: &Visit, outcome: MatchOutcome) -> SignedSighting {
        SignedSighting::sign(occasion(visit), self.seen(outcome), &self.signer.sealing()).unwrap()
    }

    fn agrees(&self, visit: &Visit) -> SignedSighting {
        self.saw(visit, MatchOutcome::Match)
    }
}

/// A visit in which the machine could not tell by the face.
fn unsure(desk: &Desk<'_>) -> Visit {
    let mut visit = desk.visit();
    visit.claims.face = face(&visit.claims, MatchOutcome::Inconclusive, 0.4);
    visit
}

fn two(rig: &Rig) -> [Official; 2] {
    [
        official(rig, "cb-hai", Role::Clerk),
        official(rig, "cb-ba", Role::Certifier),
    ]
}

#[test]
fn two_officials_who_agree_are_filed_and_the_wallet_says_so() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    let not_shown = MatchClaim::not_done("presence_not_shown");
    let undecided: [fn(&mut Visit, MatchClaim); 3] = [
        |visit, _| visit.claims.face = face(&visit.claims, MatchOutcome::Inconclusive, 0.4),
        |visit, not_shown| visit.claims.face = not_shown,
        |visit, _| visit.claims.finger = finger(MatchOutcome::Inconclusive, 44.0),
    ];
    for leave in undecided {
        let mut visit = desk.visit();
        leave(&mut visit, not_shown.clone());
        visit.claims.sightings = vec![one.agrees(&visit), other.agrees(&visit)];
        let answer = desk.send(visit).1;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let found = rig.reader().post(
        "/v1/wallets/lookup",
        format!(r#"{{"personal_id":"{NUMBER}"}}"#).as_bytes(),
    );
    let wallet = found.json()["wallet"].as_str().unwrap().to_owned();
    let entries = rig
        .reader()
        .get(&format!("/v1/wallets/{wallet}/entries"))
        .json();
    for entry in entries["entries"].as_array().unwrap() {
        assert_eq!(entry["identified_by"], "two_officials");
    }
}

#[test]
fn a_machine_that_could_not_tell_is_nobodys_word() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    assert_eq!(desk.send(unsure(&desk)).1.faults(), ["examine.face"]);
    let mut visit = desk.visit();
    visit.claims.finger = finger(MatchOutcome::Inconclusive, 44.0);
    assert_eq!(desk.send(visit).1.faults(), ["examine.finger"]);
}

#[test]
fn officials_do_not_overturn_the_machines_no_nor_double_its_yes() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    let looked = |spoil: fn(&mut Visit)| {
        let mut visit = desk.visit();
        spoil(&mut visit);
        visit.claims.sightings = vec![one.agrees(&visit), other.agrees(&visit)];
        desk.send(visit).1.faults()
    };
    assert_eq!(
        looked(|visit| visit.claims.face = face(&visit.claims, MatchOutcome::NoMatch, 0.2)),
        ["examine.face", "examine.sightings_unasked"]
    );
    // A no that calls itself a perhaps: the score tells.
    assert_eq!(
        looked(|visit| visit.claims.face = face(&visit.claims, MatchOutcome::Inconclusive, 0.2)),
        ["examine.face_score"]
    );
    assert_eq!(looked(|_| {}), ["examine.sightings_unasked"]);
}

#[test]
fn one_official_is_not_two() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    let third = official(&rig, "cb-tu", Role::Director);

    let mut visit = unsure(&desk);
    visit.claims.sightings = vec![one.agrees(&visit)];
    assert_eq!(desk.send(visit).1.faults(), ["person.officials_missing"]);

    let mut visit = unsure(&desk);
    visit.claims.sightings = [&one, &other, &third]
        .map(|who| who.agrees(&visit))
        .to_vec();
    assert_eq!(desk.send(visit).1.faults(), ["person.officials_missing"]);

    // The same official twice, and once more under a second certificate.
    let again = official(&rig, "cb-hai", Role::Director);
    for second in [&one, &again] {
        let mut visit = unsure(&desk);
        visit.claims.sightings = vec![one.agrees(&visit), second.agrees(&visit)];
        assert_eq!(desk.send(visit).1.faults(), ["person.officials_same"]);
    }
}

#[test]
fn a_no_from_one_of_them_is_a_no() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    for outcome in [MatchOutcome::NoMatch, MatchOutcome::Inconclusive] {
        let mut visit = unsure(&desk);
        visit.claims.sightings = vec![one.agrees(&visit), other.saw(&visit, outcome)];
        assert_eq!(desk.send(visit).1.faults(), ["person.officials_disagree"]);
    }
}

#[test]
fn what_was_seen_elsewhere_or_at_another_time_does_not_count() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);

    // Another visit of the same citizen, and the same visit before another card.
    let earlier = unsure(&desk);
    let mut visit = unsure(&desk);
    visit.claims.sightings = vec![one.agrees(&visit), other.agrees(&earlier)];
    assert_eq!(desk.send(visit).1.faults(), ["person.sighting_other_visit"]);
    let mut visit = unsure(&desk);
    let mut elsewhere = occasion(&visit);
    elsewhere.document = bundle::Sha256Digest::of(b"another card");
    let seen = other.seen(MatchOutcome::Match);
    let strange = SignedSighting::sign(elsewhere, seen, &other.signer.sealing()).unwrap();
    visit.claims.sightings = vec![one.agrees(&visit), strange];
    assert_eq!(desk.send(visit).1.faults(), ["person.sighting_other_visit"]);

    // Before the citizen came.
    let mut visit = unsure(&desk);
    let mut seen = other.seen(MatchOutcome::Match);
    seen.at = visit.claims.opened_at - SignedDuration::from_secs(60);
    let early = SignedSighting::sign(occasion(&visit), seen, &other.signer.sealing()).unwrap();
    visit.claims.sightings = vec![one.agrees(&visit), early];
    assert_eq!(desk.send(visit).1.faults(), ["person.sighting_time"]);
}

#[test]
fn who_may_not_say_it_is_not_heard() {
    let rig = Rig::new("[stations]\nsuspended_operators = ['cb-nghi']");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    let abroad = Rig::new("");
    let helper = official(&rig, "tnv-01", Role::Volunteer);
    let stranger = official(&abroad, "cb-la", Role::Clerk);
    let suspended = official(&rig, "cb-nghi", Role::Clerk);
    for (who, code) in [
        (&helper, "person.official_role"),
        (&stranger, "person.official_certificate_unfit"),
        (&suspended, "examine.official_suspended"),
    ] {
        let mut visit = unsure(&desk);
        visit.claims.sightings = vec![one.agrees(&visit), who.agrees(&visit)];
        assert_eq!(desk.send(visit).1.faults(), [code], "{}", who.id);
    }

    // In a colleague's name, and with a role the certificate does not give.
    for (id, role) in [("cb-hai", Role::Certifier), ("cb-ba", Role::Director)] {
        let mut visit = unsure(&desk);
        let mut seen = other.seen(MatchOutcome::Match);
        seen.official = OperatorId::new(id).unwrap();
        seen.role = role;
        let lent = SignedSighting::sign(occasion(&visit), seen, &other.signer.sealing()).unwrap();
        visit.claims.sightings = vec![one.agrees(&visit), lent];
        assert_eq!(desk.send(visit).1.faults(), ["person.official_differs"]);
    }

    // A no turned into a yes after it was signed.
    let mut visit = unsure(&desk);
    let no = other.saw(&visit, MatchOutcome::NoMatch);
    let mut envelope = no.envelope().clone();
    let text = String::from_utf8(envelope.payload).unwrap();
    envelope.payload = text.replace("no_match", "match").into_bytes();
    let turned = serde_json::from_slice(&envelope.to_json()).unwrap();
    visit.claims.sightings = vec![one.agrees(&visit), turned];
    assert_eq!(desk.send(visit).1.faults(), ["person.sighting_signature"]);
}

#[test]
fn sightings_do_not_hide_another_fault() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let [one, other] = two(&rig);
    let mut visit = unsure(&desk);
    visit.claims.sightings = vec![one.agrees(&visit), other.agrees(&visit)];
    let camera = &mut visit.claims.devices[1];
    assert_eq!(camera.kind, DeviceKind::Camera);
    camera.simulated = true;
    assert_eq!(desk.send(visit).1.faults(), ["examine.simulated_device"]);
}
