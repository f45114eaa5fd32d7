//! Versions: of this program and its rules, of the machine, and of what drives the devices.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use emrtd::transport::pcsc::{Readers, is_simulated};
use ring::digest::{Context, SHA256};
use screens::{Device, DeviceState, DeviceView, Found, Section};
use station::config::{CameraRole, Config, ScannerDriverName};
use station::devices::camera::{self, look_up};
use station::speech::EspeakNg;

use super::super::serve::VOICE;

/// What the desk's devices stand on.
const PACKAGES: [&str; 7] = [
    "espeak-ng",
    "libccid",
    "libfprint-2-2",
    "libpcsclite1",
    "libsane1",
    "pcscd",
    "tesseract-ocr",
];

const INSTALLED: &str = "/var/lib/dpkg/status";

pub(super) fn program() -> Section {
    let mut rules = Context::new(&SHA256);
    for (name, text) in rulebook::DATA {
        rules.update(name.as_bytes());
        rules.update(&[0]);
        rules.update(text.as_bytes());
        rules.update(&[0]);
    }
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system.lines().find_map(|line| {
        let name = line.strip_prefix("PRETTY_NAME=")?;
        Some(Found::Text(name.trim_matches('"').to_owned()))
    });
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    let kernel = kernel.map(|release| Found::Text(release.trim().to_owned()));
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let mut section = Section::new("diag.program")
        .with("diag.version", Found::Text(version))
        .with("diag.rulebook", Found::Digest(hex::encode(rules.finish())))
        .with("diag.system", system.into())
        .with("diag.kernel", kernel.into());
    for (package, version) in packages(Path::new(INSTALLED)) {
        section = section.about("diag.package", package, version.map(Found::Text).into());
    }
    section
}

/// What is plugged in, by the names that devices give themselves; nothing is opened.
pub(super) fn devices(config: &Config) -> Section {
    let mut section = Section::new("diag.devices");
    match Readers::new().and_then(|readers| readers.names()) {
        Ok(names) => {
            for name in names {
                let driver = match is_simulated(&name) {
                    true => "pcsc (vpcd)",
                    false => "pcsc",
                };
                let driver = Found::Text(driver.to_owned());
                section = section.about("device.card_reader", name, driver);
            }
        }
        Err(error) => section = section.with("device.card_reader", Found::Trouble(error.code())),
    }
    for source in config.camera.sources(CameraRole::Face) {
        let found = look_up(&source).and_then(|there| there.found);
        let about = match found.as_ref().and_then(camera::Found::stable_name) {
            Some(name) => name,
            // A path may hold a name.
            None if camera::is_simulated(&source) => "file".to_owned(),
            None => source,
        };
        section = section.about(
            "device.camera",
            about,
            Found::Text("opencv-videoio".to_owned()),
        );
    }
    let driver = match config.scanner.driver {
        ScannerDriverName::Sane => "sane",
        ScannerDriverName::Escl => "escl",
        ScannerDriverName::Camera => "camera",
        ScannerDriverName::Folder => "folder",
    };
    section = section.with("device.scanner", Found::Text(driver.to_owned()));
    if config.finger.is_some() {
        section = section.with("device.finger_sensor", Found::Text("libfprint".to_owned()));
    }
    let voice = match EspeakNg::find(Path::new(VOICE)) {
        Ok(voice) => Found::Text(format!("{VOICE} {}", voice.version())),
        Err(error) => Found::Trouble(error.code()),
    };
    section.with("diag.speech", voice)
}

/// How it stands with each, as the operator's page shows it.
pub(super) fn states(devices: &[DeviceView]) -> Section {
    let mut section = Section::new("diag.devices");
    for view in devices {
        let key = match view.device {
            Device::CardReader => "device.card_reader",
            Device::Camera => "device.camera",
            Device::Scanner => "device.scanner",
            Device::FingerSensor => "device.finger_sensor",
        };
        section = section.with(
            key,
            match view.state {
                DeviceState::Looking => Found::Nothing,
                DeviceState::Ready | DeviceState::Card => Found::Yes,
                DeviceState::Trouble(code) => Found::Trouble(code),
            },
        );
    }
    section
}

/// The installed versions of the packages that matter, by Debian's own list.
fn packages(list: &Path) -> Vec<(&'static str, Option<String>)> {
    let mut found: Vec<_> = PACKAGES.map(|name| (name, None)).to_vec();
    let Ok(list) = fs::File::open(list) else {
        return found;
    };
    let mut at = None;
    for line in BufReader::new(list).lines().map_while(Result::ok) {
        if let Some(name) = line.strip_prefix("Package: ") {
            at = PACKAGES.iter().position(|wanted| *wanted == name);
        } else if let Some(state) = line.strip_prefix("Status: ") {
            at = at.filter(|_| state.ends_with(" installed"));
        } else if let Some(version) = line.strip_prefix("Version: ")
            && let Some((_, known)) = at.and_then(|at| found.get_mut(at))
        {
            *known = Some(version.to_owned());
        }
    }
    found
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_told_and_what_was_removed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("status");
        let text = "Package: pcscd\nStatus: install ok installed\nVersion: 1.9.9-2\n\n\
                    Package: libsane1\nStatus: deinstall ok config-files\nVersion: 1.2\n\n\
                    Package: other\nStatus: install ok installed\nVersion: 3\n";
        fs::write(&list, text).unwrap();
        let found = packages(&list);
        let of = |wanted| {
            found
                .iter()
                .find(|(name, _)| *name == wanted)
                .unwrap()
                .1
                .clone()
        };
        assert_eq!(of("pcscd").as_deref(), Some("1.9.9-2"));
        assert_eq!(of("libsane1"), None);
        assert_eq!(found.len(), PACKAGES.len());
    }
}
