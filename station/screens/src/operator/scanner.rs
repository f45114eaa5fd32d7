//! What the scanner met: a picture of what to do, the cause, the remedy, and "try again"; the pages stay.

use maud::{Markup, html};

use crate::board::ScanView;
use crate::parts::{Look, Page};
use crate::rights::Verb;

pub(super) fn trouble(page: Page<'_>, scan: &ScanView, code: &'static str) -> Markup {
    let words = page.words;
    let at_scanner = code.starts_with("scan.");
    html! {
        div class="trouble with-picture" role="alert" {
            @if at_scanner { (picture(code)) }
            div {
                p class="what" { span class="sign" aria-hidden="true" { "!" } (words.cause(code)) }
                p class="remedy" { (words.remedy(code)) }
                @if scan.seen() > 0 {
                    p { (words.f("scan.kept", &[("n", &scan.seen().to_string())])) }
                }
                p class="code" { code { (code) } }
                @if at_scanner && !scan.busy {
                    (page.keyed(Verb::Retry, Look::Main, words.t("scan.retry"), None, Some("F3")))
                }
            }
        }
    }
}

/// A scanner from the front, and what is to be done with it.
fn picture(code: &str) -> Markup {
    let told = match code {
        "scan.jam" => jammed(),
        "scan.cover_open" => open(),
        "scan.no_paper" => empty(),
        "scan.not_found"
        | "scan.io"
        | "scan.worker_died"
        | "scan.timeout"
        | "scan.worker_missing" => unplugged(),
        _ => html! {
            rect x="60" y="96" width="200" height="84" rx="10" class="ink" {}
            rect x="72" y="78" width="176" height="14" rx="5" class="soft" {}
            circle cx="160" cy="138" r="26" class="paper" {}
            path d="M160 122 v20 M160 150 v3" class="stroke" {}
        },
    };
    html! {
        svg class="picture" viewBox="0 0 320 200" aria-hidden="true" focusable="false" { (told) }
    }
}

/// A crumpled sheet, drawn out upwards.
fn jammed() -> Markup {
    html! {
        rect x="50" y="104" width="220" height="76" rx="10" class="ink" {}
        path d="M104 116 l6 -54 20 12 16 -14 22 12 20 -12 20 14 6 42 z" class="paper" {}
        path d="M122 96 h70 M120 84 h76" class="mark" {}
        path d="M256 92 v-60 m-12 14 l12 -14 l12 14" class="stroke" {}
    }
}

/// A lid to be closed.
fn open() -> Markup {
    html! {
        rect x="50" y="124" width="220" height="56" rx="10" class="ink" {}
        path d="M58 118 L230 30 l10 18 L70 124 z" class="soft" {}
        path d="M262 44 q22 32 4 66 m-13 -12 l13 12 l14 -10" class="stroke" {}
    }
}

/// A tray that waits for a sheet.
fn empty() -> Markup {
    html! {
        rect x="50" y="128" width="220" height="52" rx="10" class="ink" {}
        path d="M90 128 l14 -34 h112 l14 34 z" class="soft" {}
        rect x="112" y="14" width="96" height="58" rx="4" class="paper" {}
        path d="M160 60 v50 m-12 -14 l12 14 l12 -14" class="stroke" {}
    }
}

/// A plug out of its socket.
fn unplugged() -> Markup {
    html! {
        rect x="20" y="104" width="150" height="76" rx="10" class="ink" {}
        rect x="30" y="86" width="130" height="14" rx="5" class="soft" {}
        path d="M170 146 h30" class="stroke" {}
        rect x="200" y="128" width="28" height="36" rx="5" class="paper" {}
        path d="M228 138 h14 M228 154 h14" class="stroke" {}
        rect x="272" y="116" width="34" height="60" rx="6" class="soft" {}
        path d="M252 96 l-8 16 M262 92 l0 18" class="mark" {}
    }
}
