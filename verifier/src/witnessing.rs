//! Asking witnesses: after the log has grown, its head goes to each of them, and what they cosign is kept with it.
//!
//! This runs beside everything else. Nobody who files waits for it, and a witness that hangs, lies or is gone
//! costs nothing but its own cosignature.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::{Client, StatusCode, Url};
use tokio::sync::watch;

use crate::config::Config;
use crate::http::App;
use crate::keys::{KeysError, read_text};
use crate::log::{Cosigner, Policy, PolicyError};
use crate::wallet::{Head, StoreFailure};
use crate::witness::decimal;

/// One question and its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A cosignature is one short line.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
/// A witness that says twice that it stands elsewhere is asked again with the next head.
const TRIES: u32 = 3;

/// Why a witness gave no cosignature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AskError {
    #[error("the witness could not be reached")]
    Unreachable,
    #[error("the witness answered {0}")]
    Refused(u16),
    #[error("the witness answered with something else than its cosignature")]
    Answer,
    #[error(
        "the witness has seen {0} leaves, more than this log has: was it restored from an old copy?"
    )]
    Ahead(u64),
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl AskError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "log.witness_unreachable",
            Self::Refused(_) => "log.witness_refused",
            Self::Answer => "log.witness_answer",
            Self::Ahead(_) => "log.witness_ahead",
            Self::Store(failure) => failure.code(),
        }
    }
}

/// Why the witnesses of the settings cannot be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessesError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("the address of witness {name} cannot be used")]
    Address { name: String },
}

impl WitnessesError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Policy(error) => error.code(),
            Self::Address { .. } => "log.witness_address",
        }
    }
}

/// One witness and what we know of its memory.
struct Asked {
    key: Cosigner,
    url: Url,
    /// The size it last cosigned, as far as we know.
    stands_at: u64,
    /// The last answer was a fault; the log tells a change, not every round.
    faulty: bool,
}

/// Asks every witness that the policy gives an address for.
pub(crate) struct Asker {
    http: Client,
    witnesses: Vec<Asked>,
    every: Duration,
}

impl Asker {
    /// `None` where the settings name no witness to ask.
    pub(crate) fn new(config: &Config) -> Result<Option<Self>, WitnessesError> {
        let Some(path) = &config.log.policy else {
            return Ok(None);
        };
        let policy = Policy::parse(&read_text(path)?)?;
        let mut witnesses = Vec::new();
        for witness in policy.witnesses() {
            let Some(text) = &witness.url else { continue };
            let unusable = || WitnessesError::Address {
                name: witness.key.name().to_owned(),
            };
            let text = format!("{}/add-checkpoint", text.trim_end_matches('/'));
            let url = Url::parse(&text).map_err(|_| unusable())?;
            if !matches!(url.scheme(), "https" | "http") {
                return Err(unusable());
            }
            witnesses.push(Asked {
                key: witness.key.clone(),
                url,
                stands_at: 0,
                faulty: false,
            });
        }
        if witnesses.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            http: client(config.log.witness_ca.as_deref())?,
            witnesses,
            every: Duration::from_secs(config.log.ask_every_s.max(1).into()),
        }))
    }

    /// Asks until `closed` says that the service ends.
    pub(crate) async fn run(mut self, app: Arc<App>, mut closed: watch::Receiver<bool>) {
        let mut tick = tokio::time::interval(self.every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                _ = closed.wait_for(|closed| *closed) => return,
            }
            tokio::select! {
                () = self.round(&app) => {}
                _ = closed.wait_for(|closed| *closed) => return,
            }
        }
    }

    /// One head to all witnesses at once, so that their cosignatures stand together.
    async fn round(&mut self, app: &Arc<App>) {
        let head = match on_store(app, |app| app.wallets.head()).await {
            Ok(head) => head,
            Err(failure) => {
                return tracing::warn!(code = failure.code(), "the head could not be read");
            }
        };
        let mut asking = tokio::task::JoinSet::new();
        for mut witness in self.witnesses.drain(..) {
            let (app, http, head) = (app.clone(), self.http.clone(), head.clone());
            asking.spawn(async move {
                if head.size > 0 && witness.stands_at != head.size {
                    let asked = witness.ask(&app, &http, &head).await;
                    witness.note_down(&asked);
                }
                witness
            });
        }
        while let Some(asked) = asking.join_next().await {
            match asked {
                Ok(witness) => self.witnesses.push(witness),
                Err(error) => tracing::error!(%error, "a witness is no longer asked"),
            }
        }
    }
}

