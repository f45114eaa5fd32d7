//! One page on its way: looked at, read, packed as it is.

use std::time::{Duration, Instant};

use models::{PageText, TextEngine};
use serde::Serialize;

use crate::{
    Entering, Geometry, Likeness, Master, PageLedger, PaperError, ReadPage, Sheet, Verdict,
    photograph, quality, read::read_flat,
};

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

/// A page examined: what is known of it, what was read, and its packed pixels. `Debug` shows no text.
#[derive(Clone, Debug)]
pub struct Page {
    pub report: PageReport,
    /// Empty where the pixels were refused already.
    pub read: ReadPage,
    pub master: Master,
    /// By which the ledger knows the page again.
    likeness: Likeness,
}

impl Page {
    /// Enters the page in the ledger and keeps what the ledger says of it.
    pub(crate) fn enter(&mut self, ledger: &mut PageLedger) {
        let verdicts = ledger.enter(&Entering {
            sha256: &self.report.sha256,
            likeness: Some(&self.likeness),
            verdicts: &self.report.verdicts,
            text: Some(&self.read.text),
        });
        self.report.verdicts.extend(verdicts);
    }
}

/// Looks at a page, reads it and packs it. One that is refused for its pixels is only read when asked for.
pub(crate) fn examine(
    sheet: &Sheet,
    number: u32,
    engine: &mut dyn TextEngine,
    read_refused: bool,
) -> Result<Page, PaperError> {
    let started = Instant::now();
    let flat = photograph::flatten(sheet);
    let seen = quality::look(sheet, flat.as_ref().map(|flat| &flat.flattening.outline));
    let look = started.elapsed();
    let refused = seen.refused();
    let mut verdicts = seen.verdicts;

    let started = Instant::now();
    let read = if refused && !read_refused {
        unread(sheet)
    } else {
        read_flat(sheet, flat, engine)?
    };
    let reading = started.elapsed();
    if !refused || read_refused {
        verdicts.extend(quality::after_reading(
            &read.text,
            &read.geometry,
            seen.blank,
        ));
    }

    let started = Instant::now();
    let master = sheet.master()?;
    let pack = started.elapsed();
    let report = PageReport {
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
    };
    Ok(Page {
        report,
        read,
        master,
        likeness: seen.likeness,
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

pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
