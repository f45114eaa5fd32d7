//! The page that is looked at, with what can be done with it; the others small, in their order; and those taken out.

use maud::{Markup, html};

use crate::board::{Out, PageView, Role, ScanView};
use crate::parts::{Look, Page};
use crate::rights::{Verb, may_see};

/// Large, with buttons for everything that elsewhere would be dragged.
pub(super) fn current(page: Page<'_>, scan: &ScanView, seen: &PageView) -> Markup {
    let words = page.words;
    let place = scan.place_of(seen.number).unwrap_or_default();
    let last = scan.staying().count();
    let name = words.f("scan.page", &[("i", &place.to_string())]);
    let one = |verb: Verb, key: &'static str| {
        page.form(verb, "one", html! {
            input type="hidden" name="number" value=(seen.number);
            button type="submit" class="plain" id={ "b-" (verb.name()) "-" (seen.number) } { (words.t(key)) }
        })
    };
    html! {
        section class="current" aria-labelledby="current-name" {
            h2 id="current-name" { (name) " · " (state(page, seen).1) }
            img src={ "/pages/" (seen.number) "/large?v=" (seen.version) } alt=(name) width="450" height="636";
            @if !scan.busy { div class="tools" {
                div class="row" {
                    @if place > 1 { (one(Verb::Earlier, "scan.earlier")) }
                    @if place < last { (one(Verb::Later, "scan.later")) }
                    @if seen.read { (one(Verb::Turn, "scan.turn")) }
                    (one(Verb::Again, "scan.once_more"))
                    (page.button(Verb::Look, Look::Plain, words.t("scan.close"), None))
                }
                details class="out" {
                    summary id={ "out-" (seen.number) } { (words.t("scan.take_out")) }
                    div class="row" {
                        @for (choice, key) in [("blank", "scan.out_blank"), ("duplicate", "scan.out_duplicate"), ("unwanted", "scan.out_unwanted")] {
                            (page.form(Verb::TakeOut, "one", html! {
                                input type="hidden" name="number" value=(seen.number);
                                button type="submit" class="plain" name="choice" value=(choice) id={ "b-take-out-" (choice) } { (words.t(key)) }
                            }))
                        }
                    }
                }
            } }
        }
    }
}

/// Whether another paper ends before it.
fn begins(scan: &ScanView, seen: &PageView) -> bool {
    let before = scan.staying().take_while(|page| page.number != seen.number);
    before.last().is_none_or(|page| page.paper != seen.paper)
}

fn state(page: Page<'_>, seen: &PageView) -> (&'static str, &'static str) {
    let words = page.words;
    if !seen.refused.is_empty() {
        ("bad", words.t("scan.state_bad"))
    } else if !seen.read {
        ("wait", words.t("scan.state_reading"))
    } else if seen.notices.is_empty() {
        ("good", words.t("scan.state_good"))
    } else {
        ("look", words.t("scan.state_look"))
    }
}

/// A touch makes it the page that is looked at. A volunteer sees no picture of the others.
pub(super) fn thumbnail(page: Page<'_>, scan: &ScanView, seen: &PageView) -> Markup {
    let words = page.words;
    let place = scan.place_of(seen.number).unwrap_or_default().to_string();
    let (class, state) = state(page, seen);
    let here = scan.current == Some(seen.number);
    let role = page
        .board
        .operator
        .as_ref()
        .map_or(Role::Volunteer, |person| person.role);
    let papers = scan.staying().any(|page| page.paper != seen.paper);
    let paper = scan.staying().take_while(|page| page.number != seen.number);
    let mut before: Vec<usize> = paper.map(|page| page.paper).collect();
    before.push(seen.paper);
    before.dedup();
    html! {
        li class={ "thumb " (class) @if here { " here" } } id={ "page-" (seen.number) } {
            @if papers && begins(scan, seen) { p class="paper-name" { (words.f("scan.paper", &[("k", &before.len().to_string())])) } }
            (page.form(Verb::Look, "one", html! {
                input type="hidden" name="number" value=(seen.number);
                button type="submit" class="sheet" id={ "b-look-" (seen.number) } aria-pressed=(here) {
                    @if may_see(role, scan, seen.number) {
                        img src={ "/pages/" (seen.number) "?v=" (seen.version) } alt="" width="120" height="170";
                    } @else {
                        span class="veiled" aria-hidden="true" { (place) }
                    }
                    span { (words.f("scan.page", &[("i", &place)])) }
                }
            }))
            p { (state) }
            @for code in &seen.notices { p class="hint" { (words.cause(code)) } }
        }
    }
}

/// What was taken out is named, and can be put back.
pub(super) fn taken_out(page: Page<'_>, scan: &ScanView) -> Markup {
    let words = page.words;
    let out: Vec<&PageView> = scan.taken_out().collect();
    html! {
        @if !out.is_empty() {
            section class="card aside" {
                h2 { (words.f("scan.taken_out", &[("n", &out.len().to_string())])) }
                ul class="plain-list" {
                    @for seen in out {
                        li class="row" {
                            span { (words.t(reason(seen.out))) }
                            (page.form(Verb::PutBack, "one", html! {
                                input type="hidden" name="number" value=(seen.number);
                                button type="submit" class="small" id={ "b-put-back-" (seen.number) } { (words.t("scan.put_back")) }
                            }))
                        }
                    }
                }
            }
        }
    }
}

fn reason(out: Option<Out>) -> &'static str {
    match out {
        Some(Out::Blank) => "scan.out_blank",
        Some(Out::Duplicate) => "scan.out_duplicate",
        Some(Out::NotWanted) | None => "scan.out_unwanted",
    }
}
