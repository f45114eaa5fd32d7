//! The running service: one TLS listener, one thread of its own, and a handle that stops it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use bundle::{Identities, StationTrust, VerifierPublicKey};
use emrtd::{CscaTrust, TrustError};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use jiff::{SignedDuration, Timestamp};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::access::Keeper;
use crate::config::{Config, StoreKind};
use crate::enrolment::Enroller;
use crate::epochs;
use crate::examine::{Examiner, Policy};
use crate::http::{self, Address, App};
use crate::keys::{KeyFolder, KeysError};
use crate::neighbours::Neighbours;
use crate::roster::{Roster, RosterError};
use crate::tls;
use crate::wallet::{Access, Embedded, OpenStoreError, Wallets};
#[cfg(feature = "province")]
use crate::wallet::{Province, Site};
use crate::witnessing::{Asker, WitnessesError};

/// How long open requests may still take once we are told to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How often abandoned uploads are looked for.
const SWEEP: Duration = Duration::from_secs(3600);
/// How long to wait when the system has no socket for us.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    #[error("the country certificates cannot be read")]
    Csca(#[from] TrustError),
    #[error(transparent)]
    Witnesses(#[from] WitnessesError),
    #[error("the listener cannot be opened")]
    Listen(#[source] std::io::Error),
    #[error("threads cannot be started")]
    Runtime(#[source] std::io::Error),
}

impl ServeError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Roster(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Csca(error) => error.code(),
            Self::Witnesses(error) => error.code(),
            Self::Listen(_) => "verifier.listen",
            Self::Runtime(_) => "verifier.runtime",
        }
    }
}

/// A service that runs until it is told to stop or this is dropped.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it listens; the real port where the settings said 0.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops taking connections, lets open requests end, and returns when all is done.
    pub fn shutdown(mut self) {
        self.stop_and_join();
    }

    fn stop_and_join(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only when the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the service thread ended by a panic");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_and_join();
    }
}

