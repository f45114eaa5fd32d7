//! The doors as a browser, and whoever would misuse one, finds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod gate;
mod people;
mod quiet;
mod slip;
mod state;

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use screens::{
    AsideView, Delivery, Heard, Issued, Keys, OfficialsView, Person, Place, ReceiptView, Role,
    Screens, Side, Site, Verb, Why, router,
};
use tower::ServiceExt as _;

const PORT: u16 = 8470;

struct Desk {
    screens: Arc<Screens>,
    heard: Receiver<Heard>,
    keys: Keys,
    doors: Router,
}

fn desk() -> Desk {
    let keys = Keys::draw().unwrap();
    let site = Site {
        centre: "Trung tâm mẫu".into(),
        station: "phuong-mau-01".into(),
        hotline: "1022".into(),
        practice: true,
        practice_can: Some("004721".into()),
    };
    let (screens, heard) = Screens::new(site, keys.clone(), PORT);
    let doors = router(screens.clone());
    Desk {
        screens,
        heard,
        keys,
        doors,
    }
}

fn person(role: Role) -> Person {
    Person {
        id: "can-bo-mau".into(),
        name: "Cán bộ Mẫu".into(),
        role,
    }
}

/// What a browser remembers and reads: the cookie, and the token of the forms.
struct Paired {
    cookie: String,
    token: String,
}

impl Desk {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.doors.clone().oneshot(request).await.unwrap()
    }

    async fn pair(&self, side: Side) -> Paired {
        let answer = self
            .send(
                asking(Method::GET, &self.keys.path(side))
                    .body(Body::empty())
                    .unwrap(),
            )
            .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let home = match side {
            Side::Operator => "/",
            Side::Citizen => "/citizen",
        };
        let page = self.page(home, &cookie).await;
        let token = page
            .split("name=\"token\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default()
            .to_owned();
        Paired { cookie, token }
    }

    async fn page(&self, path: &str, cookie: &str) -> String {
        let request = asking(Method::GET, path).header("cookie", cookie);
        let answer = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    async fn touch(&self, side: Side, paired: &Paired, verb: Verb, more: &str) -> StatusCode {
        let folder = match side {
            Side::Operator => "/touch",
            Side::Citizen => "/citizen/touch",
        };
        let turn = self.screens.board().turn;
        let form = format!("token={}&turn={turn}{more}", paired.token);
        let request = asking(Method::POST, &format!("{folder}/{}", verb.name()))
            .header("cookie", &paired.cookie)
            .header("origin", format!("http://127.0.0.1:{PORT}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form)).unwrap())
            .await
            .status()
    }
}

fn asking(method: Method, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", format!("127.0.0.1:{PORT}"))
}

fn officials(looking: Option<Role>) -> Place {
    Place::Officials(OfficialsView {
        code: "person.face_inconclusive",
        number: 1,
        people: Vec::new(),
        refused: None,
        looking: looking.map(person),
        portrait: true,
        likely: Why::Unclear,
    })
}

fn receipt() -> ReceiptView {
    ReceiptView {
        number: "3B63-01C3-5E80".into(),
        bundle: format!("sha256:3b6301c35e80{}", "0".repeat(52)),
        codes: Vec::new(),
        holder: "721".into(),
        sealed_at: "2026-03-02T03:12:00Z".parse().unwrap(),
        delivery: Delivery::Waiting,
        sheets_returned: 3,
        papers: vec![("khai_sinh".into(), 1, 1)],
        set_aside: vec![AsideView {
            kind: "bang_tn".into(),
            code: "paper.other_owner",
        }],
        notices: Vec::new(),
        issued: Issued::default(),
        surveyed: false,
    }
}
