//! How a visit ended: the slip, or why there is none.

use maud::{Markup, html};

use crate::board::{Delivery, ReceiptView};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;

use super::papers::grade_key;
use super::road;

pub(super) fn receipt(page: Page<'_>, receipt: &ReceiptView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (delivered(page, receipt)) }
        section class="card slip" {
            p { (words.t("slip.number")) " " strong class="big" { (receipt.number) } }
            p { (words.moment(receipt.sealed_at)) " · " (page.board.site.centre) }
            ul class="plain-list" {
                @for (kind, pages, grade) in &receipt.papers {
                    li { (words.kind(kind)) " – " (words.f("review.pages", &[("n", &pages.to_string())])) " · " (words.t(grade_key(*grade))) }
                }
            }
            p class="returned" { (words.f("slip.to_return", &[("n", &receipt.sheets_returned.to_string())])) }
        }
        (noticed(page, receipt, true))
        p { (words.t("slip.give_back")) }
    };
    let on = page.keyed(
        Verb::Done,
        Look::Main,
        words.t("slip.done"),
        None,
        Some(KEY_ON),
    );
    (main, page.foot(false, on))
}

/// What the verifier noticed when it filed: by paper, and for the operator with what to do.
pub(crate) fn noticed(page: Page<'_>, receipt: &ReceiptView, remedies: bool) -> Markup {
    let words = page.words;
    html! {
        @for notice in &receipt.notices {
            div class="note" role="status" {
                p class="what" {
                    @if let Some((kind, ..)) = notice.paper.and_then(|at| receipt.papers.get(at)) { (words.kind(kind)) " – " }
                    (words.cause(notice.code))
                }
                @if remedies { p { (words.remedy(notice.code)) } }
            }
        }
    }
}

/// Never more than what has happened.
pub(crate) fn delivered(page: Page<'_>, receipt: &ReceiptView) -> String {
    let words = page.words;
    match &receipt.delivery {
        Delivery::Waiting => words.t("wallet.pending").to_owned(),
        Delivery::Filed { .. } => words.t("wallet.filed").to_owned(),
        Delivery::Refused { code } => words.cause(code),
    }
}

pub(super) fn stopped(page: Page<'_>, code: &'static str, refusal: bool) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { @if refusal { (words.t("stopped.refusal")) } @else { (words.t("stopped.failure")) } }
        (page.trouble(code))
        p { (words.t("consent.withdrawn")) }
    };
    let on = page.keyed(
        Verb::Done,
        Look::Main,
        words.t("stopped.done"),
        None,
        Some(KEY_ON),
    );
    (main, page.foot(false, on))
}
