//! Tokens as clients live with them: for ten minutes, by one key, in good standing, for a purpose.

use std::process::{Command, Output};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use verifier::access::Scope;
use verifier::roster::{Manner, Revocation, Revoked};

use crate::client::Client;
use crate::desk::{Desk, NUMBER};
use crate::holder::{Holder, new_key, signer};
use crate::rig::{PURPOSE, Rig, logs};

const ENTRIES: &str = "/v1/wallets/00000000-0000-7000-8000-000000000000/entries";

fn integrators(rig: &Rig, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["integrators", "--json"])
        .args(arguments)
        .arg("--config")
        .arg(rig.path("verifier.toml"))
        .output()
        .unwrap()
}

/// Puts the public half of a key into a file as openssl writes it.
fn public_file(rig: &Rig, name: &str, pem: &str) -> String {
    let key = rcgen::KeyPair::from_pem(pem).unwrap();
    let path = rig.path(name);
    std::fs::write(&path, key.public_key_pem()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_integrator_is_registered_suspended_restored_and_rekeyed_by_command_and_at_once() {
    let mut rig = Rig::new("");
    let pem = new_key();
    let file = public_file(&rig, "soft.pub.pem", &pem);
    let add = [
        "add",
        "soft-hn",
        "--key",
        &file,
        "--scope",
        "wallets:read",
        "--scope",
        "events:read",
        "--purpose",
        "tra cứu",
        "--by",
        "gd-01",
    ];
    assert_eq!(integrators(&rig, &add).status.code(), Some(0));
    let again = integrators(&rig, &add);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stdout).contains("roster.integrator_known"));
    let list = integrators(&rig, &["list"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    assert!(list["integrators"].to_string().contains("soft-hn"));

    let soft = Arc::new(Holder::new("soft-hn", signer(&pem), Some("tra cứu")));
    let ask = |rig: &Rig| rig.stranger().held_by(&soft).get(ENTRIES);
    assert_eq!(ask(&rig).status, 404);
    // The token outlives a restart; the proof made before it does not, and a new one is asked for.
    let token = soft.token(&rig.stranger());
    rig.restart();
    assert_eq!(ask(&rig).status, 404);
    assert_eq!(soft.token(&rig.stranger()), token);

    let suspend = ["suspend", "soft-hn", "--by", "gd-01", "--reason", "thử"];
    assert_eq!(integrators(&rig, &suspend).status.code(), Some(0));
    let answer = ask(&rig);
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (401, "access.client_suspended")
    );
    let refused = soft.ask(&rig.stranger(), None);
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (401, &json!("invalid_client"))
    );
    assert_eq!(refused.json()["code"], "access.client_suspended");
    assert_eq!(
        integrators(&rig, &["restore", "soft-hn"]).status.code(),
        Some(0)
    );
    assert_eq!(ask(&rig).status, 404);

    // Another key: the token of the one before ends with it.
    let next = new_key();
    let file = public_file(&rig, "next.pub.pem", &next);
    let rekeyed = integrators(&rig, &["rekey", "soft-hn", "--key", &file]);
    assert_eq!(rekeyed.status.code(), Some(0));
    assert_eq!(ask(&rig).problem(), "access.client_suspended");
    assert_eq!(
        soft.ask(&rig.stranger(), None).json()["code"],
        "token.signature"
    );
    let soft = Arc::new(Holder::new("soft-hn", signer(&next), Some("tra cứu")));
    assert_eq!(rig.stranger().held_by(&soft).get(ENTRIES).status, 404);

    // What may not be registered is not.
    std::fs::write(rig.path("private.pem"), &next).unwrap();
    let private = rig.path("private.pem");
    for (arguments, code) in [
        (
            ["add", "soft-x1", "--key", &file, "--scope", "wallets:erase"],
            "roster.integrator",
        ),
        (
            ["add", "Soft X", "--key", &file, "--scope", "wallets:read"],
            "roster.integrator",
        ),
        (
            [
                "add",
                "soft-x2",
                "--key",
                private.to_str().unwrap(),
                "--scope",
                "wallets:read",
            ],
            "token.key_unfit",
        ),
    ] {
        let rest = ["--purpose", "p", "--by", "gd-01"];
        let output = integrators(&rig, &[arguments.as_slice(), &rest].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(code),
            "{output:?}"
        );
    }
    let nobody = integrators(&rig, &["restore", "nobody-here"]);
    assert!(String::from_utf8_lossy(&nobody.stdout).contains("roster.integrator_unknown"));
}

