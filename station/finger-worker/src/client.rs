//! Starts the worker and talks with it, with a limit on every wait.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::SensorError;
use crate::protocol::{Answer, DeviceInfo, MAX_LINE, MAX_PIXELS, Request};

/// How long listing devices may take: USB enumeration with a slow hub.
const LISTING: Duration = Duration::from_secs(10);
/// How much later than the finger's own time limit the worker may answer before it counts as hung:
/// opening and closing a sensor.
const GRACE: Duration = Duration::from_secs(8);

/// Gray pixels of a finger; wiped when dropped, without `Debug`.
pub struct FingerPixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Zeroizing<Vec<u8>>,
}

impl FingerPixels {
    /// Takes pixels row by row; `None` unless they fill the rectangle.
    #[must_use]
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        let pixels = Zeroizing::new(pixels);
        let expected = width.checked_mul(height).filter(|&n| n <= MAX_PIXELS)?;
        (pixels.len() == expected as usize).then_some(Self {
            width,
            height,
            pixels,
        })
    }
}

/// What the sensor saw. Its pixels are wiped when dropped; it has no `Debug`.
pub struct CapturedFinger {
    /// Gray, row by row, ridges dark.
    pub pixels: Zeroizing<Vec<u8>>,
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Resolution, when the driver says it; 500 is the rule where it does not.
    pub dpi: Option<u32>,
    /// The sensor's name, for the record.
    pub device: String,
    /// The sensor's driver, for the record.
    pub driver: String,
    /// Whether a program fed this picture. A real verifier refuses such a visit.
    pub simulated: bool,
}

/// A running worker process. Dropping it ends the process.
pub struct SensorWorker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<Result<Heard, SensorError>>,
}

/// An answer with the pixels that belong to it.
struct Heard {
    answer: Answer,
    pixels: Zeroizing<Vec<u8>>,
}

impl SensorWorker {
    /// Starts the worker. It sees only the environment given here, so that no virtual sensor slips in
    /// from the desk's own.
    ///
    /// # Errors
    /// [`SensorError::WorkerMissing`] when the program cannot be started.
    pub fn spawn(program: &Path, env: &[(String, String)]) -> Result<Self, SensorError> {
        let mut child = Command::new(program)
            .env_clear()
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| SensorError::WorkerMissing)?;
        let requests = child.stdin.take();
        let output = child.stdout.take().expect("stdout was asked to be a pipe");
        let (sender, answers) = channel();
        std::thread::spawn(move || listen(output, &sender));
        Ok(Self {
            child,
            requests,
            answers,
        })
    }

    /// The sensors the worker sees now.
    ///
    /// # Errors
    /// [`SensorError`] when the worker is gone or talks nonsense.
    pub fn devices(&mut self) -> Result<Vec<DeviceInfo>, SensorError> {
        match self.ask(&Request::Devices {}, LISTING)?.answer {
            Answer::Devices { devices } => Ok(devices),
            Answer::Failed { failure } => Err(failure.into()),
            Answer::Image { .. } => Err(self.broken(SensorError::BadAnswer)),
        }
    }

    /// Waits for a finger on the first sensor that takes pictures.
    ///
    /// # Errors
    /// [`SensorError`]; after `worker_died` or `bad_answer` this worker is spent.
    pub fn capture(&mut self, timeout: Duration) -> Result<CapturedFinger, SensorError> {
        self.capture_from(None, timeout)
    }

    /// Waits for a finger on the sensor with this [`DeviceInfo::id`].
    ///
    /// # Errors
    /// As [`Self::capture`].
    pub fn capture_from(
        &mut self,
        device: Option<&str>,
        timeout: Duration,
    ) -> Result<CapturedFinger, SensorError> {
        let request = Request::Capture {
            device: device.map(str::to_owned),
            timeout_ms: timeout.as_millis().clamp(1, 600_000) as u32,
        };
        let heard = self.ask(&request, timeout + GRACE)?;
        match heard.answer {
            Answer::Image {
                width,
                height,
                dpi,
                device,
            } => Ok(CapturedFinger {
                pixels: heard.pixels,
                width,
                height,
                dpi,
                device: device.name,
                driver: device.driver,
                simulated: device.simulated,
            }),
            Answer::Failed { failure } => Err(failure.into()),
            Answer::Devices { .. } => Err(self.broken(SensorError::BadAnswer)),
        }
    }

    /// The worker's process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    fn ask(&mut self, request: &Request, limit: Duration) -> Result<Heard, SensorError> {
        let mut line = serde_json::to_vec(request).expect("a request is plain data");
        line.push(b'\n');
        let sent = self
            .requests
            .as_mut()
            .is_some_and(|pipe| pipe.write_all(&line).is_ok());
        if !sent {
            return Err(self.broken(SensorError::WorkerDied));
        }
        match self.answers.recv_timeout(limit) {
            Ok(Ok(heard)) => Ok(heard),
            Ok(Err(error)) => Err(self.broken(error)),
            // Gone, or hung in its C library: both are cured by a new process only.
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => {
                Err(self.broken(SensorError::WorkerDied))
            }
        }
    }

    /// Ends the worker: what it says from now on cannot be matched to a question.
    fn broken(&mut self, error: SensorError) -> SensorError {
        self.requests = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
        error
    }
}

