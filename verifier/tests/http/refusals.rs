//! What is wrong is told at once and by its own code; nothing that was refused is filed.

use bundle::{
    DeviceKind, Grade, Liveness, MatchClaim, MatchOutcome, Pose, Presentation, PresentationResult,
    Purpose, Score,
};
use emrtd::DataGroup;
use rand_core::{OsRng, TryRngCore};

use crate::desk::{Desk, device, face, finger, page, pdf, read_card};
use crate::rig::Rig;

#[test]
fn every_fault_of_a_bundle_is_listed_at_once() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let mut visit = desk.visit();
    let claims = &mut visit.claims;
    claims.practice = true;
    claims.devices[1].simulated = true;
    claims
        .consents
        .retain(|consent| consent.purpose == Purpose::Identify);
    claims.consents[0].text_version = "identify-1999-01".to_owned();
    claims.chip.access = "bac".to_owned();
    claims.face = face(claims, MatchOutcome::Inconclusive, 0.31);
    claims.finger = finger(MatchOutcome::Match, 0.1);
    let paper = &mut claims.documents[0];
    paper.kind = "thu_tinh".to_owned();
    paper.grade = Grade::G2;
    paper.sheets_declared = 4;
    paper.pages[0].dpi = 150;
    paper.pages.push(page());
    let (sealed, answer) = desk.send(visit);
    assert_eq!(answer.status, 422);
    assert_eq!(
        answer.faults(),
        [
            "examine.chip_claim",
            "examine.consent_missing",
            "examine.consent_text",
            "examine.face",
            "examine.finger_score",
            "examine.grade_not_allowed",
            "examine.kind_unknown",
            "examine.pages_differ",
            "examine.practice",
            "examine.resolution",
            "examine.sheets_missing",
            "examine.signature_missing",
            "examine.simulated_device",
        ]
    );
    // Each fault says in words what it is, in both languages; and nothing was filed.
    for fault in answer.json()["faults"].as_array().unwrap() {
        assert!(
            !fault["vi"].as_str().unwrap().is_empty() && !fault["en"].as_str().unwrap().is_empty()
        );
    }
    assert_eq!(
        desk.client
            .get(&format!("/v1/bundles/{}/receipt", sealed.digest()))
            .status,
        404
    );
    let head = rig.stranger().get("/log/checkpoint");
    assert!(
        String::from_utf8(head.body)
            .unwrap()
            .starts_with("niem.example/test\n0\n")
    );
}

#[test]
fn simulated_devices_are_taken_only_where_people_practise() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let simulated = |desk: &Desk<'_>| {
        let mut visit = desk.visit();
        visit.claims.devices = vec![device(DeviceKind::CardReader, "vpcd")];
        visit.claims.devices[0].simulated = true;
        visit
    };
    assert_eq!(
        desk.send(simulated(&desk)).1.faults(),
        ["examine.simulated_device"]
    );

    let school = Rig::new("[examination]\naccept_simulated = true");
    let desk = Desk::new(&school, "tram-01");
    assert_eq!(desk.send(simulated(&desk)).1.status, 201);
}

#[test]
fn a_copied_chip_and_an_answer_to_another_visit_are_refused() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let card = desk.card();

    // A copy with the card's files and keys of its own.
    let copy = card.clone_with_other_keys(&mut OsRng.unwrap_err()).unwrap();
    let mut visit = desk.visit();
    let ticket = visit.claims.ticket.clone();
    visit.evidence = read_card(&card, &ticket, visit.claims.visit);
    visit.evidence.active.as_mut().unwrap().signature = copy
        .answer(&emrtd::Challenge::new(bundle::challenge(
            &ticket,
            visit.claims.visit,
        )))
        .unwrap();
    assert_eq!(desk.send(visit).1.faults(), ["chip.clone_suspected"]);

    // Evidence recorded in another visit and played again in this one.
    let mut visit = desk.visit();
    visit.evidence = desk.visit().evidence;
    assert_eq!(desk.send(visit).1.faults(), ["chip.challenge_mismatch"]);

    // The answer left out altogether.
    let mut visit = desk.visit();
    visit.evidence.active = None;
    let faults = desk.send(visit).1.faults();
    assert!(
        faults.contains(&"chip.clone_suspected".to_owned()),
        "{faults:?}"
    );

    // Another number written into the machine-readable zone.
    let mut visit = desk.visit();
    let dg1 = visit.evidence.groups.get_mut(&DataGroup::Dg1).unwrap();
    let at = dg1.windows(3).position(|window| window == b"850").unwrap();
    dg1[at] = b'9';
    let faults = desk.send(visit).1.faults();
    assert!(
        faults.contains(&"chip.group_altered".to_owned()),
        "{faults:?}"
    );

    // A card of a country nobody here trusts.
    let strange = Rig::new("");
    let other = Desk::new(&strange, "tram-01");
    let mut visit = desk.visit();
    visit.evidence = read_card(&other.card(), &visit.claims.ticket, visit.claims.visit);
    let faults = desk.send(visit).1.faults();
    assert!(
        faults
            .iter()
            .any(|code| code == "chip.issuer_unknown" || code == "chip.chain_broken"),
        "{faults:?}"
    );
}

