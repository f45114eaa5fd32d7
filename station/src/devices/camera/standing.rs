//! Whether a camera is there that may be used, told without opening it: nobody is looked at, no lamp lights.

use std::fs;
use std::path::Path;

use super::{CameraError, admit, is_simulated, look_up};

/// Whether one of these sources is there and may be used.
///
/// # Errors
/// [`CameraError::NotFound`], or why the one that is there may not be used.
pub fn standing(sources: &[String], allow: &[String], practice: bool) -> Result<(), CameraError> {
    let mut refused = None;
    for source in sources {
        let Some(there) = look_up(source) else {
            continue;
        };
        match admit(&there.identity(), allow, practice) {
            Err(error) => refused = refused.or(Some(error)),
            Ok(()) if !is_simulated(source) || is_film(source) => return Ok(()),
            Ok(()) => {}
        }
    }
    Err(refused.map_or(CameraError::NotFound, CameraError::from))
}

/// A film is a file; a series of pictures (`frame-%03d.png`) is a folder that holds any.
fn is_film(source: &str) -> bool {
    let path = Path::new(source);
    if !source.contains('%') {
        return path.exists();
    }
    path.parent()
        .and_then(|folder| fs::read_dir(folder).ok())
        .is_some_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_went_away_is_a_camera_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.y4m");
        let sources = [film.display().to_string()];
        let stands = |practice| standing(&sources, &[], practice).map_err(|error| error.code());
        assert_eq!(stands(true), Err("camera.not_found"));
        fs::write(&film, b"").unwrap();
        assert_eq!(stands(true), Ok(()));
        assert_eq!(stands(false), Err("camera.virtual"));
        fs::remove_file(&film).unwrap();
        assert_eq!(stands(true), Err("camera.not_found"));
        // A series of pictures, and a number that no camera has.
        let series = folder.path().join("f-%02d.png").display().to_string();
        let sources = ["98765".to_owned(), series];
        assert!(standing(&sources, &[], true).is_err());
        fs::write(folder.path().join("f-01.png"), b"").unwrap();
        assert_eq!(standing(&sources, &[], true), Ok(()));
    }
}
