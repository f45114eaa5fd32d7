//! A client of the API with a key of its own: gets tokens, proves its key, takes the nonces it is given.

use std::sync::Mutex;

use access_tokens::{Asked, Assertion, Proof, SignerKey, SigningKey};
use jiff::Timestamp;

use crate::client::{Answer, Client};

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub const TOKEN_DOOR: &str = "/v1/oauth/token";

/// An integrator or an official at work.
pub struct Holder {
    pub client: String,
    pub key: SignerKey,
    /// Said with every request that does not say its own.
    pub purpose: Option<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<String>,
    nonce: Option<String>,
}

pub fn now() -> i64 {
    Timestamp::now().as_second()
}

pub fn fresh_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

impl Holder {
    pub fn new(client: &str, key: SignerKey, purpose: Option<&str>) -> Self {
        Self {
            client: client.to_owned(),
            key,
            purpose: purpose.map(str::to_owned),
            state: Mutex::default(),
        }
    }

    /// A good assertion for the service at `issuer`.
    pub fn assertion(&self, issuer: &str) -> String {
        Assertion::make(&self.key, &self.client, issuer, &fresh_id(), now()).unwrap()
    }

    /// A proof of possession with the newest nonce that this client has heard of.
    pub fn proof(&self, method: &str, address: &str, token: Option<&str>) -> String {
        let nonce = self.state.lock().unwrap().nonce.clone();
        prove(&self.key, method, address, token, nonce.as_deref())
    }

    pub fn nonce(&self) -> Option<String> {
        self.state.lock().unwrap().nonce.clone()
    }

    pub fn learn(&self, answer: &Answer) {
        if let Some(nonce) = answer.header("dpop-nonce") {
            self.state.lock().unwrap().nonce = Some(nonce.to_owned());
        }
    }

    /// Asks for a token with these scopes, twice when the nonce was old.
    pub fn ask(&self, at: &Client, scope: Option<&str>) -> Answer {
        let issuer = at.origin();
        loop {
            let known = self.nonce();
            let proof = self.proof("POST", &format!("{issuer}{TOKEN_DOOR}"), None);
            let mut form = vec![
                ("grant_type", "client_credentials".to_owned()),
                ("client_assertion_type", JWT_BEARER.to_owned()),
                ("client_assertion", self.assertion(&issuer)),
            ];
            form.extend(scope.map(|scope| ("scope", scope.to_owned())));
            let answer = post_form(at, &form, &proof);
            self.learn(&answer);
            let asked_again = answer.status == 400 && answer.json()["error"] == "use_dpop_nonce";
            if !asked_again || known == self.nonce() {
                return answer;
            }
        }
    }

    /// The token in use; asked for when there is none yet.
    pub fn token(&self, at: &Client) -> String {
        if let Some(token) = self.state.lock().unwrap().token.clone() {
            return token;
        }
        let answer = self.ask(at, None);
        assert_eq!(
            answer.status,
            200,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        self.state.lock().unwrap().token = Some(token.clone());
        token
    }

    pub fn forget(&self) {
        *self.state.lock().unwrap() = State::default();
    }
}

/// A proof by any key.
pub fn prove(
    key: &dyn SigningKey,
    method: &str,
    address: &str,
    token: Option<&str>,
    nonce: Option<&str>,
) -> String {
    let asked = Asked {
        method,
        address,
        token,
    };
    Proof::make(key, asked, nonce, &fresh_id(), now()).unwrap()
}

/// Sends a form to the token door.
pub fn post_form(at: &Client, form: &[(&str, String)], proof: &str) -> Answer {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect()
    };
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("dpop", proof),
    ];
    at.send("POST", TOKEN_DOOR, &headers, body.join("&").as_bytes())
}

/// A new P-256 key as PKCS#8 in PEM.
pub fn new_key() -> String {
    rcgen::KeyPair::generate().unwrap().serialize_pem()
}

pub fn signer(pem: &str) -> SignerKey {
    SignerKey::from_pem(pem).unwrap()
}
