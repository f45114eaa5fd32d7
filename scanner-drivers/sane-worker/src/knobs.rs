//! Which knob of a SANE device means what: source, mode, resolution, area, and raw options by name.

use scanner_drivers::wire::Fault;
use scanner_drivers::{Capabilities, Mode, Resolutions, ScanJob, Source};

use crate::sane::{Constraint, Device, Kind, Knob, Listed, Value, fault};

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
    let mut modes: Vec<Mode> = Vec::new();
    for mode in strings("mode").iter().filter_map(|word| mode(word)) {
        if !modes.contains(&mode) {
            modes.push(mode);
        }
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
        id: listed.name,
        vendor: listed.vendor,
        model: listed.model,
        kind: listed.kind,
        sources,
        modes,
        resolutions,
        area_mm: extent("br-x").zip(extent("br-y")),
        trouble: None,
    }
}

/// Turns the knobs as the job wants them; the resolution the device then has is the answer.
pub(crate) fn prepare(device: &Device<'_>, job: &ScanJob) -> Result<u32, Fault> {
    // The order of scanimage: each of these may change what the next one offers.
    choose(
        device,
        "source",
        |word| source(word) == Some(job.source),
        job.source == Source::Flatbed,
    )?;
    choose(device, "mode", |word| mode(word) == Some(job.mode), true)?;
    let knobs = device.knobs();
    if let Some(depth) = knobs
        .iter()
        .find(|knob| knob.name == "depth" && knob.settable)
    {
        let _ = device.set(depth, &Value::Number(8.0)); // a device that keeps 16 bits is read as it is
    }
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
        .map_or(job.dpi, |dpi| dpi.round() as u32))
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
    // The plain word before the richer one: "ADF" before "ADF Duplex", which nobody asked for.
    let chosen = words
        .iter()
        .filter(|word| fits(word))
        .min_by_key(|word| word.to_lowercase().contains("duplex"));
    let Some(word) = chosen else {
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
    if word.contains("adf") || word.contains("feeder") {
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
        assert_eq!(source("ADF Duplex"), Some(Source::Feeder));
        assert_eq!(source("FlatBed"), Some(Source::Flatbed));
        assert_eq!(source("Transparency Adapter"), None);
        assert_eq!(mode("24bit Color"), Some(Mode::Colour));
        assert_eq!(mode("True Gray"), Some(Mode::Gray));
        assert_eq!(mode("Lineart"), None);
    }
}
