//! A paper of a wallet as a container: made by the command line, checked offline and by xmlsec1.

use std::path::Path;
use std::process::{Command, Output};

use crate::desk::Desk;
use crate::rig::Rig;

fn niem_verifier(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(arguments)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A filed paper: wallet and entry.
fn filed(rig: &Rig) -> (String, String) {
    let desk = Desk::new(rig, "tram-01");
    let (_, answer) = desk.send(desk.visit());
    assert_eq!(answer.status, 201);
    let lookup = format!("{{\"personal_id\":\"{}\"}}", crate::desk::NUMBER);
    let found = rig.reader().post("/v1/wallets/lookup", lookup.as_bytes());
    let wallet = found.json()["wallet"].as_str().unwrap().to_owned();
    (wallet, answer.json()["entry"].as_str().unwrap().to_owned())
}

fn export(rig: &Rig, wallet: &str, entry: &str, out: &Path) -> Output {
    let config = rig.path("verifier.toml");
    let words = ["wallet", "export", "--json", "--config", text(&config)];
    let which = ["--wallet", wallet, "--entry", entry, "--out", text(out)];
    let why = ["--by", "nv-0042", "--purpose", "Tòa án yêu cầu"];
    niem_verifier(&[&words[..], &which, &why].concat())
}

fn check(path: &Path, trust: &Path) -> (Option<i32>, serde_json::Value) {
    let checked = niem_verifier(&["check", text(path), "--trust", text(trust), "--json"]);
    (checked.status.code(), json(&checked))
}

fn codes(document: &serde_json::Value) -> Vec<&str> {
    let checks = document["checks"].as_array().unwrap();
    let faults = checks.iter().filter_map(|check| check["faults"].as_array());
    faults
        .flatten()
        .map(|fault| fault["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_paper_is_exported_with_its_receipt_and_checked_without_a_service() {
    let rig = Rig::new("");
    let (wallet, entry) = filed(&rig);
    let out = rig.path("paper.asice");
    let made = export(&rig, &wallet, &entry, &out);
    assert!(made.status.success(), "{made:?}");
    assert_eq!(json(&made)["outcome"], "exported");

    let (exit, document) = check(&out, &rig.keys.public());
    assert_eq!((exit, &document["kind"]), (Some(0), &"container".into()));
    assert_eq!(document["receipt"]["entry"], *entry);
    assert_eq!(document["pages"], 2);
    let state = |name: &str| {
        let checks = document["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name);
        check.unwrap_or_else(|| panic!("{name}"))["state"].clone()
    };
    for name in [
        "container.signature",
        "container.signer",
        "container.contents",
        "receipt.form",
        "receipt.signature",
        "receipt.in_log",
        "pdf.form",
    ] {
        assert_eq!(state(name), "pass", "{name}");
    }

    // Who looked and what for stands in the journal.
    let keeper = rig.keeper();
    let looks = keeper.get(&format!("/v1/wallets/{wallet}/journal")).json();
    let looks = looks["looks"].as_array().unwrap().clone();
    let look = looks.iter().find(|look| look["looked"] == "at_document");
    let look = look.expect("the look is journaled");
    assert_eq!(
        (&look["reader"], &look["purpose"]),
        (&"nv-0042".into(), &"Tòa án yêu cầu".into())
    );

    // It is never written over, nor left in halves where there is no such paper.
    assert_eq!(export(&rig, &wallet, &entry, &out).status.code(), Some(3));
    let nobody = uuid::Uuid::now_v7().to_string();
    let nothing = rig.path("nothing.asice");
    let refused = export(&rig, &nobody, &entry, &nothing);
    assert_eq!(
        (refused.status.code(), &json(&refused)["code"]),
        (Some(1), &"wallet.unknown".into())
    );
    assert!(!nothing.exists());
}

#[test]
fn a_container_altered_of_another_authority_or_put_together_is_refused() {
    let rig = Rig::new("");
    let (wallet, entry) = filed(&rig);
    let (out, second) = (rig.path("paper.asice"), rig.path("second.asice"));
    assert!(export(&rig, &wallet, &entry, &out).status.success());
    let good = std::fs::read(&out).unwrap();
    let at = |needle: &[u8]| {
        good.windows(needle.len())
            .position(|w| w == needle)
            .unwrap()
    };
    for needle in [&b"%PDF"[..], b"\"grade\"", b"payloadType"] {
        let mut altered = good.clone();
        altered[at(needle) + 2] ^= 1;
        std::fs::write(&second, altered).unwrap();
        let (exit, document) = check(&second, &rig.keys.public());
        assert_eq!((exit, codes(&document)), (Some(1), vec!["asic.malformed"]));
    }
    // Another verifier's folder of trust knows neither the key nor the receipt.
    let other = Rig::new("");
    let (exit, document) = check(&out, &other.keys.public());
    assert_eq!(exit, Some(1));
    assert_eq!(
        codes(&document),
        ["check.container_signer", "receipt.signature_invalid"]
    );

    // Signed by the right key, but the receipt is another paper's.
    let key = verifier::export::ExportKey::load(&rig.keys, jiff::Zoned::now().date()).unwrap();
    let container = asic::read(&good).unwrap();
    let put_together = |names: &[(&str, &[u8])]| {
        let mut writer = asic::Writer::new(std::io::Cursor::new(Vec::new())).unwrap();
        for (name, content) in names {
            let mut content: &[u8] = content;
            writer.add(name, "application/json", &mut content).unwrap();
        }
        let zip = writer.finish(&key, jiff::Timestamp::now()).unwrap();
        std::fs::write(&second, zip.into_inner()).unwrap();
        let (exit, document) = check(&second, &rig.keys.public());
        assert_eq!(exit, Some(1));
        codes(&document).join(" ")
    };
    let file = |name| container.file(name).unwrap();
    let (pdf, told, receipt) = (
        file("document.pdf"),
        file("metadata.json"),
        file("receipt.json"),
    );
    let (_, other_entry) = filed(&rig);
    let third = rig.path("third.asice");
    assert!(export(&rig, &wallet, &other_entry, &third).status.success());
    let third = std::fs::read(third).unwrap();
    let third = asic::read(&third).unwrap();
    let other_receipt = third.file("receipt.json").unwrap();
    let three = |pdf, told, receipt| {
        put_together(&[
            ("document.pdf", pdf),
            ("metadata.json", told),
            ("receipt.json", receipt),
        ])
    };
    assert_eq!(three(pdf, told, other_receipt), "check.container_disagrees");
    assert_eq!(three(pdf, b"{}", receipt), "check.container_disagrees");
    assert_eq!(
        three(b"%PDF-1.7 another", told, receipt),
        "check.container_disagrees examine.pdf_malformed pades.structure"
    );
    assert_eq!(
        put_together(&[("document.pdf", pdf)]),
        "check.container_files"
    );

    // A desk's own certificate does not make containers.
    struct Impostor(bundle::FileKey, Vec<u8>);
    impl asic::ContainerKey for Impostor {
        fn certificate(&self) -> &[u8] {
            &self.1
        }
        fn sign(&self, message: &[u8]) -> Option<[u8; 64]> {
            use bundle::SealingKey as _;
            // ASN.1 to r ‖ s.
            let der = self.0.sign(message).ok()?;
            let mut rest = &der[2..];
            let mut out = [0; 64];
            for half in out.chunks_mut(32) {
                let length = usize::from(rest[1]);
                let number = &rest[2..2 + length];
                let number = &number[number.len().saturating_sub(32)..];
                half[32 - number.len()..].copy_from_slice(number);
                rest = &rest[2 + length..];
            }
            Some(out)
        }
    }
    let desk = rig.station("tram-09").sealing();
    let certificate = bundle::SealingKey::certificate(&desk).to_vec();
    let impostor = Impostor(desk, certificate);
    let mut writer = asic::Writer::new(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, mut content) in [
        ("document.pdf", pdf),
        ("metadata.json", told),
        ("receipt.json", receipt),
    ] {
        writer.add(name, "application/pdf", &mut content).unwrap();
    }
    let zip = writer.finish(&impostor, jiff::Timestamp::now()).unwrap();
    std::fs::write(&second, zip.into_inner()).unwrap();
    let (exit, document) = check(&second, &rig.keys.public());
    assert_eq!(
        (exit, codes(&document)),
        (Some(1), vec!["check.container_signer"])
    );
}

#[test]
fn xmlsec1_agrees_with_a_container_under_our_authority() {
    if Command::new("xmlsec1").arg("--help").output().is_err() {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "xmlsec1 is missing"
        );
        eprintln!("left out: xmlsec1 is not there");
        return;
    }
    let rig = Rig::new("");
    let (wallet, entry) = filed(&rig);
    let (out, files) = (rig.path("paper.asice"), rig.path("files"));
    assert!(export(&rig, &wallet, &entry, &out).status.success());
    let unzip = |arguments: &[&str]| Command::new("unzip").args(arguments).output().unwrap();
    assert!(unzip(&["-tq", text(&out)]).status.success());
    assert!(
        unzip(&["-q", text(&out), "-d", text(&files)])
            .status
            .success()
    );
    let verify = || {
        let authority = rig.keys.public().join("station-ca.pem");
        Command::new("xmlsec1")
            .args([
                "--verify",
                "--id-attr:Id",
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            ])
            .args([
                "--trusted-pem",
                text(&authority),
                "META-INF/signatures0.xml",
            ])
            .current_dir(&files)
            .output()
            .unwrap()
    };
    let good = verify();
    assert!(good.status.success(), "{good:?}");
    for file in ["document.pdf", "metadata.json", "receipt.json"] {
        let path = files.join(file);
        let content = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&content[..], b" "].concat()).unwrap();
        assert!(!verify().status.success(), "{file}");
        std::fs::write(&path, content).unwrap();
    }
    assert!(verify().status.success());
}
