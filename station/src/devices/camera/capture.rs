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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::{Duration, Instant};

    use super::super::{OpenCvCamera, Patience};
    use super::*;
    use crate::devices::Camera as _;

    const SOON: Patience = Patience {
        first: Duration::from_secs(4),
        next: Duration::from_secs(3),
    };

    /// OpenCV opens films under one lock for the whole process: one that hangs in opening holds up the others.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    fn alone() -> MutexGuard<'static, ()> {
        ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn camera(source: &Path) -> OpenCvCamera {
        let source = source.to_str().unwrap();
        OpenCvCamera::new(source).waiting(SOON, Duration::ZERO)
    }

    /// Gray frames of 64 x 48, each a level brighter, as a YUV4MPEG2 film.
    fn y4m(frames: u8) -> Vec<u8> {
        let mut film = b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n".to_vec();
        for frame in 0..frames {
            film.extend(b"FRAME\n");
            film.extend([40 + frame; 64 * 48]);
            film.extend([128; 64 * 48 / 2]);
        }
        film
    }

    #[test]
    fn a_film_plays_in_a_loop_until_its_file_vanishes() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.y4m");
        fs::write(&film, y4m(3)).unwrap();
        let mut camera = camera(&film);
        let first = camera.frame().unwrap().rgb()[0];
        for _ in 0..2 {
            camera.frame().unwrap();
        }
        assert_eq!(camera.frame().unwrap().rgb()[0], first, "it began again");
        fs::rename(&film, folder.path().join("away.y4m")).unwrap();
        let error = (0..4).find_map(|_| camera.frame().err());
        assert_eq!(error, Some(CameraError::Stopped));
        assert_eq!(camera.frame().err(), Some(CameraError::NotFound));
        fs::rename(folder.path().join("away.y4m"), &film).unwrap();
        assert_eq!(camera.frame().unwrap().rgb()[0], first, "it is back");
        assert!(camera.device().simulated);
        assert_eq!(camera.device().name, "file");
    }

    #[test]
    fn a_pipe_that_nobody_fills_costs_a_bounded_time() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.y4m");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let mut camera = camera(&pipe);
        let before = Instant::now();
        assert_eq!(camera.frame().err(), Some(CameraError::Hung));
        camera.rest();
        drop(camera);
        assert!(
            before.elapsed() < Duration::from_secs(8),
            "{:?}",
            before.elapsed()
        );
        // Lets the thread go that hangs in opening it.
        fs::write(&pipe, y4m(1)).unwrap();
    }

    #[test]
    fn what_is_no_film_is_a_code_and_no_more() {
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.y4m");
        fs::write(&text, "this is no film").unwrap();
        assert!(camera(&text).frame().is_err());
        let cut = folder.path().join("cut.y4m");
        fs::write(&cut, &y4m(2)[..3000]).unwrap();
        assert!(camera(&cut).frame().is_err());
        let away = folder.path().join("away_%03d.png");
        assert_eq!(camera(&away).frame().err(), Some(CameraError::NotFound));
        assert_eq!(
            camera(Path::new("/dev/video97")).frame().err(),
            Some(CameraError::NotFound)
        );
    }
}
