//! The road under a random walk of events: nothing is sealed that was not agreed to, identified,
//! matched and approved, whatever the order in which devices and people speak.

use bundle::{
    Consent, Device, DeviceKind, DocumentClaim, Grade, Liveness, MatchOutcome, OperatorId,
    OwnerClaim, PageClaim, PartIndex, Pose, Presence, Purpose, ReceiptKey, Role, Score,
    SignedTicket, StationId, Ticket, VisitId,
};
use emrtd::lds::ImageFormat;
use emrtd::lds::dg3::FingerRecord;
use emrtd::simulator::issuer::{CardOptions, IssuerOptions, SpecimenIssuer, SpecimenPerson};
use emrtd::simulator::{Applet, Faults};
use emrtd::{
    AccessKey, AccessPolicy, Can, Challenge, Chip, ChipEvidence, Collection, CscaTrust, DataGroup,
    Sex,
};
use jiff::Timestamp;
use jiff::civil::date;
use rand_core::{OsRng, TryRngCore as _};
use zeroize::Zeroizing;

use super::*;

mod fingers;
mod for_whom;
mod third_road;

const CHALLENGE: [u8; 8] = [1; 8];

fn today() -> jiff::civil::Date {
    Timestamp::now().to_zoned(crate::clock::vietnam()).date()
}

/// A specimen card read once; its evidence is verified anew for each walk.
struct Specimen {
    evidence: ChipEvidence,
    trust: CscaTrust,
}

impl Specimen {
    fn read() -> Self {
        Self::with_fingers(&[])
    }

    /// The same of a card that records these fingers and gives them to whoever opened it.
    fn with_fingers(positions: &[u8]) -> Self {
        let mut rng = OsRng.unwrap_err();
        let issuer =
            SpecimenIssuer::new(&IssuerOptions::utopia(Timestamp::now()), &mut rng).unwrap();
        let mut person = SpecimenPerson::new(
            "031308004721",
            "TRẦN THỊ MẪU",
            date(2008, 3, 15),
            Sex::Female,
            date(2022, 4, 2),
        );
        // The least that is a JPEG by its markers; nobody decodes it here.
        person.portrait = vec![
            0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 1, 64, 0, 240, 1, 1, 17, 0, 0xff, 0xd9,
        ];
        // Nobody decodes these either.
        let finger = |position: &u8| {
            FingerRecord::new(*position, (8, 8), 500, ImageFormat::Raw, vec![0; 64])
        };
        person.fingers = positions.iter().map(finger).collect();
        let card = issuer
            .issue(&person, &CardOptions::cccd(Timestamp::now()), &mut rng)
            .unwrap();
        let key = AccessKey::Can(Can::new(&card.can).unwrap());
        let faults = Faults {
            dg3_open: true,
            ..Faults::default()
        };
        let Ok(mut chip) = Chip::new(Applet::with_faults(&card, faults)).open(
            &key,
            AccessPolicy { allow_bac: false },
            &mut rng,
        ) else {
            panic!("the specimen card does not open")
        };
        let mut wanted = vec![
            DataGroup::Dg1,
            DataGroup::Dg2,
            DataGroup::Dg13,
            DataGroup::Dg14,
            DataGroup::Dg15,
        ];
        if !positions.is_empty() {
            wanted.push(DataGroup::Dg3);
        }
        let evidence = chip
            .collect(
                &mut Collection::new(&wanted, Challenge::new(CHALLENGE)),
                &mut rng,
                &mut |_| (),
            )
            .unwrap();
        Self {
            evidence,
            trust: CscaTrust::from_der([issuer.csca_der().as_slice()]).unwrap(),
        }
    }

    fn seen(&self) -> Box<CardSeen> {
        let identity = self
            .evidence
            .verify(&self.trust, &Challenge::new(CHALLENGE), today())
            .unwrap();
        Box::new(CardSeen {
            evidence: self.evidence.clone(),
            identity,
            device: device(DeviceKind::CardReader),
        })
    }
}

fn device(kind: DeviceKind) -> Device {
    Device {
        kind,
        name: "x".into(),
        driver: "x".into(),
        simulated: true,
    }
}

fn opening(role: Role) -> Opening {
    let now = Timestamp::now();
    let station = StationId::new("tram-thu-01").unwrap();
    let mut rng = OsRng.unwrap_err();
    let ticket = Ticket::draw(
        station.clone(),
        now,
        now + jiff::SignedDuration::from_hours(8),
        &mut rng,
    );
    Opening {
        visit: VisitId::at(now),
        ticket: SignedTicket::issue(&ticket, &ReceiptKey::generate(&mut rng)),
        station,
        operator: OperatorId::new("can-bo-thu").unwrap(),
        role,
        practice: true,
        opened_at: now,
        plan: Plan {
            lang: "vi".into(),
            card_tries: 3,
            whom: ForWhom::default(),
        },
    }
}

fn consents(purposes: &[Purpose]) -> Event {
    let consent = |purpose: &Purpose| Consent {
        purpose: *purpose,
        text_version: "1".into(),
        lang: "vi".into(),
        given_at: Timestamp::now(),
    };
    Event::ConsentAnswered(purposes.iter().map(consent).collect())
}

