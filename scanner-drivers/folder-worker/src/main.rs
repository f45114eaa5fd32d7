//! The process that watches folders for finished scans, so that a damaged file harms no desk.
//!
//! It reads one request from standard input, answers on standard output, and ends
//! (`scanner_drivers::wire` has the words). It never deletes a file, follows no link, and moves nothing unless the
//! configuration names a place.

mod entry;
mod found;
mod watch;

use std::fs;
use std::io;
use std::path::Path;

use scanner_drivers::settings::{FolderSettings, Settings};
use scanner_drivers::wire::{Fault, Request};
use scanner_drivers::worker::{Desk, Trouble};
use scanner_drivers::{Capabilities, Mode, Resolutions, ScanError, Source};

fn main() -> anyhow::Result<()> {
    let Some((request, mut desk)) = Desk::meet()? else {
        return Ok(());
    };
    let outcome = match request {
        Request::List {
            settings: Settings::Folder(settings),
        } => list(&settings, &mut desk),
        Request::Scan {
            device,
            settings: Settings::Folder(settings),
            job,
        } => watch::scan(&device, &settings, &job, &mut desk),
        _ => Err(Fault::BadRequest.into()),
    };
    Ok(desk.end(outcome)?)
}

fn list(settings: &FolderSettings, desk: &mut Desk) -> Result<(), Trouble> {
    for folder in &settings.folders {
        let trouble = ready(folder, settings).err();
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        desk.device(Capabilities {
            driver: "folder".to_owned(),
            id: folder.display().to_string(),
            model: name.to_string_lossy().into_owned(),
            kind: "watched folder".to_owned(),
            sources: vec![Source::Feeder],
            // Files have the colours they have; the folder gives all of them.
            modes: vec![Mode::Colour, Mode::Gray, Mode::Lineart],
            resolutions: Resolutions::Unknown,
            trouble: trouble.map(|fault| ScanError::from(fault).code().to_owned()),
            ..Capabilities::default()
        })?;
    }
    Ok(())
}

/// Whether the folder can be watched.
fn ready(folder: &Path, settings: &FolderSettings) -> Result<(), Fault> {
    fs::read_dir(folder).map_err(|error| unusable(&error))?;
    if let Some(place) = &settings.move_to {
        fs::read_dir(place).map_err(|error| unusable(&error))?;
    }
    Ok(())
}

fn unusable(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::NotFound,
        io::ErrorKind::PermissionDenied => Fault::AccessDenied,
        _ => Fault::Io,
    }
}
