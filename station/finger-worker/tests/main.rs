//! The real worker process with libfprint's own virtual sensor.
#![allow(clippy::unwrap_used, reason = "tests")]

mod virtual_sensor;