#[test]
fn a_token_has_no_more_than_was_asked_for_and_the_client_still_has() {
    let rig = Rig::new("");
    let soft = Arc::new(Holder::new("soft-01", signer(&new_key()), Some("p")));
    rig.register(
        &soft,
        &[Scope::WalletsRead, Scope::JournalRead, Scope::EventsRead],
        &["p"],
    );
    let line = rig.stranger();
    let narrow = soft.ask(&line, Some("events:read wallets:read"));
    assert_eq!(narrow.json()["scope"], "wallets:read events:read");
    assert_eq!(
        (&narrow.json()["token_type"], &narrow.json()["expires_in"]),
        (&json!("DPoP"), &json!(600))
    );
    assert_eq!(narrow.header("cache-control"), Some("no-store"));
    for wrong in [
        "documents:read",
        "wallets:read documents:read",
        "everything",
        " ",
        "wallets:read  events:read",
    ] {
        let answer = soft.ask(&line, Some(wrong));
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("invalid_scope")),
            "{wrong}"
        );
        assert_eq!(answer.json()["code"], "access.scope");
    }
    let client = rig.stranger().held_by(&soft);
    assert_eq!(client.get(ENTRIES).status, 404);
    // A scope that is taken away is gone from tokens that are out.
    rig.roster()
        .change_integrator("soft-01", |known| {
            known.scopes.retain(|one| *one != Scope::WalletsRead)
        })
        .unwrap();
    assert_eq!(client.get(ENTRIES).problem(), "access.scope");
    assert_eq!(client.get("/v1/events").status, 200);
}

#[test]
fn an_official_is_who_the_roster_says_until_it_says_otherwise() {
    let rig = Rig::new("[stations]\nsuspended_operators = ['cb-nghi']");
    let revoke = |revoked, manner| {
        let now = Timestamp::now();
        let revocation = Revocation {
            revoked,
            manner,
            from: now,
            recorded_at: now,
            by: "gd-01".to_owned(),
            reason: "test".to_owned(),
        };
        rig.roster().revoke(revocation).unwrap();
    };
    for (id, manner) in [
        ("cb-hai", Manner::Withdrawn),
        ("cb-ba", Manner::Compromised),
    ] {
        let clerk = rig.official(id, "clerk");
        let client = rig.stranger().held_by(&clerk);
        assert_eq!(client.get(ENTRIES).status, 404);
        revoke(Revoked::Operator(id.to_owned()), manner);
        assert_eq!(client.get(ENTRIES).problem(), "access.client_suspended");
        let refused = clerk.ask(&rig.stranger(), None);
        assert_eq!(refused.json()["code"], "access.client_suspended");
    }
    let suspended = rig.official("cb-nghi", "clerk");
    let refused = suspended.ask(&rig.stranger(), None);
    assert_eq!(refused.json()["code"], "access.client_suspended");

    // One certificate ends; another of the same person stands, and its role counts from now on.
    let first = rig.official("cb-tu", "clerk");
    let second = rig.official("cb-tu", "auditor");
    let key = rig
        .roster()
        .official("cb-tu")
        .unwrap()
        .unwrap()
        .certificates[0]
        .key
        .clone();
    assert_eq!(rig.stranger().held_by(&first).get(ENTRIES).status, 404);
    assert_eq!(
        rig.stranger().held_by(&second).get(ENTRIES).problem(),
        "access.scope"
    );
    revoke(Revoked::Key(key), Manner::Withdrawn);
    assert_eq!(rig.stranger().held_by(&first).get(ENTRIES).status, 401);
    assert_eq!(
        rig.stranger().held_by(&second).get("/v1/events").status,
        200
    );

    // Nobody is known by a certificate alone, by one of another authority, or as a station.
    let stranger = rig.operator("cb-la", "clerk");
    let unknown = Holder::new("operator:cb-la", signer(&stranger.key), None);
    assert_eq!(
        unknown.ask(&rig.stranger(), None).json()["code"],
        "access.client_unknown"
    );
    let abroad = Rig::new("");
    let authority = rig.keys.public().join("station-ca.pem");
    let stations = bundle::StationTrust::load(&authority).unwrap();
    for certificate in [
        abroad.operator("cb-la", "clerk").certificate,
        rig.station("tram-01").certificate,
        "-----BEGIN".to_owned(),
    ] {
        let error = rig
            .roster()
            .know_official(&certificate, &stations, "gd-01", Timestamp::now())
            .unwrap_err();
        assert_eq!(error.code(), "roster.official_certificate");
    }
}

