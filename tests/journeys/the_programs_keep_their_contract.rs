//! What scripts outside this repository rely on: names in the JSON, and exit codes.

use std::fs;
use std::process::Command;

use tests::rig::programs::{json, root};
use tests::specimen::state::{PERSONAL_ID, tessdata};

use crate::STATE;

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn face_compare() {
    let portrait = root().join("specimen/faces/astronaut.jpg");
    let same = STATE.folder().join("face/live_003.jpg");
    let (exit, told) = json(
        "niem-station",
        &["face", "compare", text(&portrait), text(&same)],
    );
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("match")),
        "{told}"
    );
    assert!(told["score"].as_f64().unwrap() >= told["threshold"].as_f64().unwrap());
    assert!(told["model"].as_str().unwrap().contains('@'));
    let other = STATE.folder().join("face/other_003.jpg");
    let (exit, told) = json(
        "niem-station",
        &["face", "compare", text(&portrait), text(&other)],
    );
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (1, Some("no_match")),
        "{told}"
    );
}

#[test]
fn finger_compare() {
    let print = |name: &str| root().join("specimen/fingers").join(name);
    let (exit, told) = json(
        "niem-station",
        &[
            "finger",
            "compare",
            text(&print("p1_1.png")),
            text(&print("p1_2.png")),
        ],
    );
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (0, Some("match")),
        "{told}"
    );
    let (exit, told) = json(
        "niem-station",
        &[
            "finger",
            "compare",
            text(&print("p1_1.png")),
            text(&print("p2_1.png")),
        ],
    );
    assert_eq!(
        (exit, told["outcome"].as_str()),
        (1, Some("no_match")),
        "{told}"
    );
}

#[test]
fn paper_digitize() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paper.pdf");
    let tessdata = tessdata();
    let (exit, told) = json(
        "niem-station",
        &[
            "paper",
            "digitize",
            text(&STATE.page("page-1.pnm")),
            "--out",
            text(&out),
            "--tessdata",
            text(&tessdata),
        ],
    );
    assert_eq!(exit, 0, "{told}");
    assert_eq!(told["kind"]["id"], "khai_sinh");
    assert!(told["text"][0].as_str().unwrap().contains(PERSONAL_ID));
    assert!(
        told["fields"]
            .as_array()
            .unwrap()
            .iter()
            .any(|field| field["value"] == PERSONAL_ID)
    );
    assert!(told["timings_ms"].as_object().unwrap().len() > 2);
    assert_eq!(told["pages"].as_array().unwrap().len(), 1);
    // Two programs that none of us wrote agree about the file.
    assert!(
        Command::new("qpdf")
            .arg("--check")
            .arg(&out)
            .output()
            .unwrap()
            .status
            .success()
    );
    let read = Command::new("pdftotext")
        .arg(&out)
        .arg("-")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&read.stdout).contains(PERSONAL_ID));

    let (exit, told) = json(
        "niem-station",
        &[
            "paper",
            "digitize",
            text(&STATE.page("blurred.pnm")),
            "--out",
            text(&out),
            "--tessdata",
            text(&tessdata),
        ],
    );
    assert_eq!(
        (exit, told["code"].as_str()),
        (3, Some("paper.unreadable")),
        "{told}"
    );
    assert!(told["vi"]["cause"].is_string() && told["en"]["remedy"].is_string());
}

#[test]
fn what_is_not_a_picture_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.jpg");
    fs::write(&junk, b"\xff\xd8\xffnot a picture").unwrap();
    let (exit, told) = json(
        "niem-station",
        &["face", "compare", text(&junk), text(&junk)],
    );
    assert!(exit == 1 || exit == 3, "{told}");
    assert!(
        told["code"].as_str().unwrap().starts_with("portrait."),
        "{told}"
    );
    let (exit, told) = json(
        "niem-station",
        &["face", "compare", "/nonexistent", "/nonexistent"],
    );
    assert_eq!((exit, told["code"].as_str()), (2, Some("file.unreadable")));
}

#[test]
fn what_opens_no_card_is_told_before_one_is_touched() {
    let csca = STATE.csca();
    let read = |what: &[&str]| {
        let mut arguments = vec!["card", "read", "--trust", text(&csca)];
        arguments.extend(what);
        json("niem-station", &arguments)
    };
    for what in [
        &["--can", "12345"][..],
        &["--mrz", "IDUTO"],
        &["--card-qr", "https://example.vn/|Nguyễn Văn An"],
        // An access number is no lines, and a code that is none does not open by its other half.
        &["--can", "000001", "--card-qr", "Nguyễn Văn An"],
    ] {
        let (exit, told) = read(what);
        assert_eq!(
            (exit, told["code"].as_str()),
            (2, Some("card.bad_key")),
            "{what:?} {told}"
        );
        assert!(
            !told.to_string().contains("Nguyễn"),
            "what was typed is repeated"
        );
        assert!(told["vi"]["cause"].is_string() && told["en"]["remedy"].is_string());
    }
    // Stdin is one thing only.
    let (exit, told) = read(&["--can", "-", "--card-qr", "-"]);
    assert_eq!(
        (exit, told["code"].as_str()),
        (2, Some("usage.invalid")),
        "{told}"
    );
}
