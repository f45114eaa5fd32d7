//! What comes from elsewhere, without a right, or late is not heard.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use screens::{Place, Role, ScanView, Side, Touch, Verb, may};

use crate::{asking, desk, officials, person};

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
