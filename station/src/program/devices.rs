//! `devices`: what is plugged in, and whether it answers.

use std::path::PathBuf;

use clap::Args;
use emrtd::transport::pcsc::{self, Readers};
use finger_worker::SensorWorker;
use scanner_drivers::{Capabilities, Registry};
use serde_json::{Value, json};
use station::answer::Answer;
use station::config::{CameraRole, Config};
use station::devices::camera::{admit, is_simulated, look_up, plugged};
use station::devices::scanner;

use super::{Told, assemble, beside_program};

#[derive(Args)]
pub(crate) struct DevicesArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

pub(crate) fn run(arguments: &DevicesArguments) -> Told {
    let config = assemble::config(&arguments.config)?;
    let readers = match Readers::new().and_then(|readers| readers.names()) {
        Ok(names) => json!(
            names
                .iter()
                .map(|name| json!({ "name": name, "simulated": pcsc::is_simulated(name) }))
                .collect::<Vec<_>>()
        ),
        Err(error) => json!({ "code": error.code() }),
    };
    let env = |env: &std::collections::BTreeMap<String, String>| {
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
