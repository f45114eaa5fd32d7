//! The four drivers the desk can choose from; each has a worker program of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::conversation::WorkerProgram;
use crate::driver::WorkerDriver;
use crate::settings::{CameraSettings, EsclSettings, FolderSettings, SaneSettings, Settings};
use crate::{CancelFlag, ScanError, Scanner, ScannerDriver};

/// What the four have in common, written once.
macro_rules! driver {
    ($(#[$doc:meta])* $driver:ident, $name:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $driver(WorkerDriver);

        impl $driver {
            /// Gives the worker an environment variable, such as `SANE_CONFIG_DIR`.
            pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
                self.0.program.env.push((name.into(), value.into()));
                self
            }

            /// How long the worker may be silent before it is held for hung and killed.
            pub fn silence_limit(mut self, limit: Duration) -> Self {
                self.0.program.silence = limit;
                self
            }
        }

        impl ScannerDriver for $driver {
            fn name(&self) -> &'static str {
                $name
            }

            fn search(&self, cancel: &CancelFlag) -> Result<Vec<Box<dyn Scanner>>, ScanError> {
                self.0.search(cancel)
            }

            fn scanner(&self, id: &str) -> Box<dyn Scanner> {
                self.0.scanner(id)
            }
        }
    };
}

driver! {
    /// All scanners SANE knows, spoken to through `niem-sane-worker`.
    SaneDriver, "sane"
}

driver! {
    /// Scanners that speak eSCL (AirScan), spoken to through `niem-escl-worker`.
    EsclDriver, "escl"
}

driver! {
    /// Document cameras, looked through by `niem-camera-worker`. One frame, the sharpest, is a page; it has no dpi.
    CameraDriver, "camera"
}

driver! {
    /// Folders into which other machines put their scans, watched by `niem-folder-worker`. Each folder is one scanner,
    /// named by its path.
    FolderDriver, "folder"
}

impl SaneDriver {
    /// `worker` is the program `niem-sane-worker`.
    pub fn new(worker: impl Into<PathBuf>) -> Self {
        let settings = SaneSettings { local_only: true };
        Self(WorkerDriver::new(
            "sane",
            WorkerProgram::new(worker.into()),
            Settings::Sane(settings),
        ))
    }

    /// Looks for scanners on the network too.
    pub fn with_network(mut self) -> Self {
        self.0.settings = Settings::Sane(SaneSettings { local_only: false });
        self
    }
}

impl EsclDriver {
    /// `worker` is the program `niem-escl-worker`.
    pub fn new(worker: impl Into<PathBuf>, settings: EsclSettings) -> Self {
        Self(WorkerDriver::new(
            "escl",
            WorkerProgram::new(worker.into()),
            Settings::Escl(settings),
        ))
    }
}

impl CameraDriver {
    /// `worker` is the program `niem-camera-worker`.
    pub fn new(worker: impl Into<PathBuf>, settings: CameraSettings) -> Self {
        Self(WorkerDriver::new(
            "camera",
            WorkerProgram::new(worker.into()),
            Settings::Camera(settings),
        ))
    }
}

impl FolderDriver {
    /// `worker` is the program `niem-folder-worker`. The driver remembers, as long as it lives, which files it took.
    pub fn new(worker: impl Into<PathBuf>, settings: FolderSettings) -> Self {
        Self(WorkerDriver::new(
            "folder",
            WorkerProgram::new(worker.into()),
            Settings::Folder(settings),
        ))
    }
}
