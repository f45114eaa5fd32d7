//! The third road: when two officials may look, and when what they say counts.

use bundle::{FileKey, MatchClaim, Occasion, Seen, SightingReason, SignedSighting};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::*;

fn official(id: &str, role: Role) -> FileKey {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, id);
    name.push(DnType::OrganizationalUnitName, role.as_str());
    params.distinguished_name = name;
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    FileKey::from_pem(key.serialize_pem().as_bytes(), certificate.pem().as_bytes()).unwrap()
}

fn saw(occasion: &Occasion, id: &str, role: Role, outcome: MatchOutcome) -> SignedSighting {
    let seen = Seen {
        official: OperatorId::new(id).unwrap(),
        role,
        outcome,
        reason: SightingReason::AgedPortrait,
        at: Timestamp::now(),
    };
    SignedSighting::sign(occasion.clone(), seen, &official(id, role)).unwrap()
}

fn yes(occasion: &Occasion, id: &str) -> SignedSighting {
    saw(occasion, id, Role::Clerk, MatchOutcome::Match)
}

/// A visit before the camera, after these attempts.
fn after(specimen: &Specimen, attempts: &[FaceResult]) -> (Visit, Vec<Ask>) {
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let mut walked = visit.step(Event::CardRead(specimen.seen()));
    for attempt in attempts {
        assert_eq!(walked.0.place(), "face");
        walked = walked.0.step(Event::FaceCompared(attempt.clone()));
    }
    walked
}

/// What the officials are asked about, and why.
fn called(asks: &[Ask]) -> (Occasion, &'static str) {
    let [Ask::CallOfficials { occasion, why, .. }] = asks else {
        panic!("nobody was called")
    };
    (occasion.clone(), why)
}

fn scored(outcome: MatchOutcome, score: f64) -> FaceResult {
    let FaceResult::Compared {
        mut comparison,
        presence,
    } = face(outcome)
    else {
        unreachable!("a face is compared")
    };
    comparison.score = Score::rounded(score).unwrap();
    FaceResult::Compared {
        comparison,
        presence,
    }
}

#[test]
fn people_are_asked_where_the_machine_cannot_tell_and_not_after_its_no() {
    let specimen = Specimen::read();
    let no = || scored(MatchOutcome::NoMatch, 0.2);
    let perhaps = || scored(MatchOutcome::Inconclusive, 0.4);
    for (attempts, expected) in [
        ([not_shown(), not_shown(), not_shown()], Ok(PRESENCE)),
        ([perhaps(), perhaps(), perhaps()], Ok(INCONCLUSIVE)),
        // The best attempt counts.
        ([perhaps(), no(), not_shown()], Ok(INCONCLUSIVE)),
        ([no(), no(), perhaps()], Ok(INCONCLUSIVE)),
        ([no(), not_shown(), not_shown()], Err(NO_MATCH)),
        ([no(), no(), no()], Err(NO_MATCH)),
    ] {
        let (visit, asks) = after(&specimen, &attempts);
        match expected {
            Ok(why) => {
                assert_eq!(visit.place(), "officials");
                assert_eq!(called(&asks).1, why);
            }
            Err(code) => {
                let stopped = Closed::Stopped(Stop::refusal(code));
                assert!(matches!(visit, Visit::Closed(closed) if closed == stopped));
            }
        }
    }
}

const PRESENCE: &str = "person.presence_not_shown";
const INCONCLUSIVE: &str = "person.face_inconclusive";
const NO_MATCH: &str = "person.face_no_match";

