//! The two eyes behind OpenCV's capture: a camera, and a film that plays one.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use models::Portrait;
use models::presence::Pose;
use models_opencv::{CameraError as VideoError, Format, VideoCamera};

use super::choice::Chooser;
use super::feed::{Eye, OpenEye};
use super::{CameraError, is_simulated};

/// Opens what the chooser chooses, each time anew.
pub(super) fn opener(chooser: Arc<Chooser>, formats: Vec<Format>) -> OpenEye {
    Box::new(move || {
        let chosen = chooser.choose()?;
        let eye: Box<dyn Eye> = match is_simulated(&chosen.source) {
            true => Box::new(Film::open(&chosen.source)?),
            false => Box::new(Live(
                VideoCamera::open_as(&chosen.source, &formats).map_err(told)?,
            )),
        };
        chooser.keep(&chosen);
        Ok(eye)
    })
}

struct Live(VideoCamera);

impl Eye for Live {
    fn look(&mut self, _pose: Pose) -> Result<Portrait, CameraError> {
        match self.0.frame() {
            Ok(Some(picture)) => Ok(picture),
            Ok(None) => Err(CameraError::Stopped),
            Err(error) => Err(told(error)),
        }
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// Films by pose, each going on where it stopped.
struct Film {
    source: String,
    videos: HashMap<Pose, VideoCamera>,
}

impl Film {
    fn open(source: &str) -> Result<Self, CameraError> {
        let straight = VideoCamera::open(source).map_err(told)?;
        Ok(Self {
            source: source.to_owned(),
            videos: HashMap::from([(Pose::Straight, straight)]),
        })
    }

    /// The series that plays a pose: `live_left_%03d.jpg` beside `live_%03d.jpg`. Where there is none, the person does not
    /// do as asked.
    fn series(&self, pose: Pose) -> Option<String> {
        let (name, number) = self.source.split_once("_%")?;
        let series = format!("{name}_{}_%{number}", pose.as_str());
        let first = series.replace("%03d", "000");
        Path::new(&first).is_file().then_some(series)
    }
}

impl Eye for Film {
    fn look(&mut self, pose: Pose) -> Result<Portrait, CameraError> {
        let played = match pose {
            Pose::Straight => None,
            pose => self.series(pose),
        };
        let (pose, source) = match played {
            Some(series) => (pose, series),
            None => (Pose::Straight, self.source.clone()),
        };
        let video = match self.videos.entry(pose) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => place.insert(VideoCamera::open(&source).map_err(told)?),
        };
        // A film that came to its end begins again, as one that is played to a camera would.
        for _ in 0..2 {
            match video.frame() {
                Ok(Some(picture)) => return Ok(picture),
                Ok(None) => video.rewind().map_err(|_| CameraError::Stopped)?,
                Err(_) => break,
            }
        }
        Err(CameraError::Stopped)
    }

    fn is_live(&self) -> bool {
        false
    }
}

fn told(error: VideoError) -> CameraError {
    match error {
        VideoError::TooSmall { .. } => CameraError::TooSmall,
        VideoError::Failed { .. } => CameraError::Stopped,
        _ => CameraError::NotFound,
    }
}
