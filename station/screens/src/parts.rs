//! What both displays share: the frame of a page, buttons, and how a failure is told.

use maud::{DOCTYPE, Markup, html};
use rulebook::Language;

use crate::board::Board;
use crate::gate::Side;
use crate::rights::Verb;
use crate::words::Words;

/// One page: which side, in which words, with which token.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    pub(crate) side: Side,
    pub(crate) words: Words,
    pub(crate) board: &'a Board,
    pub(crate) token: &'a str,
}

/// How a button looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one that leads on.
    Main,
    Plain,
    /// A small one, in a row of others.
    Small,
    /// Ends something.
    Danger,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Plain => "plain",
            Self::Small => "small",
            Self::Danger => "danger",
        }
    }
}

/// The keys by which a button is reached without a mouse.
pub(crate) const KEY_ON: &str = "F2";
const KEY_BACK: &str = "F4";
const KEY_STOP: &str = "F8";
const KEY_HELP: &str = "F9";

impl Page<'_> {
    fn action(self, verb: Verb) -> String {
        match self.side {
            Side::Operator => format!("/touch/{}", verb.name()),
            Side::Citizen => format!("/citizen/touch/{}", verb.name()),
        }
    }

    /// A form of this page; its fields and buttons are inside.
    pub(crate) fn form(self, verb: Verb, class: &str, inside: Markup) -> Markup {
        html! {
            form method="post" action=(self.action(verb)) class=(class) {
                input type="hidden" name="token" value=(self.token);
                input type="hidden" name="turn" value=(self.board.turn);
                (inside)
            }
        }
    }

    /// One button that is a form of its own.
    pub(crate) fn button(
        self,
        verb: Verb,
        look: Look,
        label: &str,
        choice: Option<&str>,
    ) -> Markup {
        self.keyed(verb, look, label, choice, None)
    }

    /// The same with a key of its own.
    pub(crate) fn keyed(
        self,
        verb: Verb,
        look: Look,
        label: &str,
        choice: Option<&str>,
        key: Option<&str>,
    ) -> Markup {
        let id = format!(
            "b-{}{}",
            verb.name(),
            choice.map_or_else(String::new, |choice| format!("-{choice}"))
        );
        self.form(verb, "one", html! {
            @if let Some(choice) = choice { input type="hidden" name="choice" value=(choice); }
            button type="submit" id=(id) class=(look.class()) data-key=[key] aria-keyshortcuts=[key] {
                (label)
                @if let Some(key) = key { @if self.side == Side::Operator { " " kbd aria-hidden="true" { (key) } } }
            }
        })
    }

    /// What is wrong, what to do, and its code for whoever is called.
    pub(crate) fn trouble(self, code: &str) -> Markup {
        html! {
            div class="trouble" role="alert" {
                p class="what" { span class="sign" aria-hidden="true" { "!" } (self.words.cause(code)) }
                p class="remedy" { (self.words.remedy(code)) }
                p class="code" { code { (code) } }
            }
        }
    }

    /// The bottom of every page: back, stop and erase, help, always in this order and place.
    pub(crate) fn foot(self, back: bool, on: Markup) -> Markup {
        let words = self.words;
        let in_visit = self.board.place.in_visit() && !self.board.stopping;
        html! {
            div class="ways" {
                @if back {
                    (self.keyed(Verb::Back, Look::Plain, words.t("common.back"), None, Some(KEY_BACK)))
                } @else { span class="room" {} }
                @if in_visit {
                    (self.keyed(Verb::StopAndErase, Look::Danger, words.t("common.cancel"), None, Some(KEY_STOP)))
                } @else { span class="room" {} }
                @if self.side == Side::Citizen {
                    (self.keyed(Verb::Help, Look::Plain, words.t("common.help"), None, Some(KEY_HELP)))
                }
            }
            div class="on" { (on) }
        }
    }

    /// The whole document around three parts; the script keeps each of them true.
    pub(crate) fn document(self, title: &str, bar: Markup, main: Markup, foot: Markup) -> Markup {
        let (side, size) = match self.side {
            Side::Operator => ("operator", 0),
            Side::Citizen => ("citizen", self.board.citizen.size),
        };
        let live = match self.side {
            Side::Operator => "/live",
            Side::Citizen => "/citizen/live",
        };
        html! {
            (DOCTYPE)
            html lang=(self.words.0.as_str()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · Niêm" }
                    link rel="preload" href="/assets/noto-sans-400.woff2" as="font" type="font/woff2" crossorigin;
                    link rel="stylesheet" href="/assets/desk.css";
                    script src="/assets/live.js" defer {}
                    noscript { meta http-equiv="refresh" content="3"; }
                }
                body class={ (side) " size-" (size) @if self.board.site.practice { " practice" } } data-live=(live) {
                    a class="skip" href="#main" { (self.words.t("desk.skip")) }
                    header id="bar" { (bar) }
                    main id="main" tabindex="-1" data-turn=(self.board.turn) data-place=(self.board.place.name()) { (main) }
                    footer id="foot" { (foot) }
                    p id="said" class="unseen" aria-live="polite" {}
                }
            }
        }
    }

    pub(crate) fn language_switch(self) -> Markup {
        let other = self.words.other();
        let label = match other.0 {
            Language::Vi => "Tiếng Việt",
            Language::En => "English",
        };
        self.form(Verb::Language, "one", html! {
            button type="submit" id="b-language" class="small" lang=(other.0.as_str()) { (label) }
        })
    }
}

/// A page for a request that is answered no further, in both languages.
pub(crate) fn refusal(code: &'static str) -> Markup {
    let (vi, en) = (Words(Language::Vi), Words(Language::En));
    html! {
        (DOCTYPE)
        html lang="vi" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Niêm" }
                link rel="stylesheet" href="/assets/desk.css";
            }
            body class="operator" {
                main id="main" {
                    h1 { (vi.cause(code)) }
                    p { (vi.remedy(code)) }
                    p lang="en" { (en.cause(code)) " " (en.remedy(code)) }
                    p class="code" { code { (code) } }
                }
            }
        }
    }
}
