//! Judging pages without reading them: everything that pixels and the ledger tell.

use serde::Serialize;

use crate::{Counted, Entering, PageLedger, PaperError, Sheet, Statement, Verdict, quality};

/// What is known of one page before it is read.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedPage {
    /// From 1, in the order of scanning.
    pub number: u32,
    /// SHA-256 of the packed image.
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    /// What the file says, or what is assumed; none of a photograph, which has no resolution of its own.
    pub dpi: Option<u32>,
    /// What the page truly has.
    pub effective_dpi: u32,
    pub photograph: bool,
    pub verdicts: Vec<Verdict>,
}

/// What is known of a pile.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    pub pages: Vec<CheckedPage>,
    /// What concerns the pile as a whole.
    pub verdicts: Vec<Verdict>,
    pub statement: Statement,
}

impl Checked {
    /// Whether any page has to be scanned again.
    pub fn refused(&self) -> bool {
        self.pages
            .iter()
            .any(|page| crate::ledger::refused(&page.verdicts))
    }
}

/// Looks at pages one by one, enters them in a ledger and closes it. `counted` is what was counted by hand.
pub fn check<'s>(
    sheets: impl IntoIterator<Item = &'s Sheet>,
    counted: Option<Counted>,
) -> Result<Checked, PaperError> {
    let mut ledger = PageLedger::new(counted);
    let mut pages = Vec::new();
    for (sheet, number) in sheets.into_iter().zip(1..) {
        pages.push(check_page(sheet, number, &mut ledger)?);
    }
    if pages.is_empty() {
        return Err(PaperError::NoPages);
    }
    Ok(Checked {
        pages,
        verdicts: ledger.close(),
        statement: ledger.statement(),
    })
}

/// Looks at one page and enters it in the ledger.
pub fn check_page(
    sheet: &Sheet,
    number: u32,
    ledger: &mut PageLedger,
) -> Result<CheckedPage, PaperError> {
    let seen = quality::look_for_page(sheet);
    let sha256 = sheet.master()?.sha256;
    let mut verdicts = seen.verdicts;
    let told = ledger.enter(&Entering {
        sha256: &sha256,
        likeness: Some(&seen.likeness),
        verdicts: &verdicts,
        text: None,
    });
    verdicts.extend(told);
    let photograph = sheet.is_photograph();
    Ok(CheckedPage {
        number,
        sha256,
        width: sheet.width(),
        height: sheet.height(),
        dpi: (!photograph).then_some(sheet.dpi()),
        effective_dpi: seen.effective_dpi.round() as u32,
        photograph,
        verdicts,
    })
}
