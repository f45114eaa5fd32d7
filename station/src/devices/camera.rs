//! Cameras: OpenCV's video capture, which takes a device, a file or an image sequence alike.

use bundle::Device;
#[cfg(feature = "opencv")]
use bundle::DeviceKind;
#[cfg(feature = "opencv")]
use models::Portrait;

pub const CODES: &[&str] = &["camera.not_found", "camera.stopped"];

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
    video: Option<models_opencv::VideoCamera>,
}

#[cfg(feature = "opencv")]
impl OpenCvCamera {
    /// Opens nothing yet: the camera is powered only inside a visit.
    #[must_use]
    pub fn new(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            video: None,
        }
    }
}

#[cfg(feature = "opencv")]
impl super::Camera for OpenCvCamera {
    fn frame(&mut self) -> Result<Portrait, CameraError> {
        if self.video.is_none() {
            let video = models_opencv::VideoCamera::open(&self.source)
                .map_err(|_| CameraError::NotFound)?;
            self.video = Some(video);
        }
        let video = self.video.as_mut().ok_or(CameraError::NotFound)?;
        match video.frame() {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) => {
                // A file that came to its end is opened anew at the next attempt.
                self.video = None;
                Err(CameraError::Stopped)
            }
            Err(_) => Err(CameraError::Stopped),
        }
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
