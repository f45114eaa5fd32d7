//! A page's picture in the file: the certified master as it is, or the layers of a convenience copy.

use std::io::Write;

use pdf_writer::{Content, Filter, Finish as _, Name, Ref};

use super::out::Out;
use crate::convenience::Layer;
use crate::{Coding, Geometry, Layers, Master, PaperError, Turn};

/// What is shown on a page.
#[derive(Clone, Copy)]
pub enum Picture<'a> {
    /// The unaltered pixels.
    Master(&'a Master),
    /// Ink over paper, straightened: for reading, no evidence.
    Layers(&'a Layers),
}

/// The image stays this much (points) inside its page: a renderer that counts a touched pixel as a covered one would
/// stretch an image of exactly 2480 pixels over 2481 and soften every letter.
const INSET: f32 = 0.002;

/// Sides of a page in points (ISO 19005-2 §6.1.13).
const SHORTEST_SIDE: f32 = 3.0;
const LONGEST_SIDE: f32 = 14_400.0;

/// A page of the file.
pub(crate) struct Frame {
    /// In points.
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Points a pixel of the picture.
    pub(crate) scale: f32,
    /// How the picture is turned clockwise to stand upright.
    turn: Turn,
}

const PAGE: &[u8] = b"Page";
const PAPER: &[u8] = b"Paper";
const INK: &[u8] = b"Ink";

impl Picture<'_> {
    /// The page on which the picture is shown. Scale 1:1 (NĐ 30/2020/NĐ-CP App. I): one inch of paper is 72 points, in
    /// a photograph too where its sheet was found.
    pub(crate) fn frame(&self, geometry: Option<&Geometry>) -> Frame {
        let (size, dpi, turn) = match self {
            Self::Master(master) => {
                let turn = geometry.map_or(Turn::Upright, |geometry| geometry.turn);
                let size = match turn {
                    Turn::Upright | Turn::Half => (master.width, master.height),
                    Turn::Quarter | Turn::ThreeQuarters => (master.height, master.width),
                };
                let flattening = geometry.and_then(|geometry| geometry.flattening);
                (size, flattening.map_or(master.dpi, |flat| flat.dpi), turn)
            }
            // Layers stand upright already.
            Self::Layers(layers) => ((layers.width, layers.height), layers.dpi, Turn::Upright),
        };
        let (width, height) = (size.0 as f32, size.1 as f32);
        let scale = (72.0 / dpi.max(1) as f32)
            .min(LONGEST_SIDE / width.max(height))
            .max(SHORTEST_SIDE / width.min(height));
        Frame {
            width: width * scale,
            height: height * scale,
            scale,
            turn,
        }
    }

    /// Draws the picture over the whole page.
    pub(crate) fn draw(&self, content: &mut Content, frame: &Frame) {
        let (width, height) = (frame.width, frame.height);
        let (w, h) = (width - 2.0 * INSET, height - 2.0 * INSET);
        let (right, top) = (width - INSET, height - INSET);
        // The image's unit square, its origin at the lower left, laid so that the page stands upright; its pixels are
        // packed as scanned.
        let matrix = match frame.turn {
            Turn::Upright => [w, 0.0, 0.0, h, INSET, INSET],
            Turn::Quarter => [0.0, -h, w, 0.0, INSET, top],
            Turn::Half => [-w, 0.0, 0.0, -h, right, top],
            Turn::ThreeQuarters => [0.0, h, -w, 0.0, right, INSET],
        };
        content.save_state();
        content.transform(matrix);
        match self {
            Self::Master(_) => {
                content.x_object(Name(PAGE));
            }
            Self::Layers(_) => {
                content.x_object(Name(PAPER));
                content.x_object(Name(INK));
            }
        }
        content.restore_state();
    }

    /// Writes the images and returns them with their names.
    pub(crate) fn write<W: Write>(
        &self,
        out: &mut Out<W>,
    ) -> Result<Vec<(Name<'static>, Ref)>, PaperError> {
        match self {
            Self::Master(master) => {
                let id = out.reserve();
                write_master(out, id, master)?;
                Ok(vec![(Name(PAGE), id)])
            }
            Self::Layers(layers) => {
                let (paper, ink, mask) = (out.reserve(), out.reserve(), out.reserve());
                write_colours(out, paper, &layers.paper, layers.gray, None)?;
                write_colours(out, ink, &layers.colours, layers.gray, Some(mask))?;
                write_mask(out, mask, &layers.ink)?;
                Ok(vec![(Name(PAPER), paper), (Name(INK), ink)])
            }
        }
    }
}

fn side(pixels: u32) -> Result<i32, PaperError> {
    i32::try_from(pixels).map_err(|_| PaperError::Encoding)
}

fn write_master<W: Write>(out: &mut Out<W>, id: Ref, master: &Master) -> Result<(), PaperError> {
    let (width, height) = (side(master.width)?, side(master.height)?);
    out.object(id, |chunk| {
        let mut image = chunk.image_xobject(id, &master.bytes);
        match master.coding {
            Coding::Jpeg => {
                image.filter(Filter::DctDecode);
                image.bits_per_component(8);
            }
            Coding::Group4 => {
                image.filter(Filter::CcittFaxDecode);
                image.decode_parms().k(-1).columns(width).rows(height);
                image.bits_per_component(1);
            }
        }
        image.width(width).height(height);
        if master.gray {
            image.color_space().device_gray();
        } else {
            image.color_space().device_rgb();
        }
    })?;
    Ok(())
}

fn write_colours<W: Write>(
    out: &mut Out<W>,
    id: Ref,
    layer: &Layer,
    gray: bool,
    mask: Option<Ref>,
) -> Result<(), PaperError> {
    let (width, height) = (side(layer.width)?, side(layer.height)?);
    out.object(id, |chunk| {
        let mut image = chunk.image_xobject(id, &layer.bytes);
        image.filter(Filter::DctDecode);
        image.width(width).height(height).bits_per_component(8);
        if gray {
            image.color_space().device_gray();
        } else {
            image.color_space().device_rgb();
        }
        if let Some(mask) = mask {
            image.pair(Name(b"Mask"), mask);
        }
    })?;
    Ok(())
}

/// A stencil: black, which Group 4 gives as 0, lets the colour through (ISO 32000-1 §8.9.6.3).
fn write_mask<W: Write>(out: &mut Out<W>, id: Ref, layer: &Layer) -> Result<(), PaperError> {
    let (width, height) = (side(layer.width)?, side(layer.height)?);
    out.object(id, |chunk| {
        let mut image = chunk.image_xobject(id, &layer.bytes);
        image.filter(Filter::CcittFaxDecode);
        image.decode_parms().k(-1).columns(width).rows(height);
        image.width(width).height(height).bits_per_component(1);
        image.image_mask(true);
        image.finish();
    })?;
    Ok(())
}
