//! The written form of a manifest's smaller parts.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

#[test]
fn a_score_has_two_decimals_and_one_spelling() {
    for (value, written) in [
        (0.7123, "0.71"),
        (0.715, "0.72"),
        (-0.004, "0.0"),
        (1.0, "1.0"),
        (41.337, "41.34"),
    ] {
        let score = Score::rounded(value).unwrap();
        let json = serde_json::to_string(&score).unwrap();
        assert_eq!(json, written);
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
    }
    for value in [f64::NAN, f64::INFINITY, 1e9] {
        assert_eq!(Score::rounded(value), None);
    }
    for json in ["0.712", "1e9", "null", "\"0.71\""] {
        assert!(serde_json::from_str::<Score>(json).is_err(), "{json}");
    }
    for hundredths in -10_000..10_000 {
        let score = Score(hundredths);
        let json = serde_json::to_string(&score).unwrap();
        assert_eq!(serde_json::from_str::<Score>(&json).unwrap(), score);
    }
}

#[test]
fn a_match_claim_is_one_of_two() {
    let claim = MatchClaim::not_done("finger.no_template");
    let written = json!({"state": "not_done", "reason": "finger.no_template"});
    assert_eq!(serde_json::to_value(&claim).unwrap(), written);
    assert_eq!(
        serde_json::from_value::<MatchClaim>(written).unwrap(),
        claim
    );

    let compared = json!({
        "state": "compared", "outcome": "no_match", "score": 0.12, "threshold": 0.363, "model": "m@00",
        "device": "camera", "reference": "dg2", "attempts": 3
    });
    let claim: MatchClaim = serde_json::from_value(compared.clone()).unwrap();
    assert_eq!(serde_json::to_value(&claim).unwrap(), compared);
    for (field, value) in [
        ("extra", json!(1)),
        ("outcome", json!("maybe")),
        ("state", json!("done")),
    ] {
        let mut spoiled = compared.clone();
        spoiled[field] = value;
        assert!(
            serde_json::from_value::<MatchClaim>(spoiled).is_err(),
            "{field}"
        );
    }
}

#[test]
fn names_of_roles_and_grades_are_those_on_the_wire() {
    for role in [
        Role::Volunteer,
        Role::Clerk,
        Role::Certifier,
        Role::Director,
    ] {
        assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        assert_eq!(Role::from_name(role.as_str()), Some(role));
    }
    assert_eq!(Role::from_name("station"), None);
    for grade in [Grade::G0, Grade::G1, Grade::G2, Grade::G3] {
        assert_eq!(serde_json::to_value(grade).unwrap(), grade.as_str());
    }
}

#[test]
fn personal_text_does_not_print() {
    let text = PersonalText::new("NGUYỄN THỊ MẪU");
    assert_eq!(format!("{text:?}"), "PersonalText(..)");
    assert_eq!(serde_json::to_value(&text).unwrap(), "NGUYỄN THỊ MẪU");
}
