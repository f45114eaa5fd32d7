//! Scans and reads at the same time: while the scanner draws in the next sheet, the ones before are judged and read on
//! all cores, and a page that is no good is named while the paper still lies on the table. What the scanner meets ends
//! nothing: the pages it gave before stay, and a sheet that it drew in by half is no page.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use paper::pipeline::{self, Plan};
use paper::{PaperError, Severity, Sheet, Verdict, quality};
use scanner_drivers::{Page as Scanned, ScanJob, Source};

use crate::devices::Devices;
use crate::people::{Arrange, BadPage, Lay, People};
use crate::script::ScanScript;
use crate::visit::Stop;

use super::Step;
use super::card::millis;
use super::keeping::Keeping;
use super::table::{Outcome, Table};

/// More pages than a booklet has: a runaway feeder stops here.
const MAX_PAGES: u32 = 200;

/// As large as a page is ever looked at: the whole of it goes to the readers.
const LOOKED_AT: (u32, u32) = (1200, 1700);

const UNREADABLE: &str = "paper.unreadable";
const TOO_MANY: &str = "paper.too_many_pages";

/// Scans what people lay down and reads it meanwhile, until they say that it is enough; a page that is refused is scanned
/// again, alone, as often as they lay it down again.
pub(super) fn scan_and_read(
    devices: &mut Devices,
    people: &mut dyn People,
    table: &mut Table,
    keeping: &Keeping<'_>,
    watch: &mut dyn FnMut(Step),
) -> Result<(), Stop> {
    people.arranged(&table.arranged(), table.counted);
    keeping.table(table);
    let mut whole = Whole {
        people,
        dpi: devices.scan_dpi,
        last: None,
    };
    run(devices, &mut whole, table, keeping, watch)?;
    while let Some((number, scan, code, verdict)) = first_objection(table) {
        let bad = BadPage {
            number,
            scan,
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
            next: Some(again(devices.scan_dpi, number, &options)),
            people,
        };
        run(devices, &mut alone, table, keeping, watch)?;
    }
    Ok(())
}

fn first_objection(table: &Table) -> Option<(u32, usize, &'static str, Option<Verdict>)> {
    table.staying().find_map(|page| {
        let (code, verdict) = objection(page.outcome.as_ref()?)?;
        Some((page.number, page.scan, code, verdict))
    })
}

fn job(dpi: u32, feeder: bool, options: &BTreeMap<String, String>) -> ScanJob {
    ScanJob {
        dpi,
        source: if feeder {
            Source::Feeder
        } else {
            Source::Flatbed
        },
        options: named(options),
        max_pages: MAX_PAGES,
        ..ScanJob::default()
    }
}

