//! Two officials at the operator's page, one after another: the first who are shown a picture of anybody there.

use maud::{Markup, html};

use crate::board::{OfficialsView, Person};
use crate::parts::{KEY_ON, Look, Page};
use crate::rights::Verb;
use crate::touch::{Finding, Why};

use super::road;
use super::start::{not_let_in, role_key};

pub(super) fn page(page: Page<'_>, officials: &OfficialsView) -> (Markup, Markup) {
    match &officials.looking {
        Some(official) => compare(page, officials, official),
        None => call(page, officials),
    }
}

/// Whoever serves makes room; the official signs in with their own PIN.
fn call(page: Page<'_>, officials: &OfficialsView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (words.f("officials.call", &[("n", &officials.number.to_string())])) }
        @if officials.refused.is_some() { (not_let_in(page, officials.refused)) }
        @else if officials.number == 1 { div class="note" role="status" { p class="what" { (words.cause(officials.code)) } } }
        p { (words.t("officials.call_hint")) }
        @if !officials.people.is_empty() {
            (page.form(Verb::OfficialComes, "fields", html! {
                label for="who" { (words.t("officials.who")) }
                select id="who" name="who" required {
                    @for person in &officials.people {
                        option value=(person.id) { (person.name) " – " (words.t(role_key(person.role))) }
                    }
                }
                label for="pin" { (words.t("login.pin")) }
                input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" required minlength="4" maxlength="64";
                button type="submit" id="b-official-comes" class="main" data-key=(KEY_ON) aria-keyshortcuts=(KEY_ON) { (words.t("officials.enter")) " " kbd aria-hidden="true" { (KEY_ON) } }
            }))
        }
    };
    let on = page.button(
        Verb::NobodyComes,
        Look::Plain,
        words.t("officials.nobody"),
        None,
    );
    (main, page.foot(false, on))
}

/// The portrait beside the person, and three answers of the same size: none is offered as the easy one.
fn compare(page: Page<'_>, officials: &OfficialsView, official: &Person) -> (Markup, Markup) {
    let words = page.words;
    let number = officials.number;
    let main = html! {
        (road(page))
        h1 { (words.t("officials.question")) }
        div class="pair" {
            figure {
                figcaption { (words.t("officials.portrait")) }
                @if officials.portrait {
                    img src={ "/officials/portrait?official=" (number) } alt=(words.t("officials.portrait"));
                } @else { p class="look" { (words.t("officials.no_portrait")) } }
            }
            figure {
                figcaption { (words.t("officials.live")) }
                img src={ "/officials/camera?official=" (number) } alt=(words.t("officials.live"));
            }
            (page.form(Verb::Sighting, "fields", html! {
                p { (words.f("officials.looking", &[("name", &official.name)])) " · " (words.t(role_key(official.role))) }
                label for="why" { (words.t("officials.why")) }
                select id="why" name="why" {
                    @for why in Why::ALL {
                        option value=(why.name()) selected[why == officials.likely] { (words.t(why_key(why))) }
                    }
                }
                @for found in Finding::ALL {
                    button type="submit" name="choice" value=(found.name()) id={ "b-sighting-" (found.name()) } { (words.t(found_key(found))) }
                }
            }))
        }
        p class="hint" { (words.t("officials.hint")) }
    };
    (main, page.foot(true, html! {}))
}

fn found_key(found: Finding) -> &'static str {
    match found {
        Finding::Same => "officials.same",
        Finding::Other => "officials.other",
        Finding::Unclear => "officials.unclear",
    }
}

fn why_key(why: Why) -> &'static str {
    match why {
        Why::AgedPortrait => "officials.aged_portrait",
        Why::ChangedLooks => "officials.changed_looks",
        Why::CannotTurn => "officials.cannot_turn",
        Why::PoorPicture => "officials.poor_picture",
        Why::WornFingers => "officials.worn_fingers",
        Why::Unclear => "officials.why_unclear",
    }
}
