//! The table of rights, written a second time and by hand, and everybody at every door.

use std::sync::Arc;

use access_tokens::SigningKey as _;
use verifier::access::Scope;

use crate::client::{Answer, Client};
use crate::holder::{Holder, TOKEN_DOOR, new_key, prove, signer};
use crate::rig::Rig;

/// Who may come in by a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Opens {
    Anybody,
    Station,
    Watcher,
    /// The scope, and the officials who have it.
    Scope(&'static str, &'static [&'static str]),
}
use Opens::{Anybody, Station, Watcher};

const FIND: Opens = Opens::Scope("wallets:find", &["clerk", "data-officer"]);
const READ: Opens = Opens::Scope("wallets:read", &["clerk", "certifier", "director"]);
const PAPERS: Opens = Opens::Scope("documents:read", &["clerk", "certifier", "director"]);
const JOURNAL: Opens = Opens::Scope("journal:read", &["auditor", "data-officer"]);
const ERASE: Opens = Opens::Scope("wallets:erase", &["data-officer"]);
const EVENTS: Opens = Opens::Scope("events:read", &["director", "auditor"]);

const TABLE: &[(&str, &str, Opens)] = &[
    ("get", "/.well-known/oauth-authorization-server", Anybody),
    ("get", "/healthz", Anybody),
    ("get", "/log/checkpoint", Anybody),
    ("get", "/log/tile/{path}", Anybody),
    ("get", "/metrics", Watcher),
    ("get", "/openapi.json", Anybody),
    ("get", "/readyz", Anybody),
    ("options", "/v1/blobs", Anybody),
    ("post", "/v1/blobs", Station),
    ("delete", "/v1/blobs/{name}", Station),
    ("head", "/v1/blobs/{name}", Station),
    ("patch", "/v1/blobs/{name}", Station),
    ("post", "/v1/bundles", Station),
    ("get", "/v1/bundles/{digest}", Station),
    ("get", "/v1/bundles/{digest}/receipt", Station),
    ("get", "/v1/bundles/{digest}/receipt/renewed", Station),
    ("post", "/v1/enrolments", Anybody),
    ("post", "/v1/enrolments/{id}", Anybody),
    ("get", "/v1/epoch", Anybody),
    ("post", "/v1/epoch", Station),
    ("get", "/v1/events", EVENTS),
    ("post", "/v1/oauth/token", Anybody),
    ("post", "/v1/tickets", Station),
    ("post", "/v1/wallets/lookup", FIND),
    ("get", "/v1/wallets/{wallet}/entries", READ),
    (
        "get",
        "/v1/wallets/{wallet}/entries/{entry}/documents/{n}",
        PAPERS,
    ),
    ("post", "/v1/wallets/{wallet}/erasure", ERASE),
    ("get", "/v1/wallets/{wallet}/journal", JOURNAL),
];

/// Somebody at the door, and what they have.
struct Visitor {
    name: String,
    client: Client,
    has: Has,
}

enum Has {
    Nothing,
    Station,
    /// A certificate of the authority that is no station's.
    OtherCertificate,
    Watcher,
    Scopes(Vec<&'static str>),
    /// A token that is not good here, and the code that says why.
    Bad(&'static str),
}

/// The address with pieces that stand for nothing.
fn filled(path: &str) -> String {
    path.replace("{path}", "0/000")
        .replace("{name}", &format!("sha256:{}", "0".repeat(64)))
        .replace("{digest}", &"0".repeat(64))
        .replace("{id}", "nobody")
        .replace("{wallet}", "00000000-0000-7000-8000-000000000000")
        .replace("{entry}", "00000000-0000-7000-8000-000000000000")
        .replace("{n}", "0")
}

/// What this visitor must hear: none when let in, else status and code.
fn refusal(opens: Opens, has: &Has) -> Option<(u16, &'static str)> {
    match (opens, has) {
        (Anybody, _) | (Station, Has::Station) | (Watcher, Has::Watcher) => None,
        (Station, Has::OtherCertificate) => Some((403, "http.not_a_station")),
        (Station, _) => Some((401, "http.no_certificate")),
        (Watcher, _) => Some((401, "http.token")),
        (Opens::Scope(scope, _), Has::Scopes(scopes)) if scopes.contains(&scope) => None,
        (Opens::Scope(..), Has::Scopes(_)) => Some((403, "access.scope")),
        (Opens::Scope(..), Has::Bad(code)) => Some((401, code)),
        (Opens::Scope(..), _) => Some((401, "access.missing")),
    }
}

fn code(answer: &Answer, verb: &str) -> Option<String> {
    (verb != "head" && answer.header("content-type") == Some("application/problem+json"))
        .then(|| answer.problem())
}

#[test]
fn everybody_at_every_door_hears_what_the_table_says() {
    let watcher = hex::encode(ring::digest::digest(&ring::digest::SHA256, b"watcher"));
    let rig = Rig::new(&format!(
        "[rates]\naddress_requests = 100000\nclient_requests = 100000\nstation_requests = 100000\n\
         [[watchers]]\nname = 'watch'\ntoken_sha256 = '{watcher}'\n"
    ));
    // The table is whole, and the document says the same.
    let document = rig.stranger().get("/openapi.json").json();
    let mut written = Vec::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for (verb, door) in verbs.as_object().unwrap() {
            let row = TABLE
                .iter()
                .find(|row| row.0 == verb && row.1 == path)
                .unwrap_or_else(|| panic!("{verb} {path} stands in no table of rights"));
            let security = match row.2 {
                Anybody => serde_json::json!([]),
                Station => serde_json::json!([{"station": []}]),
                Watcher => serde_json::json!([{"watcher": []}]),
                Opens::Scope(scope, roles) => {
                    assert_eq!(door["x-officials"], serde_json::json!(roles), "{path}");
                    serde_json::json!([{"client": [scope]}])
                }
            };
            assert_eq!(door["security"], security, "{verb} {path}");
            written.push(row.1);
        }
    }
    assert_eq!(written.len(), TABLE.len());

    let mut visitors = Vec::new();
    let mut visitor = |name: &str, client: Client, has: Has| {
        visitors.push(Visitor {
            name: name.to_owned(),
            client,
            has,
        });
    };
    visitor("nobody", rig.stranger(), Has::Nothing);
    let station = rig.station("tram-01");
    visitor("a station", rig.client(Some(&station)), Has::Station);
    let operator = rig.operator("nv-0042", "director");
    visitor(
        "an operator's certificate",
        rig.client(Some(&operator)),
        Has::OtherCertificate,
    );
    visitor(
        "a watcher",
        rig.stranger().with_token("watcher"),
        Has::Watcher,
    );
    visitor("a guess", rig.stranger().with_token("guess"), Has::Nothing);
    // Integrators with one scope each.
    for (n, scope) in Scope::ALL.into_iter().enumerate() {
        let holder = Holder::new(&format!("soft-{n:02}"), signer(&new_key()), Some("p"));
        if !scope.is_for_integrators() {
            continue;
        }
        rig.register(&holder, &[scope], &["p"]);
        let client = rig.stranger().held_by(&Arc::new(holder));
        visitor(scope.as_str(), client, Has::Scopes(vec![scope.as_str()]));
    }
    // Officials, by the table above.
    for role in ["clerk", "certifier", "director", "auditor", "data-officer"] {
        let holder = rig.official(&format!("cb-{role}"), role);
        let scopes = [FIND, READ, PAPERS, JOURNAL, ERASE, EVENTS]
            .into_iter()
            .filter_map(|opens| match opens {
                Opens::Scope(scope, roles) if roles.contains(&role) => Some(scope),
                _ => None,
            });
        visitor(
            role,
            rig.stranger().held_by(&holder),
            Has::Scopes(scopes.collect()),
        );
    }
    // A volunteer gets no token at all.
    let volunteer = rig.official("tnv-01", "volunteer");
    let refused = volunteer.ask(&rig.stranger(), None);
    assert_eq!(
        (
            refused.status,
            &refused.json()["error"],
            &refused.json()["code"]
        ),
        (400, &"unauthorized_client".into(), &"access.role".into())
    );
    // Tokens that are not the visitor's own, or no longer good.
    let clerk = rig.official("cb-clerk", "clerk");
    let line = rig.stranger();
    let token = clerk.token(&line);
    let thief = signer(&new_key());
    let suspended = Holder::new("soft-99", signer(&new_key()), Some("p"));
    rig.register(&suspended, &[Scope::WalletsRead], &["p"]);
    let suspended_token = suspended.token(&line);
    rig.roster()
        .change_integrator("soft-99", |known| {
            known.suspended = Some(verifier::roster::Suspension {
                at: jiff::Timestamp::now(),
                by: "gd-01".to_owned(),
                reason: "test".to_owned(),
            });
        })
        .unwrap();
    for (verb, path, opens) in TABLE {
        let (place, verb_up) = (filled(path), verb.to_uppercase());
        let address = format!("{}{place}", line.origin());
        for visitor in &visitors {
            let answer = visitor.client.send(&verb_up, &place, &[], b"");
            let expected = refusal(*opens, &visitor.has);
            let said = code(&answer, verb);
            match expected {
                None => assert!(
                    ![401, 403].contains(&answer.status),
                    "{} at {verb} {path}: {} {said:?}",
                    visitor.name,
                    answer.status
                ),
                Some((status, code)) => {
                    assert_eq!(
                        answer.status, status,
                        "{} at {verb} {path} {said:?}",
                        visitor.name
                    );
                    assert!(
                        said.is_none_or(|said| said == code),
                        "{} at {verb} {path}",
                        visitor.name
                    );
                }
            }
            // Every refusal of a token says how to come in.
            if matches!(opens, Opens::Scope(..)) && [401, 403].contains(&answer.status) {
                let told = answer.header("www-authenticate").unwrap();
                assert!(told.starts_with("DPoP algs=\"ES256 EdDSA\""), "{told}");
                assert_eq!(told.contains("insufficient_scope"), answer.status == 403);
            }
            if matches!(opens, Opens::Scope(..)) {
                assert!(answer.header("dpop-nonce").is_some());
            }
        }
        let nonce = clerk.nonce().unwrap();
        let with = |key: &dyn access_tokens::SigningKey, token: &str, scheme: &str| {
            let proof = prove(key, &verb_up, &address, Some(token), Some(&nonce));
            let shown = format!("{scheme} {token}");
            let headers = [("authorization", shown.as_str()), ("dpop", &proof)];
            line.send(&verb_up, &place, &headers, b"")
        };
        for (name, has, answer) in [
            (
                "a thief",
                Has::Bad("token.other_key"),
                with(&thief, &token, "DPoP"),
            ),
            ("a bearer", Has::Nothing, with(&clerk.key, &token, "Bearer")),
            (
                "a suspended one",
                Has::Bad("access.client_suspended"),
                with(&suspended.key, &suspended_token, "DPoP"),
            ),
        ] {
            if path == &TOKEN_DOOR {
                // There a proof is looked at, and this one is for a request with a token.
                assert_eq!(answer.status, 400);
                continue;
            }
            match refusal(*opens, &has) {
                None => assert!(
                    ![401, 403].contains(&answer.status),
                    "{name} at {verb} {path}"
                ),
                Some((status, wanted)) => {
                    assert_eq!(answer.status, status, "{name} at {verb} {path}");
                    let said = code(&answer, verb);
                    assert!(
                        said.is_none_or(|said| said == wanted),
                        "{name} at {verb} {path}"
                    );
                }
            }
        }
    }
    assert_ne!(thief.public().thumbprint(), clerk.key.public().thumbprint());
}
