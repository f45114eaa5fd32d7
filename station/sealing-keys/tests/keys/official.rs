//! An official's key that never leaves its token: enrolled by a code, it gets access tokens at the verifier's doors.

use std::sync::Arc;

use access_tokens::{Asked, Assertion, Proof, PublicKey, SigningKey, TokenError, fixed_signature};
use bundle::{KeyStorage, StationTrust};
use jiff::Timestamp;
use sealing_keys::{BareKey, PinSource, TokenPlace, signing_request};
use verifier::access::{Keeper, Known, Request, Role, Scope, Wanted};
use verifier::enroll::Subject;
use verifier::enrolment::{Asker, Enroller, Request as Wish, Step};
use verifier::roster::{Manner, Revocation, Revoked};
use verifier::{Config, KeyFolder, Roster};

use crate::rig::{SOFTHSM, there, tokens, turn};

const ISSUER: &str = "https://niem.example";

/// The token's signatures in the form that JOSE wants.
struct OnToken<'a>(&'a dyn BareKey, PublicKey);

impl SigningKey for OnToken<'_> {
    fn public(&self) -> &PublicKey {
        &self.1
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let signature = self.0.sign(message).map_err(|_| TokenError::Signature)?;
        fixed_signature(&signature)
    }
}

#[test]
fn a_clerks_key_on_a_token_is_enrolled_by_code_and_asks_for_access() {
    if !there(&["softhsm2-util", "pkcs11-tool", "openssl", SOFTHSM]) {
        return;
    }
    let _turn = turn();
    tokens();
    let work = tempfile::tempdir().unwrap();
    let place = TokenPlace {
        module: SOFTHSM.into(),
        token: "official".to_owned(),
        pin: PinSource::Env("NIEM_TEST_PIN".to_owned()),
        key: None,
        record: Some(work.path().join("official.json")),
    };
    let key = place.create("access").unwrap();

    let folder = KeyFolder::new(work.path().join("keys"));
    let (now, today) = (Timestamp::now(), jiff::Zoned::now().date());
    folder
        .init("niem.example/test", &["localhost".to_owned()], today)
        .unwrap();
    let settings = "data='data'\nkeys='keys'\ncsca_trust='csca'\n[enrolment]\nallow=['token']\n";
    let config = Config::parse(settings, work.path()).unwrap();
    let roster = Arc::new(Roster::open(&config.data).unwrap());
    let enroller = Enroller::open(&config, roster.clone()).unwrap();
    let subject = Subject::Operator {
        id: "cb-hai".to_owned(),
        role: "clerk".to_owned(),
    };
    let code = roster.make_code(&subject, "gd-01", 1, now).unwrap().code;
    let wish = Wish {
        subject: Asker::Operator("cb-hai".to_owned()),
        code: Some(code),
        csr: signing_request(&key, "cb-hai").unwrap(),
        storage: KeyStorage::Token,
        attestation: None,
    };
    assert!(matches!(
        enroller.begin(&wish, None, now).unwrap(),
        Step::Enrolled(_)
    ));

    let stations = StationTrust::load(&folder.public().join("station-ca.pem")).unwrap();
    let people = (roster.clone(), Arc::new(stations));
    let issuer = ISSUER.to_owned();
    let keeper = Keeper::open(issuer, &folder, &config.data, people, Vec::new()).unwrap();
    let signer = OnToken(&key, PublicKey::p256(key.point()).unwrap());
    let nonce = keeper.nonce(now);
    let at = now.as_second();
    let prove = |asked, id: &str| Proof::make(&signer, asked, Some(&nonce), id, at).unwrap();
    let door = format!("{ISSUER}/v1/oauth/token");
    let asked = Asked {
        method: "POST",
        address: &door,
        token: None,
    };
    let assertion = Assertion::make(&signer, "operator:cb-hai", ISSUER, "1", at).unwrap();
    let issued = keeper
        .issue(
            Wanted {
                assertion: &assertion,
                client: None,
                scope: None,
                proof: &prove(asked, "2"),
            },
            now,
        )
        .unwrap();
    assert_eq!(
        issued.scopes,
        [Scope::WalletsFind, Scope::WalletsRead, Scope::DocumentsRead]
    );

    let asked = Asked {
        method: "GET",
        address: "https://niem.example/v1/wallets/1/entries",
        token: Some(&issued.token),
    };
    let (proof, again) = (prove(asked, "3"), prove(asked, "4"));
    let request = |proof| Request {
        method: "GET",
        path: "/v1/wallets/1/entries",
        token: &issued.token,
        proof,
    };
    let caller = keeper.recognise(request(&proof), now).unwrap();
    assert_eq!(caller.client, "operator:cb-hai");
    assert_eq!(caller.known, Known::Official { role: Role::Clerk });
    keeper.admit(&caller, now).unwrap();
    let used = keeper.recognise(request(&proof), now).unwrap_err();
    assert_eq!(used.code(), "token.replayed");

    // The token is lost: the next request is refused.
    roster
        .revoke(Revocation {
            revoked: Revoked::Operator("cb-hai".to_owned()),
            manner: Manner::Compromised,
            from: now,
            recorded_at: now,
            by: "gd-01".to_owned(),
            reason: "lost".to_owned(),
        })
        .unwrap();
    let gone = keeper.recognise(request(&again), now).unwrap_err();
    assert_eq!(gone.code(), "access.client_suspended");
}
