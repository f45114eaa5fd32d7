//! A capture on a thread of its own, so that a driver that hangs does not hang the desk, with one place for the newest
//! picture that any number of readers look at.
//!
//! A camera gives pictures at its own pace; what nobody took in time is overwritten, and nothing piles up. A film gives
//! the next picture when the desk asks for one, so that the same film is seen the same way on any machine.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use models::Portrait;
use models::presence::Pose;

use super::CameraError;

/// Where pictures come from; opened and used on the feed's thread alone.
pub trait Eye {
    /// The next picture; may block for as long as the driver does.
    ///
    /// # Errors
    /// [`CameraError`]; the eye is closed after it.
    fn look(&mut self, pose: Pose) -> Result<Portrait, CameraError>;

    /// Whether it gives pictures unasked, as a camera does.
    fn is_live(&self) -> bool;
}

/// Opens an eye; called again each time after one was closed.
pub type OpenEye = Box<dyn FnMut() -> Result<Box<dyn Eye>, CameraError> + Send>;

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From opening to the first picture. Webcams take one to three seconds: power, format, exposure.
    pub first: Duration,
    /// From one picture to the next. A camera in the dark may go down to five a second.
    pub next: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(8),
            next: Duration::from_secs(2),
        }
    }
}

/// Threads that a driver does not give back; beyond this no new one is begun.
const LEFT_BEHIND: usize = 2;

/// How long letting go of a capture may take before its thread is left behind.
const RELEASE: Duration = Duration::from_secs(1);

#[derive(Default)]
struct State {
    /// Counts the captures; what an earlier one still says is not listened to.
    capture: u64,
    newest: Option<(u64, Arc<Portrait>)>,
    /// Pictures given in all; numbers never repeat.
    given: u64,
    /// Up to which picture a film was asked for.
    wanted: u64,
    pose: Option<Pose>,
    ended: Option<CameraError>,
    stopped: bool,
}

/// The place of the newest picture.
#[derive(Default)]
pub(super) struct Newest {
    state: Mutex<State>,
    changed: Condvar,
}

impl Newest {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a picture with a number above `seen`; none when the time is over.
    pub(super) fn after(&self, seen: u64, wait: Duration) -> Option<(u64, Arc<Portrait>)> {
        let newer = |state: &State| {
            let (number, picture) = state.newest.as_ref()?;
            (*number > seen).then(|| (*number, Arc::clone(picture)))
        };
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), wait, |state| newer(state).is_none())
            .unwrap_or_else(PoisonError::into_inner);
        newer(&state)
    }
}

/// One source of pictures and whoever reads it.
pub(super) struct Feed {
    newest: Arc<Newest>,
    open: Arc<Mutex<OpenEye>>,
    patience: Patience,
    thread: Option<JoinHandle<()>>,
    left_behind: Vec<JoinHandle<()>>,
    seen: u64,
    /// The capture has given a picture.
    begun: bool,
}

impl Feed {
    pub(super) fn new(open: OpenEye) -> Self {
        Self {
            newest: Arc::default(),
            open: Arc::new(Mutex::new(open)),
            patience: Patience::default(),
            thread: None,
            left_behind: Vec::new(),
            seen: 0,
            begun: false,
        }
    }

    /// Waits so long from now on.
    pub(super) fn wait(&mut self, patience: Patience) {
        self.patience = patience;
    }

    pub(super) fn newest(&self) -> Arc<Newest> {
        Arc::clone(&self.newest)
    }

    /// The next picture that was not taken yet. After [`CameraError::Hung`] the same capture is still waited for; after
    /// any other error the next call opens anew.
    pub(super) fn frame(&mut self, pose: Pose) -> Result<Arc<Portrait>, CameraError> {
        self.run()?;
        let wait = match self.begun {
            true => self.patience.next,
            false => self.patience.first,
        };
        let seen = self.seen;
        let newer = |state: &State| {
            state
                .newest
                .as_ref()
                .is_some_and(|(number, _)| *number > seen)
        };
        let mut state = self.newest.lock();
        state.pose = Some(pose);
        state.wanted = state.given + 1;
        self.newest.changed.notify_all();
        let (mut state, _) = self
            .newest
            .changed
            .wait_timeout_while(state, wait, |state| !newer(state) && state.ended.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        // A picture that came before the end is still one.
        if let Some((number, picture)) = state.newest.as_ref().filter(|(number, _)| *number > seen)
        {
            self.seen = *number;
            self.begun = true;
            return Ok(Arc::clone(picture));
        }
        let ended = state.ended.take();
        drop(state);
        match ended {
            Some(error) => {
                self.close();
                Err(error)
            }
            None => Err(CameraError::Hung),
        }
    }

    /// Closes the capture and wipes the newest picture; a later [`Self::frame`] opens it again.
    pub(super) fn close(&mut self) {
        {
            let mut state = self.newest.lock();
            state.capture += 1;
            state.newest = None;
            state.ended = None;
            state.stopped = true;
        }
        self.newest.changed.notify_all();
        self.begun = false;
        if let Some(thread) = self.thread.take() {
            let end = Instant::now() + RELEASE;
            while !thread.is_finished() && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
            if !thread.is_finished() {
                self.left_behind.push(thread);
            }
        }
    }

    fn run(&mut self) -> Result<(), CameraError> {
        if self.thread.is_some() {
            return Ok(());
        }
        self.left_behind.retain(|thread| !thread.is_finished());
        if self.left_behind.len() >= LEFT_BEHIND {
            return Err(CameraError::Hung);
        }
        let capture = {
            let mut state = self.newest.lock();
            state.capture += 1;
            state.stopped = false;
            state.ended = None;
            state.wanted = state.given;
            state.capture
        };
        let newest = Arc::clone(&self.newest);
        let open = Arc::clone(&self.open);
        self.thread = Some(thread::spawn(move || watch(&newest, &open, capture)));
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.close();
    }
}

/// Ends the capture's account also when a driver panics.
struct Account<'a> {
    newest: &'a Newest,
    capture: u64,
    error: CameraError,
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        let mut state = self.newest.lock();
        if state.capture == self.capture {
            state.ended = Some(self.error);
            self.newest.changed.notify_all();
        }
    }
}

fn watch(newest: &Newest, open: &Mutex<OpenEye>, capture: u64) {
    let mut account = Account {
        newest,
        capture,
        error: CameraError::Stopped,
    };
    let opened = match open.try_lock() {
        Ok(mut open) => open(),
        Err(std::sync::TryLockError::Poisoned(open)) => (open.into_inner())(),
        // A thread that was left behind is still opening it.
        Err(std::sync::TryLockError::WouldBlock) => Err(CameraError::Hung),
    };
    let mut eye = match opened {
        Ok(eye) => eye,
        Err(error) => {
            account.error = error;
            return;
        }
    };
    let live = eye.is_live();
    loop {
        let pose = {
            let idle = |state: &mut State| {
                state.capture == capture && !live && state.wanted <= state.given
            };
            let state = newest
                .changed
                .wait_while(newest.lock(), idle)
                .unwrap_or_else(PoisonError::into_inner);
            if state.capture != capture || state.stopped {
                return;
            }
            state.pose.unwrap_or(Pose::Straight)
        };
        match eye.look(pose) {
            Ok(picture) => {
                let mut state = newest.lock();
                if state.capture != capture {
                    return;
                }
                state.given += 1;
                state.newest = Some((state.given, Arc::new(picture)));
                newest.changed.notify_all();
            }
            Err(error) => {
                account.error = error;
                return;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
