//! The one door to every scanner: what it can do, what it is asked to do, and who it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Page, ScanError, ScanEvent};

/// A family of scanners reached in one way.
pub trait ScannerDriver: Send + Sync {
    /// The driver's short name, such as `sane`.
    fn name(&self) -> &'static str;

    /// The scanners that answer now. One that is there but cannot be opened is listed with its `trouble`. Raising
    /// `cancel` ends the search with [`ScanError::Cancelled`].
    fn search(&self, cancel: &CancelFlag) -> Result<Vec<Box<dyn Scanner>>, ScanError>;

    /// The scanner the driver calls `id`, without a search; whether it exists shows when it scans.
    fn scanner(&self, id: &str) -> Box<dyn Scanner>;

    /// A search that nobody cancels.
    fn discover(&self) -> Result<Vec<Box<dyn Scanner>>, ScanError> {
        self.search(&CancelFlag::default())
    }
}

/// One scanner on the desk.
pub trait Scanner: Send {
    /// The name by which its driver knows it; stable while it stays plugged in.
    fn id(&self) -> &str;

    /// What it offers.
    fn capabilities(&self) -> &Capabilities;

    /// Scans, and tells everything as it happens: each page as soon as it is whole, signs of progress between, and
    /// what the job waits for. When an error comes after some pages, those pages are good: the job may go on from
    /// there. A feeder that runs empty after at least one page ends the job cleanly.
    fn run(&mut self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError>;

    /// Scans, and hands over the pages alone.
    fn scan(&mut self, job: &ScanJob, page: &mut dyn FnMut(Page)) -> Result<(), ScanError> {
        self.run(job, &mut |event| {
            if let ScanEvent::Page(scanned) = event {
                page(scanned);
            }
        })
    }
}

/// What a scanner is and offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// The driver that knows it: `sane`, `escl`, `camera`, `folder`.
    #[serde(default)]
    pub driver: String,
    /// The driver's name of the device, such as `fujitsu:fi-7160:123`. It may change when the device is unplugged.
    pub id: String,
    pub vendor: String,
    pub model: String,
    /// The driver's own word for the kind of device, such as `flatbed scanner`.
    pub kind: String,
    /// The serial number or UUID the device tells of itself.
    #[serde(default)]
    pub serial: Option<String>,
    /// The socket it is plugged into, such as USB port `1-2.3`; the same after a replug into the same socket.
    #[serde(default)]
    pub port: Option<String>,
    pub sources: Vec<Source>,
    pub modes: Vec<Mode>,
    pub resolutions: Resolutions,
    /// Largest scan area, width and height in millimetres; none when the device does not say.
    pub area_mm: Option<(f32, f32)>,
    /// SHA-256 of the TLS certificate the device showed, in hexadecimal: what a person compares and pins.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Only plays a scanner: SANE's `pnm` and `test` backends, pictures from files.
    #[serde(default)]
    pub simulated: bool,
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

impl Resolutions {
    /// The smallest offered that is not below the wish, or the largest there is; the wish itself when nothing is known.
    pub fn nearest(&self, wanted: u32) -> u32 {
        match self {
            Self::Unknown => wanted,
            Self::List(list) => {
                let above = list.iter().copied().filter(|dpi| *dpi >= wanted).min();
                above
                    .or_else(|| list.iter().copied().max())
                    .unwrap_or(wanted)
            }
            Self::Range { min, max } => wanted.max(*min).min(*max),
        }
    }
}

/// Where the paper lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// One sheet at a time: on the glass, or under a document camera.
    #[default]
    Flatbed,
    /// Sheet after sheet, one side each: a document feeder, the files of a folder, sheets changed under a camera.
    Feeder,
    /// Both sides of sheet after sheet: front, back, front, back.
    FeederDuplex,
}

/// What is kept of the colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Colour,
    Gray,
    /// Black and white, one bit a pixel in the device; handed over as gray with the two values 0 and 255.
    Lineart,
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
    /// How long the job may wait until somebody lays paper in, shuts the cover, or the device is free. An empty
    /// feeder is no error before that.
    #[serde(default)]
    pub patience: Duration,
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
            patience: Duration::ZERO,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_is_never_lowered_while_a_higher_one_exists() {
        let list = Resolutions::List(vec![600, 75, 300, 150]);
        assert_eq!(list.nearest(200), 300);
        assert_eq!(list.nearest(1200), 600);
        assert_eq!(Resolutions::Range { min: 50, max: 240 }.nearest(300), 240);
        assert_eq!(Resolutions::Unknown.nearest(300), 300);
    }
}
