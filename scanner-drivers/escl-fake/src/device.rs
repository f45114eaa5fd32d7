//! The make-believe device: what it is, what lies in it, and how it misbehaves.

use std::collections::VecDeque;
use std::time::Duration;

use image::DynamicImage;

/// Everything a test may set.
#[derive(Clone)]
pub struct Device {
    pub make_and_model: String,
    pub serial: String,
    pub uuid: String,
    /// The sheet on the glass; without one there is no glass.
    pub glass: Option<DynamicImage>,
    /// The pages in the feeder, fronts and backs in their order; they leave it one by one.
    pub feeder: VecDeque<DynamicImage>,
    pub has_feeder: bool,
    pub duplex: bool,
    /// The formats it writes, such as `image/png`.
    pub formats: Vec<&'static str>,
    pub resolutions: Vec<u32>,
    /// The resolution the pages are said to have; they are never scaled.
    pub dpi: u32,
    /// Writes other prefixes and comments into its XML, as some makers do.
    pub odd_xml: bool,
    /// The `Location` of a new job.
    pub location: Location,
    /// How the end of a job is said: 404 or 410.
    pub end: u16,
    /// So many orders are answered with 503 first.
    pub busy_orders: u32,
    /// So many pages are answered with 503 first.
    pub busy_pages: u32,
    /// What stands in `Retry-After` beside a 503, if anything.
    pub retry_after: Option<String>,
    /// How an order to an empty feeder is answered.
    pub empty_feeder: EmptyFeeder,
    /// The feeder's trouble, and after how many pages of the job it comes.
    pub trouble: Option<(u32, AdfState)>,
    /// The status code with which a page in trouble is answered.
    pub trouble_code: u16,
    /// How the bodies of pages are sent.
    pub body: Body,
    /// Says so of every page whatever it is.
    pub content_type: Option<&'static str>,
    /// How the capabilities are sent.
    pub capabilities_body: Body,
    /// Takes connections and says nothing.
    pub mute: bool,
    /// Answers everything with this code.
    pub only_code: Option<u16>,
}

/// What `Location` says of a new job (RFC 9110 §10.2.2 allows both kinds).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Absolute,
    /// `/eSCL/ScanJobs/1`, as AirSane says.
    Relative,
    /// Another host, such as the name a printer believes to have.
    OtherHost(String),
    Missing,
    Nonsense,
}

/// How an order to an empty feeder is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyFeeder {
    /// 409 at once.
    Conflict,
    /// 201, and the first page is 404.
    Accept,
}

/// The feeder's state as `ScannerStatus` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdfState {
    Jam,
    /// In the specification's word.
    CoverOpen,
    /// In the word of some makers, the only one sane-airscan knows.
    DoorOpen,
    Mispick,
    Multipick,
    TrayFailed,
}

impl AdfState {
    /// Mopria eSCL §8.1.2, `scan:AdfState`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Jam => "ScannerAdfJam",
            Self::CoverOpen => "ScannerAdfHatchOpen",
            Self::DoorOpen => "ScannerAdfDoorOpen",
            Self::Mispick => "ScannerAdfMispick",
            Self::Multipick => "ScannerAdfMultipickDetected",
            Self::TrayFailed => "ScannerAdfInputTrayFailed",
        }
    }
}

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// With its length.
    Whole,
    Chunked,
    /// Announced whole, cut after so many bytes, connection closed.
    Cut(usize),
    /// Announced and sent short: the length is right, the document is not.
    Short(usize),
    /// Bytes without end.
    Endless,
    /// One byte, a pause, one byte, …
    Drip(Duration),
    /// A document that says it has so many pixels a side, and has not.
    Boast(u32),
    /// Bytes that are no document.
    Garbage,
}

impl Default for Device {
    /// A well-behaved flatbed with an empty feeder.
    fn default() -> Self {
        Self {
            make_and_model: "Niem Make-believe 1".into(),
            serial: "MB-0001".into(),
            uuid: "6c1f7a52-0001-4bb0-9c5e-7f5d2a3b4c5d".into(),
            glass: None,
            feeder: VecDeque::new(),
            has_feeder: true,
            duplex: true,
            formats: vec!["image/png", "image/jpeg", "application/pdf"],
            resolutions: vec![75, 150, 200, 300, 600],
            dpi: 300,
            odd_xml: false,
            location: Location::Absolute,
            end: 404,
            busy_orders: 0,
            busy_pages: 0,
            retry_after: Some("1".into()),
            empty_feeder: EmptyFeeder::Conflict,
            trouble: None,
            trouble_code: 500,
            body: Body::Whole,
            content_type: None,
            capabilities_body: Body::Whole,
            mute: false,
            only_code: None,
        }
    }
}