fn named(options: &BTreeMap<String, String>) -> Vec<(String, String)> {
    options
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// One page once more, from the glass.
fn again(dpi: u32, number: u32, options: &BTreeMap<String, String>) -> Next {
    Next::Scan(Draw {
        job: ScanJob {
            max_pages: 1,
            ..job(dpi, false, options)
        },
        scan: Goes::Instead(number),
    })
}

/// What is done next.
enum Next {
    Scan(Draw),
    Arrange(Arrange),
}

/// What the scanner does.
#[derive(Clone)]
struct Draw {
    job: ScanJob,
    scan: Goes,
}

/// Where the pages go that come.
#[derive(Clone)]
enum Goes {
    /// They begin a scan of their own.
    New(ScanScript),
    /// They belong to the last scan, which the scanner broke off.
    On,
    /// It takes the place of this page.
    Instead(u32),
}

/// Where the sheets come from.
trait Tray {
    fn next(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Option<Next>, Stop>;

    fn people(&mut self) -> &mut dyn People;
}

/// Everything that people lay down.
struct Whole<'a> {
    people: &'a mut dyn People,
    dpi: u32,
    /// What the scanner was at when it met trouble.
    last: Option<Draw>,
}

impl Tray for Whole<'_> {
    fn next(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Option<Next>, Stop> {
        loop {
            let draw = match self.people.lay(meanwhile)? {
                Lay::Scan(scan) => Draw {
                    job: job(self.dpi, scan.feeder, &scan.options),
                    scan: Goes::New(scan),
                },
                Lay::Again { number, options } => {
                    let next = again(self.dpi, number, &options);
                    if let Next::Scan(draw) = &next {
                        self.last = Some(draw.clone());
                    }
                    return Ok(Some(next));
                }
                Lay::GoOn { options } => match self.last.clone() {
                    Some(mut draw) => {
                        draw.job.options = named(&options);
                        draw
                    }
                    None => continue,
                },
                Lay::Arrange(what) => return Ok(Some(Next::Arrange(what))),
                Lay::Enough => return Ok(None),
            };
            let goes_on = match &draw.scan {
                Goes::Instead(number) => Goes::Instead(*number),
                Goes::New(_) | Goes::On => Goes::On,
            };
            self.last = Some(Draw {
                job: draw.job.clone(),
                scan: goes_on,
            });
            return Ok(Some(Next::Scan(draw)));
        }
    }

    fn people(&mut self) -> &mut dyn People {
        self.people
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

    fn people(&mut self) -> &mut dyn People {
        self.people
    }
}

/// Pages on their way through the readers, in the order in which they were given to them.
type Sent = VecDeque<u32>;

/// Scans what comes out of the tray; the pages are read meanwhile.
fn run(
    devices: &mut Devices,
    tray: &mut dyn Tray,
    table: &mut Table,
    keeping: &Keeping<'_>,
    watch: &mut dyn FnMut(Step),
) -> Result<(), Stop> {
    let Devices {
        scanner, readers, ..
    } = devices;
    let (scanner, readers) = (scanner.as_mut(), &**readers);
    // Without room: the scanner waits when all cores are reading, and no sheet piles up.
    let (send, sheets) = mpsc::sync_channel(0);
    let (done, outcomes) = mpsc::channel::<Outcome>();
    let cancel = AtomicBool::new(false);
    let mut sent = Sent::new();
    let mut any = false;
    // Pages of an earlier round are not in this one's book.
    table.touched |= table.len() > 0;
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
        // What was on the table before the power went comes first, one page in memory at a time.
        for (number, held) in std::mem::take(&mut table.unread) {
            let sheet = keeping.sheet(number, held).ok_or(PaperError::NotAnImage);
            if let Ok(sheet) = &sheet {
                tray.people().page(number, sheet.pixels());
            }
            sent.push_back(number);
            any = true;
            let _ = send.send(sheet);
            take(outcomes.try_iter(), &mut sent, table, watch);
        }
        let scanned = loop {
            let next = tray.next(&mut || take(outcomes.try_iter(), &mut sent, table, watch));
            let draw = match next {
                Ok(Some(Next::Scan(draw))) => draw,
                Ok(Some(Next::Arrange(what))) => {
                    let number = what.number();
                    if let Some((turn, sheet)) = table.arrange(what)
                        && let Some(number) = number
                    {
                        watch(Step::PageTurned { number, turn });
                        sent.push_back(number);
                        any = true;
                        let _ = send.send(Ok(sheet));
                    }
                    keeping.table(table);
                    tray.people().arranged(&table.arranged(), table.counted);
                    continue;
                }
                Ok(None) => break Ok(()),
                Err(stop) => break Err(stop),
            };
            let room = MAX_PAGES.saturating_sub(table.len());
            let job = ScanJob {
                max_pages: draw.job.max_pages.min(room.max(1)),
                ..draw.job
            };
            let scan = match draw.scan {
                Goes::Instead(number) => Some(number),
                _ if room == 0 => match tray.people().trouble(Stop::of(TOO_MANY)) {
                    Ok(()) => continue,
                    Err(stop) => break Err(stop),
                },
                Goes::New(scan) => {
                    table.scans.push(scan);
                    None
                }
                Goes::On => None,
            };
            let mut started = Instant::now();
            let outcome = scanner.scan(&job, &mut |page| {
                let side = page.side;
                let picture = page.image.thumbnail(LOOKED_AT.0, LOOKED_AT.1);
                let sheet = sheet(page);
                let number = match scan {
                    Some(number) => {
                        table.anew(number);
                        number
                    }
                    None => table.lay(table.scans.len().saturating_sub(1), side),
                };
                if let Ok(sheet) = &sheet {
                    keeping.page(number, sheet);
                    keeping.table(table);
                }
                watch(Step::Page {
                    number,
                    of: table.counted,
                    elapsed_ms: millis(started),
                });
                tray.people().page(number, &picture);
                tray.people().arranged(&table.arranged(), table.counted);
                sent.push_back(number);
                any = true;
                // Nobody takes it only when no engine could be opened, which is told at the end.
                let _ = send.send(sheet);
                take(outcomes.try_iter(), &mut sent, table, watch);
                started = Instant::now();
            });
            if let Err(error) = outcome
                && let Err(stop) = tray.people().trouble(Stop::failure(error.code()))
            {
                break Err(stop);
            }
        };
        if scanned.is_err() {
            cancel.store(true, Ordering::Relaxed);
        }
        drop(send);
        take(outcomes.into_iter(), &mut sent, table, watch);
        let read = reading.join();
        scanned?;
        match read {
            Ok(Ok(_)) => Ok(()),
            // Nothing new was laid down this time.
            Ok(Err(PaperError::NoPages)) if !any && table.len() > 0 => Ok(()),
            Ok(Err(error)) => Err(Stop::of(error.code())),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Notes pages that were read, in the order in which they were given to the readers.
fn take(
    outcomes: impl Iterator<Item = Outcome>,
    sent: &mut Sent,
    table: &mut Table,
    watch: &mut dyn FnMut(Step),
) {
    for outcome in outcomes {
        if let Some(number) = sent.pop_front()
            && let Some(page) = table.read(number, outcome)
        {
            tell(number, page, watch);
        }
    }
}

pub(super) fn tell(number: u32, page: &Outcome, watch: &mut dyn FnMut(Step)) {
    watch(match page {
        Ok(page) => Step::PageRead {
            number,
            words: page.report.words,
            mean_confidence: page.report.mean_confidence,
            turn: page.report.geometry.turn.degrees(),
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