#[test]
fn a_key_that_enrols_by_code_gets_tokens_without_further_ado() {
    let rig = Rig::new("[enrolment]\nallow = ['token', 'file']\n");
    let roster = rig.roster();
    let subject = verifier::enroll::Subject::Operator {
        id: "cb-nam".to_owned(),
        role: "data-officer".to_owned(),
    };
    let code = roster
        .make_code(&subject, "gd-01", 1, Timestamp::now())
        .unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default()
        .serialize_request(&key)
        .unwrap()
        .pem()
        .unwrap();
    let body = json!({"subject": {"operator": "cb-nam"}, "code": code.code.as_str(), "csr": csr, "storage": "token"});
    let answer = rig
        .stranger()
        .post("/v1/enrolments", body.to_string().as_bytes());
    assert_eq!(answer.status, 201, "{answer:?}");
    let holder = Holder::new("operator:cb-nam", signer(&key.serialize_pem()), None);
    let token = holder.ask(&rig.stranger(), None);
    assert_eq!(
        token.json()["scope"],
        "wallets:find journal:read wallets:erase"
    );
}

/// A wallet with one paper in it, and its name.
fn filed(rig: &Rig) -> String {
    let desk = Desk::new(rig, "tram-01");
    assert_eq!(desk.send(desk.visit()).1.status, 201);
    found(&rig.reader()).unwrap()
}

fn found(client: &Client) -> Option<String> {
    let body = format!("{{\"personal_id\":\"{NUMBER}\"}}");
    let answer = client.post("/v1/wallets/lookup", body.as_bytes());
    (answer.status == 200).then(|| answer.json()["wallet"].as_str().unwrap().to_owned())
}

#[test]
fn a_look_needs_a_purpose_and_an_integrator_has_so_many() {
    let rig = Rig::new("");
    let wallet = filed(&rig);
    let path = format!("/v1/wallets/{wallet}/entries");
    let with = |client: &Client, purpose: &str| {
        client.send("GET", &path, &[("niem-purpose", purpose)], b"")
    };
    assert_eq!(with(&rig.reader(), PURPOSE).status, 200);
    assert_eq!(with(&rig.reader(), "cấp đổi giấy khai sinh").status, 200);
    let other = with(&rig.reader(), "marketing");
    assert_eq!(
        (other.status, other.problem().as_str()),
        (403, "access.purpose")
    );
    assert_eq!(with(&rig.reader(), "").problem(), "access.purpose_missing");
    assert_eq!(
        with(&rig.reader(), &"x".repeat(201)).problem(),
        "http.malformed"
    );
    let pem = new_key();
    let silent = Arc::new(Holder::new("soft-01", signer(&pem), None));
    rig.register(&silent, &[Scope::WalletsRead], &["p"]);
    let answer = rig.stranger().held_by(&silent).get(&path);
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (400, "access.purpose_missing")
    );
    // An official says it in their own words, and all of it is in the journal under their names.
    let clerk = rig.stranger().held_by(&rig.official("cb-hai", "clerk"));
    assert_eq!(with(&clerk, "hồ sơ 12/2026 bổ sung").status, 200);
    let officer = rig
        .stranger()
        .held_by(&rig.official("cb-ba", "data-officer"));
    let journal = officer.get(&format!("/v1/wallets/{wallet}/journal")).json();
    let lines: Vec<(&str, &str)> = journal["looks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|look| {
            (
                look["reader"].as_str().unwrap(),
                look["purpose"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("one-stop", PURPOSE),
            ("one-stop", PURPOSE),
            ("one-stop", "cấp đổi giấy khai sinh"),
            ("operator:cb-hai", "hồ sơ 12/2026 bổ sung"),
            ("operator:cb-ba", "theo đơn của công dân"),
        ]
    );
}

