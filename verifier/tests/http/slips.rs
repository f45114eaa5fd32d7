//! The code on the citizen's slip, checked by somebody who has nothing but it and the verifier's public folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bundle::{SignedReceipt, Slip};
use qrcode::{EcLevel, QrCode};

use crate::desk::Desk;
use crate::rig::Rig;

/// The desk's receipt of a filed bundle, and the folder that everybody may have.
fn filed(rig: &Rig) -> (SignedReceipt, PathBuf) {
    let desk = Desk::new(rig, "tram-01");
    let (_, answer) = desk.send(desk.visit());
    assert_eq!(answer.status, 201);
    let receipt = answer.json()["receipt"].to_string();
    let trust = rig.path("trust");
    std::fs::create_dir(&trust).unwrap();
    for file in ["receipt.pub.pem", "log.vkey"] {
        std::fs::write(trust.join(file), rig.public(file)).unwrap();
    }
    (SignedReceipt::from_json(receipt.as_bytes()).unwrap(), trust)
}

/// The picture of a code as a printer would make it: quiet zone, `scale` pixels a module.
fn picture(text: &str, scale: u32) -> image::GrayImage {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let side = u32::try_from(code.width()).unwrap();
    let dark = code.to_colors();
    image::GrayImage::from_fn((side + 8) * scale, (side + 8) * scale, |x, y| {
        let (x, y) = ((x / scale).wrapping_sub(4), (y / scale).wrapping_sub(4));
        let at = dark.get((y.wrapping_mul(side).wrapping_add(x)) as usize);
        let inside = x < side && y < side;
        image::Luma([match at {
            Some(qrcode::Color::Dark) if inside => 0,
            _ => 255,
        }])
    })
}

