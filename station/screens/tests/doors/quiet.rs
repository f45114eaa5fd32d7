//! Displays that nobody touches, and the voice of the citizen's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use screens::{
    ConsentView, Delivery, Limits, Place, Quiet, ReceiptView, Role, Side, Verb, Voice, WhomView,
};

use crate::{asking, desk, person, receipt};

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
