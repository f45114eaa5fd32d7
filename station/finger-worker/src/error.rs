//! Why there is no picture of a finger.

use crate::protocol::{Failure, Fault, Retry};

/// What went wrong at the sensor or on the way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SensorError {
    /// No sensor, or none that hands over pictures.
    #[error("no fingerprint sensor that takes pictures")]
    NotFound,
    /// The finger has to be placed again.
    #[error("place the finger again ({reason:?})")]
    Retry {
        /// What the sensor found wrong.
        reason: Retry,
    },
    /// Nobody placed a finger in time.
    #[error("no finger in time")]
    Timeout,
    /// The worker process ended or hung; it has to be spawned anew.
    #[error("the sensor's process died")]
    WorkerDied,
    /// The worker's program could not be started.
    #[error("the sensor's process cannot be started")]
    WorkerMissing,
    /// The worker answered what no worker of ours answers.
    #[error("the sensor's process gave an answer that cannot be read")]
    BadAnswer,
    /// The sensor itself failed.
    #[error("the sensor failed ({fault:?})")]
    Device {
        /// What it said.
        fault: Fault,
    },
}

/// Every code [`SensorError::code`] can answer.
pub const CODES: &[&str] = &[
    "sensor.not_found",
    "sensor.retry",
    "sensor.too_short",
    "sensor.not_centred",
    "sensor.lift_finger",
    "sensor.timeout",
    "sensor.worker_died",
    "sensor.worker_missing",
    "sensor.bad_answer",
    "sensor.device",
];

impl SensorError {
    /// The stable code under which the remedy is documented.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "sensor.not_found",
            Self::Retry { reason } => match reason {
                Retry::General => "sensor.retry",
                Retry::TooShort => "sensor.too_short",
                Retry::CenterFinger => "sensor.not_centred",
                Retry::RemoveFinger => "sensor.lift_finger",
            },
            Self::Timeout => "sensor.timeout",
            Self::WorkerDied => "sensor.worker_died",
            Self::WorkerMissing => "sensor.worker_missing",
            Self::BadAnswer => "sensor.bad_answer",
            Self::Device { .. } => "sensor.device",
        }
    }
}

impl From<Failure> for SensorError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::Retry(reason) => Self::Retry { reason },
            Failure::Timeout => Self::Timeout,
            Failure::Device(fault) => Self::Device { fault },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_own_listed_code() {
        let retry = |reason| SensorError::Retry { reason };
        let all = [
            SensorError::NotFound,
            retry(Retry::General),
            retry(Retry::TooShort),
            retry(Retry::CenterFinger),
            retry(Retry::RemoveFinger),
            SensorError::Timeout,
            SensorError::WorkerDied,
            SensorError::WorkerMissing,
            SensorError::BadAnswer,
            SensorError::Device {
                fault: Fault::General,
            },
        ];
        let codes: Vec<_> = all.iter().map(SensorError::code).collect();
        assert_eq!(codes, CODES);
    }
}
