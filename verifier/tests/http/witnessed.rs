//! The log before the eyes of others: witnesses that cosign, a monitor that follows, a client that asks for both.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use verifier::witness::{RunningWitness, Witness, serve};
use verifier::{CheckOptions, check, log};

use crate::desk::Desk;
use crate::program;
use crate::rig::Rig;

/// Two witnesses of the rig's log, beside one that takes a connection and never answers, and one that is gone.
struct Witnessed {
    rig: Rig,
    _running: Vec<RunningWitness>,
    _silent: TcpListener,
}

fn witnessed() -> Witnessed {
    let mut rig = Rig::new("");
    let vkey = rig.public("log.vkey");
    let mut policy = String::new();
    let mut running = Vec::new();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for n in 1..=4 {
        let folder = rig.path(&format!("w{n}"));
        let cosigner = Witness::init(&folder, &format!("w{n}.example")).unwrap();
        let addr = match n {
            1 | 2 => {
                Witness::follow(&folder, &vkey).unwrap();
                let witness = Witness::open(&folder).unwrap();
                running.push(serve(witness, "127.0.0.1:0".parse().unwrap()).unwrap());
                running[n - 1].addr().to_string()
            }
            3 => silent.local_addr().unwrap().to_string(),
            _ => "127.0.0.1:9".to_owned(),
        };
        policy.push_str(&format!(
            "witness w{n} {} http://{addr}/\n",
            cosigner.vkey()
        ));
    }
    policy.push_str("group two 2 w1 w2 w3 w4\nquorum two\n");
    std::fs::write(rig.path("log.policy"), policy).unwrap();
    let settings = rig.path("verifier.toml");
    let more = "\n[log]\npolicy = 'log.policy'\nask_every_s = 1\n";
    let text = std::fs::read_to_string(&settings).unwrap() + more;
    std::fs::write(&settings, text).unwrap();
    rig.restart();
    Witnessed {
        rig,
        _running: running,
        _silent: silent,
    }
}

fn monitor(rig: &Rig, more: &[&str]) -> Output {
    let addr = rig.running.as_ref().unwrap().addr();
    let (ca, vkey) = (
        rig.keys.public().join("server-ca.pem"),
        rig.keys.public().join("log.vkey"),
    );
    let address = format!("https://localhost:{}/log", addr.port());
    Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["log", "monitor", &address, "--json"])
        .args(["--vkey", vkey.to_str().unwrap()])
        .args(["--ca", ca.to_str().unwrap()])
        .args(more)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn receipt_state(rig: &Rig, bundle: &Path, trust: PathBuf) -> (String, Vec<String>) {
    let options = CheckOptions {
        trust,
        keys: Some(rig.path("keys")),
        receipt: None,
        accept_simulated: false,
    };
    let checked = check(bundle, &options, jiff::Timestamp::now()).unwrap();
    let cosigned = checked
        .report
        .checks
        .iter()
        .find(|check| check.name == "receipt.cosigned")
        .unwrap();
    let codes = cosigned.faults.iter().map(|fault| fault.code.to_owned());
    (format!("{:?}", cosigned.state), codes.collect())
}

#[test]
fn filing_waits_for_no_witness_and_receipts_are_renewed_with_their_word() {
    let Witnessed { rig, .. } = &witnessed();
    let desk = Desk::new(rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    desk.upload_all(&sealed);
    let began = Instant::now();
    let answer = desk.post(&sealed);
    assert_eq!(answer.status, 201);
    // The silent one would be waited for ten seconds.
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );

    let bundle = sealed.digest();
    let first = desk.client.get(&format!("/v1/bundles/{bundle}/receipt"));
    std::fs::write(sealed.dir().join("receipt.json"), &first.body).unwrap();
    let trust = rig.path("trust");
    std::fs::create_dir(&trust).unwrap();
    for file in ["station-ca.pem", "receipt.pub.pem", "log.vkey"] {
        std::fs::write(trust.join(file), rig.public(file)).unwrap();
    }
    std::fs::copy(rig.path("log.policy"), trust.join("log.policy")).unwrap();
    assert_eq!(
        receipt_state(rig, sealed.dir(), trust.clone()),
        ("Fail".to_owned(), vec!["log.too_few_witnesses".to_owned()]),
        "what was filed a moment ago nobody has cosigned"
    );

    let policy = log::Policy::parse(&std::fs::read_to_string(rig.path("log.policy")).unwrap());
    let policy = policy.unwrap();
    let head = loop {
        let head = rig.stranger().get("/log/checkpoint").body;
        if policy.check(&head).is_ok() {
            break head;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "nobody cosigned");
        std::thread::sleep(Duration::from_millis(100));
    };
    log::read_checkpoint(&head, &rig.public("log.vkey")).unwrap();
    go_agrees(rig, &policy, &answer);
    let renewed = desk
        .client
        .get(&format!("/v1/bundles/{bundle}/receipt/renewed"));
    assert_eq!(renewed.status, 200);
    std::fs::write(sealed.dir().join("receipt.json"), &renewed.body).unwrap();
    assert_eq!(
        receipt_state(rig, sealed.dir(), trust.clone()),
        ("Pass".to_owned(), Vec::new())
    );
    // The receipt itself is the one it was, and another station is told nothing.
    let again = desk.client.get(&format!("/v1/bundles/{bundle}/receipt"));
    assert_eq!(again.body, first.body);
    let other = rig.station("tram-02");
    let path = format!("/v1/bundles/{bundle}/receipt/renewed");
    assert_eq!(rig.client(Some(&other)).get(&path).status, 404);
    assert_eq!(rig.stranger().get(&path).status, 401);

    // A policy that cannot be read is no policy that is met.
    std::fs::write(trust.join("log.policy"), "quorum all\n").unwrap();
    let options = CheckOptions {
        trust,
        keys: None,
        receipt: None,
        accept_simulated: false,
    };
    let error = check(sealed.dir(), &options, jiff::Timestamp::now()).unwrap_err();
    assert_eq!(error.code(), "log.policy");
}

