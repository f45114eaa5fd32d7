//! A good visit is filed once, answered for always, and found by who may look.

use bundle::{Receipt, SignedReceipt, VisitId};
use jiff::Timestamp;
use verifier::log;

use crate::client::Answer;
use crate::desk::{Desk, NAME, NUMBER, pdf};
use crate::rig::{Rig, logs};

pub fn receipt(rig: &Rig, answer: &Answer) -> Receipt {
    let receipt: SignedReceipt = serde_json::from_value(answer.json()["receipt"].clone()).unwrap();
    receipt.verify(&rig.receipt_key()).unwrap()
}

#[test]
fn a_visit_goes_from_its_ticket_to_the_wallet() {
    let mut rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());

    // The manifest before its blobs: told which are missing, all of them.
    let early = desk.post(&sealed);
    assert_eq!(
        (early.status, early.problem().as_str()),
        (409, "http.blobs_missing")
    );
    let missing: Vec<String> = serde_json::from_value(early.json()["missing"].clone()).unwrap();
    assert_eq!(
        missing,
        sealed
            .blobs()
            .iter()
            .map(|blob| blob.digest.to_string())
            .collect::<Vec<_>>()
    );
    assert_eq!(
        desk.client
            .get(&format!("/v1/bundles/{}", sealed.digest()))
            .status,
        404
    );

    desk.upload_all(&sealed);
    let first = desk.post(&sealed);
    assert_eq!(
        first.status,
        201,
        "{}",
        String::from_utf8_lossy(&first.body)
    );
    assert_eq!(first.json()["outcome"], "filed");
    let receipt = receipt(&rig, &first);
    assert_eq!(
        (receipt.bundle, &receipt.station),
        (sealed.digest(), &desk.id)
    );
    assert_eq!(first.json()["entry"], receipt.entry.to_string());

    // The receipt stands in the log that the world sees.
    log::check_receipt(&receipt, &rig.public("log.vkey")).unwrap();
    let head = rig.stranger().get("/log/checkpoint");
    assert_eq!(head.body, receipt.log.checkpoint.as_bytes());
    let leaf = rig.stranger().get("/log/tile/entries/000.p/1").body;
    assert_eq!(
        leaf[2..],
        log::leaf(
            &receipt.bundle,
            receipt.entry,
            &receipt.station,
            receipt.filed_at
        )
    );
    let hashes = rig.stranger().get("/log/tile/0/000.p/1").body;
    assert_eq!(hashes, tlog_tiles::record_hash(&leaf[2..]).0);
    assert_eq!(rig.stranger().get("/log/tile/0/000").status, 404);

    // Again, and again after a restart: the same receipt, byte for byte. Nobody need send the blobs again.
    let again = desk.post(&sealed);
    assert_eq!((again.status, &again.body), (200, &first.body));
    let blob = sealed.blobs()[0].digest;
    assert_eq!(
        desk.client
            .send("HEAD", &format!("/v1/blobs/sha256:{blob}"), &[], b"")
            .status,
        200
    );
    let (device, digest) = (desk.device, sealed.digest());
    rig.restart();
    let client = rig.client(Some(&device));
    assert_eq!(
        client.post("/v1/bundles", sealed.envelope_json()).body,
        first.body
    );
    let status = client.get(&format!("/v1/bundles/{digest}"));
    assert_eq!(
        (status.status, &status.json()["outcome"]),
        (200, &"filed".into())
    );
    let alone: serde_json::Value = client.get(&format!("/v1/bundles/{digest}/receipt")).json();
    assert_eq!(alone, first.json()["receipt"]);

    // Another station does not see it, and may not post it.
    let other = rig.station("tram-02");
    let other = rig.client(Some(&other));
    assert_eq!(other.get(&format!("/v1/bundles/{digest}")).status, 404);
    let foreign = other.post("/v1/bundles", sealed.envelope_json());
    assert_eq!(
        (foreign.status, foreign.problem().as_str()),
        (403, "http.wrong_station")
    );

    // Who may look finds the paper as it was sealed.
    let found = rig.reader().post(
        "/v1/wallets/lookup",
        format!(r#"{{"personal_id":"{NUMBER}"}}"#).as_bytes(),
    );
    let wallet = found.json()["wallet"].as_str().unwrap().to_owned();
    let entries = rig
        .reader()
        .get(&format!("/v1/wallets/{wallet}/entries"))
        .json();
    let entry = &entries["entries"][0];
    assert_eq!(entry["entry"], receipt.entry.to_string());
    assert_eq!(entry["clone_check"], "signed_by_chip");
    assert_eq!(entry["identified_by"], "machine");
    assert_eq!(entry["documents"][0]["grade"], "g0");
    assert_eq!(entry["documents"][0]["title"], "Giấy khai sinh");
    let paper = rig.reader().get(&format!(
        "/v1/wallets/{wallet}/entries/{}/documents/0",
        receipt.entry
    ));
    assert_eq!(paper.header("content-type"), Some("application/pdf"));
    assert_eq!(paper.body, pdf(2));
    assert_eq!(
        rig.reader()
            .get(&format!(
                "/v1/wallets/{wallet}/entries/{}/documents/1",
                receipt.entry
            ))
            .status,
        404
    );

    let logs = logs();
    assert!(
        logs.contains(&digest.to_string()),
        "the log names the bundle"
    );
    for secret in [NUMBER, NAME, "NGUYEN", "THU"] {
        assert!(!logs.contains(secret), "the log holds {secret}");
    }
}

#[test]
fn parallel_posts_of_one_bundle_get_one_receipt() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    desk.upload_all(&sealed);
    let mut answers: Vec<Answer> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..6).map(|_| scope.spawn(|| desk.post(&sealed))).collect();
        posts.into_iter().map(|post| post.join().unwrap()).collect()
    });
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(
        answers
            .iter()
            .map(|answer| answer.status)
            .collect::<Vec<_>>(),
        [200, 200, 200, 200, 200, 201]
    );
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    let head = rig.stranger().get("/log/checkpoint");
    assert_eq!(
        log::read_checkpoint(&head.body, &rig.public("log.vkey"))
            .unwrap()
            .size(),
        1
    );
}

#[test]
fn one_ticket_opens_one_visit() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let ticket = desk.tickets(1).remove(0);
    let card = desk.card();
    let first = desk.visit_with(ticket.clone(), &card);
    let second = desk.visit_with(ticket.clone(), &card);
    assert_eq!(desk.send(first).1.status, 201);
    let (sealed, answer) = desk.send(second);
    assert_eq!(
        (answer.status, answer.faults()),
        (422, vec!["examine.ticket_spent".to_owned()])
    );
    let status = desk
        .client
        .get(&format!("/v1/bundles/{}", sealed.digest()))
        .json();
    assert_eq!(
        (&status["outcome"], &status["codes"][0]),
        (&"refused".into(), &"examine.ticket_spent".into())
    );

    // The same visit under another ticket, as a desk restored from an old copy might send it.
    let visit = VisitId::at(Timestamp::now());
    let mut tickets = desk.tickets(2);
    let mut make = || {
        let ticket = tickets.remove(0);
        let mut made = desk.visit_with(ticket.clone(), &card);
        made.evidence = crate::desk::read_card(&card, &ticket, visit);
        made.claims.visit = visit;
        made.claims.face = crate::desk::face(&made.claims, bundle::MatchOutcome::Match, 0.71);
        made
    };
    let (one, two) = (make(), make());
    assert_eq!(desk.send(one).1.status, 201);
    assert_eq!(desk.send(two).1.faults(), ["examine.visit_filed"]);
}
