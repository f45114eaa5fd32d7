//! A visit that the power ended: it goes on, or it is erased.

use maud::{Markup, html};

use crate::board::UnfinishedView;
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;

use super::{busy, road};

pub(super) fn offer(page: Page<'_>, view: &UnfinishedView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        h1 { (words.f("resume.title", &[("time", &words.clock(view.began))])) }
        @match view.why {
            Some(code) => (page.trouble(code)),
            None => {
                p { (words.f("resume.pages", &[("n", &view.pages.to_string())])) }
                p { (words.t("resume.hint")) }
                @if view.other { p class="look" { (words.t("resume.other")) } }
            }
        }
    };
    let on = html! {
        @match view.why {
            Some(_) => (page.keyed(Verb::Done, Look::Main, words.t("common.next"), None, Some(KEY_ON))),
            None => {
                (page.keyed(Verb::StopAndErase, Look::Danger, words.t("resume.erase"), None, Some("F8")))
                @if !view.other {
                    (page.keyed(Verb::GoOn, Look::Main, words.t("resume.go_on"), None, Some(KEY_ON)))
                }
            }
        }
    };
    (main, page.foot(false, on))
}

/// The citizen is asked on their own display.
pub(super) fn asked(page: Page<'_>) -> (Markup, Markup) {
    let main = html! {
        (road(page))
        h1 { (page.words.t("resume.asked")) }
        (busy())
    };
    (main, page.foot(false, html! {}))
}
