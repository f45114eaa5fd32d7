//! The doors as a browser, and whoever would misuse one, finds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use screens::{
    AsideView, CardDigits, ConsentView, Defect, Delivery, Device, DeviceState, DeviceView,
    Diagnosis, Examine, Finding, Found, Heard, Issued, Keys, Limits, OfficialsView, Person, Place,
    Quiet, ReceiptView, Role, ScanView, Screens, Section, Side, Site, SubjectTyped, Touch, Verb,
    Voice, Whom, WhomView, Why, may, may_issue, router,
};
use slips::{FiledPaper, Form, Outcome, Paper, ReceiptSlip};
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

/// A desk that was looked over, with something wrong.
struct Look;

impl Examine for Look {
    fn examine(&self) -> Diagnosis {
        Diagnosis {
            at: "2026-03-02T03:12:00Z".parse().unwrap(),
            station: "phuong-mau-01".into(),
            findings: vec![Defect {
                code: "preflight.disk_low",
                stops: false,
            }],
            sections: vec![
                Section::new("diag.devices")
                    .with("device.scanner", Found::Trouble("scan.not_found")),
            ],
        }
    }
}

/// Whoever is signed in may look the desk over; a citizen, and an empty chair, may not.
#[tokio::test]
async fn the_desk_is_looked_over_by_whoever_is_signed_in() {
    let desk = desk();
    desk.screens.set_examiner(Arc::new(Look));
    let operator = desk.pair(Side::Operator).await;
    let citizen = desk.pair(Side::Citizen).await;
    let ask = async |cookie: &str| {
        let request = asking(Method::GET, "/diagnostics").header("cookie", cookie);
        desk.send(request.body(Body::empty()).unwrap())
            .await
            .status()
    };
    assert_eq!(ask(&operator.cookie).await, StatusCode::FORBIDDEN);
    for role in [
        Role::Volunteer,
        Role::Clerk,
        Role::Certifier,
        Role::Director,
    ] {
        desk.screens
            .show(|board| board.operator = Some(person(role)));
        assert_eq!(ask(&operator.cookie).await, StatusCode::OK);
        assert_eq!(ask(&citizen.cookie).await, StatusCode::FORBIDDEN);
    }
    let page = desk.page("/diagnostics", &operator.cookie).await;
    assert!(page.contains("preflight.disk_low") && page.contains("scan.not_found"));
    assert!(!page.contains("Cán bộ Mẫu"), "it names nobody");
}

/// A state that is known redraws nothing; each of the devices keeps its place in the bar, on every page.
#[tokio::test]
async fn devices_stand_in_the_bar_of_every_page() {
    let desk = desk();
    let paired = desk.pair(Side::Operator).await;
    let gone = DeviceView {
        device: Device::CardReader,
        state: DeviceState::Trouble("card.no_reader"),
    };
    desk.screens.show_device(gone);
    for place in [Place::Opening, Place::Sheets, Place::Sealing] {
        desk.screens.go(place);
        let page = desk.page("/", &paired.cookie).await;
        let bar = page.split("</header>").next().unwrap();
        for part in ["device-card-reader", "card.no_reader", "<svg"] {
            assert!(bar.contains(part), "{part}");
        }
    }
    desk.screens.show_device(DeviceView {
        state: DeviceState::Ready,
        ..gone
    });
    assert!(
        !desk
            .page("/", &paired.cookie)
            .await
            .contains("card.no_reader")
    );
}

