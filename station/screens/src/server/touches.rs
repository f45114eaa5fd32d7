//! What was touched: the form read, the table of rights asked, and the touch heard by the desk or done at once.

use axum::body::Body;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse as _;
use rulebook::Language;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{App, Screens, back_to, refuse};
use crate::board::{Out, Role};
use crate::gate::{self, Side};
use crate::quiet::{self, Quiet};
use crate::rights::{Verb, may};
use crate::slip;
use crate::touch::{Arrangement, CardDigits, Credentials, Finding, SubjectTyped, Touch, Whom, Why};

/// Sheets of one visit; a pile beyond this is several visits.
const MOST_SHEETS: u32 = 100;

/// What a form may send; each verb reads what is its own.
#[derive(Deserialize)]
pub(super) struct Sent {
    token: String,
    turn: u64,
    #[serde(default)]
    who: String,
    #[serde(default)]
    pin: Zeroizing<String>,
    #[serde(default)]
    digits: Zeroizing<String>,
    #[serde(default)]
    number: Option<u32>,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    born: Zeroizing<String>,
}

pub(super) async fn operator_touch(
    State(screens): App,
    Path(verb): Path<String>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Response<Body> {
    touched(&screens, Side::Operator, &verb, &headers, sent.ok())
}

pub(super) async fn citizen_touch(
    State(screens): App,
    Path(verb): Path<String>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, axum::extract::rejection::FormRejection>,
) -> Response<Body> {
    touched(&screens, Side::Citizen, &verb, &headers, sent.ok())
}

fn touched(
    screens: &Screens,
    side: Side,
    verb: &str,
    headers: &HeaderMap,
    sent: Option<Form<Sent>>,
) -> Response<Body> {
    if !screens.keys.paired(side, headers) {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_PAIRED);
    }
    // A form that is not one of ours, or not of this window.
    let Some(Form(sent)) = sent.filter(|Form(sent)| screens.keys.token_fits(side, &sent.token))
    else {
        return refuse(StatusCode::FORBIDDEN, gate::ELSEWHERE);
    };
    let Some(verb) = Verb::of(verb).filter(|verb| may(side, acting(screens, *verb), *verb)) else {
        return refuse(StatusCode::FORBIDDEN, gate::NOT_YOURS);
    };
    screens.stir(Some(side));
    match verb {
        Verb::MoreTime => screens.show(|board| match side {
            Side::Operator => board.quiet.0 = Quiet::Awake,
            Side::Citizen if quiet::is_gone(board) => {}
            Side::Citizen => board.quiet.1 = Quiet::Awake,
        }),
        Verb::Slip => return give_slip(screens, sent.turn, &sent.choice),
        Verb::Language => screens.show(|board| {
            let language = match side {
                Side::Operator => &mut board.language,
                Side::Citizen => &mut board.citizen.language,
            };
            *language = match language {
                Language::Vi => Language::En,
                Language::En => Language::Vi,
            };
        }),
        Verb::Bigger => screens.show(|board| board.citizen.size = (board.citizen.size + 1) % 3),
        // The operator's touch says that somebody came.
        Verb::Help => screens.show(|board| board.citizen.help = side == Side::Citizen),
        verb => {
            if verb == Verb::StopAndErase {
                // Seen at once on both sides, however long a device takes to come to its next word.
                screens.show(|board| {
                    board.stopping = board.began.is_some() && board.place.in_visit();
                });
            }
            if let Some(touch) = read(verb, sent.number, &sent) {
                screens.touch(sent.turn, touch);
            }
        }
    }
    back_to(side)
}

/// In whose role a touch is made: the operator's, or that of the official who was called and looks.
pub(super) fn acting(screens: &Screens, verb: Verb) -> Option<Role> {
    let board = screens.board.borrow();
    let person = match verb {
        Verb::Sighting => board.place.looking(),
        _ => board.operator.as_ref(),
    };
    person.map(|person| person.role)
}

