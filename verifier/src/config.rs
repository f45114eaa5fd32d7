//! The verifier's one settings file: where it listens, where it keeps things, whom it trusts and how much it takes.
//!
//! Every default is a named constant with its unit and its reason. Unknown keys are refused, so that
//! a misspelt limit is an error and not a silent default.

mod rates;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bundle::KeyStorage;
use serde::Deserialize;

pub use rates::Rates;

use crate::comparers::{self, Comparer};

/// Where the service listens when nothing else is said: this machine only.
const LISTEN: &str = "127.0.0.1:8443";
/// One blob is one part of one visit; a paper of a hundred colour pages stays far below this.
const MAX_BLOB_BYTES: u64 = 64 * 1024 * 1024;
/// The outer envelope holds digests and one certificate, about 300 bytes a blob.
const MAX_ENVELOPE_BYTES: usize = 1024 * 1024;
/// A station sends one bundle at a time; a few more let a broken courier start again.
const MAX_UNFINISHED_UPLOADS: u32 = 64;
/// What one station may leave lying here unfiled: three days of a busy desk.
const MAX_UNFILED_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Two long offline shifts' worth of visits.
const MAX_OPEN_TICKETS: u32 = 2_000;
/// How long a ticket may open visits: a desk may be without network over a long holiday.
const TICKET_HOURS: u32 = 14 * 24;
/// Uploads nobody comes back for are removed after this; a station with its bundle starts again.
const UPLOAD_HOURS: u32 = 14 * 24;
/// The request line and headers must arrive within this time, so that a trickle holds no connection.
const HEADER_TIMEOUT_MS: u64 = 10_000;
/// A body may pause this long between two pieces.
const BODY_IDLE_TIMEOUT_MS: u64 = 30_000;
/// Connections served at once; beyond it new ones wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 512;
/// How far a desk's clock may run ahead of ours.
const CLOCK_SKEW_S: u32 = 300;

/// A head goes to the witnesses this often, once it has moved: a citizen with a fresh receipt waits this long.
const ASK_EVERY_S: u32 = 5;
/// Connections of one verifier to its database: a filing holds one for some milliseconds.
const CONNECTIONS: usize = 8;
/// A statement that takes longer is given up; the station comes back.
const STATEMENT_TIMEOUT_MS: u64 = 10_000;
/// What S3 servers of one's own call their only region.
const REGION: &str = "us-east-1";

/// The whole settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port of the one TLS listener; port 0 takes a free one.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Folder of the embedded store: database and content-addressed files.
    pub data: PathBuf,
    /// Folder made by `niem-verifier keys init`.
    pub keys: PathBuf,
    /// Folder of country signing certificates that identity cards are checked against.
    pub csca_trust: PathBuf,
    /// Folder of root certificates under which officials sign papers; without it no paper above grade 0 passes.
    #[serde(default)]
    pub signer_trust: Option<PathBuf>,
    #[serde(default)]
    pub store: Store,
    #[serde(default)]
    pub examination: Examination,
    #[serde(default)]
    pub stations: Stations,
    #[serde(default)]
    pub log: Log,
    #[serde(default)]
    pub enrolment: Enrolment,
    #[serde(default)]
    pub limits: Limits,
    #[serde(default)]
    pub rates: Rates,
    /// With what desks may compare faces and fingers; left out, the models of this release.
    #[serde(default = "comparers::shipped")]
    pub comparers: Vec<Comparer>,
    /// `https://name[:port]` by which clients know this service; left out, localhost and the port it listens on.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Who may read what is counted here, each by a bearer token.
    #[serde(default)]
    pub watchers: Vec<Watcher>,
}

/// Where things are kept, and what of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    #[serde(default)]
    pub kind: StoreKind,
    /// Keep the sealed blobs after filing. They open with the epoch key, so a citizen's erasure would
    /// have to find them too; off unless somebody needs to examine a bundle again from its envelope.
    #[serde(default)]
    pub keep_sealed: bool,
    /// Where the database is, for the kind "postgres".
    #[serde(default)]
    pub postgres: Option<Postgres>,
    /// Where papers and sealed blobs are, for the kind "postgres".
    #[serde(default)]
    pub s3: Option<S3>,
}

