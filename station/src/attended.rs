//! A desk attended by people at its screens: each question of the road is put on the board, and the touch that answers
//! it is waited for.

mod officials;
mod telling;
mod whom;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bundle::{Grade, OwnerClaim};
use image::codecs::jpeg::JpegEncoder;
use jiff::civil::Date;
use rulebook::Language;
use rulebook::grades;
use rulebook::kinds;
use screens::{
    AsideView, Asked, Clause, ConsentView, Heard, Owner, PageView, PaperView, Place, ReviewView,
    ScanView, Screens, Touch, Whom,
};
use zeroize::Zeroizing;

use crate::desk::Official;
use crate::people::{Agreed, BadPage, Called, Lay, People, Review};
use crate::script::{CardKeyScript, ScanScript};
use crate::visit::{ForWhom, Stop};

pub use officials::{Came, Reception};
pub(crate) use whom::CODES;
pub use whom::Chosen;

/// How often whoever waits for a touch looks after the pages that are read meanwhile.
const BEAT: Duration = Duration::from_millis(100);

/// A picture on the operator's page: enough to see which sheet it is, and whether it lies right.
const THUMB: (u32, u32) = (360, 510);
const THUMB_QUALITY: u8 = 70;

/// The screens of one visit, for whoever asks and whoever tells.
pub struct Floor<'a> {
    pub screens: &'a Screens,
    heard: &'a Receiver<Heard>,
    stopped: Cell<bool>,
    /// Sheets that were counted.
    sheets: Cell<u32>,
    /// The last digits of the holder's number, as they were looked at.
    holder: RefCell<String>,
}

impl<'a> Floor<'a> {
    /// Whatever was touched before does not count any more.
    #[must_use]
    pub fn new(screens: &'a Screens, heard: &'a Receiver<Heard>) -> Self {
        while heard.try_recv().is_ok() {}
        Self {
            screens,
            heard,
            stopped: Cell::new(false),
            sheets: Cell::new(0),
            holder: RefCell::default(),
        }
    }

    #[must_use]
    pub fn sheets(&self) -> u32 {
        self.sheets.get()
    }

    /// The last digits of the holder's number; nothing before they were looked at.
    #[must_use]
    pub fn holder(&self) -> String {
        self.holder.borrow().clone()
    }

    /// Waits for a touch of this turn that answers.
    fn answer<T>(
        &self,
        turn: u64,
        meanwhile: &mut dyn FnMut(),
        answers: impl FnMut(Touch) -> Option<T>,
    ) -> Result<T, Stop> {
        let told = self.answer_until(turn, None, meanwhile, answers)?;
        told.ok_or_else(|| self.stop())
    }

    /// The same until then; none when nobody answered.
    fn answer_until<T>(
        &self,
        turn: u64,
        end: Option<Instant>,
        meanwhile: &mut dyn FnMut(),
        mut answers: impl FnMut(Touch) -> Option<T>,
    ) -> Result<Option<T>, Stop> {
        loop {
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(None);
            }
            match self.heard.recv_timeout(BEAT) {
                // "Stop and erase" counts whichever page it was touched on.
                Ok(Heard {
                    touch: Touch::StopAndErase,
                    ..
                }) => return Err(self.stop()),
                Ok(heard) if heard.turn == turn => {
                    if let Some(answer) = answers(heard.touch) {
                        return Ok(Some(answer));
                    }
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => meanwhile(),
                Err(RecvTimeoutError::Disconnected) => return Err(self.stop()),
            }
        }
    }

    /// While a device is at work only an end is heard.
    fn listen(&self) {
        while let Ok(heard) = self.heard.try_recv() {
            if heard.touch == Touch::StopAndErase {
                self.stop();
                self.screens.show(|board| board.stopping = true);
            }
        }
    }

    fn stop(&self) -> Stop {
        self.stopped.set(true);
        Stop::withdrawn()
    }
}

