//! The cameras that are plugged in, by what stays the same when one is unplugged and plugged in again.
//!
//! The kernel gives out `/dev/videoN` in the order of plugging, so that the number of a camera may be another one's a
//! minute later. A camera is therefore known by its maker's numbers, its serial number and the port it hangs on.

use std::fs;
use std::path::{Path, PathBuf};

use super::identity::Identity;

/// One node of the kernel's that gives pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is opened: `/dev/videoN`.
    pub node: PathBuf,
    pub identity: Identity,
    /// As the camera's maker wrote it into the camera; most write none.
    pub serial: Option<String>,
    /// The socket it hangs on, as the kernel names it (`1-4`); none for one that hangs on no USB.
    pub port: Option<String>,
    /// A webcam has several nodes: 0 gives pictures, the others tell about them.
    pub index: u32,
}

impl Found {
    /// Name that stays: `usb:046d:0825:SERIAL`, or without the serial number where there is none.
    #[must_use]
    pub fn stable_name(&self) -> Option<String> {
        let Identity::Usb { vendor, product } = &self.identity else {
            return None;
        };
        let serial = self.serial.as_ref().map(|serial| format!(":{serial}"));
        Some(format!(
            "usb:{vendor}:{product}{}",
            serial.unwrap_or_default()
        ))
    }

    /// Whether the two are of one make and, where both tell, of one serial number.
    fn may_be(&self, other: &Self) -> bool {
        self.identity == other.identity && self.index == other.index && self.serial == other.serial
    }
}

/// Every camera, by node. `tree` is `/sys/class/video4linux`.
pub(super) fn all(tree: &Path) -> Vec<Found> {
    // A machine with hundreds of video nodes is no desk.
    const MOST: usize = 64;
    let Ok(entries) = fs::read_dir(tree) else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix("video")?
                .parse()
                .ok()
        })
        .take(MOST)
        .collect();
    numbers.sort_unstable();
    numbers
        .into_iter()
        .filter_map(|number| at(tree, &format!("video{number}")))
        .collect()
}

/// The camera of this node's name.
pub(super) fn at(tree: &Path, name: &str) -> Option<Found> {
    let place = tree.join(name);
    let identity = Identity::in_tree(&format!("/dev/{name}"), tree);
    if identity == Identity::Absent {
        return None;
    }
    let usb = fs::canonicalize(place.join("device"))
        .ok()
        .and_then(|hardware| {
            let of = |place: &&Path| place.join("idVendor").is_file();
            hardware.ancestors().take(4).find(of).map(Path::to_owned)
        });
    let index = short(&place.join("index"))
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    Some(Found {
        node: Path::new("/dev").join(name),
        identity,
        serial: usb.as_ref().and_then(|usb| short(&usb.join("serial"))),
        port: usb.and_then(|usb| Some(usb.file_name()?.to_str()?.to_owned())),
        index,
    })
}

/// A short line out of a file of the kernel's; what a camera's maker wrote there is foreign text.
fn short(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    plain.then(|| text.to_owned())
}

/// Finds the cameras of `usb:VENDOR:PRODUCT` or `usb:VENDOR:PRODUCT:SERIAL`; the first node that gives pictures.
pub(super) fn named(all: &[Found], name: &str) -> Option<Found> {
    let mut parts = name.strip_prefix("usb:")?.splitn(3, ':');
    let (vendor, product, serial) = (parts.next()?, parts.next()?, parts.next());
    let wanted = Identity::Usb {
        vendor: vendor.to_ascii_lowercase(),
        product: product.to_ascii_lowercase(),
    };
    all.iter()
        .find(|found| {
            let of_serial = serial.is_none_or(|serial| found.serial.as_deref() == Some(serial));
            found.identity == wanted && found.index == 0 && of_serial
        })
        .cloned()
}

