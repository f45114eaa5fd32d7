//! The devices on the desk, each behind one narrow door; `main` fills in the concrete ones.

pub mod camera;
pub mod card_reader;
pub mod finger_sensor;
pub mod scanner;
pub mod watch;

use std::time::Duration;

use bundle::{Device, DeviceKind};
use emrtd::Habits;
use emrtd::transport::{Transport, TransportError};
use models::presence::Pose;
use models::{FingerImage, Portrait, TextEngine, TextError};

use crate::booth::Booth;

pub use camera::CameraError;
pub use finger_sensor::SensorError;

/// A card on the reader, held by us alone.
pub struct LaidCard {
    /// Ends with the card's removal.
    pub transport: Box<dyn Transport>,
    /// Its answer to reset; empty where there is none.
    pub atr: Vec<u8>,
}

/// Lays hold of a card.
pub trait CardReader {
    /// Waits for a card and connects to it.
    ///
    /// # Errors
    /// [`TransportError`]; all of them can be tried again.
    fn connect(&mut self) -> Result<LaidCard, TransportError>;

    /// What is known of cards with this answer to reset.
    fn habits(&self, _atr: &[u8]) -> Option<Habits> {
        None
    }

    /// A card with this answer to reset was read to its end, and this is what it could bear.
    fn remember(&mut self, _atr: &[u8], _habits: &Habits) {}

    /// The reader as the manifest names it; after `connect`, the one that was used.
    fn device(&self) -> Device;
}

/// Takes live portraits.
pub trait Camera {
    /// The next frame, unaltered.
    ///
    /// # Errors
    /// [`CameraError`] when there is no camera or it stopped delivering.
    fn frame(&mut self) -> Result<Portrait, CameraError>;

    /// What the person before the camera is being asked to do. A camera that is only played plays it; to a real one it
    /// is nothing.
    fn asked(&mut self, _pose: Pose) {}

    /// Nobody looks any more: the camera is closed until the next picture is wanted.
    fn rest(&mut self) {}

    /// How long the desk waits for a camera that went away; [`Self::frame`] is called again and again meanwhile.
    fn comes_back_within(&self) -> Duration {
        Duration::ZERO
    }

    /// What the screens show of it, if it can be shown.
    fn preview(&self) -> Option<camera::Preview> {
        None
    }

    fn device(&self) -> Device;
}

/// Takes fingerprints.
pub trait FingerSensor {
    /// Waits for a finger.
    ///
    /// # Errors
    /// [`SensorError`]; a finger that lay badly can be tried again.
    fn capture(&mut self) -> Result<FingerImage, SensorError>;

    fn device(&self) -> Device;
}

/// Opens an engine that reads pages; asked once for each thread that reads.
pub type OpenReader = Box<dyn Fn() -> Result<Box<dyn TextEngine>, TextError> + Send + Sync>;

/// Everything a visit needs, as one plain struct.
pub struct Devices {
    pub card_reader: Box<dyn CardReader>,
    /// Where the person is looked at.
    pub booth: Box<dyn Booth>,
    pub scanner: Box<dyn scanner_drivers::Scanner>,
    /// The scanner only plays one; the manifest says so.
    pub scanner_simulated: bool,
    pub scan_dpi: u32,
    pub readers: OpenReader,
}

pub(crate) fn device(kind: DeviceKind, name: &str, driver: &str, simulated: bool) -> Device {
    Device {
        kind,
        name: name.to_owned(),
        driver: driver.to_owned(),
        simulated,
    }
}
