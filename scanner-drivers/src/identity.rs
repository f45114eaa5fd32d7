//! Whether a scanner that appears is one that was known before, although its driver now calls it otherwise.
//!
//! A USB scanner is `genesys:libusb:001:005` before it is unplugged and `…:006` after; a network scanner gets another
//! address with the next lease. What stays is the serial number or UUID, then the socket, then, where only one such
//! scanner is missing and only one has come, the model.

use crate::Capabilities;

impl Capabilities {
    /// A name that survives a replug: driver, maker, model, and serial number or socket or, where there is neither, the
    /// driver's own name. Fit for a configuration file.
    pub fn stable_name(&self) -> String {
        let last = match (&self.serial, &self.port) {
            (Some(serial), _) => format!("serial={serial}"),
            (None, Some(port)) => format!("port={port}"),
            (None, None) => format!("id={}", self.id),
        };
        format!("{}/{}/{}/{last}", self.driver, self.vendor, self.model)
    }

    /// Whether `wanted` names this scanner: by the driver's name or by the stable one.
    pub fn is_called(&self, wanted: &str) -> bool {
        self.id == wanted || self.stable_name() == wanted
    }

    fn is_same_model(&self, other: &Self) -> bool {
        (&self.driver, &self.vendor, &self.model) == (&other.driver, &other.vendor, &other.model)
    }

    /// Both tell a serial number, and the numbers differ: never the same device.
    fn contradicts(&self, other: &Self) -> bool {
        matches!((&self.serial, &other.serial), (Some(one), Some(two)) if one != two)
    }

    /// Whether a scanner found now under the same driver's name is the one known before. A scanner that could not be
    /// opened tells less of itself; that alone makes it no other.
    pub(crate) fn is_still(&self, before: &Self) -> bool {
        let asked = self.trouble.is_none() && before.trouble.is_none();
        self.driver == before.driver
            && self.id == before.id
            && !self.contradicts(before)
            && (!asked || self.is_same_model(before))
    }
}

/// Which of the scanners known before, and missing now, each newcomer is. Gives pairs of places in the two lists.
pub(crate) fn matches(missing: &[Capabilities], new: &[Capabilities]) -> Vec<(usize, usize)> {
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut pair = |fits: &dyn Fn(&Capabilities, &Capabilities) -> bool| {
        for (at, newcomer) in new.iter().enumerate() {
            let free = |place: usize, pairs: &[(usize, usize)]| {
                pairs.iter().all(|(taken, _)| *taken != place)
            };
            if pairs.iter().any(|(_, settled)| *settled == at) {
                continue;
            }
            let mut candidates = missing
                .iter()
                .enumerate()
                .filter(|(place, before)| free(*place, &pairs) && fits(before, newcomer))
                .map(|(place, _)| place);
            // Two candidates are a guess, and a guess is no match.
            if let (Some(place), None) = (candidates.next(), candidates.next()) {
                pairs.push((place, at));
            }
        }
    };
    pair(&|before, now| {
        before.is_same_model(now) && before.serial.is_some() && before.serial == now.serial
    });
    pair(&|before, now| {
        before.is_same_model(now)
            && !before.contradicts(now)
            && before.port.is_some()
            && before.port == now.port
    });
    let twins = |one: &Capabilities, list: &[Capabilities]| {
        list.iter().filter(|other| other.is_same_model(one)).count()
    };
    pair(&|before, now| {
        before.is_same_model(now)
            && !before.model.is_empty()
            && before.serial.is_none()
            && now.serial.is_none()
            && twins(before, missing) == 1
            && twins(now, new) == 1
    });
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner(id: &str, serial: Option<&str>, port: Option<&str>) -> Capabilities {
        Capabilities {
            driver: "sane".into(),
            id: id.into(),
            vendor: "Maker".into(),
            model: "M1".into(),
            serial: serial.map(Into::into),
            port: port.map(Into::into),
            ..Capabilities::default()
        }
    }

    #[test]
    fn a_serial_number_outweighs_the_socket() {
        let missing = [
            scanner("a", Some("1"), Some("1-1")),
            scanner("b", Some("2"), Some("1-2")),
        ];
        // Both were unplugged and came back in each other's socket.
        let new = [
            scanner("c", Some("2"), Some("1-1")),
            scanner("d", Some("1"), Some("1-2")),
        ];
        let mut pairs = matches(&missing, &new);
        pairs.sort_unstable();
        assert_eq!(pairs, [(0, 1), (1, 0)]);
    }

    #[test]
    fn without_a_serial_number_the_socket_tells() {
        let missing = [
            scanner("a", None, Some("1-1")),
            scanner("b", None, Some("1-2")),
        ];
        assert_eq!(
            matches(&missing, &[scanner("c", None, Some("1-2"))]),
            [(1, 0)]
        );
    }

    #[test]
    fn a_lone_twin_is_matched_and_two_are_not_guessed() {
        let one = [scanner("a", None, None)];
        assert_eq!(matches(&one, &[scanner("b", None, Some("1-9"))]), [(0, 0)]);
        let two = [scanner("a", None, None), scanner("b", None, None)];
        assert!(matches(&two, &[scanner("c", None, None)]).is_empty());
        // Another serial number is another scanner, even in the same socket.
        let known = [scanner("a", Some("1"), Some("1-1"))];
        assert!(matches(&known, &[scanner("b", Some("2"), Some("1-1"))]).is_empty());
    }

    #[test]
    fn the_stable_name_does_not_hold_what_changes() {
        let before = scanner("genesys:libusb:001:005", None, Some("1-2"));
        let after = scanner("genesys:libusb:001:006", None, Some("1-2"));
        assert_eq!(before.stable_name(), after.stable_name());
        assert_eq!(before.stable_name(), "sane/Maker/M1/port=1-2");
        assert!(after.is_called("sane/Maker/M1/port=1-2") && after.is_called(&after.id));
        assert!(!after.is_still(&before));
        // The same name with another serial number is another scanner.
        assert!(!scanner("a", Some("1"), None).is_still(&scanner("a", Some("2"), None)));
    }
}
