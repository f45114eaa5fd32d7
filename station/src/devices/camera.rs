//! Cameras: OpenCV's video capture, which takes a device, a file or an image sequence alike.
//!
//! [`OpenCvCamera`] opens what the configuration names (`choice.rs`), knows a camera again after a replug (`found.rs`),
//! refuses one that a program plays (`identity.rs`), reads it on a thread of its own (`feed.rs`) and shows it to the
//! screens (`preview.rs`).

use bundle::Device;
#[cfg(feature = "opencv")]
use bundle::DeviceKind;
#[cfg(feature = "opencv")]
use models::Portrait;
#[cfg(feature = "opencv")]
use models::presence::Pose;

#[cfg(feature = "opencv")]
mod capture;
mod choice;
mod feed;
mod found;
mod identity;
mod preview;
mod standing;

pub use choice::{Choice, Chosen, look_up};
pub use feed::{Eye, OpenEye, Patience};
pub use found::Found;
pub use identity::{Identity, NotAllowed, admit};
pub use preview::{Look, Preview, Shot};
pub use standing::standing;

pub const CODES: &[&str] = &[
    "camera.not_found",
    "camera.stopped",
    "camera.hung",
    "camera.too_small",
    "camera.virtual",
    "camera.not_allowed",
];

/// Why there is no picture. All of them may pass: a camera is plugged in again, a driver comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    #[error("no camera at this source")]
    NotFound,
    #[error("the camera delivers no more frames")]
    Stopped,
    #[error("the camera does not answer in time")]
    Hung,
    #[error("the camera's pictures are too small to compare a face")]
    TooSmall,
    #[error(transparent)]
    Refused(#[from] NotAllowed),
}

impl CameraError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "camera.not_found",
            Self::Stopped => "camera.stopped",
            Self::Hung => "camera.hung",
            Self::TooSmall => "camera.too_small",
            Self::Refused(refused) => refused.code(),
        }
    }
}

/// A source that is no device plays a camera, and the manifest says so.
#[must_use]
pub fn is_simulated(source: &str) -> bool {
    !identity::is_device(source) && !source.starts_with("usb:")
}

/// The cameras that are plugged in.
#[must_use]
pub fn plugged() -> Vec<Found> {
    found::all(std::path::Path::new(identity::VIDEO))
}

/// A camera read on a thread of its own. Nothing is opened before the first picture is wanted, and [`Camera::rest`]
/// closes it: the camera is powered only while a person is looked at.
///
/// [`Camera::rest`]: super::Camera::rest
#[cfg(feature = "opencv")]
pub struct OpenCvCamera {
    feed: feed::Feed,
    preview: Preview,
    chooser: std::sync::Arc<choice::Chooser>,
    /// Before anything was opened: what stands first in the list.
    first: String,
    pose: Pose,
    back: std::time::Duration,
}

#[cfg(feature = "opencv")]
impl OpenCvCamera {
    /// How long an unplugged camera is waited for: somebody finds the cable and plugs it in again.
    pub const BACK: std::time::Duration = std::time::Duration::from_secs(20);

    /// One source and no list of what is allowed, as in practice.
    #[must_use]
    pub fn new(source: &str) -> Self {
        let choice = Choice {
            sources: vec![source.to_owned()],
            allow: Vec::new(),
            practice: true,
        };
        Self::of(choice, &models_opencv::Format::WANTED)
    }

    /// The first of these cameras that is there, asked for these formats.
    #[must_use]
    pub fn of(choice: Choice, formats: &[models_opencv::Format]) -> Self {
        let first = choice.sources.first().cloned().unwrap_or_default();
        let chooser = std::sync::Arc::new(choice::Chooser::new(choice));
        let open = capture::opener(std::sync::Arc::clone(&chooser), formats.to_vec());
        let feed = feed::Feed::new(open);
        Self {
            preview: Preview::new(feed.newest()),
            feed,
            chooser,
            first,
            pose: Pose::Straight,
            back: Self::BACK,
        }
    }

    /// Waits less long, or longer: for pictures, and for a camera that went away.
    #[must_use]
    pub fn waiting(mut self, pictures: Patience, back: std::time::Duration) -> Self {
        self.feed.wait(pictures);
        self.back = back;
        self
    }
}

#[cfg(feature = "opencv")]
impl super::Camera for OpenCvCamera {
    fn frame(&mut self) -> Result<Portrait, CameraError> {
        let picture = self.feed.frame(self.pose)?;
        // The readers of the preview keep theirs.
        Portrait::from_rgb(picture.width(), picture.height(), picture.rgb().to_vec())
            .map_err(|_| CameraError::Stopped)
    }

    fn asked(&mut self, pose: Pose) {
        self.pose = pose;
    }

    fn rest(&mut self) {
        self.feed.close();
        self.preview.forget();
        self.chooser.forget();
        self.pose = Pose::Straight;
    }

    fn comes_back_within(&self) -> std::time::Duration {
        self.back
    }

    fn preview(&self) -> Option<Preview> {
        Some(self.preview.clone())
    }

    fn device(&self) -> Device {
        let used = self.chooser.used();
        let found = used.as_ref().and_then(|used| used.found.as_ref());
        let stable = found.and_then(Found::stable_name);
        let source = used.as_ref().map_or(&self.first, |used| &used.source);
        let simulated = is_simulated(source);
        // A path may hold a name; the manifest needs to know only that a file played the camera.
        let name = match simulated {
            true => "file",
            false => stable.as_deref().unwrap_or(source),
        };
        super::device(DeviceKind::Camera, name, "opencv-videoio", simulated)
    }
}
