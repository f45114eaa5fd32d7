//! A private SANE configuration in a temporary folder, so that nothing under /etc is read or changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use image::DynamicImage;
use scanner_drivers::{Page, SaneDriver, ScanError, ScanJob, ScannerDriver as _};
use tempfile::TempDir;

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_niem-sane-worker");

pub(crate) struct Rig {
    pub(crate) dir: TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("dll.conf"), "test\npnm\n").unwrap();
        fs::write(dir.path().join("test.conf"), "number_of_devices 2\n").unwrap();
        Self { dir }
    }

    pub(crate) fn driver(&self) -> SaneDriver {
        self.driver_by(WORKER)
    }

    pub(crate) fn driver_by(&self, worker: impl Into<PathBuf>) -> SaneDriver {
        SaneDriver::new(worker).env("SANE_CONFIG_DIR", self.dir.path())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a page as the plain P5 or P6 that the file reader understands.
    pub(crate) fn save(&self, name: &str, page: &DynamicImage) {
        let magic = if page.color().has_color() { "P6" } else { "P5" };
        let mut file = format!("{magic}\n{} {}\n255\n", page.width(), page.height()).into_bytes();
        file.extend_from_slice(page.as_bytes());
        fs::write(self.path(name), file).unwrap();
    }

    /// A worker that runs the given shell lines; `$WORKER` is the true one.
    pub(crate) fn script(&self, lines: &str) -> PathBuf {
        let path = self.path("worker.sh");
        fs::write(
            &path,
            format!(
                "#!/bin/sh\nWORKER={WORKER}\nHERE={}\n{lines}\n",
                self.dir.path().display()
            ),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }
}

/// Scans, and gives the pages and the outcome.
pub(crate) fn scan(
    driver: &SaneDriver,
    device: &str,
    job: &ScanJob,
) -> (Vec<Page>, Result<(), ScanError>) {
    let mut pages = Vec::new();
    let outcome = driver
        .scanner(device)
        .scan(job, &mut |page| pages.push(page));
    (pages, outcome)
}

pub(crate) fn options(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Whether the process `pid` still runs (a zombie does not).
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}
