//! Erasure and the journal as people meet them: by the command line and by the doors.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::desk::Desk;
use crate::rig::{PURPOSE, Rig};

fn erase(rig: &Rig, personal_id: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["wallet", "erase", "--json", "--config"])
        .arg(rig.path("verifier.toml"))
        .args(["--by", "nv-0042", "--basis", "QĐ 12/2026"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(format!("{personal_id}\n").as_bytes())
        .unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

#[test]
fn an_erasure_beside_the_running_service_leaves_log_and_store_sound() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    desk.upload_all(&sealed);
    assert_eq!(desk.post(&sealed).status, 201);
    let personal_id = crate::desk::NUMBER;
    let lookup = format!("{{\"personal_id\":\"{personal_id}\"}}");
    let found = rig.reader().post("/v1/wallets/lookup", lookup.as_bytes());
    let wallet = found.json()["wallet"].as_str().unwrap().to_owned();
    let entries = rig
        .reader()
        .get(&format!("/v1/wallets/{wallet}/entries"))
        .json();
    let paper = format!(
        "/v1/wallets/{wallet}/entries/{}/documents/0",
        entries["entries"][0]["entry"].as_str().unwrap()
    );
    let purpose = [("niem-purpose", "cấp đổi giấy khai sinh")];
    assert_eq!(rig.reader().send("GET", &paper, &purpose, b"").status, 200);

    // The journal is not for every reader, and says all of that to whom it is for.
    let journal = format!("/v1/wallets/{wallet}/journal");
    assert_eq!(rig.reader().get(&journal).problem(), "access.scope");
    assert_eq!(rig.stranger().get(&journal).problem(), "access.missing");
    let keeper = rig.keeper();
    assert_eq!(
        keeper
            .post("/v1/wallets/lookup", lookup.as_bytes())
            .problem(),
        "access.scope"
    );
    let looks = keeper.get(&journal).json();
    let told: Vec<_> = looks["looks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|look| {
            let text = |name: &str| look[name].as_str().unwrap().to_owned();
            (text("reader"), text("looked"), text("purpose"))
        })
        .collect();
    let line = |reader: &str, looked: &str, purpose: &str| {
        (reader.to_owned(), looked.to_owned(), purpose.to_owned())
    };
    assert_eq!(
        told,
        [
            line("one-stop", "for_wallet", PURPOSE),
            line("one-stop", "at_entries", PURPOSE),
            line("one-stop", "at_document", purpose[0].1),
            line("keeper", "at_journal", "reads it out to the citizen"),
        ]
    );
    let next = looks["next"].as_u64().unwrap();
    let more = keeper
        .get(&format!("{journal}?after={next}&limit=5"))
        .json();
    assert_eq!(more["looks"].as_array().unwrap().len(), 1);
    for wrong in ["?after=-1", "?limit=x", "?since=1"] {
        assert_eq!(
            keeper.get(&format!("{journal}{wrong}")).problem(),
            "http.malformed"
        );
    }

    let erased = erase(&rig, personal_id);
    assert_eq!(erased.status.code(), Some(0), "{erased:?}");
    let document: serde_json::Value = serde_json::from_slice(&erased.stdout).unwrap();
    assert_eq!(
        (&document["erased"]["leaf"], &document["erased"]["entries"]),
        (&1.into(), &1.into())
    );
    let again = erase(&rig, personal_id);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        String::from_utf8(again.stdout)
            .unwrap()
            .contains("wallet.unknown")
    );

    // The service knows at once, and a desk that comes again is told so.
    assert_eq!(
        rig.reader()
            .post("/v1/wallets/lookup", lookup.as_bytes())
            .status,
        404
    );
    assert_eq!(rig.reader().get(&paper).status, 404);
    assert_eq!(keeper.get(&journal).status, 404);
    assert_eq!(desk.post(&sealed).faults(), ["examine.bundle_erased"]);
    let status = desk.client.get(&format!("/v1/bundles/{}", sealed.digest()));
    assert_eq!(status.json()["outcome"], "erased");
    let head = rig.stranger().get("/log/checkpoint");
    assert!(String::from_utf8(head.body).unwrap().contains("\n2\n"));
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let config = rig.path("verifier.toml");
    let fsck = run(&[
        "log",
        "fsck",
        "--config",
        config.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(fsck.status.code(), Some(0), "{fsck:?}");
    let (ca, port) = (
        rig.keys.public().join("server-ca.pem"),
        rig.running.as_ref().unwrap().addr().port(),
    );
    let monitor = run(&[
        "log",
        "monitor",
        &format!("https://localhost:{port}/log"),
        "--vkey",
        &rig.public("log.vkey"),
        "--ca",
        ca.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(monitor.status.code(), Some(0), "{monitor:?}");
    let report: serde_json::Value = serde_json::from_slice(&monitor.stdout).unwrap();
    assert_eq!(report["report"]["counts"]["erased"], 1);
}
