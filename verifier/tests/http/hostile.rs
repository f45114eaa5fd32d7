//! What the token door and the doors behind it hear from those who mean harm; each is refused under its own code.

use access_tokens::{SignerKey, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use verifier::access::Scope;

use crate::client::{Answer, Client};
use crate::holder::{
    Holder, JWT_BEARER, TOKEN_DOOR, fresh_id, new_key, now, post_form, prove, signer,
};
use crate::rig::Rig;

const EVENTS: &str = "/v1/events";

struct Scene {
    rig: Rig,
    line: Client,
    soft: Holder,
}

fn scene() -> Scene {
    let rig = Rig::new("[rates]\naddress_requests = 1000000\nclient_requests = 1000000\n");
    let soft = Holder::new("soft-01", signer(&new_key()), Some("p"));
    rig.register(&soft, &[Scope::EventsRead], &["p"]);
    let line = rig.stranger();
    soft.token(&line);
    Scene { rig, line, soft }
}

impl Scene {
    fn issuer(&self) -> String {
        self.line.origin()
    }

    /// Asks with this assertion and an honest proof.
    fn ask(&self, assertion: &str) -> Answer {
        let proof = self
            .soft
            .proof("POST", &format!("{}{TOKEN_DOOR}", self.issuer()), None);
        self.ask_with(assertion, &proof)
    }

    fn ask_with(&self, assertion: &str, proof: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_assertion_type", JWT_BEARER.to_owned()),
            ("client_assertion", assertion.to_owned()),
        ];
        post_form(&self.line, &form, proof)
    }

    fn claims(&self) -> Value {
        json!({"iss": "soft-01", "sub": "soft-01", "aud": self.issuer(), "jti": fresh_id(),
            "iat": now(), "exp": now() + 60})
    }

    /// Status, error and code of the token door's refusal.
    fn refused(answer: &Answer) -> (u16, String, String) {
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{answer:?}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let said = answer.json();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        assert!(text("error_description").is_ascii() && !text("title").is_empty());
        (answer.status, text("error"), text("code"))
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Signed by `key`, whatever header and claims say.
fn sign(key: &SignerKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).unwrap());
    format!("{message}.{signature}")
}