/// The people at the screens of one visit.
pub struct AtScreens<'a> {
    pub floor: &'a Floor<'a>,
    /// A pile can be fed.
    pub feeder: bool,
    /// What lies on a played scanner's glass, scan after scan; empty before a real one.
    pub glass: Vec<PathBuf>,
    /// Lets officials in who are called.
    reception: &'a mut dyn Reception,
    /// Who is asked for consent, and for whom.
    whom: ConsentView,
    laid: usize,
}

impl<'a> AtScreens<'a> {
    #[must_use]
    pub fn new(
        floor: &'a Floor<'a>,
        feeder: bool,
        glass: Vec<PathBuf>,
        reception: &'a mut dyn Reception,
    ) -> Self {
        Self {
            floor,
            feeder,
            glass,
            reception,
            whom: ConsentView::default(),
            laid: 0,
        }
    }

    /// The driver's options for what lies there now.
    fn options(&mut self) -> BTreeMap<String, String> {
        let mut options = BTreeMap::new();
        if let Some(page) = self.glass.get(self.laid % self.glass.len().max(1)) {
            options.insert("filename".to_owned(), page.display().to_string());
        }
        self.laid += 1;
        options
    }

    fn go(&self, place: Place) -> u64 {
        self.floor.screens.go(place)
    }

    /// The pages as they are shown now.
    fn scan_view(&self) -> ScanView {
        match self.floor.screens.board().place {
            Place::Scan(scan) => scan,
            _ => ScanView {
                sheets: self.floor.sheets.get(),
                feeder: self.feeder,
                ..ScanView::default()
            },
        }
    }

    fn busy(&self) {
        let mut view = self.scan_view();
        view.busy = true;
        view.trouble = None;
        self.go(Place::Scan(view));
    }
}

impl People for AtScreens<'_> {
    fn consent(&mut self, _lang: &str, whom: &ForWhom) -> Result<Agreed, Stop> {
        self.whom = whom::asked(whom);
        let given = self.own_touch()?;
        Ok(Agreed {
            identify: given,
            file: given,
        })
    }

    fn child(&mut self) -> Result<bool, Stop> {
        self.whom.child = true;
        self.own_touch()
    }

    fn card_key(&mut self, failed: Option<&'static str>) -> Result<CardKeyScript, Stop> {
        let turn = self.go(Place::CardKey { failed });
        let can = self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::CardKey(digits) => Some(digits.0),
            _ => None,
        })?;
        Ok(CardKeyScript {
            can: Some(can.to_string()),
            mrz: None,
            qr: None,
        })
    }

    fn officials(
        &mut self,
        called: &mut Called<'_>,
        looked: &mut dyn FnMut(&Official) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.call(called, looked)
    }

    fn sheets(&mut self) -> Result<u32, Stop> {
        let turn = self.go(Place::Sheets);
        let sheets = self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Sheets(sheets) => Some(sheets),
            _ => None,
        })?;
        self.floor.sheets.set(sheets);
        Ok(sheets)
    }

    fn lay(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Lay, Stop> {
        let mut view = self.scan_view();
        view.busy = false;
        let turn = self.go(Place::Scan(view));
        let screens = self.floor.screens;
        let complete =
            move || matches!(&screens.board().place, Place::Scan(scan) if scan.complete());
        let touch = self.floor.answer(turn, meanwhile, |touch| match touch {
            Touch::Scan { .. } | Touch::Again { .. } => Some(touch),
            Touch::Enough if complete() => Some(touch),
            _ => None,
        })?;
        Ok(match touch {
            Touch::Scan { feeder, same_paper } => {
                self.busy();
                Lay::Scan(ScanScript {
                    same_paper,
                    feeder,
                    options: self.options(),
                    ..ScanScript::default()
                })
            }
            Touch::Again { page } if self.has(page) => {
                self.busy();
                Lay::Again {
                    number: page,
                    options: self.options(),
                }
            }
            Touch::Again { .. } => return self.lay(meanwhile),
            _ => {
                self.go(Place::Reading);
                Lay::Enough
            }
        })
    }

    fn page(&mut self, number: u32, image: &image::DynamicImage) {
        let mut jpeg = Zeroizing::new(Vec::new());
        let small = image.thumbnail(THUMB.0, THUMB.1);
        let encoder = JpegEncoder::new_with_quality(&mut *jpeg, THUMB_QUALITY);
        // A page that cannot be shown is still judged and read.
        if small.write_with_encoder(encoder).is_ok() {
            self.floor.screens.pictures.put(number, jpeg);
        }
    }

    fn again(&mut self, bad: &BadPage) -> Result<BTreeMap<String, String>, Stop> {
        let mut view = self.scan_view();
        view.busy = false;
        if let Some(page) = view.pages.iter_mut().find(|page| page.number == bad.number) {
            page.read = true;
            page.refused = vec![bad.why];
        } else {
            view.pages.push(PageView {
                number: bad.number,
                read: true,
                refused: vec![bad.why],
                ..PageView::default()
            });
        }
        let turn = self.go(Place::Scan(view));
        self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Again { page } if page == bad.number => Some(()),
            _ => None,
        })?;
        self.busy();
        Ok(self.options())
    }

    fn approve(&mut self, review: &Review) -> Result<bool, Stop> {
        self.floor.holder.replace(review.holder.clone());
        let turn = self.go(Place::Review(shown(review, self.whom.whom)));
        self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Approve => Some(()),
            _ => None,
        })?;
        self.go(Place::Sealing);
        Ok(true)
    }

    fn stopped(&self) -> bool {
        self.floor.listen();
        self.floor.stopped.get()
    }
}

