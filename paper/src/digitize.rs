//! The whole way of a paper: look, read, enter in the ledger, name, take fields, pack into a PDF/A.

use std::time::Instant;

use models::{PageText, TextEngine};

use crate::codes::Codes;
use crate::fields::{self, Field};
use crate::kind::{self, Kind};
use crate::metadata::Metadata;
use crate::obstacles::{self, Looked, Suggestion};
use crate::page::{self, Page, PageReport, ms};
use crate::pdf::{self, ArchiveMeta, CopyKind, PdfMeta, PdfPage, Picture};
use crate::{
    Counted, Geometry, Layers, Master, PageLedger, PaperError, ReadPage, Severity, Sheet, Verdict,
};

/// A school record book has 20 pages; a land file may have a hundred.
pub(crate) const MAX_PAGES: usize = 500;

/// What the caller decides.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Pages with writing, counted by hand; none when nobody counted.
    pub declared_pages: Option<u32>,
    /// The time to write into the file.
    pub created: jiff::Timestamp,
    /// Lays the fields into the file as an attachment. It is a PDF/A-3 then, else a PDF/A-2.
    pub attach_fields: bool,
    /// Makes a second, small file for reading on a screen.
    pub convenience: bool,
}

/// Pages looked at and read; good or bad, all of them.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    pub reports: Vec<PageReport>,
    /// What was read, page by page; empty where the pixels were refused already.
    pub reads: Vec<ReadPage>,
    pub masters: Vec<Master>,
    /// What each page carries for machines.
    pub codes: Vec<Codes>,
    /// What concerns the paper as a whole.
    pub verdicts: Vec<Verdict>,
}

impl Examined {
    /// Takes the next page in.
    pub fn push(&mut self, page: Page) {
        self.reports.push(page.report);
        self.reads.push(page.read);
        self.masters.push(page.master);
        self.codes.push(page.codes);
    }

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
    /// The minimum metadata of TT 01/2023/TT-VPCP Art. 9.
    pub metadata: Metadata,
    /// What speaks against digitising it, for a person to decide.
    pub suggestions: Vec<Suggestion>,
    /// QR codes and machine-readable zones, page by page.
    pub codes: Vec<Codes>,
    pub verdicts: Vec<Verdict>,
    /// The certified copy: the unaltered pixels of every page.
    pub pdf: Vec<u8>,
    /// The copy for reading, when it was asked for; it calls itself so and is no evidence.
    pub convenience: Option<Vec<u8>>,
    /// Writing the PDFs.
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
    let mut ledger = PageLedger::new(declared_pages.map(Counted::Pages));
    let mut examined = Examined::default();
    for (sheet, number) in sheets.iter().zip(1..) {
        let mut page = page::examine(sheet, number, engine, read_refused, &mut |_| {})?;
        page.enter(&mut ledger);
        examined.push(page);
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

/// Names a paper whose pages were examined, takes its fields and packs it.
pub fn finish(examined: Examined, options: &Options) -> Result<Digitized, PaperError> {
    let texts: Vec<&PageText> = examined.reads.iter().map(|read| &read.text).collect();
    let kind = kind::classify(&texts);
    let mut fields = fields::extract(&kind.id, &texts);
    let geometries: Vec<&Geometry> = examined.reads.iter().map(|read| &read.geometry).collect();
    fields::put_on_pages(&mut fields, &geometries);
    fields::take_zones(&kind.id, &mut fields, &examined.codes);
    let looked: Vec<Looked<'_>> = examined
        .reads
        .iter()
        .zip(&examined.reports)
        .map(|(read, report)| Looked {
            text: &read.text,
            geometry: &read.geometry,
            coloured: report.coloured,
        })
        .collect();
    let suggestions = obstacles::look(&kind, &looked);
    let started = Instant::now();
    let attachment = options
        .attach_fields
        .then(|| serde_json::to_vec(&filed(&fields)).map_err(|_| PaperError::Encoding))
        .transpose()?;
    let meta = PdfMeta {
        fields_json: attachment.as_deref(),
        archive: ArchiveMeta::of(&Metadata::of(&kind, &fields)),
        ..PdfMeta::new(&kind.title, options.created)
    };
    let pages: Vec<PdfPage<'_>> = examined
        .masters
        .iter()
        .zip(&examined.reads)
        .map(|(master, read)| PdfPage {
            picture: Picture::Master(master),
            read: Some(read),
        })
        .collect();
    let pdf = pdf::write(&pages, &meta)?;
    let convenience = options
        .convenience
        .then(|| convenience_copy(&examined, meta))
        .transpose()?;
    Ok(Digitized {
        pages: examined.reports,
        reads: examined.reads,
        metadata: Metadata::of(&kind, &fields),
        suggestions,
        codes: examined.codes,
        kind,
        fields,
        verdicts: examined.verdicts,
        pdf,
        convenience,
        pdf_ms: ms(started.elapsed()),
    })
}

/// The small copy, made out of the certified pages one after the other; nothing is attached to it.
fn convenience_copy(examined: &Examined, meta: PdfMeta<'_>) -> Result<Vec<u8>, PaperError> {
    let meta = PdfMeta {
        fields_json: None,
        copy: CopyKind::Convenience,
        ..meta
    };
    let mut writer = pdf::Writer::begin(Vec::new(), meta.standard)?;
    for (master, read) in examined.masters.iter().zip(&examined.reads) {
        let layers = Layers::of(&Sheet::from_master(master)?, &read.geometry)?;
        writer.page(&PdfPage {
            picture: Picture::Layers(&layers),
            read: Some(read),
        })?;
    }
    writer.finish(&meta)
}

/// The fields that go along with the paper: faith is read past and stays behind.
fn filed(fields: &[Field]) -> Vec<&Field> {
    fields.iter().filter(|field| !field.sensitive).collect()
}
