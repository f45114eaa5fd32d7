//! The fingers' road: which is asked for, how often, what counts, and when they are worn.

use bundle::{MatchClaim, Presentation, PresentationResult};

use super::*;

/// A visit before the sensor, of somebody whose card records these fingers.
fn at_the_sensor(positions: &[u8]) -> (Visit, Vec<Ask>) {
    let specimen = Specimen::with_fingers(positions);
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
    visit.step(Event::FaceCompared(face(MatchOutcome::Match)))
}

fn sensor() -> Device {
    device(DeviceKind::FingerSensor)
}

fn scored(outcome: MatchOutcome, score: f64) -> FingerResult {
    FingerResult::Compared {
        comparison: Comparison {
            outcome,
            score: Score::rounded(score).unwrap(),
            threshold: 50.0,
            model: "m@0".into(),
            device: sensor(),
            notices: Vec::new(),
        },
        quality: 60,
    }
}

fn no() -> FingerResult {
    scored(MatchOutcome::NoMatch, 10.0)
}

fn perhaps() -> FingerResult {
    scored(MatchOutcome::Inconclusive, 44.0)
}

fn yes() -> FingerResult {
    scored(MatchOutcome::Match, 80.0)
}

fn poor() -> FingerResult {
    FingerResult::Unusable {
        code: "finger.unclear",
        quality: Some(12),
        device: sensor(),
    }
}

/// What was asked for along the way, as finger and presentation, and where it led.
fn walk(positions: &[u8], results: &[FingerResult]) -> (Vec<(u8, u32)>, Visit) {
    let (mut visit, mut asks) = at_the_sensor(positions);
    let mut asked = Vec::new();
    for result in results {
        let [
            Ask::TakeFinger {
                references,
                finger,
                presentation,
            },
        ] = asks.as_slice()
        else {
            panic!("no finger is asked for after {asked:?}")
        };
        assert!(!references.is_empty());
        assert!(references.iter().all(|record| record.position() == *finger));
        asked.push((*finger, *presentation));
        (visit, asks) = visit.step(Event::FingerCompared(result.clone()));
    }
    (asked, visit)
}

/// What the bundle says of the finger when the rest of the visit goes well.
fn claim(visit: Visit) -> (MatchClaim, Vec<Device>) {
    let (visit, _) = visit.step(Event::SheetsCounted(1));
    let (visit, _) = visit.step(papers("khai_sinh"));
    let (_, asks) = visit.step(Event::ApprovalAnswered(true));
    let Some(Ask::Seal(request)) = asks.into_iter().next() else {
        panic!("no seal was asked for")
    };
    (request.claims.finger, request.claims.devices)
}

fn results(presentations: &[Presentation]) -> Vec<(u8, PresentationResult)> {
    presentations
        .iter()
        .map(|one| (one.finger, one.result))
        .collect()
}

#[test]
fn the_first_finger_that_fits_ends_it() {
    let (asked, visit) = walk(&[7, 2], &[yes()]);
    assert_eq!(asked, [(7, 1)]);
    assert_eq!(visit.place(), "sheets");
    let (asked, visit) = walk(&[7, 2], &[poor(), no(), perhaps(), no(), yes()]);
    assert_eq!(asked, [(7, 1), (7, 2), (7, 3), (2, 1), (2, 2)]);
    let (claim, devices) = claim(visit);
    let MatchClaim::Compared {
        outcome,
        score,
        attempts,
        presentations,
        ..
    } = claim
    else {
        panic!("a finger was compared")
    };
    assert_eq!(
        (outcome, score.value(), attempts),
        (MatchOutcome::Match, 80.0, 5)
    );
    use PresentationResult::{Inconclusive, Match, NoMatch, Unusable};
    assert_eq!(
        results(&presentations),
        [
            (7, Unusable),
            (7, NoMatch),
            (7, Inconclusive),
            (2, NoMatch),
            (2, Match)
        ]
    );
    assert_eq!(presentations[0].quality, Some(12));
    assert_eq!(presentations[0].reason.as_deref(), Some("finger.unclear"));
    // However often it was used, the sensor is one device.
    assert_eq!(devices.iter().filter(|used| **used == sensor()).count(), 1);
}

