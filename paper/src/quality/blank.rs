//! Whether anything is written on a page: marks darker or of another colour than the paper, once dust, punched holes,
//! creases, the rim and what shines through from the back are taken away.

use super::blots::{Blot, blots};
use super::page_map::PageMap;
use super::sharpness::Writing;
use super::surface::Surface;

/// Ink is darker than the paper by this share of its light; what shines through from the back seldom is.
const INK_SHARE: f32 = 0.30;

/// Stamps may be pale, but they have a colour: difference of red or blue by green.
const INK_COLOUR: f32 = 0.22;

/// Dust is smaller; the smallest mark that says something is a figure of a page number.
const MARK_MM: f32 = 1.4;

/// Squares of writing of which a single one is no dust, in mm². A page number of two figures has about 4.
pub(crate) const LEAST_WRITING_MM2: f32 = 3.0;

/// The rim where lids, rollers and edges leave their shadows.
const RIM_MM: f32 = 5.0;

/// The area that says something, in mm².
pub(crate) fn written_mm2(map: &PageMap, surface: &Surface, writing: &Writing) -> f32 {
    let rim = (RIM_MM / map.mm).ceil() as usize;
    let inked: Vec<bool> = (0..map.len())
        .map(|at| {
            let (x, y) = (at % map.columns, at / map.columns);
            let inside = x >= rim && y >= rim && x + rim < map.columns && y + rim < map.rows;
            let paper = f32::from(map.paper[at]);
            let dark =
                f32::from(map.darkest[at]) < (1.0 - INK_SHARE) * paper.max(surface.tone[at] * 0.5);
            inside
                && (dark
                    || surface.colour_off(map, at) > INK_COLOUR && surface.share(map, at) < 0.97)
        })
        .collect();
    let marks: f32 = blots(&inked, map.columns)
        .iter()
        .filter(|blot| says_something(blot, map))
        .map(|blot| blot.area() as f32)
        .sum::<f32>()
        * map.mm
        * map.mm;
    // Pale but sharp writing in several places is writing, however pale.
    let pale = writing
        .tiles
        .iter()
        .filter(|tile| tile.across.is_some() && tile.down.is_some() && tile.steepness() > 0.3)
        .count();
    if pale >= 4 {
        marks.max(pale as f32 * 4.0)
    } else {
        marks
    }
}

fn says_something(blot: &Blot, map: &PageMap) -> bool {
    let (wide, high) = (blot.wide() as f32 * map.mm, blot.high() as f32 * map.mm);
    let (long, short) = (wide.max(high), wide.min(high));
    let area = blot.area() as f32 * map.mm * map.mm;
    // A speck lies in one square, or where four meet; letters run over more.
    let speck = blot.wide() <= 2 && blot.high() <= 2;
    if long < MARK_MM || blot.area() < 2 || speck {
        return false;
    }
    // A crease, a hair, a feeder's line: long and nowhere wide.
    let thickness = area / long;
    if long > 12.0 && thickness < 1.6 * map.mm && short < 0.2 * long {
        return false;
    }
    if long < 30.0 && blot.fill() < 0.28 && thickness < 1.6 * map.mm {
        return false;
    }
    // A punched hole or staple near an edge: a full disc of 5 to 7 mm (ISO 838: 6 mm).
    let [left, top, right, bottom] = blot.bounds;
    let margin = (25.0 / map.mm) as usize;
    let near_edge =
        left < margin || top < margin || right + margin > map.columns || bottom + margin > map.rows;
    let disc = (4.0..=9.0).contains(&long) && short > 0.75 * long && blot.fill() > 0.68;
    !(near_edge && disc)
}
