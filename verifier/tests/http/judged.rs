//! Schemathesis, which none of us wrote, reads the document of a running service and tries what it promises.

use std::process::Command;

use crate::bombs::Service;

/// Where schemathesis lies; `cargo xtask test` fetches it and sets NIEM_JUDGES: there nothing is left out.
const PROGRAM: &str = "NIEM_SCHEMATHESIS";
const TOKEN: &str = "judge-of-the-document";
/// Ample shares: it asks thousands of times from one address.
const SHARES: &str = "[rates]\nstation_requests = 1000000\nreader_requests = 1000000\n\
                      address_requests = 1000000\naddress_connections = 500\n";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

#[test]
fn schemathesis_finds_no_server_error_and_nothing_undocumented() {
    let Some(program) = std::env::var_os(PROGRAM) else {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "schemathesis is not there"
        );
        return eprintln!("left out: {PROGRAM} does not say where schemathesis lies");
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, TOKEN.as_bytes());
    let reader = format!(
        "[[readers]]\nname = 'judge'\ntoken_sha256 = '{}'\n\
         scopes = ['lookup', 'entries', 'documents', 'journal', 'metrics']\n",
        hex::encode(digest)
    );
    let (rig, service) = Service::start(&format!("{SHARES}{reader}"));
    let file = |name: &str, text: &str| {
        let path = rig.path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    // tus has a media type of its own; its bytes are bytes.
    file(
        "hooks.py",
        "import schemathesis\n\
         schemathesis.serializer.alias('application/offset+octet-stream', 'application/octet-stream')\n",
    );
    let output = Command::new(program)
        .current_dir(rig.place.path())
        .env("SCHEMATHESIS_HOOKS", "hooks.py")
        .args(["run", "--no-color", "--checks", CHECKS])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            "15",
        ])
        // Seconds; the phase of coverage ends by itself.
        .args(["--max-time", "40", "--generation-deterministic"])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .arg("--tls-verify")
        .arg(rig.keys.public().join("server-ca.pem"))
        .arg("--request-cert")
        .arg(file("judge.pem", &service.station.certificate))
        .arg("--request-cert-key")
        .arg(file("judge.key.pem", &service.station.key))
        .arg(format!(
            "https://localhost:{}/openapi.json",
            service.addr.port()
        ))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        output.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    service.answers();
}
