//! From pages to papers. Where a paper ends is the operator's word; where the operator says nothing, the pages tell.

use std::collections::BTreeSet;
use std::ops::Range;

use paper::Page;
use paper::pile::Role;

use crate::script::ScanScript;
use crate::sorting::{self, Piled, noted, repeated};
use crate::visit::{COUNT_MISMATCH, SetAside, Stop};

use super::table::{Out, ReadPage, sheets_out};

/// Notices that go with pages that are handed back unstored.
const DUPLICATE: &str = "quality.duplicate";
const NO_DOCUMENT: &str = "pile.no_document";

/// Pages of one paper.
pub(super) struct SortedPaper {
    pub(super) pages: Vec<Page>,
    /// Sheets of this paper, as far as a person's count tells: see [`declared`].
    pub(super) sheets_declared: u32,
    /// What a person looks at.
    pub(super) doubts: Vec<&'static str>,
}

/// Everything that was scanned.
pub(super) struct SortedPapers {
    pub(super) papers: Vec<SortedPaper>,
    pub(super) set_aside: Vec<SetAside>,
    /// Sheets that were seen, each once.
    pub(super) sheets: u32,
}

/// Scans that belong together.
#[derive(Debug, PartialEq)]
pub(super) struct Batch {
    pub(super) scans: Range<usize>,
    /// The operator said that they are one paper; otherwise they are a pile.
    one_paper: bool,
}

