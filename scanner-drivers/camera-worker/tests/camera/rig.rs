//! A film made of pictures, and the driver that watches it.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use image::DynamicImage;
use scanner_drivers::settings::CameraSettings;
use scanner_drivers::{CameraDriver, ScanJob, Source};
use tempfile::TempDir;

pub(crate) const WORKER: &str = env!("CARGO_BIN_EXE_niem-camera-worker");

/// A film that is shot frame by frame.
pub(crate) struct Film {
    folder: TempDir,
    frames: AtomicU32,
}

impl Film {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            frames: AtomicU32::new(0),
        }
    }

    pub(crate) fn name(&self) -> String {
        self.folder.path().join("%06d.png").display().to_string()
    }

    fn next(&self) -> PathBuf {
        let number = self.frames.fetch_add(1, Ordering::SeqCst);
        self.folder.path().join(format!("{number:06}.png"))
    }

    /// The same picture for so many frames.
    pub(crate) fn shoot(&self, picture: &DynamicImage, frames: u32) {
        let first = self.next();
        picture.save(&first).unwrap();
        for _ in 1..frames {
            fs::hard_link(&first, self.next()).unwrap();
        }
    }

    /// Two pictures by turns: something that never holds still.
    pub(crate) fn flicker(&self, one: &DynamicImage, two: &DynamicImage, frames: u32) {
        let pair = [self.next(), self.next()];
        one.save(&pair[0]).unwrap();
        two.save(&pair[1]).unwrap();
        for frame in 2..frames as usize {
            fs::hard_link(&pair[frame % 2], self.next()).unwrap();
        }
    }

    /// A picture nobody can read.
    pub(crate) fn break_off(&self) {
        fs::write(self.next(), b"no picture").unwrap();
    }

    pub(crate) fn clear(&self) {
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.frames.store(0, Ordering::SeqCst);
    }

    pub(crate) fn settings(&self) -> CameraSettings {
        CameraSettings {
            films: vec![self.name()],
            ..CameraSettings::default()
        }
    }

    pub(crate) fn driver(&self) -> CameraDriver {
        CameraDriver::new(WORKER, self.settings()).silence_limit(Duration::from_secs(60))
    }
}

pub(crate) fn sheets() -> ScanJob {
    ScanJob {
        source: Source::Feeder,
        ..ScanJob::default()
    }
}
