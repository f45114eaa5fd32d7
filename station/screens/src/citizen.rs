//! The citizen's display: one question at a time, large, in their language, with help and an end always in reach.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use maud::{Markup, html};
use rulebook::consents::{self, Purpose};

use crate::board::{
    Board, ConsentView, FaceView, FingerView, OfficialsView, Place, ReceiptView, ReviewView,
    ScanView,
};
use crate::gate::Side;
use crate::operator::{delivered, finger_key, grade_key, noticed, pose_key, said};
use crate::parts::{Look, Page};
use crate::quiet::Quiet;
use crate::rights::Verb;
use crate::words::Words;

pub(crate) fn page(board: &Board, token: &str) -> Markup {
    let page = Page {
        side: Side::Citizen,
        words: Words(board.citizen.language),
        board,
        token,
    };
    let (main, on) = parts(page);
    let main = html! { (more_time(page)) (main) };
    page.document(
        page.words.t("app.title"),
        bar(page),
        main,
        page.foot(false, on),
    )
}

/// What the page says, as markup: its question and its answers, without the frame.
pub(crate) fn words(board: &Board) -> String {
    let page = Page {
        side: Side::Citizen,
        words: Words(board.citizen.language),
        board,
        token: "",
    };
    let (main, on) = parts(page);
    let main = html! { (more_time(page)) (main) };
    main.into_string() + &on.into_string()
}

fn bar(page: Page<'_>) -> Markup {
    let words = page.words;
    html! {
        strong class="name" { "Niêm" }
        @if page.board.site.practice { p class="ribbon" { (words.t("app.practice")) } }
        div class="state" {
            (page.language_switch())
            @if page.board.speaks {
                // The script alone can play a sound and stop it; without it there is nothing to touch.
                button type="button" class="small" id="b-read-aloud" data-speak="/citizen/speech" aria-pressed="false" hidden {
                    (words.t("common.read_aloud"))
                }
            }
            (page.button(Verb::Bigger, Look::Small, words.t("common.bigger"), None))
        }
    }
}

fn parts(page: Page<'_>) -> (Markup, Markup) {
    let words = page.words;
    let told = |key: &'static str| html! { h1 { (words.t(key)) } };
    let none = || html! {};
    if page.board.stopping && page.board.place.in_visit() {
        return (told("desk.stopping"), none());
    }
    if page.board.citizen.help {
        return (
            html! { h1 { (words.t("citizen.help_comes")) } p { (words.f("slip.hotline", &[("phone", &page.board.site.hotline)])) } },
            none(),
        );
    }
    if page.board.quiet.1 == Quiet::Over {
        return covered(page);
    }
    match &page.board.place {
        Place::StillHere { began } => still_here(page, *began),
        Place::SignedOut { .. } | Place::Home { .. } | Place::Unfinished(_) => {
            (welcome(page), none())
        }
        Place::Prepare { .. } => (told("citizen.prepare"), none()),
        Place::Opening => (told("desk.opening"), none()),
        Place::Consent(asked) if asked.child => child(page),
        Place::Consent(asked) => consent(page, asked),
        Place::CardKey { .. } => (told("card.place"), none()),
        Place::CardReading { share, lost } => (card(page, *share, *lost), none()),
        Place::Face(face) => (self::face(page, face), none()),
        Place::Finger(finger) => (self::finger(page, finger), none()),
        Place::Officials(officials) => (self::officials(page, officials), none()),
        Place::Sheets | Place::Recount { .. } => (told("citizen.count"), none()),
        Place::Scan(scan) => (self::scan(page, scan), none()),
        Place::Reading => (told("desk.reading"), none()),
        Place::Review(review) => (self::review(page, review), none()),
        Place::Sealing => (told("desk.sealing"), none()),
        Place::Receipt(receipt) => self::receipt(page, receipt),
        Place::Stopped { .. } => (stopped(page), none()),
    }
}

