//! A client that none of us wrote gets a token and reads with it, over real TLS.

use std::process::Command;

use crate::bombs::Service;

/// A Python that has requests_oauth2client; `cargo xtask test` makes it and sets NIEM_JUDGES: there nothing is left out.
const PROGRAM: &str = "NIEM_OAUTH_CLIENT";

/// What an integrator writes. Metadata, assertion, nonces, proofs: all of it is the library's.
const SCRIPT: &str = r#"
import json, sys, requests
from jwskate import Jwk
from requests_oauth2client import OAuth2Client, PrivateKeyJwt

alg, file = sys.argv[1:3]
if len(sys.argv) == 3:
    key = Jwk.generate(alg=alg).with_kid_thumbprint()
    open(file, "w").write(key.to_json())
    print(key.public_jwk().to_json())
    sys.exit()
origin, ca, name = sys.argv[3:]
session = requests.Session()
session.verify = ca
session.trust_env = False
about = session.get(origin + "/.well-known/oauth-authorization-server").json()
assert about["issuer"] == origin, about
key = Jwk(json.load(open(file)))
client = OAuth2Client(
    about["token_endpoint"],
    auth=PrivateKeyJwt(name, key, alg=alg, aud=about["issuer"]),
    dpop_bound_access_tokens=True,
    dpop_alg=alg,
    session=session,
)
token = client.client_credentials(scope="events:read wallets:read")
assert token.token_type == "DPoP" and token.scope == "wallets:read events:read", token
reader = requests.Session()
reader.verify = ca
reader.trust_env = False
reader.auth = token
for after in ("", "?limit=1"):
    answer = reader.get(origin + "/v1/events" + after)
    assert answer.status_code == 200, answer.text
    assert answer.json()["events"] == [], answer.text
nobody = origin + "/v1/wallets/00000000-0000-7000-8000-000000000000/"
answer = reader.get(nobody + "entries", headers={"Niem-Purpose": "p"})
assert answer.status_code == 404, answer.text
# The same token as a bearer, and by another key.
answer = session.get(origin + "/v1/events", headers={"Authorization": "Bearer " + token.access_token})
assert answer.status_code == 401 and "DPoP" in answer.headers["WWW-Authenticate"], answer.text
try:
    client.client_credentials(scope="documents:read")
    sys.exit("a scope that was never given")
except Exception as error:
    assert "InvalidScope" in type(error).__name__, repr(error)
print("read", token.scope)
"#;

#[test]
fn a_library_of_others_gets_a_token_and_reads_with_it() {
    let Some(python) = std::env::var_os(PROGRAM) else {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "requests_oauth2client is not there"
        );
        return eprintln!("left out: {PROGRAM} names no Python with requests_oauth2client");
    };
    let (rig, service) = Service::start("");
    let script = rig.path("client.py");
    std::fs::write(&script, SCRIPT).unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(&python)
            .arg(&script)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let origin = format!("https://localhost:{}", service.addr.port());
    let authority = rig.keys.public().join("server-ca.pem");
    for (alg, name) in [("ES256", "soft-ec"), ("EdDSA", "soft-ed")] {
        // The library makes the key; its public half is registered as it writes it.
        let key = rig.path(&format!("{name}.jwk"));
        let key = key.to_str().unwrap();
        let public = rig.path(&format!("{name}.pub.jwk"));
        std::fs::write(&public, run(&[alg, key])).unwrap();
        let added = Command::new(env!("CARGO_BIN_EXE_niem-verifier"))
            .args([
                "integrators",
                "add",
                name,
                "--purpose",
                "p",
                "--by",
                "gd-01",
            ])
            .args(["--scope", "wallets:read", "--scope", "events:read", "--key"])
            .arg(&public)
            .arg("--config")
            .arg(rig.path("verifier.toml"))
            .output()
            .unwrap();
        assert!(added.status.success(), "{added:?}");
        let said = run(&[alg, key, &origin, authority.to_str().unwrap(), name]);
        assert_eq!(said, "read wallets:read events:read\n");
    }
    service.answers();
}
