//! What desk and worker say to each other: a JSON line asks, a JSON line answers, and after the
//! header of a picture come its gray bytes.

use serde::{Deserialize, Serialize};

/// Longest line either side reads, in bytes.
pub const MAX_LINE: usize = 64 * 1024;
/// Largest picture either side passes on, in pixels.
pub const MAX_PIXELS: u32 = 4_000_000;

/// What the desk asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Which sensors are there?
    Devices {},
    /// Take one picture.
    Capture {
        /// [`DeviceInfo::id`]; the first sensor that can take pictures when absent.
        device: Option<String>,
        /// How long to wait for a finger, in milliseconds.
        timeout_ms: u32,
    },
}

/// What the worker answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The sensors found.
    Devices {
        /// In the order libfprint found them.
        devices: Vec<DeviceInfo>,
    },
    /// A picture; `width * height` gray bytes follow this line.
    Image {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Resolution, when the driver says it.
        dpi: Option<u32>,
        /// The sensor that took it.
        device: DeviceInfo,
    },
    /// No picture.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// One sensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceInfo {
    /// Driver and place, unique in this worker.
    pub id: String,
    /// What the maker calls it.
    pub name: String,
    /// libfprint's name of the driver.
    pub driver: String,
    /// Whether it can hand over pictures; sensors that match inside themselves cannot.
    pub captures: bool,
    /// Whether this is no sensor but a program that feeds pictures.
    pub simulated: bool,
}

/// Why the worker has no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum Failure {
    /// No such sensor, or none that takes pictures.
    NotFound,
    /// The finger has to be placed again.
    Retry(Retry),
    /// Nobody placed a finger in time.
    Timeout,
    /// The sensor failed.
    Device(Fault),
}

/// Why the finger has to be placed again (`FpDeviceRetry`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Poor picture, no more said.
    General,
    /// Swiped too briefly.
    TooShort,
    /// Not in the middle.
    CenterFinger,
    /// Lift it first.
    RemoveFinger,
}

/// What is wrong with the sensor (`FpDeviceError`, and what USB says).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No more said.
    General,
    /// It cannot do this.
    NotSupported,
    /// Another program has it.
    Busy,
    /// It answered nonsense.
    Protocol,
    /// It was pulled out.
    Removed,
    /// It must cool down.
    TooHot,
    /// The account may not open it.
    AccessDenied,
    /// Its picture is empty or larger than any sensor's.
    BadImage,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_on_the_wire_are_fixed() {
        let ask = Request::Capture {
            device: None,
            timeout_ms: 500,
        };
        let line = serde_json::to_string(&ask).unwrap();
        assert_eq!(line, r#"{"ask":"capture","device":null,"timeout_ms":500}"#);
        let failed = Answer::Failed {
            failure: Failure::Retry(Retry::CenterFinger),
        };
        let line = serde_json::to_string(&failed).unwrap();
        assert_eq!(
            line,
            r#"{"answer":"failed","failure":{"kind":"retry","detail":"center_finger"}}"#
        );
        assert_eq!(serde_json::from_str::<Answer>(&line).unwrap(), failed);
        let line = serde_json::to_string(&Request::Devices {}).unwrap();
        assert_eq!(line, r#"{"ask":"devices"}"#);
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Request>(r#"{"ask":"devices","x":1}"#).is_err());
        assert!(serde_json::from_str::<Request>(r#"{"ask":"enroll"}"#).is_err());
    }
}