#[test]
fn assertions_made_to_deceive_are_each_refused_by_name() {
    let scene = scene();
    let key = &scene.soft.key;
    let good = json!({"alg": "ES256", "typ": "JWT"});
    let with = |name: &str, value: Value| {
        let mut claims = scene.claims();
        claims[name] = value;
        claims
    };
    let jwk = key.public().to_jwk();
    let header = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header
    };
    let other = signer(&new_key());
    let signed = [
        (sign(&other, &good, &scene.claims()), "token.signature"),
        (
            sign(key, &good, &with("aud", json!("https://elsewhere.example"))),
            "token.audience",
        ),
        (
            sign(
                key,
                &good,
                &with("aud", json!([scene.issuer(), "https://elsewhere.example"])),
            ),
            "token.audience",
        ),
        (
            sign(key, &good, &with("iat", json!(now() + 3600))),
            "token.from_future",
        ),
        (
            sign(key, &good, &with("nbf", json!(now() + 3600))),
            "token.from_future",
        ),
        (
            sign(key, &good, &with("exp", json!(now() - 3600))),
            "token.expired",
        ),
        (
            sign(key, &good, &with("exp", json!(now() + 86_400))),
            "token.too_long_lived",
        ),
        (
            sign(key, &good, &with("iss", json!("one-stop"))),
            "token.subject",
        ),
        (
            sign(key, &good, &with("sub", json!("nobody-x"))),
            "access.client_unknown",
        ),
        (
            sign(key, &good, &with("sub", json!("../../etc"))),
            "access.client_unknown",
        ),
        (
            sign(key, &good, &with("sub", json!("operator:../x"))),
            "access.client_unknown",
        ),
        (
            sign(key, &good, &with("jti", Value::Null)),
            "token.malformed",
        ),
        (
            sign(key, &header("alg", json!("none")), &scene.claims()),
            "token.algorithm",
        ),
        (
            sign(key, &header("alg", json!("HS256")), &scene.claims()),
            "token.algorithm",
        ),
        (
            sign(key, &header("crit", json!(["exp"])), &scene.claims()),
            "token.crit",
        ),
        (
            sign(
                &other,
                &header("jwk", other.public().to_jwk()),
                &scene.claims(),
            ),
            "token.header_key",
        ),
        (
            sign(
                key,
                &header("jku", json!("https://evil.example/k")),
                &scene.claims(),
            ),
            "token.header_key",
        ),
        (
            sign(key, &header("typ", json!("dpop+jwt")), &scene.claims()),
            "token.kind",
        ),
    ];
    for (assertion, code) in signed {
        let refused = Scene::refused(&scene.ask(&assertion));
        assert_eq!(refused, (401, "invalid_client".to_owned(), code.to_owned()));
    }
    // The public key as if it were a secret, and no signature at all.
    let message = format!(
        "{}.{}",
        encode(&header("alg", json!("HS256"))),
        encode(&scene.claims())
    );
    for secret in [jwk.to_string(), key.public().thumbprint()] {
        let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let tag = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&hmac, message.as_bytes()));
        let refused = Scene::refused(&scene.ask(&format!("{message}.{tag}")));
        assert_eq!(refused.2, "token.algorithm");
    }
    let bare = format!(
        "{}.{}.",
        encode(&header("alg", json!("none"))),
        encode(&scene.claims())
    );
    assert_eq!(Scene::refused(&scene.ask(&bare)).2, "token.algorithm");
    // A member twice: what one reader takes for the issuer, another does not.
    let twice = scene
        .claims()
        .to_string()
        .replacen('{', "{\"sub\":\"one-stop\",", 1);
    let message = format!("{}.{}", encode(&good), URL_SAFE_NO_PAD.encode(twice));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).unwrap());
    let refused = Scene::refused(&scene.ask(&format!("{message}.{signature}")));
    assert_eq!(refused.2, "token.duplicate");
    for (text, code) in [
        ("x".repeat(5000), "token.too_large"),
        ("a.b".to_owned(), "token.malformed"),
        (
            format!("{}.{}.AA", encode(&json!([])), encode(&json!({}))),
            "token.malformed",
        ),
        ("{}".to_owned(), "token.malformed"),
    ] {
        assert_eq!(Scene::refused(&scene.ask(&text)).2, code, "{text:.40}");
    }
    // After all that the honest one is let in.
    assert_eq!(
        scene.ask(&scene.soft.assertion(&scene.issuer())).status,
        200
    );
}

#[test]
fn an_assertion_counts_once_also_across_a_restart() {
    let mut scene = scene();
    let port_free = scene.soft.assertion(&scene.issuer());
    assert_eq!(scene.ask(&port_free).status, 200);
    let size = |scene: &Scene| {
        let names = ["assertions.sqlite", "assertions.sqlite-wal"];
        names.map(|name| {
            std::fs::metadata(scene.rig.path("data").join(name)).map_or(0, |file| file.len())
        })
    };
    let before = size(&scene);
    for _ in 0..50 {
        let refused = Scene::refused(&scene.ask(&port_free));
        assert_eq!(
            refused,
            (
                401,
                "invalid_client".to_owned(),
                "token.replayed".to_owned()
            )
        );
    }
    assert_eq!(size(&scene), before);
    // The port is part of the audience, so the same one must be had again.
    let text = std::fs::read_to_string(scene.rig.path("verifier.toml")).unwrap();
    let port = scene.issuer().rsplit(':').next().unwrap().to_owned();
    let text = text.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    std::fs::write(scene.rig.path("verifier.toml"), text).unwrap();
    scene.rig.restart();
    scene.line = scene.rig.stranger();
    // Proofs from before the restart need a new nonce first.
    let old = Scene::refused(&scene.ask(&port_free));
    assert_eq!(
        old,
        (400, "use_dpop_nonce".to_owned(), "token.nonce".to_owned())
    );
    scene.soft.forget();
    scene.soft.token(&scene.line);
    assert_eq!(Scene::refused(&scene.ask(&port_free)).2, "token.replayed");
}

