//! Papers that somebody brings for another go to that other's wallet, and only with a paper that shows the right.

use bundle::{Behalf, FieldClaim, FieldState, PersonalText, Subject};
use jiff::SignedDuration;

use crate::desk::{Desk, NUMBER, Visit};
use crate::rig::Rig;

/// A girl born in 2018.
const CHILD: &str = "001318004567";
const BORN: &str = "2018-05-20";
/// Who gives authority.
const GIVER: &str = "031185005678";

fn subject(number: &str, born: &str) -> Subject {
    Subject {
        number: PersonalText::new(number),
        born: born.parse().unwrap(),
    }
}

fn field(name: &str, value: &str) -> FieldClaim {
    FieldClaim {
        name: name.to_owned(),
        value: PersonalText::new(value),
        confidence: 90,
        state: Some(FieldState::Accepted),
    }
}

/// Whoever acts for another agrees to a text of its own.
fn for_another(visit: &mut Visit) {
    visit.claims.consents[1].text_version = "file-for-another-2026-01".to_owned();
}

/// A child's birth certificate, brought by the parent whose card it is; the child was asked.
fn child(visit: &mut Visit) {
    for_another(visit);
    visit.claims.behalf = Some(Behalf::LegalRepresentative {
        subject: subject(CHILD, BORN),
        shown_by: 0,
        subject_agreed_at: Some(visit.claims.opened_at),
    });
    visit.claims.documents[0].fields = vec![field("so_dinh_danh", CHILD)];
}

fn proxy(visit: &mut Visit) {
    for_another(visit);
    visit.claims.behalf = Some(Behalf::Proxy {
        subject: subject(GIVER, "1985-03-04"),
        shown_by: 0,
    });
    let paper = &mut visit.claims.documents[0];
    paper.kind = "uy_quyen".to_owned();
    paper.fields = vec![field("cccd_a", GIVER), field("cccd_b", NUMBER)];
}

