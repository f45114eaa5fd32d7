//! Pages through the parallel pipeline: told as they come, kept in their order.

use std::io::Write as _;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use models::PageText;
use paper::pipeline::{self, Deliver, Plan};
use paper::{Page, PaperError, Severity, Verdict};
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::Trouble;
use station::readers::{ReaderNames, Wanted};
use station::sorting::{noted, repeated};

use super::super::{assemble, models_dir, tessdata_dir};
use super::DigitizeArguments;
use super::pages::{Loader, Origin, are_there};
use super::told;

/// The list of pinned models; a folder without it holds none.
const LIST: &str = "models.toml";

/// Everything that was read.
pub(super) struct Read {
    /// In the order of the files, with where each came from.
    pub(super) pages: Vec<(Result<Page, PaperError>, Origin)>,
    /// What concerns the pages as a whole.
    pub(super) verdicts: Vec<Verdict>,
    pub(super) readers: ReaderNames,
}

/// A page that stands in the way, and why.
pub(super) struct Bad {
    /// From 1.
    pub(super) page: u32,
    pub(super) code: &'static str,
    pub(super) verdict: Option<Verdict>,
}

impl Read {
    /// Pages that have to be scanned again.
    pub(super) fn bad(&self) -> Vec<Bad> {
        (1..)
            .zip(&self.pages)
            .filter_map(|(page, (read, origin))| {
                let (code, verdict) = match read {
                    Err(error) => (origin.code.unwrap_or(error.code()), None),
                    Ok(read) => ("paper.unreadable", Some(refusal(read)?.clone())),
                };
                Some(Bad {
                    page,
                    code,
                    verdict,
                })
            })
            .collect()
    }

    /// Page images without those that show a page again.
    pub(super) fn distinct(&self) -> usize {
        let again = |page: &Page| {
            repeated(&page.report)
                .or_else(|| noted(&page.report))
                .is_some()
        };
        self.pages
            .iter()
            .filter(|(page, _)| !page.as_ref().is_ok_and(again))
            .count()
    }
}

pub(super) fn refusal(page: &Page) -> Option<&Verdict> {
    page.report
        .verdicts
        .iter()
        .find(|verdict| verdict.severity == Severity::Refused)
}

/// Reads all pages; each is told on stderr as soon as it and all before it are done, and with `--stream` on stdout.
pub(super) fn read(
    arguments: &DigitizeArguments,
    read_refused: bool,
    lang: Language,
) -> Result<Read, Trouble> {
    let paths = &arguments.pages.pages;
    are_there(paths)?;
    let models = models_dir(arguments.models.clone());
    let pool = assemble::readers(&Wanted {
        tessdata: &tessdata_dir(arguments.tessdata.clone()),
        languages: &arguments.languages,
        models: Some(models.as_path())
            .filter(|folder| arguments.models.is_some() || folder.join(LIST).is_file()),
        second_opinion: !arguments.no_second_opinion,
    })?;
    let mut plan = Plan {
        declared_pages: arguments.pages.count,
        read_refused,
        ..Plan::default()
    };
    plan.workers = arguments.workers.unwrap_or(plan.workers);
    let origins: Mutex<Vec<Origin>> = Mutex::default();
    let mut telling = Telling {
        origins: &origins,
        started: Instant::now(),
        stream: arguments.stream,
        lang,
        pages: Vec::new(),
    };
    let summary = thread::scope(|scope| {
        // Without room: a page is unpacked when somebody takes it.
        let (send, sheets) = mpsc::sync_channel(0);
        let loader = Loader {
            dpi: arguments.pages.dpi,
            origins: &origins,
            sheets: send,
        };
        scope.spawn(move || loader.load(paths));
        pipeline::read_pages(
            sheets.into_iter(),
            &|| pool.open(),
            &plan,
            &AtomicBool::new(false),
            &mut telling,
        )
    })
    .map_err(|error| Trouble::new(error.code(), error))?;
    let pages = telling.pages;
    Ok(Read {
        pages,
        verdicts: summary.verdicts,
        readers: pool.names().clone(),
    })
}

/// Tells of pages while others are being read.
struct Telling<'a> {
    origins: &'a Mutex<Vec<Origin>>,
    started: Instant,
    /// On stdout, a line of JSON each.
    stream: bool,
    lang: Language,
    pages: Vec<(Result<Page, PaperError>, Origin)>,
}

impl Telling<'_> {
    fn origin(&self, number: u32) -> Origin {
        self.origins.lock().unwrap_or_else(PoisonError::into_inner)[number as usize - 1].clone()
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn line(&self, line: &Value) {
        if self.stream {
            // Whoever closed the pipe does not want to hear more.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}

impl Deliver for Telling<'_> {
    fn first_text(&mut self, number: u32, text: &PageText) {
        self.line(&json!({
            "event": "first_text",
            "number": number,
            "text": text.text(),
            "elapsed_ms": self.elapsed_ms(),
        }));
    }

    fn page(&mut self, number: u32, page: Result<Page, PaperError>) {
        let origin = self.origin(number);
        let elapsed = self.started.elapsed();
        eprintln!(
            "{}",
            told::page_line(number, &page, &origin, elapsed, self.lang)
        );
        self.line(&json!({
            "event": "page",
            "page": told::page(number, &page, &origin),
            "text": page.as_ref().map_or_else(|_| String::new(), |page| page.read.text.text()),
            "elapsed_ms": self.elapsed_ms(),
        }));
        self.pages.push((page, origin));
    }
}
