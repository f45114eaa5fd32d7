//! The same checks without a service: what can be said is said, what cannot is not called passed.

use verifier::examine::State;
use verifier::{CheckOptions, Checked, check};

use crate::desk::{Desk, pdf};
use crate::rig::Rig;

fn options(rig: &Rig) -> CheckOptions {
    // The public folder with the countries put beside is a trust folder.
    let csca = rig.keys.public().join("csca");
    std::fs::create_dir_all(&csca).unwrap();
    std::fs::write(csca.join("utopia.cer"), rig.issuer.csca_der()).unwrap();
    CheckOptions {
        trust: rig.keys.public(),
        keys: None,
        receipt: None,
        accept_simulated: false,
    }
}

fn state(checked: &Checked, name: &str) -> State {
    checked
        .report
        .checks
        .iter()
        .find(|check| check.name == name)
        .unwrap_or_else(|| panic!("no check {name}"))
        .state
}

#[test]
fn a_filed_bundle_is_checked_from_its_folder() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let (sealed, answer) = desk.send(desk.visit());
    assert_eq!(answer.status, 201);
    let now = jiff::Timestamp::now();

    // By anybody: the outside, the blobs, the receipt and the log; the inside stays closed.
    let receipt = answer.json()["receipt"].to_string();
    std::fs::write(sealed.dir().join("receipt.json"), &receipt).unwrap();
    let public = check(sealed.dir(), &options(&rig), now).unwrap();
    assert_eq!(public.outcome, "incomplete");
    for name in [
        "form",
        "receipt.signature",
        "receipt.in_log",
        "envelope",
        "station.standing",
        "blobs",
    ] {
        assert_eq!(state(&public, name), State::Pass, "{name}");
    }
    for name in [
        "manifest",
        "parts",
        "ticket.signature",
        "chip.evidence",
        "person.face",
    ] {
        assert_eq!(state(&public, name), State::NotCheckable, "{name}");
    }

    // By who holds the keys: all of it but the books of the service.
    let opened = CheckOptions {
        keys: Some(rig.path("keys")),
        ..options(&rig)
    };
    let whole = check(sealed.dir(), &opened, now).unwrap();
    for check in &whole.report.checks {
        let wanted = match check.name.as_str() {
            "ticket.unused" | "visit.unused" => State::NotCheckable,
            _ => State::Pass,
        };
        assert_eq!(check.state, wanted, "{check:?}");
    }

    // A receipt for another bundle, and a blob with one byte changed.
    let (other, _) = desk.send(desk.visit());
    std::fs::write(other.dir().join("receipt.json"), &receipt).unwrap();
    let blob = other.blob_path(&other.blobs()[1].digest);
    let mut content = std::fs::read(&blob).unwrap();
    *content.last_mut().unwrap() ^= 1;
    std::fs::write(&blob, content).unwrap();
    let wrong = check(other.dir(), &opened, now).unwrap();
    assert_eq!(wrong.outcome, "refused");
    let codes: Vec<_> = wrong
        .report
        .faults()
        .iter()
        .map(|fault| fault.code)
        .collect();
    assert!(
        codes.contains(&"receipt.other_bundle") && codes.contains(&"bundle.blob_altered"),
        "{codes:?}"
    );
    assert_eq!(state(&wrong, "receipt.in_log"), State::NotCheckable);
}

#[test]
fn a_pdf_is_checked_alone() {
    let rig = Rig::new("");
    let path = rig.path("paper.pdf");
    std::fs::write(&path, pdf(3)).unwrap();
    let checked = check(&path, &options(&rig), jiff::Timestamp::now()).unwrap();
    assert_eq!((checked.pages, checked.outcome), (Some(3), "incomplete"));
    assert_eq!(state(&checked, "pdf.form"), State::Pass);
    assert_eq!(state(&checked, "pdf.signatures"), State::NotCheckable);
    std::fs::write(&path, b"no paper").unwrap();
    assert_eq!(
        check(&path, &options(&rig), jiff::Timestamp::now())
            .unwrap()
            .outcome,
        "refused"
    );
}

#[test]
fn an_empty_trust_folder_is_bad_usage() {
    let rig = Rig::new("");
    let empty = rig.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let options = CheckOptions {
        trust: empty,
        ..options(&rig)
    };
    let error = check(rig.place.path(), &options, jiff::Timestamp::now()).unwrap_err();
    assert_eq!(error.code(), "check.trust_empty");
}
