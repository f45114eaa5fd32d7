//! Pictures and numbers of people: who sees them, and who does not.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use screens::{
    CardDigits, Finding, Place, Role, ScanView, Side, SubjectTyped, Touch, Verb, Whom, WhomView,
    Why,
};

use crate::{asking, desk, officials, person};

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