#[test]
fn proofs_for_another_request_token_time_or_key_open_nothing() {
    let scene = scene();
    let (key, token) = (&scene.soft.key, scene.soft.token(&scene.line));
    let nonce = scene.soft.nonce();
    let address = format!("{}{EVENTS}", scene.issuer());
    let send = |proof: &str| {
        let shown = format!("DPoP {token}");
        let headers = [("authorization", shown.as_str()), ("dpop", proof)];
        scene.line.send("GET", EVENTS, &headers, b"")
    };
    let made = |method: &str, address: &str, token: Option<&str>| {
        prove(key, method, address, token, nonce.as_deref())
    };
    let good = made("GET", &address, Some(&token));
    let other = signer(&new_key());
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.public().to_jwk()});
    let claims = |iat: i64| {
        json!({"jti": fresh_id(), "htm": "GET", "htu": address, "iat": iat, "nonce": nonce,
            "ath": URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()))})
    };
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    for (proof, code, error) in [
        (
            made("POST", &address, Some(&token)),
            "token.other_method",
            "invalid_dpop_proof",
        ),
        (
            made("GET", "https://evil.example/v1/events", Some(&token)),
            "token.other_address",
            "invalid_dpop_proof",
        ),
        (
            made(
                "GET",
                &format!("{}/v1/tickets", scene.issuer()),
                Some(&token),
            ),
            "token.other_address",
            "invalid_dpop_proof",
        ),
        (
            made("GET", &address, Some("niem1.other")),
            "token.other_token",
            "invalid_dpop_proof",
        ),
        (
            made("GET", &address, None),
            "token.malformed",
            "invalid_dpop_proof",
        ),
        (
            prove(&other, "GET", &address, Some(&token), nonce.as_deref()),
            "token.other_key",
            "invalid_dpop_proof",
        ),
        (
            prove(key, "GET", &address, Some(&token), None),
            "token.nonce",
            "use_dpop_nonce",
        ),
        (
            prove(key, "GET", &address, Some(&token), Some("guess")),
            "token.nonce",
            "use_dpop_nonce",
        ),
        (
            sign(key, &header, &claims(now() + 600)),
            "token.from_future",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &header, &claims(now() - 600)),
            "token.expired",
            "invalid_dpop_proof",
        ),
        (
            sign(&other, &header, &claims(now())),
            "token.signature",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &with("alg", json!("none")), &claims(now())),
            "token.algorithm",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &with("alg", json!("HS256")), &claims(now())),
            "token.algorithm",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &with("crit", json!(["x"])), &claims(now())),
            "token.crit",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &with("typ", json!("JWT")), &claims(now())),
            "token.kind",
            "invalid_dpop_proof",
        ),
        (
            sign(key, &with("x5c", json!(["AA"])), &claims(now())),
            "token.header_key",
            "invalid_dpop_proof",
        ),
        (
            sign(
                key,
                &with("jwk", json!({"kty": "oct", "k": "AA"})),
                &claims(now()),
            ),
            "token.key_unfit",
            "invalid_dpop_proof",
        ),
        ("x".repeat(5000), "token.too_large", "invalid_dpop_proof"),
        (
            "nothing".to_owned(),
            "token.malformed",
            "invalid_dpop_proof",
        ),
        (
            scene.soft.assertion(&scene.issuer()),
            "token.kind",
            "invalid_dpop_proof",
        ),
    ] {
        let answer = send(&proof);
        assert_eq!((answer.status, answer.problem().as_str()), (401, code));
        let told = answer.header("www-authenticate").unwrap();
        assert!(told.ends_with(&format!("error=\"{error}\"")), "{told}");
        assert!(answer.header("dpop-nonce").is_some());
    }
    // The honest one once, and not again. (Ten thousand tries: `access/replays.rs`.)
    assert_eq!(send(&good).status, 200);
    for _ in 0..20 {
        assert_eq!(send(&good).problem(), "token.replayed");
    }
    // Two proofs, two tokens, none.
    let (one, two) = (
        made("GET", &address, Some(&token)),
        made("GET", &address, Some(&token)),
    );
    let shown = format!("DPoP {token}");
    let headers = [
        ("authorization", shown.as_str()),
        ("dpop", &one),
        ("dpop", &two),
    ];
    assert_eq!(
        scene.line.send("GET", EVENTS, &headers, b"").problem(),
        "token.malformed"
    );
    let headers = [
        ("authorization", shown.as_str()),
        ("authorization", &shown),
        ("dpop", &one),
    ];
    assert_eq!(
        scene.line.send("GET", EVENTS, &headers, b"").problem(),
        "access.missing"
    );
    let headers = [("authorization", shown.as_str())];
    assert_eq!(
        scene.line.send("GET", EVENTS, &headers, b"").problem(),
        "access.proof_missing"
    );
    // Tokens that are none of ours, and the one above with a letter changed.
    let mut changed = token.clone().into_bytes();
    changed[20] ^= 1;
    let changed = String::from_utf8(changed).unwrap();
    for (wrong, code) in [
        (changed, "token.altered"),
        ("niem1.e30.AAAA".to_owned(), "token.altered"),
        (scene.soft.assertion(&scene.issuer()), "token.altered"),
        ("x".repeat(5000), "token.too_large"),
    ] {
        let proof = made("GET", &address, Some(&wrong));
        let shown = format!("DPoP {wrong}");
        let headers = [("authorization", shown.as_str()), ("dpop", &proof)];
        let answer = scene.line.send("GET", EVENTS, &headers, b"");
        assert_eq!((answer.status, answer.problem().as_str()), (401, code));
        let told = answer.header("www-authenticate").unwrap();
        assert!(told.contains("invalid_token"), "{told}");
    }
}

