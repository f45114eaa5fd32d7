//! The program as scripts know it: its commands, its JSON, its exit codes.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::desk::{Desk, pdf};
use crate::rig::Rig;

fn run(arguments: &[&str]) -> Output {
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

/// Ends the service even when a test fails.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn keys_enrolment_and_service_work_from_the_command_line() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let keys = path("keys");
    let made = run(&["keys", "init", text(&keys), "--json"]);
    assert!(made.status.success());
    assert_eq!(json(&made)["outcome"], "made");
    let again = run(&["keys", "init", text(&keys), "--json"]);
    assert_eq!(
        (again.status.code(), &json(&again)["code"]),
        (Some(1), &"keys.exist_already".into())
    );

    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap();
    std::fs::write(path("csr.pem"), csr).unwrap();
    let (csr, out) = (path("csr.pem"), path("cert.pem"));
    let enroll = |name: &str| {
        run(&[
            "enroll",
            "--station",
            name,
            "--csr",
            text(&csr),
            "--out",
            text(&out),
            "--keys",
            text(&keys),
            "--json",
        ])
    };
    let bad = enroll("Trạm 1");
    assert_eq!(
        (bad.status.code(), &json(&bad)["code"]),
        (Some(2), &"enroll.name".into())
    );
    assert!(enroll("tram-01").status.success());
    assert_eq!(
        enroll("tram-01").status.code(),
        Some(3),
        "the certificate is not overwritten"
    );
    // An operator needs a role, and it is bad usage to leave it out.
    let operator = [
        "enroll",
        "--operator",
        "nv-1",
        "--csr",
        text(&csr),
        "--out",
        "x",
        "--keys",
        text(&keys),
    ];
    assert_eq!(run(&operator).status.code(), Some(2));

    let issuer = Rig::new("").issuer.csca_der();
    std::fs::create_dir(path("csca")).unwrap();
    std::fs::write(path("csca/c.cer"), issuer).unwrap();
    let settings = "listen = '127.0.0.1:0'\ndata = 'data'\nkeys = 'keys'\ncsca_trust = 'csca'\n";
    std::fs::write(path("verifier.toml"), settings).unwrap();
    let (config, ready) = (path("verifier.toml"), path("ready"));
    let service = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args([
            "serve",
            "--config",
            text(&config),
            "--ready-file",
            text(&ready),
        ])
        .stderr(Stdio::null())
        .spawn();
    let mut service = Service(service.unwrap());
    let began = Instant::now();
    while !ready.exists() {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "the service did not come up"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let addr = std::fs::read_to_string(&ready)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let certificate = std::fs::read_to_string(&out).unwrap();
    let server_ca = std::fs::read_to_string(keys.join("public/server-ca.pem")).unwrap();
    let client = Client::new(addr, &server_ca, Some((&certificate, &key.serialize_pem())));
    assert_eq!(
        client.post("/v1/tickets", br#"{"count":2}"#).json()["tickets"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    // A look at the store beside the running service; a second service is refused.
    let fsck = run(&["log", "fsck", "--config", text(&config), "--json"]);
    assert!(fsck.status.success());
    assert_eq!(json(&fsck)["leaves"], 0);
    let second = run(&["serve", "--config", text(&config)]);
    assert_eq!(second.status.code(), Some(3));

    let pid = service.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(
        service.0.wait().unwrap().success(),
        "asked to stop, it ends well"
    );
}

#[test]
fn check_says_how_every_check_ended() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    let (bundle, trust, keys) = (text(sealed.dir()), rig.keys.public(), rig.path("keys"));
    let csca = trust.join("csca");
    std::fs::create_dir(&csca).unwrap();
    std::fs::write(csca.join("c.cer"), rig.issuer.csca_der()).unwrap();

    let checked = run(&[
        "check",
        bundle,
        "--trust",
        text(&trust),
        "--keys",
        text(&keys),
        "--json",
    ]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let document = json(&checked);
    assert_eq!(
        (&document["outcome"], &document["kind"]),
        (&"incomplete".into(), &"bundle".into())
    );
    let face = document["checks"]
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "person.face")
        .unwrap();
    assert_eq!(face["state"], "pass");

    let plain = run(&["check", bundle, "--trust", text(&trust)]);
    let lines = String::from_utf8(plain.stdout).unwrap();
    assert!(
        lines.lines().any(|line| line == "pass           envelope"),
        "{lines}"
    );
    assert!(
        lines
            .lines()
            .any(|line| line == "not-checkable  person.face"),
        "{lines}"
    );

    let blob = sealed.blob_path(&sealed.blobs()[1].digest);
    let mut content = std::fs::read(&blob).unwrap();
    content[100] ^= 1;
    std::fs::write(&blob, content).unwrap();
    let spoilt = run(&["check", bundle, "--trust", text(&trust)]);
    assert_eq!(spoilt.status.code(), Some(1));
    let lines = String::from_utf8(spoilt.stdout).unwrap();
    assert!(
        lines.lines().any(|line| line == "fail           blobs"),
        "{lines}"
    );

    std::fs::write(rig.path("paper.pdf"), pdf(1)).unwrap();
    let paper = run(&[
        "check",
        text(&rig.path("paper.pdf")),
        "--trust",
        text(&trust),
        "--json",
    ]);
    assert_eq!(
        (paper.status.code(), &json(&paper)["pages"]),
        (Some(0), &1.into())
    );
    assert_eq!(
        run(&["check", "/nowhere", "--trust", text(&trust)])
            .status
            .code(),
        Some(2)
    );
}