#[test]
fn a_wallet_is_erased_by_the_official_who_may_once_and_events_say_so() {
    let mut rig = Rig::new("");
    let wallet = filed(&rig);
    let listener = Arc::new(Holder::new("listener", signer(&new_key()), None));
    rig.register(&listener, &[Scope::EventsRead], &["p"]);
    let clerk = rig.official("cb-hai", "clerk");
    let officer = rig.official("cb-ba", "data-officer");
    let path = format!("/v1/wallets/{wallet}/erasure");
    let body = json!({"ground": "consent_withdrawn", "basis": "QĐ 12/2026", "reason": "công dân rút đồng ý"});
    let body = body.to_string();
    let key = [("idempotency-key", "erase-12-2026")];
    let refused = rig
        .stranger()
        .held_by(&clerk)
        .send("POST", &path, &key, body.as_bytes());
    assert_eq!(refused.problem(), "access.scope");
    for wrong in [
        "{}",
        r#"{"ground":"because","basis":"x","reason":"y"}"#,
        r#"{"ground":"ordered","basis":"","reason":"y"}"#,
        r#"{"ground":"ordered","basis":"x\ny","reason":"y"}"#,
        r#"{"ground":"ordered","basis":"x","reason":"y","more":1}"#,
    ] {
        let answer = rig
            .stranger()
            .held_by(&officer)
            .post(&path, wrong.as_bytes());
        assert_eq!(answer.problem(), "http.malformed", "{wrong}");
    }
    let events = |rig: &Rig, query: &str| {
        rig.stranger()
            .held_by(&listener)
            .get(&format!("/v1/events{query}"))
            .json()
    };
    let before = events(&rig, "");
    assert_eq!(before["events"].as_array().unwrap().len(), 1);
    assert_eq!(before["events"][0]["type"], "bundle.filed");

    let erased = rig
        .stranger()
        .held_by(&officer)
        .send("POST", &path, &key, body.as_bytes());
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(
        (
            &erased.json()["erased"]["leaf"],
            &erased.json()["erased"]["entries"]
        ),
        (&json!(1), &json!(1))
    );
    // The answer that got lost is heard again, also after a restart; another question under the key is not.
    rig.restart();
    let again = rig
        .stranger()
        .held_by(&officer)
        .send("POST", &path, &key, body.as_bytes());
    assert_eq!((again.status, &again.body), (200, &erased.body));
    let other = body.replace("12/2026", "13/2026");
    let reused = rig
        .stranger()
        .held_by(&officer)
        .send("POST", &path, &key, other.as_bytes());
    assert_eq!(reused.problem(), "http.key_reused");
    let gone = rig
        .stranger()
        .held_by(&officer)
        .post(&path, body.as_bytes());
    assert_eq!(
        (gone.status, gone.problem().as_str()),
        (404, "http.not_found")
    );
    assert_eq!(found(&rig.reader()), None);

    // From the cursor on, once more from the beginning, and one by one: the same events under the same names.
    let next = before["next"].as_str().unwrap();
    let rest = events(&rig, &format!("?after={next}"));
    assert_eq!(rest["events"][0]["type"], "bundle.erased");
    assert_eq!(
        (rest["events"].as_array().unwrap().len(), &rest["more"]),
        (1, &json!(false))
    );
    let all = events(&rig, "");
    assert_eq!(all["events"][0], before["events"][0]);
    assert_eq!(all["events"][1], rest["events"][0]);
    let first = events(&rig, "?limit=1");
    assert_eq!(
        (&first["next"], &first["more"]),
        (&json!(next), &json!(true))
    );
    let end = rest["next"].as_str().unwrap();
    let nothing = events(&rig, &format!("?after={end}"));
    assert_eq!(
        (
            nothing["events"].as_array().unwrap().len(),
            &nothing["next"]
        ),
        (0, &json!(end))
    );
    // No word about whom.
    for secret in [NUMBER, &wallet, "one-stop", "nv-0042", "12/2026"] {
        assert!(!all.to_string().contains(secret), "{secret}");
    }
    let client = rig.stranger().held_by(&listener);
    for wrong in ["?after=1", "?after=%00", "?limit=-1", "?since=1"] {
        assert_eq!(
            client.get(&format!("/v1/events{wrong}")).problem(),
            "http.malformed",
            "{wrong}"
        );
    }
    let fsck = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
        .args(["log", "fsck", "--json", "--config"])
        .arg(rig.path("verifier.toml"))
        .output()
        .unwrap();
    assert_eq!(fsck.status.code(), Some(0), "{fsck:?}");
}