/// Sorts the pages into papers and holds them against what was counted: by scan where the operator counted a scan.
pub(super) fn sort(
    pages: Vec<ReadPage>,
    out: &[Out],
    scans: &[ScanScript],
    counted: u32,
) -> Result<SortedPapers, Stop> {
    let words: Vec<Option<bool>> = scans.iter().map(|scan| scan.same_paper).collect();
    let batches = batches(&words);
    let batch_of = |scan: usize| batches.iter().position(|batch| batch.scans.contains(&scan));
    // A page that was scanned twice stands for no further sheet; but where the operator says that a paper begins, two
    // papers may well look the same.
    let counts = |at: usize| {
        let page: &ReadPage = &pages[at];
        let report = &page.page.report;
        let Some(earlier) = repeated(report).or_else(|| noted(report)) else {
            return true;
        };
        let batch = batch_of(page.scan);
        let said = batch.is_some_and(|batch| batches[batch].one_paper);
        let elsewhere = pages
            .get(earlier as usize - 1)
            .is_some_and(|earlier| batch_of(earlier.scan) != batch);
        said && elsewhere
    };
    let seen = |places: &mut dyn Iterator<Item = usize>| -> BTreeSet<u32> {
        places
            .filter(|at| counts(*at))
            .map(|at| pages[at].sheet)
            .collect()
    };
    let sheets_of = |places: &mut dyn Iterator<Item = usize>| seen(places).len() as u32;
    for (at, scan) in scans.iter().enumerate() {
        let mut places = (0..pages.len()).filter(|page| pages[*page].scan == at);
        if scan
            .sheets
            .is_some_and(|sheets| sheets_of(&mut places) < sheets)
        {
            return Err(Stop::failure(COUNT_MISMATCH));
        }
    }
    // A page that was taken out is a page of a sheet all the same.
    let mut all = seen(&mut (0..pages.len()));
    all.extend(sheets_out(out));
    let sheets = all.len() as u32;
    let exact = sheets == counted;

    let mut papers: Vec<(Vec<usize>, u32, Vec<&'static str>)> = Vec::new();
    let aside = |code| SetAside {
        kind: paper::kind::OTHER.id.into_owned(),
        code,
        rule: None,
    };
    let mut set_aside: Vec<SetAside> = out.iter().map(|out| aside(out.code)).collect();
    for batch in &batches {
        let inside = |at: &usize| batch.scans.contains(&pages[*at].scan);
        let places: Vec<usize> = (0..pages.len()).filter(inside).collect();
        if places.is_empty() {
            continue;
        }
        if batch.one_paper {
            let by_scan = scans[batch.scans.clone()].iter().map(|scan| scan.sheets);
            let said: Option<u32> = by_scan.sum();
            let said = said.or((batches.len() == 1).then_some(counted));
            let seen = sheets_of(&mut places.iter().copied());
            papers.push((
                places.clone(),
                declared(said, exact, seen, places.len()),
                Vec::new(),
            ));
            continue;
        }
        let piled: Vec<Option<Piled<'_>>> = (0..pages.len())
            .map(|at| {
                inside(&at).then(|| Piled {
                    page: &pages[at].page,
                    sheet: Some(pages[at].sheet),
                })
            })
            .collect();
        let sorted = sorting::sort(&piled);
        set_aside.extend(sorted.duplicates.iter().map(|_| aside(DUPLICATE)));
        for document in sorted.documents {
            if document.role != Role::Paper {
                set_aside.push(aside(NO_DOCUMENT));
                continue;
            }
            let seen = sheets_of(&mut document.pages.iter().copied());
            let declared = declared(None, exact, seen, document.pages.len());
            let doubts = document.doubts.iter().map(|doubt| doubt.code()).collect();
            papers.push((document.pages, declared, doubts));
        }
    }
    let mut pages: Vec<Option<Page>> = pages.into_iter().map(|read| Some(read.page)).collect();
    let papers = papers
        .into_iter()
        .map(|(places, sheets_declared, doubts)| SortedPaper {
            // Each page is in one paper.
            pages: places.iter().filter_map(|at| pages[*at].take()).collect(),
            sheets_declared,
            doubts,
        })
        .collect();
    Ok(SortedPapers {
        papers,
        set_aside,
        sheets,
    })
}

/// How many sheets a paper has: as counted by hand for it, or for it alone. Where only the visit's sheets were counted
/// and as many were seen, those seen of this paper are part of that count. Where more pages than sheets came, backs are
/// among them, and nobody knows whose: a paper has at least half as many sheets as pages then.
fn declared(said: Option<u32>, exact: bool, seen: u32, pages: usize) -> u32 {
    let least = u32::try_from(pages.div_ceil(2)).unwrap_or(u32::MAX);
    said.unwrap_or(if exact { seen } else { least }).max(1)
}

/// Puts scans together by what the operator said of each.
pub(super) fn batches(words: &[Option<bool>]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        match (word, batches.last_mut()) {
            (Some(true), Some(last)) if last.one_paper => last.scans.end = at + 1,
            (Some(true), Some(last)) => {
                // The scan before is the beginning of this paper, and so no pile.
                last.scans.end = at - 1;
                batches.push(Batch {
                    scans: at - 1..at + 1,
                    one_paper: true,
                });
            }
            (Some(_), _) => batches.push(Batch {
                scans: at..at + 1,
                one_paper: true,
            }),
            (None, Some(last)) if !last.one_paper => last.scans.end = at + 1,
            (None, _) => batches.push(Batch {
                scans: at..at + 1,
                one_paper: false,
            }),
        }
    }
    batches.retain(|batch| !batch.scans.is_empty());
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[Option<bool>]) -> Vec<(Range<usize>, bool)> {
        batches(words)
            .into_iter()
            .map(|batch| (batch.scans, batch.one_paper))
            .collect()
    }

    #[test]
    fn the_operators_word_parts_papers_and_silence_makes_a_pile() {
        let (new, on, unsaid) = (Some(false), Some(true), None);
        assert_eq!(told(&[unsaid, unsaid]), [(0..2, false)]);
        assert_eq!(told(&[new, new]), [(0..1, true), (1..2, true)]);
        assert_eq!(told(&[new, on, unsaid]), [(0..2, true), (2..3, false)]);
        assert_eq!(told(&[unsaid, on]), [(0..2, true)]);
        assert_eq!(
            told(&[unsaid, unsaid, on, on, unsaid]),
            [(0..1, false), (1..4, true), (4..5, false)]
        );
        assert_eq!(told(&[on]), [(0..1, true)]);
    }

    #[test]
    fn a_count_by_hand_is_what_is_declared() {
        assert_eq!(declared(Some(3), true, 2, 2), 3, "and the road refuses it");
        assert_eq!(declared(None, true, 2, 3), 2);
        assert_eq!(declared(None, false, 3, 3), 2, "one of them may be a back");
        assert_eq!(declared(None, true, 0, 1), 1);
    }
}
