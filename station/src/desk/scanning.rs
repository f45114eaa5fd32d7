//! Scans and reads at the same time: while the scanner draws in the next sheet, the ones before are judged and read on
//! all cores, and a page that is no good is named while the paper still lies on the table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use paper::pipeline::{self, Plan};
use paper::{Page, PageLedger, PaperError, Severity, Sheet, Verdict, quality};
use scanner_drivers::{Page as Scanned, ScanJob, Side, Source};

use crate::devices::Devices;
use crate::people::{BadPage, Lay, People};
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
    /// Of the page, from 1.
    number: u32,
    /// Of a page that was there before.
    replaces: bool,
}

/// A page as it came out of the reading, good or bad.
type Outcome = Result<Page, PaperError>;

/// Scans what people lay down and reads it meanwhile; a page that is refused is scanned again, alone, as often as they
/// lay it down again. The second list says what each scan was.
pub(super) fn scan_and_read(
    devices: &mut Devices,
    people: &mut dyn People,
    of: u32,
    watch: &mut dyn FnMut(Step),
) -> Result<(Vec<ReadPage>, Vec<ScanScript>), Stop> {
    let mut scans = Vec::new();
    let mut whole = Whole {
        people,
        scans: &mut scans,
        dpi: devices.scan_dpi,
    };
    let scanned = run(devices, &mut whole, of, watch)?;
    let mut pages = latest(scanned);
    for at in 0..pages.len() {
        let number = at as u32 + 1;
        while let Some((code, verdict)) = objection(&pages[at].0) {
            let bad = BadPage {
                number,
                scan: pages[at].1.scan,
                code,
                why: verdict.as_ref().map_or(code, |verdict| verdict.code),
                place: verdict.and_then(|verdict| verdict.place),
            };
            watch(Step::PageAgain {
                number,
                code: bad.why,
                place: bad.place,
            });
            let options = people.again(&bad)?;
            let mut alone = Alone {
                next: Some(again(devices.scan_dpi, bad.scan, number, &options)),
                people,
            };
            let mut anew = run(devices, &mut alone, of, watch)?;
            let Some((page, _)) = anew.pop() else {
                return Err(Stop::of(code));
            };
            pages[at].0 = page;
            enter_anew(&mut pages, at);
        }
    }
    let mut sheet = 0;
    let read = pages
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
        .collect::<Result<_, Stop>>()?;
    Ok((read, scans))
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

/// One page once more, from the glass.
fn again(dpi: u32, scan: usize, number: u32, options: &BTreeMap<String, String>) -> Next {
    Next {
        job: ScanJob {
            max_pages: 1,
            ..job(dpi, false, options)
        },
        scan,
        replaces: Some(number),
    }
}

/// What the scanner does next.
struct Next {
    job: ScanJob,
    scan: usize,
    /// The page that it shows once more.
    replaces: Option<u32>,
}

/// Where the sheets come from.
trait Tray {
    fn next(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Option<Next>, Stop>;

    fn seen(&mut self, number: u32, image: &image::DynamicImage);
}

/// Everything that people lay down.
struct Whole<'a> {
    people: &'a mut dyn People,
    scans: &'a mut Vec<ScanScript>,
    dpi: u32,
}

impl Tray for Whole<'_> {
    fn next(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Option<Next>, Stop> {
        Ok(match self.people.lay(meanwhile)? {
            Lay::Scan(scan) => {
                let next = Next {
                    job: job(self.dpi, scan.feeder, &scan.options),
                    scan: self.scans.len(),
                    replaces: None,
                };
                self.scans.push(scan);
                Some(next)
            }
            Lay::Again { number, options } => Some(again(self.dpi, 0, number, &options)),
            Lay::Enough => None,
        })
    }

    fn seen(&mut self, number: u32, image: &image::DynamicImage) {
        self.people.page(number, image);
    }
}

/// One page alone.
struct Alone<'a> {
    next: Option<Next>,
    people: &'a mut dyn People,
}

impl Tray for Alone<'_> {
    fn next(&mut self, _meanwhile: &mut dyn FnMut()) -> Result<Option<Next>, Stop> {
        Ok(self.next.take())
    }

    fn seen(&mut self, number: u32, image: &image::DynamicImage) {
        self.people.page(number, image);
    }
}

