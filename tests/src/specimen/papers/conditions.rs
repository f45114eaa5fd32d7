//! What becomes of a paper on its way to the reader: scanned well or badly, copied, folded, photographed on a desk.
//!
//! Every condition is played with optics and paper rather than painted, and seeded: same seed, same pixels.

mod ageing;
mod desk;
mod photo;
mod scan;
mod sheet;

use image::RgbImage;
use serde::Serialize;

use super::chance::Chance;
use super::form::Form;
use super::marks;
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
    /// Pages in the image that are no part of this paper.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) others: Vec<Quad>,
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
    /// Draws another paper: what lies beside, or shows through from the back.
    pub(crate) beside: &'f dyn Fn() -> RgbImage,
}

impl Scene<'_, '_> {
    /// The page as printed, without seal and signature.
    fn page(&self) -> Plate {
        Plate::from_image(&self.form.canvas.pixels)
    }

    /// The page with seal and signature, as it lies on the desk.
    fn endorsed(&self) -> Plate {
        let mut page = self.form.canvas.clone();
        marks::endorse(&mut page, self.form);
        Plate::from_image(&page.pixels)
    }
}

/// The corpus' own, then what else desks give.
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
        name: "stamp300",
        apply: scan::stamp300,
    },
    Condition {
        name: "photocopy",
        apply: ageing::photocopy,
    },
    Condition {
        name: "fold",
        apply: ageing::fold,
    },
    Condition {
        name: "phone_ok",
        apply: photo::phone_ok,
    },
    Condition {
        name: "phone_bad",
        apply: photo::phone_bad,
    },
    Condition {
        name: "upside",
        apply: scan::upside,
    },
    Condition {
        name: "rot90",
        apply: scan::rot90,
    },
    Condition {
        name: "rot270",
        apply: scan::rot270,
    },
    Condition {
        name: "grey200",
        apply: scan::grey200,
    },
    Condition {
        name: "jpeg40",
        apply: scan::jpeg40,
    },
    Condition {
        name: "a3_pair",
        apply: scan::a3_pair,
    },
    Condition {
        name: "coloured",
        apply: ageing::coloured,
    },
    Condition {
        name: "faded",
        apply: ageing::faded,
    },
    Condition {
        name: "low_toner",
        apply: ageing::low_toner,
    },
    Condition {
        name: "bleed",
        apply: ageing::bleed,
    },
    Condition {
        name: "dust",
        apply: ageing::dust,
    },
    Condition {
        name: "phone_white",
        apply: photo::phone_white,
    },
    Condition {
        name: "phone_pattern",
        apply: photo::phone_pattern,
    },
    Condition {
        name: "phone_curl",
        apply: photo::phone_curl,
    },
    Condition {
        name: "phone_corner",
        apply: photo::phone_corner,
    },
    Condition {
        name: "phone_glare",
        apply: photo::phone_glare,
    },
];

impl Condition {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        CONDITIONS.iter().find(|condition| condition.name == name)
    }
}