impl Drop for SensorWorker {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads answers until the worker closes its side.
fn listen(mut output: ChildStdout, sender: &Sender<Result<Heard, SensorError>>) {
    loop {
        let heard = match hear(&mut output) {
            Ok(Some(heard)) => Ok(heard),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let last = heard.is_err();
        if sender.send(heard).is_err() || last {
            return;
        }
    }
}

/// One answer; `None` when the pipe ended. Reads without a buffer of its own, lest pixels stay in it.
fn hear(output: &mut impl Read) -> Result<Option<Heard>, SensorError> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0u8];
        if output.read_exact(&mut byte).is_err() {
            return Ok(None);
        }
        if byte[0] == b'\n' {
            break;
        }
        line.push(byte[0]);
        if line.len() > MAX_LINE {
            return Err(SensorError::BadAnswer);
        }
    }
    let answer: Answer = serde_json::from_slice(&line).map_err(|_| SensorError::BadAnswer)?;
    let mut pixels = Zeroizing::new(Vec::new());
    if let Answer::Image { width, height, .. } = answer {
        let count = width
            .checked_mul(height)
            .filter(|n| (1..=MAX_PIXELS).contains(n))
            .ok_or(SensorError::BadAnswer)?;
        *pixels = vec![0; count as usize];
        if output.read_exact(&mut pixels).is_err() {
            return Ok(None);
        }
    }
    Ok(Some(Heard { answer, pixels }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> Result<Option<Heard>, SensorError> {
        hear(&mut &bytes[..])
    }

    const HEADER: &str = r#"{"answer":"image","width":W,"height":2,"dpi":null,"device":{"id":"a","name":"b","driver":"c","captures":true,"simulated":false}}"#;

    #[test]
    fn a_picture_comes_with_its_pixels() {
        let mut bytes = HEADER.replace('W', "3").into_bytes();
        bytes.extend(b"\n\n\x00{}\xff!rest");
        let heard = heard(&bytes).unwrap().unwrap();
        assert_eq!(*heard.pixels, b"\n\x00{}\xff!");
    }

    #[test]
    fn a_picture_cut_short_is_an_end() {
        let mut bytes = HEADER.replace('W', "3").into_bytes();
        bytes.extend(b"\n123");
        assert!(heard(&bytes).unwrap().is_none());
    }

    #[test]
    fn sizes_out_of_bounds_are_refused_before_memory_is_taken() {
        for width in ["0", "4294967295", "3000000"] {
            let line = HEADER.replace('W', width) + "\n";
            assert_eq!(heard(line.as_bytes()).err(), Some(SensorError::BadAnswer));
        }
    }

    #[test]
    fn nonsense_and_endless_lines_are_refused() {
        assert_eq!(heard(b"hello\n").err(), Some(SensorError::BadAnswer));
        let endless = vec![b' '; MAX_LINE + 2];
        assert_eq!(heard(&endless).err(), Some(SensorError::BadAnswer));
    }

    #[test]
    fn pixels_must_fill_the_rectangle() {
        assert!(FingerPixels::new(2, 2, vec![0; 4]).is_some());
        assert!(FingerPixels::new(2, 2, vec![0; 5]).is_none());
        assert!(FingerPixels::new(u32::MAX, 2, vec![0; 4]).is_none());
    }
}