#[test]
fn a_face_that_was_not_compared_a_foreign_ticket_and_too_much_evidence_are_refused() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let mut visit = desk.visit();
    visit.claims.face = MatchClaim::not_done("no.camera");
    visit.claims.finger = MatchClaim::not_done(" ");
    visit.evidence.groups.insert(DataGroup::Dg2, vec![0x75, 0]);
    let faults = desk.send(visit).1.faults();
    for code in ["examine.face", "examine.finger", "examine.evidence_excess"] {
        assert!(faults.contains(&code.to_owned()), "{code} in {faults:?}");
    }

    // A ticket drawn by another station of this verifier, and one drawn by another verifier.
    let other = Desk::new(&rig, "tram-02");
    let card = desk.card();
    let visit = desk.visit_with(other.tickets(1).remove(0), &card);
    assert_eq!(
        desk.send(visit).1.faults(),
        ["examine.ticket_other_station"]
    );
    let abroad = Rig::new("");
    let visit = desk.visit_with(Desk::new(&abroad, "tram-01").tickets(1).remove(0), &card);
    assert_eq!(desk.send(visit).1.faults(), ["ticket.signature_invalid"]);
}

#[test]
fn papers_that_are_no_pdf_or_have_other_pages_are_refused() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let mut visit = desk.visit();
    visit.pdf = pdf(3);
    assert_eq!(desk.send(visit).1.faults(), ["examine.pages_differ"]);
    let mut visit = desk.visit();
    visit.pdf = b"GIF89a".to_vec();
    assert_eq!(desk.send(visit).1.faults(), ["examine.pdf_malformed"]);
}

#[test]
fn a_seal_by_nobody_known_and_a_desk_in_disgrace_are_refused() {
    let rig = Rig::new("[stations]\nsuspended_operators = ['nv-0042']");
    let desk = Desk::new(&rig, "tram-01");
    assert_eq!(
        desk.send(desk.visit()).1.faults(),
        ["examine.operator_suspended"]
    );

    // A seal by a station of another authority, sent over a good connection.
    let abroad = Rig::new("");
    let foreign = Desk::new(&abroad, "tram-01");
    let sealed = foreign.seal(foreign.visit());
    assert_eq!(desk.post(&sealed).faults(), ["bundle.station_untrusted"]);

    // One byte of the statement changed after it was signed.
    let sealed = desk.seal(desk.visit());
    let mut envelope: bundle::Envelope = serde_json::from_slice(sealed.envelope_json()).unwrap();
    let text = String::from_utf8(envelope.payload).unwrap();
    envelope.payload = text
        .replacen("\"practice\":false", "\"practice\":true", 1)
        .into_bytes();
    let answer = desk.client.post("/v1/bundles", &envelope.to_json());
    assert_eq!(
        (answer.status, answer.faults()),
        (422, vec!["bundle.signature_invalid".to_owned()])
    );
}

/// A change to the claim about the face.
type Spoil = fn(&mut MatchClaim);

/// The fields of a face that was compared.
macro_rules! compared {
    ($claim:expr, $($field:ident),+) => {
        let MatchClaim::Compared { $($field,)+ .. } = $claim else {
            panic!("the desk compares faces")
        };
    };
}

