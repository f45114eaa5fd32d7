//! Who may speak to the pages: this machine's two windows, and no page of somebody else's that the same browser has open.
//!
//! The desk answers on loopback only. A foreign page could still send requests there, so a request counts only with the
//! window's own cookie (`SameSite=Strict`), to the right host (no rebound name), and a touch only from the same origin and
//! with the form's token.

use axum::body::Body;
use axum::http::header::{COOKIE, HOST, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

/// The port of the pages cannot be opened.
pub(crate) const PORT_TAKEN: &str = "screen.port";

/// The window has no cookie of this desk.
pub(crate) const NOT_PAIRED: &str = "screen.not_paired";
/// The request comes from another place.
pub(crate) const ELSEWHERE: &str = "screen.elsewhere";
/// The touch is not this person's to make.
pub(crate) const NOT_YOURS: &str = "screen.not_yours";

/// Which of the two windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Operator,
    Citizen,
}

impl Side {
    fn cookie(self) -> &'static str {
        match self {
            Self::Operator => "niem-operator",
            Self::Citizen => "niem-citizen",
        }
    }

    pub(crate) fn home(self) -> &'static str {
        match self {
            Self::Operator => "/",
            Self::Citizen => "/citizen",
        }
    }
}

/// The keys of the two windows: 128 random bits each, as hex.
#[derive(Clone)]
pub struct Keys {
    operator: String,
    citizen: String,
}

impl Keys {
    /// New ones; `None` when the machine gives no randomness.
    #[must_use]
    pub fn draw() -> Option<Self> {
        let one = || {
            let mut bytes = [0; 16];
            SystemRandom::new().fill(&mut bytes).ok()?;
            Some(hex::encode(bytes))
        };
        Some(Self {
            operator: one()?,
            citizen: one()?,
        })
    }

    /// As [`Self::lines`] wrote them, so that windows stay paired when the desk restarts.
    #[must_use]
    pub fn read(lines: &str) -> Option<Self> {
        let mut lines = lines.lines();
        let mut one = || {
            let line = lines.next()?.trim();
            let fits = line.len() == 32 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
            fits.then(|| line.to_owned())
        };
        Some(Self {
            operator: one()?,
            citizen: one()?,
        })
    }

    /// For a file that only the desk's own user may read.
    #[must_use]
    pub fn lines(&self) -> String {
        format!("{}\n{}\n", self.operator, self.citizen)
    }

    /// Opens a window for the first time.
    #[must_use]
    pub fn path(&self, side: Side) -> String {
        format!("/enter/{}", self.of(side))
    }

    fn of(&self, side: Side) -> &str {
        match side {
            Side::Operator => &self.operator,
            Side::Citizen => &self.citizen,
        }
    }

    /// Which window this key opens.
    pub(crate) fn opens(&self, key: &str) -> Option<Side> {
        [Side::Operator, Side::Citizen]
            .into_iter()
            .find(|side| same(self.of(*side), key))
    }

    pub(crate) fn cookie(&self, side: Side) -> HeaderValue {
        let text = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Strict",
            side.cookie(),
            self.of(side)
        );
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// What every form carries.
    pub(crate) fn token(&self, side: Side) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.of(side).as_bytes());
        hex::encode(hmac::sign(&key, b"niem form"))
    }

    /// The request comes from that window of this desk.
    pub(crate) fn paired(&self, side: Side, headers: &HeaderMap) -> bool {
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == side.cookie() && same(self.of(side), value))
    }

    pub(crate) fn token_fits(&self, side: Side, token: &str) -> bool {
        same(&self.token(side), token)
    }
}

/// Compares without telling by its time where two texts differ.
fn same(ours: &str, theirs: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"niem compare");
    let tag = hmac::sign(&key, ours.as_bytes());
    hmac::verify(&key, theirs.as_bytes(), tag.as_ref()).is_ok()
}

/// The host is this machine by one of its two loopback names, at the port that was opened.
pub(crate) fn host_fits(headers: &HeaderMap, port: u16) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    host == format!("127.0.0.1:{port}") || host == format!("localhost:{port}")
}

/// A touch is sent by a page of this very origin. A browser that tells where a request comes from is believed.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let origin = match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin == format!("http://{host}"),
        _ => false,
    };
    site && origin
}

/// A page of another site may not even look.
pub(crate) fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
                      connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What goes with every answer.
pub(crate) fn guarded(mut answer: Response<Body>) -> Response<Body> {
    let headers = answer.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry("cache-control")
        .or_insert(HeaderValue::from_static("no-store"));
    answer
}

pub(crate) fn entered(keys: &Keys, side: Side) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().insert(SET_COOKIE, keys.cookie(side));
    answer
        .headers_mut()
        .insert("location", HeaderValue::from_static(side.home()));
    answer
}
