//! Whether two images show the same page: its ink in a small picture, laid over the other's and compared piece by
//! piece. Two scans of one page agree everywhere; two papers of one form differ wherever something was filled in; a page
//! with a note over it differs there and nowhere else.

mod align;
mod raster;

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use image::GrayImage;

use crate::outline::Unroll;
use crate::quality::{PageMap, around};
use crate::{Outline, Place};
use align::Pieces;
use raster::Raster;

/// Dots of the small picture a millimetre: small letters are six dots high.
const DOTS_PER_MM: f32 = 3.0;

/// A page larger than A3 is compared at less detail.
const MOST_DOTS: f32 = 1300.0;

/// The coarse picture by which pages that cannot be the same are told apart at once: millimetres a dot.
const COARSE_MM: f32 = 6.0;

/// From afar, a page the other way up looks less alike by this.
const CLEARLY: f32 = 0.15;

/// A page's ink, packed. `Debug` shows none of it.
#[derive(Clone)]
pub struct Likeness {
    columns: usize,
    rows: usize,
    /// Sixteen steps of ink, deflated: mostly white, some 60 kB.
    packed: Vec<u8>,
    coarse: Raster,
    way: Unroll,
    size: (u32, u32),
}

impl std::fmt::Debug for Likeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Likeness({}x{})", self.columns, self.rows)
    }
}

/// What one image is to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Relation {
    /// The same page, both times all of it.
    Same,
    /// The same page, and in one of the two a note lies over `place`, as seen on the other image given.
    Covered {
        by_first: bool,
        on_first: Place,
        on_second: Place,
    },
    Other,
}

impl Likeness {
    /// Of a page that has been looked at: `paper` is its bare paper's tone, square by square of `map`.
    pub(crate) fn of(
        gray: &GrayImage,
        map: &PageMap,
        paper: &[f32],
        outline: Option<&Outline>,
    ) -> Self {
        let (wide, high) = (map.columns as f32 * map.mm, map.rows as f32 * map.mm);
        let density = DOTS_PER_MM.min(MOST_DOTS / wide.max(high));
        let ink = Raster::of(gray, map, paper, outline.is_some(), density);
        let coarse = ink.shrunk((COARSE_MM * density).round().max(1.0) as usize);
        Self {
            columns: ink.columns,
            rows: ink.rows,
            packed: pack(&ink),
            coarse,
            way: map.way(),
            size: (gray.width(), gray.height()),
        }
    }

    /// Two that look less alike from afar are surely not the same page.
    pub const COULD_BE: f32 = 0.3;

    /// How alike two pages look from afar, either way up: 1 is the same.
    pub fn glance(&self, other: &Self) -> f32 {
        let [upright, turned] = self.glances(other);
        upright.max(turned)
    }

    /// As they lie, and with the other turned by half.
    fn glances(&self, other: &Self) -> [f32; 2] {
        let upright = align::best_shift(&self.coarse, &other.coarse, 4).0;
        let turned = align::best_shift(&self.coarse, &other.coarse.turned(), 4).0;
        [upright, turned]
    }

    /// Compares piece by piece.
    pub fn compare(&self, other: &Self) -> Relation {
        let (Some(first), Some(second)) = (self.unpack(), other.unpack()) else {
            return Relation::Other;
        };
        let [upright, turned] = self.glances(other);
        let pieces = [(false, upright - turned), (true, turned - upright)]
            .into_iter()
            .filter(|(_, better)| *better > -CLEARLY)
            .map(|(turned, _)| turned)
            .filter_map(|turned| {
                let second = if turned {
                    second.turned()
                } else {
                    second.clone()
                };
                Pieces::laid_over(&first, &second).map(|pieces| (turned, pieces))
            })
            .max_by(|a, b| a.1.agreement().total_cmp(&b.1.agreement()));
        let Some((turned, pieces)) = pieces else {
            return Relation::Other;
        };
        match pieces.judge() {
            align::Judgement::Same => Relation::Same,
            align::Judgement::Other => Relation::Other,
            align::Judgement::Covered {
                by_first,
                first,
                second,
            } => {
                let second = if turned {
                    let (w, h) = (other.columns as f32, other.rows as f32);
                    [w - second[2], h - second[3], w - second[0], h - second[1]]
                } else {
                    second
                };
                Relation::Covered {
                    by_first,
                    on_first: self.place(first),
                    on_second: other.place(second),
                }
            }
        }
    }

    fn unpack(&self) -> Option<Raster> {
        let mut bytes = Vec::with_capacity(self.columns * self.rows);
        DeflateDecoder::new(self.packed.as_slice())
            .take((self.columns * self.rows) as u64)
            .read_to_end(&mut bytes)
            .ok()?;
        Raster::from_steps(self.columns, self.rows, &bytes)
    }

    /// The box on the unaltered page around a box of dots.
    fn place(&self, [left, top, right, bottom]: [f32; 4]) -> Place {
        let at = |x: f32, y: f32| {
            let (u, v) = (x / self.columns as f32, y / self.rows as f32);
            self.way
                .at(f64::from(u), f64::from(v))
                .map(|value| value as f32)
        };
        around(
            &[
                at(left, top),
                at(right, top),
                at(right, bottom),
                at(left, bottom),
            ],
            self.size,
        )
    }
}

fn pack(ink: &Raster) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail.
    let _ = encoder.write_all(&ink.steps());
    encoder.finish().unwrap_or_default()
}
