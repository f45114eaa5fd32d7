//! The desk's scanner: the one the configuration names, out of what its driver finds, held through unplugging.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::{Device, DeviceKind};
use scanner_drivers::settings::{CameraSettings, EsclSettings, FolderSettings};
use scanner_drivers::{
    CameraDriver, Capabilities, EsclDriver, FolderDriver, Registry, SaneDriver, ScanError,
    ScanEvent, ScanJob, Scanner, ScannerDriver, Source,
};

use crate::config::{ScannerConfig, ScannerDriverName};

/// The SANE scanner of that name, or the first one found.
///
/// # Errors
/// [`ScanError::NotFound`] when there is none.
pub fn find(
    worker: PathBuf,
    env: Vec<(String, String)>,
    wanted: &str,
) -> Result<Box<dyn Scanner>, ScanError> {
    let driver = env
        .into_iter()
        .fold(SaneDriver::new(worker), |driver, (name, value)| {
            driver.env(name, value)
        });
    chosen(Box::new(driver), wanted)
}

/// The scanner that the configuration chooses. `programs` says where a worker of that name lies.
///
/// # Errors
/// [`ScanError::NotFound`] when there is none; why the driver could not search.
pub fn open(
    config: &ScannerConfig,
    programs: impl Fn(&str) -> PathBuf,
) -> Result<Box<dyn Scanner>, ScanError> {
    Scanners::of(config, programs).open()
}

/// The scanners that the configured driver knows, of which the desk uses one. Clones look into the same list.
#[derive(Clone)]
pub struct Scanners {
    registry: Registry,
    driver: ScannerDriverName,
    network: bool,
    wanted: String,
    patience: Duration,
}

impl Scanners {
    /// `programs` says where a worker of that name lies.
    #[must_use]
    pub fn of(config: &ScannerConfig, programs: impl Fn(&str) -> PathBuf) -> Self {
        let driver = driver(config.driver, config, &programs);
        Self {
            registry: Registry::new(vec![driver]),
            driver: config.driver,
            network: config.network,
            wanted: config.device.clone(),
            patience: Duration::from_millis(config.patience_ms),
        }
    }

    /// The desk's scanner.
    ///
    /// # Errors
    /// [`ScanError::NotFound`] when it is not there; why the driver could not search.
    pub fn open(&self) -> Result<Box<dyn Scanner>, ScanError> {
        let found = self.registry.look_for(&self.wanted)?;
        Ok(Box::new(self.held(Some(found))))
    }

    /// The desk's scanner, which may be plugged in later.
    #[must_use]
    pub fn open_or_wait(&self) -> Box<dyn Scanner> {
        Box::new(self.held(self.registry.look_for(&self.wanted).ok()))
    }

    /// Whether it is there now and can be asked; a search gives way to a scan that runs.
    ///
    /// # Errors
    /// The code of why not.
    pub fn search(&self) -> Result<(), &'static str> {
        let found = self.registry.look_for(&self.wanted);
        let ill = self.registry.health().into_iter();
        if let Some(code) = ill.filter_map(|health| health.trouble).next() {
            return Err(code);
        }
        let scanner = found.map_err(|error| error.code())?;
        match scanner.capabilities().trouble.as_deref() {
            None => Ok(()),
            // A worker of another version may know another word.
            Some(told) => Err(scanner_drivers::CODES
                .iter()
                .find(|code| **code == told)
                .copied()
                .unwrap_or(ScanError::Io.code())),
        }
    }

    /// The kernel's list of USB tells when this driver's scanners come and go.
    #[must_use]
    pub fn hang_on_usb(&self) -> bool {
        let played = ["pnm:", "test:"];
        self.driver == ScannerDriverName::Sane
            && !self.network
            && !played.iter().any(|name| self.wanted.starts_with(name))
    }

    fn held(&self, inner: Option<Box<dyn Scanner>>) -> DeskScanner {
        let not_yet = Capabilities {
            id: self.wanted.clone(),
            ..Capabilities::default()
        };
        DeskScanner {
            scanners: self.clone(),
            inner,
            not_yet,
        }
    }
}

/// Every driver there is, as the configuration sets it up.
pub fn drivers(
    config: &ScannerConfig,
    programs: impl Fn(&str) -> PathBuf,
) -> Vec<Box<dyn ScannerDriver>> {
    ScannerDriverName::ALL
        .into_iter()
        .map(|name| driver(name, config, &programs))
        .collect()
}

fn chosen(driver: Box<dyn ScannerDriver>, wanted: &str) -> Result<Box<dyn Scanner>, ScanError> {
    Registry::new(vec![driver]).look_for(wanted)
}

