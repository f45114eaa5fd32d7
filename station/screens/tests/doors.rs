//! The doors as a browser, and whoever would misuse one, finds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use screens::{
    CardDigits, Finding, Heard, Keys, OfficialsView, Person, Place, Role, ScanView, Screens, Side,
    Site, SubjectTyped, Touch, Verb, Whom, WhomView, Why, may, router,
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

#[tokio::test]
async fn only_the_two_windows_of_this_desk_see_anything() {
    let desk = desk();
    let paired = desk.pair(Side::Operator).await;
    for (path, cookie, host, site) in [
        ("/", "", "127.0.0.1:8470", "none"),
        ("/", "niem-operator=00", "127.0.0.1:8470", "none"),
        ("/citizen", &paired.cookie, "127.0.0.1:8470", "none"),
        ("/", &paired.cookie, "desk.example:8470", "none"),
        ("/", &paired.cookie, "127.0.0.1:80", "none"),
        ("/", &paired.cookie, "127.0.0.1:8470", "cross-site"),
        ("/live", "", "127.0.0.1:8470", "same-origin"),
        ("/pages/1", "", "127.0.0.1:8470", "same-origin"),
        (
            "/citizen/camera",
            &paired.cookie,
            "127.0.0.1:8470",
            "same-origin",
        ),
        (
            "/enter/00000000000000000000000000000000",
            "",
            "127.0.0.1:8470",
            "none",
        ),
    ] {
        let request = Request::get(path)
            .header("host", host)
            .header("cookie", cookie)
            .header("sec-fetch-site", site)
            .body(Body::empty())
            .unwrap();
        let answer = desk.send(request).await;
        assert_eq!(
            answer.status(),
            StatusCode::FORBIDDEN,
            "{path} {host} {site}"
        );
        assert!(answer.headers().contains_key("content-security-policy"));
    }
}

