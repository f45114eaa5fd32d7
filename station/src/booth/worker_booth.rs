//! The desk's side of the pipe: starts `niem-person-worker`, asks it, and takes no harm when a driver or an engine there
//! crashes or hangs. The next question starts a new one.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bundle::{Device, DeviceKind};
use models::presence::PresenceFault;
use zeroize::Zeroizing;

use crate::desk::Step;
use crate::devices::camera::{Look, Shot, is_simulated};
use crate::devices::device;
use crate::visit::{FaceResult, FingerResult, Stop, StopKind};

use super::wire::{Line, Setup, Taken, Told, hear, known, say, take};
use super::{Booth, FaceAsk, FingerAsk};

/// The program is not there.
pub(super) const MISSING: &str = "person.worker_missing";
/// It ended, or said nothing for too long.
pub(super) const DIED: &str = "person.worker_died";
/// It said something that is not said here.
pub(super) const BAD_ANSWER: &str = "person.worker_answer";

/// How long loading the models may take.
const LOADING: Duration = Duration::from_secs(60);
/// How long the worker may be silent. A face that does nothing ends its attempt after half a minute
/// (`models::presence::Limits`), and a lost camera is waited for not as long.
const SILENCE: Duration = Duration::from_secs(120);

/// What of the desk's own environment the worker sees: threads of the engines and where libraries lie.
const ENVIRONMENT: [&str; 3] = ["OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "LD_LIBRARY_PATH"];

/// A booth in a process of its own.
pub struct WorkerBooth {
    program: PathBuf,
    setup: Setup,
    running: Option<Running>,
    window: Arc<Window>,
    shown: bool,
}

struct Running {
    child: Child,
    asks: ChildStdin,
    told: Receiver<Told>,
}

/// The newest picture of the preview.
#[derive(Default)]
struct Window {
    place: Mutex<Place>,
    changed: Condvar,
}

#[derive(Default)]
struct Place {
    /// Pictures put here so far, by whichever worker: a reader's number stays good.
    count: u64,
    shot: Option<Shot>,
}

impl WorkerBooth {
    /// Nothing is started before somebody is to be looked at.
    #[must_use]
    pub fn new(program: PathBuf, setup: Setup) -> Self {
        Self {
            program,
            setup,
            running: None,
            window: Arc::default(),
            shown: false,
        }
    }

    /// The worker's process id, while there is one.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// Sends a line and what follows it, to a worker that is started if there is none.
    fn ask(&mut self, line: &Line, following: &[&[u8]]) -> Result<(), Stop> {
        if self.running.is_none() {
            self.start()?;
        }
        let Some(running) = &mut self.running else {
            return Err(Stop::failure(DIED));
        };
        let mut sent = say(&mut running.asks, line);
        for bytes in following {
            sent = sent.and_then(|()| running.asks.write_all(bytes));
        }
        sent.map_err(|_| self.ended(DIED))
    }

    /// Starts the worker and waits until its models are loaded; the questions do this too, if need be.
    ///
    /// # Errors
    /// When the program is missing or its models are.
    pub fn start(&mut self) -> Result<(), Stop> {
        let environment = ENVIRONMENT
            .into_iter()
            .filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut child = Command::new(&self.program)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| Stop::failure(MISSING))?;
        let (Some(asks), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Stop::failure(MISSING));
        };
        let (sender, told) = channel();
        let window = Arc::clone(&self.window);
        thread::spawn(move || listen(output, &sender, &window));
        self.running = Some(Running { child, asks, told });
        let setup = Line::Setup(self.setup.clone());
        self.ask(&setup, &[])?;
        match self.answer(LOADING)? {
            Told::Ready {} => {}
            Told::Stopped { refusal, code } => {
                let stop = stop(refusal, &code);
                self.ended(DIED);
                return Err(stop.unwrap_or_else(|| Stop::failure(BAD_ANSWER)));
            }
            _ => return Err(self.ended(BAD_ANSWER)),
        }
        if self.shown {
            self.ask(&Line::Preview {}, &[])?;
        }
        Ok(())
    }

    /// The next thing that the worker tells.
    fn answer(&mut self, limit: Duration) -> Result<Told, Stop> {
        let told = match &self.running {
            Some(running) => running.told.recv_timeout(limit),
            None => Err(RecvTimeoutError::Disconnected),
        };
        // Gone, or hung in a library: both are cured by a new process only.
        told.map_err(|_| self.ended(DIED))
    }

    /// Passes steps on until the answer comes.
    fn follow(&mut self, silence: Duration, watch: &mut dyn FnMut(Step)) -> Result<Told, Stop> {
        loop {
            match self.answer(silence)? {
                Told::Step { step } => match step.step() {
                    Some(step) => watch(step),
                    None => return Err(self.ended(BAD_ANSWER)),
                },
                Told::Stopped { refusal, code } => {
                    return Err(stop(refusal, &code).unwrap_or_else(|| self.ended(BAD_ANSWER)));
                }
                answer => return Ok(answer),
            }
        }
    }

    /// Ends the worker: what it says from now on cannot be matched to a question.
    fn ended(&mut self, code: &'static str) -> Stop {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
        Stop::failure(code)
    }
}

impl Booth for WorkerBooth {
    /// A worker that dies costs the attempt: somebody may have seen the turns, and the next attempt asks for others.
    fn face(&mut self, ask: &FaceAsk, watch: &mut dyn FnMut(Step)) -> Result<FaceResult, Stop> {
        match self.look(ask, watch) {
            Err(stop) if stop.code == DIED => {
                let (code, attempt) = (PresenceFault::Interrupted.code(), ask.attempt);
                watch(Step::NotPresent { code, attempt });
                let device = self.wanted_camera();
                Ok(FaceResult::NotPresent { code, device })
            }
            seen => seen,
        }
    }

