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

use models::{PageText, TextEngine, TextError};

use crate::photograph::Flat;
use crate::skew::Ink;
use crate::view::{paper_tone, straighten, turned, without_seals};
use crate::{Geometry, Sheet, Turn, photograph};

/// Tesseract reads lines this crooked as well as level ones, and pixels that were not moved stay sharper.
const LEVEL_ENOUGH_DEGREES: f32 = 0.4;

/// Lines across the sheet must be this much clearer than along it before the page is taken to lie on its side.
const SIDEWAYS_CLEARER: f64 = 1.35;

/// A word counts as surely read from here on.
const SURE: u8 = 75;

/// With so many sure letters, and this share of all, no other way up can be better.
const ENOUGH_SURE_LETTERS: usize = 40;
const ENOUGH_SURE_SHARE: f32 = 0.6;

/// What was read on a page, and how the page was held to read it.
#[derive(Clone, Debug)]
pub struct ReadPage {
    /// Words with their places in the view; [`Geometry::to_page`] leads back to the page.
    pub text: PageText,
    pub geometry: Geometry,
}

/// Reads a page whichever way up it lies.
pub fn read_page(sheet: &Sheet, engine: &mut dyn TextEngine) -> Result<ReadPage, TextError> {
    read_flat(sheet, photograph::flatten(sheet), engine)
}

/// Reads a page whose sheet, when it is a photograph, was laid flat already.
pub(crate) fn read_flat(
    unaltered: &Sheet,
    flat: Option<Flat>,
    engine: &mut dyn TextEngine,
) -> Result<ReadPage, TextError> {
    let sheet = flat.as_ref().map_or(unaltered, |flat| &flat.sheet);
    let (gray, seals) = without_seals(sheet);
    let level = Ink::of(&gray, sheet.dpi()).skew();
    let lying = Ink::on_its_side(&gray, sheet.dpi()).skew();
    let sideways = lying.clearness > level.clearness * SIDEWAYS_CLEARER;
    let (turn, degrees) = if sideways {
        (Turn::Quarter, lying.degrees)
    } else {
        (Turn::Upright, level.degrees)
    };
    let skew_degrees = if degrees.abs() >= LEVEL_ENOUGH_DEGREES {
        degrees
    } else {
        0.0
    };

    let mut view = turned(gray, turn);
    if skew_degrees != 0.0 {
        view = straighten(&view, skew_degrees);
    }
    let paper = paper_tone(view.as_raw());
    leaders::lift(&mut view, sheet.dpi(), paper);
    let geometry = |turn| Geometry {
        flattening: flat.as_ref().map(|flat| flat.flattening),
        turn,
        skew_degrees,
        seals: seals.clone(),
        width: unaltered.width(),
        height: unaltered.height(),
    };
    let mut text = engine.read(&view, sheet.dpi())?;
    let mut turn = turn;
    let (sure, all) = letters(&text);
    let settled =
        sure >= ENOUGH_SURE_LETTERS && sure as f32 >= ENOUGH_SURE_SHARE * all as f32 || all == 0;
    if !settled {
        // Turning the straightened view by half keeps it straight: both turn about the same middle.
        let turned = turned(view.clone(), Turn::Half);
        let other = engine.read(&turned, sheet.dpi())?;
        if letters(&other).0 > sure {
            (text, view, turn) = (other, turned, turn.and_half());
        }
    }
    Ok(ReadPage {
        text: second::look_again(&view, sheet.dpi(), text, engine)?,
        geometry: geometry(turn),
    })
}

/// How many letters were read surely, and how many at all.
fn letters(text: &PageText) -> (usize, usize) {
    let count = |word: &models::Word| {
        word.text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count()
    };
    let sure = text
        .words
        .iter()
        .filter(|word| word.confidence >= SURE)
        .map(count)
        .sum();
    (sure, text.words.iter().map(count).sum())
}