/// Starts the service on a thread of its own; returns once it listens. Needs no async runtime around it.
pub fn serve(config: Config) -> Result<Running, ServeError> {
    let keys = KeyFolder::new(&config.keys);
    let tls = TlsAcceptor::from(Arc::new(tls::server_config(&keys)?));
    let wallets = open_store(&config, Access::Serve)?;
    let roster = Arc::new(Roster::open(&config.data)?);
    let examiner = examiner(&config, roster.clone())?;
    let enroller = Enroller::open(&config, roster.clone())?;
    let receipts = keys.receipt_key()?;
    let epoch = epochs::announce(&keys, &receipts)?;
    let stations = Arc::new(load_stations(&keys)?);
    let asker = Asker::new(&config)?;
    // Clients name the port in what they sign, so it must be known before anybody is answered.
    let listener = std::net::TcpListener::bind(config.listen).map_err(ServeError::Listen)?;
    listener.set_nonblocking(true).map_err(ServeError::Listen)?;
    let addr = listener.local_addr().map_err(ServeError::Listen)?;
    let own = || format!("https://localhost:{}", addr.port());
    let keeper = Keeper::open(
        config.issuer.clone().unwrap_or_else(own),
        &keys,
        &config.data,
        (roster.clone(), stations.clone()),
        config.stations.suspended_operators.clone(),
    )?;
    let app = Arc::new(App::new(
        config,
        wallets,
        examiner,
        (enroller, roster, epoch),
        keeper,
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("verifier".to_owned())
        .spawn(move || {
            runtime.block_on(run(app, listener, tls, stations, asker, stopped));
            runtime.shutdown_timeout(DRAIN);
        })
        .map_err(ServeError::Runtime)?;
    tracing::info!(%addr, "listening");
    Ok(Running {
        addr,
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// Opens the store the settings name.
pub fn open_store(config: &Config, access: Access) -> Result<Wallets, OpenStoreError> {
    let keys = KeyFolder::new(&config.keys);
    let keep_sealed = config.store.keep_sealed;
    match config.store.kind {
        StoreKind::Embedded => {
            Embedded::open(&config.data, &keys, keep_sealed, access).map(Wallets::Embedded)
        }
        StoreKind::Postgres => open_province(config, &keys, access),
    }
}

#[cfg(feature = "province")]
fn open_province(
    config: &Config,
    keys: &KeyFolder,
    access: Access,
) -> Result<Wallets, OpenStoreError> {
    let (Some(postgres), Some(s3)) = (&config.store.postgres, &config.store.s3) else {
        return Err(OpenStoreError::Settings {
            what: "[store.postgres] and [store.s3] must be there",
        });
    };
    let site = Site {
        folder: &config.data,
        postgres,
        s3,
        keep_sealed: config.store.keep_sealed,
        access,
    };
    Province::open(site, keys).map(|store| Wallets::Province(Box::new(store)))
}

#[cfg(not(feature = "province"))]
fn open_province(_: &Config, _: &KeyFolder, _: Access) -> Result<Wallets, OpenStoreError> {
    Err(OpenStoreError::NotBuilt)
}

/// The examiner that the settings ask for, with the keys and the trust that lie where they say.
pub fn examiner(config: &Config, roster: Arc<Roster>) -> Result<Examiner, ServeError> {
    let keys = KeyFolder::new(&config.keys);
    let mut identities = epochs::identities(&keys)?;
    // The recovery identity is kept in a safe; where it lies here it is used.
    let path = keys.path("recovery.agekey");
    if path.exists() {
        identities =
            identities.with(Identities::load(&path).map_err(|_| KeysError::Malformed { path })?);
    }
    let path = keys.path("public/receipt.pub.pem");
    let receipts = VerifierPublicKey::load(&path).map_err(|_| KeysError::Malformed { path })?;
    let mut signers = pades::Roots::none();
    if let Some(folder) = &config.signer_trust {
        add_roots(&mut signers, folder)?;
    }
    Ok(Examiner {
        stations: Some(load_stations(&keys)?),
        csca: Some(CscaTrust::load_dir(&config.csca_trust)?),
        receipts: Some(receipts),
        identities: Some(identities),
        signers,
        policy: Policy {
            accept_simulated: config.examination.accept_simulated,
            clock_skew: SignedDuration::from_secs(config.examination.clock_skew_s.into()),
            max_blob_bytes: config.limits.max_blob_bytes,
            suspended_stations: config.stations.suspended.clone(),
            suspended_operators: config.stations.suspended_operators.clone(),
            roster: Some(roster),
            epochs: epochs::later(&keys)?,
            comparers: config.comparers.clone(),
        },
    })
}

fn load_stations(keys: &KeyFolder) -> Result<StationTrust, KeysError> {
    let path = keys.path("public/station-ca.pem");
    StationTrust::load(&path).map_err(|_| KeysError::Malformed { path })
}

/// Adds every certificate file of a folder to the roots of officials' signatures.
pub(crate) fn add_roots(
    roots: &mut pades::Roots,
    folder: &std::path::Path,
) -> Result<(), KeysError> {
    let unreadable = |source| KeysError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        if ["pem", "crt", "cer", "der"].contains(&extension) {
            let content = std::fs::read(&path).map_err(unreadable)?;
            roots
                .add(&content)
                .map_err(|_| KeysError::Malformed { path })?;
        }
    }
    Ok(())
}

async fn run(
    app: Arc<App>,
    listener: std::net::TcpListener,
    tls: TlsAcceptor,
    stations: Arc<StationTrust>,
    asker: Option<Asker>,
    mut stopped: oneshot::Receiver<()>,
) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the listener cannot be used"),
    };
    let router = http::router(app.clone());
    let neighbours = Arc::new(Neighbours::new(app.config.rates.address_connections.get()));
    let places = Arc::new(Semaphore::new(app.config.limits.max_connections));
    let (closing, closed) = watch::channel(false);
    if let Some(asker) = asker {
        tokio::spawn(asker.run(app.clone(), closed.clone()));
    }
    let mut connections = tokio::task::JoinSet::new();
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        // Ended connections are let go of one by one, so that the set does not grow.
        while connections.try_join_next().is_some() {}
        tokio::select! {
            _ = &mut stopped => break,
            _ = sweep.tick() => {
                tokio::spawn(sweep_uploads(app.clone()));
            }
            accepted = accept(&listener, &places) => {
                let Some((stream, address, place)) = accepted else { continue };
                // Who has enough connections open already gets no other; the others must come in.
                let Some(neighbour) = neighbours.join(address) else { continue };
                let open = app.metrics.connection();
                let (app, tls, stations, closed) = (app.clone(), tls.clone(), stations.clone(), closed.clone());
                let router = router.clone();
                connections.spawn(async move {
                    connection((app, router), (stream, address), tls, &stations, closed).await;
                    drop((place, neighbour, open));
                });
            }
        }
    }
    drop(listener);
    // Nobody listening means that no connection is open.
    let _ = closing.send(true);
    let drained = tokio::time::timeout(DRAIN, async {
        while connections.join_next().await.is_some() {}
    });
    if drained.await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, Place)> {
    let place = places
        .clone()
        .acquire_owned()
        .await
        .expect("the semaphore is never closed");
    match listener.accept().await {
        Ok((stream, from)) => Some((stream, from.ip(), place)),
        Err(error) => {
            tracing::warn!(%error, "no connection could be taken");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn connection(
    (app, router): (Arc<App>, Router),
    (stream, address): (TcpStream, IpAddr),
    tls: TlsAcceptor,
    stations: &StationTrust,
    mut closed: watch::Receiver<bool>,
) {
    let header_timeout = Duration::from_millis(app.config.limits.header_timeout_ms);
    // Answers are small; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(header_timeout, tls.accept(stream)).await else {
        tracing::debug!("a handshake failed or took too long");
        return;
    };
    let peer = tls::peer(
        stream.get_ref().1.peer_certificates(),
        stations,
        Timestamp::now(),
    );
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.clone());
        request.extensions_mut().insert(Address(address));
        request
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    // The value is let go of inside, so that no guard lives across the waiting below.
    let closing = async {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    tokio::select! {
        ended = &mut connection => log_end(ended),
        () = closing => {
            connection.as_mut().graceful_shutdown();
            log_end(connection.await);
        }
    }
}

fn log_end(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn sweep_uploads(app: Arc<App>) {
    let age = SignedDuration::from_hours(app.config.limits.upload_hours.into());
    let Ok(before) = Timestamp::now().checked_sub(age) else {
        return;
    };
    let swept = tokio::task::spawn_blocking(move || {
        app.wallets.scrub()?;
        app.wallets.expire(before)
    })
    .await;
    match swept {
        Ok(Ok(0)) => {}
        Ok(Ok(removed)) => tracing::info!(removed, "abandoned uploads removed"),
        Ok(Err(failure)) => tracing::warn!(
            code = failure.code(),
            "abandoned uploads could not be removed"
        ),
        Err(_) => tracing::warn!("the sweep ended early"),
    }
}
