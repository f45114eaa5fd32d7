//! The whole way of a paper: look, read, enter in the ledger, name, take fields, pack into a PDF/A.

use std::time::{Duration, Instant};

use models::{PageText, TextEngine};
use serde::Serialize;

use crate::fields::{self, Field};
use crate::kind::{self, Kind};
use crate::pdf::{self, PdfMeta, PdfPage};
use crate::{
    Geometry, Master, PageLedger, PaperError, ReadPage, Severity, Sheet, Verdict, quality,
    read_page,
};

/// A school record book has 20 pages; a land file may have a hundred.
const MAX_PAGES: usize = 500;

/// What the caller decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Pages with writing, counted by hand; none when nobody counted.
    pub declared_pages: Option<u32>,
    /// The time to write into the file.
    pub created: jiff::Timestamp,
    /// Lays the fields into the file as an attachment. It is a PDF/A-3 then, else a PDF/A-2.
    pub attach_fields: bool,
}

/// How long each step took, in milliseconds of wall time.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timings {
    pub look_ms: u64,
    pub read_ms: u64,
    pub pack_ms: u64,
}

/// What is known of one page. It holds no text.
#[derive(Clone, Debug, Serialize)]
pub struct PageReport {
    /// From 1, in the order of scanning.
    pub number: u32,
    /// SHA-256 of the packed image that lies in the PDF.
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    pub dpi: u32,
    pub geometry: Geometry,
    pub verdicts: Vec<Verdict>,
    pub words: usize,
    pub mean_confidence: u8,
    pub timings: Timings,
}

/// Pages looked at and read; good or bad, all of them.
#[derive(Clone, Debug)]
pub struct Examined {
    pub reports: Vec<PageReport>,
    /// What was read, page by page; empty where the pixels were refused already.
    pub reads: Vec<ReadPage>,
    pub masters: Vec<Master>,
    /// What concerns the paper as a whole.
    pub verdicts: Vec<Verdict>,
}

impl Examined {
    /// The first page that has to be scanned again, counted from 1, and why.
    pub fn refusal(&self) -> Option<(u32, Verdict)> {
        let refused = |report: &PageReport| {
            report
                .verdicts
                .iter()
                .find(|verdict| verdict.severity == Severity::Refused)
                .cloned()
        };
        self.reports
            .iter()
            .find_map(|report| Some((report.number, refused(report)?)))
    }
}

/// A paper as evidence. `Debug` shows no text.
#[derive(Clone)]
pub struct Digitized {
    pub pages: Vec<PageReport>,
    pub reads: Vec<ReadPage>,
    pub kind: Kind,
    pub fields: Vec<Field>,
    pub verdicts: Vec<Verdict>,
    pub pdf: Vec<u8>,
    /// Writing the PDF.
    pub pdf_ms: u64,
}

impl Digitized {
    /// Everything that was read, pages apart by a form feed.
    pub fn text(&self) -> String {
        self.reads
            .iter()
            .map(|read| read.text.text())
            .collect::<Vec<_>>()
            .join("\n\u{c}\n")
    }
}

impl std::fmt::Debug for Digitized {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Digitized({} pages, {}, {} fields)",
            self.pages.len(),
            self.kind.id,
            self.fields.len()
        )
    }
}

/// Looks at pages, reads them and enters them in the ledger. A page that is not good enough is reported, not refused.
pub fn examine(
    sheets: &[Sheet],
    engine: &mut dyn TextEngine,
    declared_pages: Option<u32>,
) -> Result<Examined, PaperError> {
    look_and_read(sheets, engine, declared_pages, false)
}

