//! Many pages at once: read on all cores, given back in their order while later ones still come.
//!
//! ```text
//! sheets ──permit──▶ feeder ──▶ one job at a time ──▶ workers, an engine each ──▶ put in order ──▶ deliver
//!             ▲                                                                                   │
//!             └───────────────────────── a permit for each page delivered ────────────────────────┘
//! ```
//!
//! A sheet is only taken from its source when a permit is free, so that at most [`Plan::in_flight`] sheets are in memory,
//! whether the source is a fast feeder or a folder of thousands. A worker is hired, and its engine opened, when there is
//! a sheet for it: one page costs one engine. A page that cannot be read is delivered as an error in its place; the
//! others go on.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use models::{PageText, TextEngine, TextError};

use crate::digitize::MAX_PAGES;
use crate::page::{self, Page};
use crate::{Counted, PageLedger, PaperError, Sheet, Verdict};

/// Opens an engine; called once in each worker's thread.
pub type OpenEngine<'a> = dyn Fn() -> Result<Box<dyn TextEngine>, TextError> + Sync + 'a;

/// Who takes what was read, on the thread that called [`read_pages`]. A closure takes pages alone.
pub trait Deliver {
    /// The first lines read on a page, long before the rest: they show that reading goes on, and are no evidence. Pages
    /// tell them in any order, and those that are not read never.
    fn first_text(&mut self, number: u32, text: &PageText) {
        let _ = (number, text);
    }

    /// A page that is done, in the order of the sheets.
    fn page(&mut self, number: u32, page: Result<Page, PaperError>);
}

impl<F: FnMut(u32, Result<Page, PaperError>)> Deliver for F {
    fn page(&mut self, number: u32, page: Result<Page, PaperError>) {
        self(number, page);
    }
}

/// How the pages flow.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Threads that read, each with an engine of its own (some 240 MB with the second recogniser).
    pub workers: NonZeroUsize,
    /// Pages with writing, counted by hand; none when nobody counted.
    pub declared_pages: Option<u32>,
    /// Pages refused for their pixels are read all the same.
    pub read_refused: bool,
}

impl Default for Plan {
    /// A worker for each core.
    fn default() -> Self {
        Self {
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            declared_pages: None,
            read_refused: false,
        }
    }
}

