//! Moving pictures: a camera, a film, a y4m file or a numbered series of pictures, frame by frame.
//!
//! One type for all four, so that a desk without a camera is tested by the same lines that serve a
//! desk with one. [`VideoCamera::is_simulated`] tells them apart, and the manifest of a visit says it.

use models::{Portrait, PortraitError};
use opencv::core::{Mat, MatTraitConst, MatTraitConstManual, MatTraitManual, Size};
use opencv::imgproc::{COLOR_BGR2RGB, INTER_AREA, cvt_color_def, resize};
use opencv::videoio::{
    CAP_ANY, CAP_IMAGES, CAP_PROP_FOURCC, CAP_PROP_FPS, CAP_PROP_FRAME_HEIGHT,
    CAP_PROP_FRAME_WIDTH, CAP_V4L2, VideoCapture, VideoCaptureTrait, VideoCaptureTraitConst,
};
use zeroize::Zeroize;

mod format;

pub use format::{Coding, Format, Given, NoFormat};

/// An open source of frames.
pub struct VideoCamera {
    capture: VideoCapture,
    source: Source,
    /// What a device said it gives; nothing of a film.
    given: Option<Given>,
}

enum Source {
    Device(i32),
    DevicePath(String),
    File(String),
    Series(String),
}

impl Source {
    /// A number, `/dev/video…` and the links below `/dev/v4l/` are cameras, a name with `%` a series of pictures, the rest a film.
    fn parse(source: &str) -> Result<Self, CameraError> {
        // A camera somewhere on the network cannot be tied to this desk, and OpenCV would dial out.
        if source.contains("://") {
            return Err(CameraError::Network);
        }
        Ok(match source.parse() {
            Ok(number) => Self::Device(number),
            Err(_) if source.starts_with("/dev/video") || source.starts_with("/dev/v4l/") => {
                Self::DevicePath(source.to_owned())
            }
            Err(_) if source.contains('%') => Self::Series(source.to_owned()),
            Err(_) => Self::File(source.to_owned()),
        })
    }

    fn open(&self) -> opencv::Result<VideoCapture> {
        match self {
            Self::Device(number) => VideoCapture::new(*number, CAP_V4L2),
            Self::DevicePath(path) => VideoCapture::from_file(path, CAP_V4L2),
            Self::File(path) => VideoCapture::from_file(path, CAP_ANY),
            Self::Series(pattern) => VideoCapture::from_file(pattern, CAP_IMAGES),
        }
    }
}

impl VideoCamera {
    /// Opens a device number (`0`), a device file, a film or y4m file, or a series (`frame-%03d.jpg`). A device is asked
    /// for [`Format::WANTED`].
    pub fn open(source: &str) -> Result<Self, CameraError> {
        Self::open_as(source, &Format::WANTED)
    }

    /// The same, asking a device for these formats, best first. A film comes as it is.
    pub fn open_as(source: &str, wishes: &[Format]) -> Result<Self, CameraError> {
        let source = Source::parse(source)?;
        let mut capture = opened(&source)?;
        let given = match source {
            Source::Device(_) | Source::DevicePath(_) => {
                let given = format::negotiate(&mut capture, wishes).map_err(failed)?;
                if given.is_too_small() {
                    return Err(CameraError::TooSmall {
                        width: given.width,
                        height: given.height,
                    });
                }
                Some(given)
            }
            Source::File(_) | Source::Series(_) => None,
        };
        Ok(Self {
            capture,
            source,
            given,
        })
    }

    /// What the device said it gives, read back from it.
    pub const fn given(&self) -> Option<Given> {
        self.given
    }

    /// The next frame, scaled down to what a [`Portrait`] may hold; `None` after the last one.
    pub fn frame(&mut self) -> Result<Option<Portrait>, CameraError> {
        let mut frame = Frame(Mat::default());
        let more = self.capture.read(&mut frame.0).map_err(failed)?;
        if !more || frame.0.empty() {
            return match self.source {
                // A camera has no last frame: it was unplugged.
                Source::Device(_) | Source::DevicePath(_) => Err(CameraError::Failed {
                    detail: "the camera gave no frame".to_owned(),
                }),
                Source::File(_) | Source::Series(_) => Ok(None),
            };
        }
        // Some drivers promise more than they send.
        let size = frame.0.size().map_err(failed)?;
        let (width, height) = (size.width.max(0) as u32, size.height.max(0) as u32);
        if self.given.is_some() && (width < Given::LEAST.0 || height < Given::LEAST.1) {
            return Err(CameraError::TooSmall { width, height });
        }
        frame.portrait().map(Some)
    }

