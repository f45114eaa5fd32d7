//! Whether a page is good enough to rely on: each complaint says what, where, how much, and what the limit was.

mod blank;
mod blots;
mod cells;
mod covered;
mod light;
mod page_map;
mod resolution;
mod rim;
mod sharpness;
mod surface;

use models::PageText;
use serde::Serialize;

use crate::likeness::Likeness;
use crate::{Geometry, Outline, Place, Sheet, Turn, page_finder};
pub(crate) use blots::blots;
use cells::Cells;
pub use light::{MIN_LIGHT_SHARE, MIN_PAPER_TONE};
pub(crate) use page_map::{PageMap, around};
use resolution::Resolution;
pub use rim::MAX_FOLDED_CORNER_MM;
use sharpness::{Tile, Writing};
use surface::Surface;

/// Every code a verdict can carry.
pub const ALL: &[&str] = &[
    "quality.dpi_low",
    "quality.blurred",
    "quality.hard_to_read",
    "quality.blurred_part",
    "quality.low_contrast",
    "quality.too_dark",
    "quality.shadow",
    "quality.glare",
    "quality.blank",
    "quality.page_cut",
    "quality.corner_folded",
    "quality.finger",
    "quality.covered",
    "quality.text_cut",
    "quality.skewed",
    "quality.upside_down",
    "quality.sideways",
    "quality.duplicate",
    "quality.pages_missing",
    "quality.pages_extra",
    "quality.note_alone",
    "quality.note_pair",
];

/// NĐ 30/2020/NĐ-CP App. I: scans of at least 200 dpi.
pub const MIN_DPI: u32 = 200;

/// What is measured may fall short of the rule by this share: pages are not cut to the hair, corners are found to a
/// hundredth.
const DPI_TOLERANCE: f32 = 0.04;

/// Multiplied pixels of so much less than the rule asks for are refused; a scanner that stretches 190 to 200 is not.
const PROVEN_SHARE: f32 = 0.85;

/// No multiplied pixel is sharper than this, whatever rhythm there is.
const SHARP_EDGE_PX: f32 = 2.1;

/// What a step from paper to ink takes in pixels on scans of worn print, at the density the scanner truly has.
const FINE_EDGE_PX: f32 = 2.3;

/// Copies of copies come to 0.95 of the rule by that measure.
const EMPTY_SHARE: f32 = 0.9;

/// Edges of letters wider than this, from paper to full ink, are blurred: the marks of Ấ and Ầ are half a millimetre
/// apart. Good scans have 0.15 to 0.3 mm, what a telephone takes in poor light and is still read 0.4 to 0.45.
pub const MAX_EDGE_MM: f32 = 0.5;

/// A part that is worse than this, and much worse than the rest, was not in focus.
const PART_EDGE_MM: f32 = 0.38;

/// From here on the page is refused: letters' marks have run together.
const LOST_EDGE_MM: f32 = 0.56;

/// Against the ink of the whole page instead of the square's own: a hand that shook draws every stroke of a word over
/// the others and leaves no full ink beside.
const SMEARED: f32 = 1.4;

/// However coarse the pixels: where a step from ink to paper takes no more of them than this, they are the reason.
const MAX_EDGE_PX: f32 = 2.8;

/// When so much of the text is blurred, the page is; less is a part to look at.
const BLURRED_SHARE: f32 = 0.5;

/// So many squares side by side are a blurred part; fewer are a portrait, a signature or a worn stamp.
const BLURRED_SQUARES: usize = 9;

/// A part is blurred when it is so much worse than the better part of the page.
const BLURRED_AGAINST_REST: f32 = 1.8;

/// And the edges of its strokes are so much flatter, each by itself.
const FLATTER_THAN_REST: f32 = 1.7;

/// Ink takes at least this share of the paper's light: pencil takes half, a pale copy a third.
pub const MIN_CONTRAST: f32 = 0.22;

/// Fingers that hold a sheet.
const MOST_FINGERS: usize = 4;

/// Words are read with 85 to 97 % on good pages and with 30 to 50 % where there is nothing to read.
pub const MIN_CONFIDENCE: f32 = 60.0;

