//! Reading one page: upright, straightened, without the seals over its words.

mod align;
mod doubt;
mod form;
mod hand;
mod junk;
mod leaders;
mod lines;
mod merge;
mod order;
mod second;
mod strip;
mod zone;

use models::{PageText, TextEngine, TextError};

use crate::orient::{self, Upright};
use crate::photograph::Flat;
use crate::view::{paper_tone, without_seals};
use crate::{Geometry, Sheet, photograph};

/// What was read on a page, and how the page was held to read it.
#[derive(Clone, Debug)]
pub struct ReadPage {
    /// Words with their places in the view; [`Geometry::to_page`] leads back to the page.
    pub text: PageText,
    pub geometry: Geometry,
}

/// Reads a page whichever way up it lies.
pub fn read_page(sheet: &Sheet, engine: &mut dyn TextEngine) -> Result<ReadPage, TextError> {
    read_flat(sheet, photograph::flatten(sheet), engine, &mut |_| {})
}

/// Reads a page whose sheet, when it is a photograph, was laid flat already. `first` hears the lines that told which way
/// up it stands.
pub(crate) fn read_flat(
    unaltered: &Sheet,
    flat: Option<Flat>,
    engine: &mut dyn TextEngine,
    first: &mut dyn FnMut(&PageText),
) -> Result<ReadPage, TextError> {
    let sheet = flat.as_ref().map_or(unaltered, |flat| &flat.sheet);
    let (gray, seals) = without_seals(sheet);
    let dpi = sheet.dpi();
    // The flat sheet's pixels go before the engines take their memory.
    let flattening = flat.map(|flat| flat.flattening);
    let Upright {
        mut view,
        turn,
        skew_degrees,
        lines,
    } = orient::upright(gray, dpi, engine)?;
    if !lines.words.is_empty() {
        first(&lines);
    }
    let paper = paper_tone(view.as_raw());
    leaders::lift(&mut view, dpi, paper);
    let text = engine.read(&view, dpi)?;
    let geometry = Geometry {
        flattening,
        turn,
        skew_degrees,
        seals,
        width: unaltered.width(),
        height: unaltered.height(),
    };
    Ok(ReadPage {
        text: second::look_again(&view, dpi, text, engine)?,
        geometry,
    })
}