    /// Starts a film or series anew, so that a short one can stand in for a camera all day.
    pub fn rewind(&mut self) -> Result<(), CameraError> {
        self.capture = opened(&self.source)?;
        Ok(())
    }

    /// Whether frames come from a file: no one stands before it.
    pub const fn is_simulated(&self) -> bool {
        matches!(self.source, Source::File(_) | Source::Series(_))
    }
}

impl format::Tunable for VideoCapture {
    type Error = opencv::Error;

    fn ask(&mut self, wish: &Format) -> opencv::Result<()> {
        let fourcc = i32::from_le_bytes(wish.coding.fourcc());
        // The coding first: which sizes there are depends on it. What the device cannot do it leaves or changes, and
        // `given` tells.
        self.set(CAP_PROP_FOURCC, f64::from(fourcc))?;
        self.set(CAP_PROP_FRAME_WIDTH, f64::from(wish.width))?;
        self.set(CAP_PROP_FRAME_HEIGHT, f64::from(wish.height))?;
        self.set(CAP_PROP_FPS, f64::from(wish.rate))?;
        Ok(())
    }

    fn given(&self) -> opencv::Result<Given> {
        // A property that the driver does not have reads as 0 or -1; casts from f64 saturate.
        Ok(Given {
            fourcc: (self.get(CAP_PROP_FOURCC)? as u32).to_le_bytes(),
            width: self.get(CAP_PROP_FRAME_WIDTH)? as u32,
            height: self.get(CAP_PROP_FRAME_HEIGHT)? as u32,
            rate: self.get(CAP_PROP_FPS)?,
        })
    }
}

fn opened(source: &Source) -> Result<VideoCapture, CameraError> {
    let capture = source.open().map_err(|_| CameraError::NotFound)?;
    match capture.is_opened() {
        Ok(true) => Ok(capture),
        _ => Err(CameraError::NotFound),
    }
}

/// A frame in OpenCV's memory, overwritten when dropped.
struct Frame(Mat);

impl Frame {
    fn portrait(&self) -> Result<Portrait, CameraError> {
        let size = self.0.size().map_err(failed)?;
        let longest = size.width.max(size.height);
        let most = Portrait::MAX_SIDE as i32;
        let mut small = Self(Mat::default());
        let mut rgb = Self(Mat::default());
        let fitting = if longest > most {
            let scaled =
                |side: i32| (i64::from(side) * i64::from(most) / i64::from(longest)).max(1);
            let size = Size::new(scaled(size.width) as i32, scaled(size.height) as i32);
            resize(&self.0, &mut small.0, size, 0.0, 0.0, INTER_AREA).map_err(failed)?;
            &small.0
        } else {
            &self.0
        };
        cvt_color_def(fitting, &mut rgb.0, COLOR_BGR2RGB).map_err(failed)?;
        let pixels = rgb.0.data_bytes().map_err(failed)?.to_vec();
        Ok(Portrait::from_rgb(
            rgb.0.cols() as u32,
            rgb.0.rows() as u32,
            pixels,
        )?)
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let Ok(pixels) = self.0.data_bytes_mut() {
            pixels.zeroize();
        }
    }
}

fn failed(error: opencv::Error) -> CameraError {
    CameraError::Failed {
        detail: error.message,
    }
}

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    #[error("no camera or film there")]
    NotFound,
    #[error("the camera failed: {detail}")]
    Failed { detail: String },
    #[error("a camera on the network is not accepted")]
    Network,
    #[error("the camera gives {width} x {height} pixels at most, too few to compare a face")]
    TooSmall { width: u32, height: u32 },
}

impl From<PortraitError> for CameraError {
    fn from(error: PortraitError) -> Self {
        Self::Failed {
            detail: error.to_string(),
        }
    }
}

impl CameraError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 4] = [
        "camera.not_found",
        "camera.failed",
        "camera.network",
        "camera.too_small",
    ];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "camera.not_found",
            Self::Failed { .. } => "camera.failed",
            Self::Network => "camera.network",
            Self::TooSmall { .. } => "camera.too_small",
        }
    }
}
