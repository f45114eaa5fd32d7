//! The doors of the pages: what is shown, what was touched, and what moves.

mod touches;

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse as _};
use axum::routing::{get, post};
use axum::{Router, response};
use futures_util::stream;
use rulebook::Language;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::board::{Board, CitizenView, Line, Place, Site};
use crate::devices::DeviceView;
use crate::diagnosis::Diagnosis;
use crate::gate::{self, Keys, Side};
use crate::pictures::Pictures;
use crate::quiet::{self, Limits};
use crate::rights::{Verb, may, may_see};
use crate::speech::{Voice, spoken};
use crate::touch::Touch;
use crate::{assets, citizen, devices, operator};
use touches::{acting, citizen_touch, operator_touch};

/// Longer than anything a form of ours sends.
const MAX_FORM: usize = 4096;

/// A window onto the camera.
pub trait Window: Send + Sync {
    /// The newest picture after number `seen`, as a JPEG; none when none came within `wait`.
    fn after(&self, seen: u64, wait: Duration) -> Option<(u64, Zeroizing<Vec<u8>>)>;
}

/// Whoever can look the desk over.
pub trait Examine: Send + Sync {
    /// How the desk is; it may take some seconds.
    fn examine(&self) -> Diagnosis;
}

/// A touch and the turn of the board at which it was made.
#[derive(Debug)]
pub struct Heard {
    pub turn: u64,
    pub touch: Touch,
}

/// Both displays. The desk shows on it; whoever holds it may look.
pub struct Screens {
    board: watch::Sender<Board>,
    touches: Mutex<Sender<Heard>>,
    pub pictures: Pictures,
    keys: Keys,
    camera: Mutex<Option<Arc<dyn Window>>>,
    examiner: Mutex<Option<Arc<dyn Examine>>>,
    voice: Mutex<Option<Arc<dyn Voice>>>,
    /// When the operator's page, and the citizen's display, were touched last.
    stirred: Mutex<(Instant, Instant)>,
    port: u16,
}

impl Screens {
    /// Screens that nobody is signed in at; what is touched comes out of the other end.
    #[must_use]
    pub fn new(site: Site, keys: Keys, port: u16) -> (Arc<Self>, Receiver<Heard>) {
        let board = Board {
            site,
            line: Line::default(),
            devices: Vec::new(),
            operator: None,
            place: Place::SignedOut {
                people: Vec::new(),
                refused: None,
            },
            turn: 1,
            began: None,
            speaks: false,
            language: Language::Vi,
            citizen: CitizenView {
                language: Language::Vi,
                size: 0,
                help: false,
            },
            quiet: Default::default(),
            shift: None,
            stopping: false,
        };
        let (touches, heard) = channel();
        let screens = Self {
            board: watch::Sender::new(board),
            touches: Mutex::new(touches),
            pictures: Pictures::default(),
            keys,
            camera: Mutex::new(None),
            examiner: Mutex::new(None),
            voice: Mutex::new(None),
            stirred: Mutex::new((Instant::now(), Instant::now())),
            port,
        };
        (Arc::new(screens), heard)
    }

    /// Changes what is shown without a change of place.
    pub fn show(&self, change: impl FnOnce(&mut Board)) {
        self.board.send_modify(change);
    }

    /// Shows how it stands with a device; what is known already redraws nothing.
    pub fn show_device(&self, view: DeviceView) {
        self.board
            .send_if_modified(|board| devices::put(&mut board.devices, view));
    }

    /// Goes to another place; touches made at the one before no longer count. Returns the new turn.
    pub fn go(&self, place: Place) -> u64 {
        let mut turn = 0;
        self.stir(None);
        self.board.send_modify(|board| {
            board.place = place;
            board.quiet = Default::default();
            board.turn += 1;
            turn = board.turn;
        });
        turn
    }

    /// How long nobody has touched this display, and nothing moved on it.
    #[must_use]
    pub fn still(&self, side: Side, now: Instant) -> Duration {
        let stirred = *self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
        now.saturating_duration_since(match side {
            Side::Operator => stirred.0,
            Side::Citizen => stirred.1,
        })
    }

    /// Shows what becomes of displays that nobody touches; to be called every second or so.
    pub fn keep_quiet(&self, limits: Limits, now: Instant) {
        let still = [Side::Operator, Side::Citizen].map(|side| (side, self.still(side, now)));
        self.board.send_if_modified(|board| {
            let [operator, citizen] =
                still.map(|(side, still)| quiet::of(board, side, still, limits));
            let news = board.quiet != (operator, citizen);
            board.quiet = (operator, citizen);
            news
        });
    }

    /// Somebody is there, at one display or at both.
    fn stir(&self, side: Option<Side>) {
        let mut stirred = self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match side {
            Some(Side::Operator) => stirred.0 = now,
            Some(Side::Citizen) => stirred.1 = now,
            None => *stirred = (now, now),
        }
    }

    /// What is shown now.
    #[must_use]
    pub fn board(&self) -> Board {
        self.board.borrow().clone()
    }