/// The claims of a visit that two officials carry to its end.
fn carried(specimen: &Specimen, attempts: &[FaceResult]) -> (bundle::Claims, Vec<SignedSighting>) {
    let (visit, asks) = after(specimen, attempts);
    let (occasion, _) = called(&asks);
    assert_eq!(
        occasion.document,
        bundle::Sha256Digest::of(&specimen.evidence.sod)
    );
    let sightings = vec![yes(&occasion, "cb-hai"), yes(&occasion, "cb-ba")];
    let (visit, asks) = visit.step(Event::OfficialsLooked(sightings.clone()));
    // The finger is asked for all the same.
    assert!(matches!(asks.as_slice(), [Ask::TakeFinger { .. }]));
    let (visit, _) = visit.step(Event::FingerCompared(FingerResult::NotDone("no_sensor")));
    let (visit, _) = visit.step(Event::SheetsCounted(1));
    let (visit, _) = visit.step(papers("khai_sinh"));
    let (_, asks) = visit.step(Event::ApprovalAnswered(true));
    let Some(Ask::Seal(request)) = asks.into_iter().next() else {
        panic!("no seal was asked for")
    };
    (request.claims, sightings)
}

fn cameras(claims: &bundle::Claims) -> usize {
    let camera = |device: &&Device| device.kind == DeviceKind::Camera;
    claims.devices.iter().filter(camera).count()
}

#[test]
fn the_camera_is_told_though_it_showed_nobody() {
    let attempts = [not_shown(), not_shown(), not_shown()];
    let (claims, _) = carried(&Specimen::read(), &attempts);
    assert_eq!(claims.face, MatchClaim::not_done("presence_not_shown"));
    // Or a played camera could hide behind two officials.
    assert_eq!(cameras(&claims), 1);
}

#[test]
fn two_officials_carry_the_visit_on_and_their_words_go_into_the_seal() {
    let specimen = Specimen::read();
    let attempts = [
        scored(MatchOutcome::Inconclusive, 0.37),
        scored(MatchOutcome::Inconclusive, 0.41),
        scored(MatchOutcome::NoMatch, 0.3),
    ];
    let (claims, sightings) = carried(&specimen, &attempts);
    assert_eq!(claims.sightings, sightings);
    let MatchClaim::Compared {
        outcome,
        score,
        attempts,
        presence,
        ..
    } = &claims.face
    else {
        panic!("the nearest attempt is told")
    };
    assert_eq!(
        (*outcome, score.value(), *attempts, presence.is_some()),
        (MatchOutcome::Inconclusive, 0.41, 2, true)
    );
    assert_eq!(cameras(&claims), 1);
}

/// What the road says to sightings of its own occasion.
fn ends(make: impl Fn(&Occasion) -> Vec<SignedSighting>) -> Visit {
    let specimen = Specimen::read();
    let (visit, asks) = after(&specimen, &[not_shown(), not_shown(), not_shown()]);
    let (occasion, _) = called(&asks);
    visit.step(Event::OfficialsLooked(make(&occasion))).0
}

#[test]
fn officials_who_do_not_agree_or_are_not_two_end_the_visit() {
    let stopped = |code: &str, visit: Visit| match visit {
        Visit::Closed(Closed::Stopped(stop)) => assert_eq!(stop.code, code),
        _ => panic!("the visit went on; expected {code}"),
    };
    stopped(PRESENCE, ends(|_| Vec::new()));
    stopped(
        "person.officials_missing",
        ends(|occasion| vec![yes(occasion, "cb-hai")]),
    );
    stopped(
        "person.officials_same",
        ends(|occasion| vec![yes(occasion, "cb-hai"), yes(occasion, "cb-hai")]),
    );
    stopped(
        "person.officials_disagree",
        ends(|occasion| {
            let no = saw(occasion, "cb-ba", Role::Clerk, MatchOutcome::NoMatch);
            vec![yes(occasion, "cb-hai"), no]
        }),
    );
    stopped(
        "person.official_role",
        ends(|occasion| {
            let helper = saw(occasion, "tnv-01", Role::Volunteer, MatchOutcome::Match);
            vec![yes(occasion, "cb-hai"), helper]
        }),
    );
    stopped(
        "person.sighting_other_visit",
        ends(|occasion| {
            let mut other = occasion.clone();
            other.visit = VisitId::at(Timestamp::now());
            vec![yes(occasion, "cb-hai"), yes(&other, "cb-ba")]
        }),
    );
    assert_eq!(
        ends(|occasion| vec![yes(occasion, "cb-hai"), yes(occasion, "cb-ba")]).place(),
        "finger"
    );
}
