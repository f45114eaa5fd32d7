//! Which way up a page stands, found by reading a few of its lines, and those the other way up when they make no sense.

mod strips;

use image::{GrayImage, imageops};
use models::{PageText, TextEngine, TextError};

use crate::Turn;
use crate::skew::Ink;
use crate::view::{straighten, turned};

/// Tesseract reads lines this crooked as well as level ones, and pixels that were not moved stay sharper.
const LEVEL_ENOUGH_DEGREES: f32 = 0.4;

/// Lines across the sheet must be this much clearer than along it before they are tried first.
const SIDEWAYS_CLEARER: f64 = 1.35;

/// A word counts as surely read from here on. Upside down, a few short words reach it, never a line of them.
const SURE: u8 = 75;

/// With so many sure letters, and this share of all, no other way up can be better.
const ENOUGH_SURE_LETTERS: usize = 20;
const ENOUGH_SURE_SHARE: f32 = 0.6;

/// One way up is believed when its letters are this many times as sure as the other way's, and so many more.
const CLEARLY: f32 = 2.0;
const CLEARLY_MORE: f32 = 8.0;

/// Strips that are read before giving up; a heading in odd letters or a photograph costs one.
const STRIPS: usize = 4;

/// A page whose letters stand on their feet and whose lines run level, and what was done to it.
pub(crate) struct Upright {
    pub(crate) view: GrayImage,
    pub(crate) turn: Turn,
    pub(crate) skew_degrees: f32,
    /// The lines that told it, with places in their own strip.
    pub(crate) lines: PageText,
}

/// Turns and straightens a page so that it can be read. The engine reads a strip of it, one more when the page stands on
/// its head, and some more only where strips say nothing.
pub(crate) fn upright(
    page: GrayImage,
    dpi: u32,
    engine: &mut dyn TextEngine,
) -> Result<Upright, TextError> {
    let (level, lying) = Ink::both_ways(&page, dpi);
    let (level, lying) = (level.skew(), lying.skew());
    let level_way = (Turn::Upright, level.degrees);
    let lying_way = (Turn::Quarter, lying.degrees);
    let (first, second) = if lying.clearness > level.clearness * SIDEWAYS_CLEARER {
        (lying_way, level_way)
    } else {
        (level_way, lying_way)
    };
    let way = Way::of(&page, first);
    let (balance, settled) = Balance::weigh(&way.view, dpi, engine)?;
    if settled {
        return Ok(way.with(balance));
    }
    // Nothing is clear along the lines that were found: perhaps they were none, but rules or a picture's edge.
    let across = Way::of(&page, second);
    drop(page);
    let (other, _) = Balance::weigh(&across.view, dpi, engine)?;
    let (best, best_other) = (balance.best(), other.best());
    Ok(if clearly(best_other, best) {
        across.with(other)
    } else {
        way.with(balance)
    })
}

/// Turns a page as a person says, and straightens it.
pub(crate) fn held(page: GrayImage, dpi: u32, turn: Turn) -> Upright {
    let (level, lying) = Ink::both_ways(&page, dpi);
    let lies = matches!(turn, Turn::Quarter | Turn::ThreeQuarters);
    let way = Way::of(
        &page,
        match lies {
            true => (Turn::Quarter, lying.skew().degrees),
            false => (Turn::Upright, level.skew().degrees),
        },
    );
    let on_its_head = way.turn != turn;
    way.with(Balance {
        down: if on_its_head { 1.0 } else { 0.0 },
        ..Balance::default()
    })
}

/// A page turned and straightened in one of the two ways in which its lines may run level.
struct Way {
    view: GrayImage,
    turn: Turn,
    skew_degrees: f32,
}

impl Way {
    fn of(page: &GrayImage, (turn, degrees): (Turn, f32)) -> Self {
        let skew_degrees = if degrees.abs() >= LEVEL_ENOUGH_DEGREES {
            degrees
        } else {
            0.0
        };
        let mut view = turned(page.clone(), turn);
        if skew_degrees != 0.0 {
            view = straighten(&view, skew_degrees);
        }
        Self {
            view,
            turn,
            skew_degrees,
        }
    }

    /// Turning a straightened view by half keeps it straight: both turn about the same middle.
    fn with(self, balance: Balance) -> Upright {
        let on_its_head = balance.down > balance.up;
        Upright {
            view: if on_its_head {
                turned(self.view, Turn::Half)
            } else {
                self.view
            },
            turn: if on_its_head {
                self.turn.and_half()
            } else {
                self.turn
            },
            skew_degrees: self.skew_degrees,
            lines: if on_its_head {
                balance.down_lines
            } else {
                balance.up_lines
            },
        }
    }
}

/// How well a page's strips read as they stand and upside down, in sure letters, and what the last of them says.
#[derive(Debug, Default)]
struct Balance {
    up: f32,
    down: f32,
    up_lines: PageText,
    down_lines: PageText,
}

impl Balance {
    /// Reads strips until it is clear which way up is right; the second is false when it never is.
    fn weigh(
        view: &GrayImage,
        dpi: u32,
        engine: &mut dyn TextEngine,
    ) -> Result<(Self, bool), TextError> {
        let mut balance = Self::default();
        for place in strips::find(view, dpi, STRIPS) {
            let strip = imageops::crop_imm(view, place.x, place.y, place.w, place.h).to_image();
            let (lines, letters, settled) = read(&strip, dpi, engine)?;
            balance.up += letters;
            balance.up_lines = lines;
            if settled && clearly(balance.up, balance.down) {
                return Ok((balance, true));
            }
            let (lines, letters, _) = read(&imageops::rotate180(&strip), dpi, engine)?;
            balance.down += letters;
            balance.down_lines = lines;
            if clearly(balance.up, balance.down) || clearly(balance.down, balance.up) {
                return Ok((balance, true));
            }
        }
        Ok((balance, false))
    }

    fn best(&self) -> f32 {
        self.up.max(self.down)
    }
}

fn clearly(more: f32, less: f32) -> bool {
    more > CLEARLY * less && more > less + CLEARLY_MORE
}

/// What a strip says, how many sure letters it gives, and whether that settles it.
fn read(
    strip: &GrayImage,
    dpi: u32,
    engine: &mut dyn TextEngine,
) -> Result<(PageText, f32, bool), TextError> {
    let text = engine.read_lines(strip, dpi)?;
    let (sure, all) = letters(&text);
    let settled = sure >= ENOUGH_SURE_LETTERS && sure as f32 >= ENOUGH_SURE_SHARE * all as f32;
    Ok((text, sure as f32, settled))
}

/// How many letters were read surely, and how many at all.
fn letters(text: &PageText) -> (usize, usize) {
    let count = |word: &models::Word| {
        word.text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .count()
    };
    // A single letter is what Tesseract makes of a speck.
    let words = || text.words.iter().filter(|word| count(word) > 1);
    let sure = words()
        .filter(|word| word.confidence >= SURE)
        .map(count)
        .sum();
    (sure, words().map(count).sum())
}