    /// What the citizen's display shows while somebody is looked at.
    pub fn set_camera(&self, camera: Option<Arc<dyn Window>>) {
        *self.camera.lock().unwrap_or_else(PoisonError::into_inner) = camera;
    }

    /// Who reads the citizen's pages aloud; without anybody the pages offer it no more.
    pub fn set_voice(&self, voice: Option<Arc<dyn Voice>>) {
        let speaks = voice.is_some();
        *self.voice.lock().unwrap_or_else(PoisonError::into_inner) = voice;
        self.show(|board| board.speaks = speaks);
    }

    /// Who looks the desk over when the operator asks.
    pub fn set_examiner(&self, examiner: Arc<dyn Examine>) {
        *self.examiner.lock().unwrap_or_else(PoisonError::into_inner) = Some(examiner);
    }

    /// Says a touch as the windows do; for whoever drives the desk without a browser.
    pub fn touch(&self, turn: u64, touch: Touch) {
        let touches = self.touches.lock().unwrap_or_else(PoisonError::into_inner);
        // The desk has ended when nobody listens; then nothing is left to be done.
        let _ = touches.send(Heard { turn, touch });
    }

    fn camera(&self) -> Option<Arc<dyn Window>> {
        let camera = self.camera.lock().unwrap_or_else(PoisonError::into_inner);
        camera.clone()
    }
}

type App = State<Arc<Screens>>;

/// Every door of the pages.
pub fn router(screens: Arc<Screens>) -> Router {
    Router::new()
        .route("/", get(operator_page))
        .route("/citizen", get(citizen_page))
        .route("/enter/{key}", get(enter))
        .route("/touch/{verb}", post(operator_touch))
        .route("/citizen/touch/{verb}", post(citizen_touch))
        .route("/diagnostics", get(diagnostics))
        .route("/live", get(operator_live))
        .route("/citizen/live", get(citizen_live))
        .route("/citizen/camera", get(camera))
        .route("/citizen/speech", get(speech))
        .route("/pages/{number}", get(page_picture))
        .route("/officials/portrait", get(portrait))
        .route("/officials/camera", get(officials_camera))
        .route("/pages/{number}/large", get(large_picture))
        .route("/assets/{name}", get(asset))
        .fallback(async || refuse(StatusCode::NOT_FOUND, gate::NOT_PAIRED))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .layer(middleware::from_fn_with_state(screens.clone(), guard))
        .with_state(screens)
}

/// What every request has to be, and what every answer carries.
async fn guard(State(screens): App, request: Request, next: Next) -> Response<Body> {
    let headers = request.headers();
    let from_here = gate::host_fits(headers, screens.port)
        && !gate::from_elsewhere(headers)
        && (request.method() != axum::http::Method::POST || gate::same_origin(headers));
    let answer = if from_here {
        next.run(request).await
    } else {
        refuse(StatusCode::FORBIDDEN, gate::ELSEWHERE)
    };
    gate::guarded(answer)
}

fn refuse(status: StatusCode, code: &'static str) -> Response<Body> {
    (status, Html(crate::parts::refusal(code).into_string())).into_response()
}

fn back_to(side: Side) -> Response<Body> {
    (StatusCode::SEE_OTHER, [("location", side.home())]).into_response()
}

async fn enter(State(screens): App, Path(key): Path<String>) -> Response<Body> {
    match screens.keys.opens(&key) {
        Some(side) => gate::entered(&screens.keys, side),
        None => refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED),
    }
}

async fn operator_page(State(screens): App, headers: HeaderMap) -> Response<Body> {
    page(&screens, Side::Operator, &headers)
}

async fn citizen_page(State(screens): App, headers: HeaderMap) -> Response<Body> {
    page(&screens, Side::Citizen, &headers)
}

