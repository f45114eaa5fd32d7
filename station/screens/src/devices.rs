//! How it stands with what is plugged into the desk: one state a device, told in the same place of every operator's page.

/// What is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Device {
    CardReader,
    Camera,
    Scanner,
    FingerSensor,
}

impl Device {
    /// The stable name, for addresses and for what is written as JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CardReader => "card-reader",
            Self::Camera => "camera",
            Self::Scanner => "scanner",
            Self::FingerSensor => "finger-sensor",
        }
    }
}

/// How it stands with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// Nobody has looked yet.
    Looking,
    Ready,
    /// A card lies on the reader.
    Card,
    /// It is gone or cannot be used, by the code of why.
    Trouble(&'static str),
}

/// One device as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceView {
    pub device: Device,
    pub state: DeviceState,
}

/// Puts a state in its place, devices always in the same order. False when nothing is new.
pub(crate) fn put(devices: &mut Vec<DeviceView>, view: DeviceView) -> bool {
    match devices.iter_mut().find(|known| known.device == view.device) {
        Some(known) if *known == view => false,
        Some(known) => {
            *known = view;
            true
        }
        None => {
            devices.push(view);
            devices.sort_by_key(|known| known.device);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_keeps_its_place_and_only_news_is_news() {
        let mut devices = Vec::new();
        let view = |device, state| DeviceView { device, state };
        assert!(put(&mut devices, view(Device::Scanner, DeviceState::Ready)));
        assert!(put(
            &mut devices,
            view(Device::CardReader, DeviceState::Card)
        ));
        assert!(!put(
            &mut devices,
            view(Device::Scanner, DeviceState::Ready)
        ));
        let gone = view(Device::Scanner, DeviceState::Trouble("scan.not_found"));
        assert!(put(&mut devices, gone));
        assert_eq!(devices, [view(Device::CardReader, DeviceState::Card), gone]);
    }
}
