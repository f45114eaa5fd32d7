//! Where a log is read from: its address, or a folder with the same files. Nothing read here is believed yet.

use std::cell::Cell;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Client, StatusCode, Url};

use crate::keys::read_text;

/// One file of the log.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a file of the log could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    #[error("the log's address cannot be used")]
    Address,
    #[error("the certificate authority cannot be read")]
    Authority,
    #[error("{path} could not be fetched")]
    Unreachable { path: String },
    #[error("{path} is longer than it can be")]
    TooLong { path: String },
    #[error("as many bytes as were allowed have been read")]
    Budget,
}

impl SourceError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address => "monitor.address",
            Self::Authority => "monitor.authority",
            Self::Unreachable { .. } => "monitor.unreachable",
            Self::TooLong { .. } => "monitor.too_long",
            Self::Budget => "monitor.budget",
        }
    }
}

/// A log to read, and how much of it may still be read.
pub struct Source {
    from: From,
    left: Cell<u64>,
}

enum From {
    Folder(PathBuf),
    Address {
        client: Client,
        base: Url,
        runtime: tokio::runtime::Runtime,
    },
}

impl Source {
    /// `place` is the address of the log or a folder; `ca` the authority of its certificate, where it is not one
    /// that the system knows. At most `budget` bytes are read.
    pub fn open(place: &str, ca: Option<&Path>, budget: u64) -> Result<Self, SourceError> {
        let left = Cell::new(budget);
        if !place.starts_with("https://") && !place.starts_with("http://") {
            let from = From::Folder(place.into());
            return Ok(Self { from, left });
        }
        let base = Url::parse(&format!("{}/", place.trim_end_matches('/')))
            .map_err(|_| SourceError::Address)?;
        // Harmless when some other part of the process installed it first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE);
        if let Some(path) = ca {
            let text = read_text(path).map_err(|_| SourceError::Authority)?;
            let authority = reqwest::Certificate::from_pem(text.as_bytes())
                .map_err(|_| SourceError::Authority)?;
            builder = builder.tls_certs_only([authority]);
        }
        let client = builder.build().map_err(|_| SourceError::Authority)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|_| SourceError::Address)?;
        let from = From::Address {
            client,
            base,
            runtime,
        };
        Ok(Self { from, left })
    }

    /// One file of the log; `None` when it is not there.
    pub(super) fn fetch(&self, path: &str, longest: usize) -> Result<Option<Vec<u8>>, SourceError> {
        if self.left.get() < longest as u64 {
            return Err(SourceError::Budget);
        }
        let content = match &self.from {
            From::Folder(folder) => read_file(&folder.join(path), path, longest)?,
            From::Address {
                client,
                base,
                runtime,
            } => runtime.block_on(get(client, base, path, longest))?,
        };
        let read = content.as_ref().map_or(0, Vec::len) as u64;
        self.left.set(self.left.get() - read);
        Ok(content)
    }
}

fn read_file(file: &Path, path: &str, longest: usize) -> Result<Option<Vec<u8>>, SourceError> {
    let unreachable = |_| SourceError::Unreachable {
        path: path.to_owned(),
    };
    let file = match File::open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreachable(error)),
    };
    let mut content = Vec::new();
    file.take(longest as u64 + 1)
        .read_to_end(&mut content)
        .map_err(unreachable)?;
    if content.len() > longest {
        return Err(SourceError::TooLong {
            path: path.to_owned(),
        });
    }
    Ok(Some(content))
}

async fn get(
    client: &Client,
    base: &Url,
    path: &str,
    longest: usize,
) -> Result<Option<Vec<u8>>, SourceError> {
    let unreachable = || SourceError::Unreachable {
        path: path.to_owned(),
    };
    let url = base.join(path).map_err(|_| SourceError::Address)?;
    let mut answer = client.get(url).send().await.map_err(|_| unreachable())?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
        _ => return Err(unreachable()),
    }
    let mut content = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|_| unreachable())? {
        if content.len() + piece.len() > longest {
            return Err(SourceError::TooLong {
                path: path.to_owned(),
            });
        }
        content.extend_from_slice(&piece);
    }
    Ok(Some(content))
}
