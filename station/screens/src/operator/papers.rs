//! Counting, scanning, and what is looked at before it is sealed.

use maud::{Markup, html};

use crate::board::{Owner, PageView, ReviewView, ScanView};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;

use super::{busy, road};

pub(super) fn sheets(page: Page<'_>) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (words.t("scan.count")) }
        p { (words.t("scan.count_hint")) }
        (page.form(Verb::Sheets, "quick", html! {
            @for count in 1..=8 {
                button type="submit" class="number" id={ "sheets-" (count) } name="number" value=(count) { (count) }
            }
        }))
        (page.form(Verb::Sheets, "fields inline", html! {
            label for="number" { (words.t("scan.count_other")) }
            input id="number" name="number" type="number" min="1" max="100" inputmode="numeric" required;
            button type="submit" id="b-sheets" class="plain" { (words.t("common.next")) }
        }))
    };
    (main, page.foot(false, html! {}))
}

pub(super) fn scan(page: Page<'_>, scan: &ScanView) -> (Markup, Markup) {
    let words = page.words;
    let bad: Vec<&PageView> = scan.bad().collect();
    let main = html! {
        (road(page))
        h1 {
            (words.f("scan.progress", &[("i", &scan.pages.len().to_string()), ("n", &scan.sheets.to_string())]))
        }
        @if let Some(code) = scan.trouble { (page.trouble(code)) }
        @for bad in &bad { (bad_page(page, bad)) }
        ol class="pages" {
            @for seen in &scan.pages { (thumbnail(page, seen)) }
            @if scan.busy { li class="thumb wait" { (busy()) p { (words.t("scan.busy")) } } }
        }
        @if !scan.busy {
            div class="row" {
                @if scan.pages.is_empty() {
                    (scan_ways(page, scan, None))
                } @else {
                    (scan_ways(page, scan, Some("new")))
                    (page.button(Verb::Scan, Look::Plain, words.t("scan.same_paper"), Some("glass-same")))
                }
            }
        }
    };
    let ready = scan.complete();
    let on = html! {
        @if ready { (page.keyed(Verb::Enough, Look::Main, words.t("scan.enough"), None, Some(KEY_ON))) }
        @else { p class="hint" { (words.t("scan.not_yet")) } }
    };
    (main, page.foot(false, on))
}

fn scan_ways(page: Page<'_>, scan: &ScanView, paper: Option<&str>) -> Markup {
    let words = page.words;
    let ending = paper.map_or_else(String::new, |paper| format!("-{paper}"));
    let key = (!scan.complete()).then_some("F3");
    html! {
        (page.keyed(Verb::Scan, Look::Main, words.t("scan.start"), Some(&format!("glass{ending}")), key))
        @if scan.feeder {
            (page.button(Verb::Scan, Look::Plain, words.t("scan.feeder"), Some(&format!("feeder{ending}"))))
        }
    }
}

/// The page named, with one touch to do it again.
fn bad_page(page: Page<'_>, bad: &PageView) -> Markup {
    let words = page.words;
    let number = bad.number.to_string();
    html! {
        div class="trouble" role="alert" {
            p class="what" {
                span class="sign" aria-hidden="true" { "!" }
                (words.f("scan.bad_page", &[("i", &number)])) " "
                @for code in &bad.refused { (words.cause(code)) " " }
            }
            p class="remedy" { @if let Some(code) = bad.refused.first() { (words.remedy(code)) } }
            (page.form(Verb::Again, "one", html! {
                input type="hidden" name="number" value=(bad.number);
                button type="submit" class="main" id={ "again-" (number) } { (words.f("scan.again", &[("i", &number)])) }
            }))
        }
    }
}

fn thumbnail(page: Page<'_>, seen: &PageView) -> Markup {
    let words = page.words;
    let number = seen.number.to_string();
    let (class, state) = if !seen.refused.is_empty() {
        ("bad", words.t("scan.state_bad"))
    } else if !seen.read {
        ("wait", words.t("scan.state_reading"))
    } else if seen.notices.is_empty() {
        ("good", words.t("scan.state_good"))
    } else {
        ("look", words.t("scan.state_look"))
    };
    html! {
        li class={ "thumb " (class) } id={ "page-" (number) } {
            img src={ "/pages/" (number) "?v=" (seen.version) } alt=(words.f("scan.page", &[("i", &number)])) width="150" height="212";
            p { strong { (number) } " · " (state) }
            @for code in &seen.notices { p class="hint" { (words.cause(code)) } }
        }
    }
}

pub(super) fn review(page: Page<'_>, review: &ReviewView) -> (Markup, Markup) {
    let words = page.words;
    let (holder, owner) = match review.whom.is_for_another() {
        true => ("review.subject", "owner.match_subject"),
        false => ("review.holder", "owner.match"),
    };
    let main = html! {
        (road(page))
        h1 { (words.t("review.title")) }
        p class="hint" { (words.f(holder, &[("digits", &review.holder)])) }
        ul class="papers" {
            @for paper in &review.papers {
                li class="card" {
                    h2 { (words.kind(&paper.kind)) }
                    p { (words.f("review.pages", &[("n", &paper.pages.to_string())])) " · " (words.t(grade_key(paper.grade))) }
                    @match paper.owner {
                        Owner::Holder => p class="yes" { span aria-hidden="true" { "✓ " } (words.t(owner)) },
                        Owner::Unknown => p class="look" { span aria-hidden="true" { "? " } (words.t("owner.unknown")) },
                    }
                    @if !paper.to_check.is_empty() {
                        p class="look" { (words.f("review.to_check", &[("n", &paper.to_check.len().to_string())])) }
                    }
                }
            }
            @for aside in &review.set_aside {
                li class="card aside" {
                    h2 { (words.kind(&aside.kind)) }
                    p class="look" { (words.cause(aside.code)) }
                    p { (words.t("owner.set_aside")) }
                }
            }
        }
    };
    let on = page.keyed(
        Verb::Approve,
        Look::Main,
        words.t("review.seal"),
        None,
        Some(KEY_ON),
    );
    (main, page.foot(false, on))
}

pub(crate) fn grade_key(grade: u8) -> &'static str {
    match grade {
        0 => "grade.0",
        1 => "grade.1",
        2 => "grade.2",
        _ => "grade.3",
    }
}