fn face(outcome: MatchOutcome) -> FaceResult {
    FaceResult::Compared {
        comparison: Comparison {
            outcome,
            score: Score::rounded(0.5).unwrap(),
            threshold: 0.42,
            model: "m@0".into(),
            device: device(DeviceKind::Camera),
            notices: Vec::new(),
        },
        presence: Presence {
            poses: vec![Pose::Left, Pose::Right, Pose::Left],
            frames: 40,
            liveness: None,
        },
    }
}

/// An attempt in which the head was not turned as asked.
fn not_shown() -> FaceResult {
    FaceResult::NotPresent {
        code: "presence.too_slow",
        device: device(DeviceKind::Camera),
    }
}

fn papers(kind: &str) -> Event {
    papers_of(kind, 1, 1)
}

/// A paper of one page, of which so many sheets were counted, among so many sheets seen.
fn papers_of(kind: &str, sheets_declared: u32, sheets: u32) -> Event {
    let claim = DocumentClaim {
        kind: kind.into(),
        title: kind.into(),
        grade: Grade::G0,
        sheets_declared,
        pages: vec![PageClaim {
            image_sha256: "00".repeat(32).parse().unwrap(),
            width: 2480,
            height: 3508,
            dpi: 300,
            verdicts: Vec::new(),
        }],
        pdf: PartIndex(0),
        fields: Vec::new(),
        owner: OwnerClaim::Unknown,
    };
    let document = PaperDocument {
        claim,
        pdf: Zeroizing::new(Vec::new()),
        fields: Vec::new(),
        subjects: Vec::new(),
        suggestions: Vec::new(),
    };
    Event::PapersRead(Papers {
        documents: vec![document],
        sheets,
        counted: 1,
        set_aside: Vec::new(),
        device: device(DeviceKind::Scanner),
    })
}

/// What the walk has honestly passed so far, kept beside the road and not by it.
#[derive(Default)]
struct Passed {
    consent: bool,
    card: bool,
    face: bool,
    counted: bool,
    papers: bool,
    approved: bool,
}

#[test]
fn nothing_is_sealed_before_it_is_matched() {
    let specimen = Specimen::read();
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut sealed = 0;
    for _ in 0..400 {
        let (mut visit, _) = Visit::open(opening(Role::Clerk));
        let mut passed = Passed::default();
        for _ in 0..24 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            // Mostly the event that the road waits for, so that walks get far; else any other.
            let wanted = [
                "consent",
                "card",
                "face",
                "finger",
                "sheets",
                "papers",
                "approval",
                "sealing",
                "officials",
                "closed",
            ]
            .iter()
            .position(|place| *place == visit.place())
            .unwrap();
            let choice = if !seed.is_multiple_of(4) {
                wanted
            } else {
                (seed >> 8) as usize % 9
            };
            let luck = (seed >> 16) % 5;
            let place = visit.place();
            let event = match choice {
                0 if luck == 0 => consents(&[Purpose::Identify]),
                0 => consents(&[Purpose::Identify, Purpose::File]),
                1 if luck == 0 => Event::CardNotRead(Stop::failure("card.removed")),
                1 => Event::CardRead(specimen.seen()),
                2 if luck < 2 => Event::FaceCompared(face(MatchOutcome::Inconclusive)),
                2 if luck == 2 => Event::FaceCompared(not_shown()),
                2 => Event::FaceCompared(face(MatchOutcome::Match)),
                3 => Event::FingerCompared(FingerResult::NotDone("no_sensor")),
                4 => Event::SheetsCounted(1),
                5 => papers("khai_sinh"),
                6 => Event::ApprovalAnswered(luck > 0),
                7 => Event::Sealed(BundleDigest::of(b"x")),
                // Nobody signed anything, so nothing may be sealed on this road.
                8 => Event::OfficialsLooked(Vec::new()),
                _ => Event::Stopped(Stop::withdrawn()),
            };
            match (place, &event) {
                ("consent", Event::ConsentAnswered(given)) => passed.consent = given.len() == 2,
                ("card", Event::CardRead(_)) => passed.card = true,
                ("face", Event::FaceCompared(compared)) => {
                    passed.face |= matches!(
                        compared,
                        FaceResult::Compared { comparison, .. }
                            if comparison.outcome == MatchOutcome::Match
                    )
                }
                ("sheets", Event::SheetsCounted(_)) => passed.counted = true,
                ("papers", Event::PapersRead(_)) => passed.papers = true,
                ("approval", Event::ApprovalAnswered(yes)) => passed.approved = *yes,
                _ => {}
            }
            let (next, asks) = visit.step(event);
            visit = next;
            if asks.iter().any(|ask| matches!(ask, Ask::Seal(_))) {
                assert!(
                    passed.consent
                        && passed.card
                        && passed.face
                        && passed.counted
                        && passed.papers
                        && passed.approved
                );
                sealed += 1;
            }
        }
    }
    assert!(sealed > 20, "the walk hardly ever got to the end: {sealed}");
}

