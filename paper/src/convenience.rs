//! The convenience copy of a page: small, straight, for reading on a screen. Ink is drawn sharply in its own colour over
//! a soft picture of the paper (mixed raster content, ITU-T T.44). Of a photograph it shows the sheet laid flat, without
//! the desk around it.
//!
//! It is no evidence: where ink ends and paper begins was decided by this program. The certified master is
//! [`crate::Master`].

mod colour_layer;
mod ink;
mod straight;

use jpeg_encoder::SamplingFactor;

use crate::master::{group4, jpeg};
use crate::photograph::FLAT_DPI;
use crate::{Geometry, PaperError, Sheet};
use colour_layer::coloured;
use ink::Ink;

/// Ink is drawn at about this resolution: coarser scans are enlarged first, so that edges stay where the gray tones put
/// them.
const INK_DPI: u32 = 300;

/// What one A4 page may take, words and fonts left 20 kB.
const MOST_BYTES_A_PAGE: usize = 140_000;

/// Qualities of the paper's picture, tried in this order until the page is small enough.
const QUALITIES: [u8; 4] = [60, 45, 30, 18];

/// How much coarser the ink of a page is drawn that is still too large: one full of grain.
const COARSER: [f32; 2] = [0.67, 0.5];

/// The colours of the ink: flat areas, which even a low quality keeps.
const INK_QUALITY: u8 = 55;

/// One ink pixel is this much finer than the paper's picture.
const PAPER_STEP: u32 = 3;

/// And than the colours of the ink, as fine as the page affords: black letters under a red seal are told apart by them.
const COLOUR_STEPS: [u32; 3] = [2, 3, 6];

/// A packed picture that is one layer of a page.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The three layers of a page, in the upright and straightened frame in which it was read.
#[derive(Clone)]
pub struct Layers {
    pub(crate) paper: Layer,
    pub(crate) colours: Layer,
    /// CCITT Group 4; black is ink.
    pub(crate) ink: Layer,
    pub(crate) gray: bool,
    /// Size of the frame in which it was read, and its resolution.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dpi: u32,
}

impl Layers {
    /// Splits a page.
    pub fn of(sheet: &Sheet, geometry: &Geometry) -> Result<Self, PaperError> {
        let mut layers = Self::drawn(sheet, geometry, 1.0)?;
        for coarser in COARSER {
            if layers.bytes() <= MOST_BYTES_A_PAGE {
                break;
            }
            layers = Self::drawn(sheet, geometry, coarser)?;
        }
        Ok(layers)
    }

    /// Splits a page, its ink drawn at `fineness` times [`INK_DPI`].
    fn drawn(sheet: &Sheet, geometry: &Geometry, fineness: f32) -> Result<Self, PaperError> {
        let dpi = geometry.flattening.map_or(sheet.dpi().max(1), |_| FLAT_DPI);
        let (picture, (width, height)) = straight::picture(sheet, geometry, scale(dpi) * fineness);
        let gray = sheet.colour().is_none();
        let size = picture.dimensions();
        let ink = Ink::of(&picture);
        let mask = group4(ink.mask().iter().copied(), size)?;
        let step = PAPER_STEP.min(size.0).min(size.1);
        let paper = coloured(&picture, step, |at| ink.is_paper(at), [255; 3]);
        let packed =
            |picture: &image::RgbImage, way: (u8, SamplingFactor)| -> Result<Layer, PaperError> {
                let (width, height) = picture.dimensions();
                let pixels: Vec<u8> = if gray {
                    picture.as_raw().iter().step_by(3).copied().collect()
                } else {
                    picture.as_raw().clone()
                };
                let bytes = jpeg(&pixels, gray, (width, height), INK_DPI, way)?;
                Ok(Layer {
                    bytes,
                    width,
                    height,
                })
            };
        let colours = |step: u32| {
            let step = step.min(size.0).min(size.1);
            let colours = coloured(&picture, step, |at| ink.is_core(at), [0; 3]);
            packed(&colours, (INK_QUALITY, SamplingFactor::F_1_1))
        };
        let soft = |quality: u8| packed(&paper, (quality, SamplingFactor::F_2_2));
        let rest = MOST_BYTES_A_PAGE.saturating_sub(mask.len());
        let (mut in_colours, mut in_paper) = (colours(COLOUR_STEPS[0])?, soft(QUALITIES[0])?);
        for step in &COLOUR_STEPS[1..] {
            if in_colours.bytes.len() + in_paper.bytes.len() <= rest {
                break;
            }
            in_colours = colours(*step)?;
        }
        for quality in &QUALITIES[1..] {
            if in_colours.bytes.len() + in_paper.bytes.len() <= rest {
                break;
            }
            in_paper = soft(*quality)?;
        }
        Ok(Self {
            paper: in_paper,
            colours: in_colours,
            ink: Layer {
                bytes: mask,
                width: size.0,
                height: size.1,
            },
            gray,
            width,
            height,
            dpi,
        })
    }

    /// What the layers take together.
    pub fn bytes(&self) -> usize {
        self.paper.bytes.len() + self.colours.bytes.len() + self.ink.bytes.len()
    }
}

impl std::fmt::Debug for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Layers({}x{} at {} dpi; paper {}, colours {}, ink {} bytes)",
            self.width,
            self.height,
            self.dpi,
            self.paper.bytes.len(),
            self.colours.bytes.len(),
            self.ink.bytes.len()
        )
    }
}

/// How many ink pixels stand for one of the page: halves, wholes or doubles, which keep letters even.
fn scale(dpi: u32) -> f32 {
    match dpi {
        0..=110 => 3.0,
        111..=230 => 2.0,
        231..=420 => 1.0,
        421..=800 => 0.5,
        _ => INK_DPI as f32 / dpi as f32,
    }
}
