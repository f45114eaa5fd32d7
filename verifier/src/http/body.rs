//! Bodies are read in pieces, each within a time, all within a limit.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use hyper::body::Body as _;
use serde::de::DeserializeOwned;

use super::{App, Problem};

/// What came next of a body.
pub(super) enum Piece {
    Data(Bytes),
    End,
    /// The other side went away.
    Broken,
    TooSlow,
}

/// The next piece of a body, waiting no longer than `idle`.
pub(super) async fn next(body: &mut Body, idle: Duration) -> Piece {
    loop {
        let frame =
            tokio::time::timeout(idle, poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx))).await;
        match frame {
            Err(_) => return Piece::TooSlow,
            Ok(None) => return Piece::End,
            Ok(Some(Err(_))) => return Piece::Broken,
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Piece::Data(data);
                }
                // Trailers say nothing to us.
            }
        }
    }
}

/// A whole small body. The time for all of it is four idle times, so that a trickle ends too.
pub(super) async fn whole(app: &App, body: Body, limit: usize) -> Result<Vec<u8>, Problem> {
    let idle = idle(app);
    let too_slow = || Problem::new(StatusCode::REQUEST_TIMEOUT, "http.body_timeout");
    let read = async move {
        let mut body = body;
        let mut content = Vec::new();
        loop {
            match next(&mut body, idle).await {
                Piece::Data(data) if content.len() + data.len() > limit => {
                    return Err(Problem::new(
                        StatusCode::PAYLOAD_TOO_LARGE,
                        "http.body_too_large",
                    ));
                }
                Piece::Data(data) => content.extend_from_slice(&data),
                Piece::End => return Ok(content),
                Piece::Broken => {
                    return Err(Problem::new(StatusCode::BAD_REQUEST, "http.body_broken"));
                }
                Piece::TooSlow => return Err(too_slow()),
            }
        }
    };
    tokio::time::timeout(idle * 4, read)
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

/// A small JSON body.
pub(super) async fn json<T: DeserializeOwned>(
    app: &App,
    body: Body,
    limit: usize,
) -> Result<T, Problem> {
    let content = zeroize::Zeroizing::new(whole(app, body, limit).await?);
    serde_json::from_slice(&content).map_err(|_| Problem::malformed())
}

pub(super) fn idle(app: &App) -> Duration {
    Duration::from_millis(app.config.limits.body_idle_timeout_ms)
}