/// The stores there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// SQLite and files in the folder `data`.
    #[default]
    Embedded,
    /// PostgreSQL and an S3 server, which many verifiers may share; `data` holds only what is just arriving.
    Postgres,
}

/// A PostgreSQL server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// `postgresql://user@host:5432/database`, without a password.
    pub url: String,
    /// The password, alone in a file.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The authority (PEM) that the server's certificate must come from. Without it only a server on this machine
    /// is spoken to.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    #[serde(default = "connections")]
    pub connections: usize,
    #[serde(default = "statement_timeout_ms")]
    pub statement_timeout_ms: u64,
}

/// A bucket of an S3 server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// `https://host:port`; `http` only to a server on this machine.
    pub endpoint: String,
    pub bucket: String,
    #[serde(default = "region")]
    pub region: String,
    /// A folder in the bucket, where others use the bucket too.
    #[serde(default)]
    pub prefix: String,
    pub access_key_file: PathBuf,
    pub secret_key_file: PathBuf,
    /// An authority (PEM) to believe beside those of the system.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

/// What the examiner lets pass beyond the real thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examination {
    /// Take bundles of simulated devices and of practice visits. Never on a real verifier (D15).
    #[serde(default)]
    pub accept_simulated: bool,
    #[serde(default = "clock_skew_s")]
    pub clock_skew_s: u32,
}

/// Which stations are out of favour.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stations {
    /// Stations whose certificate is no longer honoured, though it has not expired.
    #[serde(default)]
    pub suspended: Vec<String>,
    /// Operators whose signature is no longer honoured.
    #[serde(default)]
    pub suspended_operators: Vec<String>,
}

/// Who cosigns the heads of the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A file in the tlog-policy format; every witness in it that has an address is asked.
    #[serde(default)]
    pub policy: Option<PathBuf>,
    /// The authority of the witnesses' TLS certificates; left out, the system's.
    #[serde(default)]
    pub witness_ca: Option<PathBuf>,
    #[serde(default = "ask_every_s")]
    pub ask_every_s: u32,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            policy: None,
            witness_ca: None,
            ask_every_s: ASK_EVERY_S,
        }
    }
}

/// Which keys get a certificate at the door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrolment {
    /// Folder of certificates of TPM makers; without it no TPM is believed.
    pub tpm_makers: Option<PathBuf>,
    /// Where enrolled keys may lie: `tpm`, `token`, `file`. A file is for practice only.
    pub allow: Vec<KeyStorage>,
}

impl Default for Enrolment {
    fn default() -> Self {
        // D5: a TPM proves where its key lies; the others are somebody's word.
        Self {
            tpm_makers: None,
            allow: vec![KeyStorage::Tpm],
        }
    }
}

/// How much anybody may send, ask and hold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub max_blob_bytes: u64,
    pub max_envelope_bytes: usize,
    pub max_unfinished_uploads: u32,
    pub max_unfiled_bytes: u64,
    pub max_open_tickets: u32,
    pub ticket_hours: u32,
    pub upload_hours: u32,
    pub header_timeout_ms: u64,
    pub body_idle_timeout_ms: u64,
    pub max_connections: usize,
}

/// A program that reads what is counted and timed here, and opens no wallet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watcher {
    pub name: String,
    /// SHA-256 of the bearer token, in hex; the token itself is nowhere on this machine.
    pub token_sha256: String,
}

impl Default for Examination {
    fn default() -> Self {
        Self {
            accept_simulated: false,
            clock_skew_s: CLOCK_SKEW_S,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_blob_bytes: MAX_BLOB_BYTES,
            max_envelope_bytes: MAX_ENVELOPE_BYTES,
            max_unfinished_uploads: MAX_UNFINISHED_UPLOADS,
            max_unfiled_bytes: MAX_UNFILED_BYTES,
            max_open_tickets: MAX_OPEN_TICKETS,
            ticket_hours: TICKET_HOURS,
            upload_hours: UPLOAD_HOURS,
            header_timeout_ms: HEADER_TIMEOUT_MS,
            body_idle_timeout_ms: BODY_IDLE_TIMEOUT_MS,
            max_connections: MAX_CONNECTIONS,
        }
    }
}