impl Plan {
    /// How many sheets may be in memory: one being read and one waiting for each worker.
    pub fn in_flight(&self) -> usize {
        self.workers.get().saturating_mul(2)
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Pages delivered, good and bad.
    pub pages: u32,
    /// What concerns the paper as a whole; empty after a cancel.
    pub verdicts: Vec<Verdict>,
    pub cancelled: bool,
}

type Job = (u32, Result<Sheet, PaperError>);

/// What a worker has to tell of a page.
enum Done {
    FirstText(u32, PageText),
    Page(u32, Box<Result<Page, PaperError>>),
    /// The run was cancelled before the page was begun; told all the same, so that the caller wakes.
    Dropped,
}

/// Where sheets lie for the workers and what they tell goes out. Held by the workers alone: when the last of them is
/// gone, feeding fails and the run ends.
struct Table {
    jobs: Mutex<Receiver<Job>>,
    done: mpsc::Sender<Done>,
}

/// Reads pages on several threads and hands each to `deliver` in the order of the sheets, with its number from 1, as soon
/// as it and all before it are done. `deliver` runs on the caller's thread.
///
/// Once `cancel` is set no further sheet is taken and nothing more is delivered; what is being read is finished and
/// dropped. A source that waits for a device must end by itself then.
pub fn read_pages(
    sheets: impl Iterator<Item = Result<Sheet, PaperError>> + Send,
    open: &OpenEngine<'_>,
    plan: &Plan,
    cancel: &AtomicBool,
    deliver: &mut dyn Deliver,
) -> Result<Summary, PaperError> {
    let (permit, permits) = mpsc::sync_channel(plan.in_flight());
    for _ in 0..plan.in_flight() {
        let _ = permit.send(());
    }
    let (job, jobs) = mpsc::sync_channel::<Job>(0);
    let (done, results) = mpsc::channel::<Done>();
    let table = Arc::new(Table {
        jobs: Mutex::new(jobs),
        done,
    });
    let unopened = Mutex::new(None);
    let mut run = Run {
        ledger: PageLedger::new(plan.declared_pages.map(Counted::Pages)),
        waiting: BTreeMap::new(),
        delivered: 0,
    };

    let fed = thread::scope(|scope| {
        let unopened = &unopened;
        let hire = move |table: Arc<Table>| {
            scope.spawn(move || match open() {
                Ok(mut engine) => table.work(engine.as_mut(), plan.read_refused, cancel),
                Err(error) => {
                    *unopened.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            });
        };
        let further = Arc::downgrade(&table);
        hire(table);
        let feeder = scope.spawn(move || {
            feed(sheets, &permits, &job, cancel, &|number| {
                if (2..=plan.workers.get()).contains(&(number as usize))
                    && let Some(table) = further.upgrade()
                {
                    hire(table);
                }
            })
        });
        // Dropped at a cancel or when no worker is left, so that a feeder that waits for a permit learns it.
        let mut permit = Some(permit);
        for told in results {
            if cancel.load(Ordering::Relaxed) {
                permit = None;
            }
            let Some(permit) = permit.as_ref() else {
                continue;
            };
            match told {
                Done::FirstText(number, text) => deliver.first_text(number, &text),
                Done::Page(number, page) => {
                    run.waiting.insert(number, *page);
                    run.deliver(cancel, deliver, permit);
                }
                Done::Dropped => {}
            }
        }
        drop(permit);
        feeder.join()
    });
    let Ok(fed) = fed else {
        // The source panicked; that is the caller's own code and its panic goes on.
        std::panic::resume_unwind(Box::new("the source of sheets panicked"));
    };
    let cancelled = cancel.load(Ordering::Relaxed);
    if !cancelled {
        let engine = unopened
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match (fed, engine) {
            // Sheets were left over because no worker had an engine.
            (Fed::Refused, Some(error)) => return Err(error.into()),
            (Fed::TooMany, _) => {
                return Err(PaperError::TooManyPages {
                    found: MAX_PAGES + 1,
                    limit: MAX_PAGES,
                });
            }
            (Fed::All | Fed::Refused, _) if run.delivered == 0 => return Err(PaperError::NoPages),
            _ => {}
        }
    }
    Ok(Summary {
        pages: run.delivered,
        verdicts: if cancelled {
            Vec::new()
        } else {
            run.ledger.close()
        },
        cancelled,
    })
}

/// Why the feeder stopped.
enum Fed {
    All,
    TooMany,
    /// Nobody takes sheets any more.
    Refused,
}

fn feed(
    sheets: impl Iterator<Item = Result<Sheet, PaperError>>,
    permits: &Receiver<()>,
    jobs: &SyncSender<Job>,
    cancel: &AtomicBool,
    taken: &dyn Fn(u32),
) -> Fed {
    let mut sheets = sheets.zip(1_u32..);
    loop {
        if permits.recv().is_err() {
            return Fed::Refused;
        }
        if cancel.load(Ordering::Relaxed) {
            return Fed::All;
        }
        let Some((sheet, number)) = sheets.next() else {
            return Fed::All;
        };
        if number as usize > MAX_PAGES {
            return Fed::TooMany;
        }
        taken(number);
        if jobs.send((number, sheet)).is_err() {
            return Fed::Refused;
        }
    }
}

impl Table {
    fn work(&self, engine: &mut dyn TextEngine, read_refused: bool, cancel: &AtomicBool) {
        loop {
            let job = self
                .jobs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok((number, sheet)) = job else { return };
            let mut first = |text: &PageText| {
                let _ = self.done.send(Done::FirstText(number, text.clone()));
            };
            let done = if cancel.load(Ordering::Relaxed) {
                Done::Dropped
            } else {
                let page = sheet.and_then(|sheet| {
                    page::examine(&sheet, number, engine, read_refused, &mut first)
                });
                Done::Page(number, Box::new(page))
            };
            if self.done.send(done).is_err() {
                return;
            }
        }
    }
}

/// What the caller's thread keeps: the book of pages, and pages that wait for an earlier one.
struct Run {
    ledger: PageLedger,
    waiting: BTreeMap<u32, Result<Page, PaperError>>,
    delivered: u32,
}

impl Run {
    /// Delivers whatever is next in the order and gives a permit back for each.
    fn deliver(&mut self, cancel: &AtomicBool, deliver: &mut dyn Deliver, permit: &SyncSender<()>) {
        while !cancel.load(Ordering::Relaxed)
            && let Some(mut page) = self.waiting.remove(&(self.delivered + 1))
        {
            self.delivered += 1;
            if let Ok(page) = &mut page {
                page.enter(&mut self.ledger);
            }
            deliver.page(self.delivered, page);
            // There are never more permits than the channel holds.
            let _ = permit.send(());
        }
    }
}

#[cfg(test)]
mod tests;
