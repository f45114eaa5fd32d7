//! How a visit ended: the slip, or why there is none.

use maud::{Markup, html};

use crate::board::{Delivery, ReceiptView};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::{Verb, may_issue};

use crate::slip::{ASK_CLERK, large};

use super::papers::grade_key;
use super::road;

pub(super) fn receipt(page: Page<'_>, receipt: &ReceiptView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (delivered(page, receipt)) }
        section class="card slip" {
            div class="numbered" {
                p { (words.t("slip.number")) " " strong class="big" { (receipt.number) } }
                (paper(page, receipt))
            }
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

/// The slip on paper: opened beside this page, to be printed from there.
fn paper(page: Page<'_>, receipt: &ReceiptView) -> Markup {
    let words = page.words;
    let role = page.board.operator.as_ref().map(|person| person.role);
    let issued = receipt.issued.saying(&receipt.delivery);
    if !may_issue(role, issued) {
        return html! { p class="hint" role="status" { (words.cause(ASK_CLERK)) " " (words.remedy(ASK_CLERK)) } };
    }
    html! {
        form method="post" action="/touch/slip" class="row" target="_blank" {
            input type="hidden" name="token" value=(page.token);
            input type="hidden" name="turn" value=(page.board.turn);
            button type="submit" id="b-slip-a5" class="plain" name="choice" value="a5" { (words.t("slip.as_a5")) }
            button type="submit" id="b-slip-roll80" class="plain" name="choice" value="roll80" { (words.t("slip.as_roll")) }
        }
        @if large(page.board) { p class="hint" { (words.t("slip.large")) } }
        @if issued > 0 { p class="hint" { (words.t("slip.again")) } }
        @else if receipt.issued.waiting > 0 { p class="look" { (words.t("slip.turned")) } }
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
