//! The process that speaks to libsane, so that a crashing driver takes no desk with it.
//!
//! It reads one request from standard input, answers on standard output, and ends
//! (`scanner_drivers::wire` has the words). When standard input closes before that, it stops the scanner and ends.

mod frame;
mod knobs;
mod sane;

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use scanner_drivers::wire::{self, Fault, Reply, Request};
use scanner_drivers::{Capabilities, Resolutions, ScanError, ScanJob, Source};

use crate::sane::{Device, Sane, fault, status};

/// How often a scan in progress says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_millis(500);

fn main() -> anyhow::Result<()> {
    let mut desk = sane::keep_stdout()?;
    let mut stdin = BufReader::new(io::stdin());
    let Ok(Some(request)) = wire::read_line::<Request>(&mut stdin) else {
        wire::write_line(&mut desk, &Reply::Failed(Fault::BadRequest))?;
        return Ok(());
    };
    let gone = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&gone);
    std::thread::spawn(move || {
        let _ = io::copy(&mut stdin.by_ref(), &mut io::sink());
        watched.store(true, Ordering::SeqCst);
    });
    let sane = match Sane::init() {
        Ok(sane) => sane,
        Err(status) => {
            wire::write_line(&mut desk, &Reply::Failed(fault(status)))?;
            return Ok(());
        }
    };
    let mut device = None;
    let outcome = match request {
        Request::List { local_only } => list(&sane, local_only, &mut desk),
        Request::Scan { device: name, job } => {
            scan(&sane, &mut device, &name, &job, &gone, &mut desk)
        }
    };
    // The desk hears the outcome before the device is stowed: some drivers hang in cancel, close or exit, and a jam must
    // not become a silence.
    let told = match outcome {
        Ok(()) => wire::write_line(&mut desk, &Reply::Done),
        Err(Trouble::Device(fault)) => wire::write_line(&mut desk, &Reply::Failed(fault)),
        Err(Trouble::Pipe(error)) => Err(error),
    };
    if let Some(device) = device {
        device.cancel();
    }
    Ok(told?)
}

/// Why a request ended early.
enum Trouble {
    Device(Fault),
    /// The desk does not listen any more.
    Pipe(io::Error),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Device(fault)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Pipe(error)
    }
}

fn list(sane: &Sane, local_only: bool, desk: &mut File) -> Result<(), Trouble> {
    for listed in sane.devices(local_only).map_err(fault)? {
        let name = listed.name.clone();
        let found = match sane.open(&name) {
            Ok(device) => knobs::capabilities(listed, &device),
            Err(status) => Capabilities {
                id: name,
                vendor: listed.vendor,
                model: listed.model,
                kind: listed.kind,
                sources: Vec::new(),
                modes: Vec::new(),
                resolutions: Resolutions::Unknown,
                area_mm: None,
                trouble: Some(ScanError::from(fault(status)).code().to_owned()),
            },
        };
        wire::write_line(desk, &Reply::Device(found))?;
    }
    Ok(())
}

/// Opens the device into `open`, where it outlives the outcome, and sends its pages.
fn scan<'sane>(
    sane: &'sane Sane,
    open: &mut Option<Device<'sane>>,
    name: &str,
    job: &ScanJob,
    gone: &AtomicBool,
    desk: &mut File,
) -> Result<(), Trouble> {
    // INVAL at open means that there is no such device (SANE standard §4.3.4).
    let device = open.insert(sane.open(name).map_err(|status| {
        if status == status::INVAL {
            Fault::NotFound
        } else {
            fault(status)
        }
    })?);
    let dpi = knobs::prepare(device, job)?;
    // A flatbed started again scans the same sheet again, for ever.
    let most = if job.source == Source::Flatbed {
        job.max_pages.min(1)
    } else {
        job.max_pages
    };
    for done in 0..most {
        match device.start() {
            Ok(()) => {}
            Err(status::NO_DOCS) if done > 0 => break, // the feeder ran empty: the end, not an error
            Err(status) => return Err(fault(status).into()),
        }
        let mut last_sign = Instant::now();
        let mut broken = None;
        let page = frame::read_page(device, dpi, &mut |bytes| {
            if last_sign.elapsed() >= SIGN_OF_LIFE {
                last_sign = Instant::now();
                broken = wire::write_line(desk, &Reply::Progress { bytes }).err();
            }
            broken.is_none() && !gone.load(Ordering::SeqCst)
        });
        if let Some(error) = broken {
            return Err(error.into());
        }
        let (header, pixels) = page?;
        wire::write_line(desk, &Reply::Page(header))?;
        desk.write_all(&pixels)?;
        desk.flush()?;
    }
    Ok(())
}
