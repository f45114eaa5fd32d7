//! The slip: who gives it out, and what it says.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use screens::{Delivery, Issued, Place, ReceiptView, Role, Side, may_issue};
use slips::{FiledPaper, Form, Outcome, Paper, ReceiptSlip};

use crate::{Desk, PORT, Paired, asking, desk, person, receipt};

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