fn listen() -> SocketAddr {
    LISTEN.parse().expect("the default address is well formed")
}

fn ask_every_s() -> u32 {
    ASK_EVERY_S
}

fn connections() -> usize {
    CONNECTIONS
}

fn statement_timeout_ms() -> u64 {
    STATEMENT_TIMEOUT_MS
}

fn region() -> String {
    REGION.to_owned()
}

fn clock_skew_s() -> u32 {
    CLOCK_SKEW_S
}

/// Why the settings could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("the settings file {path} cannot be read")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the settings file is not well formed: {0}")]
    Malformed(#[from] toml::de::Error),
    #[error("the token digest of watcher {name} is not 64 hex digits")]
    WatcherToken { name: String },
    #[error("the issuer is not of the form https://name[:port]")]
    Issuer,
    #[error("{name} must be at least 1")]
    Zero { name: &'static str },
    #[error("a store of the kind \"postgres\" needs [store.postgres] and [store.s3]")]
    StoreIncomplete,
}

impl ConfigError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "verifier.config_unreadable",
            Self::Malformed(_) => "verifier.config_malformed",
            Self::WatcherToken { .. } => "verifier.config_watcher_token",
            Self::Issuer => "verifier.config_issuer",
            Self::Zero { .. } => "verifier.config_zero_limit",
            Self::StoreIncomplete => "verifier.config_store",
        }
    }
}

impl Store {
    /// Takes relative file names as meant from `base`.
    fn stand_on(&mut self, base: &Path) {
        if let Some(postgres) = &mut self.postgres {
            for file in [&mut postgres.password_file, &mut postgres.ca]
                .into_iter()
                .flatten()
            {
                *file = base.join(&*file);
            }
        }
        if let Some(s3) = &mut self.s3 {
            let files = [&mut s3.access_key_file, &mut s3.secret_key_file];
            for file in files.into_iter().chain(s3.ca.as_mut()) {
                *file = base.join(&*file);
            }
        }
    }
}