fn page(screens: &Screens, side: Side, headers: &HeaderMap) -> Response<Body> {
    if !screens.keys.paired(side, headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    let board = screens.board();
    let token = screens.keys.token(side);
    let page = match side {
        Side::Operator => operator::page(&board, &token),
        Side::Citizen => citizen::page(&board, &token),
    };
    Html(page.into_string()).into_response()
}

/// The desk looked over, for whoever is signed in.
async fn diagnostics(State(screens): App, headers: HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Operator, &headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    if screens.board.borrow().operator.is_none() {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_YOURS);
    }
    let examining = screens.clone();
    let looked = tokio::task::spawn_blocking(move || {
        // One look at a time: a button that is pressed again waits for its turn.
        let examiner = examining
            .examiner
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        examiner.as_ref().map(|examiner| examiner.examine())
    });
    match looked.await {
        Ok(Some(diagnosis)) => {
            let board = screens.board();
            Html(operator::diagnosis::page(&board, &diagnosis).into_string()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn operator_live(State(screens): App, headers: HeaderMap) -> Response<Body> {
    live(&screens, Side::Operator, &headers)
}

async fn citizen_live(State(screens): App, headers: HeaderMap) -> Response<Body> {
    live(&screens, Side::Citizen, &headers)
}

/// Says that the board changed, and nothing of what it shows; the page asks again.
fn live(screens: &Arc<Screens>, side: Side, headers: &HeaderMap) -> Response<Body> {
    if !screens.keys.paired(side, headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    let changes = screens.board.subscribe();
    let changes = stream::unfold((changes, true), |(mut changes, first)| async move {
        if !first {
            changes.changed().await.ok()?;
            // A card tells of every file it gives; a page need not be drawn for each.
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        let turn = changes.borrow_and_update().turn;
        let told = Event::default().data(turn.to_string());
        Some((Ok::<_, Infallible>(told), (changes, false)))
    });
    response::IntoResponse::into_response(Sse::new(changes).keep_alive(KeepAlive::default()))
}

const BOUNDARY: &str = "niem-picture";

/// The citizen sees themselves; nobody else does, but an official who was called to look.
async fn camera(State(screens): App, headers: HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Citizen, &headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    let looked_at = |screens: &Screens| {
        let place = &screens.board.borrow().place;
        matches!(place, Place::Face(_)) || place.looking().is_some()
    };
    moving(screens, looked_at)
}

/// Whether an official looks who may see portrait and camera (`domain.md` §6.3: full during the compare).
fn official_looks(screens: &Screens) -> bool {
    may(
        Side::Operator,
        acting(screens, Verb::Sighting),
        Verb::Sighting,
    )
}

/// The chip's portrait, while an official looks.
async fn portrait(State(screens): App, headers: HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Operator, &headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    if !official_looks(&screens) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_YOURS);
    }
    match screens.pictures.portrait() {
        Some(jpeg) => ([("content-type", "image/jpeg")], jpeg.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The person before the camera, while an official looks.
async fn officials_camera(State(screens): App, headers: HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Operator, &headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    if !official_looks(&screens) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_YOURS);
    }
    moving(screens, official_looks)
}

/// The camera's pictures as `multipart/x-mixed-replace`, as long as they may be looked at.
fn moving(
    screens: Arc<Screens>,
    looked_at: impl Fn(&Screens) -> bool + Copy + Send + 'static,
) -> Response<Body> {
    let Some(window) = screens.camera() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let pictures = stream::unfold((window, 0_u64), move |(window, seen)| {
        let screens = screens.clone();
        async move {
            loop {
                if !looked_at(&screens) {
                    return None;
                }
                let eye = window.clone();
                let look = move || eye.after(seen, Duration::from_millis(500));
                if let Ok(Some((number, jpeg))) = tokio::task::spawn_blocking(look).await {
                    let head = format!(
                        "--{BOUNDARY}\r\ncontent-type: image/jpeg\r\ncontent-length: {}\r\n\r\n",
                        jpeg.len()
                    );
                    let mut part = head.into_bytes();
                    part.extend_from_slice(&jpeg);
                    part.extend_from_slice(b"\r\n");
                    return Some((
                        Ok::<_, Infallible>(Bytes::from_owner(Zeroizing::new(part))),
                        (window, number),
                    ));
                }
            }
        }
    });
    let mut answer = Response::new(Body::from_stream(pictures));
    if let Ok(kind) =
        HeaderValue::try_from(format!("multipart/x-mixed-replace; boundary={BOUNDARY}"))
    {
        answer.headers_mut().insert("content-type", kind);
    }
    answer
}

/// The citizen's page as it stands now, read aloud; for that window alone.
async fn speech(State(screens): App, headers: HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Citizen, &headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    let board = screens.board();
    let speaking = tokio::task::spawn_blocking(move || {
        // One page at a time: whoever touches again and again starts no crowd of voices.
        let voice = screens.voice.lock().unwrap_or_else(PoisonError::into_inner);
        let voice = voice.as_ref()?;
        voice.speak(&spoken(&board), board.citizen.language)
    });
    match speaking.await {
        Ok(Some(sound)) => ([("content-type", "audio/wav")], sound).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A page of the visit, for the operator alone.
async fn page_picture(
    State(screens): App,
    Path(number): Path<u32>,
    headers: HeaderMap,
) -> Response<Body> {
    picture(&screens, number, false, &headers)
}

async fn large_picture(
    State(screens): App,
    Path(number): Path<u32>,
    headers: HeaderMap,
) -> Response<Body> {
    picture(&screens, number, true, &headers)
}

fn picture(screens: &Screens, number: u32, large: bool, headers: &HeaderMap) -> Response<Body> {
    if !screens.keys.paired(Side::Operator, headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    let seen = {
        let board = screens.board.borrow();
        let role = board.operator.as_ref().map(|person| person.role);
        match (&board.place, role) {
            (Place::Scan(scan), Some(role)) => may_see(role, scan, number),
            _ => false,
        }
    };
    match screens.pictures.of(number, large).filter(|_| seen) {
        Some(jpeg) => ([("content-type", "image/jpeg")], jpeg.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn asset(Path(name): Path<String>) -> Response<Body> {
    match assets::find(&name) {
        Some(asset) => (
            [
                ("content-type", asset.media_type),
                // Nothing personal, and the address changes with the program's version.
                ("cache-control", "private, max-age=86400"),
            ],
            asset.bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