/// Crookedness that is straightened for reading but shows that the sheet was not laid with care.
pub const MAX_SKEW_DEGREES: f32 = 3.0;

/// What a verdict means for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Scan it again.
    Refused,
    /// A person looks at it and decides.
    Flagged,
}

/// One complaint about one page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub code: &'static str,
    pub severity: Severity,
    /// Where on the unaltered page; none when it is the whole page.
    pub place: Option<Place>,
    /// What was measured.
    pub value: f32,
    /// What it should have been.
    pub limit: f32,
}

impl Verdict {
    pub(crate) fn refused(code: &'static str, value: f32, limit: f32) -> Self {
        Self {
            code,
            severity: Severity::Refused,
            place: None,
            value,
            limit,
        }
    }

    pub(crate) fn flagged(code: &'static str, value: f32, limit: f32) -> Self {
        Self {
            code,
            severity: Severity::Flagged,
            place: None,
            value,
            limit,
        }
    }

    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

/// Too coarse for letters with two marks on them?
pub fn dpi(dpi: u32) -> Option<Verdict> {
    (dpi < MIN_DPI).then(|| Verdict::refused("quality.dpi_low", dpi as f32, MIN_DPI as f32))
}

/// What the pixels alone tell.
#[derive(Clone, Debug)]
pub struct Look {
    pub verdicts: Vec<Verdict>,
    /// Nothing is written on it.
    pub blank: bool,
    /// Dots an inch of the paper, whatever the file says.
    pub effective_dpi: f32,
    /// By which the ledger knows the page again.
    pub likeness: Likeness,
}

impl Look {
    pub fn refused(&self) -> bool {
        crate::ledger::refused(&self.verdicts)
    }
}

/// Finds the page in a photograph and looks at it; a scan is the page.
pub fn look_for_page(sheet: &Sheet) -> Look {
    let outline = sheet
        .colour()
        .filter(|_| sheet.is_photograph())
        .and_then(page_finder::find);
    look(sheet, outline.as_ref())
}

/// Looks at a page before anything is read. `outline` says where it lies in a photograph; without it the image is the
/// page, as scanners give it.
pub fn look(sheet: &Sheet, outline: Option<&Outline>) -> Look {
    let size = (sheet.width(), sheet.height());
    let gray = sheet.gray();
    let cells = Cells::of(sheet);
    let stated = (sheet.dpi() as f32).clamp(20.0, 4800.0);
    let rough = outline.map_or(stated, resolution::of_photograph);
    let within = outline.map_or(
        Place {
            x: 0,
            y: 0,
            w: size.0,
            h: size.1,
        },
        |outline| around(&corners_of(outline), size),
    );
    let mut writing = Writing::of(&gray, rough / 25.4, within);
    if let Some(outline) = outline {
        let quad = corners_of(outline);
        writing.tiles.retain(|tile| inside(&quad, tile.place));
    }
    let resolution = resolution::measure(&gray, &writing, stated, outline);
    let map = PageMap::new(&cells, size, outline, resolution.pixels);
    let surface = Surface::of(&map);

    let mut verdicts = Vec::new();
    verdicts.extend(too_coarse(sheet, outline, &resolution, &writing));
    verdicts.extend(
        outline.and_then(|outline| rim::out_of_picture(outline, size, resolution.pixels / 25.4)),
    );
    let written = blank::written_mm2(&map, &surface, &writing);
    let blank = written < blank::LEAST_WRITING_MM2;
    if blank {
        verdicts.push(Verdict::flagged(
            "quality.blank",
            written,
            blank::LEAST_WRITING_MM2,
        ));
    } else {
        verdicts.extend(blur(&writing, resolution.pixels));
        if let Some(contrast) = writing
            .contrast()
            .filter(|contrast| *contrast < MIN_CONTRAST)
        {
            verdicts.push(Verdict::flagged(
                "quality.low_contrast",
                contrast,
                MIN_CONTRAST,
            ));
        }
        verdicts.extend(match outline {
            Some(_) => light::glare(&map, &surface, &writing),
            None => light::washed_out(&map),
        });
    }
    verdicts.extend(light::shade(&map, &surface, outline.is_some()));
    let foreign = rim::foreign(&map, &surface);
    let mut folded = rim::folded_corners(&map, &surface, &foreign);
    if folded.is_empty() {
        folded = rim::creased_corners(&map, outline.is_some());
    }
    verdicts.extend(folded);
    if outline.is_none() {
        verdicts.extend(rim::off_the_glass(&map));
    }
    let fingers = rim::fingers(&map, &surface, &foreign);
    // Two hands; more than that is a desk that shows beside the sheet.
    if fingers.len() <= MOST_FINGERS {
        verdicts.extend(fingers);
    }
    verdicts.extend(covered::notes(&map, &surface, &foreign));
    Look {
        verdicts,
        blank,
        effective_dpi: resolution.effective,
        likeness: Likeness::of(&gray, &map, &light::smoothed(&map), outline),
    }
}

/// What the file says of a scan is believed when it says that it is too coarse. What is measured is refused only where
/// the pixels prove it: a small sheet in a photograph and worn letters look coarse, too.
fn too_coarse(
    sheet: &Sheet,
    outline: Option<&Outline>,
    resolution: &Resolution,
    writing: &Writing,
) -> Option<Verdict> {
    let least = MIN_DPI as f32;
    let measured = least * (1.0 - DPI_TOLERANCE);
    let verdict = |severity: fn(&'static str, f32, f32) -> Verdict, value| {
        Some(severity("quality.dpi_low", value, least))
    };
    if !sheet.is_photograph() && sheet.dpi() < MIN_DPI && resolution.effective < least {
        return verdict(
            Verdict::refused,
            resolution.effective.min(sheet.dpi() as f32),
        );
    }
    let edges: Vec<f32> = writing.tiles.iter().map(Tile::ink_px).collect();
    let edge = sharpness::quantile(edges, 0.5);
    if resolution.effective < measured {
        let wider = |than: f32| edge.is_some_and(|edge| edge > than);
        // A halftone has a rhythm, too, but sharp letters.
        if resolution.multiplied && !wider(SHARP_EDGE_PX) {
            return None;
        }
        let proven = resolution.multiplied
            && resolution.effective < PROVEN_SHARE * least
            && wider(MAX_EDGE_PX);
        let severity = if proven {
            Verdict::refused
        } else {
            Verdict::flagged
        };
        return verdict(severity, resolution.effective);
    }
    // Pixels that no lens filled: a step from paper to ink takes two of them where each was seen by itself.
    // Wider still, and it is the lens.
    let edge = edge.filter(|edge| *edge < MAX_EDGE_MM * resolution.pixels / 25.4)?;
    let seen = resolution.pixels * FINE_EDGE_PX / edge;
    (outline.is_none() && seen < EMPTY_SHARE * least)
        .then(|| verdict(Verdict::flagged, seen))
        .flatten()
}

fn corners_of(outline: &Outline) -> [[f32; 2]; 4] {
    outline
        .corners
        .map(|corner| corner.map(|value| value as f32))
}

/// Whether the square's middle lies on the page.
fn inside(quad: &[[f32; 2]; 4], place: Place) -> bool {
    let (x, y) = (
        place.x as f32 + place.w as f32 / 2.0,
        place.y as f32 + place.h as f32 / 2.0,
    );
    let mut sides = (0..4).map(|at| {
        let (a, b) = (quad[at], quad[(at + 1) % 4]);
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) >= 0.0
    });
    let first = sides.next();
    sides.all(|side| Some(side) == first)
}