/// The slip as a PDF, made in memory; the page then knows that one is out.
fn give_slip(screens: &Screens, turn: u64, choice: &str) -> Response<Body> {
    let board = screens.board();
    let pdf = match slip::pdf(&board, choice) {
        Some(Ok(pdf)) if board.turn == turn => pdf,
        Some(Err(error)) => return refuse(StatusCode::INTERNAL_SERVER_ERROR, error.code()),
        _ => return back_to(Side::Operator),
    };
    let mut allowed = false;
    // Asked and counted at once, so that two touches together are not both the first.
    screens
        .board
        .send_modify(|now| allowed = now.turn == turn && slip::count(now, &board));
    if !allowed {
        return refuse(StatusCode::FORBIDDEN, slip::ASK_CLERK);
    }
    let head = [
        ("content-type", "application/pdf"),
        // Shown and printed from there; a file in a folder of downloads would stay.
        ("content-disposition", "inline; filename=\"phieu.pdf\""),
    ];
    (head, pdf).into_response()
}

/// What a form says; none of one that says nothing of use, which then changes nothing.
fn read(verb: Verb, number: Option<u32>, sent: &Sent) -> Option<Touch> {
    Some(match verb {
        Verb::SignIn => Touch::SignIn(Credentials {
            id: sent.who.clone(),
            pin: sent.pin.clone(),
        }),
        Verb::SignOut => Touch::SignOut,
        Verb::Begin => Touch::Begin,
        Verb::GoOn => Touch::GoOn,
        Verb::StillHere => Touch::StillHere {
            yes: sent.choice == "yes",
        },
        Verb::ForWhom => Touch::ForWhom(
            Whom::ALL
                .into_iter()
                .find(|whom| whom.name() == sent.choice)?,
        ),
        Verb::Subject => Touch::Subject(SubjectTyped {
            number: Zeroizing::new(sent.digits.split_whitespace().collect()),
            born: Zeroizing::new(sent.born.trim().to_owned()),
        }),
        Verb::Prepared => Touch::Prepared,
        Verb::Consent => Touch::Consent {
            given: sent.choice == "agree",
        },
        Verb::CardKey => Touch::CardKey(CardDigits(Zeroizing::new(sent.digits.trim().to_owned()))),
        Verb::OfficialComes => Touch::OfficialComes(Credentials {
            id: sent.who.clone(),
            pin: sent.pin.clone(),
        }),
        Verb::NobodyComes => Touch::NobodyComes,
        Verb::Sighting => Touch::Sighting {
            found: Finding::ALL
                .into_iter()
                .find(|found| found.name() == sent.choice)?,
            why: Why::ALL.into_iter().find(|why| why.name() == sent.why)?,
        },
        Verb::Sheets => Touch::Sheets(number.filter(|sheets| (1..=MOST_SHEETS).contains(sheets))?),
        Verb::Scan => Touch::Scan {
            feeder: sent.choice.contains("feeder"),
            same_paper: match sent.choice.split('-').next_back() {
                Some("same") => Some(true),
                Some("new") => Some(false),
                _ => None,
            },
        },
        Verb::Again => Touch::Again { page: number? },
        Verb::Retry => Touch::Retry,
        Verb::Look => Touch::Look { page: number },
        Verb::Earlier => Touch::Arrange(Arrangement::Earlier(number?)),
        Verb::Later => Touch::Arrange(Arrangement::Later(number?)),
        Verb::Turn => Touch::Arrange(Arrangement::Turn(number?)),
        Verb::PutBack => Touch::Arrange(Arrangement::PutBack(number?)),
        Verb::TakeOut => {
            let why = match sent.choice.as_str() {
                "blank" => Out::Blank,
                "duplicate" => Out::Duplicate,
                "unwanted" => Out::NotWanted,
                _ => return None,
            };
            Touch::Arrange(Arrangement::TakeOut(number?, why))
        }
        Verb::Enough => Touch::Enough,
        Verb::Approve => Touch::Approve,
        Verb::Back => Touch::Back,
        Verb::StopAndErase => Touch::StopAndErase,
        Verb::Done => Touch::Done,
        Verb::Survey => Touch::Survey(
            sent.choice
                .parse()
                .ok()
                .filter(|level| (1..=5).contains(level)),
        ),
        Verb::Language | Verb::Bigger | Verb::Help | Verb::MoreTime | Verb::Slip => return None,
    })
}
