//! Where frames come from: a camera, or a film or numbered series of pictures that plays one.

use std::path::Path;
use std::time::{Duration, Instant};

use opencv::core::{CV_8UC1, CV_8UC3, Mat, MatTraitConst, MatTraitConstManual, Size};
use opencv::imgproc::{
    COLOR_BGR2GRAY, COLOR_BGR2RGB, COLOR_GRAY2RGB, INTER_AREA, cvt_color_def, laplacian_def, resize,
};
use opencv::videoio::{
    CAP_ANY, CAP_IMAGES, CAP_PROP_FOURCC, CAP_PROP_FRAME_HEIGHT, CAP_PROP_FRAME_WIDTH, CAP_V4L2,
    VideoCapture, VideoCaptureTrait, VideoCaptureTraitConst, VideoWriter,
};
use scanner_drivers::settings::CameraSettings;
use scanner_drivers::wire::{Fault, MAX_PAGE_BYTES};

use crate::plugged;
use crate::stillness::{SMALL_HEIGHT, SMALL_WIDTH, Small};

/// More than any sensor has: the driver gives the largest picture it can.
const LARGEST: f64 = 20_000.0;

/// A film plays as fast as a camera sees.
const FRAME_TIME: Duration = Duration::from_millis(33);

/// An open source of frames.
pub(crate) struct Source {
    capture: VideoCapture,
    film: Option<Film>,
}

/// A film's place: which picture of the series comes next, and when.
struct Film {
    /// The series' pattern, where it is one.
    series: Option<String>,
    next: u32,
    due: Instant,
}

/// What came of waiting for a frame.
pub(crate) enum Next {
    Frame(Frame),
    /// The film is over.
    End,
}

impl Source {
    /// A camera by its node, or a film that the configuration names.
    ///
    /// # Errors
    /// When there is none of that name, or it cannot be opened.
    pub(crate) fn open(name: &str, settings: &CameraSettings) -> Result<Self, Fault> {
        if settings.films.iter().any(|film| film == name) {
            return Self::film(name);
        }
        if !plugged::is_node(name) {
            return Err(Fault::NotFound);
        }
        if let Some(fault) = plugged::trouble(Path::new(name)) {
            return Err(fault);
        }
        let mut capture = VideoCapture::from_file(name, CAP_V4L2).map_err(|_| Fault::DeviceBusy)?;
        if !capture.is_opened().unwrap_or(false) {
            return Err(Fault::DeviceBusy);
        }
        // Packed pictures are the only ones that fit a USB line at full size. A camera that cannot keeps what it has.
        if let Ok(packed) = VideoWriter::fourcc('M', 'J', 'P', 'G') {
            let _ = capture.set(CAP_PROP_FOURCC, f64::from(packed));
        }
        let _ = capture.set(CAP_PROP_FRAME_WIDTH, LARGEST);
        let _ = capture.set(CAP_PROP_FRAME_HEIGHT, LARGEST);
        Ok(Self {
            capture,
            film: None,
        })
    }

    fn film(name: &str) -> Result<Self, Fault> {
        // OpenCV would dial out for an address.
        if name.contains("://") {
            return Err(Fault::NotFound);
        }
        let series = name.contains('%').then(|| name.to_owned());
        let way = if series.is_some() {
            CAP_IMAGES
        } else {
            CAP_ANY
        };
        let capture = VideoCapture::from_file(name, way).map_err(|_| Fault::NotFound)?;
        if !capture.is_opened().unwrap_or(false) {
            return Err(Fault::NotFound);
        }
        Ok(Self {
            capture,
            film: Some(Film {
                next: series.as_deref().map_or(0, first_of),
                series,
                due: Instant::now(),
            }),
        })
    }

    pub(crate) fn is_film(&self) -> bool {
        self.film.is_some()
    }

    /// The next frame.
    ///
    /// # Errors
    /// [`Fault::Io`] when the camera gives none any more: it was unplugged.
    pub(crate) fn next(&mut self) -> Result<Next, Fault> {
        if let Some(film) = &mut self.film {
            std::thread::sleep(film.due.saturating_duration_since(Instant::now()));
            film.due = Instant::now() + FRAME_TIME;
        }
        let mut frame = Mat::default();
        let came = self.capture.read(&mut frame).unwrap_or(false) && !frame.empty();
        match &mut self.film {
            _ if came => {
                if let Some(film) = &mut self.film {
                    film.next += 1;
                }
                Frame::new(frame).map(Next::Frame)
            }
            None => Err(Fault::Io),
            // A picture that is there and cannot be read is a camera that broke; none is the end.
            Some(film) => match film
                .series
                .as_deref()
                .map(|series| numbered(series, film.next))
            {
                Some(path) if Path::new(&path).exists() => Err(Fault::Io),
                _ => Ok(Next::End),
            },
        }
    }
}