/// What nets that tell a living face made of so many pictures.
fn judge(claim: &mut MatchClaim, score: f64, frames: u32, refer: bool) {
    compared!(claim, presence);
    presence.as_mut().unwrap().liveness = Some(Box::new(Liveness {
        score: Score::rounded(score).unwrap(),
        threshold: Score::rounded(0.5).unwrap(),
        models: vec![format!("minifasnet_v2@{}", "0".repeat(64))],
        frames,
        refer,
    }));
}

#[test]
fn a_face_is_compared_of_a_living_person_by_a_model_we_know_at_its_own_bar() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let spoils: [(Spoil, &[&str]); 11] = [
        (|_| {}, &[]),
        (|claim| judge(claim, 0.92, 12, false), &[]),
        // Nets that doubt want people to look, whatever the desk makes of it.
        (|claim| judge(claim, 0.2, 12, true), &["examine.liveness"]),
        (|claim| judge(claim, 0.2, 12, false), &["examine.liveness"]),
        (|claim| judge(claim, 0.92, 9, false), &["examine.liveness"]),
        (
            |claim| {
                compared!(claim, presence);
                *presence = None;
            },
            &["examine.presence_missing"],
        ),
        (
            |claim| {
                compared!(claim, presence);
                let shown = presence.as_mut().unwrap();
                for pose in &mut shown.poses {
                    *pose = match pose {
                        Pose::Left => Pose::Right,
                        Pose::Right => Pose::Left,
                    };
                }
            },
            &["examine.presence"],
        ),
        (
            |claim| {
                compared!(claim, model);
                *model = format!("sface_2021dec@{}", "0".repeat(64));
            },
            &["examine.model_unknown"],
        ),
        (
            |claim| {
                compared!(claim, threshold);
                *threshold = 0.36;
            },
            &["examine.threshold_low"],
        ),
        (
            |claim| {
                compared!(claim, reference);
                *reference = "dg3".to_owned();
            },
            &["examine.reference"],
        ),
        (
            |claim| {
                compared!(claim, score);
                *score = Score::rounded(0.43).unwrap();
            },
            &["examine.face_score"],
        ),
    ];
    for (spoil, expected) in spoils {
        let mut visit = desk.visit();
        spoil(&mut visit.claims.face);
        let answer = desk.send(visit).1;
        match expected {
            [] => assert_eq!(answer.status, 201),
            _ => assert_eq!(answer.faults(), expected),
        }
    }
}

#[test]
fn a_desk_cannot_count_attempts_until_the_turns_are_those_of_its_film() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let mut visit = desk.visit();
    let (ticket, id) = (visit.claims.ticket.clone(), visit.claims.visit);
    compared!(&mut visit.claims.face, attempts, presence);
    *attempts = 4;
    presence.as_mut().unwrap().poses = bundle::poses(&ticket, id, 4).to_vec();
    assert_eq!(desk.send(visit).1.faults(), ["examine.attempts"]);
}

#[test]
fn a_verifier_takes_the_models_of_its_settings() {
    let rig =
        Rig::new("[[comparers]]\nsample = 'face'\nmodel = 'other@00'\naccept = 0.3\nrefer = 0.2\n");
    let desk = Desk::new(&rig, "tram-01");
    assert_eq!(
        desk.send(desk.visit()).1.faults(),
        ["examine.model_unknown"]
    );
    let mut visit = desk.visit();
    compared!(&mut visit.claims.face, model, threshold);
    *model = "other@00".to_owned();
    *threshold = 0.3;
    assert_eq!(desk.send(visit).1.status, 201);
}

#[test]
fn worn_fingers_are_filed_with_what_was_tried_and_not_without() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    for (times, expected) in [(3, None), (2, Some("examine.presentations"))] {
        let mut visit = desk.visit();
        let laid = Presentation {
            finger: 2,
            result: PresentationResult::Unusable,
            quality: None,
            reason: Some("finger.unclear".to_owned()),
        };
        visit.claims.finger = MatchClaim::NotDone {
            reason: "worn".to_owned(),
            presentations: vec![laid; times],
        };
        let answer = desk.send(visit).1;
        match expected {
            None => assert_eq!(answer.status, 201),
            Some(code) => assert_eq!(answer.faults(), [code]),
        }
    }
}
