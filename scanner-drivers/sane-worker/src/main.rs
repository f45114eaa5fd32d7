//! The process that speaks to libsane, so that a crashing driver takes no desk with it.
//!
//! It reads one request from standard input, answers on standard output, and ends
//! (`scanner_drivers::wire` has the words). When standard input closes before that, it stops the scanner and ends.

mod frame;
mod knobs;
mod sane;
mod usb;

use scanner_drivers::settings::{SaneSettings, Settings};
use scanner_drivers::wire::{Fault, Request};
use scanner_drivers::worker::{Desk, Patience, Trouble};
use scanner_drivers::{Capabilities, Progress, ScanError, ScanJob, Side, Source};

use crate::sane::{Device, Sane, fault, status};

fn main() -> anyhow::Result<()> {
    let Some((request, mut desk)) = Desk::meet()? else {
        return Ok(());
    };
    let sane = match Sane::init() {
        Ok(sane) => sane,
        Err(status) => return Ok(desk.end(Err(fault(status).into()))?),
    };
    let mut device = None;
    let outcome = match request {
        Request::List {
            settings: Settings::Sane(settings),
        } => list(&sane, settings, &mut desk),
        Request::Scan {
            device: name,
            settings: Settings::Sane(_),
            job,
        } => scan(&sane, &mut device, &name, &job, &mut desk),
        _ => Err(Fault::BadRequest.into()),
    };
    // The desk hears the outcome before the device is stowed: some drivers hang in cancel, close or exit, and a jam must
    // not become a silence.
    let told = desk.end(outcome);
    if let Some(device) = device {
        device.cancel();
    }
    Ok(told?)
}

fn list(sane: &Sane, settings: SaneSettings, desk: &mut Desk) -> Result<(), Trouble> {
    for listed in sane.devices(settings.local_only).map_err(fault)? {
        if desk.is_gone() {
            return Err(Fault::Cancelled.into());
        }
        let found = match sane.open(&listed.name) {
            Ok(device) => knobs::capabilities(listed, &device),
            Err(status) => Capabilities {
                trouble: Some(ScanError::from(fault(status)).code().to_owned()),
                ..knobs::identity(listed)
            },
        };
        desk.device(found)?;
    }
    Ok(())
}

/// Opens the device into `open`, where it outlives the outcome, and sends its pages.
fn scan<'sane>(
    sane: &'sane Sane,
    open: &mut Option<Device<'sane>>,
    name: &str,
    job: &ScanJob,
    desk: &mut Desk,
) -> Result<(), Trouble> {
    let patience = Patience::new(job.patience);
    let device = open.insert(open_device(sane, name, &patience, desk)?);
    let dpi = knobs::prepare(device, job)?;
    // A flatbed started again scans the same sheet again, for ever.
    let most = if job.source == Source::Flatbed {
        job.max_pages.min(1)
    } else {
        job.max_pages
    };
    let mut done = 0;
    while done < most {
        if !start(device, done, &patience, desk)? {
            break;
        }
        let side = if job.source == Source::FeederDuplex && done % 2 == 1 {
            Side::Back
        } else {
            Side::Front
        };
        let mut arrived = 0;
        let page = frame::read_page(device, dpi, side, &mut |bytes, of| {
            arrived = bytes;
            desk.progress(Progress {
                page: done + 1,
                bytes,
                of,
            })
        });
        match page {
            Ok((header, pixels)) => {
                desk.page(header, &pixels, &[])?;
                done += 1;
            }
            // Some backends start at once and tell only now what keeps them.
            Err(Trouble::Fault(fault)) if done == 0 && arrived == 0 => {
                patience.bear(fault, desk)?;
                device.cancel();
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// Opens the device, and waits for it while another program has it.
fn open_device<'sane>(
    sane: &'sane Sane,
    name: &str,
    patience: &Patience,
    desk: &mut Desk,
) -> Result<Device<'sane>, Trouble> {
    loop {
        match sane.open(name) {
            Ok(device) => return Ok(device),
            // INVAL at open means that there is no such device (SANE standard §4.3.4).
            Err(status::INVAL) => return Err(Fault::NotFound.into()),
            Err(status) => patience.bear(fault(status), desk)?,
        }
    }
}

/// Starts the next page; false when the feeder ran empty after some. Before the first page an empty feeder or an open
/// cover is something to wait for.
fn start(
    device: &Device<'_>,
    done: u32,
    patience: &Patience,
    desk: &mut Desk,
) -> Result<bool, Trouble> {
    loop {
        match device.start() {
            Ok(()) => return Ok(true),
            Err(status::NO_DOCS) if done > 0 => return Ok(false), // the end, not an error
            Err(status) if done > 0 => return Err(fault(status).into()),
            Err(status) => {
                patience.bear(fault(status), desk)?;
                // A start that failed must be cancelled before the next (SANE standard §4.4).
                device.cancel();
            }
        }
    }
}