fn driver(
    name: ScannerDriverName,
    config: &ScannerConfig,
    programs: &impl Fn(&str) -> PathBuf,
) -> Box<dyn ScannerDriver> {
    let program = |set: &Option<PathBuf>, name: &str| set.clone().unwrap_or_else(|| programs(name));
    let env = |env: &BTreeMap<String, String>| -> Vec<(String, String)> {
        env.iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    match name {
        ScannerDriverName::Sane => {
            let mut sane = SaneDriver::new(program(&config.worker, "niem-sane-worker"));
            if config.network {
                sane = sane.with_network();
            }
            for (name, value) in env(&config.env) {
                sane = sane.env(name, value);
            }
            Box::new(sane)
        }
        ScannerDriverName::Escl => {
            let escl = &config.escl;
            Box::new(EsclDriver::new(
                program(&escl.worker, "niem-escl-worker"),
                EsclSettings {
                    urls: escl.urls.clone(),
                    mdns: escl.mdns,
                    plain_http: escl.plain_http,
                    certificates: escl.certificates.clone(),
                    ..EsclSettings::default()
                },
            ))
        }
        ScannerDriverName::Camera => {
            let camera = &config.camera;
            let defaults = CameraSettings::default();
            Box::new(CameraDriver::new(
                program(&camera.worker, "niem-camera-worker"),
                CameraSettings {
                    films: camera.films.clone(),
                    frames: camera.frames.unwrap_or(defaults.frames),
                    ..defaults
                },
            ))
        }
        ScannerDriverName::Folder => {
            let folder = &config.folder;
            let defaults = FolderSettings::default();
            Box::new(FolderDriver::new(
                program(&folder.worker, "niem-folder-worker"),
                FolderSettings {
                    folders: folder.folders.clone(),
                    max_age_s: folder.max_age_s.unwrap_or(defaults.max_age_s),
                    settle_ms: folder.settle_ms.unwrap_or(defaults.settle_ms),
                    move_to: folder.move_to.clone(),
                    ..defaults
                },
            ))
        }
    }
}

/// A scanner with the desk's habits: it waits for paper, and takes it from where this scanner has any.
struct DeskScanner {
    scanners: Scanners,
    inner: Option<Box<dyn Scanner>>,
    /// What is said of one that is not there yet.
    not_yet: Capabilities,
}

impl Scanner for DeskScanner {
    fn id(&self) -> &str {
        &self.capabilities().id
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner
            .as_ref()
            .map_or(&self.not_yet, |scanner| scanner.capabilities())
    }

    fn run(&mut self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        let scanner = match &mut self.inner {
            Some(scanner) => scanner,
            none => none.insert(self.scanners.registry.look_for(&self.scanners.wanted)?),
        };
        let job = ScanJob {
            patience: job.patience.max(self.scanners.patience),
            source: source(job.source, &scanner.capabilities().sources),
            ..job.clone()
        };
        scanner.run(&job, hear)
    }
}

/// Where the paper is taken from: as asked for, or, at a scanner with one place only (a folder, a sheet feeder without
/// glass), from there.
fn source(wanted: Source, offered: &[Source]) -> Source {
    match offered {
        [only] => *only,
        [Source::Feeder, Source::FeederDuplex] if wanted == Source::Flatbed => Source::Feeder,
        _ => wanted,
    }
}

pub(crate) fn described(scanner: &dyn Scanner, simulated: bool) -> Device {
    let told = scanner.capabilities();
    // SANE's own make-believe backends are never taken for a scanner, whatever the config says.
    let simulated = simulated
        || told.simulated
        || scanner.id().starts_with("pnm:")
        || scanner.id().starts_with("test:");
    let driver = if told.driver.is_empty() {
        "sane"
    } else {
        &told.driver
    };
    super::device(DeviceKind::Scanner, &name(scanner), driver, simulated)
}

/// What the manifest calls the scanner: a folder by its own name, not by the whole path.
fn name(scanner: &dyn Scanner) -> String {
    if scanner.capabilities().driver == "folder" {
        let path = Path::new(scanner.id());
        return path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned();
    }
    scanner.id().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paper_is_taken_from_where_the_scanner_has_any() {
        use Source::{Feeder, FeederDuplex, Flatbed};
        assert_eq!(source(Flatbed, &[Feeder]), Feeder);
        assert_eq!(source(Feeder, &[Flatbed]), Flatbed);
        assert_eq!(source(Flatbed, &[Feeder, FeederDuplex]), Feeder);
        assert_eq!(source(FeederDuplex, &[Feeder, FeederDuplex]), FeederDuplex);
        assert_eq!(source(Flatbed, &[Flatbed, Feeder]), Flatbed);
        assert_eq!(source(Flatbed, &[]), Flatbed);
    }
}