/// Nobody touches anything: it is said half a minute before, one touch gives all the time again, and what is covered after
/// a visit stays covered.
#[tokio::test]
async fn a_display_that_nobody_touches_is_covered_and_says_so_before() {
    let desk = desk();
    let limits = Limits {
        operator: Duration::from_secs(60),
        // Less than there may be.
        citizen: Duration::from_secs(5),
    };
    let later = |seconds| {
        let now = Instant::now() + Duration::from_secs(seconds);
        desk.screens.keep_quiet(limits, now);
    };
    let paired = desk.pair(Side::Citizen).await;
    let number = "3B63-01C3-5E80";
    let receipt = ReceiptView {
        number: number.into(),
        sealed_at: "2026-03-02T03:12:00Z".parse().unwrap(),
        delivery: Delivery::Waiting,
        sheets_returned: 1,
        papers: Vec::new(),
        surveyed: false,
        notices: Vec::new(),
        ..receipt()
    };
    desk.screens.go(Place::Receipt(receipt));
    for (seconds, asked) in [(80, false), (91, true), (119, true)] {
        later(seconds);
        let page = desk.page("/citizen", &paired.cookie).await;
        assert_eq!(page.contains("b-more-time"), asked, "{seconds}");
        assert!(page.contains(number), "{seconds}");
    }
    let touched = desk.touch(Side::Citizen, &paired, Verb::MoreTime, "").await;
    assert_eq!(touched, StatusCode::SEE_OTHER);
    assert_eq!(desk.screens.board().quiet.1, Quiet::Awake);
    later(121);
    // Whoever comes by now gets nothing back by touching.
    for verb in [Verb::MoreTime, Verb::Language, Verb::Bigger] {
        desk.touch(Side::Citizen, &paired, verb, "").await;
        later(0);
        let page = desk.page("/citizen", &paired.cookie).await;
        assert!(!page.contains(number) && !page.contains("b-survey"));
    }
    // A consent is covered and comes back.
    desk.screens.go(Place::Consent(ConsentView::default()));
    later(121);
    let covered = desk.page("/citizen", &paired.cookie).await;
    assert!(!covered.contains("b-consent"));
    desk.touch(Side::Citizen, &paired, Verb::MoreTime, "").await;
    let back = desk.page("/citizen", &paired.cookie).await;
    assert!(back.contains("b-consent"));
    // The operator's desk warns before it locks, and only where it locks.
    let paired = desk.pair(Side::Operator).await;
    desk.screens
        .show(|board| board.operator = Some(person(Role::Clerk)));
    let prepare = Place::Prepare {
        asked: Vec::new(),
        whom: WhomView::default(),
    };
    for (place, asked) in [(Place::Sealing, false), (prepare, true)] {
        desk.screens.go(place);
        later(31);
        let page = desk.page("/", &paired.cookie).await;
        assert_eq!(page.contains("b-more-time"), asked);
    }
    desk.touch(Side::Operator, &paired, Verb::MoreTime, "")
        .await;
    let still = desk.screens.still(Side::Operator, Instant::now());
    assert!(still < Duration::from_secs(5));
    let page = desk.page("/", &paired.cookie).await;
    assert!(!page.contains("b-more-time"));
}

/// A page's sound is the citizen's window's alone; without a voice nothing is offered.
#[tokio::test]
async fn only_the_citizens_window_hears_its_page() {
    struct Parrot;
    impl Voice for Parrot {
        fn speak(&self, text: &str, _: rulebook::Language) -> Option<Vec<u8>> {
            Some(text.as_bytes().to_vec())
        }
    }
    let desk = desk();
    let citizen = desk.pair(Side::Citizen).await;
    let operator = desk.pair(Side::Operator).await;
    let ask = async |cookie: &str| {
        let request = asking(Method::GET, "/citizen/speech").header("cookie", cookie);
        desk.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask(&citizen.cookie).await.status(), StatusCode::NOT_FOUND);
    let page = desk.page("/citizen", &citizen.cookie).await;
    assert!(!page.contains("b-read-aloud"));
    desk.screens.set_voice(Some(Arc::new(Parrot)));
    let page = desk.page("/citizen", &citizen.cookie).await;
    assert!(page.contains("b-read-aloud"));
    assert_eq!(ask(&operator.cookie).await.status(), StatusCode::FORBIDDEN);
    desk.screens.go(Place::Consent(ConsentView::default()));
    let answer = ask(&citizen.cookie).await;
    assert_eq!(answer.headers()["content-type"], "audio/wav");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let said = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(said.contains("Tôi đồng ý") && !said.contains(&citizen.token));
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

/// What the slip of [`receipt()`] has to be, made beside the doors.
fn slip(outcome: Outcome, paper: Paper, large: bool, reprint: bool) -> Vec<u8> {
    let slip = ReceiptSlip {
        centre: "Trung tâm mẫu".into(),
        hotline: "1022".into(),
        number: "3B63-01C3-5E80".into(),
        sealed_at: "2026-03-02T03:12:00Z".parse().unwrap(),
        outcome,
        holder: "721".into(),
        papers: vec![FiledPaper {
            kind: "khai_sinh".into(),
            pages: 1,
            grade: 1,
        }],
        set_aside: vec![("bang_tn".into(), "paper.other_owner")],
        sheets_returned: 3,
        appointment: None,
        practice: true,
        reprint,
    };
    slip.pdf(Form { paper, large }).unwrap()
}

impl Desk {
    /// The answer to the touch, with the slip that it gave.
    async fn slip(&self, paired: &Paired, more: &str) -> (StatusCode, Vec<u8>) {
        let turn = self.screens.board().turn;
        let form = format!("token={}&turn={turn}{more}", paired.token);
        let request = asking(Method::POST, "/touch/slip")
            .header("cookie", &paired.cookie)
            .header("origin", format!("http://127.0.0.1:{PORT}"))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.send(request.body(Body::from(form)).unwrap()).await;
        let status = answer.status();
        if status == StatusCode::OK {
            assert_eq!(answer.headers()["content-type"], "application/pdf");
            assert_eq!(answer.headers()["cache-control"], "no-store");
        }
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, bytes.to_vec())
    }
}

