//! What every driver promises, before a camera that a film plays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use image::DynamicImage;
use promises::{Bench, Trouble};
use scanner_drivers::settings::{CameraSettings, Settings};
use scanner_drivers::{CameraDriver, ScanJob, ScannerDriver};

use crate::rig::{Film, WORKER, sheets};

struct Camera(Film);

impl Camera {
    fn new() -> Self {
        Self(Film::new())
    }

    fn film_settings(&self) -> CameraSettings {
        self.0.settings()
    }
}

impl Bench for Camera {
    fn worker(&self) -> PathBuf {
        WORKER.into()
    }

    fn driver(&self, program: &Path, silence: Duration) -> Box<dyn ScannerDriver> {
        Box::new(CameraDriver::new(program, self.film_settings()).silence_limit(silence))
    }

    fn settings(&self) -> Settings {
        Settings::Camera(self.film_settings())
    }

    fn most_pages(&self) -> usize {
        3
    }

    fn has_gray(&self) -> bool {
        false
    }

    fn lay(&self, pages: &[DynamicImage]) -> (String, ScanJob) {
        self.0.clear();
        for page in pages {
            self.0.shoot(page, 14);
        }
        (self.0.name(), sheets())
    }

    fn slow(&self) -> (String, ScanJob) {
        // A hand that never leaves the picture, frame after frame: two pictures by turns.
        self.0.clear();
        self.0
            .flicker(&promises::sheet(1), &promises::sheet(2), 4000);
        (self.0.name(), sheets())
    }

    fn trouble(&self, trouble: Trouble) -> Option<(String, ScanJob)> {
        self.0.clear();
        self.0.shoot(&promises::sheet(1), 5);
        self.0.break_off();
        (trouble == Trouble::Gone).then(|| (self.0.name(), sheets()))
    }

    fn empty(&self) -> Option<(String, ScanJob)> {
        None // a camera sees a table, and a table is a picture
    }
}

promises::keep!(Camera::new());
