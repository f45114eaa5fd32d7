//! What only people can say and do at the desk: the road asks, and a script plays them or the screens ask them.

use std::collections::BTreeMap;

use bundle::{Grade, OwnerClaim, PersonalText};
use emrtd::lds::dg2::PortraitBytes;
use paper::Place;

use crate::desk::Official;
use crate::script::{CardKeyScript, ScanScript};
use crate::visit::{ForWhom, SetAside, Stop};

/// What the citizen agreed to by their own touch, purpose by purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreed {
    pub identify: bool,
    pub file: bool,
}

/// What is done at the scanner next.
pub enum Lay {
    Scan(ScanScript),
    /// This page alone once more, with these options of the driver.
    Again {
        /// As it was told; from 1.
        number: u32,
        options: BTreeMap<String, String>,
    },
    /// What the scanner broke off goes on, with these options of the driver.
    GoOn {
        options: BTreeMap<String, String>,
    },
    /// Nothing is scanned; pages that lie there already are put in order.
    Arrange(Arrange),
    /// Everything was scanned.
    Enough,
}

/// What is done with pages that lie there, each by the number under which it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrange {
    /// Before the page before it; the first page of a paper becomes the last of the paper before.
    Earlier(u32),
    Later(u32),
    /// A quarter clockwise.
    Turn(u32),
    TakeOut(u32, Without),
    PutBack(u32),
    /// There are so many sheets.
    Counted(u32),
}

impl Arrange {
    /// The page it is about.
    #[must_use]
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Earlier(number)
            | Self::Later(number)
            | Self::Turn(number)
            | Self::TakeOut(number, _)
            | Self::PutBack(number) => Some(number),
            Self::Counted(_) => None,
        }
    }
}

/// Why a page is no paper's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Without {
    Blank,
    /// It shows a sheet that is there already.
    Duplicate,
    NotWanted,
}

impl Without {
    /// The code under which it is handed back.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Blank => "quality.blank",
            Self::Duplicate => "quality.duplicate",
            Self::NotWanted => "paper.not_wanted",
        }
    }
}

/// A page on the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arranged {
    pub number: u32,
    /// Pages of one paper, or one pile, have the same.
    pub paper: usize,
    pub out: Option<Without>,
}

/// What people say to the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    Given,
    Refused,
    /// Back to the pages, which are all still there.
    Back,
}

/// A page that cannot be filed as it is.
#[derive(Debug, Clone, Copy)]
pub struct BadPage {
    /// From 1.
    pub number: u32,
    /// Of which scan, from 0.
    pub scan: usize,
    /// With what the visit ends when nobody lays it down again.
    pub code: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
    pub place: Option<Place>,
}

/// What operator and citizen look at before anything is sealed. Personal data: no Debug.
#[derive(Clone)]
pub struct Review {
    /// The last three digits of the holder's number.
    pub holder: String,
    pub papers: Vec<ReviewedPaper>,
    /// Papers that are handed back unstored.
    pub set_aside: Vec<SetAside>,
}

/// One paper as it would be filed.
#[derive(Clone)]
pub struct ReviewedPaper {
    pub kind: String,
    pub title: String,
    pub pages: usize,
    pub grade: Grade,
    pub owner: OwnerClaim,
    /// What was read and is not certain: name of the field and its text.
    pub to_check: Vec<(String, PersonalText)>,
}

/// Officials are called, because the machine cannot tell.
pub struct Called<'a> {
    /// What it cannot tell.
    pub code: &'static str,
    /// The chip's.
    pub portrait: &'a PortraitBytes,
    /// Opens the camera for whoever looks through its preview, and closes it.
    pub camera: &'a mut dyn FnMut(bool),
}

/// The people at the desk. Each question waits for its answer; [`Stop`] is "stop and erase".
pub trait People {
    /// The citizen reads, or hears, both texts and touches.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn consent(&mut self, lang: &str, whom: &ForWhom) -> Result<Agreed, Stop>;

    /// The child whose papers they are hears what for, and touches: true when it agrees.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn child(&mut self) -> Result<bool, Stop>;

    /// What opens the chip; `failed` says why it was not read the last time.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn card_key(&mut self, failed: Option<&'static str>) -> Result<CardKeyScript, Stop>;

    /// Officials come, one after another, and each looks at person, portrait and card; `looked` signs what they say, at
    /// once. None: nobody came.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up, or an official's key does not sign.
    fn officials(
        &mut self,
        called: &mut Called<'_>,
        looked: &mut dyn FnMut(&Official) -> Result<(), Stop>,
    ) -> Result<(), Stop>;

    /// Sheets that operator and citizen counted together.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn sheets(&mut self) -> Result<u32, Stop>;

    /// What is done at the scanner next. Whoever thinks about it for long calls `meanwhile` now and then: pages laid
    /// before are read in the meantime, and it tells of them.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn lay(&mut self, meanwhile: &mut dyn FnMut()) -> Result<Lay, Stop>;

    /// A page came off the scanner, to be looked at.
    fn page(&mut self, _number: u32, _image: &image::DynamicImage) {}

    /// How the pages lie now, in their order, and how many sheets were counted.
    fn arranged(&mut self, _pages: &[Arranged], _counted: u32) {}

    /// The scanner met something, or sheets are missing. Whoever can mend it says so, and is asked again what to lay down;
    /// what was scanned stays.
    ///
    /// # Errors
    /// The same [`Stop`] where nobody can.
    fn trouble(&mut self, stop: Stop) -> Result<(), Stop> {
        Err(stop)
    }

    /// A page that cannot be filed is laid down again, with these options of the driver.
    ///
    /// # Errors
    /// [`Stop`] when nobody lays it down again.
    fn again(&mut self, bad: &BadPage) -> Result<BTreeMap<String, String>, Stop>;

    /// Whether everything is filed as it is shown.
    ///
    /// # Errors
    /// [`Stop`] when the visit is given up.
    fn approve(&mut self, review: &Review) -> Result<Approval, Stop>;

    /// Somebody pressed "stop and erase" while the desk was busy.
    fn stopped(&self) -> bool {
        false
    }
}