/// The whole page out of focus, or a part of it.
fn blur(writing: &Writing, dpi: f32) -> Option<Verdict> {
    let tiles = &writing.tiles;
    let limit = (MAX_EDGE_MM * dpi / 25.4).max(MAX_EDGE_PX);
    let edges = || tiles.iter().map(Tile::ink_px);
    let typical = sharpness::quantile(edges().collect(), 0.3)?;
    let middle = sharpness::quantile(edges().collect(), BLURRED_SHARE)?;
    let ink = sharpness::quantile(tiles.iter().map(Tile::ink).collect(), 0.75)?;
    let smeared = sharpness::quantile(
        tiles
            .iter()
            .map(|tile| tile.ink_px() * ink / tile.ink())
            .collect(),
        BLURRED_SHARE,
    )?;
    let all: Vec<&Tile> = tiles.iter().collect();
    let width = middle.max(smeared / SMEARED);
    if width > limit {
        let place = around_tiles(&all)?;
        let lost = (LOST_EDGE_MM * dpi / 25.4).max(MAX_EDGE_PX);
        let verdict = if width > lost {
            Verdict::refused
        } else {
            Verdict::flagged
        };
        return Some(verdict("quality.blurred", width, limit).at(place));
    }
    let limit = (PART_EDGE_MM * dpi / 25.4).max(MAX_EDGE_PX);
    // Pale seals and signatures take long to their ink, too, but their edges are as steep as all others.
    let steep = sharpness::quantile(tiles.iter().map(Tile::edge_px).collect(), 0.3)?;
    let bad: Vec<&Tile> = all
        .into_iter()
        .filter(|tile| tile.ink_px() > limit.max(BLURRED_AGAINST_REST * typical))
        .filter(|tile| tile.edge_px() > FLATTER_THAN_REST * steep)
        .collect();
    let part = largest_group(&bad, writing.side);
    (part.len() >= BLURRED_SQUARES).then_some(())?;
    let worst = part.iter().map(|tile| tile.ink_px()).fold(0.0, f32::max);
    Some(Verdict::flagged("quality.blurred_part", worst, limit).at(around_tiles(&part)?))
}

