//! Scans and reads at the same time: while the scanner draws in the next sheet, the ones before are judged and read on
//! all cores, and a page that is no good is named while the paper still lies on the table.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use paper::pipeline::{self, Plan};
use paper::{Page, PageLedger, PaperError, Severity, Sheet, Verdict, quality};
use scanner_drivers::{Page as Scanned, ScanJob, Side, Source};

use crate::devices::Devices;
use crate::script::ScanScript;
use crate::visit::Stop;

use super::Step;
use super::card::millis;

/// More pages than a booklet has: a runaway feeder stops here.
const MAX_PAGES: u32 = 200;

const UNREADABLE: &str = "paper.unreadable";
const TOO_MANY: &str = "paper.too_many_pages";

/// A page that was scanned and read, and can be relied on.
pub(super) struct ReadPage {
    pub(super) page: Page,
    /// Which scan of the script it came from.
    pub(super) scan: usize,
    /// Which sheet it is a side of, where the scanner tells; else each page is a sheet.
    pub(super) sheet: u32,
}

/// Where a page came from.
#[derive(Clone, Copy)]
struct Origin {
    scan: usize,
    side: Side,
}

/// A page as it came out of the reading, good or bad.
type Outcome = Result<Page, PaperError>;

/// Scans everything and reads it; a page that is refused is scanned again, alone, as often as the script has it.
pub(super) fn scan_and_read(
    devices: &mut Devices,
    scans: &[ScanScript],
    of: u32,
    watch: &mut dyn FnMut(Step),
) -> Result<Vec<ReadPage>, Stop> {
    let dpi = devices.scan_dpi;
    let jobs: Vec<ScanJob> = scans
        .iter()
        .map(|scan| job(dpi, scan.feeder, &scan.options))
        .collect();
    let mut pages = run(devices, &jobs, (1, of), watch)?;
    let mut again: Vec<_> = scans.iter().map(|scan| scan.again.iter()).collect();
    for at in 0..pages.len() {
        let number = at as u32 + 1;
        while let Some((code, verdict)) = objection(&pages[at].0) {
            watch(Step::PageAgain {
                number,
                code: verdict.as_ref().map_or(code, |verdict| verdict.code),
                place: verdict.and_then(|verdict| verdict.place),
            });
            let Some(options) = again[pages[at].1.scan].next() else {
                return Err(Stop::of(code));
            };
            let job = ScanJob {
                max_pages: 1,
                ..job(dpi, false, options)
            };
            let Some((page, _)) = run(devices, &[job], (number, of), watch)?.pop() else {
                return Err(Stop::of(code));
            };
            pages[at].0 = page;
            enter_anew(&mut pages, at);
        }
    }
    let mut sheet = 0;
    pages
        .into_iter()
        .map(|(page, origin)| {
            if origin.side == Side::Front {
                sheet += 1;
            }
            Ok(ReadPage {
                page: page.map_err(|error| Stop::of(error.code()))?,
                scan: origin.scan,
                sheet,
            })
        })
        .collect()
}

fn job(dpi: u32, feeder: bool, options: &BTreeMap<String, String>) -> ScanJob {
    ScanJob {
        dpi,
        source: if feeder {
            Source::Feeder
        } else {
            Source::Flatbed
        },
        options: options
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        max_pages: MAX_PAGES,
        ..ScanJob::default()
    }
}

