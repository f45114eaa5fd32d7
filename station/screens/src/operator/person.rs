//! Consent, card, face and finger, as the operator sees them: never the picture, always what to do.

use maud::{Markup, html};

use crate::board::{ConsentView, FaceView, FingerView};
use crate::parts::{KEY_ON, Page};
use crate::rights::Verb;

use super::{busy, road, whom};

pub(super) fn consent(page: Page<'_>, consent: &ConsentView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { @if consent.child { (words.t("whom.child_waiting")) } @else { (words.t("consent.waiting")) } }
        @if let Some(said) = whom::said(words, consent.whom, consent.subject.as_deref()) { p class="look" { (said) } }
        p { (words.t("consent.waiting_hint")) }
        (busy())
    };
    (main, page.foot(false, html! {}))
}

pub(super) fn card_key(page: Page<'_>, failed: Option<&'static str>) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (words.t("card.place")) }
        @if let Some(code) = failed { (page.trouble(code)) }
        div class="columns" {
            (page.form(Verb::CardKey, "fields", html! {
                label for="digits" { (words.t("card.digits")) }
                input id="digits" name="digits" type="text" inputmode="numeric" autocomplete="off" required
                    pattern="[0-9]{6}" maxlength="6" size="6" class="digits" aria-describedby="digits-where" autofocus;
                p id="digits-where" class="hint" { (words.t("card.digits_where")) }
                @if let Some(can) = page.board.site.practice_can.as_ref().filter(|_| page.board.site.practice) {
                    p class="hint practice-hint" { (words.f("card.practice", &[("digits", can)])) }
                }
                button type="submit" id="b-card-key" class="main" data-key=(KEY_ON) aria-keyshortcuts=(KEY_ON) { (words.t("card.read")) " " kbd aria-hidden="true" { (KEY_ON) } }
            }))
            (card_picture())
        }
    };
    (main, page.foot(false, html! {}))
}

/// A card on a reader, drawn: chip down, and the number at the bottom right.
fn card_picture() -> Markup {
    html! {
        svg class="picture" viewBox="0 0 320 220" role="img" aria-hidden="true" focusable="false" {
            rect x="10" y="130" width="300" height="70" rx="12" class="ink" {}
            rect x="60" y="30" width="200" height="126" rx="10" class="paper" {}
            rect x="78" y="52" width="46" height="56" rx="4" class="soft" {}
            rect x="140" y="58" width="100" height="8" rx="4" class="soft" {}
            rect x="140" y="76" width="80" height="8" rx="4" class="soft" {}
            rect x="140" y="94" width="92" height="8" rx="4" class="soft" {}
            rect x="176" y="122" width="70" height="20" rx="4" class="mark" {}
            path d="M160 6 v18 m-8 -8 l8 8 l8 -8" class="stroke" {}
        }
    }
}

pub(super) fn card_reading(page: Page<'_>, share: u8, lost: bool) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { @if lost { (words.t("card.removed")) } @else { (words.t("card.reading")) } }
        progress max="100" value=(share) aria-label=(words.t("card.reading")) { (share) " %" }
    };
    (main, page.foot(false, html! {}))
}

pub(super) fn face(page: Page<'_>, face: &FaceView) -> (Markup, Markup) {
    let words = page.words;
    let main = html! {
        (road(page))
        h1 { (words.t(pose_key(face.pose))) }
        p class="tries" { (words.f("face.attempt", &[("n", &face.attempt.to_string())])) }
        @if let Some(code) = face.lost { (page.trouble(code)) }
        @else if let Some(code) = face.advice.first() { (page.trouble(code)) }
        @else if let Some(code) = face.before { (page.trouble(code)) }
        p class="hint" { (words.t("face.seen_by_citizen")) }
    };
    (main, page.foot(false, html! {}))
}

pub(crate) fn pose_key(pose: Option<&'static str>) -> &'static str {
    match pose {
        Some("left") => "face.left",
        Some("right") => "face.right",
        _ => "face.look",
    }
}

pub(super) fn finger(page: Page<'_>, finger: &FingerView) -> (Markup, Markup) {
    let words = page.words;
    let name = words.t(finger_key(finger.finger));
    let main = html! {
        (road(page))
        h1 { (words.f("finger.place", &[("finger", name)])) }
        p class="tries" { (words.f("face.attempt", &[("n", &finger.presentation.to_string())])) }
        @if let Some(code) = finger.advice { (page.trouble(code)) }
    };
    (main, page.foot(false, html! {}))
}

/// ISO/IEC 19794-4:2005, table 7.
pub(crate) fn finger_key(finger: u8) -> &'static str {
    match finger {
        1 => "finger.right_thumb",
        2 => "finger.right_index",
        3 => "finger.right_middle",
        4 => "finger.right_ring",
        5 => "finger.right_little",
        6 => "finger.left_thumb",
        7 => "finger.left_index",
        8 => "finger.left_middle",
        9 => "finger.left_ring",
        10 => "finger.left_little",
        _ => "finger.any",
    }
}
