//! The one door to every scanner: what it can do, what it is asked to do, and the pages it hands over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use image::DynamicImage;
use serde::{Deserialize, Serialize};

use crate::ScanError;

/// A family of scanners reached in one way.
pub trait ScannerDriver: Send + Sync {
    /// The scanners that answer now. A scanner that is there but cannot be opened is listed with its `trouble`.
    fn discover(&self) -> Result<Vec<Box<dyn Scanner>>, ScanError>;
}

/// One scanner on the desk.
pub trait Scanner: Send {
    /// The name by which its driver knows it; stable while it stays plugged in.
    fn id(&self) -> &str;

    /// What it offers.
    fn capabilities(&self) -> &Capabilities;

    /// Scans, and hands over each page as soon as it is whole. When an error comes after some pages, those pages are
    /// good: the job may go on from there. A feeder that runs empty after at least one page ends the job cleanly.
    fn scan(&mut self, job: &ScanJob, page: &mut dyn FnMut(Page)) -> Result<(), ScanError>;
}

/// What a scanner offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// The driver's name of the device, such as `fujitsu:fi-7160:123`.
    pub id: String,
    pub vendor: String,
    pub model: String,
    /// The driver's own word for the kind of device, such as `flatbed scanner`.
    pub kind: String,
    pub sources: Vec<Source>,
    pub modes: Vec<Mode>,
    pub resolutions: Resolutions,
    /// Largest scan area, width and height in millimetres; none when the device does not say.
    pub area_mm: Option<(f32, f32)>,
    /// Why the device could not be asked (a code such as `scan.device_busy`); none when all is well.
    pub trouble: Option<String>,
}

/// The resolutions a scanner offers, in dots per inch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolutions {
    #[default]
    Unknown,
    List(Vec<u32>),
    Range {
        min: u32,
        max: u32,
    },
}

/// Where the paper lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    #[default]
    Flatbed,
    Feeder,
}

/// What is kept of the colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Colour,
    Gray,
}

/// One order to a scanner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanJob {
    /// The resolution wanted; the scanner takes the nearest it has that is not lower, or its highest.
    pub dpi: u32,
    pub mode: Mode,
    pub source: Source,
    /// Raw driver options set last, by the driver's own names, such as `("filename", "x.pnm")` for SANE's `pnm` backend.
    pub options: Vec<(String, String)>,
    /// The job ends after so many pages. A flatbed gives one.
    pub max_pages: u32,
    /// Raise it from another thread to stop the job.
    #[serde(skip)]
    pub cancel: CancelFlag,
}

impl Default for ScanJob {
    /// 300 dpi colour from the glass: the product's default (NĐ 30/2020 App. I asks for 200 at least).
    fn default() -> Self {
        Self {
            dpi: 300,
            mode: Mode::Colour,
            source: Source::Flatbed,
            options: Vec::new(),
            max_pages: 500,
            cancel: CancelFlag::default(),
        }
    }
}

/// A flag shared between the job and whoever may stop it.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// One page as the scanner saw it: nothing is cropped, turned or cleaned. `Debug` tells the size and no pixel.
#[derive(Clone)]
pub struct Page {
    /// `ImageRgb8` or `ImageLuma8`.
    pub image: DynamicImage,
    /// The resolution the scanner says it used.
    pub dpi: u32,
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Page({}x{} at {} dpi)",
            self.image.width(),
            self.image.height(),
            self.dpi
        )
    }
}