/// Half a minute before the display is covered; one touch gives the whole time again.
fn more_time(page: Page<'_>) -> Markup {
    let words = page.words;
    html! {
        @if page.board.quiet.1 == Quiet::Warned {
            section class="note ask" role="alert" {
                p class="what" { (words.t("quiet.ask")) }
                p { (words.t("quiet.ask_hint")) }
                (page.button(Verb::MoreTime, Look::Main, words.t("quiet.more"), None))
            }
        }
    }
}

/// Nobody is there: what was shown is of nobody's business who comes by. After the visit's end it does not come back.
fn covered(page: Page<'_>) -> (Markup, Markup) {
    let words = page.words;
    if matches!(page.board.place, Place::Receipt(_)) {
        return (welcome(page), html! {});
    }
    let main = html! {
        h1 { (words.t("quiet.covered")) }
        p { (words.t("quiet.kept")) }
    };
    let on = page.button(Verb::MoreTime, Look::Main, words.t("common.next"), None);
    (main, on)
}

/// After the power came back; nothing goes on without their own touch.
fn still_here(page: Page<'_>, began: Timestamp) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (words.f("resume.still_here", &[("time", &words.clock(began))])) }
        p { (words.t("citizen.papers_stay")) }
    };
    let on = html! {
        (page.button(Verb::StillHere, Look::Plain, words.t("resume.no"), Some("no")))
        (page.button(Verb::StillHere, Look::Main, words.t("resume.yes"), Some("yes")))
    };
    (main, on)
}

fn welcome(page: Page<'_>) -> Markup {
    html! {
        h1 { (page.words.t("citizen.welcome")) }
        p { (page.board.site.centre) }
        p { (page.words.t("citizen.papers_stay")) }
    }
}

/// Both texts as the rulebook has them today; nothing is agreed to by default.
fn consent(page: Page<'_>, asked: &ConsentView) -> (Markup, Markup) {
    let words = page.words;
    let day = Timestamp::now()
        .to_zoned(TimeZone::fixed(Offset::constant(7)))
        .date();
    let file = match asked.whom.is_for_another() {
        true => Purpose::FileForAnother,
        false => Purpose::File,
    };
    let texts = [Purpose::Identify, file]
        .into_iter()
        .filter_map(|purpose| consents::current(purpose, day));
    let main = html! {
        h1 { (words.t("consent.title")) }
        @if let Some(said) = said(words, asked.whom, asked.subject.as_deref()) { p class="look" { (said) } }
        ol class="texts" { @for text in texts { li { (text.text(words.0)) } } }
        p class="hint" { (words.f("consent.can_withdraw", &[("phone", &page.board.site.hotline)])) }
    };
    let on = html! {
        (page.button(Verb::Consent, Look::Plain, words.t("consent.refuse"), Some("refuse")))
        (page.button(Verb::Consent, Look::Main, words.t("consent.agree"), Some("agree")))
    };
    (main, on)
}

/// The child's own page: short words, and the same two touches.
fn child(page: Page<'_>) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (words.t("whom.child_title")) }
        p { (words.t("whom.child_text")) }
    };
    let on = html! {
        (page.button(Verb::Consent, Look::Plain, words.t("whom.child_refuses"), Some("refuse")))
        (page.button(Verb::Consent, Look::Main, words.t("whom.child_agrees"), Some("agree")))
    };
    (main, on)
}

fn card(page: Page<'_>, share: u8, lost: bool) -> Markup {
    let key = if lost { "card.removed" } else { "card.reading" };
    let words = page.words;
    html! {
        h1 { (words.t(key)) }
        progress max="100" value=(share) aria-label=(words.t("card.reading")) { (share) " %" }
    }
}

