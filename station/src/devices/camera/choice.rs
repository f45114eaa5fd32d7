//! Which of the configured cameras is opened: the first that is there and may be used, and after a replug the same one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::CameraError;
use super::found::{self, Found};
use super::identity::{Identity, VIDEO, admit, is_device};

/// What may be opened.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Best first: a device number, `/dev/videoN`, a link below `/dev/v4l/`, `usb:VENDOR:PRODUCT[:SERIAL]`, or a film.
    pub sources: Vec<String>,
    /// USB cameras that may be used, as `vendor:product`; empty allows every real one.
    pub allow: Vec<String>,
    /// Films and played cameras are used too.
    pub practice: bool,
}

/// What is opened now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// As OpenCV opens it.
    pub source: String,
    /// The camera behind it; none for a film.
    pub found: Option<Found>,
}

impl Chosen {
    #[must_use]
    pub fn identity(&self) -> Identity {
        match &self.found {
            Some(found) => found.identity.clone(),
            None => Identity::File,
        }
    }
}

/// What a source of the configuration means now; none when no such camera is plugged in.
#[must_use]
pub fn look_up(source: &str) -> Option<Chosen> {
    look_up_in(source, Path::new(VIDEO))
}

/// Remembers which camera was opened, so that a replug brings back this one and no other.
pub(super) struct Chooser {
    choice: Choice,
    tree: PathBuf,
    used: Mutex<Option<Chosen>>,
}

impl Chooser {
    pub(super) fn new(choice: Choice) -> Self {
        Self::in_tree(choice, Path::new(VIDEO))
    }

    fn in_tree(choice: Choice, tree: &Path) -> Self {
        Self {
            choice,
            tree: tree.to_owned(),
            used: Mutex::new(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Chosen>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn used(&self) -> Option<Chosen> {
        self.lock().clone()
    }

    /// The next opening may take any camera of the list again.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    /// The source that is to be opened now.
    ///
    /// # Errors
    /// [`CameraError::NotFound`], or why the camera that is there may not be used.
    pub(super) fn choose(&self) -> Result<Chosen, CameraError> {
        if let Some(used) = self.used() {
            let Some(known) = &used.found else {
                return Ok(used);
            };
            let all = found::all(&self.tree);
            let found = found::again(&all, known).ok_or(CameraError::NotFound)?;
            return self.admitted(of_device(found));
        }
        let mut refused = None;
        for source in &self.choice.sources {
            let Some(chosen) = look_up_in(source, &self.tree) else {
                continue;
            };
            match self.admitted(chosen) {
                Ok(chosen) => return Ok(chosen),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or(CameraError::NotFound))
    }

    /// Holds on to what was opened.
    pub(super) fn keep(&self, chosen: &Chosen) {
        *self.lock() = Some(chosen.clone());
    }

    fn admitted(&self, chosen: Chosen) -> Result<Chosen, CameraError> {
        admit(&chosen.identity(), &self.choice.allow, self.choice.practice)?;
        Ok(chosen)
    }
}

fn look_up_in(source: &str, tree: &Path) -> Option<Chosen> {
    if source.starts_with("usb:") {
        return found::named(&found::all(tree), source).map(of_device);
    }
    if !is_device(source) {
        return Some(Chosen {
            source: source.to_owned(),
            found: None,
        });
    }
    let name = match source.parse::<u32>() {
        Ok(number) => format!("video{number}"),
        // udev's links lead to the node of today.
        Err(_) => {
            let node = std::fs::canonicalize(source).unwrap_or_else(|_| PathBuf::from(source));
            node.file_name()?.to_str()?.to_owned()
        }
    };
    found::at(tree, &name).map(of_device)
}

fn of_device(found: Found) -> Chosen {
    Chosen {
        source: found.node.display().to_string(),
        found: Some(found),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::found::tests::{DESK, PLAIN, TWIN, Tree};
    use super::*;
    use crate::devices::camera::NotAllowed;

    fn chooser(tree: &Tree, sources: &[&str], allow: &[&str], practice: bool) -> Chooser {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let choice = Choice {
            sources: owned(sources),
            allow: owned(allow),
            practice,
        };
        Chooser::in_tree(choice, &tree.class())
    }

    #[test]
    fn of_several_cameras_the_first_that_is_there_is_taken() {
        let tree = Tree::new();
        let sources = ["usb:046d:0825:A1B2", "usb:1bcf:2c99"];
        let choose = || {
            let chosen = chooser(&tree, &sources, &[], false).choose();
            chosen.map(|chosen| chosen.source)
        };
        assert_eq!(choose(), Err(CameraError::NotFound));
        tree.plug("1-5", PLAIN, 0);
        assert_eq!(choose().unwrap(), "/dev/video0");
        tree.plug("1-4", DESK, 2);
        assert_eq!(choose().unwrap(), "/dev/video2");
    }

    #[test]
    fn a_replug_brings_back_the_same_camera_and_no_other_on_its_number() {
        let tree = Tree::new();
        tree.plug("1-4", DESK, 0);
        let chooser = chooser(&tree, &["0"], &[], false);
        let first = chooser.choose().unwrap();
        chooser.keep(&first);
        tree.unplug("1-4");
        assert_eq!(chooser.choose(), Err(CameraError::NotFound));
        tree.plug("1-5", TWIN, 0);
        assert_eq!(
            chooser.choose(),
            Err(CameraError::NotFound),
            "another camera on number 0"
        );
        tree.plug("1-4", DESK, 2);
        assert_eq!(chooser.choose().unwrap().source, "/dev/video2");
        chooser.forget();
        assert_eq!(chooser.choose().unwrap().source, "/dev/video0");
    }

    #[test]
    fn what_may_not_be_used_is_passed_over_and_told() {
        let tree = Tree::new();
        tree.plug("1-4", PLAIN, 0);
        let sources = ["0", "film.y4m"];
        let refused = chooser(&tree, &sources, &["046d:0825"], false).choose();
        assert_eq!(refused, Err(CameraError::Refused(NotAllowed::NotListed)));
        let film = chooser(&tree, &["film.y4m"], &[], false).choose();
        assert_eq!(film, Err(CameraError::Refused(NotAllowed::Virtual)));
        tree.plug("1-5", DESK, 2);
        let sources = ["0", "usb:046d:0825"];
        let listed = chooser(&tree, &sources, &["046d:0825"], false).choose();
        assert_eq!(listed.unwrap().source, "/dev/video2");
        let practice = chooser(&tree, &["7", "film.y4m"], &[], true).choose();
        assert_eq!(practice.unwrap().source, "film.y4m");
    }
}