fn check(path: &Path, trust: &Path) -> Output {
    let trust = trust.to_str().unwrap();
    Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["check", path.to_str().unwrap(), "--trust", trust, "--json"])
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn codes(document: &serde_json::Value) -> Vec<String> {
    let checks = document["checks"].as_array().unwrap();
    let faults = checks.iter().filter_map(|check| check["faults"].as_array());
    faults
        .flatten()
        .map(|fault| fault["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_slip_is_checked_as_text_as_a_picture_and_from_a_scanner() {
    let rig = Rig::new("");
    let (receipt, trust) = filed(&rig);
    let texts = Slip::of(&receipt).unwrap().codes();
    let [text] = texts.as_slice() else {
        panic!("a fresh receipt fits one code")
    };
    std::fs::write(rig.path("slip.txt"), format!("{text}\r\n")).unwrap();
    std::fs::write(rig.path("receipt.json"), receipt.to_json()).unwrap();
    picture(text, 4).save(rig.path("slip.png")).unwrap();
    // As a telephone sees it: turned, grey, packed.
    let photo = image::imageops::rotate90(&picture(text, 6));
    let photo = image::imageops::blur(&photo, 1.0);
    let grey = image::imageops::brighten(&image::imageops::contrast(&photo, -40.0), -20);
    grey.save(rig.path("slip.jpg")).unwrap();
    let said = receipt.verify(&rig.receipt_key()).unwrap();
    for file in ["slip.txt", "receipt.json", "slip.png", "slip.jpg"] {
        let checked = check(&rig.path(file), &trust);
        let document = json(&checked);
        assert_eq!(checked.status.code(), Some(0), "{file}: {document}");
        assert_eq!(document["outcome"], "sound", "{file}");
        assert_eq!(document["kind"], "receipt");
        assert_eq!(document["bundle"], said.bundle.to_string());
        assert_eq!(document["receipt"]["entry"], said.entry.to_string());
    }

    let mut scanner = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["check", "-", "--trust", trust.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = scanner.stdin.take().unwrap();
    std::io::Write::write_all(&mut typed, format!("{text}\n").as_bytes()).unwrap();
    drop(typed);
    let found = scanner.wait_with_output().unwrap();
    assert!(found.status.success());
    let lines = String::from_utf8(found.stdout).unwrap();
    assert!(lines.contains("pass           receipt.in_log\n"), "{lines}");
}

#[test]
fn a_slip_of_another_verifier_another_log_or_of_nobody_is_refused() {
    let rig = Rig::new("");
    let (receipt, trust) = filed(&rig);
    let text = Slip::of(&receipt).unwrap().codes().remove(0);
    let other = Rig::new("");
    let path = rig.path("slip.txt");
    let try_one = |text: &str, wanted: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let checked = check(&path, &trust);
        assert_eq!(checked.status.code(), Some(1), "{text}");
        let document = json(&checked);
        assert_eq!(
            (&document["outcome"], codes(&document)),
            (
                &"refused".into(),
                wanted.iter().map(|code| (*code).to_owned()).collect()
            ),
            "{text}"
        );
        // What nobody signed is not repeated.
        assert_eq!(document["receipt"].is_null(), wanted != ["log.checkpoint"]);
    };
    let mut altered = text.clone();
    altered.replace_range(20..21, if &text[20..21] == "7" { "8" } else { "7" });
    try_one(&altered, &["receipt.signature_invalid"]);
    let half = format!("NIEM1/12:{}", "0".repeat(1440));
    try_one(&half, &["slip.part_missing"]);
    try_one(&text[..text.len() - 3], &["slip.malformed"]);
    try_one("NIEM1/11:", &["slip.malformed"]);
    try_one("{}", &["receipt.malformed"]);
    std::fs::write(trust.join("log.vkey"), other.public("log.vkey")).unwrap();
    try_one(&text, &["log.checkpoint"]);
    std::fs::write(
        trust.join("receipt.pub.pem"),
        other.public("receipt.pub.pem"),
    )
    .unwrap();
    try_one(&text, &["receipt.signature_invalid"]);

    // Without the key nothing is passed; without anything to trust it is bad usage.
    std::fs::remove_file(trust.join("receipt.pub.pem")).unwrap();
    std::fs::write(&path, &text).unwrap();
    assert_eq!(check(&path, &trust).status.code(), Some(2));
}

#[test]
fn a_picture_without_a_code_or_that_is_none_is_told_and_ends_soon() {
    let rig = Rig::new("");
    let (_, trust) = filed(&rig);
    let path = rig.path("picture.png");
    let mut dice = 1_u32;
    let mut noise = |_, _| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Luma([if dice >> 31 == 0 { 0 } else { 255 }])
    };
    let noise = image::GrayImage::from_fn(2_000, 2_000, &mut noise);
    noise.save(&path).unwrap();
    let began = std::time::Instant::now();
    let checked = check(&path, &trust);
    let document = json(&checked);
    assert_eq!(document["code"], "check.no_code");
    assert_eq!(checked.status.code(), Some(3));
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    // Nothing but corners of codes, each of which might belong to each other.
    let corners = image::GrayImage::from_fn(1_400, 1_400, |x, y| {
        let (x, y) = ((x / 2) % 9, (y / 2) % 9);
        let ring = x.abs_diff(4).max(y.abs_diff(4));
        image::Luma([if [0, 1, 3].contains(&ring) { 0 } else { 255 }])
    });
    corners.save(&path).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(json(&check(&path, &trust))["code"], "check.picture");
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    // Another kind of code is no receipt.
    picture("https://example.com", 8).save(&path).unwrap();
    assert_eq!(json(&check(&path, &trust))["code"], "check.no_code");

    // A head that promises a picture of the whole world.
    let mut bomb = std::fs::read(&path).unwrap();
    bomb[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    std::fs::write(&path, &bomb).unwrap();
    assert_eq!(json(&check(&path, &trust))["code"], "check.picture");
    std::fs::write(&path, &bomb[..20]).unwrap();
    assert_eq!(json(&check(&path, &trust))["code"], "check.picture");
}