    /// A worker that dies is asked once more: the finger has only to be laid down again.
    fn finger(
        &mut self,
        ask: &FingerAsk,
        watch: &mut dyn FnMut(Step),
    ) -> Result<FingerResult, Stop> {
        match self.touch(ask, watch) {
            Err(stop) if stop.code == DIED => self.touch(ask, watch),
            seen => seen,
        }
    }

    fn show(&mut self) {
        // People see the person before them also without a picture.
        let _ = self.ask(&Line::Show {}, &[]);
    }

    fn rest(&mut self) {
        if self.running.is_some() {
            // A worker that is gone is noticed by the next question.
            let _ = self.ask(&Line::Rest {}, &[]);
        }
        self.window.clear();
    }

    fn preview(&mut self) -> Option<Box<dyn Look>> {
        if !self.shown {
            self.shown = true;
            if self.running.is_some() {
                self.ask(&Line::Preview {}, &[]).ok()?;
            }
        }
        Some(Box::new(Arc::clone(&self.window)))
    }
}

impl WorkerBooth {
    /// The camera that stands first in the list: a worker that died did not say which one it had.
    fn wanted_camera(&self) -> Device {
        let source = self.setup.camera.sources.first();
        let source = source.map_or("", String::as_str);
        let simulated = is_simulated(source);
        let name = match simulated {
            true => "file",
            false => source,
        };
        device(DeviceKind::Camera, name, "opencv-videoio", simulated)
    }

    fn look(&mut self, ask: &FaceAsk, watch: &mut dyn FnMut(Step)) -> Result<FaceResult, Stop> {
        let line = Line::Face {
            portrait: ask.portrait.len(),
            poses: ask.poses,
            attempt: ask.attempt,
            notices: ask.notices.iter().map(|code| (*code).to_owned()).collect(),
        };
        self.ask(&line, &[&ask.portrait])?;
        let seen = match self.follow(SILENCE, watch)? {
            Told::Compared {
                comparison,
                presence,
            } => comparison
                .comparison()
                .map(|comparison| FaceResult::Compared {
                    comparison,
                    presence,
                }),
            Told::NotPresent { code, device } => {
                known(&code).map(|code| FaceResult::NotPresent { code, device })
            }
            _ => None,
        };
        seen.ok_or_else(|| self.ended(BAD_ANSWER))
    }

    fn touch(
        &mut self,
        ask: &FingerAsk,
        watch: &mut dyn FnMut(Step),
    ) -> Result<FingerResult, Stop> {
        let line = Line::Finger {
            records: ask
                .records
                .iter()
                .map(|record| Taken {
                    bytes: record.image.len(),
                    dpi: record.dpi,
                })
                .collect(),
            finger: ask.finger,
            presentation: ask.presentation,
        };
        let following: Vec<&[u8]> = ask
            .records
            .iter()
            .map(|record| record.image.as_slice())
            .collect();
        self.ask(&line, &following)?;
        let wait = self.setup.sensor.as_ref().map_or(0, |it| it.wait_ms);
        let silence = SILENCE + Duration::from_millis(wait);
        let seen = match self.follow(silence, watch)? {
            Told::FingerCompared {
                comparison,
                quality,
            } => comparison
                .comparison()
                .map(|comparison| FingerResult::Compared {
                    comparison,
                    quality,
                }),
            Told::FingerUnusable {
                code,
                quality,
                device,
            } => known(&code).map(|code| FingerResult::Unusable {
                code,
                quality,
                device,
            }),
            Told::FingerNotDone { reason } => known(&reason).map(FingerResult::NotDone),
            _ => None,
        };
        seen.ok_or_else(|| self.ended(BAD_ANSWER))
    }
}

impl Drop for WorkerBooth {
    fn drop(&mut self) {
        self.ended(DIED);
    }
}

impl Window {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, jpeg: Zeroizing<Vec<u8>>) {
        let mut place = self.lock();
        place.count += 1;
        place.shot = Some(Shot::new(place.count, jpeg));
        self.changed.notify_all();
    }

    fn clear(&self) {
        self.lock().shot = None;
    }
}

impl Look for Arc<Window> {
    fn after(&self, seen: u64, wait: Duration) -> Option<Shot> {
        let end = Instant::now() + wait;
        let mut place = self.lock();
        loop {
            if let Some(shot) = place.shot.as_ref().filter(|shot| shot.number > seen) {
                return Some(shot.clone());
            }
            let left = end.checked_duration_since(Instant::now())?;
            (place, _) = self
                .changed
                .wait_timeout(place, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn stop(refusal: bool, code: &str) -> Option<Stop> {
    let kind = match refusal {
        true => StopKind::Refusal,
        false => StopKind::Failure,
    };
    known(code).map(|code| Stop { kind, code })
}

/// Reads what the worker tells until it closes its side or says something else.
fn listen(mut output: ChildStdout, sender: &Sender<Told>, window: &Window) {
    while let Ok(Some(told)) = hear(&mut output) {
        let Told::Shot { bytes } = told else {
            if sender.send(told).is_err() {
                return;
            }
            continue;
        };
        match take(&mut output, bytes) {
            Ok(jpeg) => window.put(jpeg),
            Err(_) => return,
        }
    }
}