/// The camera that was unplugged, wherever the kernel put it. Two of one make without serial numbers are told apart by
/// their ports; where that does not help either, none is taken for it.
pub(super) fn again(all: &[Found], known: &Found) -> Option<Found> {
    let alike: Vec<&Found> = all.iter().filter(|found| found.may_be(known)).collect();
    let there = alike.iter().find(|found| found.port == known.port);
    match (there, alike.as_slice()) {
        (Some(found), _) => Some((*found).clone()),
        (None, [only]) => Some((*only).clone()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A tree as the kernel makes it, into which cameras are plugged.
    pub(in super::super) struct Tree(tempfile::TempDir);

    impl Tree {
        pub(in super::super) fn new() -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(tree.class()).unwrap();
            tree
        }

        pub(in super::super) fn class(&self) -> PathBuf {
            self.0.path().join("class")
        }

        pub(in super::super) fn plug(
            &self,
            port: &str,
            (vendor, product, serial): (&str, &str, &str),
            first: u32,
        ) {
            let usb = self.0.path().join("devices/usb1").join(port);
            let hardware = usb.join(format!("{port}:1.0"));
            for index in 0..2 {
                let name = format!("video{}", first + index);
                let node = hardware.join("video4linux").join(&name);
                fs::create_dir_all(&node).unwrap();
                fs::write(node.join("index"), format!("{index}\n")).unwrap();
                symlink(&hardware, node.join("device")).unwrap();
                symlink(&node, self.class().join(name)).unwrap();
            }
            fs::write(usb.join("idVendor"), format!("{vendor}\n")).unwrap();
            fs::write(usb.join("idProduct"), format!("{product}\n")).unwrap();
            if !serial.is_empty() {
                fs::write(usb.join("serial"), format!("{serial}\n")).unwrap();
            }
        }

        pub(in super::super) fn unplug(&self, port: &str) {
            let usb = self.0.path().join("devices/usb1").join(port);
            fs::remove_dir_all(usb).unwrap();
            for entry in fs::read_dir(self.class()).unwrap() {
                let link = entry.unwrap().path();
                if !link.exists() {
                    fs::remove_file(link).unwrap();
                }
            }
        }

        fn all(&self) -> Vec<Found> {
            all(&self.class())
        }
    }

    pub(in super::super) const DESK: (&str, &str, &str) = ("046d", "0825", "A1B2");
    pub(in super::super) const TWIN: (&str, &str, &str) = ("046d", "0825", "C3D4");
    pub(in super::super) const PLAIN: (&str, &str, &str) = ("1bcf", "2c99", "");

    fn node(found: Option<Found>) -> Option<String> {
        found.map(|found| found.node.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_camera_is_found_again_under_another_number() {
        let tree = Tree::new();
        tree.plug("1-4", DESK, 0);
        tree.plug("1-5", TWIN, 2);
        let known = named(&tree.all(), "usb:046D:0825:A1B2").unwrap();
        assert_eq!(known.node, Path::new("/dev/video0"));
        assert_eq!(known.stable_name().unwrap(), "usb:046d:0825:A1B2");
        tree.unplug("1-4");
        assert_eq!(
            again(&tree.all(), &known),
            None,
            "its twin is another camera"
        );
        // Somebody plugs a stranger in first, which takes the number.
        tree.plug("1-6", PLAIN, 0);
        tree.plug("1-2", DESK, 4);
        assert_eq!(node(again(&tree.all(), &known)).unwrap(), "/dev/video4");
    }

    #[test]
    fn without_serial_numbers_the_port_tells_which() {
        let tree = Tree::new();
        tree.plug("1-4", PLAIN, 0);
        tree.plug("1-5", PLAIN, 2);
        let known = at(&tree.class(), "video2").unwrap();
        assert_eq!(known.port.as_deref(), Some("1-5"));
        tree.unplug("1-5");
        tree.unplug("1-4");
        tree.plug("1-5", PLAIN, 0);
        tree.plug("1-4", PLAIN, 2);
        assert_eq!(node(again(&tree.all(), &known)).unwrap(), "/dev/video0");
        // On a port where it was not, beside its like: nobody can say which it is.
        tree.unplug("1-5");
        tree.plug("1-7", PLAIN, 6);
        assert_eq!(again(&tree.all(), &known), None);
        tree.unplug("1-4");
        assert_eq!(node(again(&tree.all(), &known)).unwrap(), "/dev/video6");
    }

    #[test]
    fn what_tells_about_pictures_is_not_taken_for_a_camera() {
        let tree = Tree::new();
        tree.plug("1-4", DESK, 0);
        assert_eq!(tree.all().len(), 2);
        let found = named(&tree.all(), "usb:046d:0825").unwrap();
        assert_eq!(found.index, 0);
        assert_eq!(named(&tree.all(), "usb:046d:0826"), None);
        assert_eq!(named(&tree.all(), "046d:0825"), None);
        assert_eq!(all(Path::new("/nonexistent")), []);
    }
}
