//! Counting, scanning, and what is looked at before it is sealed.

use maud::{Markup, html};

use crate::board::{Owner, PageView, ReviewView, ScanView};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;

use super::{busy, road};

pub(super) fn sheets(page: Page<'_>) -> (Markup, Markup) {
    (count(page, None), page.foot(false, html! {}))
}

/// The same with the pages waiting.
pub(super) fn recount(page: Page<'_>, sheets: u32) -> (Markup, Markup) {
    (count(page, Some(sheets)), page.foot(true, html! {}))
}

fn count(page: Page<'_>, now: Option<u32>) -> Markup {
    let words = page.words;
    html! {
        (road(page))
        h1 { (words.t("scan.count")) }
        p { (words.t("scan.count_hint")) }
        @if let Some(now) = now { p { (words.f("scan.counted", &[("n", &now.to_string())])) } }
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
    }
}

pub(super) fn scan(page: Page<'_>, scan: &ScanView) -> (Markup, Markup) {
    let words = page.words;
    let bad: Vec<&PageView> = scan.bad().collect();
    let current = scan
        .current
        .and_then(|number| scan.staying().find(|page| page.number == number));
    let main = html! {
        (road(page))
        h1 {
            (words.f("scan.progress", &[("i", &scan.seen().to_string()), ("n", &scan.sheets.to_string())]))
        }
        @if !scan.busy { (counted(page, scan)) }
        @if let Some(code) = scan.trouble { (super::scanner::trouble(page, scan, code)) }
        @for bad in &bad { (bad_page(page, scan, bad)) }
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
        div class="table" {
            @if let Some(current) = current { (super::sheet::current(page, scan, current)) }
            div class="pile" {
                ol class="pages" {
                    @for seen in scan.staying() { (super::sheet::thumbnail(page, scan, seen)) }
                    @if scan.busy { li class="thumb wait" { (busy()) p { (words.t("scan.busy")) } } }
                }
                (super::sheet::taken_out(page, scan))
            }
        }
    };
    let ready = scan.complete();
    let on = html! {
        @if ready { (page.keyed(Verb::Enough, Look::Main, words.t("scan.enough"), None, Some(KEY_ON))) }
        @else { p class="hint" { (words.t("scan.not_yet")) } }
    };
    (main, page.foot(!scan.busy, on))
}

/// One touch more or less, for a count that was wrong.
fn counted(page: Page<'_>, scan: &ScanView) -> Markup {
    let words = page.words;
    let to = |sheets: u32, key: &'static str, id: &str| {
        page.form(
            Verb::Sheets,
            "one",
            html! {
                input type="hidden" name="number" value=(sheets);
                button type="submit" class="small" id=(id) { (words.t(key)) }
            },
        )
    };
    html! {
        div class="row counted" {
            span { (words.f("scan.counted", &[("n", &scan.sheets.to_string())])) }
            @if scan.sheets > 1 { (to(scan.sheets - 1, "scan.fewer", "b-fewer")) }
            (to(scan.sheets + 1, "scan.more", "b-more"))
        }
    }
}

fn scan_ways(page: Page<'_>, scan: &ScanView, paper: Option<&str>) -> Markup {
    let words = page.words;
    let ending = paper.map_or_else(String::new, |paper| format!("-{paper}"));
    // After trouble the key tries the same again.
    let at_scanner = scan.trouble.is_some_and(|code| code.starts_with("scan."));
    let key = (!scan.complete() && !at_scanner).then_some("F3");
    let look = if at_scanner { Look::Plain } else { Look::Main };
    html! {
        (page.keyed(Verb::Scan, look, words.t("scan.start"), Some(&format!("glass{ending}")), key))
        @if scan.feeder {
            (page.button(Verb::Scan, Look::Plain, words.t("scan.feeder"), Some(&format!("feeder{ending}"))))
        }
    }
}

/// The page named, with one touch to do it again.
fn bad_page(page: Page<'_>, scan: &ScanView, bad: &PageView) -> Markup {
    let words = page.words;
    let number = scan.place_of(bad.number).unwrap_or_default().to_string();
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
                button type="submit" class="main" id={ "again-" (bad.number) } { (words.f("scan.again", &[("i", &number)])) }
            }))
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
    (main, page.foot(true, on))
}

pub(crate) fn grade_key(grade: u8) -> &'static str {
    match grade {
        0 => "grade.0",
        1 => "grade.1",
        2 => "grade.2",
        _ => "grade.3",
    }
}