impl Config {
    /// Reads a settings file; relative folders in it are meant from the file's own folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, base)
    }

    /// Reads settings from text; relative folders are meant from `base`.
    pub fn parse(text: &str, base: &Path) -> Result<Self, ConfigError> {
        let mut config: Self = toml::from_str(text)?;
        for folder in [&mut config.data, &mut config.keys, &mut config.csca_trust] {
            *folder = base.join(&*folder);
        }
        let optional = [
            &mut config.signer_trust,
            &mut config.log.policy,
            &mut config.log.witness_ca,
            &mut config.enrolment.tpm_makers,
        ];
        for path in optional.into_iter().flatten() {
            *path = base.join(&*path);
        }
        config.store.stand_on(base);
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        for watcher in &self.watchers {
            let digest = watcher.token_sha256.as_bytes();
            if digest.len() != 64 || !digest.iter().all(u8::is_ascii_hexdigit) {
                return Err(ConfigError::WatcherToken {
                    name: watcher.name.clone(),
                });
            }
        }
        // RFC 8414 §2; without a path, so that the addresses of doors are what clients call.
        let name = |issuer: &str| {
            let host = issuer.strip_prefix("https://")?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
            (!host.is_empty() && host.chars().all(plain)).then_some(())
        };
        if self
            .issuer
            .as_deref()
            .is_some_and(|issuer| name(issuer).is_none())
        {
            return Err(ConfigError::Issuer);
        }
        let store = &self.store;
        if store.kind == StoreKind::Postgres && (store.postgres.is_none() || store.s3.is_none()) {
            return Err(ConfigError::StoreIncomplete);
        }
        let postgres = store.postgres.as_ref();
        let limits = &self.limits;
        let positive: [(&'static str, u64); 10] = [
            (
                "connections",
                postgres.map_or(1, |postgres| postgres.connections as u64),
            ),
            (
                "statement_timeout_ms",
                postgres.map_or(1, |postgres| postgres.statement_timeout_ms),
            ),
            ("max_blob_bytes", limits.max_blob_bytes),
            ("max_envelope_bytes", limits.max_envelope_bytes as u64),
            (
                "max_unfinished_uploads",
                limits.max_unfinished_uploads.into(),
            ),
            ("max_open_tickets", limits.max_open_tickets.into()),
            ("ticket_hours", limits.ticket_hours.into()),
            ("header_timeout_ms", limits.header_timeout_ms),
            ("body_idle_timeout_ms", limits.body_idle_timeout_ms),
            ("max_connections", limits.max_connections as u64),
        ];
        match positive.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::Zero { name }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../docs/verifier.example.toml");

    #[test]
    fn the_example_in_the_handbook_is_read() {
        let config = Config::parse(EXAMPLE, Path::new("/etc/niem")).unwrap();
        assert_eq!(config.keys, Path::new("/etc/niem/keys"));
        assert_eq!(config.watchers.len(), 1);
        assert_eq!(config.issuer.as_deref(), Some("https://niem.example"));
        assert!(!config.examination.accept_simulated);
        // The example shows every limit at its default, so that a reader learns the true values.
        assert_eq!(
            format!("{:?}", config.limits),
            format!("{:?}", Limits::default())
        );
        assert_eq!(config.rates, Rates::default());
        assert_eq!(config.comparers, comparers::shipped());
        assert_eq!(config.store.kind, StoreKind::Embedded);
    }

    #[test]
    fn the_province_in_the_example_is_read_once_its_marks_are_taken_off() {
        let text: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#| ").unwrap_or(line))
            .filter(|line| !line.starts_with("kind = \"embedded\""))
            .flat_map(|line| [line, "\n"])
            .collect();
        let config = Config::parse(&text, Path::new("/etc/niem")).unwrap();
        assert_eq!(config.store.kind, StoreKind::Postgres);
        let postgres = config.store.postgres.unwrap();
        assert_eq!(postgres.connections, CONNECTIONS);
        assert_eq!(postgres.statement_timeout_ms, STATEMENT_TIMEOUT_MS);
        assert_eq!(
            postgres.password_file.unwrap(),
            Path::new("/etc/niem/database.password")
        );
        let s3 = config.store.s3.unwrap();
        assert_eq!(s3.region, REGION);
        assert_eq!(s3.secret_key_file, Path::new("/etc/niem/s3.secret"));
    }

    #[test]
    fn a_province_without_a_bucket_is_refused() {
        let text = "data='d'\nkeys='k'\ncsca_trust='c'\n[store]\nkind='postgres'\n\
                    [store.postgres]\nurl='postgresql://niem@localhost/niem'\n";
        let error = Config::parse(text, Path::new(".")).unwrap_err();
        assert_eq!(error.code(), "verifier.config_store");
        let zero = format!(
            "{}connections=0\n",
            text.replace("kind='postgres'", "kind='embedded'")
        );
        let error = Config::parse(&zero, Path::new(".")).unwrap_err();
        assert_eq!(error.code(), "verifier.config_zero_limit");
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let text = "data='d'\nkeys='k'\ncsca_trust='c'\n[limits]\nmax_blob_byte=1\n";
        let error = Config::parse(text, Path::new(".")).unwrap_err();
        assert_eq!(error.code(), "verifier.config_malformed");
    }

    #[test]
    fn a_short_token_digest_and_a_zero_limit_are_refused() {
        let base = "data='d'\nkeys='k'\ncsca_trust='c'\n";
        let watcher = format!("{base}[[watchers]]\nname='x'\ntoken_sha256='abcd'\n");
        assert_eq!(
            Config::parse(&watcher, Path::new(".")).unwrap_err().code(),
            "verifier.config_watcher_token"
        );
        for wrong in [
            "http://a.example",
            "https://",
            "https://a.example/",
            "a.example",
        ] {
            let issuer = format!("issuer='{wrong}'\n{base}");
            let error = Config::parse(&issuer, Path::new(".")).unwrap_err();
            assert_eq!(error.code(), "verifier.config_issuer", "{wrong}");
        }
        let zero = format!("{base}[limits]\nmax_blob_bytes=0\n");
        assert_eq!(
            Config::parse(&zero, Path::new(".")).unwrap_err().code(),
            "verifier.config_zero_limit"
        );
    }
}
