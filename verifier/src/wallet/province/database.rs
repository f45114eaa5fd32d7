//! The door to PostgreSQL: few connections, each with time limits, and transactions that start again when the
//! server could not put them in order.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts, Transaction,
};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use crate::config::Postgres;
use crate::wallet::{OpenStoreError, StoreFailure};

/// How long to wait for a free connection, and for a new one to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a transaction starts again that the server could not put in order with others.
const RETRIES: u32 = 5;
/// How much longer to wait before each further try.
const RETRY_PAUSE: Duration = Duration::from_millis(5);

/// Connections to the database server.
pub(super) struct Database {
    pool: Pool,
}

/// How a transaction is to end.
pub(super) enum End<T> {
    Keep(T),
    /// Nothing of it happened.
    Undo(T),
}

impl Database {
    pub(super) fn new(settings: &Postgres) -> Result<Self, OpenStoreError> {
        let config = config(settings)?;
        let manager_config = ManagerConfig {
            // A connection that broke is known to be closed; asking the server each time would cost a round trip.
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = if config.get_ssl_mode() == SslMode::Require {
            Manager::from_config(config, tls(settings)?, manager_config)
        } else {
            Manager::from_config(config, NoTls, manager_config)
        };
        let pool = Pool::builder(manager)
            .max_size(settings.connections)
            .timeouts(Timeouts {
                wait: Some(CONNECT_TIMEOUT),
                create: Some(CONNECT_TIMEOUT),
                recycle: Some(CONNECT_TIMEOUT),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| unusable("the pool of connections cannot be made"))?;
        Ok(Self { pool })
    }

    /// One connection, for reading or for a single statement.
    pub(super) async fn client(&self) -> Result<deadpool_postgres::Object, StoreFailure> {
        Ok(self.pool.get().await?)
    }

    /// Runs `work` as one transaction; from the beginning again when the server asks for that.
    pub(super) async fn transact<T>(
        &self,
        work: impl AsyncFn(&Transaction<'_>) -> Result<End<T>, StoreFailure>,
    ) -> Result<T, StoreFailure> {
        for tries in 1..=RETRIES {
            match self.once(&work).await {
                Err(StoreFailure::Server(error)) if out_of_order(&error) => {
                    tokio::time::sleep(RETRY_PAUSE * tries).await;
                }
                ended => return ended,
            }
        }
        Err(StoreFailure::Contention)
    }

    async fn once<T>(
        &self,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<End<T>, StoreFailure>,
    ) -> Result<T, StoreFailure> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        // When `work` fails the transaction is dropped, which undoes it.
        match work(&transaction).await? {
            End::Keep(value) => {
                transaction.commit().await.map_err(not_committed)?;
                Ok(value)
            }
            End::Undo(value) => {
                transaction.rollback().await?;
                Ok(value)
            }
        }
    }

    /// Refuses a server that is set to lose what it acknowledged.
    pub(super) async fn check_server(&self) -> Result<(), OpenStoreError> {
        let client = self.client().await?;
        for setting in ["fsync", "full_page_writes"] {
            let row = client
                .query_one("SELECT current_setting($1)", &[&setting])
                .await
                .map_err(StoreFailure::from)?;
            let value: String = row.try_get(0).map_err(StoreFailure::from)?;
            if value != "on" {
                return Err(OpenStoreError::Forgetful { setting });
            }
        }
        Ok(())
    }
}

/// 40001 (serialization failure) and 40P01 (deadlock): the server undid the transaction and says "try again".
/// PostgreSQL 15 manual §13.5
fn out_of_order(error: &tokio_postgres::Error) -> bool {
    matches!(
        error.code(),
        Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED)
    )
}

/// A commit that the server refused did not happen; one that it did not answer may have.
fn not_committed(error: tokio_postgres::Error) -> StoreFailure {
    let refused = error
        .code()
        .is_some_and(|code| code.code().starts_with("40") || code.code().starts_with("23"));
    if refused {
        StoreFailure::Server(error)
    } else {
        StoreFailure::Unsettled
    }
}

fn config(settings: &Postgres) -> Result<Config, OpenStoreError> {
    let mut config: Config = settings
        .url
        .parse()
        .map_err(|_| unusable("store.postgres.url is not a postgresql:// address"))?;
    if config.get_password().is_some() {
        return Err(unusable(
            "the password does not belong into store.postgres.url but into a file of its own",
        ));
    }
    if let Some(path) = &settings.password_file {
        config.password(read_secret(path)?);
    }
    // synchronous_commit: whatever the server's default, "filed" means on disk (and at the standby, if there is one).
    let timeout = settings.statement_timeout_ms;
    config.options(format!(
        "-c synchronous_commit=on -c statement_timeout={timeout} \
         -c idle_in_transaction_session_timeout={timeout}"
    ));
    config
        .application_name("niem-verifier")
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(Duration::from_millis(timeout));
    config.ssl_mode(if settings.ca.is_some() {
        SslMode::Require
    } else if config.get_hosts().iter().all(is_here) {
        SslMode::Disable
    } else {
        return Err(unusable(
            "the database server is on another machine, so store.postgres.ca must name its authority",
        ));
    });
    Ok(config)
}

/// Whether no line leads there that somebody could listen to.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => is_loopback(name),
    }
}

pub(super) fn is_loopback(name: &str) -> bool {
    name == "localhost"
        || name
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

fn tls(settings: &Postgres) -> Result<tokio_postgres_rustls::MakeRustlsConnect, OpenStoreError> {
    let mut roots = RootCertStore::empty();
    let path = settings.ca.as_deref().unwrap_or(Path::new(""));
    let certificates = CertificateDer::pem_file_iter(path)
        .map_err(|_| unusable("store.postgres.ca cannot be read"))?;
    for certificate in certificates {
        certificate
            .ok()
            .and_then(|certificate| roots.add(certificate).ok())
            .ok_or_else(|| unusable("store.postgres.ca is not a PEM certificate"))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| unusable("TLS cannot be set up"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(tokio_postgres_rustls::MakeRustlsConnect::new(config))
}

/// The first line of a file that holds nothing else.
pub(super) fn read_secret(path: &Path) -> Result<zeroize::Zeroizing<String>, OpenStoreError> {
    let text = std::fs::read_to_string(path)
        .map_err(|_| unusable("a file with a password or key cannot be read"))?;
    let text = zeroize::Zeroizing::new(text);
    Ok(zeroize::Zeroizing::new(text.trim_end().to_owned()))
}

pub(super) fn unusable(what: &'static str) -> OpenStoreError {
    OpenStoreError::Settings { what }
}
