//! The desk looked over, on a page of its own that can be printed: whoever mends it reads this and nothing of anybody.

use maud::{DOCTYPE, Markup, html};

use crate::board::Board;
use crate::diagnosis::{Diagnosis, Found, weight_key};
use crate::words::Words;

pub(crate) fn page(board: &Board, diagnosis: &Diagnosis) -> Markup {
    let words = Words(board.language);
    let title = words.t("diag.title");
    html! {
        (DOCTYPE)
        html lang=(words.0.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Niêm" }
                link rel="stylesheet" href="/assets/desk.css";
                script src="/assets/live.js" defer {}
            }
            body class="operator" {
                a class="skip" href="#main" { (words.t("desk.skip")) }
                header id="bar" {
                    div class="who" { strong class="name" { "Niêm" } span { (board.site.centre) } }
                    @if board.site.practice { p class="ribbon" { (words.t("app.practice")) } }
                }
                main id="main" tabindex="-1" {
                    h1 { (title) }
                    p { (diagnosis.station) " · " (words.moment(diagnosis.at)) }
                    p class="hint" { (words.t("diag.nobody")) }
                    (findings(words, diagnosis))
                    div class="facts" { @for section in &diagnosis.sections { (facts(words, section)) } }
                }
                footer id="foot" {
                    div class="ways" { a class="button" id="b-desk" href="/" { (words.t("diag.back")) } }
                    div class="on" {
                        a class="button" id="b-look-again" href="/diagnostics" { (words.t("diag.again")) }
                        // Shown by the script, which alone can open the print window.
                        button type="button" id="b-print" class="main" data-print="" hidden { (words.t("common.print")) }
                    }
                }
            }
        }
    }
}

fn findings(words: Words, diagnosis: &Diagnosis) -> Markup {
    html! {
        section class="card" {
            h2 { (words.t("diag.findings")) }
            @if diagnosis.findings.is_empty() {
                p class="yes" { span aria-hidden="true" { "✓ " } (words.t("diag.in_order")) }
            }
            ul class="plain-list" {
                @for finding in &diagnosis.findings {
                    li class={ "finding" @if finding.stops { " stops" } } {
                        p class="what" { span aria-hidden="true" { @if finding.stops { "■ " } @else { "▲ " } } (words.t(weight_key(finding))) ": " (words.cause(finding.code)) }
                        p { (words.remedy(finding.code)) " " code class="code" { (finding.code) } }
                    }
                }
            }
        }
    }
}

fn facts(words: Words, section: &crate::diagnosis::Section) -> Markup {
    html! {
        section class="card" {
            h2 { (words.t(section.key)) }
            dl {
                @for fact in &section.facts {
                    dt { (words.t(fact.key)) @if let Some(about) = &fact.about { " " span class="about" { (about) } } }
                    dd class=[matches!(fact.found, Found::Trouble(_)).then_some("look")] {
                        @if let Found::Trouble(_) = fact.found { span aria-hidden="true" { "! " } }
                        (words.found(&fact.found))
                    }
                }
            }
        }
    }
}
