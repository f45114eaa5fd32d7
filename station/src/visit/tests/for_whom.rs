//! Papers for another: who is asked, what must be shown, and whose they are.

use bundle::{Behalf, FieldClaim, FieldState, PersonalText, Subject};

use super::*;

/// A girl who is eight in 2026.
const CHILD: &str = "001318004567";
/// The specimen's own.
const HOLDER: &str = "031308004721";

fn subject(number: &str, born: jiff::civil::Date) -> Subject {
    Subject {
        number: PersonalText::new(number),
        born,
    }
}

fn child() -> ForWhom {
    ForWhom::Child(subject(CHILD, date(2018, 5, 20)))
}

fn open(whom: ForWhom) -> (Visit, Vec<Ask>) {
    let mut opening = opening(Role::Clerk);
    opening.plan.whom = whom;
    Visit::open(opening)
}

fn agreed(visit: Visit) -> (Visit, Vec<Ask>) {
    visit.step(consents(&[Purpose::Identify, Purpose::File]))
}

/// From the card to the papers.
fn to_papers(specimen: &Specimen, visit: Visit) -> Visit {
    let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
    let (visit, _) = visit.step(Event::FaceCompared(face(MatchOutcome::Match)));
    let (visit, _) = visit.step(Event::FingerCompared(FingerResult::NotDone("no_sensor")));
    let (visit, _) = visit.step(Event::SheetsCounted(1));
    assert_eq!(visit.place(), "papers");
    visit
}

/// A paper of this kind on which these fields were read.
fn paper(kind: &str, fields: &[(&str, &str)]) -> Event {
    let Event::PapersRead(mut read) = papers(kind) else {
        unreachable!("papers were read")
    };
    let claims = fields.iter().map(|(name, value)| FieldClaim {
        name: (*name).to_owned(),
        value: PersonalText::new(*value),
        confidence: 95,
        state: Some(FieldState::Accepted),
    });
    read.documents[0].claim.fields = claims.collect();
    Event::PapersRead(read)
}

#[test]
fn a_child_is_asked_too_and_its_papers_are_claimed_for_it() {
    let specimen = Specimen::read();
    let (visit, asks) = open(child());
    assert!(matches!(&asks[..], [Ask::ShowConsent { whom, .. }] if *whom == child()));
    let (visit, asks) = agreed(visit);
    assert_eq!(visit.place(), "child");
    assert!(matches!(asks[..], [Ask::AskChild]));
    let at = Timestamp::now();
    let (visit, asks) = visit.step(Event::ChildAnswered(Some(at)));
    assert!(matches!(asks[..], [Ask::ReadCard { .. }]));
    let visit = to_papers(&specimen, visit);
    let certificate = paper(
        "khai_sinh",
        &[("so_dinh_danh", CHILD), ("ho_ten_me", "Trần Thị Mẫu")],
    );
    let (visit, asks) = visit.step(certificate);
    let [Ask::AskApproval { review }] = &asks[..] else {
        panic!("at {}", visit.place())
    };
    assert_eq!(review.holder, "567", "whose papers they are");
    let (_, asks) = visit.step(Event::ApprovalAnswered(true));
    let [Ask::Seal(request)] = &asks[..] else {
        panic!("nothing to seal")
    };
    let expected = Behalf::LegalRepresentative {
        subject: subject(CHILD, date(2018, 5, 20)),
        shown_by: 0,
        subject_agreed_at: Some(at),
    };
    assert_eq!(request.claims.behalf, Some(expected));
}

#[test]
fn a_child_may_refuse_and_a_small_one_is_not_asked() {
    let (visit, _) = agreed(open(child()).0);
    let (visit, _) = visit.step(Event::ChildAnswered(None));
    let refused = Closed::Stopped(Stop::refusal(crate::visit::for_whom::REFUSED));
    assert!(matches!(visit, Visit::Closed(closed) if closed == refused));
    let small = today().year() - 3;
    let number = format!("0013{:02}004567", small % 100);
    let whom = ForWhom::Child(subject(&number, date(small, 1, 1)));
    assert_eq!(agreed(open(whom).0).0.place(), "card");
}

#[test]
fn whoever_cannot_be_represented_ends_the_visit_at_the_card() {
    let specimen = Specimen::read();
    for (whom, code) in [
        (
            ForWhom::Proxy(subject(HOLDER, date(2008, 3, 15))),
            "behalf.holder",
        ),
        (
            ForWhom::Child(subject("001190004567", date(1990, 5, 20))),
            "behalf.not_a_child",
        ),
        (
            ForWhom::Proxy(subject("001190004567", date(1991, 5, 20))),
            "personal_id.birth_year",
        ),
    ] {
        let (visit, _) = agreed(open(whom).0);
        let (visit, _) = visit.step(Event::CardRead(specimen.seen()));
        let expected = Closed::Stopped(Stop::refusal(code));
        assert!(matches!(visit, Visit::Closed(closed) if closed == expected));
    }
}

#[test]
fn without_a_paper_that_shows_the_right_nothing_is_sealed() {
    let specimen = Specimen::read();
    let giver = "001190004567";
    let proxy = || ForWhom::Proxy(subject(giver, date(1990, 5, 20)));
    for (event, expected) in [
        (papers("hoc_ba"), Err("behalf.paper_missing")),
        // A certificate of birth gives nobody authority.
        (papers("khai_sinh"), Err("behalf.paper_missing")),
        (
            paper(
                "uy_quyen",
                &[("cccd_a", "001190009999"), ("cccd_b", HOLDER)],
            ),
            Err("behalf.paper_names_others"),
        ),
        (
            paper(
                "uy_quyen",
                &[("cccd_a", giver), ("ho_ten_b", "Lê Văn Khác")],
            ),
            Err("behalf.paper_names_others"),
        ),
        (
            paper("uy_quyen", &[("cccd_a", giver), ("cccd_b", HOLDER)]),
            Ok("approval"),
        ),
        // What could not be read is for the people at the desk.
        (papers("uy_quyen"), Ok("approval")),
    ] {
        let (visit, _) = agreed(open(proxy()).0);
        let (visit, _) = to_papers(&specimen, visit).step(event);
        match (expected, visit) {
            (Ok(place), visit) => assert_eq!(visit.place(), place),
            (Err(code), Visit::Closed(closed)) => {
                assert_eq!(closed, Closed::Stopped(Stop::refusal(code)));
            }
            (Err(code), visit) => panic!("at {} and not ended by {code}", visit.place()),
        }
    }
}

#[test]
fn a_helper_changes_nothing_but_the_word() {
    let specimen = Specimen::read();
    let (visit, asks) = agreed(open(ForWhom::HelperPresent).0);
    assert!(matches!(asks[..], [Ask::ReadCard { .. }]));
    let (visit, asks) = to_papers(&specimen, visit).step(papers("hoc_ba"));
    assert!(matches!(&asks[..], [Ask::AskApproval { review }] if review.holder == "721"));
    let (_, asks) = visit.step(Event::ApprovalAnswered(true));
    let [Ask::Seal(request)] = &asks[..] else {
        panic!("nothing to seal")
    };
    assert_eq!(request.claims.behalf, Some(Behalf::HelperPresent {}));
}