/// Scans job after job; the pages are read meanwhile. `first` is the number of the first page, `of` how many sheets were
/// counted.
fn run(
    devices: &mut Devices,
    jobs: &[ScanJob],
    (first, of): (u32, u32),
    watch: &mut dyn FnMut(Step),
) -> Result<Vec<(Outcome, Origin)>, Stop> {
    let Devices {
        scanner, readers, ..
    } = devices;
    let (scanner, readers) = (scanner.as_mut(), &**readers);
    // Without room: the scanner waits when all cores are reading, and no sheet piles up.
    let (send, sheets) = mpsc::sync_channel(0);
    let (done, outcomes) = mpsc::channel::<(u32, Outcome)>();
    let cancel = AtomicBool::new(false);
    let mut origins: Vec<Origin> = Vec::new();
    let mut pages: Vec<Outcome> = Vec::new();
    thread::scope(|scope| {
        let cancel = &cancel;
        let reading = scope.spawn(move || {
            let plan = Plan::default();
            pipeline::read_pages(
                sheets.into_iter(),
                readers,
                &plan,
                cancel,
                &mut |at, page: Outcome| {
                    // The other end lives until this thread has ended.
                    let _ = done.send((at, page));
                },
            )
        });
        let mut scanned = Ok(());
        for (scan, job) in jobs.iter().enumerate() {
            let room = MAX_PAGES.saturating_sub(origins.len() as u32);
            if room == 0 {
                scanned = Err(Stop::of(TOO_MANY));
                break;
            }
            let job = ScanJob {
                max_pages: job.max_pages.min(room),
                ..job.clone()
            };
            let mut started = Instant::now();
            let outcome = scanner.scan(&job, &mut |page| {
                origins.push(Origin {
                    scan,
                    side: page.side,
                });
                watch(Step::Page {
                    number: first + origins.len() as u32 - 1,
                    of,
                    elapsed_ms: millis(started),
                });
                // Nobody takes it only when no engine could be opened, which is told at the end.
                let _ = send.send(sheet(page));
                for (at, page) in outcomes.try_iter() {
                    tell(first + at - 1, &page, watch);
                    pages.push(page);
                }
                started = Instant::now();
            });
            if let Err(error) = outcome {
                scanned = Err(Stop::failure(error.code()));
                cancel.store(true, Ordering::Relaxed);
                break;
            }
        }
        drop(send);
        for (at, page) in outcomes {
            tell(first + at - 1, &page, watch);
            pages.push(page);
        }
        let read = reading.join();
        scanned?;
        match read {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Stop::of(error.code())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    for (number, page) in (first..).zip(&mut pages) {
        if let Ok(page) = page {
            page.report.number = number;
        }
    }
    Ok(pages.into_iter().zip(origins).collect())
}

fn tell(number: u32, page: &Outcome, watch: &mut dyn FnMut(Step)) {
    if let Ok(page) = page {
        watch(Step::PageRead {
            number,
            words: page.report.words,
            mean_confidence: page.report.mean_confidence,
            verdicts: page.report.verdicts.clone(),
        });
    }
}

/// The page as paper: a scanner's own JPEG is kept byte for byte. What comes without a resolution is a photograph, and
/// nobody makes one up for it.
fn sheet(page: Scanned) -> Result<Sheet, PaperError> {
    match (page.jpeg, page.dpi) {
        (Some(jpeg), dpi) => Sheet::from_file(&jpeg, dpi),
        (None, Some(dpi)) => Sheet::new(page.image, dpi),
        (None, None) => Sheet::photograph(page.image),
    }
}

/// Why a page cannot be filed, and the verdict that says so.
fn objection(page: &Outcome) -> Option<(&'static str, Option<Verdict>)> {
    let report = match page {
        Ok(page) => &page.report,
        Err(error) => return Some((error.code(), None)),
    };
    let refused = report
        .verdicts
        .iter()
        .find(|verdict| verdict.severity == Severity::Refused)
        .cloned();
    // A photograph too far away; a scanner's page was judged by its own resolution already.
    let coarse = || quality::dpi(report.dpi);
    refused
        .or_else(coarse)
        .map(|verdict| (UNREADABLE, Some(verdict)))
}

/// A page that was scanned again is held against all the others: it may be the wrong sheet.
fn enter_anew(pages: &mut [(Outcome, Origin)], new: usize) {
    let mut ledger = PageLedger::new(None);
    for at in (0..pages.len()).filter(|at| *at != new) {
        if let Ok(page) = &pages[at].0 {
            page.clone().enter(&mut ledger);
        }
    }
    if let Ok(page) = &mut pages[new].0 {
        page.enter(&mut ledger);
    }
}
