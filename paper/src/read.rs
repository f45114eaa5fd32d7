//! Reading one page: upright, straightened, without the seals over its words.

mod align;
mod doubt;
mod enlarged;
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

/// Pages coarser than this are read enlarged: at 150 dpi the labels of a card are six pixels high, and Tesseract's net was
/// taught on letters of twice that and more. On two copied cards the error rate fell from 19 to 12 and from 9 to 2 %; above
/// 200 dpi letters of that size are read as they are. Such a page is refused as evidence all the same (`quality.dpi_low`).
const COARSE_DPI: u32 = 180;

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
    } = match unaltered.held_so() {
        Some(turn) => orient::held(gray, dpi, turn),
        None => orient::upright(gray, dpi, engine)?,
    };
    if !lines.words.is_empty() {
        first(&lines);
    }
    let paper = paper_tone(view.as_raw());
    leaders::lift(&mut view, dpi, paper);
    let text = match dpi < COARSE_DPI {
        true => enlarged::read(view, dpi, engine)?,
        false => {
            let text = engine.read(&view, dpi)?;
            second::look_again(&view, dpi, text, engine)?
        }
    };
    let geometry = Geometry {
        flattening,
        turn,
        skew_degrees,
        seals,
        width: unaltered.width(),
        height: unaltered.height(),
    };
    Ok(ReadPage { text, geometry })
}
