//! The cameras Linux knows: their names, and what stays the same when one is plugged in again.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use scanner_drivers::wire::Fault;

/// Where Linux lists them.
pub(crate) const SYSFS: &str = "/sys/class/video4linux";

/// `O_NONBLOCK` of Linux on the machines we run on (asm-generic/fcntl.h).
const O_NONBLOCK: i32 = 0o4000;

/// One camera.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Camera {
    /// Such as `/dev/video0`; it may be another after a replug.
    pub(crate) node: String,
    pub(crate) name: String,
    pub(crate) serial: Option<String>,
    /// The USB socket, such as `1-2.3`.
    pub(crate) port: Option<String>,
}

/// All that give pictures, in the order of their numbers.
pub(crate) fn cameras(sysfs: &Path) -> Vec<Camera> {
    let Ok(entries) = fs::read_dir(sysfs) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, Camera)> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let number = file.strip_prefix("video")?.parse().ok()?;
            let text = |name: &str| {
                let text = fs::read_to_string(entry.path().join(name)).ok()?;
                Some(text.trim().chars().take(128).collect::<String>())
            };
            // A camera has a node for pictures, index 0, and others for what is said about them.
            if text("index").is_some_and(|index| index != "0") {
                return None;
            }
            // `device` is the interface, `1-2:1.0`; the device above it has the number and the socket.
            let interface = fs::canonicalize(entry.path().join("device")).ok();
            let usb = interface.as_deref().and_then(Path::parent);
            let serial = usb.and_then(|usb| fs::read_to_string(usb.join("serial")).ok());
            let serial = serial.map(|serial| serial.trim().chars().take(128).collect::<String>());
            let port = usb
                .filter(|usb| usb.join("busnum").exists())
                .and_then(|usb| usb.file_name())
                .and_then(|name| name.to_str())
                .map(str::to_owned);
            Some((
                number,
                Camera {
                    node: format!("/dev/{file}"),
                    name: text("name").unwrap_or_default(),
                    serial: serial.filter(|serial| serial.chars().any(char::is_alphanumeric)),
                    port,
                },
            ))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, camera)| camera).collect()
}

/// Whether the name is a camera's, and nothing else that could be opened.
pub(crate) fn is_node(name: &str) -> bool {
    name.strip_prefix("/dev/video").is_some_and(|number| {
        !number.is_empty() && number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Why the camera cannot be opened, without taking a picture: no lamp goes on.
pub(crate) fn trouble(node: &Path) -> Option<Fault> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(O_NONBLOCK)
        .open(node);
    match opened.map_err(|error| error.kind()) {
        Ok(_) => None,
        Err(io::ErrorKind::PermissionDenied) => Some(Fault::AccessDenied),
        Err(io::ErrorKind::NotFound) => Some(Fault::NotFound),
        Err(io::ErrorKind::ResourceBusy) => Some(Fault::DeviceBusy),
        Err(_) => Some(Fault::Io),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn cameras_are_listed_with_what_stays_after_a_replug() {
        let root = tempfile::tempdir().unwrap();
        let usb = root.path().join("usb/1-2");
        fs::create_dir_all(usb.join("1-2:1.0")).unwrap();
        fs::write(usb.join("busnum"), "1\n").unwrap();
        fs::write(usb.join("serial"), "CAM42\n").unwrap();
        let sysfs = root.path().join("class");
        for (node, index, name) in [
            ("video10", "0", "Overhead"),
            ("video2", "0", "Other"),
            ("video11", "1", "Overhead"),
        ] {
            let folder = sysfs.join(node);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("index"), format!("{index}\n")).unwrap();
            fs::write(folder.join("name"), format!("{name}\n")).unwrap();
            if name == "Overhead" {
                symlink(usb.join("1-2:1.0"), folder.join("device")).unwrap();
            }
        }
        let found = cameras(&sysfs);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].node.as_str(), &found[0].port),
            ("/dev/video2", &None)
        );
        assert_eq!(
            found[1],
            Camera {
                node: "/dev/video10".into(),
                name: "Overhead".into(),
                serial: Some("CAM42".into()),
                port: Some("1-2".into()),
            }
        );
        assert!(cameras(&root.path().join("nowhere")).is_empty());
    }

    #[test]
    fn only_a_camera_is_opened_as_one() {
        assert!(is_node("/dev/video0") && is_node("/dev/video63"));
        for name in [
            "/dev/video",
            "/dev/sda",
            "/dev/video0/../sda",
            "0",
            "http://x/",
        ] {
            assert!(!is_node(name), "{name}");
        }
        assert_eq!(trouble(Path::new("/dev/video999")), Some(Fault::NotFound));
    }
}
