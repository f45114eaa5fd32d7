//! What goes wrong is told as a problem document (RFC 9457): a stable code, Vietnamese first, English beside it.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// The address space of problem types; nothing needs to be served there.
const TYPE_BASE: &str = "https://niem.example/problems/";
/// How long to wait before asking again, when we could not tell.
const RETRY_AFTER_S: u32 = 5;

/// The stable address of a problem's type.
pub(super) fn type_of(code: &str) -> String {
    format!("{TYPE_BASE}{code}")
}

/// What the gate learns of a problem that went out: it stands beside the answer, not in it.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) code: &'static str,
    /// Why a bundle was refused.
    pub(super) faults: Vec<&'static str>,
}

/// A problem on its way out.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    faults: Vec<&'static str>,
    /// The error of RFC 6749 §5.2 that it is, at the token door.
    oauth: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            members: Map::new(),
            headers: Vec::new(),
            faults: Vec::new(),
            oauth: None,
        }
    }

    /// We could not tell; asking again may help.
    pub(crate) fn failure(code: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code).header(header::RETRY_AFTER, RETRY_AFTER_S)
    }

    pub(crate) fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "http.malformed")
    }

    /// Adds a member of our own beside those of RFC 9457.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// Counts these faults under the refusal.
    pub(crate) fn for_faults(mut self, faults: Vec<&'static str>) -> Self {
        self.faults = faults;
        self
    }

    /// At the token door a 400 and a 401 have the form that OAuth clients read; others stay as they are.
    pub(crate) fn in_oauth_form(mut self, error: &'static str) -> Self {
        if [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED].contains(&self.status) {
            self.oauth = Some(error);
        }
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Cause and remedy of a code in both languages; a code the handbook does not know yet still gets calm words.
pub(super) fn words(code: &str) -> [&'static str; 4] {
    match rulebook::failures::text(code) {
        Some(text) => [
            &text.cause_vi,
            &text.remedy_vi,
            &text.cause_en,
            &text.remedy_en,
        ]
        .map(String::as_str),
        None => [
            "Yêu cầu chưa được thực hiện",
            "Đề nghị báo mã lỗi này cho người quản trị",
            "The request was not carried out",
            "Please tell this code to the administrator",
        ],
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let [title, remedy, title_en, remedy_en] = words(self.code);
        let (kind, mut document) = match self.oauth {
            None => (
                "application/problem+json",
                json!({
                    "type": type_of(self.code),
                    "status": self.status.as_u16(),
                    "code": self.code,
                    "title": title,
                    "detail": remedy,
                    "title_en": title_en,
                    "detail_en": remedy_en,
                }),
            ),
            Some(error) => (
                "application/json",
                json!({
                    "error": error,
                    "error_description": ascii(title_en),
                    "error_uri": type_of(self.code),
                    "code": self.code,
                    "title": title,
                    "detail": remedy,
                }),
            ),
        };
        if let Value::Object(members) = &mut document {
            members.extend(self.members);
        }
        let mut response = (self.status, document.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response.extensions_mut().insert(Said {
            code: self.code,
            faults: self.faults,
        });
        response
    }
}

/// The letters that RFC 6749 §5.2 allows in a description.
fn ascii(text: &str) -> String {
    text.chars()
        .filter(|c| (' '..='~').contains(c) && !['"', '\\'].contains(c))
        .collect()
}

pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "http.not_found")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "http.method")
}
