//! Schemathesis, which none of us wrote, reads the document of a running service and tries what it promises.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use verifier::access::Scope;

use crate::bombs::Service;
use crate::client::Client;
use crate::holder::{Holder, new_key, signer};
use crate::rig::Rig;

/// Where schemathesis lies; `cargo xtask test` fetches it and sets NIEM_JUDGES: there nothing is left out.
const PROGRAM: &str = "NIEM_SCHEMATHESIS";
const WATCHER: &str = "judge-of-the-document";
/// Ample shares: it asks thousands of times from one address.
const SHARES: &str = "[rates]\nstation_requests = 1000000\nclient_requests = 1000000\n\
                      address_requests = 1000000\naddress_connections = 500\n";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Every request gets what its door wants; tus has a media type of its own, whose bytes are bytes.
const HOOKS: &str = r#"
import socket, requests, schemathesis
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

class Held(requests.auth.AuthBase):
    def __call__(self, request):
        path = request.path_url.split("?")[0]
        if path == "/metrics":
            request.headers["Authorization"] = "Bearer @WATCHER@"
            return request
        with socket.create_connection(("127.0.0.1", @PORT@)) as line:
            line.sendall(f"{request.method} {path}\n".encode())
            token, proof = line.makefile().readline().split()
        request.headers["DPoP"] = proof
        if path != "/v1/oauth/token":
            request.headers["Authorization"] = "DPoP " + token
        return request

schemathesis.auth.set_from_requests(Held())
"#;

/// Proves keys for a program that cannot: a method and a path on a line give a token and a proof.
struct Prover {
    port: u16,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Prover {
    fn start(rig: &Rig, service: &Service) -> Self {
        let soft = Arc::new(Holder::new("judge", signer(&new_key()), None));
        rig.register(&soft, &[Scope::EventsRead], &["p"]);
        let (clerk, officer) = (
            rig.official("cb-hai", "clerk"),
            rig.official("cb-ba", "data-officer"),
        );
        let line = Client::new(service.addr, &rig.public("server-ca.pem"), None);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let heard = asked.clone();
        std::thread::spawn(move || {
            let mut fresh: Option<Instant> = None;
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut wanted = String::new();
                BufReader::new(&stream).read_line(&mut wanted).unwrap();
                let Some((method, path)) = wanted.trim_end().split_once(' ') else {
                    continue;
                };
                // Nonces are taken for a minute at least.
                if fresh.is_none_or(|at| at.elapsed() > Duration::from_secs(30)) {
                    for holder in [&soft, &clerk, &officer] {
                        holder.forget();
                    }
                    fresh = Some(Instant::now());
                }
                let holder = match path.rsplit('/').next() {
                    Some("events" | "token") => &soft,
                    Some("journal" | "erasure") => &officer,
                    _ => &clerk,
                };
                let token = holder.token(&line);
                let shown = (!path.ends_with("/token")).then_some(token.as_str());
                let proof = holder.proof(method, &format!("{}{path}", line.origin()), shown);
                heard.lock().unwrap().insert(path.to_owned());
                let _ = writeln!(stream, "{token} {proof}");
            }
        });
        Self { port, asked }
    }

    fn port(&self) -> u16 {
        self.port
    }

    fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[test]
fn schemathesis_finds_no_server_error_and_nothing_undocumented() {
    let Some(program) = std::env::var_os(PROGRAM) else {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "schemathesis is not there"
        );
        return eprintln!("left out: {PROGRAM} does not say where schemathesis lies");
    };
    let watcher = hex::encode(ring::digest::digest(
        &ring::digest::SHA256,
        WATCHER.as_bytes(),
    ));
    let (rig, service) = Service::start(&format!(
        "{SHARES}[[watchers]]\nname = 'judge'\ntoken_sha256 = '{watcher}'\n"
    ));
    let prover = Prover::start(&rig, &service);
    let file = |name: &str, text: &str| {
        let path = rig.path(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    // tus has a media type of its own; its bytes are bytes.
    file(
        "hooks.py",
        &HOOKS
            .replace("@PORT@", &prover.port().to_string())
            .replace("@WATCHER@", WATCHER),
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
    // The tokens were good ones: behind every door that wants one somebody was let in.
    let asked = prover.asked();
    for door in ["lookup", "entries", "journal", "erasure", "events", "token"] {
        assert!(
            asked.iter().any(|path| path.ends_with(door)),
            "{door}: {asked:?}"
        );
    }
}