#[test]
fn the_seal_holds_no_portrait_and_no_finger() {
    let specimen = Specimen::read();
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
    let (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::Match)));
    let (visit, _) = visit.step(Event::FingerCompared(FingerResult::NotDone("no_sensor")));
    let (visit, _) = visit.step(Event::SheetsCounted(1));
    let (visit, _) = visit.step(papers("khai_sinh"));
    let (_, asks) = visit.step(Event::ApprovalAnswered(true));
    let Some(Ask::Seal(request)) = asks.into_iter().next() else {
        panic!("no seal was asked for")
    };
    let left: Vec<DataGroup> = request.evidence.groups.keys().copied().collect();
    assert_eq!(left, [DataGroup::Dg1, DataGroup::Dg14, DataGroup::Dg15]);
    assert_eq!(request.grade, Grade::G1);
}

#[test]
fn an_identity_card_is_handed_back_unstored() {
    let specimen = Specimen::read();
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
    let (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::Match)));
    let (visit, _) = visit.step(Event::FingerCompared(FingerResult::NotDone("no_sensor")));
    let (visit, _) = visit.step(Event::SheetsCounted(1));
    // TT 01/2023/TT-VPCP Art. 4: already shared by the national database.
    let (visit, _) = visit.step(papers("cccd"));
    let Visit::Closed(closed) = visit else {
        panic!("the image of an identity card was kept")
    };
    assert_eq!(
        closed,
        Closed::Stopped(Stop::refusal("paper.nothing_to_file"))
    );
}

#[test]
fn a_paper_with_fewer_pages_than_counted_sheets_goes_no_further() {
    let specimen = Specimen::read();
    for (declared, seen, sealed) in [(1, 1, true), (2, 2, false), (1, 0, false)] {
        let (visit, _) = Visit::open(opening(Role::Clerk));
        let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
        let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
        let (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::Match)));
        let (visit, _) = visit.step(Event::FingerCompared(FingerResult::NotDone("no_sensor")));
        let (visit, _) = visit.step(Event::SheetsCounted(1));
        // Another paper's back may have made up the visit's count; this paper's own still fails.
        let (visit, _) = visit.step(papers_of("khai_sinh", declared, seen));
        let expected = Closed::Stopped(Stop::failure("paper.count_mismatch"));
        match visit {
            Visit::Closed(closed) => assert!(!sealed && closed == expected, "{closed:?}"),
            _ => assert!(sealed),
        }
    }
}

#[test]
fn three_attempts_and_no_more() {
    let specimen = Specimen::read();
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let (mut visit, _) = visit.step(Event::CardRead(specimen.seen()));
    for attempt in 1..=3 {
        assert_eq!(visit.place(), "face", "attempt {attempt}");
        (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::NoMatch)));
    }
    let Visit::Closed(closed) = visit else {
        panic!("a fourth attempt was given")
    };
    assert_eq!(
        closed,
        Closed::Stopped(Stop::refusal("person.face_no_match"))
    );
}

/// A match of which nets say that a person should look.
fn doubted() -> FaceResult {
    let FaceResult::Compared {
        comparison,
        mut presence,
    } = face(MatchOutcome::Match)
    else {
        unreachable!("a face was compared")
    };
    presence.liveness = Some(Box::new(Liveness {
        score: Score::rounded(0.2).unwrap(),
        threshold: Score::rounded(0.5).unwrap(),
        models: vec!["net@0".into()],
        frames: 12,
        refer: true,
    }));
    FaceResult::Compared {
        comparison,
        presence,
    }
}

#[test]
fn a_doubt_of_the_nets_calls_people_and_refuses_nobody() {
    let specimen = Specimen::read();
    let before = || {
        let (visit, _) = Visit::open(opening(Role::Clerk));
        let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
        visit.step(Event::CardRead(specimen.seen())).0
    };
    let mut visit = before();
    for attempt in 1..=3 {
        assert_eq!(visit.place(), "face", "attempt {attempt}");
        (visit, _) = visit.step(Event::FaceCompared(doubted()));
    }
    assert_eq!(visit.place(), "officials");
    let (visit, _) = visit.step(Event::OfficialsLooked(Vec::new()));
    let Visit::Closed(closed) = visit else {
        panic!("nobody looked")
    };
    let stop = Stop::refusal("person.liveness_unclear");
    assert_eq!(closed, Closed::Stopped(stop));

    // Better light in the second attempt is enough.
    let (visit, _) = before().step(Event::FaceCompared(doubted()));
    let (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::Match)));
    assert_eq!(visit.place(), "finger");
}

#[test]
fn the_portraits_age_goes_along_to_the_desk() {
    let specimen = Specimen::read();
    let (visit, _) = Visit::open(opening(Role::Clerk));
    let (visit, _) = visit.step(consents(&[Purpose::Identify, Purpose::File]));
    let (_, asks) = visit.step(Event::CardRead(specimen.seen()));
    let Some(Ask::TakePortrait { notices, .. }) = asks.first() else {
        panic!("the face comes next")
    };
    // Issued at 14, some years ago; the chip tells the day.
    assert_eq!(*notices, ["portrait.young"]);
}