#[tokio::test]
async fn a_volunteer_gives_out_one_slip_and_an_official_one_that_says_it_is_a_reprint() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    desk.screens.go(Place::Receipt(receipt()));
    let waiting = || Outcome::Waiting {
        bundle: receipt().bundle,
    };
    // Nobody is signed in.
    let (status, _) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::FORBIDDEN);

    let sign_in = |role| {
        desk.screens
            .show(|board| board.operator = Some(person(role)))
    };
    sign_in(Role::Volunteer);
    let (status, pdf) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::OK);
    assert!(pdf == slip(waiting(), Paper::A5, false, false));
    let (status, told) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        String::from_utf8(told)
            .unwrap()
            .contains("screen.ask_clerk")
    );
    let page = desk.page("/", &operator.cookie).await;
    assert!(!page.contains("/touch/slip") && page.contains("Mời cán bộ tiếp nhận"));

    sign_in(Role::Clerk);
    let (status, pdf) = desk.slip(&operator, "&choice=roll80").await;
    assert_eq!(status, StatusCode::OK);
    assert!(pdf == slip(waiting(), Paper::Roll80, false, true));
    assert!(!may_issue(Some(Role::Volunteer), 1) && !may_issue(None, 0));
}

/// The slip that says "filed" is another than the one that said "waiting"; a second one of either is an official's.
#[tokio::test]
async fn each_state_of_the_bundle_has_one_first_slip_that_a_volunteer_gives() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    desk.screens
        .show(|board| board.operator = Some(person(Role::Volunteer)));
    desk.screens.go(Place::Receipt(receipt()));
    let at = "2026-03-02T03:14:00Z".parse().unwrap();
    let waiting = Outcome::Waiting {
        bundle: receipt().bundle,
    };
    let filed = || Outcome::Filed {
        at,
        codes: vec![receipt().bundle],
    };
    let refused = Outcome::Refused {
        code: "bundle.created_in_future",
        bundle: receipt().bundle,
    };
    let turn = |delivery| {
        desk.screens.show(|board| match &mut board.place {
            Place::Receipt(receipt) => receipt.delivery = delivery,
            _ => unreachable!("the receipt is shown"),
        });
    };
    for (delivery, outcome) in [
        (Delivery::Waiting, waiting),
        (
            Delivery::Filed {
                entry: "0190".into(),
                at,
            },
            filed(),
        ),
    ] {
        turn(delivery);
        let (status, pdf) = desk.slip(&operator, "&choice=a5").await;
        assert_eq!(status, StatusCode::OK, "{outcome:?}");
        assert!(pdf == slip(outcome, Paper::A5, false, false));
        let (status, _) = desk.slip(&operator, "&choice=a5").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    desk.screens
        .show(|board| board.operator = Some(person(Role::Clerk)));
    let (status, pdf) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::OK);
    assert!(pdf == slip(filed(), Paper::A5, false, true));
    // An answer of the other kind too is told on a first slip.
    desk.screens.go(Place::Receipt(ReceiptView {
        issued: Issued {
            waiting: 2,
            answered: 0,
        },
        ..receipt()
    }));
    let code = "bundle.created_in_future";
    turn(Delivery::Refused { code });
    let page = desk.page("/", &operator.cookie).await;
    assert!(page.contains("Đã đưa phiếu chờ gửi"));
    let (_, pdf) = desk.slip(&operator, "&choice=a5").await;
    assert!(pdf == slip(refused, Paper::A5, false, false));
}

#[tokio::test]
async fn the_slip_turns_with_its_bundle_and_its_letters_with_the_citizens() {
    let desk = desk();
    let operator = desk.pair(Side::Operator).await;
    let (at, code) = ("2026-03-02T03:14:00Z".parse().unwrap(), "NIEM1/11:ABC");
    desk.screens.show(|board| {
        board.operator = Some(person(Role::Volunteer));
        board.citizen.size = 1;
    });
    desk.screens.go(Place::Receipt(ReceiptView {
        delivery: Delivery::Filed {
            entry: "0190".into(),
            at,
        },
        codes: vec![code.into()],
        ..receipt()
    }));
    let filed = Outcome::Filed {
        at,
        codes: vec![code.into()],
    };
    let (status, pdf) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::OK);
    assert!(pdf == slip(filed, Paper::A5, true, false));
    // Of another turn, and where no slip is: nothing.
    desk.screens.go(Place::Sheets);
    let (status, _) = desk.slip(&operator, "&choice=a5").await;
    assert_eq!(status, StatusCode::SEE_OTHER);
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
