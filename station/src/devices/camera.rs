//! Cameras: OpenCV's video capture, which takes a device, a file or an image sequence alike.

#[cfg(feature = "opencv")]
use std::collections::HashMap;
#[cfg(feature = "opencv")]
use std::collections::hash_map::Entry;
#[cfg(feature = "opencv")]
use std::path::Path;

use bundle::Device;
#[cfg(feature = "opencv")]
use bundle::DeviceKind;
#[cfg(feature = "opencv")]
use models::Portrait;
#[cfg(feature = "opencv")]
use models::presence::Pose;

mod identity;

pub use identity::{Identity, NotAllowed, admit};

pub const CODES: &[&str] = &[
    "camera.not_found",
    "camera.stopped",
    "camera.virtual",
    "camera.not_allowed",
];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    #[error("no camera at this source")]
    NotFound,
    #[error("the camera delivers no more frames")]
    Stopped,
}

impl CameraError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "camera.not_found",
            Self::Stopped => "camera.stopped",
        }
    }
}

/// A source that is not a device number plays a camera, and the manifest says so.
#[must_use]
pub fn is_simulated(source: &str) -> bool {
    source.parse::<u32>().is_err() && !source.starts_with("/dev/video")
}

#[cfg(feature = "opencv")]
pub struct OpenCvCamera {
    source: String,
    pose: Pose,
    /// What is open, by pose; a real camera is open once, as [`Pose::Straight`].
    videos: HashMap<Pose, models_opencv::VideoCamera>,
}

#[cfg(feature = "opencv")]
impl OpenCvCamera {
    /// Opens nothing yet: the camera is powered only inside a visit.
    #[must_use]
    pub fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            pose: Pose::Straight,
            videos: HashMap::new(),
        }
    }

    /// The series that plays a pose: `live_left_%03d.jpg` beside `live_%03d.jpg`. Where there is none, the person does not
    /// do as asked.
    fn series(source: &str, pose: Pose) -> Option<String> {
        let (name, number) = source.split_once("_%")?;
        let series = format!("{name}_{}_%{number}", pose.as_str());
        let first = series.replace("%03d", "000");
        Path::new(&first).is_file().then_some(series)
    }
}

#[cfg(feature = "opencv")]
impl super::Camera for OpenCvCamera {
    fn frame(&mut self) -> Result<Portrait, CameraError> {
        let pose = self.pose;
        let video = match self.videos.entry(pose) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let source = match pose {
                    Pose::Straight => None,
                    pose => Self::series(&self.source, pose),
                };
                let source = source.as_deref().unwrap_or(&self.source);
                let video =
                    models_opencv::VideoCamera::open(source).map_err(|_| CameraError::NotFound)?;
                place.insert(video)
            }
        };
        // A film that came to its end begins again, as one that is played to a camera would.
        for _ in 0..2 {
            match video.frame() {
                Ok(Some(frame)) => return Ok(frame),
                Ok(None) => video.rewind().map_err(|_| CameraError::Stopped)?,
                Err(_) => break,
            }
        }
        self.videos.remove(&pose);
        Err(CameraError::Stopped)
    }

    fn asked(&mut self, pose: Pose) {
        let played = is_simulated(&self.source) && Self::series(&self.source, pose).is_some();
        self.pose = if played { pose } else { Pose::Straight };
    }

    fn device(&self) -> Device {
        let simulated = is_simulated(&self.source);
        // A path may hold a name; the manifest needs to know only that a file played the camera.
        let name = if simulated {
            "file"
        } else {
            self.source.as_str()
        };
        super::device(DeviceKind::Camera, name, "opencv-videoio", simulated)
    }
}
