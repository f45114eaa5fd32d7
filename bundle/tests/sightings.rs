//! Sightings named after their fault: what we say of each, and that the commands of the specification see it too.

use bundle::{
    FileKey, MatchClaim, MatchOutcome, Occasion, OperatorId, Role, Sha256Digest, SightingError,
    SightingReason, SignedSighting, VisitId, agreed,
};
use jiff::{SignedDuration, Timestamp};
use rcgen::date_time_ymd;

use crate::desk::{Authority, Enrolled, SOD, World, noon};
use crate::judges::judge;

/// A few minutes before the bundle is sealed at noon, after the visit was opened.
fn while_there() -> Timestamp {
    noon() - SignedDuration::from_mins(5)
}

/// An official and what they say.
struct Says {
    occasion: Occasion,
    official: &'static str,
    role: Role,
    outcome: MatchOutcome,
    at: Timestamp,
    key: FileKey,
}

impl Says {
    fn yes(occasion: &Occasion, official: &'static str, key: &Enrolled) -> Self {
        Self {
            occasion: occasion.clone(),
            official,
            role: Role::Clerk,
            outcome: MatchOutcome::Match,
            at: while_there(),
            key: key.file_key(),
        }
    }

    fn signed(self) -> SignedSighting {
        let seen = bundle::Seen {
            official: OperatorId::new(self.official).unwrap(),
            role: self.role,
            outcome: self.outcome,
            reason: SightingReason::AgedPortrait,
            at: self.at,
        };
        SignedSighting::sign(self.occasion, seen, &self.key).unwrap()
    }
}

/// What the verifier makes of the sightings of a visit.
fn verdict(world: &World, occasion: &Occasion, signed: &[SignedSighting]) -> Vec<SightingError> {
    let mut read = Vec::new();
    for sighting in signed {
        match sighting.verify(&world.trust, noon()) {
            Ok(sighting) => read.push(sighting),
            Err(error) => return vec![error],
        }
    }
    let opened_at = noon() - SignedDuration::from_mins(15);
    agreed(&read, occasion, opened_at, noon())
        .err()
        .unwrap_or_default()
}

