//! What is sent to do harm: a real service process takes it within bounds of memory and time, and answers honest
//! clients meanwhile.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::desk::patch_headers;
use crate::rig::{Rig, Signer};

/// What the process may grow by under all of this together: 128 connections of one address with their buffers,
/// and one envelope of 1 MiB at a time.
const GROWTH_KIB: u64 = 96 * 1024;
/// An honest request on a loaded machine of two cores.
const PATIENCE: Duration = Duration::from_secs(15);

/// The service as its own process; ends with the test.
pub struct Service {
    child: Child,
    pub addr: SocketAddr,
    server_ca: String,
    pub station: Signer,
}

impl Service {
    pub fn start(more: &str) -> (Rig, Self) {
        let mut rig = Rig::new(more);
        rig.running.take().unwrap().shutdown();
        let ready = rig.path("ready");
        let child = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .args(["serve", "--config"])
            .arg(rig.path("verifier.toml"))
            .arg("--ready-file")
            .arg(&ready)
            .env("NIEM_LOG", "warn")
            .spawn()
            .unwrap();
        let mut service = Self {
            child,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            server_ca: rig.public("server-ca.pem"),
            station: rig.station("tram-01"),
        };
        let began = Instant::now();
        service.addr = loop {
            if let Ok(text) = std::fs::read_to_string(&ready) {
                break text.trim().parse().unwrap();
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it did not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        (rig, service)
    }

    fn desk(&self) -> Client {
        let identity = (self.station.certificate.as_str(), self.station.key.as_str());
        Client::new(self.addr, &self.server_ca, Some(identity))
    }

    /// The most memory it ever held, in KiB.
    fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// An honest station is answered in time.
    pub fn answers(&self) {
        let began = Instant::now();
        let answer = self.desk().post("/v1/tickets", br#"{"count":1}"#);
        assert_eq!(answer.status, 200);
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn bodies_made_to_do_harm_are_refused_within_bounds() {
    let (_rig, service) = Service::start("");
    let desk = service.desk();
    service.answers();
    let before = service.peak_kib();
    let deep = |open: &str, n: usize| open.repeat(n).into_bytes();
    let double = br#"{"payloadType":"x","payloadType":"y","payload":"","signatures":[]}"#;
    let bundles = [
        deep("[", 1_000_000),
        deep("{\"a\":", 200_000),
        double.to_vec(),
        format!("{{\"payloadType\":\"{}", "x".repeat(1_000_000)).into_bytes(),
        vec![0xff; 1_000_000],
        b"\xef\xbb\xbf{}".to_vec(),
    ];
    for body in &bundles {
        let answer = desk.post("/v1/bundles", body);
        assert_eq!(answer.status, 422);
        assert_eq!(answer.faults(), ["bundle.envelope_malformed"]);
    }
    for (path, limit) in [
        ("/v1/bundles", 1024 * 1024),
        ("/v1/tickets", 1024),
        ("/v1/enrolments", 64 * 1024),
    ] {
        let answer = desk.post(path, &vec![b' '; limit + 1]);
        assert_eq!(answer.problem(), "http.body_too_large");
        // Far more than that: the connection may be closed before the answer is read.
        let mut stream = desk.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            u64::MAX - 1
        );
        stream.write_all(head.as_bytes()).unwrap();
        let piece = vec![b' '; 64 * 1024];
        let taken = (0..1024)
            .take_while(|_| stream.write_all(&piece).is_ok())
            .count();
        assert!(taken < 1024, "64 MiB were taken at {path}");
    }
    for body in [
        br#"{"count":1,"count":2}"#.as_slice(),
        br#"{"count":1e400}"#,
        br#"{"count":1}{"count":1}"#,
        &deep("[", 500),
    ] {
        assert_eq!(desk.post("/v1/tickets", body).problem(), "http.malformed");
    }
    // Sizes that lie.
    for length in ["-1", "1e3", "18446744073709551616", "+1", "", "0x10"] {
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", length),
            ("upload-metadata", "sha256 eA=="),
        ];
        let answer = desk.send("POST", "/v1/blobs", &headers, b"");
        assert_eq!(answer.problem(), "http.malformed", "{length}");
    }
    let nowhere = "/v1/blobs/00000000-0000-7000-8000-000000000000";
    for offset in ["18446744073709551615", "0"] {
        let answer = desk.send("PATCH", nowhere, &patch_headers(offset), b"x");
        assert_eq!(answer.problem(), "http.not_found");
    }
    service.answers();
    let grown = service.peak_kib() - before;
    assert!(grown < GROWTH_KIB, "it grew by {grown} KiB");
}

/// One attacker's connections, from an address of its own in the loopback range.
fn attack(from: [u8; 4], to: SocketAddr, n: usize) -> Vec<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut open = Vec::new();
        for _ in 0..n {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((from, 0))).unwrap();
            let connecting = tokio::time::timeout(Duration::from_secs(2), socket.connect(to));
            if let Ok(Ok(stream)) = connecting.await {
                let stream = stream.into_std().unwrap();
                stream.set_nonblocking(false).unwrap();
                open.push(stream);
            }
        }
        open
    })
}

#[test]
fn two_thousand_silent_connections_of_one_address_keep_nobody_out() {
    let (_rig, service) = Service::start("[limits]\nheader_timeout_ms = 20000");
    service.answers();
    let before = service.peak_kib();
    // Silent, and with the beginning of a handshake that never ends.
    let mut open = attack([127, 0, 0, 66], service.addr, 2_000);
    for stream in &mut open {
        let _ = stream.write_all(&[22, 3, 1, 2, 0, 1, 0, 1]);
    }
    for _ in 0..3 {
        service.answers();
    }
    let grown = service.peak_kib() - before;
    assert!(grown < GROWTH_KIB, "it grew by {grown} KiB");
    // All but its share were turned away at once, not held.
    let mut held = 0;
    for stream in &mut open {
        stream
            .set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        let mut byte = [0];
        if matches!(stream.read(&mut byte), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
        {
            held += 1;
        }
    }
    assert!(held <= 128, "{held} are held");
}

#[test]
fn slow_headers_and_slow_bodies_end_in_time_and_keep_nobody_out() {
    let limits = "[limits]\nheader_timeout_ms = 1500\nbody_idle_timeout_ms = 700";
    let (_rig, service) = Service::start(limits);
    let began = Instant::now();
    let desk = service.desk();
    let heads = [
        "GET /healthz HTTP/1.1\r\nhost: l",
        "POST /v1/tickets HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{",
        "POST /v1/bundles HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n",
    ];
    let mut slow: Vec<_> = (0..30)
        .map(|n| {
            let mut stream = desk.connect();
            stream.write_all(heads[n % heads.len()].as_bytes()).unwrap();
            stream.flush().unwrap();
            stream
        })
        .collect();
    service.answers();
    for stream in &mut slow {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    service.answers();
}