/// The most squares that lie side by side, corners included.
fn largest_group<'t>(tiles: &[&'t Tile], side: u32) -> Vec<&'t Tile> {
    let mut left: Vec<&Tile> = tiles.to_vec();
    let mut best = Vec::new();
    while let Some(first) = left.pop() {
        let mut group = vec![first];
        let mut at = 0;
        while at < group.len() {
            let here = group[at].place;
            left.retain(|tile| {
                let near =
                    tile.place.x.abs_diff(here.x) <= side && tile.place.y.abs_diff(here.y) <= side;
                if near {
                    group.push(tile);
                }
                !near
            });
            at += 1;
        }
        if group.len() > best.len() {
            best = group;
        }
    }
    best
}

/// What the reading tells.
pub(crate) fn after_reading(text: &PageText, geometry: &Geometry, blank: bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let confidence = f32::from(text.mean_confidence);
    if !blank && (text.words.is_empty() || confidence < MIN_CONFIDENCE) {
        verdicts.push(Verdict::refused(
            "quality.hard_to_read",
            confidence,
            MIN_CONFIDENCE,
        ));
    }
    let degrees = geometry.turn.degrees() as f32;
    match geometry.turn {
        Turn::Upright => {}
        Turn::Half => verdicts.push(Verdict::flagged("quality.upside_down", degrees, 0.0)),
        Turn::Quarter | Turn::ThreeQuarters => {
            verdicts.push(Verdict::flagged("quality.sideways", degrees, 0.0))
        }
    }
    if geometry.skew_degrees.abs() > MAX_SKEW_DEGREES {
        verdicts.push(Verdict::flagged(
            "quality.skewed",
            geometry.skew_degrees,
            MAX_SKEW_DEGREES,
        ));
    }
    let cut = text
        .words
        .iter()
        .filter(|word| word.confidence >= 60 && word.text.chars().count() > 1)
        .find_map(|word| {
            let place = geometry.to_page(word.bbox);
            let touches = place.x <= 1
                || place.y <= 1
                || place.x + place.w + 1 >= geometry.width
                || place.y + place.h + 1 >= geometry.height;
            touches.then_some(place)
        });
    if let Some(place) = cut {
        verdicts.push(Verdict::flagged("quality.text_cut", 0.0, 1.0).at(place));
    }
    verdicts
}

fn around_tiles(tiles: &[&Tile]) -> Option<Place> {
    let first = tiles.first()?.place;
    let (mut left, mut top, mut right, mut bottom) = (first.x, first.y, 0, 0);
    for tile in tiles {
        left = left.min(tile.place.x);
        top = top.min(tile.place.y);
        right = right.max(tile.place.x + tile.place.w);
        bottom = bottom.max(tile.place.y + tile.place.h);
    }
    Some(Place {
        x: left,
        y: top,
        w: right - left,
        h: bottom - top,
    })
}

#[cfg(test)]
mod tests;