/// Go's sumdb reads the live log over TLS: the head, both cosignatures, the leaf, and the receipt's own proof.
fn go_agrees(rig: &Rig, policy: &log::Policy, answer: &crate::client::Answer) {
    let port = rig.running.as_ref().unwrap().addr().port();
    let address = format!("https://localhost:{port}/log");
    let ca = rig.keys.public().join("server-ca.pem");
    let said = crate::filing::receipt(rig, answer);
    let leaf = log::leaf(&said.bundle, said.entry, &said.station, said.filed_at);
    let receipt = |leaf: &[u8]| {
        serde_json::json!({
            "index": said.log.index, "tree_size": said.log.tree_size, "inclusion": said.log.inclusion,
            "checkpoint": said.log.checkpoint, "leaf": hex::encode(leaf)})
    };
    let witnesses: Vec<String> = policy.witnesses().iter().map(|w| w.key.vkey()).collect();
    let input = |leaf: &[u8]| {
        serde_json::json!({
            "old": said.log.checkpoint, "witnesses": witnesses, "receipts": [receipt(leaf)]})
    };
    let vkey = rig.public("log.vkey");
    let Some(told) = program::judged_good(&address, &vkey, Some(&ca), &input(&leaf)) else {
        return;
    };
    assert_eq!(told, "1 leaves, 1 receipts, 2 cosignatures");
    let mut other = leaf.clone();
    other[40] ^= 1;
    assert_eq!(
        program::judged_bad(&address, &vkey, Some(&ca), &input(&other)).unwrap(),
        "receipt of leaf 0: another leaf"
    );
}

#[test]
fn a_monitor_follows_the_live_log_and_sees_it_rewritten() {
    let mut rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let state = rig.path("monitor.json");
    let state = ["--state", state.to_str().unwrap()];
    for n in 1..=3 {
        let sealed = desk.seal(desk.visit());
        desk.upload_all(&sealed);
        assert_eq!(desk.post(&sealed).status, 201);
        let looked = monitor(&rig, &state);
        assert_eq!(looked.status.code(), Some(0), "{looked:?}");
        let report = &json(&looked)["report"];
        assert_eq!(
            (&report["size"], &report["new"], &report["counts"]["filed"]),
            (&n.into(), &1.into(), &n.into())
        );
    }
    let full = monitor(&rig, &["--full", state[0], state[1]]);
    assert_eq!(json(&full)["report"]["new"], 3);
    // A leaf edited in the store.
    let edit = |sql: &str| {
        let database = rusqlite::Connection::open(rig.path("data/verifier.sqlite")).unwrap();
        database.execute_batch(sql).unwrap();
    };
    edit(
        "DROP TRIGGER sum_other_leaf; UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), 'tram-01',
         'tram-09') AS BLOB) WHERE n = 1",
    );
    let looked = monitor(&rig, &["--full", state[0], state[1]]);
    assert_eq!(
        (looked.status.code(), &json(&looked)["code"]),
        (Some(1), &"monitor.leaf_altered".into())
    );
    edit(
        "UPDATE leaf SET data = CAST(replace(CAST(data AS TEXT), 'tram-09', 'tram-01') AS BLOB) WHERE n = 1",
    );
    assert_eq!(monitor(&rig, &state).status.code(), Some(0));
    // The whole store lost and begun again: the log is shorter than it was.
    rig.running.take().unwrap().shutdown();
    std::fs::remove_dir_all(rig.path("data")).unwrap();
    rig.restart();
    let looked = monitor(&rig, &state);
    assert_eq!(
        (looked.status.code(), &json(&looked)["code"]),
        (Some(1), &"monitor.shrunk".into())
    );
    rig.running.take().unwrap().shutdown();
    let gone = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["log", "monitor", "https://127.0.0.1:9/log", "--json"])
        .args(["--vkey", &rig.public("log.vkey"), state[0], state[1]])
        .output()
        .unwrap();
    assert_eq!(
        (gone.status.code(), &json(&gone)["code"]),
        (Some(3), &"monitor.unreachable".into())
    );
}

#[test]
fn a_grade_raised_in_the_store_is_not_what_the_desk_sealed() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    desk.upload_all(&sealed);
    assert_eq!(desk.post(&sealed).status, 201);
    let fsck = || {
        let output = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .args(["log", "fsck", "--json", "--config"])
            .arg(rig.path("verifier.toml"))
            .output()
            .unwrap();
        let findings = json(&output)["findings"].as_array().unwrap().clone();
        let codes = findings.iter().map(|finding| {
            let code = finding.as_str().unwrap().split(' ').next().unwrap();
            code.to_owned()
        });
        (output.status.code(), codes.collect::<Vec<_>>())
    };
    assert_eq!(fsck(), (Some(0), Vec::new()));
    let database = rusqlite::Connection::open(rig.path("data/verifier.sqlite")).unwrap();
    database
        .execute_batch(
            "CREATE TEMP TABLE kept AS SELECT sql FROM sqlite_master WHERE name = 'sum_other_document';
             DROP TRIGGER sum_other_document; UPDATE document SET grade = 'g3'",
        )
        .unwrap();
    let trigger: String = database
        .query_row("SELECT sql FROM kept", [], |row| row.get(0))
        .unwrap();
    database.execute_batch(&trigger).unwrap();
    let (status, codes) = fsck();
    assert_eq!(status, Some(1));
    assert_eq!(codes, ["fsck.rows_altered", "fsck.document_differs"]);
}
