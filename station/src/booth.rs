//! The booth: where the person present is looked at and compared with what the chip holds. Samples live here alone.
//!
//! [`LocalBooth`] does the work, with a camera, a sensor and the engines. The station does not hold one: it talks to
//! `niem-person-worker`, a process that holds one (`worker.rs`) and keeps its memory out of core dumps and debuggers,
//! through [`WorkerBooth`]. What crosses the pipe towards the desk is outcome, coarse score, threshold, model digest,
//! quality, advice, and the small pictures of the preview while a screen asks for them; no sample, no template.

mod compare;
mod presence;
mod recorded;
mod wire;
#[cfg(feature = "opencv")]
pub mod worker;
mod worker_booth;

use bundle::Pose;
use emrtd::lds::dg3::FingerRecord;
use models::{FaceEngine, FingerEngine, LivenessEngine};
use zeroize::Zeroizing;

use crate::desk::Step;
use crate::devices::camera::Look;
use crate::devices::{Camera, FingerSensor};
use crate::visit::{FaceResult, FingerResult, Stop};

pub use wire::{CameraSetup, SensorSetup, Setup};
pub use worker_booth::WorkerBooth;

pub const CODES: &[&str] = &[
    compare::FINGER_ENGINE,
    worker_booth::MISSING,
    worker_booth::DIED,
    worker_booth::BAD_ANSWER,
];

/// A face to be looked for and compared.
pub struct FaceAsk {
    /// The chip's portrait, as it was encoded there.
    pub portrait: Zeroizing<Vec<u8>>,
    /// What the person is asked to do.
    pub poses: [Pose; 3],
    /// Counted from 1.
    pub attempt: u32,
    /// What is known of the portrait before anybody looks at it.
    pub notices: Vec<&'static str>,
}

/// A finger to be laid down and compared.
pub struct FingerAsk {
    /// What the chip holds of this finger.
    pub records: Vec<FingerTaken>,
    /// As ISO/IEC 19794-4:2005 table 7 counts; 0: the card does not say.
    pub finger: u8,
    /// Counted from 1.
    pub presentation: u32,
}

/// A picture of a finger that the issuer took, as a file that says what it is.
pub struct FingerTaken {
    pub image: Zeroizing<Vec<u8>>,
    pub dpi: u32,
}

impl FingerTaken {
    #[must_use]
    pub fn of(record: &FingerRecord) -> Self {
        Self {
            image: Zeroizing::new(recorded::picture(record).into_owned()),
            dpi: u32::from(record.dpi()),
        }
    }
}

/// Looks at the person present.
pub trait Booth {
    /// Sees that a living person is there, takes their picture and compares it with the chip's.
    ///
    /// # Errors
    /// [`Stop`] when a device or an engine failed, or the chip's portrait cannot be read.
    fn face(&mut self, ask: &FaceAsk, watch: &mut dyn FnMut(Step)) -> Result<FaceResult, Stop>;

    /// Asks for one finger and compares it with what the chip records of that finger. What the sensor finds wrong with
    /// how it lies is told at once and is no presentation.
    ///
    /// # Errors
    /// [`Stop`] when a device or an engine failed.
    fn finger(
        &mut self,
        ask: &FingerAsk,
        watch: &mut dyn FnMut(Step),
    ) -> Result<FingerResult, Stop>;

    /// Opens the camera for people who look through the preview, until [`Self::rest`] or the next question. One that
    /// cannot be opened shows nothing; nobody's visit ends for it.
    fn show(&mut self);

    /// Nobody is looked at any more: the camera is closed until it is wanted again.
    fn rest(&mut self);

    /// What the screens show of the camera, if it can be shown.
    fn preview(&mut self) -> Option<Box<dyn Look>>;
}

/// The devices and engines of a booth, in this process.
pub struct LocalBooth {
    pub camera: Box<dyn Camera>,
    pub face: Box<dyn FaceEngine>,
    /// None where the site has no nets for it.
    pub liveness: Option<Box<dyn LivenessEngine>>,
    /// None at a desk without a sensor: the visit records that no finger was compared.
    pub finger: Option<(Box<dyn FingerSensor>, Box<dyn FingerEngine>)>,
}