/// What the wallet of this number says of who brought its entries; none where there is no wallet.
fn brought(rig: &Rig, number: &str) -> Option<Vec<String>> {
    let sought = format!(r#"{{"personal_id":"{number}"}}"#);
    let found = rig.reader().post("/v1/wallets/lookup", sought.as_bytes());
    let wallet = found.json()["wallet"].as_str()?.to_owned();
    let entries = rig
        .reader()
        .get(&format!("/v1/wallets/{wallet}/entries"))
        .json();
    let entries = entries["entries"].as_array().unwrap().iter();
    let told = entries.map(|entry| entry["brought_by"].as_str().unwrap().to_owned());
    Some(told.collect())
}

#[test]
fn what_is_brought_for_another_is_filed_into_that_others_wallet_alone() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    for bring in [child as fn(&mut Visit), proxy] {
        let mut visit = desk.visit();
        bring(&mut visit);
        let answer = desk.send(visit).1;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    assert_eq!(brought(&rig, CHILD).unwrap(), ["legal_representative"]);
    assert_eq!(brought(&rig, GIVER).unwrap(), ["proxy"]);
    assert_eq!(
        brought(&rig, NUMBER),
        None,
        "nothing for whoever brought it"
    );
    // With a helper beside them it is the holder's own.
    let mut visit = desk.visit();
    visit.claims.behalf = Some(Behalf::HelperPresent {});
    assert_eq!(desk.send(visit).1.status, 201);
    assert_eq!(desk.send(desk.visit()).1.status, 201);
    assert_eq!(brought(&rig, NUMBER).unwrap(), ["helper_present", "holder"]);
}

/// One vector: its name, how an honest visit is spoiled, and every fault that is told, at once.
type Vector = (&'static str, fn(&mut Visit), &'static [&'static str]);

fn change(visit: &mut Visit, change: impl FnOnce(&mut Subject, &mut u32)) {
    match visit.claims.behalf.as_mut() {
        Some(
            Behalf::LegalRepresentative {
                subject, shown_by, ..
            }
            | Behalf::Proxy { subject, shown_by },
        ) => change(subject, shown_by),
        _ => panic!("nobody is represented"),
    }
}

const VECTORS: [Vector; 13] = [
    (
        "consent_to_ones_own_wallet",
        |visit| {
            proxy(visit);
            visit.claims.consents[1].text_version = "file-2026-01".to_owned();
        },
        &["examine.consent_text"],
    ),
    (
        "authority_paper_missing",
        |visit| {
            proxy(visit);
            change(visit, |_, shown_by| *shown_by = 1);
        },
        &["behalf.paper_missing"],
    ),
    (
        "authority_paper_of_another_kind",
        |visit| {
            proxy(visit);
            visit.claims.documents[0].kind = "khai_sinh".to_owned();
        },
        &["behalf.paper_kind"],
    ),
    (
        "authority_given_by_another",
        |visit| {
            proxy(visit);
            visit.claims.documents[0].fields[0] = field("cccd_a", "031085009999");
        },
        &["behalf.paper_names_others"],
    ),
    (
        "authority_given_to_another",
        |visit| {
            proxy(visit);
            visit.claims.documents[0].fields =
                vec![field("cccd_a", GIVER), field("ho_ten_b", "LÊ VĂN KHÁC")];
        },
        &["behalf.paper_names_others"],
    ),
    (
        "birth_certificate_of_another_child",
        |visit| {
            child(visit);
            visit.claims.documents[0].fields = vec![field("so_dinh_danh", "001318009999")];
        },
        &["behalf.paper_names_others"],
    ),
    (
        "birth_certificate_of_other_parents",
        |visit| {
            child(visit);
            let fields = &mut visit.claims.documents[0].fields;
            fields.push(field("ho_ten_me", "LÊ THỊ KHÁC"));
        },
        &["behalf.paper_names_others"],
    ),
    (
        "child_grown_up",
        |visit| {
            child(visit);
            change(visit, |child, _| {
                *child = subject("001301004567", "2001-05-20")
            });
            visit.claims.documents[0].fields.clear();
        },
        &["behalf.not_a_child"],
    ),
    (
        "child_not_asked",
        |visit| {
            child(visit);
            if let Some(Behalf::LegalRepresentative {
                subject_agreed_at, ..
            }) = visit.claims.behalf.as_mut()
            {
                *subject_agreed_at = None;
            }
        },
        &["behalf.child_not_asked"],
    ),
    (
        "child_asked_before_the_visit",
        |visit| {
            child(visit);
            let before = visit.claims.opened_at - SignedDuration::from_secs(1);
            if let Some(Behalf::LegalRepresentative {
                subject_agreed_at, ..
            }) = visit.claims.behalf.as_mut()
            {
                *subject_agreed_at = Some(before);
            }
        },
        &["behalf.child_not_asked"],
    ),
    (
        "subject_is_the_holder",
        |visit| {
            proxy(visit);
            let year = 1900
                + NUMBER[4..6].parse::<i16>().unwrap()
                + 100 * ((NUMBER.as_bytes()[3] - b'0') / 2) as i16;
            change(visit, |holder, _| {
                *holder = subject(NUMBER, &format!("{year}-01-01"))
            });
            visit.claims.documents[0].fields.clear();
        },
        &["behalf.holder"],
    ),
    (
        "subject_number_cannot_be",
        |visit| {
            proxy(visit);
            change(visit, |giver, _| *giver = subject(GIVER, "1986-03-04"));
        },
        &["personal_id.birth_year"],
    ),
    (
        "everything_at_once",
        |visit| {
            child(visit);
            change(visit, |child, shown_by| {
                *child = subject("12", "1990-05-20");
                *shown_by = 7;
            });
        },
        &[
            "behalf.not_a_child",
            "behalf.paper_missing",
            "personal_id.form",
        ],
    ),
];

#[test]
fn every_fault_has_its_code_and_all_are_told_at_once() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    for (name, spoil, expected) in VECTORS {
        let mut visit = desk.visit();
        spoil(&mut visit);
        let mut told = desk.send(visit).1.faults();
        told.sort();
        assert_eq!(told, expected, "{name}");
    }
    assert_eq!(brought(&rig, CHILD), None);
    assert_eq!(brought(&rig, NUMBER), None);
}
