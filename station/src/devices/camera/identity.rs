//! Which camera it is, by what the kernel says of it: a real one that this desk may use, or one that a program plays.
//!
//! A camera whose pictures a program makes defeats every look at a face. Outside practice only a camera that hangs on a
//! bus is taken, and where the site lists its cameras only one of those.

use std::fs;
use std::path::{Path, PathBuf};

/// The kernel's tree of video devices.
pub(super) const VIDEO: &str = "/sys/class/video4linux";

/// Whether a source is a device: its number, its file, or one of the links that udev makes by identity and by port.
#[must_use]
pub(super) fn is_device(source: &str) -> bool {
    source.parse::<u32>().is_ok()
        || source.starts_with("/dev/video")
        || source.starts_with("/dev/v4l/")
}

/// What a source of pictures is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// On USB, by the four hexadecimal digits each of vendor and product.
    Usb { vendor: String, product: String },
    /// Built in, on another bus.
    BuiltIn,
    /// A device without a bus: a program feeds it (v4l2loopback and the like).
    Virtual,
    /// A film or a series of pictures.
    File,
    /// No such device.
    Absent,
}

/// Why a camera is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAllowed {
    #[error("the pictures would come from a program or a file")]
    Virtual,
    #[error("the camera is not in the site's list")]
    NotListed,
}

impl NotAllowed {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Virtual => "camera.virtual",
            Self::NotListed => "camera.not_allowed",
        }
    }
}

impl Identity {
    /// What the kernel knows of a source: a device number, `/dev/videoN`, a link below `/dev/v4l/`, or a file.
    #[must_use]
    pub fn of(source: &str) -> Self {
        Self::in_tree(source, Path::new(VIDEO))
    }

    pub(super) fn in_tree(source: &str, tree: &Path) -> Self {
        let name = match source.parse::<u32>() {
            Ok(number) => format!("video{number}"),
            // As OpenCV takes it: any other path, also one below /dev, is opened as a film.
            Err(_) if is_device(source) => {
                let device = fs::canonicalize(source).unwrap_or_else(|_| PathBuf::from(source));
                match device.file_name().and_then(|name| name.to_str()) {
                    Some(name) => name.to_owned(),
                    None => return Self::Absent,
                }
            }
            Err(_) => return Self::File,
        };
        let Ok(node) = fs::canonicalize(tree.join(&name)) else {
            return Self::Absent;
        };
        // `device` leads to the hardware; a virtual node has none, or lies below /sys/devices/virtual.
        let Ok(hardware) = fs::canonicalize(node.join("device")) else {
            return Self::Virtual;
        };
        let is_virtual = |path: &Path| path.components().any(|part| part.as_os_str() == "virtual");
        if is_virtual(&node) || is_virtual(&hardware) {
            return Self::Virtual;
        }
        // The interface's parents: the USB device itself carries the numbers.
        for place in hardware.ancestors().take(4) {
            if let (Some(vendor), Some(product)) = (
                number(&place.join("idVendor")),
                number(&place.join("idProduct")),
            ) {
                return Self::Usb { vendor, product };
            }
        }
        Self::BuiltIn
    }
}

/// Four hexadecimal digits out of a file of the kernel's.
fn number(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let digits = text.trim().to_ascii_lowercase();
    (digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(digits)
}

/// Whether pictures of this origin may be used: in practice all, else real cameras, and of these the listed ones where
/// there is a list. An absent one passes: opening it tells that it is not there.
///
/// # Errors
/// [`NotAllowed`].
pub fn admit(identity: &Identity, allow: &[String], practice: bool) -> Result<(), NotAllowed> {
    if practice {
        return Ok(());
    }
    let listed = |name: &str| allow.iter().any(|entry| entry.eq_ignore_ascii_case(name));
    match identity {
        Identity::Virtual | Identity::File => Err(NotAllowed::Virtual),
        Identity::Usb { vendor, product }
            if allow.is_empty() || listed(&format!("{vendor}:{product}")) =>
        {
            Ok(())
        }
        Identity::BuiltIn if allow.is_empty() => Ok(()),
        Identity::Usb { .. } | Identity::BuiltIn => Err(NotAllowed::NotListed),
        Identity::Absent => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A tree as Linux 6.1 shows a USB camera, a built-in one and one that a program plays.
    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let path = |below: &str| root.path().join(below);
        let usb = "devices/pci0000:00/0000:00:14.0/usb1/1-4";
        fs::create_dir_all(path("class")).unwrap();
        for (node, hardware) in [
            (
                format!("{usb}/1-4:1.0/video4linux/video0"),
                Some(format!("{usb}/1-4:1.0")),
            ),
            (
                "devices/platform/soc/isp/video4linux/video1".to_owned(),
                Some("devices/platform/soc/isp".to_owned()),
            ),
            ("devices/virtual/video4linux/video2".to_owned(), None),
        ] {
            fs::create_dir_all(path(&node)).unwrap();
            if let Some(hardware) = hardware {
                symlink(path(&hardware), path(&node).join("device")).unwrap();
            }
            let name = Path::new(&node).file_name().unwrap();
            symlink(path(&node), path("class").join(name)).unwrap();
        }
        fs::write(path(usb).join("idVendor"), "046D\n").unwrap();
        fs::write(path(usb).join("idProduct"), "0825\n").unwrap();
        root
    }

    fn webcam() -> Identity {
        Identity::Usb {
            vendor: "046d".to_owned(),
            product: "0825".to_owned(),
        }
    }

    #[test]
    fn real_played_and_filmed_cameras_are_told_apart() {
        let root = tree();
        let of = |source: &str| Identity::in_tree(source, &root.path().join("class"));
        assert_eq!(of("0"), webcam());
        assert_eq!(of("/dev/video0"), webcam());
        assert_eq!(of("1"), Identity::BuiltIn);
        assert_eq!(of("2"), Identity::Virtual);
        assert_eq!(of("7"), Identity::Absent);
        // A link of udev's that is not there: an unplugged camera, not a film.
        let link = "/dev/v4l/by-id/usb-046d_0825_A1B2-video-index0";
        assert_eq!(of(link), Identity::Absent);
        assert_eq!(of("film.y4m"), Identity::File);
        assert_eq!(of("/dev/shm/film.y4m"), Identity::File);
        assert_eq!(of("face/live_%03d.jpg"), Identity::File);
    }

    #[test]
    fn outside_practice_only_real_and_listed_cameras_are_used() {
        let list = ["046D:0825".to_owned()];
        let other = ["1bcf:2c99".to_owned()];
        assert_eq!(admit(&webcam(), &[], false), Ok(()));
        assert_eq!(admit(&webcam(), &list, false), Ok(()));
        assert_eq!(admit(&webcam(), &other, false), Err(NotAllowed::NotListed));
        assert_eq!(
            admit(&Identity::BuiltIn, &list, false),
            Err(NotAllowed::NotListed)
        );
        for played in [Identity::Virtual, Identity::File] {
            assert_eq!(admit(&played, &list, false), Err(NotAllowed::Virtual));
            assert_eq!(admit(&played, &list, true), Ok(()));
        }
    }
}