/// One vector: its name, what is spoiled in the second of two sightings, and the refusal.
type Fault = (&'static str, fn(&World, &mut Says), SightingError);

fn other_authority(_: &World, says: &mut Says) {
    says.key = Authority::new().enrol("cb-ba", "clerk").file_key();
}

const FAULTS: [Fault; 10] = [
    (
        "sighting_by_the_same_person",
        |world, says| {
            says.official = "cb-hai";
            says.key = world.authority.enrol("cb-hai", "clerk").file_key();
        },
        SightingError::SamePerson,
    ),
    (
        "sighting_of_another_visit",
        |_, says| says.occasion.visit = VisitId::at(noon()),
        SightingError::OtherOccasion,
    ),
    (
        "sighting_under_another_ticket",
        |_, says| says.occasion.ticket = Sha256Digest::of(b"{}"),
        SightingError::OtherOccasion,
    ),
    (
        "sighting_before_another_card",
        |_, says| says.occasion.document = Sha256Digest::of(b"EF.SOX"),
        SightingError::OtherOccasion,
    ),
    (
        "sighting_that_says_no",
        |_, says| says.outcome = MatchOutcome::NoMatch,
        SightingError::NotConfirmed,
    ),
    (
        "sighting_before_the_citizen_came",
        |_, says| says.at = noon() - SignedDuration::from_mins(16),
        SightingError::OutOfTime,
    ),
    (
        "sighting_after_the_seal",
        |_, says| says.at = noon() + SignedDuration::from_secs(1),
        SightingError::OutOfTime,
    ),
    (
        "sighting_by_a_volunteer",
        |world, says| {
            says.role = Role::Volunteer;
            says.key = world.authority.enrol("cb-ba", "volunteer").file_key();
        },
        SightingError::NotAnOfficial,
    ),
    (
        "sighting_in_anothers_name",
        |world, says| says.key = world.authority.enrol("cb-tu", "clerk").file_key(),
        SightingError::OtherOfficial,
    ),
    (
        "sighting_by_a_stranger",
        other_authority,
        SightingError::Certificate(bundle::CertificateError::Untrusted),
    ),
];

/// A bundle whose face nobody could tell by machine, with these sightings.
fn sealed(
    world: &World,
    dir: &std::path::Path,
    make: impl FnOnce(&Occasion) -> Vec<SignedSighting>,
) -> Vec<SightingError> {
    let mut draft = world.draft(1_000);
    let occasion = Occasion::of_claims(&draft.manifest, SOD);
    if let MatchClaim::Compared { outcome, .. } = &mut draft.manifest.face {
        *outcome = MatchOutcome::Inconclusive;
    }
    let sightings = make(&occasion);
    let found = verdict(world, &occasion, &sightings);
    draft.manifest.sightings = sightings;
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    bundle::seal(draft, &device, &operator, &world.recipients, dir, noon()).unwrap();
    found
}

/// What we say, and whether the commands of the specification let it pass.
fn both(
    world: &World,
    make: impl FnOnce(&Occasion) -> Vec<SignedSighting>,
) -> (Vec<SightingError>, bool) {
    let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let found = sealed(world, dir.path(), make);
    (
        found,
        judge(world, dir.path(), work.path()).status.success(),
    )
}

#[test]
fn two_officials_are_believed() {
    let world = World::new();
    let keys =
        [("cb-hai", "clerk"), ("cb-ba", "clerk")].map(|(id, unit)| world.authority.enrol(id, unit));
    let found = both(&world, |occasion| {
        vec![
            Says::yes(occasion, "cb-hai", &keys[0]).signed(),
            Says::yes(occasion, "cb-ba", &keys[1]).signed(),
        ]
    });
    assert_eq!(found, (Vec::new(), true));
}

#[test]
fn each_fault_is_seen_by_us_and_by_the_commands() {
    let world = World::new();
    let first = world.authority.enrol("cb-hai", "clerk");
    let second = world.authority.enrol("cb-ba", "clerk");
    for (name, spoil, expected) in FAULTS {
        let (found, passed) = both(&world, |occasion| {
            let mut says = Says::yes(occasion, "cb-ba", &second);
            spoil(&world, &mut says);
            vec![
                Says::yes(occasion, "cb-hai", &first).signed(),
                says.signed(),
            ]
        });
        assert_eq!(found, [expected], "{name}");
        assert!(!passed, "{name} went unseen by the commands");
    }
}

#[test]
fn one_alone_and_one_key_under_two_names_are_refused() {
    let world = World::new();
    let first = world.authority.enrol("cb-hai", "clerk");
    let (found, passed) = both(&world, |occasion| {
        vec![Says::yes(occasion, "cb-hai", &first).signed()]
    });
    assert_eq!((found, passed), (vec![SightingError::NotTwo], false));

    let lent = world.authority.certify(&first, "cb-ba", "clerk");
    let (found, passed) = both(&world, |occasion| {
        vec![
            Says::yes(occasion, "cb-hai", &first).signed(),
            Says::yes(occasion, "cb-ba", &lent).signed(),
        ]
    });
    assert_eq!((found, passed), (vec![SightingError::SamePerson], false));
}

#[test]
fn a_certificate_stands_when_they_look_and_when_it_is_checked() {
    let world = World::new();
    let occasion = Occasion::of_claims(&world.draft(1).manifest, SOD);
    let until = |year, month, day| {
        world.authority.enrol_with("cb-hai", "clerk", |params| {
            params.not_after = date_time_ymd(year, month, day);
        })
    };
    let signed = Says::yes(&occasion, "cb-hai", &until(2026, 3, 3)).signed();
    assert!(signed.verify(&world.trust, noon()).is_ok());
    let week_later = noon() + SignedDuration::from_hours(24 * 7);
    let expired = SightingError::Certificate(bundle::CertificateError::Expired);
    assert_eq!(signed.verify(&world.trust, week_later), Err(expired));
    // The desk, which has no roots, sees by itself that a certificate has run out.
    let signed = Says::yes(&occasion, "cb-hai", &until(2026, 3, 1)).signed();
    assert_eq!(signed.read(), Err(expired));
}

#[test]
fn what_was_altered_or_signed_by_more_is_refused() {
    let world = World::new();
    let occasion = Occasion::of_claims(&world.draft(1).manifest, SOD);
    let key = world.authority.enrol("cb-hai", "clerk");
    let honest = Says::yes(&occasion, "cb-hai", &key).signed();
    let altered = |change: fn(&mut bundle::Envelope)| {
        let mut envelope = honest.envelope().clone();
        change(&mut envelope);
        let signed: SignedSighting = serde_json::from_slice(&envelope.to_json()).unwrap();
        signed.read()
    };
    assert!(altered(|_| {}).is_ok());
    let spoiled = altered(|envelope| {
        let text = String::from_utf8(envelope.payload.clone()).unwrap();
        envelope.payload = text.replace("aged_portrait", "changed_looks").into_bytes();
    });
    assert_eq!(spoiled, Err(SightingError::SignatureInvalid));
    let unsigned = altered(|envelope| envelope.signatures.clear());
    assert_eq!(unsigned, Err(SightingError::SignatureInvalid));
    let twice = altered(|envelope| {
        let mut more = envelope.signatures[0].clone();
        more.keyid = "00".to_owned();
        envelope.signatures.push(more);
    });
    assert_eq!(twice, Err(SightingError::SignatureInvalid));
    let of_other_kind = altered(|envelope| {
        envelope.payload_type = "application/vnd.niem.manifest.v1+json".to_owned();
    });
    assert_eq!(of_other_kind, Err(SightingError::Malformed));
    let long = altered(|envelope| envelope.payload = vec![b' '; 32 * 1024 + 1]);
    assert_eq!(long, Err(SightingError::Malformed));
}

#[test]
fn no_byte_of_a_sighting_can_be_changed() {
    let world = World::new();
    let occasion = Occasion::of_claims(&world.draft(1).manifest, SOD);
    let key = world.authority.enrol("cb-hai", "clerk");
    let honest = Says::yes(&occasion, "cb-hai", &key).signed();
    for place in 0..honest.envelope().payload.len() {
        let mut envelope = honest.envelope().clone();
        envelope.payload[place] ^= 1;
        let signed: SignedSighting = serde_json::from_slice(&envelope.to_json()).unwrap();
        assert!(signed.read().is_err(), "byte {place}");
    }
}
