//! For whom the visit is: the question before it is opened, and how the answer is said afterwards.

use maud::{Markup, html};

use crate::board::WhomView;
use crate::parts::Page;
use crate::rights::Verb;
use crate::touch::Whom;
use crate::words::Words;

/// Four answers, the usual one given already; whose papers they are is asked only where it is somebody else.
pub(super) fn question(page: Page<'_>, view: &WhomView) -> Markup {
    let words = page.words;
    html! {
        section class="card whom" {
            h2 id="whom" { (words.t("whom.title")) }
            div class="row" role="group" aria-labelledby="whom" {
                @for whom in Whom::ALL {
                    @let chosen = whom == view.whom;
                    (page.form(Verb::ForWhom, "one", html! {
                        input type="hidden" name="choice" value=(whom.name());
                        button type="submit" id={ "b-for-whom-" (whom.name()) } aria-pressed=(chosen) class=[chosen.then_some("chosen")] {
                            @if chosen { span aria-hidden="true" { "✓ " } }
                            (words.t(key(whom)))
                        }
                    }))
                }
            }
            @match view.whom {
                Whom::Holder => {}
                Whom::Helper => p class="hint" { (words.t("whom.helper_hint")) }
                Whom::Child => p class="hint" { (words.t("whom.child_hint")) }
                Whom::Proxy => p class="hint" { (words.t("whom.proxy_hint")) }
            }
            @if let Some(digits) = &view.subject {
                p class="yes" { span aria-hidden="true" { "✓ " } (words.f("whom.subject", &[("digits", digits)])) }
            } @else if view.whom.is_for_another() {
                @if let Some(code) = view.refused { (page.trouble(code)) }
                (page.form(Verb::Subject, "fields inline", html! {
                    label for="number" { (words.t("whom.number")) }
                    input id="number" name="digits" type="text" inputmode="numeric" autocomplete="off" required
                        pattern="[0-9 ]{12,15}" maxlength="15" size="14" autofocus;
                    label for="born" { (words.t("whom.born")) }
                    input id="born" name="born" type="text" inputmode="numeric" autocomplete="off" required
                        pattern="[0-9]{1,2}[/.\\-][0-9]{1,2}[/.\\-][0-9]{4}" maxlength="10" size="11";
                    button type="submit" id="b-subject" class="main" { (words.t("whom.check")) }
                }))
            }
        }
    }
}

fn key(whom: Whom) -> &'static str {
    match whom {
        Whom::Holder => "whom.holder",
        Whom::Helper => "whom.helper",
        Whom::Child => "whom.child",
        Whom::Proxy => "whom.proxy",
    }
}

/// What everybody is told of it; nothing where the holder came alone.
pub(crate) fn said(words: Words, whom: Whom, subject: Option<&str>) -> Option<String> {
    let values = [("digits", subject.unwrap_or_default())];
    Some(match whom {
        Whom::Holder => return None,
        Whom::Helper => words.t("whom.said_helper").to_owned(),
        Whom::Child => words.f("whom.said_child", &values),
        Whom::Proxy => words.f("whom.said_proxy", &values),
    })
}
