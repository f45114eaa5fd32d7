//! Which knob of a SANE device means what: source, mode, resolution, area, and raw options by name.

use std::path::Path;

use scanner_drivers::wire::Fault;
use scanner_drivers::{Capabilities, Mode, Resolutions, ScanJob, Source};

use crate::sane::{Constraint, Device, Kind, Knob, Listed, Value, fault};
use crate::usb;

/// What an open device offers, in the desk's words.
pub(crate) fn capabilities(listed: Listed, device: &Device<'_>) -> Capabilities {
    let knobs = device.knobs();
    let strings = |name: &str| match knobs
        .iter()
        .find(|knob| knob.name == name)
        .map(|knob| &knob.constraint)
    {
        Some(Constraint::Strings(list)) => list.clone(),
        _ => Vec::new(),
    };
    let mut sources: Vec<Source> = Vec::new();
    for source in strings("source").iter().filter_map(|word| source(word)) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        let feeds = listed.kind.to_lowercase().contains("sheetfed");
        sources.push(if feeds {
            Source::Feeder
        } else {
            Source::Flatbed
        });
    }
    if sources.contains(&Source::Feeder)
        && !sources.contains(&Source::FeederDuplex)
        && duplex_knob(&knobs).is_some()
    {
        sources.push(Source::FeederDuplex);
    }
    let mut modes: Vec<Mode> = Vec::new();
    for mode in strings("mode").iter().filter_map(|word| mode(word)) {
        if !modes.contains(&mode) {
            modes.push(mode);
        }
    }
    if modes.contains(&Mode::Gray) && !modes.contains(&Mode::Lineart) && has_one_bit(&knobs) {
        modes.push(Mode::Lineart);
    }
    let resolutions =
        knobs
            .iter()
            .find(|knob| knob.name == "resolution")
            .map_or(Resolutions::Unknown, |knob| match &knob.constraint {
                Constraint::Words(list) => Resolutions::List(
                    list.iter()
                        .filter(|dpi| **dpi > 0.0)
                        .map(|dpi| *dpi as u32)
                        .collect(),
                ),
                Constraint::Range { min, max } => Resolutions::Range {
                    min: *min as u32,
                    max: *max as u32,
                },
                _ => Resolutions::Unknown,
            });
    let extent = |name: &str| match knobs
        .iter()
        .find(|knob| knob.name == name)
        .map(|knob| &knob.constraint)
    {
        Some(Constraint::Range { max, .. }) => Some(*max as f32),
        _ => None,
    };
    Capabilities {
        sources,
        modes,
        resolutions,
        area_mm: extent("br-x").zip(extent("br-y")),
        ..identity(listed)
    }
}

/// What the list alone says of a device.
pub(crate) fn identity(listed: Listed) -> Capabilities {
    let socket = usb::socket(&listed.name, Path::new(usb::SYSFS));
    Capabilities {
        driver: "sane".to_owned(),
        simulated: is_simulated(&listed.name),
        serial: socket.as_ref().and_then(|socket| socket.serial.clone()),
        port: socket.map(|socket| socket.port),
        id: listed.name,
        vendor: listed.vendor,
        model: listed.model,
        kind: listed.kind,
        ..Capabilities::default()
    }
}

/// SANE's own make-believe backends, here or behind a `saned` (`net:host:pnm:0`).
fn is_simulated(name: &str) -> bool {
    let mut parts = name.split(':').peekable();
    if parts.peek() == Some(&"net") {
        parts.next();
        // The host; an address of IP version 6 stands in brackets and has colons of its own (sane-net(5)).
        let bracketed = parts.peek().is_some_and(|host| host.starts_with('['));
        for part in parts.by_ref() {
            if !bracketed || part.ends_with(']') {
                break;
            }
        }
    }
    matches!(parts.next(), Some("pnm" | "test"))
}

/// Turns the knobs as the job wants them; the resolution the device then has is the answer, where it tells one.
pub(crate) fn prepare(device: &Device<'_>, job: &ScanJob) -> Result<Option<u32>, Fault> {
    // The order of scanimage: each of these may change what the next one offers.
    choose_source(device, job.source)?;
    choose_mode(device, job.mode)?;
    let knobs = device.knobs();
    if let Some(knob) = knobs
        .iter()
        .find(|knob| knob.name == "resolution" && knob.settable)
    {
        let wanted = nearest(&knob.constraint, f64::from(job.dpi));
        device.set(knob, &Value::Number(wanted)).map_err(fault)?;
    }
    for (name, far) in [
        ("tl-x", false),
        ("tl-y", false),
        ("br-x", true),
        ("br-y", true),
    ] {
        let knobs = device.knobs();
        let Some(knob) = knobs.iter().find(|knob| knob.name == name && knob.settable) else {
            continue;
        };
        if let Constraint::Range { min, max } = knob.constraint {
            device
                .set(knob, &Value::Number(if far { max } else { min }))
                .map_err(fault)?;
        }
    }
    for (name, value) in &job.options {
        set_raw(device, name, value)?;
    }
    let knobs = device.knobs();
    let dpi = knobs
        .iter()
        .find(|knob| knob.name == "resolution")
        .and_then(|knob| device.number(knob));
    Ok(dpi
        .filter(|dpi| (1.0..=9600.0).contains(dpi))
        .map(|dpi| dpi.round() as u32))
}

