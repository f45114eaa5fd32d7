//! Which USB socket a SANE device sits in, and its serial number: what stays when libusb's numbers change at a replug.

use std::fs;
use std::path::Path;

/// Where Linux lists what is plugged in.
pub(crate) const SYSFS: &str = "/sys/bus/usb/devices";

/// One plugged-in device.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    /// The kernel's name of the socket, such as `1-2.3`: bus 1, hub socket 2, socket 3 of that hub.
    pub(crate) port: String,
    pub(crate) serial: Option<String>,
}

/// The socket of a device that its backend names by libusb's numbers, such as `genesys:libusb:001:005`.
pub(crate) fn socket(name: &str, sysfs: &Path) -> Option<Socket> {
    let (_, numbers) = name.split_once("libusb:")?;
    let mut numbers = numbers.split(':');
    let bus: u16 = numbers.next()?.parse().ok()?;
    let device: u16 = numbers.next()?.parse().ok()?;
    fs::read_dir(sysfs).ok()?.flatten().find_map(|entry| {
        let number = |file: &str| -> Option<u16> {
            let text = fs::read_to_string(entry.path().join(file)).ok()?;
            text.trim().parse().ok()
        };
        if (number("busnum")?, number("devnum")?) != (bus, device) {
            return None;
        }
        let serial = fs::read_to_string(entry.path().join("serial")).unwrap_or_default();
        let serial = serial.trim();
        Some(Socket {
            port: entry.file_name().into_string().ok()?,
            // Makers who number nothing write zeros.
            serial: serial
                .bytes()
                .any(|byte| byte.is_ascii_alphanumeric() && byte != b'0')
                .then(|| serial.chars().take(128).collect()),
        })
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plug(sysfs: &Path, port: &str, bus: &str, device: &str, serial: Option<&str>) {
        let folder = sysfs.join(port);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("busnum"), bus).unwrap();
        fs::write(folder.join("devnum"), device).unwrap();
        if let Some(serial) = serial {
            fs::write(folder.join("serial"), serial).unwrap();
        }
    }

    #[test]
    fn a_replugged_scanner_has_another_number_and_the_same_socket() {
        let sysfs = tempfile::tempdir().unwrap();
        fs::create_dir(sysfs.path().join("1-0:1.0")).unwrap(); // an interface, without numbers
        plug(sysfs.path(), "1-2", "1\n", "5\n", Some("ABC123\n"));
        plug(sysfs.path(), "1-2.3", "1\n", "7\n", Some("000000\n"));
        plug(sysfs.path(), "2-1", "2\n", "5\n", None);
        let before = socket("genesys:libusb:001:005", sysfs.path()).unwrap();
        assert_eq!(
            (before.port.as_str(), before.serial.as_deref()),
            ("1-2", Some("ABC123"))
        );
        let none = socket("plustek:libusb:001:007", sysfs.path()).unwrap();
        assert_eq!((none.port.as_str(), none.serial), ("1-2.3", None));
        plug(sysfs.path(), "1-2", "1\n", "9\n", Some("ABC123\n"));
        assert_eq!(socket("genesys:libusb:001:005", sysfs.path()), None);
        assert_eq!(socket("genesys:libusb:001:009", sysfs.path()), Some(before));
        assert_eq!(socket("fujitsu:fi-7160:123", sysfs.path()), None);
        assert_eq!(socket("x:libusb:nonsense", sysfs.path()), None);
    }
}
