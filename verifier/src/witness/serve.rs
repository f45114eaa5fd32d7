//! The witness's one door: HTTP without TLS, since every word in it is signed; a proxy in front may add TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::{Semaphore, oneshot};

use super::{Answer, MAX_REQUEST_BYTES, Witness, WitnessError};

/// The request line and headers, and then the body, must arrive within this time each.
const PATIENCE: Duration = Duration::from_secs(10);
/// Logs come one by one, each a few times a minute.
const MAX_CONNECTIONS: usize = 64;

/// A witness that answers until it is dropped.
#[derive(Debug)]
pub struct RunningWitness {
    addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningWitness {
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers until the process is ended. It may be ended at any instruction: what was cosigned is on disk.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the witness's thread ended by a panic");
        }
    }
}

impl Drop for RunningWitness {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only when the thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the witness's thread ended by a panic");
        }
    }
}

/// Starts answering on a thread of its own.
pub fn serve(witness: Witness, listen: SocketAddr) -> Result<RunningWitness, WitnessError> {
    let listener = std::net::TcpListener::bind(listen).map_err(WitnessError::Listen)?;
    listener
        .set_nonblocking(true)
        .map_err(WitnessError::Listen)?;
    let addr = listener.local_addr().map_err(WitnessError::Listen)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(WitnessError::Listen)?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("witness".to_owned())
        .spawn(move || {
            runtime.block_on(run(Arc::new(witness), listener, stopped));
            runtime.shutdown_timeout(PATIENCE);
        })
        .map_err(WitnessError::Listen)?;
    Ok(RunningWitness {
        addr,
        stop: Some(stop),
        thread: Some(thread),
    })
}

async fn run(
    witness: Arc<Witness>,
    listener: std::net::TcpListener,
    mut stopped: oneshot::Receiver<()>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the listener cannot be used"),
    };
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(witness);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let taken = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            _ = &mut stopped => return,
            (place, accepted) = taken => match accepted {
                Ok((stream, _)) => (place, stream),
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _place = place;
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, request: Body) -> Response {
    let read = axum::body::to_bytes(request, MAX_REQUEST_BYTES);
    let body = match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return answer(Answer::plain(413, "too large, or broken off\n")),
        Err(_) => return answer(Answer::plain(408, "too slow\n")),
    };
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    // The disk is waited for on a thread that may wait.
    match tokio::task::spawn_blocking(move || witness.add_checkpoint(&body, now)).await {
        Ok(given) => answer(given),
        Err(_) => answer(Answer::plain(500, "try again\n")),
    }
}

fn answer(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(header::CONTENT_TYPE, answer.content_type)];
    (status, headers, answer.body).into_response()
}
