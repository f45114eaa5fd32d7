//! The same doors over a province's store: a desk does not care which of its verifiers answers.

use bundle::SignedReceipt;
use verifier::Config;

use crate::client::Client;
use crate::desk::Desk;
use crate::rig::Rig;
use crate::servers::{self, Bucket, Postgres};

/// Settings that name servers of the test's own.
fn settings(url: &str, bucket: &Bucket, secrets: &std::path::Path) -> String {
    for (file, secret) in [
        ("access", Bucket::ACCESS_KEY),
        ("secret", Bucket::SECRET_KEY),
    ] {
        std::fs::write(secrets.join(file), secret).unwrap();
    }
    format!(
        "[store]\nkind = 'postgres'\n\
         [store.postgres]\nurl = '{url}'\n\
         [store.s3]\nendpoint = '{}'\nbucket = '{}'\nprefix = 'wallets'\n\
         access_key_file = '{2}/access'\nsecret_key_file = '{2}/secret'\n",
        bucket.endpoint,
        Bucket::NAME,
        secrets.display()
    )
}

#[test]
fn a_visit_is_filed_by_one_verifier_and_answered_for_by_another() {
    if !servers::are_here() {
        return;
    }
    let (postgres, bucket) = (Postgres::start(), Bucket::start());
    let secrets = tempfile::tempdir().unwrap();
    let url = postgres.database("niem");
    let rig = Rig::new(&settings(&url, &bucket, secrets.path()));
    let desk = Desk::new(&rig, "tram-01");
    let sealed = desk.seal(desk.visit());
    assert_eq!(desk.post(&sealed).problem(), "http.blobs_missing");

    // A second verifier, with a folder of its own and the first one's keys and servers.
    let text = std::fs::read_to_string(rig.path("verifier.toml")).unwrap();
    let text = text.replace("data = 'data'", "data = 'second'");
    let second = verifier::serve(Config::parse(&text, rig.place.path()).unwrap()).unwrap();
    let identity = (desk.device.certificate.as_str(), desk.device.key.as_str());
    let other = Client::new(second.addr(), &rig.public("server-ca.pem"), Some(identity));
    let post = || other.post("/v1/bundles", sealed.envelope_json());

    // One takes the blobs, the other the manifest.
    desk.upload_all(&sealed);
    let first = post();
    assert_eq!(
        first.status,
        201,
        "{}",
        String::from_utf8_lossy(&first.body)
    );
    let receipt: SignedReceipt = serde_json::from_value(first.json()["receipt"].clone()).unwrap();
    let told = receipt.verify(&rig.receipt_key()).unwrap();
    verifier::log::check_receipt(&told, &rig.public("log.vkey")).unwrap();
    let again = desk.post(&sealed);
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["receipt"], first.json()["receipt"]);
    assert_eq!(rig.stranger().get("/readyz").status, 200);

    // The database is away: "ask again", and never "refused".
    drop(postgres);
    for away in [desk.post(&sealed), post()] {
        let problem = (away.status, away.problem());
        assert_eq!(problem, (503, "store.database".to_owned()));
    }
    assert_eq!(rig.stranger().get("/readyz").status, 503);
    assert_eq!(rig.stranger().get("/healthz").status, 200);
}