fn choose_source(device: &Device<'_>, wanted: Source) -> Result<(), Fault> {
    let knobs = device.knobs();
    let listed: Vec<Source> = knobs
        .iter()
        .find(|knob| knob.name == "source")
        .and_then(|knob| match &knob.constraint {
            Constraint::Strings(words) => Some(words.iter().filter_map(|word| source(word))),
            _ => None,
        })
        .map(Iterator::collect)
        .unwrap_or_default();
    // Some backends have one word for the feeder, and a knob of its own for the back of the sheet.
    let turning = wanted == Source::FeederDuplex && !listed.contains(&Source::FeederDuplex);
    let word = if turning { Source::Feeder } else { wanted };
    // A sheet-fed scanner has nothing to choose.
    let may_lack = word == Source::Flatbed || listed.is_empty() && duplex_knob(&knobs).is_some();
    choose(
        device,
        "source",
        |name| source(name) == Some(word),
        may_lack,
    )?;
    let knobs = device.knobs();
    match duplex_knob(&knobs) {
        Some((knob, on, off)) if wanted != Source::Flatbed => {
            let value = if turning { on } else { off };
            device.set(knob, &value.value()).map_err(fault)
        }
        None if turning => Err(Fault::Unsupported),
        _ => Ok(()),
    }
}

fn choose_mode(device: &Device<'_>, wanted: Mode) -> Result<(), Fault> {
    let knobs = device.knobs();
    let words_for = |mode_wanted| {
        knobs.iter().any(|knob| {
            knob.name == "mode"
                && matches!(&knob.constraint, Constraint::Strings(words)
                    if words.iter().any(|word| mode(word) == Some(mode_wanted)))
        })
    };
    // Where no word means black and white, gray at one bit does.
    let one_bit = wanted == Mode::Lineart && !words_for(Mode::Lineart) && has_one_bit(&knobs);
    let word = if one_bit { Mode::Gray } else { wanted };
    choose(
        device,
        "mode",
        |name| mode(name) == Some(word),
        wanted != Mode::Lineart,
    )?;
    if wanted != Mode::Lineart || one_bit {
        let knobs = device.knobs();
        if let Some(depth) = knobs
            .iter()
            .find(|knob| knob.name == "depth" && knob.settable)
        {
            let bits = if one_bit { 1.0 } else { 8.0 };
            let set = device.set(depth, &Value::Number(bits));
            // A device that keeps 16 bits is read as it is; one that refuses a single bit cannot do what was asked.
            if one_bit {
                set.map_err(fault)?;
            }
        }
    }
    Ok(())
}

/// A knob's value, owned.
enum Turn {
    Bool(bool),
    Word(String),
}

impl Turn {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(on) => Value::Bool(*on),
            Self::Word(word) => Value::Text(word),
        }
    }
}

/// The knob that turns sheets where `source` has no word for it, with its positions for two sides and for one:
/// `duplex` (kvs1025, kodakaio), `adf-mode` or `adf_mode` (epson2).
fn duplex_knob(knobs: &[Knob]) -> Option<(&Knob, Turn, Turn)> {
    knobs.iter().filter(|knob| knob.index > 0).find_map(|knob| {
        match (knob.name.as_str(), &knob.constraint) {
            ("duplex", _) if knob.kind == Kind::Bool => {
                Some((knob, Turn::Bool(true), Turn::Bool(false)))
            }
            ("adf-mode" | "adf_mode", Constraint::Strings(words)) => {
                let word = |part: &str| {
                    words
                        .iter()
                        .find(|word| word.to_lowercase().contains(part))
                        .cloned()
                };
                Some((
                    knob,
                    Turn::Word(word("duplex")?),
                    Turn::Word(word("simplex")?),
                ))
            }
            _ => None,
        }
    })
}

fn has_one_bit(knobs: &[Knob]) -> bool {
    knobs.iter().any(|knob| {
        knob.name == "depth"
            && matches!(&knob.constraint, Constraint::Words(bits) if bits.contains(&1.0))
    })
}

