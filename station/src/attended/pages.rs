//! The scanner and its pages, as people at the screens deal with them: laid down, looked at, put in order, tried again.

use std::collections::BTreeMap;

use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;
use screens::{Arrangement, PageView, Place, ScanView, Touch};
use zeroize::Zeroizing;

use crate::people::{Arrange, Arranged, BadPage, Lay, Without};
use crate::script::ScanScript;
use crate::visit::Stop;

use super::{AtScreens, Floor};

/// The page that is looked at: enough to see whether it lies right and is sharp.
const LARGE: (u32, u32) = (900, 1270);
/// The others: enough to see which sheet it is.
const SMALL: (u32, u32) = (240, 340);
const QUALITY: u8 = 72;

impl Floor<'_> {
    /// Changes what is known of the pages, and shows it where pages are shown.
    pub(super) fn at_papers(&self, change: impl FnOnce(&mut ScanView)) {
        let mut papers = self.papers.borrow_mut();
        change(&mut papers);
        self.screens.show(|board| {
            if let Place::Scan(scan) = &mut board.place {
                *scan = papers.clone();
            }
        });
    }

    /// The turn at which the pages are shown; a new one only where something else was shown before, so that whoever moves
    /// a page by keyboard stays where they are.
    fn show_papers(&self) -> u64 {
        let board = self.screens.board();
        match board.place {
            Place::Scan(scan) if !scan.busy => {
                self.at_papers(|papers| papers.busy = false);
                board.turn
            }
            _ => {
                self.papers.borrow_mut().busy = false;
                self.screens.go(Place::Scan(self.papers.borrow().clone()))
            }
        }
    }

    fn has(&self, number: u32) -> bool {
        let papers = self.papers.borrow();
        papers.pages.iter().any(|page| page.number == number)
    }

    /// A page stands otherwise: so do its pictures.
    pub(super) fn turned(&self, number: u32, degrees: u32) {
        let mut before = 0;
        self.at_papers(|papers| {
            if let Some(page) = papers.pages.iter_mut().find(|page| page.number == number) {
                before = page.turn;
                page.turn = degrees;
                page.version += u32::from(before != degrees);
            }
        });
        let by = (degrees + 360 - before) % 360;
        if by == 0 {
            return;
        }
        for large in [false, true] {
            let picture = self.screens.pictures.of(number, large);
            let image = picture.and_then(|jpeg| image::load_from_memory(&jpeg).ok());
            let turned = match (image, by) {
                (Some(image), 90) => image.rotate90(),
                (Some(image), 180) => image.rotate180(),
                (Some(image), _) => image.rotate270(),
                (None, _) => continue,
            };
            self.picture(number, large, &turned);
        }
    }

    fn picture(&self, number: u32, large: bool, image: &DynamicImage) {
        let mut jpeg = Zeroizing::new(Vec::new());
        let encoder = JpegEncoder::new_with_quality(&mut *jpeg, QUALITY);
        // A page that cannot be shown is still judged and read.
        if image.write_with_encoder(encoder).is_ok() {
            self.screens.pictures.put(number, large, jpeg);
        }
    }
}