/// Scans what comes out of the tray; the pages are read meanwhile. `of` is how many sheets were counted.
fn run(
    devices: &mut Devices,
    tray: &mut dyn Tray,
    of: u32,
    watch: &mut dyn FnMut(Step),
) -> Result<Vec<(Outcome, Origin)>, Stop> {
    let Devices {
        scanner, readers, ..
    } = devices;
    let (scanner, readers) = (scanner.as_mut(), &**readers);
    // Without room: the scanner waits when all cores are reading, and no sheet piles up.
    let (send, sheets) = mpsc::sync_channel(0);
    let (done, outcomes) = mpsc::channel::<Outcome>();
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
                &mut |_, page: Outcome| {
                    // The other end lives until this thread has ended.
                    let _ = done.send(page);
                },
            )
        });
        let mut scanned = Ok(());
        loop {
            let next = tray.next(&mut || take(outcomes.try_iter(), &origins, &mut pages, watch));
            let next = match next {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(stop) => {
                    scanned = Err(stop);
                    break;
                }
            };
            let room = MAX_PAGES.saturating_sub(origins.len() as u32);
            if room == 0 {
                scanned = Err(Stop::of(TOO_MANY));
                break;
            }
            let job = ScanJob {
                max_pages: next.job.max_pages.min(room),
                ..next.job
            };
            let mut started = Instant::now();
            let outcome = scanner.scan(&job, &mut |page| {
                let number = next.replaces.unwrap_or_else(|| {
                    let new = origins.iter().filter(|origin| !origin.replaces).count();
                    new as u32 + 1
                });
                origins.push(Origin {
                    scan: next.scan,
                    side: page.side,
                    number,
                    replaces: next.replaces.is_some(),
                });
                watch(Step::Page {
                    number,
                    of,
                    elapsed_ms: millis(started),
                });
                tray.seen(number, &page.image);
                // Nobody takes it only when no engine could be opened, which is told at the end.
                let _ = send.send(sheet(page));
                take(outcomes.try_iter(), &origins, &mut pages, watch);
                started = Instant::now();
            });
            if let Err(error) = outcome {
                scanned = Err(Stop::failure(error.code()));
                break;
            }
        }
        if scanned.is_err() {
            cancel.store(true, Ordering::Relaxed);
        }
        drop(send);
        take(outcomes.into_iter(), &origins, &mut pages, watch);
        let read = reading.join();
        scanned?;
        match read {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Stop::of(error.code())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    for (origin, page) in origins.iter().zip(&mut pages) {
        if let Ok(page) = page {
            page.report.number = origin.number;
        }
    }
    Ok(pages.into_iter().zip(origins).collect())
}

/// Notes pages that were read, in the order in which they were scanned.
fn take(
    outcomes: impl Iterator<Item = Outcome>,
    origins: &[Origin],
    pages: &mut Vec<Outcome>,
    watch: &mut dyn FnMut(Step),
) {
    for page in outcomes {
        if let Some(origin) = origins.get(pages.len()) {
            tell(origin.number, &page, watch);
        }
        pages.push(page);
    }
}

/// Of a page that was scanned again, the newest; held against all the others.
fn latest(scanned: Vec<(Outcome, Origin)>) -> Vec<(Outcome, Origin)> {
    let mut pages: Vec<(Outcome, Origin)> = Vec::new();
    let mut anew = BTreeSet::new();
    for (page, origin) in scanned {
        let at = origin.number as usize - 1;
        match pages.get_mut(at) {
            Some(earlier) if origin.replaces => {
                earlier.0 = page;
                anew.insert(at);
            }
            // Only a page that is there can be scanned again.
            _ => pages.push((page, origin)),
        }
    }
    for at in anew {
        enter_anew(&mut pages, at);
    }
    pages
}

fn tell(number: u32, page: &Outcome, watch: &mut dyn FnMut(Step)) {
    watch(match page {
        Ok(page) => Step::PageRead {
            number,
            words: page.report.words,
            mean_confidence: page.report.mean_confidence,
            verdicts: page.report.verdicts.clone(),
        },
        Err(error) => Step::PageUnread {
            number,
            code: error.code(),
        },
    });
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
