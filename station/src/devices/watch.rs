//! Which devices are there, followed for as long as the desk stands, and told when it changes.
//!
//! Nothing is opened for it and nobody is looked at. The card service tells of readers and cards by itself. Cameras are
//! looked for in the kernel's tree every two seconds (a few small files). Scanners and finger sensors have to be searched
//! for by their drivers, which may wake the device up: that is done when something was plugged in or out, while one is
//! missing, and else hardly ever.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use emrtd::transport::TransportError;
use emrtd::transport::pcsc::{Standing, Watcher};
use finger_worker::SensorWorker;
use screens::{Device, DeviceState, DeviceView};

use super::SensorError;
use super::camera;
use super::scanner::Scanners;

/// Where the kernel lists what hangs on USB.
const USB: &str = "/sys/bus/usb/devices";

/// How long a watching thread takes at most to notice that it is to end.
const TICK: Duration = Duration::from_millis(200);

/// How often is looked at what does not tell of itself.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The kernel's lists, and a card service that does not run.
    pub glance: Duration,
    /// A scanner or sensor that is missing is searched for.
    pub missing: Duration,
    /// A scanner that hangs on no USB and was there the last time.
    pub well: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        // A cable that was put back is seen before the hand has left it; a search takes a second of one core.
        Self {
            glance: Duration::from_secs(2),
            missing: Duration::from_secs(10),
            well: Duration::from_secs(60),
        }
    }
}

/// What is watched.
pub struct Watched {
    /// A part of the card reader's name; empty for any.
    pub reader: String,
    pub camera: WatchedCamera,
    pub scanners: Scanners,
    /// None at a desk without one.
    pub sensor: Option<WatchedSensor>,
}

/// The face camera's sources, best first, and which of them may be used.
pub struct WatchedCamera {
    pub sources: Vec<String>,
    pub allow: Vec<String>,
    pub practice: bool,
}

/// The process that knows the finger sensor.
pub struct WatchedSensor {
    pub worker: PathBuf,
    pub env: Vec<(String, String)>,
    /// Somebody's finger is being taken: then nobody searches.
    pub in_use: Box<dyn Fn() -> bool + Send>,
}

/// Hears how it stands, from whichever thread saw it; the same may be said again.
pub type Tell = Arc<dyn Fn(DeviceView) + Send + Sync>;

/// Ends the watching when dropped; threads that wait for a driver end once it comes back.
#[must_use = "dropped, it ends the watching"]
pub struct Watch {
    stop: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    /// Watches from now on, each kind of device on a thread of its own: a driver that hangs hides no other.
    pub fn begin(watched: Watched, pace: Pace, tell: Tell) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let eye = |device| Eye {
            device,
            pace,
            tell: tell.clone(),
            stop: Arc::clone(&stop),
        };
        let Watched {
            reader,
            camera,
            scanners,
            sensor,
        } = watched;
        let readers = eye(Device::CardReader);
        thread::spawn(move || readers.follow_readers(&reader));
        let cameras = eye(Device::Camera);
        thread::spawn(move || cameras.follow_camera(&camera));
        let papers = eye(Device::Scanner);
        let well = (!scanners.hang_on_usb()).then_some(pace.well);
        thread::spawn(move || papers.search(well, || Some(scanners.search())));
        if let Some(sensor) = sensor {
            let fingers = eye(Device::FingerSensor);
            thread::spawn(move || fingers.search(None, || sensor.search()));
        }
        Self { stop }
    }
}

/// One watching thread's.
struct Eye {
    device: Device,
    pace: Pace,
    tell: Tell,
    stop: Arc<AtomicBool>,
}

impl Eye {
    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn say(&self, state: DeviceState) {
        if !self.stops() {
            (self.tell)(DeviceView {
                device: self.device,
                state,
            });
        }
    }

    fn stands(&self, stands: Result<(), &'static str>) {
        self.say(match stands {
            Ok(()) => DeviceState::Ready,
            Err(code) => DeviceState::Trouble(code),
        });
    }

    fn rest(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.stops() {
            thread::sleep(TICK.min(end.saturating_duration_since(Instant::now())));
        }
    }

    fn follow_readers(&self, wanted: &str) {
        while !self.stops() {
            let ended = Watcher::new(wanted).and_then(|mut watcher| {
                while !self.stops() {
                    // Returns at once when a reader or a card comes or goes.
                    self.say(match watcher.look(self.pace.glance)? {
                        Standing::NoReader => DeviceState::Trouble(TransportError::NoReader.code()),
                        Standing::Empty => DeviceState::Ready,
                        Standing::Card => DeviceState::Card,
                        Standing::Mute => DeviceState::Trouble("card.silent"),
                    });
                }
                Ok(())
            });
            if let Err(error) = ended {
                self.stands(Err(error.code()));
                self.rest(self.pace.glance);
            }
        }
    }

