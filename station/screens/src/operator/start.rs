//! Signing in, the desk between two visits, and what is needed before one begins.

use jiff::Timestamp;
use maud::{Markup, html};
use rulebook::Language;

use crate::board::{Asked, Delivery, End, Person, Refused, Role, WhomView};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;

use super::{road, whom};

pub(super) fn role_key(role: Role) -> &'static str {
    match role {
        Role::Volunteer => "role.volunteer",
        Role::Clerk => "role.clerk",
        Role::Certifier => "role.certifier",
        Role::Director => "role.director",
    }
}

pub(super) fn signed_out(
    page: Page<'_>,
    people: &[Person],
    refused: Option<Refused>,
) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (words.t("shift.start")) }
        (not_let_in(page, refused))
        (page.form(Verb::SignIn, "fields", html! {
            label for="who" { (words.t("login.who")) }
            select id="who" name="who" required {
                @for person in people {
                    option value=(person.id) { (person.name) " – " (words.t(role_key(person.role))) }
                }
            }
            label for="pin" { (words.t("login.pin")) }
            input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="current-password" required minlength="4" maxlength="64";
            button type="submit" id="b-sign-in" class="main" data-key=(KEY_ON) aria-keyshortcuts=(KEY_ON) { (words.t("login.enter")) " " kbd aria-hidden="true" { (KEY_ON) } }
        }))
    };
    (main, page.foot(false, html! {}))
}

/// Why somebody was not let in.
pub(super) fn not_let_in(page: Page<'_>, refused: Option<Refused>) -> Markup {
    html! {
        @if let Some(refused) = refused {
            @if refused.minutes > 0 {
                div class="trouble" role="alert" {
                    p class="what" { (page.words.f("login.locked", &[("m", &refused.minutes.to_string())])) }
                }
            } @else { (page.trouble(refused.code)) }
        }
    }
}

pub(super) fn home(
    page: Page<'_>,
    unfinished: Option<Timestamp>,
    last: Option<&End>,
) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (words.t("home.title")) }
        @if let Some(began) = unfinished {
            div class="note" role="status" {
                p class="what" { (words.f("resume.title", &[("time", &words.clock(began))])) }
                p { (words.t("resume.erased")) }
            }
        }
        @if let Some(last) = last { (last_visit(page, last)) }
        p { (words.t("home.hint")) }
        @if let Some(shift) = &page.board.shift {
            p class="hint shift" {
                (words.f("shift.began", &[("t", &words.moment(shift.began))]))
                " · " @if page.board.site.practice { (words.t("shift.practice")) } @else { (words.t("shift.real")) }
                @if let Some((from, until)) = shift.before {
                    " · " (words.f("shift.before", &[("from", &words.moment(from)), ("until", &words.moment(until))]))
                }
            }
        }
    };
    let on = page.keyed(
        Verb::Begin,
        Look::Main,
        words.t("home.new"),
        None,
        Some(KEY_ON),
    );
    (main, page.foot(false, on))
}

fn last_visit(page: Page<'_>, last: &End) -> Markup {
    let words = page.words;
    html! {
        section class="card" {
            h2 { (words.t("home.last")) }
            @match last {
                End::Sealed(receipt) => p {
                    (words.clock(receipt.sealed_at)) " · " code { (receipt.number) } " · "
                    @match &receipt.delivery {
                        Delivery::Filed { .. } => (words.t("wallet.filed")),
                        Delivery::Waiting => (words.t("wallet.pending")),
                        Delivery::Refused { code } => (words.cause(code)),
                    }
                },
                End::Stopped { code } => p { (words.cause(code)) },
            }
        }
    }
}

pub(super) fn prepare(page: Page<'_>, asked: &[Asked], view: &WhomView) -> (Markup, Markup) {
    let words = page.words;
    let title = |asked: &Asked| match words.0 {
        Language::Vi => asked.title_vi.clone(),
        Language::En => asked.title_en.clone(),
    };
    let (spared, brought): (Vec<_>, Vec<_>) =
        asked.iter().partition(|asked| asked.not_needed.is_some());
    let main = html! {
        (road(page))
        (whom::question(page, view))
        h1 { (words.t("prepare.title")) }
        div class="columns" {
            section class="card good" {
                h2 { span aria-hidden="true" { "✓ " } (words.t("prepare.spared")) }
                ul class="plain-list" {
                    @for asked in &spared {
                        @if let Some(clause) = &asked.not_needed {
                            li {
                                details {
                                    summary { (title(asked)) }
                                    p { @match words.0 { Language::Vi => (clause.why_vi), Language::En => (clause.why_en) } }
                                    p class="clause" lang="vi" { (clause.clause) }
                                }
                            }
                        }
                    }
                }
            }
            section class="card" {
                h2 { (words.t("prepare.bring")) }
                ul class="plain-list two" { @for asked in &brought { li { (title(asked)) } } }
            }
        }
    };
    let on = html! {
        @if view.complete() {
            (page.keyed(Verb::Prepared, Look::Main, words.t("prepare.on"), None, Some(KEY_ON)))
        } @else { p class="hint" { (words.t("whom.not_yet")) } }
    };
    (main, page.foot(true, on))
}
