//! The operator's page: where the visit is, what to do now, and what waits to be sent.

mod devices;
pub(crate) mod diagnosis;
mod ending;
mod officials;
mod papers;
mod person;
mod scanner;
mod sheet;
mod start;
mod unfinished;
mod whom;

use jiff::Timestamp;
use maud::{Markup, html};

pub(crate) use ending::{delivered, noticed};
pub(crate) use papers::grade_key;
pub(crate) use person::{finger_key, pose_key};
pub(crate) use whom::said;

use crate::board::{Board, Line, Place};
use crate::gate::Side;
use crate::parts::{Look, Page};
use crate::quiet::Quiet;
use crate::rights::Verb;
use crate::words::Words;

/// The eight stations of the road, as words.
const ROAD: [&str; 8] = [
    "road.prepare",
    "road.consent",
    "road.card",
    "road.person",
    "road.papers",
    "road.review",
    "road.seal",
    "road.receipt",
];

pub(crate) fn page(board: &Board, token: &str) -> Markup {
    let page = Page {
        side: Side::Operator,
        words: Words(board.language),
        board,
        token,
    };
    let (main, foot) = parts(page);
    let title = page.words.t("app.title");
    page.document(title, bar(page), main, foot)
}

fn parts(page: Page<'_>) -> (Markup, Markup) {
    if page.board.stopping && page.board.place.in_visit() {
        return waiting(page, "desk.stopping");
    }
    match &page.board.place {
        Place::SignedOut { people, refused } => start::signed_out(page, people, *refused),
        Place::Home { unfinished, last } => start::home(page, *unfinished, last.as_ref()),
        Place::Unfinished(view) => unfinished::offer(page, view),
        Place::StillHere { .. } => unfinished::asked(page),
        Place::Prepare { asked, whom } => start::prepare(page, asked, whom),
        Place::Opening => waiting(page, "desk.opening"),
        Place::Consent(consent) => person::consent(page, consent),
        Place::CardKey { failed } => person::card_key(page, *failed),
        Place::CardReading { share, lost } => person::card_reading(page, *share, *lost),
        Place::Face(face) => person::face(page, face),
        Place::Finger(finger) => person::finger(page, finger),
        Place::Officials(officials) => officials::page(page, officials),
        Place::Sheets => papers::sheets(page),
        Place::Recount { sheets } => papers::recount(page, *sheets),
        Place::Scan(scan) => papers::scan(page, scan),
        Place::Reading => waiting(page, "desk.reading"),
        Place::Review(review) => papers::review(page, review),
        Place::Sealing => waiting(page, "desk.sealing"),
        Place::Receipt(receipt) => ending::receipt(page, receipt),
        Place::Stopped { code, refusal } => ending::stopped(page, code, *refusal),
    }
}

/// The desk is at work and nobody has anything to do.
fn waiting(page: Page<'_>, key: &'static str) -> (Markup, Markup) {
    let main = html! {
        (road(page))
        h1 { (page.words.t(key)) }
        (busy())
    };
    (main, page.foot(false, html! {}))
}

fn busy() -> Markup {
    html! { div class="busy" aria-hidden="true" { span {} span {} span {} } }
}

/// Who, where, and how it stands with the line.
fn bar(page: Page<'_>) -> Markup {
    let Page { words, board, .. } = page;
    html! {
        div class="who" {
            strong class="name" { "Niêm" }
            span { (board.site.centre) }
            @if let Some(person) = &board.operator {
                span class="person" { (person.name) " · " (words.t(start::role_key(person.role))) }
            }
        }
        @if board.site.practice { p class="ribbon" { (words.t("app.practice")) } }
        div class="state" {
            (line(words, &board.line))
            @if board.citizen.help {
                (page.button(Verb::Help, Look::Danger, words.t("desk.help_wanted"), None))
            }
            @if board.operator.is_some() {
                a class="tool" id="b-diagnostics" href="/diagnostics" { (words.t("diag.link")) }
            }
            (page.language_switch())
            @if board.operator.is_some() && !board.place.in_visit() {
                (page.button(Verb::SignOut, Look::Small, words.t("shift.end"), None))
            }
        }
        (devices::strip(words, &board.devices))
        @if board.quiet.0 != Quiet::Awake {
            div class="note ask" role="alert" {
                p class="what" { (words.t("quiet.lock")) }
                (page.button(Verb::MoreTime, Look::Main, words.t("quiet.stay"), None))
            }
        }
    }
}

/// Always seen: is there a network, and what waits.
fn line(words: Words, line: &Line) -> Markup {
    let (class, sign, told) = match line.online {
        Some(true) => ("up", "●", words.t("status.online")),
        Some(false) => ("down", "▲", words.t("status.offline")),
        None => ("unknown", "○", words.t("status.unknown")),
    };
    html! {
        p class={ "line " (class) } role="status" {
            span aria-hidden="true" { (sign) } " " (told)
            @if line.waiting > 0 {
                " · "
                @let oldest = line.oldest.map_or_else(String::new, |at| words.since(at, Timestamp::now()));
                (words.f("status.queue", &[("n", &line.waiting.to_string()), ("t", &oldest)]))
            }
            @if line.slow && line.online == Some(true) {
                span class="slow" { span aria-hidden="true" { " ◔ " } (words.t("status.external_slow")) }
            }
        }
    }
}

/// The road with the place on it.
fn road(page: Page<'_>) -> Markup {
    let here = page.board.place.station();
    html! {
        nav aria-label=(page.words.t("road.title")) {
            ol class="road" {
                @for (at, key) in ROAD.into_iter().enumerate() {
                    @let state = match here { Some(here) if at < here => "past", Some(here) if at == here => "here", _ => "ahead" };
                    li class=(state) aria-current=[(state == "here").then_some("step")] {
                        span class="dot" aria-hidden="true" { @if state == "past" { "✓" } @else { (at + 1) } }
                        span { (page.words.t(key)) }
                    }
                }
            }
        }
    }
}