/// The file of that number in a series such as `page-%03d.png`.
fn numbered(series: &str, number: u32) -> String {
    let Some((front, rest)) = series.split_once('%') else {
        return series.to_owned();
    };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let back = rest[digits.len()..].strip_prefix('d').unwrap_or_default();
    let width = digits.parse::<usize>().unwrap_or(0).min(32);
    format!("{front}{number:0width$}{back}")
}

/// A series begins with 0, or with the first number there is, as OpenCV counts.
fn first_of(series: &str) -> u32 {
    (0..10)
        .find(|number| Path::new(&numbered(series, *number)).exists())
        .unwrap_or(0)
}

/// One picture.
pub(crate) struct Frame(Mat);

impl Frame {
    fn new(picture: Mat) -> Result<Self, Fault> {
        let bytes = picture.total() as u64 * 3;
        if !matches!(picture.typ(), CV_8UC1 | CV_8UC3) {
            return Err(Fault::Unsupported);
        }
        if bytes > MAX_PAGE_BYTES {
            return Err(Fault::HugePage);
        }
        Ok(Self(picture))
    }

    /// Gray and small: enough to see whether anything moves.
    pub(crate) fn small(&self) -> Result<Small, Fault> {
        let mut small = Mat::default();
        let size = Size::new(SMALL_WIDTH as i32, SMALL_HEIGHT as i32);
        resize(&self.0, &mut small, size, 0.0, 0.0, INTER_AREA).map_err(|_| Fault::NoMemory)?;
        let gray = gray(&small)?;
        let pixels = gray.data_bytes().map_err(|_| Fault::Unsupported)?;
        Small::new(pixels.to_vec()).ok_or(Fault::Unsupported)
    }

    /// How much fine structure the picture has: the variance of its second derivative. Comparable between frames of one
    /// scene only.
    pub(crate) fn sharpness(&self) -> Result<f64, Fault> {
        let gray = gray(&self.0)?;
        let mut edges = Mat::default();
        laplacian_def(&gray, &mut edges, opencv::core::CV_16S).map_err(|_| Fault::NoMemory)?;
        let (mut mean, mut deviation) = (Mat::default(), Mat::default());
        opencv::core::mean_std_dev_def(&edges, &mut mean, &mut deviation)
            .map_err(|_| Fault::NoMemory)?;
        let deviation = deviation.at::<f64>(0).map_err(|_| Fault::Unsupported)?;
        Ok(deviation * deviation)
    }

    /// Width, height, and the pixels as red, green, blue.
    pub(crate) fn pixels(&self) -> Result<(u32, u32, Vec<u8>), Fault> {
        let mut rgb = Mat::default();
        let way = if self.0.typ() == CV_8UC1 {
            COLOR_GRAY2RGB
        } else {
            COLOR_BGR2RGB
        };
        cvt_color_def(&self.0, &mut rgb, way).map_err(|_| Fault::NoMemory)?;
        let pixels = rgb.data_bytes().map_err(|_| Fault::Unsupported)?.to_vec();
        let side = |length: i32| u32::try_from(length).map_err(|_| Fault::Unsupported);
        Ok((side(rgb.cols())?, side(rgb.rows())?, pixels))
    }
}

fn gray(picture: &Mat) -> Result<Mat, Fault> {
    if picture.typ() == CV_8UC1 {
        return Ok(picture.clone());
    }
    let mut gray = Mat::default();
    cvt_color_def(picture, &mut gray, COLOR_BGR2GRAY).map_err(|_| Fault::NoMemory)?;
    Ok(gray)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_counted_as_it_is_named() {
        assert_eq!(numbered("/x/page-%03d.png", 7), "/x/page-007.png");
        assert_eq!(numbered("/x/%d.jpg", 12), "/x/12.jpg");
        assert_eq!(numbered("/x/film.mp4", 3), "/x/film.mp4");
    }
}
