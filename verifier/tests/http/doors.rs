//! Who may come in by which door, and how long anybody may stand in it.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::desk::Desk;
use crate::rig::Rig;

const STATION_DOORS: [(&str, &str); 8] = [
    ("POST", "/v1/tickets"),
    ("POST", "/v1/blobs"),
    (
        "HEAD",
        "/v1/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000",
    ),
    ("PATCH", "/v1/blobs/00000000-0000-7000-8000-000000000000"),
    ("DELETE", "/v1/blobs/00000000-0000-7000-8000-000000000000"),
    ("POST", "/v1/bundles"),
    (
        "GET",
        "/v1/bundles/0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "GET",
        "/v1/bundles/0000000000000000000000000000000000000000000000000000000000000000/receipt",
    ),
];

#[test]
fn the_doors_of_stations_open_to_stations_alone() {
    let rig = Rig::new("[stations]\nsuspended = ['tram-09']");
    let operator = rig.operator("nv-0042", "director");
    let suspended = rig.station("tram-09");
    let visitors = [
        (rig.stranger(), 401, "http.no_certificate"),
        (rig.client(Some(&operator)), 403, "http.not_a_station"),
        (rig.client(Some(&suspended)), 403, "http.station_suspended"),
        // A reader's token opens no door of a station.
        (rig.reader(), 401, "http.no_certificate"),
    ];
    for (client, status, code) in &visitors {
        for (method, path) in STATION_DOORS {
            let answer = client.send(method, path, &[], b"");
            assert_eq!(answer.status, *status, "{method} {path}");
            if method != "HEAD" {
                assert_eq!(answer.problem(), *code);
            }
        }
    }
}

#[test]
fn a_certificate_of_another_authority_does_not_even_connect() {
    let rig = Rig::new("");
    let abroad = Rig::new("");
    let foreign = abroad.station("tram-01");
    let mut stream = rig.client(Some(&foreign)).connect();
    // With TLS 1.3 the refusal is heard at the first reading.
    let _ = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .and_then(|()| stream.flush());
    let mut answer = Vec::new();
    assert!(stream.read_to_end(&mut answer).is_err());
    assert_eq!(answer, b"");
}

#[test]
fn anybody_may_ask_for_health_and_the_log_and_hears_problems_in_one_form() {
    let rig = Rig::new("");
    let stranger = rig.stranger();
    assert_eq!(
        (
            stranger.get("/healthz").status,
            stranger.get("/readyz").status
        ),
        (200, 200)
    );
    assert_eq!(stranger.get("/log/checkpoint").status, 200);
    assert_eq!(
        stranger.get("/log/tile/0/000.p/1").problem(),
        "http.not_found"
    );
    assert_eq!(stranger.get("/nowhere").problem(), "http.not_found");
    let method = stranger.send("DELETE", "/v1/bundles", &[], b"");
    assert_eq!(
        (method.status, method.problem().as_str()),
        (405, "http.method")
    );
}

#[test]
fn bodies_are_bounded_and_must_be_what_they_should_be() {
    let rig = Rig::new("[limits]\nmax_envelope_bytes = 2000");
    let desk = Desk::new(&rig, "tram-01");
    let large = desk.client.post("/v1/bundles", &vec![b' '; 2001]);
    assert_eq!(
        (large.status, large.problem().as_str()),
        (413, "http.body_too_large")
    );
    assert_eq!(
        desk.client.post("/v1/tickets", &vec![b' '; 2000]).status,
        413
    );
    assert_eq!(
        desk.client.post("/v1/bundles", b"{}").faults(),
        ["bundle.envelope_malformed"]
    );
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"count":0}"#,
        r#"{"count":201}"#,
        r#"{"count":-1}"#,
        r#"{"count":1,"x":1}"#,
    ] {
        let answer = desk.client.post("/v1/tickets", wrong.as_bytes());
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "http.malformed"),
            "{wrong}"
        );
    }
}

#[test]
fn a_trickle_holds_no_connection() {
    let rig = Rig::new("[limits]\nheader_timeout_ms = 500\nbody_idle_timeout_ms = 300");
    // Headers that never end.
    let mut slow = rig.stranger().connect();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: loc")
        .unwrap();
    slow.flush().unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "the connection was held"
    );
    assert!(!answer.starts_with(b"HTTP/1.1 200"));

    // A body that never ends.
    let desk = Desk::new(&rig, "tram-01");
    let mut slow = desk.client.connect();
    slow.write_all(b"POST /v1/tickets HTTP/1.1\r\nhost: localhost\r\ncontent-length: 11\r\n\r\n{")
        .unwrap();
    slow.flush().unwrap();
    let mut answer = [0; 12];
    slow.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}
