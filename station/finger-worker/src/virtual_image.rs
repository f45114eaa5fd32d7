//! Feeds pictures to libfprint's `virtual_image` driver, which exists when the worker's environment
//! has `FP_VIRTUAL_IMAGE=/path.sock`. For tests, practice and the demo; what comes in by this door is
//! marked simulated.
//!
//! The driver listens on the socket while the device is open. Two native-endian `i32`s are a width
//! and a height with that many gray bytes after them, or a width of -1 and a retry code, or -2 and a
//! device error.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::FingerPixels;
use crate::protocol::Retry;

/// The variable that makes the device appear; its value is the socket's path.
pub const VARIABLE: &str = "FP_VIRTUAL_IMAGE";

/// How long to wait for the worker to open the device.
const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Lays a finger on the virtual sensor; waits until a capture has opened it.
///
/// # Errors
/// When nobody opens the device in 20 s, or the worker closes it before all pixels are taken.
pub fn feed(socket: &Path, finger: &FingerPixels) -> io::Result<()> {
    let mut stream = connect(socket)?;
    let (width, height) = (finger.width as i32, finger.height as i32);
    stream.write_all(&width.to_ne_bytes())?;
    stream.write_all(&height.to_ne_bytes())?;
    stream.write_all(&finger.pixels)
}

/// Makes the virtual sensor ask for the finger once more.
///
/// # Errors
/// As [`feed`].
pub fn feed_retry(socket: &Path, reason: Retry) -> io::Result<()> {
    // FpDeviceRetry counts in this order.
    let code: i32 = match reason {
        Retry::General => 0,
        Retry::TooShort => 1,
        Retry::CenterFinger => 2,
        Retry::RemoveFinger => 3,
    };
    control(socket, -1, code)
}

/// Makes the virtual sensor fail in general (`FP_DEVICE_ERROR_GENERAL`).
///
/// # Errors
/// As [`feed`].
pub fn feed_fault(socket: &Path) -> io::Result<()> {
    control(socket, -2, 0)
}

fn control(socket: &Path, what: i32, code: i32) -> io::Result<()> {
    let mut stream = connect(socket)?;
    stream.write_all(&what.to_ne_bytes())?;
    stream.write_all(&code.to_ne_bytes())
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(socket) {
            Ok(stream) => return Ok(stream),
            Err(error) if start.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(BETWEEN_TRIES),
        }
    }
}