impl Asked {
    async fn ask(&mut self, app: &Arc<App>, http: &Client, head: &Head) -> Result<(), AskError> {
        for _ in 0..TRIES {
            let (old, new) = (self.stands_at, head.size);
            let proof = on_store(app, move |app| app.wallets.consistency(old, new)).await?;
            let proof = proof.ok_or(AskError::Ahead(old))?;
            let lines: String = proof
                .iter()
                .map(|hash| format!("{}\n", BASE64.encode(hash.as_bytes())))
                .collect();
            let body = format!("old {old}\n{lines}\n{}", head.note);
            let request = http.post(self.url.clone()).body(body).send();
            let answer = request.await.map_err(|_| AskError::Unreachable)?;
            let status = answer.status();
            let body = bounded(answer).await?;
            match status {
                StatusCode::OK => {
                    let note = format!("{}{body}", head.note);
                    let (line, _) = self.key.cosigned(note.as_bytes()).ok_or(AskError::Answer)?;
                    let (head, name) = (head.clone(), self.key.name().to_owned());
                    self.stands_at = head.size;
                    return Ok(
                        on_store(app, move |app| app.wallets.cosign(&head, &name, &line)).await?,
                    );
                }
                StatusCode::CONFLICT => {
                    let stands_at = decimal(body.trim_end_matches('\n')).ok_or(AskError::Answer)?;
                    if stands_at > head.size {
                        return Err(AskError::Ahead(stands_at));
                    }
                    if stands_at == old {
                        // The same size, and still no: it has seen another tree.
                        return Err(AskError::Refused(409));
                    }
                    self.stands_at = stands_at;
                }
                status => return Err(AskError::Refused(status.as_u16())),
            }
        }
        Err(AskError::Refused(409))
    }

    fn note_down(&mut self, asked: &Result<(), AskError>) {
        let witness = self.key.name();
        match asked {
            Ok(()) if self.faulty => tracing::info!(witness, "the witness cosigns again"),
            Ok(()) => {}
            // Somebody was shown another history: nobody may miss that.
            Err(error @ (AskError::Ahead(_) | AskError::Refused(409 | 422))) => {
                tracing::error!(witness, code = error.code(), %error, "the witness objects");
            }
            Err(error) if !self.faulty => {
                tracing::warn!(witness, code = error.code(), %error, "no cosignature");
            }
            Err(_) => {}
        }
        self.faulty = asked.is_err();
    }
}

fn client(ca: Option<&std::path::Path>) -> Result<Client, WitnessesError> {
    // Harmless when some other part of the process installed it first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(PATIENCE)
        .timeout(PATIENCE);
    if let Some(path) = ca {
        let malformed = || KeysError::Malformed {
            path: path.to_owned(),
        };
        let text = read_text(path)?;
        let authority = reqwest::Certificate::from_pem(text.as_bytes()).map_err(|_| malformed())?;
        builder = builder.tls_certs_only([authority]);
    }
    Ok(builder.build().map_err(|_| KeysError::Generate)?)
}

async fn bounded(mut answer: reqwest::Response) -> Result<String, AskError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| AskError::Unreachable)? {
        if body.len() + piece.len() > MAX_ANSWER_BYTES {
            return Err(AskError::Answer);
        }
        body.extend_from_slice(&piece);
    }
    String::from_utf8(body).map_err(|_| AskError::Answer)
}

async fn on_store<T, F>(app: &Arc<App>, work: F) -> Result<T, StoreFailure>
where
    T: Send + 'static,
    F: FnOnce(&App) -> Result<T, StoreFailure> + Send + 'static,
{
    let app = app.clone();
    tokio::task::spawn_blocking(move || work(&app))
        .await
        .unwrap_or(Err(StoreFailure::Contention))
}