#[tokio::test]
async fn a_page_elsewhere_cannot_drive_the_desk() {
    let desk = desk();
    let paired = desk.pair(Side::Operator).await;
    let form = format!("token={}&turn=1&who=x&pin=1234", paired.token);
    for (origin, site, body) in [
        (Some("http://evil.example"), None, form.clone()),
        (Some("null"), None, form.clone()),
        (None, None, form.clone()),
        (
            Some("http://127.0.0.1:8470"),
            Some("cross-site"),
            form.clone(),
        ),
        (
            Some("http://127.0.0.1:8470"),
            Some("same-site"),
            form.clone(),
        ),
        (
            Some("http://127.0.0.1:8470"),
            None,
            "token=00&turn=1&who=x&pin=1234".into(),
        ),
        (
            Some("http://127.0.0.1:8470"),
            None,
            "turn=1&who=x&pin=1234".into(),
        ),
        (
            Some("http://127.0.0.1:8470"),
            None,
            format!("{form}&who={}", "x".repeat(8192)),
        ),
    ] {
        let mut request = asking(Method::POST, "/touch/sign-in")
            .header("cookie", &paired.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = desk.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(
            answer.status(),
            StatusCode::FORBIDDEN,
            "{origin:?} {site:?}"
        );
    }
    assert!(desk.heard.try_recv().is_err(), "something was heard");
    // The same from its own page is heard.
    let status = desk
        .touch(Side::Operator, &paired, Verb::SignIn, "&who=x&pin=1234")
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    assert!(matches!(
        desk.heard.try_recv().unwrap().touch,
        Touch::SignIn(_)
    ));
}

/// Every touch, from both sides, for every role and for nobody: the doors let in whom the table lets in.
#[tokio::test]
async fn every_door_asks_the_table_of_rights() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    let citizen = desk.pair(Side::Citizen).await;
    let roles = [
        None,
        Some(Role::Volunteer),
        Some(Role::Clerk),
        Some(Role::Certifier),
        Some(Role::Director),
    ];
    for role in roles {
        desk.screens.show(|board| board.operator = role.map(person));
        // What an official has found is said by whoever was called, and not by whoever serves.
        desk.screens.go(officials(role));
        for verb in Verb::ALL {
            for (side, paired) in [(Side::Operator, &operator), (Side::Citizen, &citizen)] {
                let more = "&number=1&choice=1&digits=004721&who=x&pin=1234&why=unclear&born=1";
                let status = desk.touch(side, paired, verb, more).await;
                let expected = match may(side, role, verb) {
                    true => StatusCode::SEE_OTHER,
                    false => StatusCode::FORBIDDEN,
                };
                assert_eq!(status, expected, "{side:?} {role:?} {verb:?}");
            }
        }
    }
    // What must never change without somebody noticing.
    assert!(!may(Side::Operator, Some(Role::Director), Verb::Consent));
    assert!(!may(Side::Operator, Some(Role::Clerk), Verb::Survey));
    assert!(!may(Side::Operator, Some(Role::Clerk), Verb::StillHere));
    assert!(!may(Side::Citizen, None, Verb::TakeOut));
    assert!(!may(Side::Operator, None, Verb::Begin));
    assert!(!may(Side::Citizen, Some(Role::Clerk), Verb::Approve));
    assert!(may(Side::Citizen, None, Verb::StopAndErase));
    assert!(!may(Side::Operator, Some(Role::Volunteer), Verb::Sighting));
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

/// Portrait and camera are for an official who was called, looks and may: nobody else, and no longer.
#[tokio::test]
async fn pictures_of_a_person_are_for_the_official_who_looks() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    let citizen = desk.pair(Side::Citizen).await;
    let jpeg = vec![0xFF, 0xD8, 0xFF];
    desk.screens.pictures.set_portrait(Some(jpeg.into()));
    let doors = ["/officials/portrait", "/officials/camera"];
    for (serving, looking, seen) in [
        (Role::Clerk, None, false),
        (Role::Volunteer, Some(Role::Volunteer), false),
        (Role::Volunteer, Some(Role::Clerk), true),
        (Role::Clerk, Some(Role::Director), true),
    ] {
        desk.screens
            .show(|board| board.operator = Some(person(serving)));
        desk.screens.go(officials(looking));
        for path in doors {
            let mut statuses = Vec::new();
            for cookie in [&operator.cookie, &citizen.cookie] {
                let request = asking(Method::GET, path).header("cookie", cookie);
                let answer = desk.send(request.body(Body::empty()).unwrap()).await;
                statuses.push(answer.status());
            }
            // No camera stands here: its door is open and leads nowhere.
            let open = match path {
                "/officials/portrait" => StatusCode::OK,
                _ => StatusCode::NOT_FOUND,
            };
            let expected = if seen { open } else { StatusCode::FORBIDDEN };
            assert_eq!(statuses, [expected, StatusCode::FORBIDDEN], "{path}");
        }
        // What was found counts from the one who looks, whoever serves.
        let more = "&choice=other&why=aged-portrait";
        let status = desk
            .touch(Side::Operator, &operator, Verb::Sighting, more)
            .await;
        assert_eq!(status == StatusCode::SEE_OTHER, seen, "{looking:?}");
        let heard = desk.heard.try_recv().ok().map(|heard| heard.touch);
        let said = Touch::Sighting {
            found: Finding::Other,
            why: Why::AgedPortrait,
        };
        assert_eq!(heard, seen.then_some(said));
    }
    desk.screens.go(Place::Sheets);
    for path in doors {
        let request = asking(Method::GET, path).header("cookie", &operator.cookie);
        let answer = desk.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    desk.screens.pictures.wipe();
    assert!(desk.screens.pictures.portrait().is_none());
}

#[tokio::test]
async fn digits_and_pins_are_in_no_page_and_no_debug() {
    let desk = desk();
    desk.screens
        .show(|board| board.operator = Some(person(Role::Clerk)));
    desk.screens.go(Place::CardKey { failed: None });
    let paired = desk.pair(Side::Operator).await;
    desk.touch(Side::Operator, &paired, Verb::CardKey, "&digits=123456")
        .await;
    let heard = desk.heard.try_recv().unwrap();
    assert_eq!(
        heard.touch,
        Touch::CardKey(CardDigits(String::from("123456").into()))
    );
    assert!(!format!("{heard:?}").contains("123456"));
    assert!(!desk.page("/", &paired.cookie).await.contains("123456"));
}

/// A form says at which turn it was made, so that the desk can pass over what comes too late.
#[tokio::test]
async fn a_touch_tells_its_turn() {
    let desk = desk();
    desk.screens
        .show(|board| board.operator = Some(person(Role::Clerk)));
    let paired = desk.pair(Side::Operator).await;
    desk.touch(Side::Operator, &paired, Verb::Begin, "").await;
    let first = desk.heard.try_recv().unwrap().turn;
    let turn = desk.screens.go(Place::Scan(ScanView::default()));
    assert!(turn > first);
    desk.touch(Side::Operator, &paired, Verb::Scan, "&choice=feeder-same")
        .await;
    let heard = desk.heard.try_recv().unwrap();
    assert_eq!(heard.turn, turn);
    let expected = Touch::Scan {
        feeder: true,
        same_paper: Some(true),
    };
    assert_eq!(heard.touch, expected);
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_heard() {
    let desk = desk();
    desk.screens
        .show(|board| board.operator = Some(person(Role::Clerk)));
    let paired = desk.pair(Side::Operator).await;
    for number in ["0", "101", "-1", "x", "99999999999", ""] {
        let more = format!("&number={number}");
        desk.touch(Side::Operator, &paired, Verb::Sheets, &more)
            .await;
        assert!(desk.heard.try_recv().is_err(), "{number}");
    }
    desk.touch(Side::Operator, &paired, Verb::Sheets, "&number=3")
        .await;
    assert_eq!(desk.heard.try_recv().unwrap().touch, Touch::Sheets(3));
}

/// The number of whoever is represented is typed, heard, and in no page and no debug.
#[tokio::test]
async fn whose_papers_they_are_is_heard_and_not_shown() {
    let desk = desk();
    desk.screens
        .show(|board| board.operator = Some(person(Role::Volunteer)));
    let whom = WhomView {
        whom: Whom::Child,
        ..WhomView::default()
    };
    let asked = Vec::new();
    desk.screens.go(Place::Prepare { asked, whom });
    let paired = desk.pair(Side::Operator).await;
    let page = desk.page("/", &paired.cookie).await;
    assert!(
        page.contains("b-subject") && !page.contains("b-prepared"),
        "the visit is opened before anybody was named"
    );
    for (verb, more) in [
        (Verb::ForWhom, "&choice=somebody"),
        (Verb::ForWhom, "&choice=proxy"),
        (Verb::Subject, "&digits=001218+004567&born=20/5/2018"),
    ] {
        desk.touch(Side::Operator, &paired, verb, more).await;
    }
    let heard: Vec<Touch> = desk.heard.try_iter().map(|heard| heard.touch).collect();
    let subject = SubjectTyped {
        number: String::from("001218004567").into(),
        born: String::from("20/5/2018").into(),
    };
    assert!(!format!("{heard:?}").contains("004567"));
    assert_eq!(
        heard,
        [Touch::ForWhom(Whom::Proxy), Touch::Subject(subject)]
    );
    assert!(!desk.page("/", &paired.cookie).await.contains("004567"));
}

/// Whoever stops sees at once that it was heard, on both sides, however long a device works on.
#[tokio::test]
async fn a_stop_is_seen_at_once_on_both_sides() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    let citizen = desk.pair(Side::Citizen).await;
    desk.screens.show(|board| {
        board.operator = Some(person(Role::Volunteer));
        board.began = Some("2026-03-02T03:12:00Z".parse().unwrap());
    });
    desk.screens.go(Place::Scan(ScanView {
        sheets: 1,
        busy: true,
        ..ScanView::default()
    }));
    desk.touch(Side::Citizen, &citizen, Verb::StopAndErase, "")
        .await;
    for (path, paired) in [("/", &operator), ("/citizen", &citizen)] {
        let page = desk.page(path, &paired.cookie).await;
        assert!(page.contains("Đang dừng và xóa dữ liệu"), "{path}");
    }
    let heard = desk.heard.try_recv().unwrap();
    assert_eq!(heard.touch, Touch::StopAndErase);
}

/// `domain.md` §6.3: a volunteer sees the page that is looked at, and none once it is closed.
#[tokio::test]
async fn a_volunteer_sees_the_one_page_that_is_looked_at() {
    let desk = desk();
    let paired = desk.pair(Side::Operator).await;
    for page in [1, 2] {
        for large in [false, true] {
            desk.screens.pictures.put(page, large, vec![0xff].into());
        }
    }
    let seen = |role, current| {
        let (desk, paired) = (&desk, &paired);
        async move {
            desk.screens
                .show(|board| board.operator = Some(person(role)));
            desk.screens.go(Place::Scan(ScanView {
                current,
                ..ScanView::default()
            }));
            let mut seen = Vec::new();
            for path in ["/pages/1", "/pages/1/large", "/pages/2", "/pages/2/large"] {
                let request = asking(Method::GET, path).header("cookie", &paired.cookie);
                let answer = desk.send(request.body(Body::empty()).unwrap()).await;
                seen.push(answer.status() == StatusCode::OK);
            }
            seen
        }
    };
    assert_eq!(
        seen(Role::Volunteer, Some(2)).await,
        [false, false, true, true]
    );
    assert_eq!(seen(Role::Volunteer, None).await, [false; 4]);
    assert_eq!(seen(Role::Clerk, None).await, [true; 4]);
    desk.screens.go(Place::Reading);
    let request = asking(Method::GET, "/pages/1").header("cookie", &paired.cookie);
    let answer = desk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}
