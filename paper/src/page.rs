//! One page on its way: looked at, read, packed as it is.

use std::time::{Duration, Instant};

use models::{PageText, TextEngine};
use serde::Serialize;

use crate::codes::{self, Codes};
use crate::{
    Entering, Geometry, Likeness, Master, PageLedger, PaperError, ReadPage, Sheet, Verdict,
    photograph, quality, read::read_flat,
};

/// How long each step took, in milliseconds of wall time.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timings {
    pub look_ms: u64,
    pub read_ms: u64,
    /// Looking for codes that machines read.
    pub codes_ms: u64,
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
    /// What the scanner says. A photograph says nothing: there it is that of the sheet found in it, or, where none was
    /// found, what its letters tell.
    pub dpi: u32,
    /// Taken by a camera: it has no resolution of its own.
    pub photograph: bool,
    /// There is colour on it: a seal, a signature in blue.
    pub coloured: bool,
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
    /// So many verdicts are the page's own; what follows is the ledger's.
    own: usize,
    /// QR codes and machine-readable zones.
    pub codes: Codes,
}

impl Page {
    /// The page as the scanner saw it, to be looked at again.
    ///
    /// # Errors
    /// [`PaperError::NotAnImage`] when its packed pixels cannot be unpacked.
    pub fn sheet(&self) -> Result<Sheet, PaperError> {
        Ok(Sheet::from_master(&self.master)?.seen_as(self.report.photograph))
    }

    /// Enters the page in the ledger and keeps what the ledger says of it, in the place of what an earlier one said.
    pub fn enter(&mut self, ledger: &mut PageLedger) {
        self.report.verdicts.truncate(self.own);
        let verdicts = ledger.enter(&Entering {
            sha256: &self.report.sha256,
            likeness: Some(&self.likeness),
            verdicts: &self.report.verdicts,
            text: Some(&self.read.text),
        });
        self.report.verdicts.extend(verdicts);
    }
}

/// Looks at a page, reads it and packs it. One that is refused for its pixels is only read when asked for. `first` hears
/// the first lines as soon as they are read.
pub(crate) fn examine(
    sheet: &Sheet,
    number: u32,
    engine: &mut dyn TextEngine,
    read_refused: bool,
    first: &mut dyn FnMut(&PageText),
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
        read_flat(sheet, flat, engine, first)?
    };
    let reading = started.elapsed();
    let started = Instant::now();
    let codes = if refused && !read_refused {
        Codes::default()
    } else {
        codes::find(sheet, &read)
    };
    let coding = started.elapsed();
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
    let own = verdicts.len();
    let report = PageReport {
        number,
        sha256: master.sha256.clone(),
        width: sheet.width(),
        height: sheet.height(),
        dpi: match &read.geometry.flattening {
            Some(flattening) => flattening.dpi,
            None if sheet.is_photograph() => seen.effective_dpi.round() as u32,
            None => sheet.dpi(),
        },
        photograph: sheet.is_photograph(),
        coloured: is_coloured(sheet),
        geometry: read.geometry.clone(),
        verdicts,
        words: read.text.words.len(),
        mean_confidence: read.text.mean_confidence,
        timings: Timings {
            look_ms: ms(look),
            read_ms: ms(reading),
            codes_ms: ms(coding),
            pack_ms: ms(pack),
        },
    };
    Ok(Page {
        report,
        read,
        master,
        likeness: seen.likeness,
        own,
        codes,
    })
}

/// A channel this far above another is a colour; the yellow of old paper and the noise of a JPEG stay below.
const COLOUR: u8 = 56;

/// A seal of 35 mm covers a two-hundredth of A4 with ink, a signature a two-thousandth.
const COLOURED_SHARE: f32 = 0.000_4;

/// Every how many pixels it is looked.
const COLOUR_STEP: usize = 5;

fn is_coloured(sheet: &Sheet) -> bool {
    let Some(colours) = sheet.colour() else {
        return false;
    };
    let pixels = colours.as_raw().chunks_exact(3).step_by(COLOUR_STEP);
    let all = pixels.len().max(1);
    let coloured = pixels
        .filter(|pixel| {
            let (least, most) = pixel
                .iter()
                .fold((u8::MAX, 0), |(low, high), c| (low.min(*c), high.max(*c)));
            most - least >= COLOUR
        })
        .count();
    coloured as f32 >= COLOURED_SHARE * all as f32
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
