//! What is seen of the desk itself: how it is, its devices, and that it stops.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use screens::{
    Defect, Device, DeviceState, DeviceView, Diagnosis, Examine, Found, Place, Role, ScanView,
    Section, Side, Touch, Verb,
};

use crate::{asking, desk, person};

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