/// Sets a list of words to the first that fits. Without such a knob, or such a word, `may_lack` decides.
fn choose(
    device: &Device<'_>,
    name: &str,
    fits: impl Fn(&str) -> bool,
    may_lack: bool,
) -> Result<(), Fault> {
    let knobs = device.knobs();
    let knob = knobs.iter().find(|knob| knob.name == name && knob.settable);
    let Some((knob, Constraint::Strings(words))) = knob.map(|knob| (knob, &knob.constraint)) else {
        return if may_lack {
            Ok(())
        } else {
            Err(Fault::Unsupported)
        };
    };
    let Some(word) = words.iter().find(|word| fits(word)) else {
        return Err(Fault::Unsupported);
    };
    device.set(knob, &Value::Text(word)).map_err(fault)
}

/// One raw option, by the driver's own name and in its own words.
fn set_raw(device: &Device<'_>, name: &str, value: &str) -> Result<(), Fault> {
    let bad = || Fault::BadOption {
        name: name.to_owned(),
    };
    let knobs = device.knobs();
    let knob: &Knob = knobs
        .iter()
        .find(|knob| knob.name == name && knob.settable)
        .ok_or_else(bad)?;
    let value = match knob.kind {
        Kind::Bool => match value {
            "yes" | "true" | "1" => Value::Bool(true),
            "no" | "false" | "0" => Value::Bool(false),
            _ => return Err(bad()),
        },
        Kind::Int | Kind::Fixed => Value::Number(value.parse().map_err(|_| bad())?),
        Kind::String => Value::Text(value),
        Kind::Button => Value::Press,
        Kind::Group => return Err(bad()),
    };
    device.set(knob, &value).map_err(|_| bad())
}

/// The smallest resolution offered that is not below the wish, or the largest there is.
fn nearest(constraint: &Constraint, wanted: f64) -> f64 {
    match constraint {
        Constraint::Words(list) => {
            let above = list
                .iter()
                .copied()
                .filter(|dpi| *dpi >= wanted)
                .min_by(f64::total_cmp);
            above
                .or_else(|| list.iter().copied().max_by(f64::total_cmp))
                .unwrap_or(wanted)
        }
        Constraint::Range { min, max } => wanted.max(*min).min(*max),
        _ => wanted,
    }
}

/// Backends agree on no spelling: "Flatbed", "FlatBed", "ADF Front", "Automatic Document Feeder(left aligned)".
fn source(word: &str) -> Option<Source> {
    let word = word.to_lowercase();
    if word.contains("duplex") {
        Some(Source::FeederDuplex)
    } else if word.contains("back") {
        None // the backs alone, which nobody asks for
    } else if word.contains("adf") || word.contains("feeder") {
        Some(Source::Feeder)
    } else if word.contains("flatbed") || word.contains("platen") || word == "normal" {
        Some(Source::Flatbed)
    } else {
        None
    }
}

fn mode(word: &str) -> Option<Mode> {
    let word = word.to_lowercase();
    if word.contains("colo") {
        Some(Mode::Colour)
    } else if word.contains("gray") || word.contains("grey") {
        Some(Mode::Gray)
    } else if ["lineart", "black", "binary", "monochrome"]
        .iter()
        .any(|name| word.contains(name))
    {
        Some(Mode::Lineart)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_is_never_lowered_while_a_higher_one_exists() {
        let list = Constraint::Words(vec![75.0, 150.0, 300.0, 600.0]);
        assert_eq!(nearest(&list, 200.0), 300.0);
        assert_eq!(nearest(&list, 1200.0), 600.0);
        assert_eq!(
            nearest(
                &Constraint::Range {
                    min: 50.0,
                    max: 240.0
                },
                300.0
            ),
            240.0
        );
    }

    #[test]
    fn words_of_many_backends_are_understood() {
        assert_eq!(
            source("Automatic Document Feeder(left aligned)"),
            Some(Source::Feeder)
        );
        assert_eq!(source("ADF Duplex"), Some(Source::FeederDuplex));
        assert_eq!(source("ADF Front"), Some(Source::Feeder));
        assert_eq!(source("ADF Back"), None);
        assert_eq!(source("FlatBed"), Some(Source::Flatbed));
        assert_eq!(source("Transparency Adapter"), None);
        assert_eq!(mode("24bit Color"), Some(Mode::Colour));
        assert_eq!(mode("True Gray"), Some(Mode::Gray));
        assert_eq!(mode("Lineart"), Some(Mode::Lineart));
        assert_eq!(mode("Black & White"), Some(Mode::Lineart));
        assert_eq!(mode("Halftone"), None);
    }

    #[test]
    fn make_believe_scanners_are_known_even_behind_a_network() {
        assert!(is_simulated("pnm:0") && is_simulated("test:1"));
        assert!(is_simulated("net:localhost:pnm:0") && is_simulated("net:[fe80::1]:test:0"));
        assert!(!is_simulated("net:pnm:fujitsu:fi-7160:1"));
        assert!(!is_simulated("genesys:libusb:001:005"));
    }
}
