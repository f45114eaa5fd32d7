//! securesystemslib, in whose house DSSE is at home, judges every kind of envelope that we sign, and we read what it
//! signs. It is started through `dsse.py`, by the Python that `NIEM_SEALS` names.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use bundle::{
    BundleDigest, EntryId, Epoch, LogProof, Occasion, OperatorId, Receipt, Role, SealingKey as _,
    Seen, SightingReason, SignedEpoch, SignedReceipt, SignedSighting, SignedTicket, StationId,
    VisitId,
};
use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::desk::{Enrolled, SOD, World, noon};
use crate::forge::{Forge, STATEMENT_TYPE, decrypt, seal_in, sha256, unbase64};

/// The Python with securesystemslib in it; `cargo xtask test` fetches it and sets NIEM_JUDGES: there nothing is left out.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("NIEM_SEALS");
    if python.is_none() {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "NIEM_SEALS is not set"
        );
        eprintln!("left out: NIEM_SEALS is not set; cargo xtask test sets it");
    }
    python
}

/// One process for all tasks, an answer each.
fn ask(python: &std::ffi::OsStr, tasks: &[Value]) -> Vec<Value> {
    let mut judge = Command::new(python)
        .arg("-c")
        .arg(include_str!("dsse.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = tasks.iter().map(|task| format!("{task}\n")).collect();
    let mut stdin = judge.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let found = judge.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(found.status.success());
    let answers: Vec<_> = String::from_utf8(found.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), tasks.len());
    answers
}

/// A person's or a desk's key, as the judge wants to know it.
fn p256(of: &Enrolled) -> Value {
    json!({
        "keyid": sha256(of.file_key().certificate()),
        "keytype": "ecdsa",
        "scheme": "ecdsa-sha2-nistp256",
        "public": KeyPair::from_pem(&of.key).unwrap().public_key_pem(),
        "private": of.key,
    })
}

/// The verifier's key, likewise.
fn ed25519(world: &World) -> Value {
    let public = world.receipts.public_key();
    json!({
        "keyid": public.keyid(),
        "keytype": "ed25519",
        "scheme": "ed25519",
        "public": hex::encode(public.as_bytes()),
        "private": world.receipts.to_pem().as_str(),
    })
}

fn receipt() -> Receipt {
    Receipt {
        bundle: BundleDigest::of(b"bundle"),
        entry: EntryId::at(noon()),
        station: StationId::new("hn-0101").unwrap(),
        visit: VisitId::at(noon()),
        filed_at: noon(),
        log: LogProof {
            index: 0,
            tree_size: 1,
            inclusion: Vec::new(),
            checkpoint: "niem.example/log\n1\nroot\n\n— niem.example/log sig\n".into(),
        },
    }
}

fn epoch(world: &World) -> Epoch {
    Epoch {
        epoch: 2,
        verifier: world.verifier.recipients().remove(0),
        recovery: world.recovery.recipients().remove(0),
        since: noon(),
    }
}

fn sighting(world: &World, ticket: &SignedTicket) -> SignedSighting {
    let station = StationId::new("hn-0101").unwrap();
    let occasion = Occasion::new(ticket, VisitId::at(noon()), station, SOD);
    let seen = Seen {
        official: OperatorId::new("nv-0042").unwrap(),
        role: Role::Clerk,
        outcome: bundle::MatchOutcome::Match,
        reason: SightingReason::AgedPortrait,
        at: noon(),
    };
    SignedSighting::sign(occasion, seen, &world.operator.file_key()).unwrap()
}

/// Every kind of envelope that is ours, and whose signatures must be under it.
fn ours(world: &World) -> Vec<(&'static str, Value, Vec<Value>)> {
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(world, dir.path());
    let blob = fs::read(sealed.blob_path(&sealed.blobs()[0].digest)).unwrap();
    let inner = decrypt(&blob, &world.verifier).split_off(64);
    let read = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap();
    let (device, operator) = (p256(&world.device), p256(&world.operator));
    let ticket = world.ticket();
    let verifier = vec![ed25519(world)];
    let receipt = SignedReceipt::issue(&receipt(), &world.receipts).to_json();
    let notice = SignedEpoch::issue(&epoch(world), &world.receipts).to_json();
    let seen = sighting(world, &ticket).envelope().to_json();
    vec![
        (
            "statement",
            read(sealed.envelope_json()),
            vec![device.clone()],
        ),
        ("manifest", read(&inner), vec![device, operator.clone()]),
        ("ticket", read(&ticket.to_json()), verifier.clone()),
        ("receipt", read(&receipt), verifier.clone()),
        ("epoch notice", read(&notice), verifier),
        ("sighting", read(&seen), vec![operator]),
    ]
}

fn flip(text: &mut Value, at: usize) {
    use base64::Engine as _;

    let mut bytes = unbase64(text);
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 1;
    *text = base64::engine::general_purpose::STANDARD
        .encode(bytes)
        .into();
}

/// What is done to an envelope that was good.
type Spoil = (&'static str, fn(&mut Value));

const SPOILS: [Spoil; 5] = [
    ("payload", |envelope| flip(&mut envelope["payload"], 40)),
    ("payload type", |envelope| {
        envelope["payloadType"] = "application/vnd.niem.other.v1+json".into();
    }),
    ("signature", |envelope| {
        flip(&mut envelope["signatures"][0]["sig"], 40);
    }),
    ("name of the key", |envelope| {
        envelope["signatures"][0]["keyid"] = sha256(b"another key").into();
    }),
    ("signature taken away", |envelope| {
        envelope["signatures"].as_array_mut().unwrap().pop();
    }),
];

#[test]
fn securesystemslib_accepts_ours_and_nothing_altered() {
    let Some(python) = python() else { return };
    let world = World::new();
    let stranger = p256(&world.authority.enrol("hn-0101", "station"));
    let (mut names, mut tasks) = (Vec::new(), Vec::new());
    let mut put = |name: String, envelope: &Value, keys: &[Value], good: bool| {
        tasks.push(json!({"do": "verify", "envelope": envelope, "keys": keys}));
        names.push((name, good, keys.len()));
    };
    for (kind, envelope, keys) in ours(&world) {
        put(format!("{kind}, as it is"), &envelope, &keys, true);
        for (spoil, altered) in SPOILS {
            let mut spoiled = envelope.clone();
            altered(&mut spoiled);
            put(format!("{kind}, {spoil}"), &spoiled, &keys, false);
        }
        // Another's key under the name of the right one.
        let mut swapped = keys.clone();
        for (field, value) in stranger.as_object().unwrap() {
            if field != "keyid" {
                swapped[0][field] = value.clone();
            }
        }
        put(format!("{kind}, another key"), &envelope, &swapped, false);
    }
    let answers = ask(&python, &tasks);
    assert_eq!(answers.len(), 6 * 7);
    for ((name, good, signers), answer) in names.iter().zip(&answers) {
        let accepted = answer["accepted"].as_array().map(Vec::len);
        assert_eq!(accepted, good.then_some(*signers), "{name}: {answer}");
    }
}

#[test]
fn we_accept_what_securesystemslib_signs() {
    let Some(python) = python() else { return };
    let world = World::new();
    let (device, operator) = (p256(&world.device), p256(&world.operator));
    let sign = |kind: &str, payload: &[u8], keys: &[&Value]| json!({"do": "sign", "payloadType": kind, "payload": hex::encode(payload), "keys": keys});
    // The verifier's words, each with its payload as we write it and no signature of ours.
    let verifier = ed25519(&world);
    let theirs: Vec<_> = ours(&world)
        .into_iter()
        .filter(|(_, _, keys)| keys[0]["keytype"] == "ed25519")
        .map(|(_, envelope, _)| {
            let kind = envelope["payloadType"].as_str().unwrap().to_owned();
            sign(&kind, &unbase64(&envelope["payload"]), &[&verifier])
        })
        .collect();
    let [ticket, receipt_of_theirs, notice] = ask(&python, &theirs).try_into().unwrap();
    let key = world.receipts.public_key();
    let ticket: SignedTicket = serde_json::from_value(ticket).unwrap();
    assert_eq!(ticket.verify(key).unwrap().station.as_str(), "hn-0101");
    let bytes = |value: &Value| serde_json::to_vec(value).unwrap();
    let read = SignedReceipt::from_json(&bytes(&receipt_of_theirs)).unwrap();
    let signed = hex::decode(theirs[1]["payload"].as_str().unwrap()).unwrap();
    let signed: Receipt = serde_json::from_slice(&signed).unwrap();
    assert_eq!(read.verify(key).unwrap(), signed);
    let read = SignedEpoch::from_json(&bytes(&notice)).unwrap();
    assert_eq!(read.verify(key).unwrap(), epoch(&world));

    // A whole bundle: its manifest signed over there by two, its statement by one.
    let dir = tempfile::tempdir().unwrap();
    let mut forge = Forge::new(&world);
    let (judge, keys) = (python.clone(), [device.clone(), operator]);
    forge.last_inner = Box::new(move |inner| {
        let kind = inner["payloadType"].as_str().unwrap();
        let task = sign(kind, &unbase64(&inner["payload"]), &[&keys[0], &keys[1]]);
        *inner = ask(&judge, &[task]).remove(0);
    });
    forge.last_outer = Box::new(move |outer| {
        let task = sign(STATEMENT_TYPE, &unbase64(&outer["payload"]), &[&device]);
        *outer = ask(&python, &[task]).remove(0);
    });
    forge.put_together(dir.path());
    let envelope = fs::read(dir.path().join("outer.dsse.json")).unwrap();
    let blobs = dir.path().join("blobs");
    let blobs = blobs.as_path();
    let opened = bundle::open(&envelope, &blobs, &world.verifier, &world.trust, noon()).unwrap();
    assert!(opened.faulty_parts().is_empty());
}