impl AtScreens<'_> {
    /// Of the citizen, on the citizen's display.
    fn own_touch(&self) -> Result<bool, Stop> {
        let turn = self.go(Place::Consent(self.whom.clone()));
        self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Consent { given } => Some(given),
            _ => None,
        })
    }

    fn has(&self, number: u32) -> bool {
        self.scan_view()
            .pages
            .iter()
            .any(|page| page.number == number)
    }
}

fn shown(review: &Review, whom: Whom) -> ReviewView {
    let papers = review.papers.iter().map(|paper| PaperView {
        kind: paper.kind.clone(),
        pages: paper.pages,
        grade: match paper.grade {
            Grade::G0 => 0,
            Grade::G1 => 1,
            Grade::G2 => 2,
            Grade::G3 => 3,
        },
        owner: match paper.owner {
            OwnerClaim::Match => Owner::Holder,
            // Another's paper is set aside before it gets here.
            _ => Owner::Unknown,
        },
        to_check: paper
            .to_check
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
    });
    ReviewView {
        whom,
        holder: review.holder.clone(),
        papers: papers.collect(),
        set_aside: review
            .set_aside
            .iter()
            .map(|aside| AsideView {
                kind: aside.kind.clone(),
                code: aside.code,
            })
            .collect(),
    }
}

/// What need not be scanned, with the clause that says so, and what is scanned when it was brought.
#[must_use]
pub fn asked(role: bundle::Role, day: Date) -> Vec<Asked> {
    let role = match role {
        bundle::Role::Volunteer => grades::Role::Volunteer,
        bundle::Role::Clerk => grades::Role::Clerk,
        bundle::Role::Certifier => grades::Role::Certifier,
        bundle::Role::Director => grades::Role::Director,
    };
    let grade = match grades::may_make(role, grades::Grade::G1, day) {
        true => grades::Grade::G1,
        false => grades::Grade::G0,
    };
    let plain = paper::obstacles::paper(&[]);
    let asked = |kind: &kinds::Kind| {
        // That an image is sensitive is no reason against a paper; that a database has it is.
        let spared = kinds::objections(kind, &plain, grade, day)
            .into_iter()
            .find(|objection| objection.blocks || objection.rule.message != "consent.file");
        Asked {
            title_vi: kind.title(Language::Vi).to_owned(),
            title_en: kind.title(Language::En).to_owned(),
            not_needed: spared.map(|objection| Clause {
                why_vi: objection.rule.why(Language::Vi).to_owned(),
                why_en: objection.rule.why(Language::En).to_owned(),
                clause: objection.rule.law.clause.clone(),
            }),
        }
    };
    kinds::all().iter().map(asked).collect()
}