#[test]
fn three_presentations_of_two_fingers_and_no_more() {
    let fingers = [2, 2, 7, 3, 8];
    let results: Vec<_> = (0..6).map(|_| no()).collect();
    let (asked, visit) = walk(&fingers, &results);
    assert_eq!(asked, [(2, 1), (2, 2), (2, 3), (7, 1), (7, 2), (7, 3)]);
    let refused = Closed::Stopped(Stop::refusal("person.finger_no_match"));
    assert!(matches!(visit, Visit::Closed(closed) if closed == refused));
    // One finger on record has its three.
    let (_, visit) = walk(&[2], &[no(), poor(), no()]);
    assert_eq!(visit.place(), "closed");
}

#[test]
fn worn_fingers_accuse_nobody_and_the_visit_goes_on() {
    for positions in [&[2][..], &[2, 7]] {
        let results: Vec<_> = (0..3 * positions.len()).map(|_| poor()).collect();
        let (_, visit) = walk(positions, &results);
        assert_eq!(visit.place(), "sheets");
        let (claim, devices) = claim(visit);
        let MatchClaim::NotDone {
            reason,
            presentations,
        } = claim
        else {
            panic!("worn fingers cannot be compared")
        };
        assert_eq!(reason, "worn");
        assert_eq!(presentations.len(), results.len());
        // What was tried on is told, so that a played sensor cannot hide here.
        assert!(devices.contains(&sensor()));
    }
}

#[test]
fn a_worn_finger_does_not_hide_one_that_does_not_fit() {
    let (_, visit) = walk(&[2, 7], &[poor(), poor(), poor(), no(), no(), no()]);
    assert_eq!(visit.place(), "closed");
}

#[test]
fn the_best_counts_and_what_stays_unclear_is_for_people() {
    let results = [no(), perhaps(), no(), no(), poor(), no()];
    let (_, visit) = walk(&[2, 7], &results);
    assert_eq!(visit.place(), "officials");
    let (visit, _) = visit.step(Event::OfficialsLooked(Vec::new()));
    let referred = Closed::Stopped(Stop::refusal("person.finger_inconclusive"));
    assert!(matches!(visit, Visit::Closed(closed) if closed == referred));
}

#[test]
fn without_a_record_nothing_is_laid_down() {
    let (visit, asks) = at_the_sensor(&[]);
    assert!(matches!(
        asks.as_slice(),
        [Ask::TakeFinger { references, finger: 0, .. }] if references.is_empty()
    ));
    let not_done = FingerResult::NotDone("template_not_readable");
    let (visit, _) = visit.step(Event::FingerCompared(not_done));
    assert_eq!(
        claim(visit).0,
        MatchClaim::not_done("template_not_readable")
    );
}

#[test]
fn a_record_that_cannot_be_used_neither_helps_nor_harms() {
    let unusable = || FingerResult::NotDone("template_unusable");
    // The other finger is asked for.
    let (asked, visit) = walk(&[2, 7], &[unusable(), yes()]);
    assert_eq!(
        (asked.as_slice(), visit.place()),
        (&[(2, 1), (7, 1)][..], "sheets")
    );
    // What the first finger denied is not forgotten over it.
    let (_, visit) = walk(&[2, 7], &[no(), no(), no(), unusable()]);
    let refused = Closed::Stopped(Stop::refusal("person.finger_no_match"));
    assert!(matches!(visit, Visit::Closed(closed) if closed == refused));
    let (_, visit) = walk(&[2, 7], &[unusable(), unusable()]);
    assert_eq!(claim(visit).0, MatchClaim::not_done("template_unusable"));
}
