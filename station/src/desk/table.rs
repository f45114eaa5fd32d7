//! The pages of one visit as they lie on the table: in their order, turned, or taken out and still accounted for.

use std::collections::BTreeSet;

use paper::{Page, PageLedger, PaperError, Sheet, Turn};
use scanner_drivers::Side;
use serde::{Deserialize, Serialize};

use crate::people::{Arrange, Arranged, Without};
use crate::script::ScanScript;

use super::sorting::batches;

/// A page as it came out of the reading, good or bad.
pub(super) type Outcome = Result<Page, PaperError>;

/// Everything that was scanned in this visit. Pages keep the number under which they were told.
#[derive(Default)]
pub(super) struct Table {
    /// In the order of the paper, those that were taken out too.
    pub(super) pages: Vec<Lying>,
    /// What each scan was.
    pub(super) scans: Vec<ScanScript>,
    /// Sheets that operator and citizen counted, at last.
    pub(super) counted: u32,
    /// Sheets that came off the scanner.
    sheets: u32,
    /// Pages that were kept, and are still to be read, each with the way up a person gave it.
    pub(super) unread: Vec<(u32, Option<Turn>)>,
    /// Pages were moved, taken out or scanned again: what the reading said of repeated pages is told anew.
    pub(super) touched: bool,
}

/// One page on the table.
pub(super) struct Lying {
    /// As it was told, from 1; it never changes.
    pub(super) number: u32,
    pub(super) scan: usize,
    /// Which sheet it is a side of, where the scanner tells; else each page is a sheet.
    sheet: u32,
    /// None until it was read.
    pub(super) outcome: Option<Outcome>,
    /// How often it is still being read.
    pub(super) reading: u32,
    out: Option<Without>,
    /// Which way up a person says it stands.
    held: Option<Turn>,
}

/// A page that was scanned and read, and can be relied on.
pub(super) struct ReadPage {
    pub(super) page: Page,
    /// Which scan of the visit it came from.
    pub(super) scan: usize,
    pub(super) sheet: u32,
}

/// A page that is no paper's because people said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Out {
    /// None where it shows a sheet once more.
    pub(super) sheet: Option<u32>,
    pub(super) code: &'static str,
}

impl Table {
    /// A new page at the end; its number.
    pub(super) fn lay(&mut self, scan: usize, side: Side) -> u32 {
        if side == Side::Front {
            self.sheets += 1;
        }
        let number = self.len() + 1;
        self.pages.push(Lying {
            number,
            scan,
            sheet: self.sheets,
            outcome: None,
            reading: 1,
            out: None,
            held: None,
        });
        number
    }