    fn follow_camera(&self, camera: &WatchedCamera) {
        while !self.stops() {
            let stands = camera::standing(&camera.sources, &camera.allow, camera.practice);
            self.stands(stands.map_err(|error| error.code()));
            self.rest(self.pace.glance);
        }
    }

    /// Searches when something on USB changed, while nothing is found, and after `well` where there is such a time. A
    /// search that says nothing found the device at work, and changes nothing.
    fn search(
        &self,
        well: Option<Duration>,
        search: impl Fn() -> Option<Result<(), &'static str>>,
    ) {
        let mut plugged = None;
        let mut looked: Option<(Instant, bool)> = None;
        while !self.stops() {
            let now = usb();
            let due = looked.is_none_or(|(at, found)| {
                let pause = if found { well } else { Some(self.pace.missing) };
                pause.is_some_and(|pause| at.elapsed() >= pause)
            });
            if due || plugged.as_ref() != Some(&now) {
                match search() {
                    Some(stands) => {
                        looked = Some((Instant::now(), stands.is_ok()));
                        self.stands(stands);
                        plugged = Some(now);
                    }
                    // It is at work; what was plugged meanwhile is seen afterwards.
                    None => looked = Some((Instant::now(), false)),
                }
            }
            self.rest(self.pace.glance);
        }
    }
}

impl WatchedSensor {
    fn search(&self) -> Option<Result<(), &'static str>> {
        if (self.in_use)() {
            return None;
        }
        let found = SensorWorker::spawn(&self.worker, &self.env)
            .and_then(|mut worker| worker.devices())
            .map_err(|error| error.code());
        Some(found.and_then(|found| {
            let captures = found.iter().any(|sensor| sensor.captures);
            captures.then_some(()).ok_or(SensorError::NotFound.code())
        }))
    }
}

/// The names of what hangs on USB; a device that is plugged in again has another one, or the same after a gap.
fn usb() -> BTreeSet<String> {
    fs::read_dir(USB)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    const QUICK: Pace = Pace {
        glance: Duration::from_millis(20),
        missing: Duration::from_millis(50),
        well: Duration::from_millis(100),
    };

    fn eye(device: Device) -> (Eye, Receiver<DeviceState>, Arc<AtomicBool>) {
        let (says, heard) = channel();
        let says = std::sync::Mutex::new(says);
        let stop = Arc::new(AtomicBool::new(false));
        let eye = Eye {
            device,
            pace: QUICK,
            tell: Arc::new(move |view| {
                let _ = says.lock().unwrap().send(view.state);
            }),
            stop: Arc::clone(&stop),
        };
        (eye, heard, stop)
    }

    fn until(heard: &Receiver<DeviceState>, wanted: DeviceState) {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if heard.recv_timeout(Duration::from_secs(10)) == Ok(wanted) {
                return;
            }
        }
        panic!("never {wanted:?}");
    }

    #[test]
    fn a_camera_that_goes_and_comes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.y4m");
        let (eye, heard, stop) = eye(Device::Camera);
        let camera = WatchedCamera {
            sources: vec![film.display().to_string()],
            allow: Vec::new(),
            practice: true,
        };
        let watching = thread::spawn(move || eye.follow_camera(&camera));
        let gone = DeviceState::Trouble("camera.not_found");
        until(&heard, gone);
        fs::write(&film, b"").unwrap();
        until(&heard, DeviceState::Ready);
        fs::remove_file(&film).unwrap();
        until(&heard, gone);
        stop.store(true, Ordering::Relaxed);
        watching.join().unwrap();
    }

    /// A scanner on USB that is there is left in peace; one that is missing is searched for; one at work is not asked.
    #[test]
    fn a_search_is_made_as_rarely_as_may_be() {
        use std::sync::Mutex;
        let outcomes = [None, Some(Err("scan.not_found")), Some(Ok(()))];
        let asked = Arc::new(Mutex::new(0_usize));
        let (eye, heard, stop) = eye(Device::Scanner);
        let count = Arc::clone(&asked);
        let searching = thread::spawn(move || {
            eye.search(None, || {
                let mut count = count.lock().unwrap();
                *count += 1;
                outcomes[(*count - 1).min(2)]
            });
        });
        until(&heard, DeviceState::Trouble("scan.not_found"));
        until(&heard, DeviceState::Ready);
        thread::sleep(QUICK.well * 5);
        assert_eq!(*asked.lock().unwrap(), 3);
        stop.store(true, Ordering::Relaxed);
        searching.join().unwrap();
    }
}
