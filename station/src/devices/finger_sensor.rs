//! Finger sensors: libfprint in a process of its own.

use std::path::PathBuf;
use std::time::Duration;

use bundle::{Device, DeviceKind};
use finger_worker::SensorWorker;
use models::FingerImage;

use super::{FingerSensor, device};

pub use finger_worker::SensorError;

/// libfprint's virtual sensor does not say its resolution; nor do most real ones. 500 dpi is
/// what ISO/IEC 19794-4 and every matcher here expect.
const SENSOR_DPI: u32 = 500;

pub struct LibfprintSensor {
    worker: PathBuf,
    env: Vec<(String, String)>,
    wait: Duration,
    used: Option<(String, String, bool)>,
}

impl LibfprintSensor {
    #[must_use]
    pub fn new(worker: PathBuf, env: Vec<(String, String)>, wait: Duration) -> Self {
        Self {
            worker,
            env,
            wait,
            used: None,
        }
    }
}

impl FingerSensor for LibfprintSensor {
    fn capture(&mut self) -> Result<FingerImage, SensorError> {
        // A worker for each capture: the sensor is powered only while a finger is wanted.
        let mut worker = SensorWorker::spawn(&self.worker, &self.env)?;
        // Known before the first picture: a sensor that gave none must not pass for a real one.
        if self.used.is_none() {
            let sensor = worker.devices()?.into_iter().find(|found| found.captures);
            self.used = sensor.map(|found| (found.name, found.driver, found.simulated));
        }
        let captured = worker.capture(self.wait)?;
        self.used = Some((
            captured.device.clone(),
            captured.driver.clone(),
            captured.simulated,
        ));
        let dpi = captured.dpi.unwrap_or(SENSOR_DPI);
        FingerImage::from_gray(
            captured.width,
            captured.height,
            dpi,
            captured.pixels.to_vec(),
        )
        .map_err(|_| SensorError::BadAnswer)
    }

    fn device(&self) -> Device {
        let (name, driver, simulated) = self
            .used
            .clone()
            .unwrap_or_else(|| ("finger sensor".to_owned(), "libfprint".to_owned(), false));
        device(DeviceKind::FingerSensor, &name, &driver, simulated)
    }
}
