//! What becomes of a paper on its way to the reader: scanned well or badly, copied, folded, photographed on a desk.
//!
//! Every condition is played with optics and paper rather than painted, and seeded: same seed, same pixels.

mod scan;

use image::RgbImage;
use serde::Serialize;

use super::chance::Chance;
use super::form::Form;
use super::plate::Plate;

/// Corners of the page in the image: as the page stands, top left, top right, bottom right, bottom left.
pub(crate) type Quad = [[f32; 2]; 4];

/// An image as a device hands it over, and what is true of it.
pub(crate) struct Shot {
    pub(crate) image: RgbImage,
    pub(crate) meta: Meta,
    pub(crate) file: File,
}

/// Written to `meta/CONDITION/ID.json`.
#[derive(Clone, Serialize)]
pub(crate) struct Meta {
    pub(crate) quad: Quad,
    /// What the file says of itself; photographs say 72.
    pub(crate) dpi: u32,
    /// How far the page was turned, clockwise, in degrees.
    pub(crate) rotate: u32,
}

/// How the image is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Png,
    /// Of this quality.
    Jpeg(u8),
    GreyJpeg(u8),
}

/// A way for paper to become an image.
pub(crate) struct Condition {
    pub(crate) name: &'static str,
    pub(crate) apply: fn(&Scene<'_, '_>) -> Shot,
}

/// The paper, and the chance it meets.
pub(crate) struct Scene<'f, 'a> {
    pub(crate) form: &'f Form<'a>,
    pub(crate) chance: Chance,
}

impl Scene<'_, '_> {
    /// The page as printed, without seal and signature.
    fn page(&self) -> Plate {
        Plate::from_image(&self.form.canvas.pixels)
    }
}

pub(crate) const CONDITIONS: &[Condition] = &[
    Condition {
        name: "clean300",
        apply: scan::clean300,
    },
    Condition {
        name: "scan200",
        apply: scan::scan200,
    },
    Condition {
        name: "scan150",
        apply: scan::scan150,
    },
    Condition {
        name: "skew4",
        apply: scan::skew4,
    },
    Condition {
        name: "upside",
        apply: scan::upside,
    },
];

impl Condition {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        CONDITIONS.iter().find(|condition| condition.name == name)
    }
}
