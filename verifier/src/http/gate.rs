//! What every request passes: a name of its own in the logs, its share of the service, and a count when it leaves.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tracing::Instrument as _;
use uuid::Uuid;

use super::door::{Door, Who};
use super::limits::Client;
use super::problem::Said;
use super::{App, Problem, callers, doors};
use crate::access::{AccessError, Caller, Scope};
use crate::tls::Peer;

/// The name of a request: in its answer, and in every line of the log about it.
const REQUEST: HeaderName = HeaderName::from_static("niem-request");
/// What a request to an address or with a verb that is not there counts as.
const NO_DOOR: &str = "none";

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

pub(super) async fn pass(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = Uuid::now_v7();
    let door = request
        .extensions()
        .get::<MatchedPath>()
        .and_then(|path| doors::find(request.method(), path.as_str()));
    // The door's name and not the path: paths hold the names of bundles and wallets.
    let name = door.map_or(NO_DOOR, |door| door.id);
    let span = tracing::info_span!("request", %id, door = name);
    async {
        let mut response = share(&app, door, began, request, next).await;
        let status = response.status();
        let said = response.extensions().get::<Said>();
        let (code, faults) = said.map_or((None, &[][..]), |said| {
            (Some(said.code), said.faults.as_slice())
        });
        // What the document does not promise is a mistake of ours that a test must find.
        debug_assert!(
            door.is_none_or(|door| door.promises(status.as_u16(), code)),
            "{name} answered {status} {code:?}, which the document does not promise"
        );
        let elapsed = began.elapsed();
        app.metrics
            .count(name, status.as_u16(), code, faults, elapsed);
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = status.as_u16(), code, elapsed_ms, "answered");
        if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
            response.headers_mut().insert(REQUEST, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// Lets a request through when its client has something left of its share and the door is open to it, and says how
/// much is left then.
async fn share(
    app: &Arc<App>,
    door: Option<&'static Door>,
    now: Instant,
    request: Request,
    next: Next,
) -> Response {
    if door.is_some_and(|door| door.unlimited) {
        return in_one_form(next.run(request).await);
    }
    let shown = shown(app, door, &request);
    let share = app.limits.take(client(&shown, &request), now);
    let mut response = if share.granted {
        enter(app, shown, request, next).await
    } else {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "http.rate")
            .header(axum::http::header::RETRY_AFTER, share.retry_after_s)
            .into_response()
    };
    share.tell(response.headers_mut());
    // RFC 9449 §8.2: whoever comes again has the newest nonce already.
    if door.is_some_and(Door::asks_for_proofs)
        && let Ok(nonce) = HeaderValue::from_str(&app.keeper.nonce(Timestamp::now()))
    {
        response.headers_mut().insert(callers::NONCE, nonce);
    }
    response
}

/// What a request shows of what its door asks for.
enum Shown {
    /// The door asks for nothing here; a station's asks by itself.
    NotAsked,
    Token(Scope, Result<Caller, AccessError>),
    /// The name of a watcher, if it is one.
    Watching(Option<String>),
}

fn shown(app: &App, door: Option<&'static Door>, request: &Request) -> Shown {
    match door.map(|door| door.who) {
        Some(Who::Holder(scope)) => Shown::Token(scope, callers::recognise(app, request)),
        Some(Who::Watcher) => {
            let watcher = callers::watcher(app, request.headers());
            Shown::Watching(watcher.map(|watcher| watcher.name.clone()))
        }
        _ => Shown::NotAsked,
    }
}

async fn enter(app: &Arc<App>, shown: Shown, mut request: Request, next: Next) -> Response {
    match shown {
        Shown::Token(scope, Err(error)) => return callers::refusal(&error, scope).into_response(),
        Shown::Token(scope, Ok(caller)) => {
            if let Err(problem) = callers::admit(app, &caller, scope) {
                return problem.into_response();
            }
            request.extensions_mut().insert(caller);
        }
        Shown::Watching(None) => return callers::no_watcher().into_response(),
        Shown::Watching(Some(_)) | Shown::NotAsked => {}
    }
    in_one_form(next.run(request).await)
}

/// Who is asking, as far as shares go. Whoever did not prove a key has the share of its address, also with somebody
/// else's token: nobody spends another's share.
fn client(shown: &Shown, request: &Request) -> Client {
    match shown {
        Shown::Token(_, Ok(caller)) => return Client::Holder(caller.client.clone()),
        // Names of watchers and of clients do not meet.
        Shown::Watching(Some(name)) => return Client::Holder(format!("watcher:{name}")),
        _ => {}
    }
    if let Some(Peer::Station { id, .. }) = request.extensions().get::<Peer>() {
        return Client::Station(id.as_str().to_owned());
    }
    // Only tests that go around the listener come without an address.
    let address = request.extensions().get::<Address>();
    Client::address(address.map_or(IpAddr::from([0, 0, 0, 0]), |address| address.0))
}

/// An error that the router made by itself becomes a problem document like all others.
fn in_one_form(response: Response) -> Response {
    let status = response.status();
    if response.extensions().get::<Said>().is_some() {
        return response;
    }
    if status.is_client_error() {
        return Problem::malformed().into_response();
    }
    if status.is_server_error() {
        return Problem::failure("http.internal").into_response();
    }
    response
}