impl AtScreens<'_> {
    /// The driver's options for what lies there now.
    fn options(&mut self) -> BTreeMap<String, String> {
        let mut options = BTreeMap::new();
        if let Some(page) = self.glass.get(self.laid % self.glass.len().max(1)) {
            options.insert("filename".to_owned(), page.display().to_string());
        }
        options
    }

    fn busy(&self) {
        self.floor.papers.borrow_mut().busy = true;
        self.floor.papers.borrow_mut().trouble = None;
        let papers = self.floor.papers.borrow().clone();
        self.go(Place::Scan(papers));
    }

    /// What is done next, as it is touched.
    pub(super) fn laid_next(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Lay, Stop> {
        loop {
            let turn = self.floor.show_papers();
            let floor = self.floor;
            let touch = floor.answer(turn, meanwhile, |touch| match touch {
                Touch::Enough => floor.papers.borrow().complete().then_some(touch),
                Touch::Again { page } => floor.has(page).then_some(touch),
                Touch::Scan { .. }
                | Touch::Retry
                | Touch::Sheets(_)
                | Touch::Look { .. }
                | Touch::Arrange(_)
                | Touch::Back => Some(touch),
                _ => None,
            })?;
            return Ok(match touch {
                Touch::Scan { feeder, same_paper } => {
                    self.busy();
                    Lay::Scan(ScanScript {
                        same_paper,
                        feeder,
                        options: self.options(),
                        ..ScanScript::default()
                    })
                }
                Touch::Again { page } => {
                    self.busy();
                    Lay::Again {
                        number: page,
                        options: self.options(),
                    }
                }
                Touch::Retry => {
                    self.busy();
                    Lay::GoOn {
                        options: self.options(),
                    }
                }
                Touch::Sheets(sheets) => Lay::Arrange(Arrange::Counted(sheets)),
                Touch::Arrange(what) => Lay::Arrange(asked(what)),
                Touch::Look { page } => {
                    let page = page.filter(|page| self.floor.has(*page));
                    self.floor.at_papers(|papers| papers.current = page);
                    continue;
                }
                Touch::Back => match self.count_again(meanwhile)? {
                    Some(sheets) => Lay::Arrange(Arrange::Counted(sheets)),
                    None => continue,
                },
                _ => {
                    self.go(Place::Reading);
                    Lay::Enough
                }
            });
        }
    }

    /// Back to the counting; none when the count stays.
    fn count_again(&self, meanwhile: &mut dyn FnMut()) -> Result<Option<u32>, Stop> {
        let turn = self.go(Place::Recount {
            sheets: self.floor.sheets(),
        });
        self.floor.answer(turn, meanwhile, |touch| match touch {
            Touch::Sheets(sheets) => Some(Some(sheets)),
            Touch::Back => Some(None),
            _ => None,
        })
    }

    /// A page came off the scanner; it is the one that is looked at.
    pub(super) fn page_came(&mut self, number: u32, image: &DynamicImage) {
        self.laid += 1;
        self.floor
            .picture(number, true, &image.thumbnail(LARGE.0, LARGE.1));
        self.floor
            .picture(number, false, &image.thumbnail(SMALL.0, SMALL.1));
        self.floor.at_papers(|papers| {
            papers.current = Some(number);
            if let Some(page) = papers.pages.iter_mut().find(|page| page.number == number) {
                page.turn = 0;
            }
        });
    }

    /// What the scanner met, or what is missing, is named where the pages are; nothing of them is lost.
    pub(super) fn met(&self, code: &'static str) {
        tracing::warn!(code, "the papers do not go on by themselves");
        self.floor.at_papers(|papers| papers.trouble = Some(code));
    }

    /// A page that has to be laid down again, and no other.
    pub(super) fn laid_again(&mut self, bad: &BadPage) -> Result<BTreeMap<String, String>, Stop> {
        self.floor.at_papers(|papers| {
            if let Some(page) = papers
                .pages
                .iter_mut()
                .find(|page| page.number == bad.number)
            {
                page.read = true;
                page.refused = vec![bad.why];
            }
        });
        let turn = self.floor.show_papers();
        self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Again { page } if page == bad.number => Some(()),
            Touch::Retry => Some(()),
            _ => None,
        })?;
        self.busy();
        Ok(self.options())
    }
}

fn asked(what: Arrangement) -> Arrange {
    match what {
        Arrangement::Earlier(page) => Arrange::Earlier(page),
        Arrangement::Later(page) => Arrange::Later(page),
        Arrangement::Turn(page) => Arrange::Turn(page),
        Arrangement::PutBack(page) => Arrange::PutBack(page),
        Arrangement::TakeOut(page, why) => Arrange::TakeOut(
            page,
            match why {
                screens::Out::Blank => Without::Blank,
                screens::Out::Duplicate => Without::Duplicate,
                screens::Out::NotWanted => Without::NotWanted,
            },
        ),
    }
}

/// Pages in the order in which they lie; what is known of each stays.
pub(super) fn arrange(papers: &mut ScanView, pages: &[Arranged], counted: u32) {
    let told = |papers: &ScanView| {
        let pages = papers.pages.iter();
        let pages: Vec<_> = pages
            .map(|page| (page.number, page.version, page.paper, page.out))
            .collect();
        (papers.sheets, pages)
    };
    let before = told(papers);
    let mut known = std::mem::take(&mut papers.pages);
    papers.sheets = counted;
    papers.pages = pages
        .iter()
        .map(|page| {
            let at = known.iter().position(|known| known.number == page.number);
            let view = at.map(|at| known.swap_remove(at)).unwrap_or_default();
            PageView {
                number: page.number,
                paper: page.paper,
                out: page.out.map(|why| match why {
                    Without::Blank => screens::Out::Blank,
                    Without::Duplicate => screens::Out::Duplicate,
                    Without::NotWanted => screens::Out::NotWanted,
                }),
                ..view
            }
        })
        .collect();
    // A count, or a page, was what was missing.
    if told(papers) != before
        && papers
            .trouble
            .is_some_and(|code| !code.starts_with("scan."))
    {
        papers.trouble = None;
    }
}
