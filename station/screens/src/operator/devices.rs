//! The devices in the bar of the operator's page: a picture and a word each; one that needs somebody opens to what to do.

use maud::{Markup, html};

use crate::devices::{Device, DeviceState, DeviceView};
use crate::words::Words;

/// All of them, in their order.
pub(super) fn strip(words: Words, devices: &[DeviceView]) -> Markup {
    html! {
        @if !devices.is_empty() {
            ul class="devices" aria-label=(words.t("device.title")) {
                @for view in devices { (one(words, *view)) }
            }
        }
    }
}

fn one(words: Words, view: DeviceView) -> Markup {
    let name = words.t(name_key(view.device));
    let (class, sign, state) = match view.state {
        DeviceState::Looking => ("looking", "○", "device.looking"),
        DeviceState::Ready => ("ready", "✓", "device.ready"),
        DeviceState::Card => ("card-laid", "▣", "device.card"),
        DeviceState::Trouble(code) if is_gone(code) => ("gone", "!", "device.missing"),
        DeviceState::Trouble(_) => ("gone", "!", "device.trouble"),
    };
    let told = words.f(
        "device.line",
        &[("device", name), ("state", words.t(state))],
    );
    let line = html! {
        (glyph(view.device)) span class="device-sign" aria-hidden="true" { (sign) } span { (told) }
    };
    let id = format!("device-{}", view.device.name());
    html! {
        li class={ "device " (class) } id=(id) {
            @match view.state {
                DeviceState::Trouble(code) => details id={ (id) "-help" } {
                    summary { (line) }
                    div class="device-help" {
                        (picture(view.device, is_gone(code)))
                        div {
                            p class="what" { (words.cause(code)) }
                            p { (words.remedy(code)) }
                            p class="code" { code { (code) } }
                        }
                    }
                },
                _ => (line),
            }
        }
    }
}

pub(super) fn name_key(device: Device) -> &'static str {
    match device {
        Device::CardReader => "device.card_reader",
        Device::Camera => "device.camera",
        Device::Scanner => "device.scanner",
        Device::FingerSensor => "device.finger_sensor",
    }
}

/// Nothing is plugged in, in contrast to something that is there and does not do.
fn is_gone(code: &str) -> bool {
    code.ends_with(".not_found") || code.ends_with(".no_reader")
}

/// A small sign of the device, for whoever reads pictures faster than words.
fn glyph(device: Device) -> Markup {
    html! {
        svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false" {
            @match device {
                Device::CardReader => {
                    rect x="2" y="13" width="20" height="8" rx="2" {}
                    path d="M6 13 V4 h12 v9 M9 8 h6" {}
                }
                Device::Camera => {
                    circle cx="12" cy="9" r="6" {} circle cx="12" cy="9" r="2" {}
                    path d="M12 15 v4 M7 21 h10" {}
                }
                Device::Scanner => {
                    rect x="2" y="12" width="20" height="8" rx="1" {}
                    path d="M2 12 L20 4 M6 16 h12" {}
                }
                Device::FingerSensor => {
                    rect x="4" y="2" width="16" height="20" rx="4" {}
                    path d="M8 18 v-6 a4 4 0 0 1 8 0 v6 M12 12 v6" {}
                }
            }
        }
    }
}

/// The device with its cable pulled and the socket it belongs into; or, where it is there and does not do, the round arrow
/// of starting again.
fn picture(device: Device, gone: bool) -> Markup {
    html! {
        svg class="picture device-picture" viewBox="0 0 320 150" aria-hidden="true" focusable="false" {
            @match device {
                Device::CardReader => {
                    rect x="20" y="70" width="120" height="50" rx="10" class="ink" {}
                    rect x="42" y="24" width="76" height="52" rx="6" class="paper" {}
                    rect x="52" y="36" width="20" height="18" rx="3" class="soft" {}
                }
                Device::Camera => {
                    circle cx="80" cy="58" r="40" class="ink" {} circle cx="80" cy="58" r="18" class="paper" {}
                    rect x="50" y="108" width="60" height="14" rx="6" class="ink" {}
                }
                Device::Scanner => {
                    path d="M14 76 L132 30" class="stroke" {}
                    rect x="14" y="76" width="132" height="46" rx="6" class="ink" {}
                    rect x="30" y="60" width="96" height="16" class="paper" {}
                }
                Device::FingerSensor => {
                    rect x="44" y="20" width="76" height="104" rx="16" class="ink" {}
                    rect x="60" y="38" width="44" height="58" rx="18" class="paper" {}
                }
            }
            @if gone {
                path d="M146 98 h36" class="cable" {}
                rect x="182" y="86" width="30" height="24" rx="3" class="soft" {}
                path d="M218 98 h28 m-9 -9 l9 9 l-9 9" class="stroke" {}
                rect x="256" y="70" width="50" height="56" rx="6" class="paper" {}
                rect x="256" y="86" width="16" height="24" class="soft" {}
            } @else {
                path d="M270 60 A34 34 0 1 0 274 90 m0 -50 v22 h-22" class="stroke" {}
            }
        }
    }
}
