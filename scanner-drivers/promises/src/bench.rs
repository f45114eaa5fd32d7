//! What a driver's tests must be able to set up, and the tools all promises use.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use scanner_drivers::settings::Settings;
use scanner_drivers::{Page, ScanError, ScanEvent, ScanJob, Scanner, ScannerDriver};
use tempfile::TempDir;

/// A make-believe device, and the driver that knows it.
pub trait Bench {
    /// The worker program.
    fn worker(&self) -> PathBuf;

    /// The driver, starting that program for its worker and holding it for hung after that silence.
    fn driver(&self, program: &Path, silence: Duration) -> Box<dyn ScannerDriver>;

    /// What the driver tells its worker with each request, and the worker's environment.
    fn settings(&self) -> Settings;

    fn env(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// How many pages one job can give.
    fn most_pages(&self) -> usize;

    /// Whether the device gives gray pages.
    fn has_gray(&self) -> bool;

    /// Lays these pages in. Gives the device's name, and the job that scans them all.
    fn lay(&self, pages: &[DynamicImage]) -> (String, ScanJob);

    /// A job that would take minutes and tells signs of life from its beginning.
    fn slow(&self) -> (String, ScanJob);

    /// Brings the device into trouble; none where it cannot have that one.
    fn trouble(&self, trouble: Trouble) -> Option<(String, ScanJob)>;

    /// Takes the trouble away again.
    fn mend(&self) {}

    /// Empties the feeder; none where there is none or nobody can lay paper in later.
    fn empty(&self) -> Option<(String, ScanJob)>;
}

/// What an operator can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Jam,
    CoverOpen,
    NoPaper,
    /// Unplugged in the middle of a page.
    Gone,
}

impl Trouble {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Jam, Self::CoverOpen, Self::NoPaper, Self::Gone];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Jam => "scan.jam",
            Self::CoverOpen => "scan.cover_open",
            Self::NoPaper => "scan.no_paper",
            Self::Gone => "scan.io",
        }
    }
}

/// Long enough for anything on a loaded machine, short enough for a test that hangs to end.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A sheet in colour, unlike every other.
#[must_use]
pub fn sheet(seed: u32) -> DynamicImage {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    RgbImage::from_fn(360, 240, |x, y| {
        // Some noise, so that nothing packs it away.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([
            ((x * 3 + seed * 50) % 256) as u8,
            ((y * 5 + x) % 256) as u8,
            (state >> 24) as u8,
        ])
    })
    .into()
}

/// A sheet in gray.
#[must_use]
pub fn gray_sheet(seed: u32) -> DynamicImage {
    GrayImage::from_fn(360, 240, |x, y| {
        Luma([((x * (seed + 2) + y * 7) % 256) as u8])
    })
    .into()
}

/// Scans, and gives the pages and the outcome.
pub fn scan(
    driver: &dyn ScannerDriver,
    device: &str,
    job: &ScanJob,
) -> (Vec<Page>, Result<(), ScanError>) {
    let mut pages = Vec::new();
    let outcome = driver.scanner(device).run(job, &mut |event| {
        if let ScanEvent::Page(page) = event {
            pages.push(page);
        }
    });
    (pages, outcome)
}

/// The device, without a search.
#[must_use]
pub fn driver_scanner(driver: &dyn ScannerDriver, device: &str) -> Box<dyn Scanner> {
    driver.scanner(device)
}

/// The worker, started by a script that writes down its number first.
pub struct Wrapped {
    folder: TempDir,
}

impl Wrapped {
    #[must_use]
    pub fn new(worker: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("worker.sh");
        let lines = format!(
            "#!/bin/sh\nHERE={}\necho $$ > $HERE/pid.tmp\nmv $HERE/pid.tmp $HERE/pid\nexec {}\n",
            folder.path().display(),
            worker.display()
        );
        fs::write(&script, lines).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
        Self { folder }
    }

    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.path().join("worker.sh")
    }

    /// The worker's number; it wrote it before it said its first word.
    #[must_use]
    pub fn pid(&self) -> String {
        let pid = fs::read_to_string(self.folder.path().join("pid")).unwrap();
        pid.trim().to_owned()
    }
}

/// Sends a signal such as `-KILL`.
pub fn signal(pid: &str, name: &str) {
    let sent = Command::new("kill").args([name, pid]).status().unwrap();
    assert!(sent.success());
}

/// Whether the process still runs (a zombie does not).
#[must_use]
pub fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim_start().starts_with('Z'))
}
