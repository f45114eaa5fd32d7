//! A pile of pages that were read, sorted into papers. What shows a page again is no page of any paper; the second image
//! of a page with a note on it stays with the first.

use paper::pile::{self, Doubt, Group, PilePage, Role};
use paper::{Page, PageReport};

/// The same page again.
const DUPLICATE: &str = "quality.duplicate";
/// The same page with its note, or without.
const NOTE_PAIR: &str = "quality.note_pair";
const BLANK: &str = "quality.blank";

/// One page of a pile.
#[derive(Clone, Copy)]
pub struct Piled<'a> {
    pub page: &'a Page,
    /// Which sheet it is a side of, where the scanner tells.
    pub sheet: Option<u32>,
}

/// Pages that belong together.
#[derive(Debug)]
pub struct Sorted {
    pub role: Role,
    /// Places in what was given, in the order of reading.
    pub pages: Vec<usize>,
    pub doubts: Vec<Doubt>,
}

/// A sorted pile.
#[derive(Debug, Default)]
pub struct SortedPile {
    pub documents: Vec<Sorted>,
    /// People, with places in `documents`.
    pub owners: Vec<Group>,
    /// Places of pages that show an earlier page again, and the number of that page, from 1.
    pub duplicates: Vec<(usize, u32)>,
}

/// Sorts pages; nothing where a page is not to be sorted. Places are page numbers less one.
#[must_use]
pub fn sort(pages: &[Option<Piled<'_>>]) -> SortedPile {
    let mut places = Vec::new();
    let mut piled = Vec::new();
    let mut notes = Vec::new();
    let mut duplicates = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        let Some(Piled { page, sheet }) = page else {
            continue;
        };
        if let Some(of) = repeated(&page.report) {
            duplicates.push((at, of));
        } else if let Some(of) = noted(&page.report) {
            notes.push((at, of as usize - 1));
        } else {
            places.push(at);
            piled.push(PilePage {
                text: &page.read.text,
                blank: has(&page.report, BLANK).is_some(),
                sheet: *sheet,
            });
        }
    }
    let pile = pile::sort(&piled);
    let mut documents: Vec<Sorted> = pile
        .documents
        .into_iter()
        .map(|document| Sorted {
            role: document.role,
            pages: document.pages.iter().map(|at| places[*at]).collect(),
            doubts: document.doubts,
        })
        .collect();
    for (at, partner) in notes {
        let home = documents.iter_mut().find_map(|document| {
            let place = document.pages.iter().position(|page| *page == partner)?;
            Some((document, place))
        });
        match home {
            Some((document, place)) => document.pages.insert(place + 1, at),
            // Its partner is a duplicate or was not given.
            None => documents.push(Sorted {
                role: Role::Picture,
                pages: vec![at],
                doubts: vec![Doubt::NoDocument],
            }),
        }
    }
    SortedPile {
        documents,
        owners: pile.owners,
        duplicates,
    }
}

/// The number of the earlier page that this one shows again.
#[must_use]
pub fn repeated(report: &PageReport) -> Option<u32> {
    has(report, DUPLICATE)
}

/// The number of the earlier page that this one shows with its note, or without.
#[must_use]
pub fn noted(report: &PageReport) -> Option<u32> {
    has(report, NOTE_PAIR).filter(|number| *number > 0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "page numbers"
)]
fn has(report: &PageReport, code: &str) -> Option<u32> {
    let verdict = report
        .verdicts
        .iter()
        .find(|verdict| verdict.code == code)?;
    Some(verdict.value as u32)
}