    /// The same page is on the scanner, or with the readers, once more.
    pub(super) fn anew(&mut self, number: u32) {
        if let Some(page) = self.page(number) {
            page.reading += 1;
        }
        self.touched = true;
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.pages.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn page(&mut self, number: u32) -> Option<&mut Lying> {
        self.pages.iter_mut().find(|page| page.number == number)
    }

    /// A page came out of the reading. What was read of an image that another has replaced counts for nothing; none then.
    pub(super) fn read(&mut self, number: u32, mut outcome: Outcome) -> Option<&Outcome> {
        if self.touched
            && let Ok(page) = &mut outcome
        {
            let mut ledger = PageLedger::new(None);
            for other in self.staying().filter(|other| other.number != number) {
                if let Some(Ok(other)) = &other.outcome {
                    other.clone().enter(&mut ledger);
                }
            }
            page.enter(&mut ledger);
        }
        let page = self.page(number)?;
        page.reading = page.reading.saturating_sub(1);
        if page.reading > 0 {
            return None;
        }
        if let Ok(read) = &mut outcome {
            read.report.number = number;
        }
        page.outcome = Some(outcome);
        page.outcome.as_ref()
    }

    /// Pages that were not taken out.
    pub(super) fn staying(&self) -> impl Iterator<Item = &Lying> {
        self.pages.iter().filter(|page| page.out.is_none())
    }

    /// Does what people ask for on the table; the sheet that has to be read again, when one has.
    pub(super) fn arrange(&mut self, what: Arrange) -> Option<(u32, Sheet)> {
        match what {
            Arrange::Earlier(number) => self.earlier(self.place(number)?),
            // Later is the next one earlier.
            Arrange::Later(number) => {
                let at = self.place(number)?;
                let next = (at + 1..self.pages.len()).find(|at| self.pages[*at].out.is_none())?;
                if self.paper(at) == self.paper(next) {
                    self.earlier(next);
                } else {
                    self.pages[at].scan = self.pages[next].scan;
                }
            }
            Arrange::TakeOut(number, why) => self.page(number)?.out = Some(why),
            Arrange::PutBack(number) => self.page(number)?.out = None,
            Arrange::Counted(sheets) => {
                self.counted = sheets;
                return None;
            }
            Arrange::Turn(number) => return self.turn(number),
        }
        self.touched = true;
        None
    }

    /// Where a page that stays lies.
    fn place(&self, number: u32) -> Option<usize> {
        let page = |page: &Lying| page.number == number && page.out.is_none();
        self.pages.iter().position(page)
    }

    /// At the beginning of a paper it first becomes the last page of the paper before.
    fn earlier(&mut self, at: usize) {
        let Some(before) = (0..at).rev().find(|at| self.pages[*at].out.is_none()) else {
            return;
        };
        if self.paper(at) == self.paper(before) {
            self.pages.swap(at, before);
        } else {
            self.pages[at].scan = self.pages[before].scan;
        }
    }

    /// Of which paper, or pile, the page there is.
    fn paper(&self, at: usize) -> usize {
        let words: Vec<Option<bool>> = self.scans.iter().map(|scan| scan.same_paper).collect();
        let scan = self.pages[at].scan;
        let holds = batches(&words)
            .iter()
            .position(|batch| batch.scans.contains(&scan));
        holds.unwrap_or(0)
    }

    /// A quarter clockwise. The pixels stay; the page is read again as a person holds it.
    fn turn(&mut self, number: u32) -> Option<(u32, Sheet)> {
        let page = self.page(number)?;
        let Some(Ok(read)) = page.outcome.as_ref().filter(|_| page.reading == 0) else {
            return None;
        };
        let turn = read.report.geometry.turn.and_quarter();
        let sheet = read.sheet().ok()?.held(turn);
        page.held = Some(turn);
        self.anew(number);
        Some((turn.degrees(), sheet))
    }

    /// The table as people see it.
    pub(super) fn arranged(&self) -> Vec<Arranged> {
        let places = 0..self.pages.len();
        let arranged = places.map(|at| {
            let page = &self.pages[at];
            Arranged {
                number: page.number,
                paper: self.paper(at),
                out: page.out,
            }
        });
        arranged.collect()
    }

    /// The pages that stay, each held against those before it, and those that were taken out. Pages that nobody could
    /// read are left to [`super::scanning`].
    pub(super) fn entered(&self) -> (Vec<ReadPage>, Vec<Out>) {
        let mut ledger = PageLedger::new(None);
        let mut read = Vec::new();
        for lying in self.staying() {
            let Some(Ok(page)) = &lying.outcome else {
                continue;
            };
            let mut page = page.clone();
            page.enter(&mut ledger);
            read.push(ReadPage {
                page,
                scan: lying.scan,
                sheet: lying.sheet,
            });
        }
        let out = self.pages.iter().filter_map(|page| {
            let why = page.out?;
            Some(Out {
                sheet: (why != Without::Duplicate).then_some(page.sheet),
                code: why.code(),
            })
        });
        (read, out.collect())
    }
}

/// How the table lies, as it is kept against a power cut: no text, no picture.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptTable {
    pub(super) counted: u32,
    sheets: u32,
    /// Of each scan, the operator's word on where papers end.
    scans: Vec<Option<bool>>,
    pages: Vec<KeptPage>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptPage {
    number: u32,
    scan: usize,
    sheet: u32,
    out: Option<Without>,
    held: Option<Turn>,
}

impl Table {
    pub(super) fn kept(&self) -> KeptTable {
        KeptTable {
            counted: self.counted,
            sheets: self.sheets,
            scans: self.scans.iter().map(|scan| scan.same_paper).collect(),
            pages: self
                .pages
                .iter()
                .map(|page| KeptPage {
                    number: page.number,
                    scan: page.scan,
                    sheet: page.sheet,
                    out: page.out,
                    held: page.held,
                })
                .collect(),
        }
    }
}

impl KeptTable {
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// The same table again, and the pages that have to be read anew, each with the way up a person gave it.
    pub(super) fn laid(self) -> (Table, Vec<(u32, Option<Turn>)>) {
        let unread = self.pages.iter().map(|page| (page.number, page.held));
        let unread = unread.collect();
        let pages = self.pages.into_iter().map(|page| Lying {
            number: page.number,
            scan: page.scan,
            sheet: page.sheet,
            outcome: None,
            reading: 1,
            out: page.out,
            held: page.held,
        });
        let scans = self.scans.into_iter().map(|same_paper| ScanScript {
            same_paper,
            ..ScanScript::default()
        });
        let table = Table {
            pages: pages.collect(),
            scans: scans.collect(),
            counted: self.counted,
            sheets: self.sheets,
            unread: Vec::new(),
            touched: true,
        };
        (table, unread)
    }
}

/// Sheets of pages that were taken out and are sheets all the same.
pub(super) fn sheets_out(out: &[Out]) -> BTreeSet<u32> {
    out.iter().filter_map(|out| out.sheet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(same_paper: &[Option<bool>]) -> Table {
        let mut table = Table::default();
        for (scan, word) in same_paper.iter().enumerate() {
            table.scans.push(ScanScript {
                same_paper: *word,
                ..ScanScript::default()
            });
            table.lay(scan, Side::Front);
        }
        table
    }

    fn order(table: &Table) -> Vec<(u32, usize)> {
        let staying = table
            .arranged()
            .into_iter()
            .filter(|page| page.out.is_none());
        staying.map(|page| (page.number, page.paper)).collect()
    }

    #[test]
    fn a_page_goes_earlier_and_later_within_its_paper() {
        let mut table = table(&[None, None, None]);
        table.arrange(Arrange::Earlier(3));
        assert_eq!(order(&table), [(1, 0), (3, 0), (2, 0)]);
        table.arrange(Arrange::Later(1));
        assert_eq!(order(&table), [(3, 0), (1, 0), (2, 0)]);
        table.arrange(Arrange::Earlier(3));
        table.arrange(Arrange::Later(2));
        assert_eq!(order(&table), [(3, 0), (1, 0), (2, 0)], "the ends stay");
    }

    #[test]
    fn at_the_edge_of_a_paper_it_changes_papers_before_it_changes_places() {
        let (new, on) = (Some(false), Some(true));
        let mut table = table(&[new, on, new, on]);
        assert_eq!(order(&table), [(1, 0), (2, 0), (3, 1), (4, 1)]);
        table.arrange(Arrange::Earlier(3));
        assert_eq!(order(&table), [(1, 0), (2, 0), (3, 0), (4, 1)]);
        table.arrange(Arrange::Earlier(3));
        assert_eq!(order(&table), [(1, 0), (3, 0), (2, 0), (4, 1)]);
        table.arrange(Arrange::Later(2));
        assert_eq!(order(&table), [(1, 0), (3, 0), (2, 1), (4, 1)]);
    }

    #[test]
    fn what_is_taken_out_is_accounted_for_and_comes_back() {
        let mut table = table(&[None, None, None]);
        table.arrange(Arrange::TakeOut(2, Without::Duplicate));
        table.arrange(Arrange::TakeOut(3, Without::Blank));
        assert_eq!(order(&table), [(1, 0)]);
        let (_, out) = table.entered();
        assert_eq!(sheets_out(&out), BTreeSet::from([3]));
        assert_eq!(out[0].code, "quality.duplicate");
        table.arrange(Arrange::PutBack(2));
        assert_eq!(order(&table), [(1, 0), (2, 0)]);
        assert_eq!(table.len(), 3);
    }
}