#[test]
fn the_program_itself_asks_as_a_client_does() {
    let rig = Rig::new("");
    let pem = new_key();
    let file = public_file(&rig, "soft.pub.pem", &pem);
    std::fs::write(rig.path("soft.pem"), &pem).unwrap();
    let add = [
        "add",
        "soft-01",
        "--key",
        &file,
        "--scope",
        "events:read",
        "--purpose",
        "p",
        "--by",
        "gd-01",
    ];
    assert_eq!(integrators(&rig, &add).status.code(), Some(0));
    let ask = |path: &str| {
        Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .arg("ask")
            .arg(format!("{}{path}", rig.stranger().origin()))
            .args(["--client", "soft-01", "--purpose", "p", "--key"])
            .arg(rig.path("soft.pem"))
            .arg("--ca")
            .arg(rig.keys.public().join("server-ca.pem"))
            .output()
            .unwrap()
    };
    let answer = ask("/v1/events?limit=5");
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    let page: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(page["events"], json!([]));
    let refused = ask(ENTRIES);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("access.scope"));
}

#[test]
fn the_metadata_says_where_and_how_and_no_log_ever_shows_a_token() {
    let rig = Rig::new("");
    let origin = rig.stranger().origin();
    let about = rig
        .stranger()
        .get("/.well-known/oauth-authorization-server")
        .json();
    assert_eq!(about["issuer"], json!(origin));
    assert_eq!(
        about["token_endpoint"],
        json!(format!("{origin}/v1/oauth/token"))
    );
    assert_eq!(
        about["token_endpoint_auth_methods_supported"],
        json!(["private_key_jwt"])
    );
    let soft = Holder::new("soft-01", signer(&new_key()), None);
    rig.register(&soft, &[Scope::EventsRead], &["p"]);
    let token = soft.token(&rig.stranger());
    let client = rig.stranger().held_by(&Arc::new(soft));
    assert_eq!(client.get("/v1/events").status, 200);
    rig.stranger().with_token(&token).get("/v1/events");
    // What every test of this program has made the service log so far, down to the debug level.
    let logs = logs();
    assert!(logs.contains("token given"));
    for start in ["niem1.", "eyJ", &token[6..40], "client_assertion"] {
        assert!(!logs.contains(start), "{start}");
    }
}
