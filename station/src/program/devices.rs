//! `devices`: what is plugged in, and whether it answers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use emrtd::transport::pcsc::{self, Readers};
use finger_worker::SensorWorker;
use scanner_drivers::{Capabilities, Registry};
use screens::{DeviceState, DeviceView};
use serde_json::{Value, json};
use station::answer::Answer;
use station::config::{CameraRole, Config};
use station::devices::camera::{admit, is_simulated, look_up, plugged};
use station::devices::scanner::{self, Scanners};
use station::devices::watch::{Pace, Watch};

use super::{Told, assemble, beside_program};

#[derive(Args)]
pub(crate) struct DevicesArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
    /// Goes on for so many seconds and tells, a JSON line each, how it stands with each device and what changes.
    #[arg(long, value_name = "SECONDS")]
    follow: Option<u64>,
    /// How often what does not tell of itself is looked at, in milliseconds.
    #[arg(long, requires = "follow", value_name = "MS")]
    every: Option<u64>,
}

impl DevicesArguments {
    /// The answer comes as lines, each as soon as it is known.
    pub(super) fn streams(&self) -> bool {
        self.follow.is_some()
    }
}

pub(crate) fn run(arguments: &DevicesArguments) -> Told {
    let config = assemble::config(&arguments.config)?;
    if let Some(seconds) = arguments.follow {
        return follow(&config, Duration::from_secs(seconds), arguments.every);
    }
    let readers = match Readers::new().and_then(|readers| readers.names()) {
        Ok(names) => json!(
            names
                .iter()
                .map(|name| json!({ "name": name, "simulated": pcsc::is_simulated(name) }))
                .collect::<Vec<_>>()
        ),
        Err(error) => json!({ "code": error.code() }),
    };
    let env = |env: &BTreeMap<String, String>| {
        env.iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<Vec<_>>()
    };
    let registry = Registry::new(scanner::drivers(&config.scanner, beside_program));
    registry.look();
    let scanners: Vec<Value> = registry
        .scanners()
        .iter()
        .chain(&registry.unreachable())
        .map(told)
        .collect();
    let drivers: Vec<Value> = registry
        .health()
        .iter()
        .map(|health| json!({ "driver": health.driver, "code": health.trouble }))
        .collect();
    let sensors = match &config.finger {
        None => Value::Null,
        Some(finger) => {
            let worker = finger
                .worker
                .clone()
                .unwrap_or_else(|| beside_program("niem-finger-worker"));
            match SensorWorker::spawn(&worker, &env(&finger.env))
                .and_then(|mut worker| worker.devices())
            {
                Ok(found) => json!(found),
                Err(error) => json!({ "code": error.code() }),
            }
        }
    };
    let cameras: Vec<Value> = [CameraRole::Face, CameraRole::Page]
        .into_iter()
        .flat_map(|role| {
            let sources = config.camera.sources(role);
            sources.into_iter().map(move |source| (role, source))
        })
        .map(|(role, source)| camera(&config, role, &source))
        .collect();
    let plugged: Vec<Value> = plugged()
        .iter()
        .filter(|found| found.index == 0)
        .map(|found| json!({ "node": found.node, "stable_name": found.stable_name() }))
        .collect();
    let json = json!({ "readers": readers, "scanners": scanners, "scanner_drivers": drivers, "finger_sensors": sensors, "cameras": cameras, "cameras_plugged_in": plugged });
    let words = format!("{json:#}");
    Ok(Answer::ok(json, words))
}

/// What the operator's page shows of the devices, as it changes.
fn follow(config: &Config, time: Duration, every: Option<u64>) -> Told {
    let pace = every
        .map(Duration::from_millis)
        .map_or_else(Pace::default, |every| Pace {
            glance: every,
            missing: every,
            well: every,
        });
    let scanners = Scanners::of(&config.scanner, beside_program);
    let watched = assemble::watched(config, scanners, Box::new(|| false));
    let known = Mutex::new(BTreeMap::new());
    let tell = move |view: DeviceView| {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.insert(view.device, view.state) == Some(view.state) {
            return;
        }
        let (state, code) = match view.state {
            DeviceState::Looking => ("looking", None),
            DeviceState::Ready => ("ready", None),
            DeviceState::Card => ("card", None),
            DeviceState::Trouble(code) => ("trouble", Some(code)),
        };
        let line = json!({ "event": "device", "device": view.device.name(), "state": state, "code": code });
        // Nobody listens any more: the command ends by itself.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    };
    let watch = Watch::begin(watched, pace, Arc::new(tell));
    std::thread::sleep(time);
    drop(watch);
    Ok(Answer::ok(json!({ "event": "end" }), String::new()))
}

/// A camera of the configuration: whether it is there and may be used, and what it gives.
fn camera(config: &Config, role: CameraRole, source: &str) -> Value {
    let mut told = match look_up(source) {
        None => json!({ "ready": false, "code": "camera.not_found" }),
        Some(there) => match (
            admit(&there.identity(), &config.camera.allow, config.practice),
            models_opencv::VideoCamera::open(&there.source),
        ) {
            (Err(error), _) => json!({ "ready": false, "code": error.code() }),
            (Ok(()), Err(error)) => json!({ "ready": false, "code": error.code() }),
            (Ok(()), Ok(video)) => json!({
                "ready": true,
                "simulated": is_simulated(source),
                "width": video.given().map(|given| given.width),
                "height": video.given().map(|given| given.height),
                "rate": video.given().map(|given| given.rate),
            }),
        },
    };
    told["role"] = json!(role);
    told
}

/// A scanner as its driver tells of it, with the name that survives a replug.
fn told(scanner: &Capabilities) -> Value {
    let mut told = json!(scanner);
    told["stable_name"] = json!(scanner.stable_name());
    told
}
