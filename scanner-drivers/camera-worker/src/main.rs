//! The process that looks through document cameras, so that a hanging one holds no desk.
//!
//! It reads one request from standard input, answers on standard output, and ends
//! (`scanner_drivers::wire` has the words). A page is one frame of the camera, the sharpest of those in which nothing
//! moved, at the camera's full resolution; how many of its pixels make an inch nobody knows.

mod capture;
mod plugged;
mod source;
mod stillness;

use std::path::Path;

use scanner_drivers::settings::{CameraSettings, Settings};
use scanner_drivers::wire::{Fault, Request};
use scanner_drivers::worker::{Desk, Trouble};
use scanner_drivers::{Capabilities, Mode, ScanError, Source};

fn main() -> anyhow::Result<()> {
    let Some((request, mut desk)) = Desk::meet()? else {
        return Ok(());
    };
    let outcome = match request {
        Request::List {
            settings: Settings::Camera(settings),
        } => list(&settings, &mut desk),
        Request::Scan {
            device,
            settings: Settings::Camera(settings),
            job,
        } => capture::scan(&device, &settings, &job, &mut desk),
        _ => Err(Fault::BadRequest.into()),
    };
    Ok(desk.end(outcome)?)
}

fn list(settings: &CameraSettings, desk: &mut Desk) -> Result<(), Trouble> {
    let offers = Capabilities {
        driver: "camera".to_owned(),
        kind: "document camera".to_owned(),
        sources: vec![Source::Flatbed, Source::Feeder],
        modes: vec![Mode::Colour],
        ..Capabilities::default()
    };
    for camera in plugged::cameras(Path::new(plugged::SYSFS)) {
        let trouble = plugged::trouble(Path::new(&camera.node));
        desk.device(Capabilities {
            id: camera.node,
            model: camera.name,
            serial: camera.serial,
            port: camera.port,
            trouble: trouble.map(|fault| ScanError::from(fault).code().to_owned()),
            ..offers.clone()
        })?;
    }
    for film in &settings.films {
        let trouble = source::Source::open(film, settings).err();
        desk.device(Capabilities {
            id: film.clone(),
            model: "film".to_owned(),
            simulated: true,
            trouble: trouble.map(|fault| ScanError::from(fault).code().to_owned()),
            ..offers.clone()
        })?;
    }
    Ok(())
}
