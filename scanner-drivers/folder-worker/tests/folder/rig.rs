//! A folder, and the driver that watches it.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::{DynamicImage, ImageFormat};
use scanner_drivers::settings::FolderSettings;
use scanner_drivers::{
    FolderDriver, Page, ScanError, ScanEvent, ScanJob, ScannerDriver, SetAside, Source,
};
use tempfile::TempDir;

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_niem-folder-worker");

pub(crate) struct Rig {
    pub(crate) dir: TempDir,
}

/// What a scan brought.
pub(crate) struct Brought {
    pub(crate) pages: Vec<Page>,
    pub(crate) aside: Vec<SetAside>,
    pub(crate) outcome: Result<(), ScanError>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let rig = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(rig.folder()).unwrap();
        rig
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("scans")
    }

    pub(crate) fn settings(&self) -> FolderSettings {
        FolderSettings {
            folders: vec![self.folder()],
            settle_ms: 300,
            quiet_ms: 600,
            ..FolderSettings::default()
        }
    }

    pub(crate) fn driver(&self) -> FolderDriver {
        self.driver_with(self.settings())
    }

    pub(crate) fn driver_with(&self, settings: FolderSettings) -> FolderDriver {
        FolderDriver::new(WORKER, settings).silence_limit(Duration::from_secs(60))
    }

    /// Puts a file in as a good writer does: whole, under a passing name, then renamed.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let passing = self.folder().join(format!(".{name}.new"));
        fs::write(&passing, bytes).unwrap();
        fs::rename(passing, self.folder().join(name)).unwrap();
    }

    pub(crate) fn id(&self) -> String {
        self.folder().display().to_string()
    }

    pub(crate) fn scan(&self, driver: &FolderDriver, job: &ScanJob) -> Brought {
        scan_hearing(driver, &self.folder(), job, &mut |_| {})
    }
}

/// Scans, while the test hears everything.
pub(crate) fn scan_hearing(
    driver: &FolderDriver,
    folder: &Path,
    job: &ScanJob,
    hear: &mut dyn FnMut(&ScanEvent),
) -> Brought {
    let (mut pages, mut aside) = (Vec::new(), Vec::new());
    let outcome = driver
        .scanner(&folder.display().to_string())
        .run(job, &mut |event| {
            hear(&event);
            match event {
                ScanEvent::Page(page) => pages.push(page),
                ScanEvent::SetAside(file) => aside.push(file),
                _ => {}
            }
        });
    Brought {
        pages,
        aside,
        outcome,
    }
}

pub(crate) fn job() -> ScanJob {
    ScanJob {
        source: Source::Feeder,
        ..ScanJob::default()
    }
}

pub(crate) fn packed(page: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    page.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