fn look_and_read(
    sheets: &[Sheet],
    engine: &mut dyn TextEngine,
    declared_pages: Option<u32>,
    read_refused: bool,
) -> Result<Examined, PaperError> {
    if sheets.is_empty() {
        return Err(PaperError::NoPages);
    }
    if sheets.len() > MAX_PAGES {
        return Err(PaperError::TooManyPages {
            found: sheets.len(),
            limit: MAX_PAGES,
        });
    }
    let mut ledger = PageLedger::new(declared_pages);
    let mut examined = Examined {
        reports: Vec::new(),
        reads: Vec::new(),
        masters: Vec::new(),
        verdicts: Vec::new(),
    };
    for (sheet, number) in sheets.iter().zip(1..) {
        let started = Instant::now();
        let mut verdicts = quality::look(sheet, None).verdicts;
        let look = started.elapsed();
        let refused = verdicts
            .iter()
            .any(|verdict| verdict.severity == Severity::Refused);
        let blank = verdicts
            .iter()
            .any(|verdict| verdict.code == "quality.blank");

        let started = Instant::now();
        let read = if refused && !read_refused {
            unread(sheet)
        } else {
            read_page(sheet, engine)?
        };
        let reading = started.elapsed();
        if !refused || read_refused {
            verdicts.extend(quality::after_reading(&read.text, &read.geometry, blank));
        }

        let started = Instant::now();
        let master = sheet.master()?;
        let pack = started.elapsed();
        verdicts.extend(ledger.enter(&master.sha256, &read.text));
        examined.reports.push(PageReport {
            number,
            sha256: master.sha256.clone(),
            width: sheet.width(),
            height: sheet.height(),
            dpi: sheet.dpi(),
            geometry: read.geometry.clone(),
            verdicts,
            words: read.text.words.len(),
            mean_confidence: read.text.mean_confidence,
            timings: Timings {
                look_ms: ms(look),
                read_ms: ms(reading),
                pack_ms: ms(pack),
            },
        });
        examined.reads.push(read);
        examined.masters.push(master);
    }
    examined.verdicts.extend(ledger.close());
    Ok(examined)
}

/// Makes evidence of pages, or says which page stands in the way. Flagged pages pass: their verdicts go along for a
/// person to weigh.
pub fn digitize(
    sheets: &[Sheet],
    engine: &mut dyn TextEngine,
    options: &Options,
) -> Result<Digitized, PaperError> {
    let examined = examine(sheets, engine, options.declared_pages)?;
    if let Some((page, verdict)) = examined.refusal() {
        return Err(PaperError::Unreadable { page, verdict });
    }
    finish(examined, options)
}

/// The same for pages that may be refused: they are read as well as can be, and their verdicts say what is wrong. For
/// measuring, and for a person who wants to see a refused page.
pub fn digitize_all(
    sheets: &[Sheet],
    engine: &mut dyn TextEngine,
    options: &Options,
) -> Result<Digitized, PaperError> {
    finish(
        look_and_read(sheets, engine, options.declared_pages, true)?,
        options,
    )
}

/// Names the paper, takes its fields and packs it.
fn finish(examined: Examined, options: &Options) -> Result<Digitized, PaperError> {
    let texts: Vec<&PageText> = examined.reads.iter().map(|read| &read.text).collect();
    let kind = kind::classify(&texts);
    let fields = fields::extract(kind.id, &texts);
    let started = Instant::now();
    let attachment = options
        .attach_fields
        .then(|| serde_json::to_vec(&fields).map_err(|_| PaperError::Encoding))
        .transpose()?;
    let meta = PdfMeta {
        title: kind.title,
        created: options.created,
        language: "vi",
        fields_json: attachment.as_deref(),
    };
    let pages: Vec<PdfPage<'_>> = examined
        .masters
        .iter()
        .zip(&examined.reads)
        .map(|(master, read)| PdfPage {
            master,
            read: Some(read),
        })
        .collect();
    let pdf = pdf::write(&pages, &meta)?;
    Ok(Digitized {
        pages: examined.reports,
        reads: examined.reads,
        kind,
        fields,
        verdicts: examined.verdicts,
        pdf,
        pdf_ms: ms(started.elapsed()),
    })
}

fn unread(sheet: &Sheet) -> ReadPage {
    let geometry = Geometry {
        width: sheet.width(),
        height: sheet.height(),
        ..Geometry::default()
    };
    ReadPage {
        text: PageText::default(),
        geometry,
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
