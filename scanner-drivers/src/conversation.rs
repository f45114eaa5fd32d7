//! One question to one worker process: starts it, listens with a clock, and buries it when it is dead or mute.

use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use image::{DynamicImage, GrayImage, RgbImage};

use crate::wire::{self, Fault, PageHeader, Reply, Request};
use crate::{CancelFlag, Capabilities, Page, ScanError, ScanEvent};

/// A scanner warming its lamp may say nothing for half a minute; more is a hang.
const DEFAULT_SILENCE: Duration = Duration::from_secs(60);

/// How often the desk looks whether the job was cancelled.
const TICK: Duration = Duration::from_millis(100);

/// How long a cancelled or finished worker may take to stow the carriage before it is killed.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long the desk waits for a killed worker. One stuck in the kernel on a dead USB device outlives its death
/// sentence; the desk does not wait for it.
const BURIAL: Duration = Duration::from_secs(1);

/// What a pipe holds though nobody reads it (pipe(7): 64 KiB on Linux).
const PIPE_BYTES: usize = 64 * 1024;

/// Which program to start, and how long it may be silent.
#[derive(Clone, Debug)]
pub(crate) struct WorkerProgram {
    pub(crate) path: PathBuf,
    pub(crate) env: Vec<(OsString, OsString)>,
    pub(crate) silence: Duration,
}

impl WorkerProgram {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            env: Vec::new(),
            silence: DEFAULT_SILENCE,
        }
    }
}

/// One question to one worker process, from its birth to its end. Dropped, it leaves no process behind.
pub(crate) struct Conversation {
    child: Child,
    stdin: Option<ChildStdin>,
    replies: Receiver<Message>,
    silence: Duration,
    cancel: CancelFlag,
}

/// What the listening thread hands over.
enum Message {
    Reply(Reply),
    Page(Page),
    /// The pipe ended.
    Closed,
    Nonsense(&'static str),
}

/// What a worker brings.
pub(crate) enum Heard {
    Device(Box<Capabilities>),
    Taken(String),
    Event(ScanEvent),
}

impl Conversation {
    pub(crate) fn start(
        program: &WorkerProgram,
        request: &Request,
        cancel: CancelFlag,
    ) -> Result<Self, ScanError> {
        let mut question = Vec::new();
        // What cannot be written down is no question (a path that is not UTF-8).
        wire::write_line(&mut question, request).map_err(|_| ScanError::Unsupported)?;
        if question.len() > PIPE_BYTES {
            return Err(ScanError::Unsupported);
        }
        let mut child = Command::new(&program.path)
            .envs(program.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(ScanError::WorkerMissing)?;
        let mut stdin = child.stdin.take().expect("stdin was asked to be a pipe");
        let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
        // A worker that died before it read the question shows as a closed pipe below; one that never reads it cannot
        // hold the desk here, since the question fits the pipe.
        let _ = stdin.write_all(&question);
        // One page waits while another is being handled; more would only fill the memory.
        let (tell, replies) = sync_channel(1);
        std::thread::spawn(move || hear(BufReader::with_capacity(1 << 18, stdout), &tell));
        Ok(Self {
            child,
            stdin: Some(stdin),
            replies,
            silence: program.silence,
            cancel,
        })
    }

    /// Listens until the worker is done, and passes on what it brings.
    pub(crate) fn listen(
        mut self,
        heard: &mut dyn FnMut(Heard) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        let mut last_word = Instant::now();
        loop {
            if self.cancel.is_raised() {
                self.farewell(); // closing its input is the worker's sign to stop the scanner properly
                return Err(ScanError::Cancelled);
            }
            let message = match self.replies.recv_timeout(TICK.min(self.silence)) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) if last_word.elapsed() < self.silence => continue,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(ScanError::Timeout {
                        after: self.silence,
                    });
                }
                Err(RecvTimeoutError::Disconnected) => Message::Closed,
            };
            match message {
                Message::Reply(Reply::Device(capabilities)) => heard(Heard::Device(capabilities))?,
                Message::Reply(Reply::Taken(stamp)) => heard(Heard::Taken(stamp))?,
                Message::Reply(Reply::Progress(progress)) => {
                    heard(Heard::Event(ScanEvent::Progress(progress)))?;
                }
                Message::Reply(Reply::Waiting(waiting)) => {
                    heard(Heard::Event(ScanEvent::Waiting(waiting)))?;
                }
                Message::Reply(Reply::SetAside(file)) => {
                    heard(Heard::Event(ScanEvent::SetAside(file)))?;
                }
                Message::Page(page) => heard(Heard::Event(ScanEvent::Page(page)))?,
                Message::Reply(Reply::Page(_)) => {} // the listening thread made a page of it
                Message::Reply(Reply::Done) => {
                    self.farewell();
                    return Ok(());
                }
                Message::Reply(Reply::Failed(fault)) => {
                    self.farewell();
                    return Err(fault.into());
                }
                Message::Closed => {
                    let exit = self
                        .farewell()
                        .map_or_else(|| "no exit status".to_owned(), |status| status.to_string());
                    return Err(ScanError::WorkerDied { exit });
                }
                Message::Nonsense(what) => return Err(ScanError::BadAnswer { what }),
            }
            // Handling a page takes the desk's time, not the worker's: the clock starts after it.
            last_word = Instant::now();
        }
    }

    /// Lets the worker end by itself for a while.
    fn farewell(&mut self) -> Option<ExitStatus> {
        self.stdin = None;
        let asked = Instant::now();
        while asked.elapsed() < FAREWELL {
            // Keep emptying the pipe: a worker blocked on a full one cannot end.
            while self.replies.try_recv().is_ok() {}
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = self.child.kill();
        let killed = Instant::now();
        while killed.elapsed() < BURIAL {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }
}

/// The listening thread: turns the pipe into messages until it ends or nobody listens.
fn hear(mut pipe: BufReader<impl Read>, tell: &SyncSender<Message>) {
    loop {
        let message = match wire::read_line(&mut pipe) {
            Ok(Some(Reply::Page(header))) => read_page(&mut pipe, header),
            Ok(Some(reply)) => Message::Reply(reply),
            Ok(None) => Message::Closed,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Message::Nonsense("not a message")
            }
            Err(_) => Message::Closed,
        };
        let last = matches!(message, Message::Closed | Message::Nonsense(_));
        if tell.send(message).is_err() || last {
            return;
        }
    }
}

fn read_page(pipe: &mut impl Read, header: PageHeader) -> Message {
    let Some(length) = header.byte_len() else {
        return Message::Nonsense("a page of impossible size");
    };
    let mut pixels = vec![0; length];
    let mut jpeg = vec![0; header.jpeg_bytes as usize];
    if pipe.read_exact(&mut pixels).is_err() || pipe.read_exact(&mut jpeg).is_err() {
        return Message::Closed;
    }
    let (width, height) = (header.width, header.height);
    let image = if header.channels == 3 {
        RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
    } else {
        GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
    };
    match image {
        Some(image) => Message::Page(Page {
            image,
            dpi: header.dpi,
            side: header.side,
            jpeg: (!jpeg.is_empty()).then_some(jpeg),
        }),
        None => Message::Reply(Reply::Failed(Fault::ShortPage)),
    }
}
