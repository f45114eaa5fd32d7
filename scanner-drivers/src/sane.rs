//! The SANE driver as the desk sees it: starts the worker, listens with a clock, and buries it when it is dead or mute.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use image::{DynamicImage, GrayImage, RgbImage};

use crate::wire::{self, Fault, PageHeader, Reply, Request};
use crate::{CancelFlag, Capabilities, Page, ScanError, ScanJob, Scanner, ScannerDriver};

/// A scanner warming its lamp may say nothing for half a minute; more is a hang.
const DEFAULT_SILENCE: Duration = Duration::from_secs(60);

/// How often the desk looks whether the job was cancelled.
const TICK: Duration = Duration::from_millis(100);

/// How long a cancelled or finished worker may take to stow the carriage before it is killed.
const FAREWELL: Duration = Duration::from_secs(5);

/// All scanners SANE knows, each spoken to through a worker process of its own.
#[derive(Clone, Debug)]
pub struct SaneDriver {
    worker: PathBuf,
    env: Vec<(OsString, OsString)>,
    silence: Duration,
    local_only: bool,
}

impl SaneDriver {
    /// `worker` is the program `niem-sane-worker`.
    pub fn new(worker: impl Into<PathBuf>) -> Self {
        Self {
            worker: worker.into(),
            env: Vec::new(),
            silence: DEFAULT_SILENCE,
            local_only: true,
        }
    }

    /// Gives the worker an environment variable, such as `SANE_CONFIG_DIR`.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// How long the worker may be silent before it is held for hung and killed.
    pub fn silence_limit(mut self, limit: Duration) -> Self {
        self.silence = limit;
        self
    }

    /// Looks for scanners on the network too.
    pub fn with_network(mut self) -> Self {
        self.local_only = false;
        self
    }

    /// The scanner SANE calls `device`, without a search; whether it exists shows when it scans.
    pub fn scanner(&self, device: &str) -> Box<dyn Scanner> {
        let capabilities = Capabilities {
            id: device.to_owned(),
            vendor: String::new(),
            model: String::new(),
            kind: String::new(),
            sources: Vec::new(),
            modes: Vec::new(),
            resolutions: crate::Resolutions::Unknown,
            area_mm: None,
            trouble: None,
        };
        Box::new(SaneScanner {
            driver: self.clone(),
            capabilities,
        })
    }
}

impl ScannerDriver for SaneDriver {
    fn discover(&self) -> Result<Vec<Box<dyn Scanner>>, ScanError> {
        let mut found: Vec<Box<dyn Scanner>> = Vec::new();
        let request = Request::List {
            local_only: self.local_only,
        };
        Conversation::start(self, &request, CancelFlag::default())?.listen(
            &mut |heard| match heard {
                Heard::Device(capabilities) => {
                    found.push(Box::new(SaneScanner {
                        driver: self.clone(),
                        capabilities,
                    }));
                    Ok(())
                }
                Heard::Page(_) => Err(ScanError::BadAnswer {
                    what: "a page in answer to a search",
                }),
            },
        )?;
        Ok(found)
    }
}

struct SaneScanner {
    driver: SaneDriver,
    capabilities: Capabilities,
}

impl Scanner for SaneScanner {
    fn id(&self) -> &str {
        &self.capabilities.id
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn scan(&mut self, job: &ScanJob, page: &mut dyn FnMut(Page)) -> Result<(), ScanError> {
        let request = Request::Scan {
            device: self.capabilities.id.clone(),
            job: job.clone(),
        };
        Conversation::start(&self.driver, &request, job.cancel.clone())?.listen(&mut |heard| {
            match heard {
                Heard::Page(scanned) => {
                    page(scanned);
                    Ok(())
                }
                Heard::Device(_) => Err(ScanError::BadAnswer {
                    what: "a device in answer to a scan",
                }),
            }
        })
    }
}

/// One question to one worker process, from its birth to its end. Dropped, it leaves no process behind.
struct Conversation {
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

/// What a conversation is about.
enum Heard {
    Device(Capabilities),
    Page(Page),
}

impl Conversation {
    fn start(
        driver: &SaneDriver,
        request: &Request,
        cancel: CancelFlag,
    ) -> Result<Self, ScanError> {
        let mut child = Command::new(&driver.worker)
            .envs(driver.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(ScanError::WorkerMissing)?;
        let mut stdin = child.stdin.take().expect("stdin was asked to be a pipe");
        let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
        // A worker that died before it read the question shows as a closed pipe below.
        let _ = wire::write_line(&mut stdin, request);
        // One page waits while another is being handled; more would only fill the memory.
        let (tell, replies) = sync_channel(1);
        std::thread::spawn(move || hear(BufReader::with_capacity(1 << 18, stdout), &tell));
        Ok(Self {
            child,
            stdin: Some(stdin),
            replies,
            silence: driver.silence,
            cancel,
        })
    }

    /// Listens until the worker is done, and passes on what it brings.
    fn listen(
        mut self,
        heard: &mut dyn FnMut(Heard) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        let mut last_word = Instant::now();
        loop {
            if self.cancel.is_raised() {
                self.stdin = None; // the worker's sign to stop the scanner properly
                self.farewell();
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
                Message::Page(page) => heard(Heard::Page(page))?,
                Message::Reply(Reply::Progress { .. } | Reply::Page(_)) => {}
                Message::Reply(Reply::Done) => {
                    self.farewell();
                    return Ok(());
                }
                Message::Reply(Reply::Failed(fault)) => {
                    self.farewell();
                    return Err(fault.into());
                }
                Message::Closed => {
                    self.stdin = None;
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
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
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
    if pipe.read_exact(&mut pixels).is_err() {
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
        }),
        None => Message::Reply(Reply::Failed(Fault::ShortPage)),
    }
}
