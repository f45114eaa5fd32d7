//! The worker's side of the conversation, the same in every worker program: hear one request, tell what happens, end.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::wire::{self, Fault, PageHeader, Reply, Request};
use crate::{Capabilities, Progress, SetAside, Waiting};

/// How often a scan in progress says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_millis(250);

/// How often a waiting worker looks whether the desk is still there.
const TICK: Duration = Duration::from_millis(50);

/// Why a request ended early.
#[derive(Debug)]
pub enum Trouble {
    Fault(Fault),
    /// The desk does not listen any more.
    DeskGone(io::Error),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The desk, as a worker sees it.
pub struct Desk {
    pipe: File,
    gone: Arc<AtomicBool>,
    last_sign: Option<Instant>,
    /// What was waited for when that was last told, and when. A driver that begins a page and gives up tells of progress
    /// in between, which must not keep the person at the desk from learning of the open cover.
    last_wait: Option<(Waiting, Instant)>,
}

impl Desk {
    /// Hears the one request. From here on standard output belongs to the conversation alone: what a library prints
    /// there goes to standard error, where it garbles no page. `None` when nobody asked anything sensible.
    ///
    /// # Errors
    /// When the pipes are broken.
    pub fn meet() -> io::Result<Option<(Request, Self)>> {
        let mut pipe = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        rustix::stdio::dup2_stdout(io::stderr())?;
        let mut stdin = BufReader::new(io::stdin());
        let Ok(Some(request)) = wire::read_line::<Request>(&mut stdin) else {
            wire::write_line(&mut pipe, &Reply::Failed(Fault::BadRequest))?;
            return Ok(None);
        };
        let gone = Arc::new(AtomicBool::new(false));
        let watched = Arc::clone(&gone);
        std::thread::spawn(move || {
            let _ = io::copy(&mut stdin.by_ref(), &mut io::sink());
            watched.store(true, Ordering::SeqCst);
        });
        let desk = Self {
            pipe,
            gone,
            last_sign: None,
            last_wait: None,
        };
        Ok(Some((request, desk)))
    }

    /// The desk cancelled or died.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::SeqCst)
    }

    /// Sleeps, and wakes early with [`Fault::Cancelled`] when the desk goes.
    ///
    /// # Errors
    /// As said.
    pub fn pause(&self, length: Duration) -> Result<(), Fault> {
        let begun = Instant::now();
        loop {
            if self.is_gone() {
                return Err(Fault::Cancelled);
            }
            let left = length.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(TICK));
        }
    }

    /// A scanner that a search found.
    ///
    /// # Errors
    /// When the desk is gone.
    pub fn device(&mut self, found: Capabilities) -> Result<(), Trouble> {
        self.tell(&Reply::Device(Box::new(found)))
    }

    /// Says how far the page is, at most a few times a second.
    ///
    /// # Errors
    /// When the desk is gone: the job is cancelled.
    pub fn progress(&mut self, progress: Progress) -> Result<(), Trouble> {
        self.sign(&Reply::Progress(progress))
    }

    /// Says what the job waits for: at once when that is new, and then at most a few times a second.
    ///
    /// # Errors
    /// When the desk is gone: the job is cancelled.
    pub fn waiting(&mut self, waiting: Waiting) -> Result<(), Trouble> {
        if self.is_gone() {
            return Err(Fault::Cancelled.into());
        }
        let known = self
            .last_wait
            .is_some_and(|(last, told)| last == waiting && told.elapsed() < SIGN_OF_LIFE);
        if !known {
            self.last_wait = Some((waiting, Instant::now()));
            self.tell(&Reply::Waiting(waiting))?;
        }
        Ok(())
    }

    /// A file that was not taken.
    ///
    /// # Errors
    /// When the desk is gone.
    pub fn set_aside(&mut self, file: SetAside) -> Result<(), Trouble> {
        self.tell(&Reply::SetAside(file))
    }

    /// A file that was taken and left lying.
    ///
    /// # Errors
    /// When the desk is gone.
    pub fn taken(&mut self, stamp: String) -> Result<(), Trouble> {
        self.tell(&Reply::Taken(stamp))
    }

    /// A whole page.
    ///
    /// # Errors
    /// When the desk is gone, or the page is none.
    pub fn page(
        &mut self,
        mut header: PageHeader,
        pixels: &[u8],
        jpeg: &[u8],
    ) -> Result<(), Trouble> {
        header.jpeg_bytes = u32::try_from(jpeg.len()).map_err(|_| Fault::HugePage)?;
        if header.byte_len() != Some(pixels.len()) {
            return Err(Fault::HugePage.into());
        }
        self.tell(&Reply::Page(header))?;
        self.last_sign = None; // the next page's first sign is told at once
        self.pipe
            .write_all(pixels)
            .and_then(|()| self.pipe.write_all(jpeg))
            .map_err(Trouble::DeskGone)
    }

    /// The last word. Say it before the device is stowed: some drivers hang in cancel, close or exit, and a jam must
    /// not become a silence.
    ///
    /// # Errors
    /// When the desk is gone.
    pub fn end(&mut self, outcome: Result<(), Trouble>) -> io::Result<()> {
        match outcome {
            Ok(()) => wire::write_line(&mut self.pipe, &Reply::Done),
            Err(Trouble::Fault(fault)) => wire::write_line(&mut self.pipe, &Reply::Failed(fault)),
            Err(Trouble::DeskGone(error)) => Err(error),
        }
    }

    fn sign(&mut self, reply: &Reply) -> Result<(), Trouble> {
        if self.is_gone() {
            return Err(Fault::Cancelled.into());
        }
        if self
            .last_sign
            .is_none_or(|last| last.elapsed() >= SIGN_OF_LIFE)
        {
            self.last_sign = Some(Instant::now());
            self.tell(reply)?;
        }
        Ok(())
    }

    fn tell(&mut self, reply: &Reply) -> Result<(), Trouble> {
        wire::write_line(&mut self.pipe, reply).map_err(Trouble::DeskGone)
    }
}

/// Until when a job may wait for somebody.
pub struct Patience {
    until: Instant,
}

/// How often a device that was not ready is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl Patience {
    /// Patience of that length, beginning now.
    pub fn new(length: Duration) -> Self {
        let now = Instant::now();
        // Nobody waits for a day; a wish that overflows the clock is cut there.
        let longest = Duration::from_secs(86_400);
        Self {
            until: now + length.min(longest),
        }
    }

    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Waits a little for what the fault asks of somebody, or gives the fault back: it is not one that passes by
    /// itself, or patience is at its end.
    ///
    /// # Errors
    /// The fault, or that the desk is gone.
    pub fn bear(&self, fault: Fault, desk: &mut Desk) -> Result<(), Trouble> {
        let waiting = match fault {
            Fault::NoPaper => Waiting::Paper,
            Fault::CoverOpen => Waiting::Cover,
            Fault::DeviceBusy => Waiting::Device,
            other => return Err(other.into()),
        };
        if self.left().is_zero() {
            return Err(fault.into());
        }
        desk.waiting(waiting)?;
        desk.pause(ASK_AGAIN.min(self.left()))?;
        Ok(())
    }
}
