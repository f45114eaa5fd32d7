//! A desk attended by people at its screens: each question of the road is put on the board, and the touch that answers
//! it is waited for.

mod officials;
mod pages;
mod telling;
mod whom;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use bundle::{Grade, OwnerClaim};
use jiff::civil::Date;
use rulebook::Language;
use rulebook::grades;
use rulebook::kinds;
use screens::{
    AsideView, Asked, Clause, ConsentView, Heard, Owner, PaperView, Place, ReviewView, ScanView,
    Screens, Touch, Whom,
};

use crate::desk::Official;
use crate::people::{Agreed, Approval, Arranged, BadPage, Called, Lay, People, Review};
use crate::script::CardKeyScript;
use crate::visit::{ForWhom, Stop};

pub use officials::{Came, Reception};
pub(crate) use whom::CODES;
pub use whom::Chosen;

use pages::arrange;

/// How often whoever waits for a touch looks after the pages that are read meanwhile.
const BEAT: Duration = Duration::from_millis(100);

/// The screens of one visit, for whoever asks and whoever tells.
pub struct Floor<'a> {
    pub screens: &'a Screens,
    heard: &'a Receiver<Heard>,
    stopped: Cell<bool>,
    /// The pages as they are shown wherever they are shown.
    papers: RefCell<ScanView>,
    /// The last digits of the holder's number, as they were looked at.
    holder: RefCell<String>,
}

impl<'a> Floor<'a> {
    /// Whatever was touched before does not count any more.
    #[must_use]
    pub fn new(screens: &'a Screens, heard: &'a Receiver<Heard>) -> Self {
        let floor = Self {
            screens,
            heard,
            stopped: Cell::new(false),
            papers: RefCell::default(),
            holder: RefCell::default(),
        };
        // But an end is an end whenever it was asked for.
        floor.listen();
        floor
    }

    #[must_use]
    pub fn sheets(&self) -> u32 {
        self.papers.borrow().sheets
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
            if self.stopped.get() {
                return Err(self.stop());
            }
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
    /// What lies on a played scanner's glass, scan after scan; empty before a real one.
    pub glass: Vec<PathBuf>,
    /// Lets officials in who are called.
    reception: &'a mut dyn Reception,
    /// Who is asked for consent, and for whom.
    whom: ConsentView,
    laid: usize,
}

impl<'a> AtScreens<'a> {
    /// `feeder`: a pile can be fed.
    #[must_use]
    pub fn new(
        floor: &'a Floor<'a>,
        feeder: bool,
        glass: Vec<PathBuf>,
        reception: &'a mut dyn Reception,
    ) -> Self {
        floor.papers.borrow_mut().feeder = feeder;
        Self {
            floor,
            glass,
            reception,
            whom: ConsentView::default(),
            laid: 0,
        }
    }

    fn go(&self, place: Place) -> u64 {
        self.floor.screens.go(place)
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
        self.floor.at_papers(|papers| papers.sheets = sheets);
        Ok(sheets)
    }

    fn lay(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Lay, Stop> {
        self.laid_next(meanwhile)
    }

    fn page(&mut self, number: u32, image: &image::DynamicImage) {
        self.page_came(number, image);
    }

    fn arranged(&mut self, pages: &[Arranged], counted: u32) {
        self.floor
            .at_papers(|papers| arrange(papers, pages, counted));
    }

    fn trouble(&mut self, stop: Stop) -> Result<(), Stop> {
        self.met(stop.code);
        Ok(())
    }

    fn again(&mut self, bad: &BadPage) -> Result<BTreeMap<String, String>, Stop> {
        self.laid_again(bad)
    }

    fn approve(&mut self, review: &Review) -> Result<Approval, Stop> {
        self.floor.holder.replace(review.holder.clone());
        let turn = self.go(Place::Review(shown(review, self.whom.whom)));
        let approval = self.floor.answer(turn, &mut || (), |touch| match touch {
            Touch::Approve => Some(Approval::Given),
            Touch::Back => Some(Approval::Back),
            _ => None,
        })?;
        if approval == Approval::Given {
            self.go(Place::Sealing);
        }
        Ok(approval)
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
