//! What every driver promises, over a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::{DynamicImage, ImageFormat};
use promises::{Bench, Trouble};
use scanner_drivers::settings::Settings;
use scanner_drivers::{FolderDriver, ScanJob, ScannerDriver};

use crate::rig::{Rig, WORKER, job, packed};

struct Folder(Rig);

impl Folder {
    fn new() -> Self {
        Self(Rig::new())
    }

    fn clear(&self) {
        for entry in fs::read_dir(self.0.folder()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
}

impl Bench for Folder {
    fn worker(&self) -> PathBuf {
        WORKER.into()
    }

    fn driver(&self, program: &Path, silence: Duration) -> Box<dyn ScannerDriver> {
        Box::new(FolderDriver::new(program, self.0.settings()).silence_limit(silence))
    }

    fn settings(&self) -> Settings {
        Settings::Folder(self.0.settings())
    }

    fn most_pages(&self) -> usize {
        3
    }

    fn has_gray(&self) -> bool {
        true
    }

    fn lay(&self, pages: &[DynamicImage]) -> (String, ScanJob) {
        self.clear();
        for (number, page) in pages.iter().enumerate() {
            self.0.put(
                &format!("scan{number}.png"),
                &packed(page, ImageFormat::Png),
            );
        }
        (self.0.id(), job())
    }

    fn slow(&self) -> (String, ScanJob) {
        self.clear();
        let patient = ScanJob {
            patience: Duration::from_secs(600),
            ..job()
        };
        (self.0.id(), patient)
    }

    fn trouble(&self, trouble: Trouble) -> Option<(String, ScanJob)> {
        self.clear();
        (trouble == Trouble::NoPaper).then(|| (self.0.id(), job()))
    }

    fn empty(&self) -> Option<(String, ScanJob)> {
        self.clear();
        Some((self.0.id(), job()))
    }
}

promises::keep!(Folder::new());