#[test]
fn a_token_is_bound_to_the_key_that_asked_and_the_request_must_be_a_form() {
    let scene = scene();
    let address = format!("{}{TOKEN_DOOR}", scene.issuer());
    // Proofs at the token door: for another door, without a nonce, used before, missing.
    let nonce = scene.soft.nonce();
    let prove = |method: &str, address: &str, nonce: Option<&str>| {
        prove(&scene.soft.key, method, address, None, nonce)
    };
    let elsewhere = format!("{}{EVENTS}", scene.issuer());
    for (proof, error, code) in [
        (
            prove("GET", &address, nonce.as_deref()),
            "invalid_dpop_proof",
            "token.other_method",
        ),
        (
            prove("POST", &elsewhere, nonce.as_deref()),
            "invalid_dpop_proof",
            "token.other_address",
        ),
        (
            prove("POST", &address, None),
            "use_dpop_nonce",
            "token.nonce",
        ),
        ("x".to_owned(), "invalid_dpop_proof", "token.malformed"),
    ] {
        let refused =
            Scene::refused(&scene.ask_with(&scene.soft.assertion(&scene.issuer()), &proof));
        assert_eq!(refused, (400, error.to_owned(), code.to_owned()));
    }
    let proof = prove("POST", &address, nonce.as_deref());
    assert_eq!(
        scene
            .ask_with(&scene.soft.assertion(&scene.issuer()), &proof)
            .status,
        200
    );
    let refused = Scene::refused(&scene.ask_with(&scene.soft.assertion(&scene.issuer()), &proof));
    assert_eq!(refused.2, "token.replayed");

    let fresh = || prove("POST", &address, nonce.as_deref());
    let form = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let assertion = scene.soft.assertion(&scene.issuer());
    let whole = form(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", &assertion),
    ]);
    let ask = |pairs: &[(String, String)]| {
        let pairs: Vec<(&str, String)> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        Scene::refused(&post_form(&scene.line, &pairs, &fresh()))
    };
    for missing in 0..3 {
        let mut less = whole.clone();
        less.remove(missing);
        assert_eq!(
            ask(&less),
            (
                400,
                "invalid_request".to_owned(),
                "access.request".to_owned()
            )
        );
        let mut twice = whole.clone();
        twice.push(whole[missing].clone());
        assert_eq!(ask(&twice).2, "access.request");
    }
    let mut other = whole.clone();
    other[0].1 = "password".to_owned();
    assert_eq!(
        ask(&other),
        (
            400,
            "unsupported_grant_type".to_owned(),
            "access.grant".to_owned()
        )
    );
    let mut lent = whole.clone();
    lent.push(("client_id".to_owned(), "one-stop".to_owned()));
    assert_eq!(ask(&lent).2, "token.subject");
    let none = scene.line.send(
        "POST",
        TOKEN_DOOR,
        &[("content-type", "application/x-www-form-urlencoded")],
        b"grant_type=client_credentials&client_assertion_type=x&client_assertion=y",
    );
    assert_eq!(Scene::refused(&none).2, "access.request");
    let json = scene.line.send(
        "POST",
        TOKEN_DOOR,
        &[("content-type", "application/json"), ("dpop", &fresh())],
        b"{}",
    );
    assert_eq!(Scene::refused(&json).2, "access.request");
    let large = scene.line.send(
        "POST",
        TOKEN_DOOR,
        &[("content-type", "application/x-www-form-urlencoded")],
        &vec![b'a'; 17 * 1024],
    );
    assert_eq!(
        (large.status, large.problem().as_str()),
        (413, "http.body_too_large")
    );
}
