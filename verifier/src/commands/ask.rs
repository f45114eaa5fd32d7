//! `ask`: one request to a running service as an integrator or official, by the client's own key.
//!
//! What a client has to do stands here in one page: metadata, assertion, proof, nonce, token, proof.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use access_tokens::{Asked, Assertion, Proof, SignerKey};
use clap::Args;
use jiff::Timestamp;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::Failure;

#[derive(Args)]
pub(crate) struct AskArgs {
    /// The address of the door, such as `https://niem.example/v1/events`.
    url: String,
    /// The integrator's name, or `operator:` and an official's.
    #[arg(long)]
    client: String,
    /// The client's private key: P-256 or Ed25519, PKCS#8 in PEM.
    #[arg(long)]
    key: PathBuf,
    /// What the look is for.
    #[arg(long)]
    purpose: Option<String>,
    /// A JSON body; the request is a POST then.
    #[arg(long)]
    data: Option<String>,
    /// Scopes to ask for, with spaces between; all, when left out.
    #[arg(long)]
    scope: Option<String>,
    /// The authority of the server's certificate, where the system does not know it.
    #[arg(long)]
    ca: Option<PathBuf>,
}

/// Prints what the door answers. 0 for a good answer, 1 for a refusal, 3 when it may be tried again.
pub(crate) fn run(args: &AskArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::temporary("verifier.runtime", error))?;
    let answer = runtime.block_on(ask(args))?;
    std::io::stdout()
        .write_all(&answer.1)
        .map_err(|error| Failure::temporary("ask.unreachable", error))?;
    Ok(match answer.0 {
        status if status.is_success() => ExitCode::SUCCESS,
        status if status.is_client_error() => ExitCode::from(1),
        _ => ExitCode::from(3),
    })
}

async fn ask(args: &AskArgs) -> Result<(StatusCode, Vec<u8>), Failure> {
    let usage = |detail: &str| Failure {
        exit: 2,
        ..Failure::refusal("ask.usage", detail)
    };
    let key = verifier::keys::read_text(&args.key)?;
    let key = SignerKey::from_pem(&key).map_err(|error| Failure::refusal(error.code(), error))?;
    // The server's own address: scheme, host and port.
    let origin: String = args
        .url
        .splitn(4, '/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/");
    if !origin.starts_with("https://") {
        return Err(usage("the address begins with https://"));
    }
    let http = client(args)?;
    let about = http
        .get(format!("{origin}/.well-known/oauth-authorization-server"))
        .send()
        .await
        .map_err(unreachable)?;
    let about: Value = about.json().await.map_err(unreachable)?;
    let (Some(issuer), Some(door)) = (about["issuer"].as_str(), about["token_endpoint"].as_str())
    else {
        return Err(usage("the server says nothing about tokens"));
    };
    let mut one = Asker {
        http,
        key,
        nonce: None,
    };
    let token = match one.token(args, issuer, door).await? {
        Ok(token) => token,
        Err(refused) => return Ok(refused),
    };
    one.call(args, issuer, &token).await
}

fn client(args: &AskArgs) -> Result<Client, Failure> {
    let provider = rustls::crypto::ring::default_provider();
    let _ = provider.install_default();
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    if let Some(path) = &args.ca {
        let pem = verifier::keys::read_text(path)?;
        let authority = reqwest::Certificate::from_pem(pem.as_bytes()).map_err(unreachable)?;
        builder = builder.tls_certs_only([authority]);
    }
    builder.build().map_err(unreachable)
}

fn unreachable(error: reqwest::Error) -> Failure {
    Failure::temporary("ask.unreachable", error)
}

struct Asker {
    http: Client,
    key: SignerKey,
    nonce: Option<String>,
}

impl Asker {
    async fn token(
        &mut self,
        args: &AskArgs,
        issuer: &str,
        door: &str,
    ) -> Result<Result<String, (StatusCode, Vec<u8>)>, Failure> {
        let (id, now) = (Uuid::now_v7().to_string(), Timestamp::now().as_second());
        let assertion = Assertion::make(&self.key, &args.client, issuer, &id, now)
            .map_err(|error| Failure::refusal(error.code(), error))?;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &assertion),
        ];
        form.extend(args.scope.as_deref().map(|scope| ("scope", scope)));
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        let body = body.join("&");
        loop {
            let known = self.nonce.clone();
            let proof = self.proof("POST", door, None)?;
            let answer = self
                .http
                .post(door)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("dpop", proof)
                .body(body.clone())
                .send()
                .await
                .map_err(unreachable)?;
            self.learn(&answer);
            let status = answer.status();
            let content = answer.bytes().await.map_err(unreachable)?.to_vec();
            let said: Value = serde_json::from_slice(&content).unwrap_or_default();
            match said["access_token"].as_str() {
                Some(token) => return Ok(Ok(token.to_owned())),
                // Once: a server that is never content with its own nonce is not asked for ever.
                None if said["error"] == "use_dpop_nonce" && known.is_none() => {}
                None => return Ok(Err((status, content))),
            }
        }
    }

    async fn call(
        &mut self,
        args: &AskArgs,
        issuer: &str,
        token: &str,
    ) -> Result<(StatusCode, Vec<u8>), Failure> {
        let method = match args.data {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        // The proof names the service as it names itself.
        let path = args.url.splitn(4, '/').nth(3).unwrap_or_default();
        let proof = self.proof(method.as_str(), &format!("{issuer}/{path}"), Some(token))?;
        let mut request = self
            .http
            .request(method, &args.url)
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        if let Some(purpose) = &args.purpose {
            request = request.header("niem-purpose", purpose.as_bytes());
        }
        if let Some(data) = &args.data {
            request = request
                .header("content-type", "application/json")
                .body(data.clone());
        }
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        Ok((status, answer.bytes().await.map_err(unreachable)?.to_vec()))
    }

    fn proof(&self, method: &str, address: &str, token: Option<&str>) -> Result<String, Failure> {
        let asked = Asked {
            method,
            address,
            token,
        };
        let (id, now) = (Uuid::now_v7().to_string(), Timestamp::now().as_second());
        Proof::make(&self.key, asked, self.nonce.as_deref(), &id, now)
            .map_err(|error| Failure::refusal(error.code(), error))
    }

    fn learn(&mut self, answer: &Response) {
        let nonce = answer.headers().get("dpop-nonce");
        self.nonce = nonce
            .and_then(|nonce| nonce.to_str().ok())
            .map(str::to_owned)
            .or(self.nonce.take());
    }
}

/// RFC 6749 appendix B
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