fn face(page: Page<'_>, face: &FaceView) -> Markup {
    let words = page.words;
    let arrow = match face.pose {
        Some("left") => "←",
        Some("right") => "→",
        _ => "●",
    };
    html! {
        h1 { (words.t(pose_key(face.pose))) }
        div class="mirror" {
            img src={ "/citizen/camera?attempt=" (face.attempt) } alt=(words.t("citizen.mirror")) width="320" height="240";
            span class="arrow" aria-hidden="true" { (arrow) }
        }
        @if let Some(code) = face.lost.or(face.advice.first().copied()) {
            p class="look" role="status" { (words.remedy(code)) }
        }
    }
}

/// Kindly, and nobody is accused; who looks is seen, and so is what they see.
fn officials(page: Page<'_>, officials: &OfficialsView) -> Markup {
    let words = page.words;
    html! {
        @if officials.looking.is_some() {
            h1 { (words.t("officials.citizen_looking")) }
            div class="mirror" {
                img src={ "/citizen/camera?official=" (officials.number) } alt=(words.t("citizen.mirror")) width="320" height="240";
            }
        } @else {
            h1 { (words.t("officials.citizen")) }
            p { (words.t("officials.citizen_why")) }
        }
    }
}

fn finger(page: Page<'_>, finger: &FingerView) -> Markup {
    let words = page.words;
    let name = words.t(finger_key(finger.finger));
    html! {
        h1 { (words.f("finger.place", &[("finger", name)])) }
        @if let Some(code) = finger.advice { p class="look" role="status" { (words.remedy(code)) } }
    }
}

fn scan(page: Page<'_>, scan: &ScanView) -> Markup {
    let words = page.words;
    html! {
        h1 { (words.t(if scan.trouble.is_some() { "citizen.scanner" } else { "citizen.scanning" })) }
        p class="big" { (words.f("scan.progress", &[("i", &scan.seen().to_string()), ("n", &scan.sheets.to_string())])) }
        p { (words.t("citizen.papers_stay")) }
    }
}

fn review(page: Page<'_>, review: &ReviewView) -> Markup {
    let words = page.words;
    html! {
        h1 {
            @if review.whom.is_for_another() { (words.f("citizen.review_for", &[("digits", &review.holder)])) }
            @else { (words.t("citizen.review")) }
        }
        ul class="texts" {
            @for paper in &review.papers {
                li { (words.kind(&paper.kind)) " – " (words.f("review.pages", &[("n", &paper.pages.to_string())])) " · " (words.t(grade_key(paper.grade))) }
            }
            @for aside in &review.set_aside {
                li class="aside" { (words.kind(&aside.kind)) " – " (words.t("owner.set_aside")) }
            }
        }
    }
}

/// Best first; the number is the touch's.
fn levels(words: Words) -> [(u8, &'static str); 5] {
    [
        (1, words.t("survey.1")),
        (2, words.t("survey.2")),
        (3, words.t("survey.3")),
        (4, words.t("survey.4")),
        (5, words.t("survey.5")),
    ]
}

fn receipt(page: Page<'_>, receipt: &ReceiptView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (delivered(page, receipt)) }
        p { (words.t("slip.number")) " " strong class="big" { (receipt.number) } }
        p { (words.f("slip.to_return", &[("n", &receipt.sheets_returned.to_string())])) }
        (noticed(page, receipt, false))
        @if receipt.surveyed {
            p { (words.t("survey.thanks")) }
        } @else {
            h2 { (words.t("survey.ask")) }
            div class="levels" {
                @for (level, label) in levels(words) {
                    (page.button(Verb::Survey, Look::Plain, label, Some(&level.to_string())))
                }
            }
        }
    };
    let on = html! {
        @if !receipt.surveyed { (page.button(Verb::Survey, Look::Plain, words.t("survey.skip"), Some("skip"))) }
    };
    (main, on)
}

fn stopped(page: Page<'_>) -> Markup {
    html! {
        h1 { (page.words.t("consent.withdrawn")) }
        p { (page.words.t("citizen.see_official")) }
    }
}
